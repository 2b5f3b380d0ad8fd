r"""Sums of powers of linear forms, trained in closed form: no samples, no quadrature.

In the Bombieri norm $\langle(a\cdot x)^d,(b\cdot x)^d\rangle=(a\cdot b)^d$ and
$\langle F,(a\cdot x)^d\rangle=F(a)$, so that the squared distance of a form F from
$\sum_jc_j(a_j\cdot x)^d$ is

$$\|F\|^2-2\sum_jc_jF(a_j)+\sum_{ij}c_ic_j(a_i\cdot a_j)^d ,$$

and its gradient and the Gauss-Newton matrix are sums of such powers too; the cost of a step does
not grow with the number of monomials. Under standard normal inputs it is $1/d!$ times the mean
squared error of the best sum of m ridge functions, for a target that is a d-th chaos.
"""

from math import factorial, prod
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from noflat.activations import power
from noflat.networks import Layer, Network
from noflat.targets import Polynomial
from noflat.training.fits import Fit
from noflat.training.levenberg import Rates, iterate
from noflat.training.products import times

_RATES = Rates(start=1e-2, down=0.4, up=4.0, least=1e-13, most=1e8, patience=20)


class _Evaluated(NamedTuple):
    values: Float[Array, " width"]
    slopes: Float[Array, "width inputs"]
    loss: Float[Array, ""]


def bombieri_norm_squared(form: Polynomial) -> float:
    r"""$\|F\|^2=\sum_\alpha c_\alpha^2\,\alpha!/d!$ of a form of degree d.

    Example:
        >>> from noflat.training.powers import bombieri_norm_squared
        >>> bombieri_norm_squared(product(3))
        0.16666666666666666
    """
    top = factorial(form.degree)
    return float(sum(c**2 * prod(map(factorial, alpha)) for alpha, c in form.terms) / top)


def fit_powers(
    form: Polynomial,
    *,
    width: int,
    steps: int,
    goal: float = 0.0,
    active: Int[Array, ""] | int | None = None,
    near: tuple[Float[Array, "width inputs"], Float[Array, " width"]] | None = None,
    key: Key[Array, ""],
) -> Fit:
    r"""Trains one network of powers, $\sum_jc_j(a_j\cdot x)^d$, towards a form of degree d.

    Levenberg-Marquardt in nodes and weights together.

    Args:
        form: The form F; static under jit.
        width: The number of neurons, as a shape; padded ones included.
        steps: The most steps to take.
        goal: The relative error in the Bombieri norm at which to stop early, converged.
        active: How many of the neurons are real; all of them where None.
        near: Nodes and weights that the random ones are added to, at a tenth of their size.
        key: The JAX key of the initial weights: those of a neuron depend on the key and its index
            alone, not on `width`.

    Returns:
        The fit; its loss is the squared relative error in the Bombieri norm.

    Raises:
        ValueError: If the form has terms of several degrees, or one below 2.

    Example:
        >>> from noflat.training.powers import fit_powers
        >>> fit = fit_powers(product(2), width=2, steps=200, key=jax.random.key(1))
        >>> bool(fit.loss_curve[-1] < 1e-8)
        True

    Reference:
        The inner product is that of Bombieri, Beauzamy, Enflo and Montgomery (1990), section 1.
    """
    if not form.is_homogeneous or form.degree < 2:
        raise ValueError(f"`form` must be homogeneous of degree at least 2; got {form}")
    d, n = form.degree, form.inputs
    scale = bombieri_norm_squared(form) ** 0.5
    dtype = jnp.zeros(0).dtype
    mask = (jnp.arange(width) < (width if active is None else active)).astype(dtype)

    def neuron(index: Array) -> Array:
        return jax.random.normal(jax.random.fold_in(key, index), (n + 1,), dtype)

    drawn = jax.vmap(neuron)(jnp.arange(width))
    nodes, weights = drawn[:, :n] / n**0.5, drawn[:, n] * mask / 4
    if near is not None:
        nodes, weights = near[0] + nodes / 10, (near[1] / scale + weights / 10) * mask

    def on_form(points: Array) -> tuple[Array, Array]:
        values, slopes = jax.vmap(jax.value_and_grad(form))(points)
        return values / scale, slopes / scale

    def evaluate(parameters: tuple[Array, Array]) -> _Evaluated:
        values, slopes = on_form(parameters[0])
        return _Evaluated(values, slopes, _loss(values, *parameters, d))

    def propose(parameters: tuple, evaluated: _Evaluated, damping: Array) -> tuple:
        nodes, weights = parameters
        gradient, normal = _system(evaluated.values, evaluated.slopes, nodes, weights, mask, d)
        # Marquardt's scaling; padded neurons have zero rows, which get a unit
        size = jnp.diagonal(normal)
        idle = jnp.where(size == 0, 1.0, 0.0).astype(dtype)
        size = jnp.where(size > 0, jnp.maximum(size, 1e-6 * jnp.max(size)), 1.0)
        lifted = normal + jnp.diag(damping * size + idle)
        move = -jnp.linalg.solve(lifted, gradient).reshape(width, n + 1)
        return nodes + move[:, :n] * mask[:, None], weights + move[:, n] * mask

    end = iterate(
        evaluate,
        propose,
        (nodes, weights),
        steps=steps,
        enough=lambda evaluated: goal**2,
        rates=_RATES,
    )
    nodes, weights = end.parameters
    network = Network((Layer(nodes.T), Layer(scale * weights[:, None])), power(d))
    return Fit(network, end.curve, end.status, end.step)


def _loss(values: Array, nodes: Array, weights: Array, d: int) -> Float[Array, ""]:
    kernel = times(nodes, nodes.T) ** d
    return 1 - 2 * jnp.sum(weights * values) + jnp.sum(weights[:, None] * kernel * weights[None])


def _system(
    values: Array, slopes: Array, nodes: Array, weights: Array, mask: Array, d: int
) -> tuple[Float[Array, " parameters"], Float[Array, "parameters parameters"]]:
    """Half the gradient of the loss and the Gauss-Newton matrix; a neuron's node, then weight."""
    width, n = nodes.shape
    inner = times(nodes, nodes.T)
    first, second = d * inner ** (d - 1), d * (d - 1) * inner ** (d - 2)
    both = weights[:, None] * weights[None]
    eye = jnp.eye(n, dtype=nodes.dtype)
    # the derivative in the i-th node's p-th entry, against that of the j-th node's q-th
    blocks = (both * first)[:, :, None, None] * eye[None, None] + (both * second)[
        :, :, None, None
    ] * nodes[None, :, :, None] * nodes[:, None, None, :]
    mixed = (weights[:, None] * first)[:, :, None] * nodes[None]  # node of i, weight of j
    top = jnp.concatenate([blocks, mixed[:, :, :, None]], axis=3)
    low = jnp.concatenate(
        [mixed.transpose(1, 0, 2)[:, :, None, :], (inner**d)[:, :, None, None]], axis=3
    )
    normal = jnp.concatenate([top, low], axis=2)
    normal = normal * mask[:, None, None, None] * mask[None, :, None, None]
    normal = normal.transpose(0, 2, 1, 3).reshape(width * (n + 1), width * (n + 1))
    on_nodes = weights[:, None] * (times(first * weights[None], nodes) - slopes)
    on_weights = jnp.sum(inner**d * weights[None], axis=1) - values
    gradient = jnp.concatenate([on_nodes, on_weights[:, None]], axis=1) * mask[:, None]
    return gradient.reshape(-1), normal
