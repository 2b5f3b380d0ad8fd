r"""The error to expect of a network of blocks: truncation plus rounding.

A smaller scale $\lambda$ makes a block a better product and its readout weights larger. The
relative rms error is close to

$$\sum_q A_q\lambda^q + B(\lambda)\,u\,\lambda^{-r},$$

with $u$ the unit roundoff of the dtype, $A_q$ from the derivatives of the activation beyond the
$r$-th and $B$ from the size of the hidden values that have to cancel. Section 7 of docs/theory.md.

A deep network has one more term. Each neuron sums its operands anew from the neurons below, with a
rounding error of its own, and such errors do not cancel as the operands do. A neuron and its
negative share that error up to its sign, so that a cube of two operands hardly feels it. A cube of
three feels it $1/\lambda^2$ times as much: groups of three belong in the first layer.
"""

from dataclasses import replace
from functools import cache, reduce
from math import factorial, hypot, prod, sqrt

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from noflat.constructions.blocks import (
    Block,
    block_derivatives,
    count,
    richardson_coefficients,
)
from noflat.constructions.operands import Operand, Operands

Scales = float | Float[np.ndarray, " scales"]


def unit_roundoff(dtype: jnp.dtype) -> float:
    """Half the distance from 1 to the next number of that dtype."""
    return float(jnp.finfo(dtype).eps) / 2


def predicted_error(blocks: list[tuple[Block, Operands]], dtype: jnp.dtype) -> float:
    """The relative rms error of a network of blocks, truncation plus rounding.

    Args:
        blocks: The blocks, scales included, each with its operands.
        dtype: In which they run.

    Returns:
        The estimate: within a small factor of what is measured over some 2^14 points, no bound.
        Truncation has a sign and adds up; rounding adds in squares.
    """
    roundoff = unit_roundoff(dtype)
    truncated, rounded = 0.0, 0.0
    for block, operands in blocks:
        truncated += float(truncation(block, operands[1], block.scale))
        hidden = float(rounding(block, operands[1], roundoff, block.scale))
        rounded = hypot(rounded, hidden, float(summation(block, operands[1], block.scale)))
    return truncated + rounded


def convergence_order(block: Block) -> int:
    r"""The power $q$ of the scale that the truncation error falls with; 0 where it is exact."""
    unit = (Operand(1, "cube", 2.0),) * block.operands
    coefficients = _coefficients(replace(block, scale=1.0), unit)
    return next((q for q, a in enumerate(coefficients, start=1) if a > 1e-12), 0)


def truncation(block: Block, operands: tuple[Operand, ...], scale: Scales) -> Scales:
    """The relative rms error of a block in exact arithmetic, at a scale or many."""
    coefficients = _coefficients(replace(block, scale=1.0), operands)
    return sum((a * scale**q for q, a in enumerate(coefficients, start=1)), 0.0 * scale)


@cache
def _coefficients(block: Block, operands: tuple[Operand, ...]) -> tuple[float, ...]:
    orders = range(1, _orders(block) + 1)
    return tuple(_coefficient(block, operands, order) for order in orders)


def _orders(block: Block) -> int:
    """How many orders of the scale beyond the first term are looked at."""
    return 2 * block.richardson + 4


def _coefficient(block: Block, operands: tuple[Operand, ...], order: int) -> float:
    """The coefficient A_q of scale^q in the relative rms truncation error."""
    r = block.operands
    values = block_derivatives(block.activation, r + order, block.bias)
    ratio = abs(values[r + order] / values[r])
    total = sum(y.weighted(2) for y in operands)
    if block.kind in ("corner", "short") and order == 1:
        return ratio * sqrt(total) / 2  # for the short grid an estimate of the same size
    if block.kind == "half" and order == 1:
        return ratio * _half_cube_first_order(operands)
    if order % 2:
        return 0.0
    # the cube's relative error is a coefficient of prod sinh(x_i)/x_i <= exp(|x|^2/6)
    p = order // 2
    if p < block.richardson:
        return 0.0
    gammas = richardson_coefficients(block.richardson)
    combined = abs(sum(gamma * 4.0 ** (k * p) for k, gamma in enumerate(gammas)))
    return ratio * combined * _squares(operands, p) / (6**p * factorial(p))


def _squares(operands: tuple[Operand, ...], p: int) -> float:
    """The rms of (sum x_i^2)^p under the law weighted with the squared product."""
    if p == 1:
        squares = [y.weighted(2) for y in operands]
        cross = sum(squares) ** 2 - sum(s * s for s in squares)
        return sqrt(sum(y.weighted(4) for y in operands) + cross)
    # beyond that an upper estimate: Minkowski's inequality in the norm of order 2p
    return sum(y.weighted(4 * p) ** (1 / (2 * p)) for y in operands) ** p


def _half_cube_first_order(operands: tuple[Operand, ...]) -> float:
    """The rms of (x_1^2/2 + sum_{i>1} x_i^2/6)/x_1 under the weighted law."""
    first, rest = operands[0], operands[1:]
    total = sum(y.weighted(2) for y in rest)
    spread = sum(y.weighted(4) - y.weighted(2) ** 2 for y in rest) + total**2
    return sqrt(first.weighted(2) / 4 + total / 6 + spread / 36 * first.weighted(-1) ** 2)


def rounding(block: Block, operands: tuple[Operand, ...], roundoff: float, scale: Scales) -> Scales:
    """The relative rms error of a block from the rounding of its hidden values."""
    values = block_derivatives(block.activation, block.operands + _orders(block), block.bias)
    inverses = [y.weighted(-1) for y in operands]  # small operands make a rounded value count more
    value = abs(values[0]) + abs(block.bias * values[1])
    linear = hypot(*_inverses_of_others(operands))
    hidden = value * prod(inverses) + abs(values[1]) * linear * scale
    spread = scale * sqrt(sum(y.weighted(2) for y in operands))
    size = max(prod(y.weighted(1) for y in operands), 1e-300)
    for k in range(2, len(values)):  # the value rounds once, and its argument k times as much
        hidden = hidden + (k + 1) * abs(values[k]) / (factorial(k) * size) * spread**k
    error = roundoff * _readout_norm(block, scale) * hidden
    if block.kind == "half":  # the rounded bias leaves a little of degree r - 1
        error = error + roundoff * abs(block.bias) * inverses[0] / scale
    return error


def summation(block: Block, operands: tuple[Operand, ...], scale: Scales) -> Scales:
    """The relative rms error of a block from each neuron's summing the operands anew."""
    if not any(y.noise for y in operands):
        return 0.0 * scale
    grown = amplifications(block, operands, scale)
    parts = [g * y.noise for g, y in zip(grown, operands, strict=True)]
    return reduce(np.hypot, parts)


def amplifications(
    block: Block, operands: tuple[Operand, ...], scale: Scales
) -> tuple[Scales, ...]:
    """How many times as much the noise of each operand counts in the block as in the operand."""
    _, slope, curvature = map(abs, block_derivatives(block.activation, 2, block.bias))
    if block.kind == "cube" and block.operands % 2 == 0 and not any(y.shifted for y in operands):
        slope = 0.0  # a neuron and its negative err alike
    typical = [y.typical for y in operands]
    bend = curvature * scale * hypot(*typical) / max(prod(typical), 1e-300)
    common = _readout_norm(block, scale) * scale
    return tuple(
        common * (slope * others + bend * y)
        for others, y in zip(_inverses_of_others(operands), typical, strict=True)
    )


def _inverses_of_others(operands: tuple[Operand, ...]) -> list[float]:
    """For each operand the mean inverse size of the product of the others."""
    inverses = [y.weighted(-1) for y in operands]
    return [prod(inverses[:i] + inverses[i + 1 :]) for i in range(len(inverses))]


def _readout_norm(block: Block, scale: Scales) -> Scales:
    # the root first: a power of the scale alone may be beyond float64
    root = _unit_norm(replace(block, scale=1.0)) ** (1 / block.operands)
    return (root / scale) ** block.operands


@cache
def _unit_norm(block: Block) -> float:
    if block.operands <= 16:
        return float(np.linalg.norm(block.weights))
    return abs(block.weight) * sqrt(count(block.kind, block.operands))
