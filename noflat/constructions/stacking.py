r"""Networks side by side on the same inputs, and softmax of what they say: a Bayes classifier.

With one network per class for its Hamiltonian $H_y$, and $\mu_y=-\ln p(y)+\ln Z_y$ in the bias of
the last layer, the softmax of the outputs $-H_y-\mu_y$ is the posterior of the class.
"""

from collections.abc import Sequence
from math import tanh
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from noflat.activations import Activation
from noflat.arguments import whole
from noflat.constructions.deep import deep_polynomial
from noflat.constructions.operands import drawn, operands_of
from noflat.constructions.plans import block_diagonal, layer
from noflat.constructions.search import best_block
from noflat.networks.dense import Layer, Network

_POINTS = 2**10
"""Of the inputs' law, from which the size of an output is taken; only a scale depends on it."""


def side_by_side(networks: Sequence[Network]) -> Network:
    """One network with the outputs of several on the same inputs: block-diagonal layers.

    Args:
        networks: Of the same inputs, activation and number of hidden layers; `deepened` makes one
            deeper that has too few.

    Returns:
        The network, with all their neurons.

    Raises:
        ValueError: If they do not fit.

    Example:
        >>> pair = [product_tree(4, "silu"), deep_polynomial("x*y + y*z*w", "silu")]
        >>> both = side_by_side(pair)
        >>> both.widths, both(jnp.ones(4)).shape
        ((14, 8), (2,))
    """
    shapes = {(one.inputs, one.hidden_layers, one.activation) for one in networks}
    if len(shapes) != 1:
        told = sorted((inputs, depth, named.name) for inputs, depth, named in shapes)
        raise ValueError(
            "`networks` must be of the same inputs, number of hidden layers and activation; got "
            f"{told}. `deepened` adds hidden layers"
        )
    layers = []
    for depth, parts in enumerate(zip(*(one.layers for one in networks), strict=True)):
        weights = [np.asarray(part.weight) for part in parts]
        weight = np.concatenate(weights, axis=1) if depth == 0 else block_diagonal(weights)
        dtype = parts[0].weight.dtype
        layers.append(Layer(jnp.asarray(weight, dtype), _joined(parts)))
    skips = [_skip(one) for one in networks]
    skip = jnp.concatenate(skips, axis=1) if any(one.skip is not None for one in networks) else None
    return Network(tuple(layers), networks[0].activation, skip)


def _joined(parts: Sequence[Layer]) -> Array | None:
    if all(part.bias is None for part in parts):
        return None
    return jnp.concatenate([_bias(part) for part in parts])


def _skip(network: Network) -> Array:
    last = network.layers[-1].weight
    shape = (network.inputs, last.shape[1])
    return jnp.zeros(shape, last.dtype) if network.skip is None else network.skip


def deepened(network: Network, hidden_layers: int, *, scale: float | None = None) -> Network:
    r"""The same function with more hidden layers: each further one carries every output along.

    Divided by its size, an output v takes one neuron per layer,

    $$v\approx\frac{\sigma(b+\lambda v)-\sigma(b)}{\lambda\,\sigma'(b)},$$

    or two where the activation has no bias for one.

    Args:
        network: The network, without a skip.
        hidden_layers: How many it shall have.
        scale: The $\lambda$; that of least predicted error on the cube where None.

    Returns:
        The network.

    Raises:
        ValueError: If it has more already, or a skip, which has nowhere to go, or an activation
            that carries no value along.

    Example:
        >>> deepened(multiplication_gate("silu"), 3).widths
        (4, 1, 1)
    """
    added = whole(hidden_layers, "hidden_layers", "of the result") - network.hidden_layers
    if added < 0 or (added and network.skip is not None):
        raise ValueError(
            f"`hidden_layers` must be at least the {network.hidden_layers} of a network without a "
            f"skip; got {hidden_layers} for one with {'no' if network.skip is None else 'a'} skip"
        )
    for _ in range(added):
        network = _with_carriers(network, scale)
    return network


def _with_carriers(network: Network, scale: float | None) -> Network:
    last = network.layers[-1]
    dtype = last.weight.dtype
    operands = operands_of((1,), 1, "cube")
    found = (best_block(network.activation, k, operands, dtype, scale=scale) for k in _CARRIERS)
    block = next((block for block in found if block is not None), None)
    if block is None:
        raise ValueError(
            f"`network` has the activation {network.activation.name}, which carries no value along"
        )
    points = jnp.asarray(drawn(network.inputs, "cube", _POINTS), dtype)
    values = np.asarray(jax.jit(jax.vmap(network))(points), float)
    sizes = np.sqrt(np.mean(values**2, axis=0))
    sizes = np.where(sizes == 0, 1.0, sizes)
    readout, bias = (np.asarray(part, float) for part in (last.weight, _bias(last)))
    ways = block.scale * block.vertices[:, 0]
    into = np.kron(np.diag(1 / sizes), ways[None])
    out = np.kron(np.diag(sizes), block.weights[:, None])
    hidden = layer(readout @ into, bias @ into + block.bias, dtype)
    outer = layer(out, sizes * block.constant, dtype)
    return Network((*network.layers[:-1], hidden, outer), network.activation)


_CARRIERS = ("corner", "cube")


def _bias(part: Layer) -> Array:
    zeros = jnp.zeros(part.weight.shape[1], part.weight.dtype)
    return zeros if part.bias is None else part.bias


def softmax_classifier(
    networks: Sequence[Network], biases: Sequence[float], *, scale: float | None = None
) -> Network:
    r"""Outputs $-N_y(x)-\mu_y$ for networks $N_y$ of one output each.

    Args:
        networks: One per class; the shallow ones are deepened.
        biases: The $\mu_y$; they become the biases of the last layer.
        scale: As for `deepened`.

    Returns:
        The network, whose softmax is the posterior where $N_y$ is the Hamiltonian.

    Raises:
        ValueError: If there is no network, not one bias per network, or the networks do not fit.

    Example:
        >>> coins = [deep_polynomial(form, "silu") for form in ("x*y", "-x*y")]
        >>> classifier = softmax_classifier(coins, [0.0, 0.0])
        >>> print(jax.nn.softmax(classifier(jnp.array([1.0, 1.0]))).round(3))
        [0.119 0.881]

    Reference:
        Lin, Tegmark and Rolnick (2017), equation (8).
    """
    if not networks:
        raise ValueError("`networks` must be at least one, each the Hamiltonian of a class")
    if len(networks) != len(biases):
        raise ValueError(
            f"`biases` must be one for each of the {len(networks)} networks; got {len(biases)}"
        )
    deepest = max(one.hidden_layers for one in networks)
    both = side_by_side([deepened(one, deepest, scale=scale) for one in networks])
    last = both.layers[-1]
    offset = jnp.asarray(np.array(biases, float), last.weight.dtype)
    readout = Layer(-last.weight, -_bias(last) - offset)
    skip = None if both.skip is None else -both.skip
    return Network((*both.layers[:-1], readout), both.activation, skip)


def bayes_classifier(
    hamiltonians: Sequence[Any],
    biases: Sequence[float],
    activation: str | Activation,
    *,
    scale: float | None = None,
    dtype: Any = None,
) -> Network:
    r"""The network whose softmax is the posterior of classes with polynomial Hamiltonians.

    Args:
        hamiltonians: The $H_y$, as `deep_polynomial` takes them.
        biases: The $\mu_y=-\ln p(y)+\ln Z_y$.
        activation: The activation, by name or object.
        scale: As for `deep_polynomial`.
        dtype: Of the weights; JAX's default where None.

    Returns:
        The network: each Hamiltonian compiled, side by side.

    Raises:
        ValueError: As `deep_polynomial` and `softmax_classifier`.

    Example:
        >>> bayes_classifier(["x*y", "x**2*y"], [0.0, 0.5], "silu").widths
        (7, 5)

    Reference:
        Lin, Tegmark and Rolnick (2017), equations (4) to (8).
    """
    networks = [deep_polynomial(one, activation, scale=scale, dtype=dtype) for one in hamiltonians]
    return softmax_classifier(networks, biases, scale=scale)


def softmax_distance_bound(errors: Sequence[float]) -> float:
    r"""How far class probabilities can move when each logit does by at most so much.

    If $\lvert a_y-b_y\rvert\le\delta_y$ for all y, the total variation distance of softmax a and
    softmax b is at most $\tanh(\tfrac14(\delta_{(1)}+\delta_{(2)}))$ with the two largest
    $\delta_y$; for equal ones that is $\tanh(\delta/2)\le\delta/2$, and it is attained.

    Args:
        errors: The $\delta_y\ge0$, two or more.

    Returns:
        The bound.

    Raises:
        ValueError: If there are fewer than two, or one is negative.

    Example:
        >>> logits = jnp.array([0.1, -0.1])  # the worst case: they cross
        >>> distance = jnp.sum(jnp.abs(jax.nn.softmax(logits) - jax.nn.softmax(-logits))) / 2
        >>> bool(abs(distance - softmax_distance_bound([0.2, 0.2])) < 1e-6)
        True

    Reference:
        Theorem H2 of docs/hamiltonian.md.
    """
    if len(errors) < 2 or min(errors) < 0:
        raise ValueError(f"`errors` must be two or more numbers of at least 0; got {errors}")
    second, first = sorted(errors)[-2:]
    return tanh((first + second) / 4)
