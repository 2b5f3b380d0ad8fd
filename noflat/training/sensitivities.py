r"""What a network does to a batch, and how that depends on its weights, in closed form.

With $h_0=x$, $z_k=W_kh_{k-1}+b_k$, $h_k=\sigma(z_k)$ and the output $N=W_{K+1}h_K+b_{K+1}+Sx$, the
sensitivities $\delta_{K+1}=1$, $\delta_k=\sigma'(z_k)\,W_{k+1}^\top\delta_{k+1}$ give

$$\frac{\partial N}{\partial W_k}=\delta_k\,h_{k-1}^\top ,\qquad
\frac{\partial N}{\partial b_k}=\delta_k .$$

Summed over the samples with weights this is a gradient; kept apart it is the Jacobian. Every sample
is a column here and every neuron a row: the products then have long rows, the activation is
evaluated once, and XLA on a CPU runs them two to four times faster than what reverse-mode
differentiation makes of `vmap(apply)`.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from noflat.networks import Layer, Network


class Pass(NamedTuple):
    """What one pass through a network leaves behind.

    Attributes:
        outputs: The output for every sample.
        entering: What enters each layer, a column per sample: the points, then hidden outputs.
        slopes: The derivatives of the activation in each hidden layer.
    """

    outputs: Float[Array, " samples"]
    entering: tuple[Float[Array, "fan_in samples"], ...]
    slopes: tuple[Float[Array, "width samples"], ...]


def rows(network: Network) -> Network:
    """The same network with transposed weights, a row per neuron; twice is the network itself."""
    layers = tuple(layer._replace(weight=layer.weight.T) for layer in network.layers)
    return Network(layers, network.activation, None if network.skip is None else network.skip.T)


def check_batch(network: Network, points: Any, values: Any) -> None:
    """Refuses a network of several outputs, or a batch, or the shapes of one, that does not fit it.

    Raises:
        ValueError: Naming what is wrong.
    """
    outputs = network.layers[-1].weight.shape[1]
    if outputs != 1:
        raise ValueError(f"`network` must have one output; got {outputs}")
    if points.ndim != 2 or points.shape[1] != network.inputs:
        raise ValueError(
            f"`points` must have the shape (samples, {network.inputs}); got {points.shape}"
        )
    if values.shape != points.shape[:1]:
        raise ValueError(f"`values` must have the shape {points.shape[:1]}; got {values.shape}")
    dtypes = {leaf.dtype.name for leaf in (*jax.tree.leaves(network), points, values)}
    if len(dtypes) > 1:
        raise ValueError(
            "`network`, `points` and `values` must have one dtype; got "
            f"{', '.join(sorted(dtypes))}: init takes a dtype, and arrays have astype"
        )


def forward(network: Network, columns: Float[Array, "inputs samples"]) -> Pass:
    """Evaluates a network of one output for all samples at once.

    Args:
        network: The network, a row per neuron, as `rows` makes it.
        columns: The points, one per column.

    Returns:
        The outputs, and what `gradient` and `jacobian` need.
    """
    entering, slopes = [columns], []
    for layer in network.layers[:-1]:
        arguments = _affine(layer, entering[-1])
        ones = jnp.ones_like(arguments)
        hidden, slope = jax.jvp(network.activation.function, (arguments,), (ones,))
        entering.append(hidden)
        slopes.append(slope)
    outputs = _affine(network.layers[-1], entering[-1])
    if network.skip is not None:
        outputs = outputs + _times(network.skip, columns)
    return Pass(outputs[0], tuple(entering), tuple(slopes))


def gradient(network: Network, passed: Pass, weights: Float[Array, " samples"]) -> Network:
    r"""$\sum_s v_s\,\partial N(x_s)/\partial\theta$, in the shape of the network.

    Args:
        network: The network, a row per neuron.
        passed: What `forward` made of it.
        weights: The $v_s$ above: $2(N(x_s)-y_s)/\text{samples}$ for a mean squared error.

    Returns:
        The derivative in every weight and bias, a row per neuron.
    """
    layers = []
    for layer, delta, entering in _sensitivities(network, passed, weights):
        bias = None if layer.bias is None else jnp.sum(delta, axis=1)
        layers.append(Layer(_outer(delta, entering), bias))
    skip = None if network.skip is None else _outer(weights[None], passed.entering[0])
    return Network(tuple(reversed(layers)), network.activation, skip)


def jacobian(network: Network, passed: Pass) -> Network:
    r"""$\partial N(x_s)/\partial\theta$ for every sample.

    Args:
        network: The network, a row per neuron.
        passed: What `forward` made of it.

    Returns:
        The shape of the network, a row per neuron, with the samples as the last axis of all leaves.
    """
    layers = []
    ones = jnp.ones_like(passed.outputs)
    for layer, delta, entering in _sensitivities(network, passed, ones):
        bias = None if layer.bias is None else delta
        layers.append(Layer(delta[:, None, :] * entering[None], bias))
    skip = None if network.skip is None else passed.entering[0][None]
    return Network(tuple(reversed(layers)), network.activation, skip)


def _sensitivities(network: Network, passed: Pass, weights: Array) -> list[tuple]:
    """From the readout down: a layer, its deltas times the weights, and what enters it."""
    delta, found = weights[None], []
    for depth in reversed(range(len(network.layers))):
        layer = network.layers[depth]
        found.append((layer, delta, passed.entering[depth]))
        if depth:
            delta = passed.slopes[depth - 1] * _back(layer.weight, delta)
    return found


def _affine(layer: Layer, entering: Array) -> Array:
    out = _times(layer.weight, entering)
    return out if layer.bias is None else out + layer.bias[:, None]


def _times(a: Float[Array, "k m"], b: Float[Array, "m n"]) -> Float[Array, "k n"]:
    return jnp.einsum("wi,ib->wb", a, b, precision="highest")


def _outer(a: Float[Array, "k n"], b: Float[Array, "m n"]) -> Float[Array, "k m"]:
    return jnp.einsum("wb,ib->wi", a, b, precision="highest")


def _back(weight: Float[Array, "k m"], delta: Float[Array, "k n"]) -> Float[Array, "m n"]:
    if weight.shape[0] == 1:  # one output: an outer product
        return weight.T * delta
    # The barrier keeps XLA from folding the transposition into the product, which is then slower.
    turned = jax.lax.optimization_barrier(weight.T)
    return jnp.einsum("iw,wb->ib", turned, delta, precision="highest")
