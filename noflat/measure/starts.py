"""Where training starts: at random, or near a network that is known to work.

Random restarts of deep networks rarely find the product, though few neurons suffice. A start near a
constructed network tells whether training keeps it; the same with a neuron removed, whether it can
do without.
"""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key

from noflat.activations import Activation
from noflat.networks import Layer, Network, init, padding_mask


@partial(jax.jit, static_argnums=(0, 1))
def random_start(
    widths: tuple[int, ...],
    activation: Activation,
    active: Int[Array, " layers"],
    key: Key[Array, ""],
) -> Network:
    """A random network with biases drawn too, since at a bias of 0 some activations do not bend.

    Args:
        widths: From inputs over the hidden layers to outputs, as for `init`.
        activation: The activation.
        active: How many neurons of each hidden layer are real, as for `init`.
        key: The JAX key.

    Returns:
        The network, in JAX's default dtype.

    Example:
        >>> gelu = as_activation("gelu")
        >>> start = random_start((1, 3, 1), gelu, jnp.array([2]), jax.random.key(0))
        >>> print(start.layers[0].bias != 0)
        [ True  True False]
    """
    network = init(widths, activation, active=tuple(active), key=key)
    mask = padding_mask(network, tuple(active))
    layers = []
    for depth, (layer, real) in enumerate(zip(network.layers[:-1], mask.layers, strict=False)):
        assert layer.bias is not None
        assert real.bias is not None
        drawn = _normal(key, len(widths) + depth, layer.bias)
        layers.append(layer._replace(bias=drawn * real.bias))
    return Network((*layers, network.layers[-1]), network.activation, network.skip)


def starts_near(network: Network, noise: float, restarts: int, *, key: Key[Array, ""]) -> Network:
    r"""Networks whose weights are those of a given one, each times $1 + \epsilon z$, $z$ normal.

    Args:
        network: The network in the middle.
        noise: The $\epsilon$ above.
        restarts: How many.
        key: The JAX key; a member depends on it and on its number only.

    Returns:
        An ensemble of networks.

    Example:
        >>> near = starts_near(product_tree(4, "silu"), 0.1, 16, key=jax.random.key(0))
        >>> near.layers[0].weight.shape
        (16, 4, 8)
    """
    leaves, structure = jax.tree.flatten(network)

    def one(member: Array) -> Network:
        own = jax.random.fold_in(key, member)
        moved = [leaf * (1 + noise * _normal(own, i, leaf)) for i, leaf in enumerate(leaves)]
        return jax.tree.unflatten(structure, moved)

    return jax.vmap(one)(jnp.arange(restarts))


def _normal(key: Key[Array, ""], role: int, like: Array) -> Array:
    return jax.random.normal(jax.random.fold_in(key, role), like.shape, like.dtype)


def without_neuron(network: Network, layer: int, neuron: int) -> Network:
    """The network with one neuron removed.

    Args:
        network: The network.
        layer: The number of its hidden layer, from 0.
        neuron: The number of the neuron in it, from 0.

    Returns:
        The smaller network.

    Raises:
        ValueError: If there is no such neuron, or no other in its layer.

    Example:
        >>> without_neuron(product_tree(4, "silu"), 1, 0).widths
        (8, 3)
    """
    if not 0 <= layer < network.hidden_layers or not 0 <= neuron < network.widths[layer]:
        raise ValueError(
            f"`layer`, `neuron` must name a neuron of hidden layers of {network.widths}; "
            f"got {layer}, {neuron}"
        )
    if network.widths[layer] == 1:
        raise ValueError(f"`layer` {layer} has one neuron: without it nothing passes through")
    before, after = network.layers[layer], network.layers[layer + 1]
    bias = None if before.bias is None else jnp.delete(before.bias, neuron)
    layers = list(network.layers)
    layers[layer] = Layer(jnp.delete(before.weight, neuron, axis=1), bias)
    layers[layer + 1] = after._replace(weight=jnp.delete(after.weight, neuron, axis=0))
    return Network(tuple(layers), network.activation, network.skip)


def padded(network: Network, widths: Sequence[int]) -> Network:
    """The same network with hidden layers of those widths, the further neurons without weights.

    Args:
        network: A network, or an ensemble of them.
        widths: The neurons of each hidden layer, none fewer than it has.

    Returns:
        The wider network.

    Raises:
        ValueError: If `widths` is too small or not one number per hidden layer.

    Example:
        >>> padded(product_tree(4, "silu"), (8, 6)).widths
        (8, 6)
    """
    have = tuple(layer.weight.shape[-1] for layer in network.layers[:-1])
    if len(widths) != len(have) or any(w < h for w, h in zip(widths, have, strict=True)):
        raise ValueError(f"`widths` must be at least {have}; got {tuple(widths)}")
    more = [0, *(w - h for w, h in zip(widths, have, strict=True)), 0]
    layers = []
    for layer, before, after in zip(network.layers, more, more[1:], strict=False):
        unpadded = [(0, 0)] * (layer.weight.ndim - 2)
        weight = jnp.pad(layer.weight, [*unpadded, (0, before), (0, after)])
        bias = None if layer.bias is None else jnp.pad(layer.bias, [*unpadded, (0, after)])
        layers.append(Layer(weight, bias))
    return Network(tuple(layers), network.activation, network.skip)
