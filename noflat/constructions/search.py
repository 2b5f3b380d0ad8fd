"""Which bias and which scale: those of least predicted error.

The biases tried are few: 0, and the zeros of the derivatives that decide the next error terms. The
scale is a power of the root of two.
"""

from dataclasses import replace
from functools import cache
from math import inf, log2

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from noflat.activations import Activation, cos, simple_zeros, sin, zeros
from noflat.constructions.blocks import Block, Kind, block_derivatives
from noflat.constructions.operands import NONE, Operands, PerPoints
from noflat.constructions.precision import (
    rounding,
    summation,
    truncation,
    unit_norm,
    unit_roundoff,
)

_MOST_ZEROS = 10
"""Cubes of more operands try simple biases only, not the zeros of derivatives."""

_MOST_HALVED = 17
"""Half cubes of more operands try bias 0 only: the search for zeros takes minutes beyond."""

_SCALES = sorted((2.0 ** (k / 2) for k in range(-80, 81)), key=lambda s: max(s, 1 / s))
"""Powers of the root of two, those nearest 1 first: equal errors (exact gates) go to them."""


@cache
def best_block(
    activation: Activation,
    kind: Kind,
    operands: Operands,
    dtype: jnp.dtype,
    *,
    hidden_bias: bool = True,
    bias: float | None = None,
    scale: float | None = None,
    richardson: int = 1,
    skip: bool = False,
    gains: PerPoints = NONE,
) -> Block | None:
    """The block of a kind with the bias and scale of least predicted error.

    Args:
        activation: The activation.
        kind: Which vertices.
        operands: The operands, from `operands_of`.
        dtype: In which it will run.
        hidden_bias: Whether the bias may differ from 0.
        bias: The bias, where it is given.
        scale: The scale, where it is given.
        richardson: The number of scales combined.
        skip: Whether a linear skip is there to take away a linear term.
        gains: How many times as much its rounding counts in the block above it.

    Returns:
        The block, or None where the activation has no bias at which that kind works.
    """
    r = len(operands[0])
    if bias is None:
        candidates = _biases(activation, kind, r, skip) if hidden_bias else [0.0]
    else:
        candidates = [bias]
    best, least = None, inf
    for candidate in candidates:
        if not _works(activation, kind, r, candidate, skip):
            continue
        skipped = skip and (kind == "short" or (kind == "half" and r == 2))
        block = Block(activation, kind, r, candidate, 1.0, richardson, skipped)
        scales = _scales(block, dtype) if scale is None else np.array([scale])
        errors = _errors(block, operands, unit_roundoff(dtype), gains, scales)
        lowest = float(errors.min(initial=inf))
        if best is None or lowest < least * (1 - 1e-9):
            first = int(np.argmax(errors <= lowest * (1 + 1e-9)))
            best, least = replace(block, scale=float(scales[first])), lowest
    return best


def _errors(
    block: Block,
    operands: Operands,
    roundoff: float,
    gains: PerPoints,
    scales: Float[np.ndarray, " scales"],
) -> Float[np.ndarray, " scales"]:
    """The error at each scale, what it does above included, at the worst number of points."""
    with np.errstate(over="ignore", invalid="ignore"):  # what is beyond float64 is not chosen
        errors = [
            truncation(block, row, scales)
            + (1 + gain) * rounding(block, row, roundoff, scales)
            + summation(block, row, scales)
            for row, gain in zip(operands, gains, strict=True)
        ]
    return np.nan_to_num(np.max(errors, axis=0), nan=inf, posinf=inf)


def _scales(block: Block, dtype: jnp.dtype) -> Float[np.ndarray, " scales"]:
    """The scales at which neither they nor the readout weights leave the range of the dtype."""
    limits, r = jnp.finfo(dtype), block.operands
    most = min(log2(float(limits.max)), 900.0) - log2(unit_norm(block))
    least = float(limits.tiny)
    widest = 900.0 / (r + 2 * block.richardson + 8)  # so many powers of it are taken
    fits = [s for s in _SCALES if s >= least and -r * log2(s) <= most and log2(s) <= widest]
    return np.array(fits)


def _works(activation: Activation, kind: Kind, r: int, bias: float, skip: bool) -> bool:
    if not activation.smooth:  # only the squared ReLU, by its even part
        return activation.name == "relu_squared" and kind == "cube" and r == 2 and bias == 0
    if abs(block_derivatives(activation, r, bias)[r]) < 1e-9:
        return False
    if kind == "short":
        return skip and r >= 2
    if kind != "half" or (skip and r == 2):
        return True
    return bias in _half_biases(activation, r)


@cache
def _half_biases(activation: Activation, r: int) -> tuple[float, ...]:
    """The proved simple zeros of the derivative of order r - 1, those nearest 0 first."""
    if r <= _MOST_HALVED or activation in (sin, cos):
        return tuple(sorted(simple_zeros(activation, r - 1), key=abs))
    before, at = block_derivatives(activation, r, 0.0)[-2:]  # exact zeros, at bias 0
    return (0.0,) if before == 0 != at else ()


def _biases(activation: Activation, kind: Kind, r: int, skip: bool) -> list[float]:
    if not activation.smooth:
        return [0.0]
    if kind == "half" and not (skip and r == 2):
        return list(_half_biases(activation, r))
    if r > _MOST_ZEROS:
        return [0.0, 1.0]
    # besides 0: where the r-th derivative peaks, and where the next error term vanishes
    found = {0.0, 1.0, *zeros(activation, r + 1), *zeros(activation, r + 2)}
    return sorted(found, key=lambda b: (abs(b), -b))
