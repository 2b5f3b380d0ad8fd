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
from itertools import permutations
from math import factorial, hypot, log, sqrt

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from noflat.constructions.blocks import (
    Block,
    block_derivatives,
    count,
    richardson_coefficients,
)
from noflat.constructions.operands import Operand, Operands, mean, operands_of

ROUNDED = sqrt(1 / (8 * log(2)))
"""The rms rounding error in unit roundoffs, uniform for significands distributed as 1/m."""

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
    units = operands_of((1,) * block.operands, block.operands, "cube")[-1]
    coefficients = truncation_coefficients(replace(block, scale=1.0), units)
    return next((q for q, a in enumerate(coefficients, start=1) if a > 1e-12), 0)


def truncation(block: Block, operands: tuple[Operand, ...], scale: Scales) -> Scales:
    """The relative rms error of a block in exact arithmetic, at a scale or many."""
    coefficients = truncation_coefficients(replace(block, scale=1.0), operands)
    return sum((a * scale**q for q, a in enumerate(coefficients, start=1)), 0.0 * scale)


@cache
def truncation_coefficients(block: Block, operands: tuple[Operand, ...]) -> tuple[float, ...]:
    """The coefficients A_1, A_2, ... of the powers of the scale in the truncation error."""
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
    total = sum(mean((y, 2)) for y in operands)
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
    """The rms of (sum x_i^2)^p under the weight of the product."""
    if p == 1:
        cross = sum(mean((x, 2), (y, 2)) for x, y in permutations(operands, 2))
        return sqrt(sum(mean((y, 4)) for y in operands) + cross)
    # beyond that an upper estimate: Minkowski's inequality in the norm of order 2p
    return sum(mean((y, 4 * p)) ** (1 / (2 * p)) for y in operands) ** p


def _half_cube_first_order(operands: tuple[Operand, ...]) -> float:
    """The rms of (x_1^2/2 + sum_{i>1} x_i^2/6)/x_1 under the weight of the product."""
    first, rest = operands[0], operands[1:]
    single = sum(mean((y, 2)) for y in rest)
    squares = sum(mean((first, -2), (y, 4)) for y in rest)
    cross = sum(mean((first, -2), (x, 2), (y, 2)) for x, y in permutations(rest, 2))
    return sqrt(mean((first, 2)) / 4 + single / 6 + (squares + cross) / 36)


def rounding(block: Block, operands: tuple[Operand, ...], roundoff: float, scale: Scales) -> Scales:
    """The relative rms error of a block from the rounding of its hidden values."""
    coefficients = hidden_coefficients(replace(block, scale=1.0), operands)
    hidden = sum((c * scale**k for k, c in enumerate(coefficients)), 0.0 * scale)
    error = ROUNDED * roundoff * _readout_norm(block, scale) * hidden
    if block.kind == "half":  # the rounded bias leaves a little of degree r - 1
        error = error + roundoff * abs(block.bias) * sqrt(mean((operands[0], -2))) / scale
    return error


@cache
def hidden_coefficients(block: Block, operands: tuple[Operand, ...]) -> tuple[float, ...]:
    """The coefficients of the powers of the scale in the hidden values that have to cancel.

    They are relative to the product, and count the rounding of a value and of its argument.
    """
    values = block_derivatives(block.activation, block.operands + _orders(block), block.bias)
    # an error that does not know the operands counts as much as the rest of the product
    alone = sqrt(mean(*((y, -2) for y in operands)))
    value = abs(values[0]) + abs(block.bias * values[1])
    linear = hypot(*(_only(operands, y, 2) for y in operands))
    found = [value * alone, abs(values[1]) * linear]
    for k in range(2, len(values)):  # the value rounds once, and its argument k times as much
        spread = hypot(*((_only(operands, y, 2 * k) / alone) ** (1 / k) for y in operands))
        found.append((k + 1) * abs(values[k]) / factorial(k) * alone * spread**k)
    return tuple(found)


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
    common = _readout_norm(block, scale) * scale
    return tuple(
        common * (slope * _only(operands, y, 2) + curvature * scale * _bend(operands, i))
        for i, y in enumerate(operands)
    )


def _bend(operands: tuple[Operand, ...], i: int) -> float:
    """The rms of y_i times the sum of all operands, relative to the product."""
    own, others = operands[i], operands[:i] + operands[i + 1 :]
    dropped = [(y, -2) for y in others]
    cross = sum(
        mean(*(pair for k, pair in enumerate(dropped) if k != other), (own, 0))
        for other in range(len(dropped))
    )
    return sqrt(mean((own, 2), *dropped) + cross)


def _only(operands: tuple[Operand, ...], kept: Operand, power: int) -> float:
    """The rms of |y|^(k/2) for one operand, relative to the product of the block."""
    first = operands.index(kept)
    return sqrt(mean(*((y, power - 2 if i == first else -2) for i, y in enumerate(operands))))


def _readout_norm(block: Block, scale: Scales) -> Scales:
    # the root first: a power of the scale alone may be beyond float64
    root = unit_norm(replace(block, scale=1.0)) ** (1 / block.operands)
    return (root / scale) ** block.operands


@cache
def unit_norm(block: Block) -> float:
    """The Euclidean norm of the readout weights of a block of scale 1."""
    if block.operands <= 16:
        return float(np.linalg.norm(block.weights))
    return abs(block.weight) * sqrt(count(block.kind, block.operands))
