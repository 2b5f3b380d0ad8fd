r"""One small network at every site of a ring: a convolution, with as many weights as one site has.

A Hamiltonian $\sum_i h(x_i,\dots,x_{i+r-1})$ that is invariant under translations is the sum over
the sites of one polynomial in r variables. A network for h, applied at every site and summed, is a
convolution of width r, then convolutions of width 1, then a sum. Its neurons grow with n, its
weights do not.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from noflat.arguments import whole
from noflat.networks.dense import Layer, Network


def ring_sum(site: Network, x: Float[Array, " inputs"]) -> Float[Array, " outputs"]:
    r"""Evaluates $\sum_{i=1}^nN(x_i,\dots,x_{i+r-1})$ on a ring, as convolutions.

    Args:
        site: The network N of r inputs.
        x: One point, of at least r variables.

    Returns:
        The outputs, summed over the sites.

    Raises:
        ValueError: If the ring has fewer sites than the network inputs.

    Example:
        >>> gate = multiplication_gate("silu")
        >>> print(ring_sum(gate, jnp.array([1.0, 2.0, 3.0, 4.0])).round(3))  # 2 + 6 + 12 + 4
        [24.]

    Reference:
        Lin, Tegmark and Rolnick (2017), section II, on translation invariance.
    """
    _fits(site, x.shape[0])
    around = jnp.concatenate([x, x[: site.inputs - 1]])
    channels = around[None, None, :]
    for depth, part in enumerate(site.layers):
        # the kernel of an output channel lists its weights on each input channel, by place
        weight = part.weight.T[:, None, :] if depth == 0 else part.weight.T[:, :, None]
        channels = jax.lax.conv_general_dilated(
            channels, weight, (1,), "VALID", precision=jax.lax.Precision.HIGHEST
        )
        if part.bias is not None:
            channels = channels + part.bias[None, :, None]
        if depth < site.hidden_layers:
            channels = site.activation(channels)
    total = jnp.sum(channels[0], axis=1)
    if site.skip is None:
        return total
    shifted = jnp.stack([jnp.roll(x, -k) for k in range(site.inputs)])
    return total + jnp.sum(shifted, axis=1) @ site.skip


def unrolled(site: Network, n: int) -> Network:
    """The same function as a network without weight sharing: the site's weights n times.

    Args:
        site: The network of one site, of r inputs.
        n: The number of sites, at least r.

    Returns:
        A network of n inputs and n times the neurons.

    Raises:
        ValueError: If the ring has fewer sites than the network inputs.

    Example:
        >>> ring = unrolled(multiplication_gate("silu"), 4)
        >>> ring.neurons, print(ring(jnp.array([1.0, 2.0, 3.0, 4.0])).round(3))
        [24.]
        (16, None)
    """
    n = _fits(site, whole(n, "n", "the number of sites"))
    first, *others = site.layers
    r, width = first.weight.shape
    weight = np.zeros((n, n * width), first.weight.dtype)
    for i in range(n):
        for k in range(r):
            weight[(i + k) % n, i * width : (i + 1) * width] += np.asarray(first.weight[k])
    layers = [Layer(jnp.asarray(weight), _tiled(first.bias, n))]
    for part in others[:-1]:
        diagonal = np.kron(np.eye(n, dtype=weight.dtype), np.asarray(part.weight))
        layers.append(Layer(jnp.asarray(diagonal), _tiled(part.bias, n)))
    last = others[-1]
    bias = None if last.bias is None else n * last.bias
    layers.append(Layer(jnp.tile(last.weight, (n, 1)), bias))
    skip = None
    if site.skip is not None:
        skip = jnp.tile(jnp.sum(site.skip, axis=0, keepdims=True), (n, 1))
    return Network(tuple(layers), site.activation, skip)


def count_weights(network: Network) -> int:
    """All nonzero weights and biases: the numbers that have to be stored.

    Args:
        network: The network; of a convolution, that of one site.

    Returns:
        Their number.

    Example:
        >>> count_weights(multiplication_gate("exp"))  # 4 neurons, 2 inputs, 1 output, no bias
        12
    """
    biases = [part.bias for part in network.layers if part.bias is not None]
    return network.synapses + sum(int(jnp.count_nonzero(bias)) for bias in biases)


def _tiled(bias: Array | None, n: int) -> Array | None:
    return None if bias is None else jnp.tile(bias, n)


def _fits(site: Network, n: int) -> int:
    if n < site.inputs:
        raise ValueError(
            f"`site` must have at most as many inputs as the ring has sites, {n}; got {site.inputs}"
        )
    return n
