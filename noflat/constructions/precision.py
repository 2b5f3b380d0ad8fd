r"""Which bias and which scale: truncation against rounding.

A smaller scale $\lambda$ makes a block a better product and its readout weights larger. The
relative rms error is close to

$$\sum_q A_q\lambda^q + B(\lambda)\,u\,\lambda^{-r},$$

with $u$ the unit roundoff of the dtype, $A_q$ from the derivatives of the activation beyond the
$r$-th and $B$ from the size of the hidden values that have to cancel. The scale is the power of the
root of two at which the sum is least; that least value is the floor. See docs/theory.md, section 7.
"""

from dataclasses import replace
from functools import cache
from math import factorial, log2, prod, sqrt

import jax.numpy as jnp
import numpy as np

from noflat.activations import Activation, cos, simple_zeros, sin, zeros
from noflat.constructions.blocks import (
    Block,
    Kind,
    block_derivatives,
    count,
    richardson_coefficients,
)
from noflat.constructions.operands import Operand, Operands

_MOST_ZEROS = 10
"""Cubes of more operands try simple biases only, not the zeros of derivatives."""

_MOST_HALVED = 17
"""Half cubes of more operands try bias 0 only: the search for zeros takes minutes beyond."""

_SCALES = sorted((2.0 ** (k / 2) for k in range(-80, 17)), key=lambda s: max(s, 1 / s))
"""Powers of the root of two, those nearest 1 first: equal errors (exact gates) go to them."""


def unit_roundoff(dtype: jnp.dtype) -> float:
    """Half the distance from 1 to the next number of that dtype."""
    return float(jnp.finfo(dtype).eps) / 2


def predicted_error(blocks: list[tuple[Block, Operands]], dtype: jnp.dtype) -> float:
    """The relative rms error of a network of blocks, truncation plus rounding.

    Args:
        blocks: The blocks, scales included, each with its operands from `operands_of`.
        dtype: In which they run.

    Returns:
        The estimate: within a small factor of what is measured over some 2^14 points, no bound.
        Truncation has a sign and adds up; rounding adds in squares.
    """
    roundoff = unit_roundoff(dtype)
    truncated = sum(_truncation(block, operands[1]) for block, operands in blocks)
    rounded = sqrt(sum(_rounding(block, operands[1], roundoff) ** 2 for block, operands in blocks))
    return truncated + rounded


def convergence_order(block: Block) -> int:
    r"""The power $q$ of the scale that the truncation error falls with; 0 where it is exact."""
    unit = (Operand(1, "cube", 2.0),) * block.operands
    coefficients = _coefficients(replace(block, scale=1.0), unit)
    return next((q for q, a in enumerate(coefficients, start=1) if a > 1e-12), 0)


def _truncation(block: Block, operands: tuple[Operand, ...]) -> float:
    coefficients = _coefficients(replace(block, scale=1.0), operands)
    return sum(a * block.scale**q for q, a in enumerate(coefficients, start=1))


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


def _rounding(block: Block, operands: tuple[Operand, ...], roundoff: float) -> float:
    r = block.operands
    values = block_derivatives(block.activation, r + _orders(block), block.bias)
    inverses = [y.weighted(-1) for y in operands]  # small operands make a rounded value count more
    value = abs(values[0]) + abs(block.bias * values[1])
    hidden = value * prod(inverses)
    linear = sqrt(sum((prod(inverses) / inverse) ** 2 for inverse in inverses))
    hidden += abs(values[1]) * block.scale * linear
    spread = block.scale * sqrt(sum(y.weighted(2) for y in operands))
    size = prod(y.weighted(1) for y in operands)
    powers = range(2, len(values))
    # the value rounds once, and its argument k times as much
    hidden += sum((k + 1) * abs(values[k]) * spread**k / factorial(k) for k in powers) / size
    readout = _readout_norm(replace(block, scale=1.0)) / block.scale**r
    error = roundoff * readout * hidden
    if block.kind == "half":  # the rounded bias leaves a little of degree r - 1
        error += roundoff * abs(block.bias) / block.scale * inverses[0]
    return error


@cache
def _readout_norm(block: Block) -> float:
    if block.operands <= 16:
        return float(np.linalg.norm(block.weights))
    return abs(block.weight) * sqrt(count(block.kind, block.operands))


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

    Returns:
        The block, or None where the activation has no bias at which that kind works.
    """
    r = len(operands[0])
    if bias is None:
        candidates = _biases(activation, kind, r, skip) if hidden_bias else [0.0]
    else:
        candidates = [bias]
    best, least, roundoff = None, float("inf"), unit_roundoff(dtype)
    for candidate in candidates:
        if not _works(activation, kind, r, candidate, skip):
            continue
        skipped = skip and (kind == "short" or (kind == "half" and r == 2))
        block = Block(activation, kind, r, candidate, 1.0, richardson, skipped)
        for value in _scales(block, dtype) if scale is None else [scale]:
            scaled = replace(block, scale=value)
            error = max(_truncation(scaled, o) + _rounding(scaled, o, roundoff) for o in operands)
            if error < least * (1 - 1e-9):
                best, least = scaled, error
    return best


def _scales(block: Block, dtype: jnp.dtype) -> list[float]:
    """The scales at which neither they nor the readout weights leave the range of the dtype."""
    limits, r = jnp.finfo(dtype), block.operands
    largest = float(np.abs(block.weights).max()) if r <= 16 else abs(block.weight)
    most, least = float(limits.max), float(limits.tiny)
    return [s for s in _SCALES if s >= least and log2(largest) - r * log2(s) <= log2(most)]


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
