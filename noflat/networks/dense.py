r"""A feed-forward network as a tuple of affine layers with one activation between them.

With layers $1 \dots k+1$ the network is $x \mapsto \ell_{k+1}\circ\sigma\circ\ell_k \circ \dots
\circ\sigma\circ\ell_1(x)$, plus a linear skip where there is one. Neurons are applications of
$\sigma$; synapses are nonzero weights, biases aside. Weights are stored (inputs, outputs) and
applied as `x @ weight`, the order in which XLA's batched product is right on every version.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from noflat.activations import Activation
from noflat.activations import activation as as_activation
from noflat.conventions import Convention
from noflat.conventions import convention as as_convention


class Layer(NamedTuple):
    r"""An affine map $x \mapsto xW + b$; `bias` is None where the convention has none."""

    weight: Float[Array, "inputs outputs"]
    bias: Float[Array, " outputs"] | None = None


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Network:
    """A network with dense weights; a pytree whose leaves are the weights.

    Attributes:
        layers: The affine maps; the last one is the readout.
        activation: The scalar function between them; static.
        skip: Weights of a linear map from the inputs to the outputs, or None.
    """

    layers: tuple[Layer, ...]
    activation: Activation = field(metadata={"static": True})
    skip: Float[Array, "*batch inputs outputs"] | None = None

    @property
    def inputs(self) -> int:
        """The number of input variables."""
        return self.layers[0].weight.shape[0]

    @property
    def widths(self) -> tuple[int, ...]:
        """The neurons of each hidden layer."""
        return tuple(layer.weight.shape[1] for layer in self.layers[:-1])

    @property
    def hidden_layers(self) -> int:
        """The number of layers of neurons."""
        return len(self.layers) - 1

    @property
    def neurons(self) -> int:
        """All applications of the activation."""
        return sum(self.widths)

    @property
    def synapses(self) -> int:
        """All nonzero weights, biases aside."""
        weights = [layer.weight for layer in self.layers]
        if self.skip is not None:
            weights.append(self.skip)
        return sum(int(jnp.count_nonzero(weight)) for weight in weights)

    def __call__(self, x: Float[Array, " inputs"]) -> Float[Array, " outputs"]:
        """Evaluates at one point."""
        x = one_point(x, self.inputs)
        hidden = x
        for layer in self.layers[:-1]:
            hidden = self.activation(_affine(layer, hidden))
        out = _affine(self.layers[-1], hidden)
        return out if self.skip is None else out + _times(x, self.skip)


def one_point(x: Any, inputs: int) -> Array:
    """Reads one point of so many inputs.

    Raises:
        ValueError: If it has another shape.
    """
    if np.shape(x) != (inputs,):
        raise ValueError(
            f"`x` must be one point of shape ({inputs},); got {np.shape(x)}. "
            "For a batch use jax.vmap(apply, in_axes=(None, 0))"
        )
    return jnp.asarray(x)


def _times(x: Float[Array, " inputs"], weight: Float[Array, "inputs outputs"]) -> Array:
    # By default an accelerator rounds float32 factors to ten bits or fewer: too few to cancel.
    return jnp.matmul(x, weight, precision="highest")


def _affine(layer: Layer, x: Float[Array, " inputs"]) -> Float[Array, " outputs"]:
    out = _times(x, layer.weight)
    return out if layer.bias is None else out + layer.bias


def apply(network: Any, x: Float[Array, " inputs"]) -> Float[Array, " outputs"]:
    """Evaluates a network at one point.

    Args:
        network: A network of any kind.
        x: One input point, in the dtype of the weights.

    Returns:
        The outputs, in the same dtype.

    Raises:
        ValueError: If `x` is not one point of the right size.

    Example:
        >>> layers = (Layer(jnp.ones((2, 1))), Layer(jnp.ones((1, 1))))
        >>> network = Network(layers, as_activation("exp"))
        >>> print(apply(network, jnp.zeros(2)))
        [1.]
    """
    return network(x)


def count_neurons(network: Any) -> int:
    """The applications of the activation; inputs and outputs are not counted.

    Args:
        network: A network of any kind, not an ensemble of them.

    Returns:
        Their number.

    Example:
        >>> count_neurons(product_tree(4, "silu"))
        12
    """
    return network.neurons


def count_synapses(network: Any) -> int:
    """The nonzero weights, those of a skip included and biases aside.

    Args:
        network: A network of any kind, not an ensemble of them.

    Returns:
        Their number.

    Example:
        >>> count_synapses(flat_product(4, "exp"))  # 16 neurons, 4 inputs, 1 output
        80
    """
    return network.synapses


def init(
    widths: Sequence[int],
    activation: str | Activation,
    *,
    convention: str | Convention = Convention(hidden_bias=True, output_bias=True),
    dtype: Any = None,
    active: Sequence[Int[Array, ""] | int] | None = None,
    key: Key[Array, ""],
) -> Network:
    r"""Draws a random network, weights $\mathcal N(0, 1/\text{inputs})$, biases and skip zero.

    Every weight is drawn by the numbers of its layer and of the two neurons it joins, so that a
    padded network is the unpadded one with zeros around it.

    Args:
        widths: The sizes from inputs over the hidden layers to outputs: (n, m, 1) is shallow.
        activation: The activation, by name or object.
        convention: Which biases and skip the network has.
        dtype: Of the weights; JAX's default where None.
        active: How many neurons of each hidden layer are real; the weights of the others are zero.
            One compiled program then serves many widths. All of them where None.
        key: The JAX key.

    Returns:
        The network.

    Raises:
        ValueError: If `widths` has no hidden layer or an entry below 1, or `active` not one number
            per hidden layer.

    Example:
        >>> init((3, 8, 8, 1), "tanh", key=jax.random.key(0)).widths
        (8, 8)
    """
    if not isinstance(widths, Sequence) or len(widths) < 3 or min(widths) < 1:
        raise ValueError(
            f"`widths` must be inputs, one or more hidden widths and outputs, each at least 1; "
            f"got {widths}"
        )
    convention = as_convention(convention)
    dtype = jnp.zeros(0, dtype).dtype
    real = [widths[0], *(widths[1:-1] if active is None else active), widths[-1]]
    layers = []
    for depth, (fan_in, fan_out) in enumerate(zip(widths, widths[1:], strict=False)):
        weight = _draw(jax.random.fold_in(key, depth), fan_in, fan_out, dtype)
        weight = weight / jnp.sqrt(jnp.asarray(real[depth], dtype))
        is_readout = depth == len(widths) - 2
        has_bias = convention.output_bias if is_readout else convention.hidden_bias
        bias = jnp.zeros(fan_out, dtype) if has_bias else None
        layers.append(Layer(weight, bias))
    skip = jnp.zeros((widths[0], widths[-1]), dtype) if convention.affine_skip else None
    network = Network(tuple(layers), as_activation(activation), skip)
    if active is None:
        return network
    return jax.tree.map(jnp.multiply, network, padding_mask(network, active))


def _draw(key: Key[Array, ""], fan_in: int, fan_out: int, dtype: Any) -> Array:
    def entry(row: Array, column: Array) -> Array:
        here = jax.random.fold_in(jax.random.fold_in(key, row), column)
        return jax.random.normal(here, (), dtype)

    columns = jax.vmap(entry, in_axes=(None, 0))
    return jax.vmap(columns, in_axes=(0, None))(jnp.arange(fan_in), jnp.arange(fan_out))


def check_flat_relu(network: Any) -> None:
    """Refuses what is no dense network of one hidden layer of ReLU neurons, one output, no skip.

    Raises:
        ValueError: If it is another kind.

    Example:
        >>> from noflat.networks.dense import check_flat_relu
        >>> check_flat_relu(init((3, 4, 1), "relu", key=jax.random.key(0)))
    """
    rule = "`network` must be a dense Network of one hidden layer of relu, one output and no skip"
    if not isinstance(network, Network):
        raise ValueError(f"{rule}; got a {type(network).__name__}")
    outputs, skip = network.layers[-1].weight.shape[-1], network.skip is not None
    if network.hidden_layers != 1 or outputs != 1 or network.activation.name != "relu" or skip:
        raise ValueError(
            f"{rule}; got {network.hidden_layers} hidden layers of {network.activation.name}, "
            f"{outputs} outputs and {'a' if skip else 'no'} skip"
        )
    if network.widths[0] == 0:
        raise ValueError(f"{rule}; got no neurons")


def padding_mask(network: Network, active: Sequence[Int[Array, ""] | int]) -> Network:
    """One for every weight and bias between real neurons, zero for those of padded ones.

    Args:
        network: The network, as its shape.
        active: How many neurons of each hidden layer are real.

    Returns:
        The mask, in the shape and dtype of the network.

    Raises:
        ValueError: If `active` is not one number per hidden layer, or beyond its width.

    Example:
        >>> network = init((1, 3, 1), "tanh", key=jax.random.key(0))
        >>> print(padding_mask(network, (2,)).layers[0].weight)
        [[1. 1. 0.]]
    """
    if len(active) != network.hidden_layers:
        raise ValueError(
            f"`active` must be one number for each of the {network.hidden_layers} hidden layers; "
            f"got {len(active)}"
        )
    for count, width in zip(active, network.widths, strict=True):
        if isinstance(count, int) and not 0 <= count <= width:
            raise ValueError(f"`active` must be from 0 to the width {width}; got {count}")
    sizes = (network.inputs, *network.widths, network.layers[-1].weight.shape[1])
    real = [
        jnp.arange(size) < count
        for size, count in zip(sizes, (sizes[0], *active, sizes[-1]), strict=True)
    ]
    layers = []
    for layer, entering, leaving in zip(network.layers, real, real[1:], strict=False):
        dtype = layer.weight.dtype
        weight = (entering[:, None] & leaving[None]).astype(dtype)
        layers.append(Layer(weight, None if layer.bias is None else leaving.astype(dtype)))
    skip = None if network.skip is None else jnp.ones_like(network.skip)
    return Network(tuple(layers), network.activation, skip)
