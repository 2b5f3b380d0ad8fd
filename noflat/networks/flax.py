"""The bridge to Flax: a constructed network as a starting point for anyone's training loop."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from flax.traverse_util import flatten_dict

from noflat.activations import activation as as_activation
from noflat.networks.dense import Layer, Network


class MLP(nn.Module):
    """A Flax module of the same shape as a `Network`; batches go in the leading axes of `x`.

    Attributes:
        widths: The hidden widths, then the number of outputs.
        biases: For each layer, whether it has a bias.
        activation: The scalar function between layers.
        skip: Whether a linear map from inputs to outputs is added.
    """

    widths: tuple[int, ...]
    biases: tuple[bool, ...]
    activation: Callable[[jax.Array], jax.Array]
    skip: bool = False

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Evaluates on a batch."""
        hidden, last = x, len(self.widths) - 1
        for depth, (width, bias) in enumerate(zip(self.widths, self.biases, strict=True)):
            dense = self._dense(width, bias, x, name=f"layers_{depth}")
            hidden = dense(hidden) if depth == last else self.activation(dense(hidden))
        if self.skip:
            hidden = hidden + self._dense(self.widths[-1], False, x, name="skip")(x)
        return hidden

    @staticmethod
    def _dense(width: int, bias: bool, x: jax.Array, *, name: str) -> nn.Dense:
        # param_dtype follows the input, so that float64 weights stay float64; the precision is
        # that of `apply`
        return nn.Dense(width, bias, param_dtype=x.dtype, precision="highest", name=name)


def to_flax(network: Any) -> tuple[MLP, dict[str, Any]]:
    """Hands a network over to Flax.

    Args:
        network: A network with dense weights.

    Returns:
        A Flax module and its variables: `module.apply(variables, x)` equals `apply(network, x)`
        for a point or a batch `x`.

    Raises:
        ValueError: If `network` has no dense weights.

    Example:
        >>> module, variables = to_flax(init((2, 4, 1), "tanh", key=jax.random.key(0)))
        >>> module.apply(variables, jnp.zeros((5, 2))).shape
        (5, 1)
    """
    if not isinstance(network, Network):
        raise ValueError(
            f"`network` must hold dense weights; got {type(network).__name__}: hand over its "
            "`.dense()`"
        )
    params: dict[str, Any] = {}
    for depth, layer in enumerate(network.layers):
        params[f"layers_{depth}"] = {"kernel": layer.weight}
        if layer.bias is not None:
            params[f"layers_{depth}"]["bias"] = layer.bias
    if network.skip is not None:
        params["skip"] = {"kernel": network.skip}
    module = MLP(
        widths=tuple(layer.weight.shape[1] for layer in network.layers),
        biases=tuple(layer.bias is not None for layer in network.layers),
        activation=network.activation,
        skip=network.skip is not None,
    )
    return module, {"params": params}


def from_flax(module: Any, variables: dict[str, Any]) -> Network:
    """Takes a network back from Flax, as `to_flax` handed it over.

    Args:
        module: The `MLP` module.
        variables: Its variables, trained or not.

    Returns:
        The network.

    Raises:
        ValueError: If `module` is no `MLP`, `variables` do not belong to it, or its activation is
            none of this library's: wrap it in an `Activation` first.

    Example:
        >>> network = init((2, 4, 1), "tanh", key=jax.random.key(0))
        >>> from_flax(*to_flax(network)).widths
        (4,)
    """
    if not isinstance(module, MLP):
        raise ValueError(
            f"`module` must be the MLP that `to_flax` returned; got {type(module).__name__}"
        )
    params = variables.get("params", {})
    leaves: dict[str, Any] = dict(flatten_dict(params, sep="/"))
    found = {name: jnp.shape(leaf) for name, leaf in leaves.items()}
    expected = _shapes(module, found.get("layers_0/kernel", ("inputs",))[0])
    if found != expected:
        raise ValueError(
            f"`variables` must hold params of shapes {expected}, as `to_flax` writes them; "
            f"got {found}"
        )
    layers = tuple(
        Layer(
            jnp.asarray(params[f"layers_{depth}"]["kernel"]),
            jnp.asarray(params[f"layers_{depth}"]["bias"]) if bias else None,
        )
        for depth, bias in enumerate(module.biases)
    )
    skip = jnp.asarray(params["skip"]["kernel"]) if module.skip else None
    return Network(layers, as_activation(module.activation), skip)


def _shapes(module: MLP, inputs: int | str) -> dict[str, tuple]:
    """The shapes of the parameters, by path; the number of inputs is not the module's to say."""
    shapes: dict[str, tuple] = {}
    fan_in = inputs
    for depth, (width, bias) in enumerate(zip(module.widths, module.biases, strict=True)):
        shapes[f"layers_{depth}/kernel"] = (fan_in, width)
        if bias:
            shapes[f"layers_{depth}/bias"] = (width,)
        fan_in = width
    if module.skip:
        shapes["skip/kernel"] = (inputs, module.widths[-1])
    return shapes
