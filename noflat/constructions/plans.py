"""From a plan to a network: blocks level by level, then their weights.

A construction first decides which blocks multiply what, with which bias and scale; such a plan says
how many neurons there will be and what error to expect, at no cost. Writing the weights comes last:
the readout of one level merges with the first layer of the next, in float64, and only the result is
rounded to the dtype of the network.
"""

import warnings
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from noflat.arguments import positive
from noflat.constructions.blocks import Block
from noflat.networks.dense import Layer, Network
from noflat.networks.product_nodes import DENSE_BYTES, ProductNodes


class Plan(NamedTuple):
    """What a construction will build: blocks level by level, and the error to expect.

    Attributes:
        levels: For each hidden layer its blocks; a block takes the next operands in order.
        predicted_error: The relative rms error on the inputs it was planned for.
    """

    levels: tuple[tuple[Block, ...], ...]
    predicted_error: float

    @property
    def neurons(self) -> int:
        """The neurons of the network it will build."""
        return sum(block.neurons for level in self.levels for block in level)


def resolve_dtype(dtype: Any) -> jnp.dtype:
    """The dtype asked for, JAX's default where it is None.

    Raises:
        ValueError: If it is not one of floating-point numbers, or JAX would narrow it.
    """
    try:
        asked = jnp.zeros(0).dtype if dtype is None else jnp.dtype(dtype)
    except TypeError:
        asked = None
    if asked is None or not jnp.issubdtype(asked, jnp.floating):
        raise ValueError(f"`dtype` must be one of floating-point numbers; got {dtype}")
    if asked == jnp.float64 and not jax.config.read("jax_enable_x64"):
        raise ValueError(
            "`dtype` float64 is float32 while JAX is limited to 32 bits: call "
            "jax.config.update('jax_enable_x64', True) first"
        )
    return asked


def check_error(
    plan: Plan, error: float | None, dtype: jnp.dtype, what: str, *, given: bool = False
) -> None:
    """Raises a ValueError where the error asked for is below the plan's floor.

    The floor is an estimate: what is within a factor of two of it is let through. Where none was
    asked for and the network is no better than one of zeros, a warning says so, unless the user
    has given the scale.
    """
    if error is None:
        if plan.predicted_error >= 1 and not given:
            warnings.warn(
                f"rounding in {dtype.name} leaves nothing of {what}: the relative rms error will "
                f"be about {plan.predicted_error:.2g}, and a network of zeros has 1. Use a wider "
                "dtype, more hidden layers, or fewer variables",
                stacklevel=3,
            )
        return
    if positive(error, "error", "or None") < plan.predicted_error / 2:
        raise ValueError(
            f"`error`={error:g} is below the floor of {dtype.name} for {what}: a relative rms "
            f"error of about {plan.predicted_error:.2g}. Use a wider dtype or more hidden layers"
        )


def build(plan: Plan, dtype: jnp.dtype) -> Network:
    """Writes the weights of a plan: readouts merge with the first layer of the level above.

    Args:
        plan: The plan.
        dtype: Of the weights.

    Returns:
        The network.

    Raises:
        ValueError: If a weight matrix would take more than a gibibyte, or a weight is beyond the
            range of the dtype.
    """
    rows = sum(block.operands for block in plan.levels[0])
    for level in plan.levels:
        columns = sum(block.neurons for block in level)
        if rows * columns * 8 > DENSE_BYTES:
            raise ValueError(
                f"a layer of {columns} neurons on {rows} values would need "
                f"{rows * columns / 2**27:.3g} GiB of weights: use fewer variables, or more "
                "hidden layers where there are few"
            )
        rows = columns
    activation = plan.levels[0][0].activation
    inputs = sum(block.operands for block in plan.levels[0])
    readout, constant = np.eye(inputs), np.zeros(inputs)
    skip = None
    layers = []
    for level in plan.levels:
        weight = block_diagonal([block.scale * block.vertices.T for block in level])
        bias = np.concatenate([np.full(block.neurons, block.bias) for block in level])
        layers.append(layer(readout @ weight, bias + constant @ weight, dtype))
        readout = block_diagonal([block.weights[:, None] for block in level])
        constant = np.array([block.constant for block in level])
        if level[0].skip:  # flat networks only: one level, one block
            skip = rounded(level[0].skip_weights[:, None], dtype)
    layers.append(layer(readout, constant, dtype))
    return Network(tuple(layers), activation, skip)


def layer(weight: np.ndarray, bias: np.ndarray, dtype: jnp.dtype) -> Layer:
    """An affine map rounded to a dtype, without a bias where that is 0."""
    has_bias = bool(np.any(bias != 0))
    return Layer(rounded(weight, dtype), rounded(bias, dtype) if has_bias else None)


def rounded(value: np.ndarray | float, dtype: jnp.dtype) -> Float[Array, "*shape"]:
    """Numbers rounded to a dtype.

    Raises:
        ValueError: If one is beyond its range.
    """
    largest = float(np.max(np.abs(value)))
    if not largest <= float(jnp.finfo(dtype).max):
        raise ValueError(
            f"`dtype` {dtype.name} cannot hold a weight of {largest:.2g}: use a wider one, or a "
            "larger `scale`"
        )
    return jnp.asarray(value, dtype)


def block_diagonal(parts: list[np.ndarray]) -> np.ndarray:
    """The matrices along the diagonal, zeros elsewhere."""
    rows = np.cumsum([0] + [part.shape[0] for part in parts])
    columns = np.cumsum([0] + [part.shape[1] for part in parts])
    whole = np.zeros((rows[-1], columns[-1]))
    for part, row, column in zip(parts, rows, columns, strict=False):
        whole[row : row + part.shape[0], column : column + part.shape[1]] = part
    return whole


def stream(block: Block, dtype: jnp.dtype) -> ProductNodes:
    """Writes a flat product of one block by its few numbers, not by its weights.

    Args:
        block: A cube, half cube or corner of one scale.
        dtype: Of the numbers.

    Returns:
        The network.

    Raises:
        ValueError: If a number is beyond the range of the dtype.
    """
    corner = block.kind == "corner"
    return ProductNodes(
        scale=rounded(block.scale, dtype),
        bias=rounded(block.bias, dtype) if block.bias else None,
        weight=rounded(block.weight, dtype),
        output_bias=rounded(block.constant, dtype) if block.constant else None,
        inputs=block.operands,
        nodes=(0.0, 1.0) if corner else (-1.0, 1.0),
        factors=(-1.0, 1.0),
        half=block.kind == "half",
        activation=block.activation,
    )
