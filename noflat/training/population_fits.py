r"""Separable least squares on a whole population: no sample, and steps that no batch lengthens.

The neurons and their derivatives in the hidden weights span a space of functions. Up to the
target's degree they have coordinates; of what is beyond, the matrix M of inner products is known in
closed form, and for $M=S^\top S$ the columns of S are coordinates too. Every function at hand is
then a short column, with the inner products of the law of inputs, and training is that of
`fit_separable` on these rows in place of samples: the readout solved for, Levenberg-Marquardt in
the rest.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_solve
from jaxtyping import Array, Float, Int, Key

from noflat.activations import exponent
from noflat.networks import Layer, Network
from noflat.training.fits import Fit
from noflat.training.levenberg import iterate
from noflat.training.populations import Population
from noflat.training.products import times
from noflat.training.readouts import Readout, solve_readout
from noflat.training.separable import RATES, random_hidden

_MOST_FLOAT32 = 32
"""The largest power in float32: factorials of a little more are infinite there."""


class _Columns(NamedTuple):
    """The neurons and their derivatives as columns, and the neurons' kernel beyond the target."""

    neurons: Float[Array, "rows neurons"]
    slopes: Float[Array, "rows neurons size"]
    rest: Float[Array, "neurons neurons"]


class _Solved(NamedTuple):
    """The readout solved for, at some hidden weights, a row per neuron."""

    columns: _Columns
    readout: Readout
    loss: Float[Array, ""]
    noise: Float[Array, ""]


def fit_population(
    population: Population,
    *,
    width: int,
    steps: int,
    goal: float = 0.0,
    active: Int[Array, ""] | int | None = None,
    key: Key[Array, ""],
) -> Fit:
    r"""Trains one network of one hidden layer on all inputs at once.

    Rounding hides a relative rms error below about

    $$\frac u{\|p\|}\sum_j|c_j|\,\|f_j\|+\frac{\sqrt u}{\|p\|}\sum_j|c_j|\sqrt{\rho_{jj}} ,$$

    u the unit roundoff, $\rho_{jj}$ the square of what the neuron $f_j$ has beyond the target's
    degree: the coordinates of N - p lose the first, the sum of $c_ic_j\rho_{ij}$ the square of the
    second. There a fit has converged. For the product of n variables $c_j\sim|a|^{-n}$ and the
    error is about $|a|^2$; they meet at an error of about $u^{2/(n+2)}$.

    Args:
        population: The target, the kind of neuron and the law of inputs; static under jit.
        width: The number of neurons, as a shape; padded ones included.
        steps: The most steps to take.
        goal: The relative rms error at which to stop early, converged.
        active: How many of the neurons are real; the others stay without effect. All of them where
            None.
        key: The JAX key of the initial weights: those of a neuron depend on the key and its index
            alone, not on `width`.

    Returns:
        The fit; its loss is the squared relative rms error, $E(N-p)^2/E\,p^2$.

    Example:
        >>> normal = population(product(2), "exp", "bias_free", "gaussian")
        >>> fit = fit_population(normal, width=4, steps=100, key=jax.random.key(1))
        >>> bool(fit.loss_curve[-1] < 1e-6)
        True

    Reference:
        Golub and Pereyra (1973), whose derivative needs inner products alone.
    """
    inputs, convention = population.target.inputs, population.convention
    dtype = jnp.zeros(0).dtype
    if (exponent(population.activation) or 0) > _MOST_FLOAT32 and dtype == jnp.float32:
        raise ValueError(
            f"`population` has {population.activation.name}, whose moments leave the range of "
            "float32: call jax.config.update('jax_enable_x64', True) first"
        )
    mask = (jnp.arange(width) < (width if active is None else active)).astype(dtype)
    hidden = random_hidden(key, inputs, width, convention, dtype).T
    end = iterate(
        partial(_solve, population, mask),
        partial(_moved, mask),
        hidden,
        steps=steps,
        enough=lambda solved: jnp.maximum(goal**2, solved.noise),
        rates=RATES,
    )
    network = _network(population, end.parameters, end.evaluated.readout.weights)
    return Fit(network, end.curve, end.status, end.step)


def _columns(population: Population, hidden: Array, mask: Array) -> _Columns:
    """Coordinates, and a square root of the matrix of inner products of what they leave out."""
    width, size = hidden.shape

    # a readout of one more entry makes the neuron one of its own derivatives
    def low(neuron: Array) -> Array:
        return neuron[size] * population.features(neuron[:size])

    def beyond(neuron: Array, other: Array) -> Array:
        return neuron[size] * other[size] * population.rest(neuron[:size], other[:size])

    neurons = jnp.concatenate([hidden, jnp.ones_like(hidden[:, :1])], axis=1)
    coordinates = jax.vmap(jax.jacfwd(low))(neurons).transpose(1, 0, 2)
    mixed = jax.jacfwd(jax.jacfwd(beyond), 1)
    inner = jax.vmap(jax.vmap(mixed, (None, 0)), (0, None))(neurons, neurons)
    inner = inner.transpose(0, 2, 1, 3) * mask[:, None, None, None] * mask[None, None, :, None]
    root = _root(inner.reshape(width * (size + 1), width * (size + 1)))
    root = root.reshape(-1, width, size + 1)
    both = jnp.concatenate([coordinates * mask[None, :, None], root])
    return _Columns(both[:, :, size], both[:, :, :size], inner[:, size, :, size])


def _root(inner: Float[Array, "k k"]) -> Float[Array, "k k"]:
    """S with inner products S^T S, exact up to rounding for each column in its own size."""
    lengths = jnp.sqrt(jnp.maximum(jnp.diagonal(inner), 0.0))
    lengths = jnp.where(lengths > 0, lengths, 1.0)
    values, vectors = jnp.linalg.eigh(inner / lengths[:, None] / lengths[None])
    return jnp.sqrt(jnp.maximum(values, 0.0))[:, None] * vectors.T * lengths[None]


def _solve(population: Population, mask: Array, hidden: Array) -> _Solved:
    """Columns, the readout and what it leaves."""
    columns = _columns(population, hidden, mask)
    rows, count = columns.neurons.shape[0], len(population.coordinates)
    target = jnp.asarray(population.coordinates, hidden.dtype)
    values = jnp.concatenate([target, jnp.zeros(rows - count, hidden.dtype)])
    readout = solve_readout(columns.neurons, values, mask)
    return _Solved(columns, readout, *_loss(population, columns, readout.weights))


def _loss(
    population: Population, columns: _Columns, readout: Array
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """The loss from the kernel itself, not its root, and the loss that rounding alone can make."""
    count = len(population.coordinates)
    target = jnp.asarray(population.coordinates, readout.dtype)
    left = times(columns.neurons[:count], readout) - target
    beyond = jnp.sum(readout * times(columns.rest, readout))
    loss = jnp.sum(left**2) + jnp.maximum(beyond, 0.0)
    unit = float(jnp.finfo(readout.dtype).eps) / 2
    own = jnp.sqrt(jnp.maximum(jnp.diagonal(columns.rest), 0.0))
    sizes = unit * jnp.linalg.norm(columns.neurons, axis=0) + unit**0.5 * own
    noise = jnp.sum(jnp.abs(readout) * sizes) ** 2
    return loss / population.norm_squared, noise / population.norm_squared


def _jacobian(solved: _Solved) -> Float[Array, "rows parameters"]:
    """The derivative of the residual in the hidden weights, both terms."""
    slopes, (basis, inverse, weights, residual) = solved.columns.slopes, solved.readout
    direct = (slopes * weights[None, :, None]).reshape(slopes.shape[0], -1)
    direct = direct - times(basis, times(basis.T, direct))
    dual = times(basis, inverse.T)  # the pseudoinverse, transposed
    moved = jnp.sum(slopes * residual[:, None, None], axis=0)
    indirect = (dual[:, :, None] * moved[None]).reshape(direct.shape)
    return -direct - indirect


def _moved(
    mask: Array, hidden: Array, solved: _Solved, damping: Array
) -> Float[Array, "neurons size"]:
    """The hidden weights after one Levenberg-Marquardt step."""
    jacobian = _jacobian(solved)
    normal = times(jacobian.T, jacobian)
    unit = jnp.trace(normal) / (jnp.sum(mask) * hidden.shape[1]) + jnp.finfo(hidden.dtype).tiny
    damped = normal / unit + damping * jnp.eye(normal.shape[0], dtype=hidden.dtype)
    factor = (jnp.linalg.cholesky(damped), True)
    move = -cho_solve(factor, times(jacobian.T, solved.readout.residual) / unit)
    return hidden + move.reshape(hidden.shape)


def _network(population: Population, hidden: Array, readout: Array) -> Network:
    n, convention = population.target.inputs, population.convention
    free = jax.vmap(population.affine_features)(hidden)
    wanted = jnp.asarray(population.affine_coordinates, hidden.dtype)
    # along constants and variables of mean square 1, on the cube sqrt(3) x
    left = wanted - times(free.T, readout)
    slope = 3**0.5 if population.inputs == "cube" else 1.0
    bias = hidden[:, n] if convention.hidden_bias else None
    output_bias = left[:1] if convention.output_bias else None
    skip = slope * left[1:, None] if convention.affine_skip else None
    layers = (Layer(hidden[:, :n].T, bias), Layer(readout[:, None], output_bias))
    return Network(layers, population.activation, skip)
