"""The bridge to Flax: a constructed network as a starting point for anyone's training loop."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from noflat.activations import Activation
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
            # param_dtype follows the input, so that float64 weights stay float64
            dense = nn.Dense(width, use_bias=bias, param_dtype=x.dtype, name=f"layers_{depth}")
            hidden = dense(hidden) if depth == last else self.activation(dense(hidden))
        if self.skip:
            hidden = hidden + nn.Dense(
                self.widths[-1], use_bias=False, param_dtype=x.dtype, name="skip"
            )(x)
        return hidden


def to_flax(network: Network) -> tuple[MLP, dict[str, Any]]:
    """Hands a network over to Flax.

    Args:
        network: A network with dense weights.

    Returns:
        A Flax module and its variables: `module.apply(variables, x)` equals `apply(network, x)`
        for a point or a batch `x`.

    Example:
        >>> module, variables = to_flax(init((2, 4, 1), "tanh", key=jax.random.key(0)))
        >>> module.apply(variables, jnp.zeros((5, 2))).shape
        (5, 1)
    """
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


def from_flax(module: MLP, variables: dict[str, Any]) -> Network:
    """Takes a network back from Flax, as `to_flax` handed it over.

    Args:
        module: The `MLP` module.
        variables: Its variables, trained or not.

    Returns:
        The network.

    Raises:
        ValueError: If `variables` do not belong to `module`.

    Example:
        >>> network = init((2, 4, 1), "tanh", key=jax.random.key(0))
        >>> from_flax(*to_flax(network)).widths
        (4,)
    """
    params = variables.get("params", {})
    expected = [f"layers_{depth}" for depth in range(len(module.widths))] + ["skip"] * module.skip
    if sorted(params) != sorted(expected):
        raise ValueError(
            f"`variables` must hold params {sorted(expected)}, as `to_flax` writes them; "
            f"got {sorted(params)}"
        )
    layers = tuple(
        Layer(
            jnp.asarray(params[f"layers_{depth}"]["kernel"]),
            jnp.asarray(params[f"layers_{depth}"]["bias"]) if bias else None,
        )
        for depth, bias in enumerate(module.biases)
    )
    activation = module.activation
    named = activation if isinstance(activation, Activation) else _named(activation)
    return Network(layers, named, jnp.asarray(params["skip"]["kernel"]) if module.skip else None)


def _named(function: Any) -> Activation:
    return as_activation(getattr(function, "__name__", repr(function)))
