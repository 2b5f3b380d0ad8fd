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
from math import exp, factorial, lgamma, log, prod, sqrt
from typing import Literal, NamedTuple, get_args

import jax.numpy as jnp
import numpy as np

from noflat.activations import Activation, simple_zeros, zeros
from noflat.constructions.blocks import (
    Block,
    Kind,
    block_derivatives,
    count,
    richardson_coefficients,
)

Inputs = Literal["cube", "gaussian"]

_POINTS = (2**8, 2**14, 2**20)
"""Numbers of random points over which the rms error is meant to be small, least in the worst case."""

_MOST_ZEROS = 10
"""Beyond this order the zeros of derivatives are not looked for: only simple biases are tried."""

_SCALES = sorted((2.0 ** (k / 2) for k in range(-80, 81)), key=lambda s: max(s, 1 / s))
"""Powers of the root of two, those nearest 1 first: equal errors (exact gates) go to them."""


class Operand(NamedTuple):
    r"""One operand of a block: a product of independent inputs, where the rms error is decided.

    Over finitely many points the rms of a product of many inputs is decided by the largest of them
    that occur. There the inputs follow their law tilted by $|x|^\theta$: by $\theta=2$, as in the
    expectation of the square, while that needs no rarer points than there are; by less beyond.

    Attributes:
        count: The number of inputs it is a product of.
        inputs: Their law.
        tilt: $\theta$.
    """

    count: int
    inputs: Inputs
    tilt: float

    def weighted(self, order: int) -> float:
        r"""The mean of $|y|^k$ where the product is largest."""
        tilted = _log_moment(self.inputs, self.tilt + order) - _log_moment(self.inputs, self.tilt)
        return exp(self.count * tilted)


Operands = tuple[tuple[Operand, ...], ...]
"""The operands of a block, at the tilts for few, many and very many points."""


@cache
def operands_of(counts: tuple[int, ...], total: int, inputs: Inputs) -> Operands:
    """The operands of one block in a product of `total` inputs, each a product of some.

    Raises:
        ValueError: If `inputs` is no known law.
    """
    if inputs not in get_args(Inputs):
        raise ValueError(f"`inputs` must be one of {', '.join(get_args(Inputs))}; got {inputs!r}")
    tilts = [_tilt(total, inputs, points) for points in _POINTS]
    return tuple(tuple(Operand(count, inputs, tilt) for count in counts) for tilt in tilts)


def _tilt(total: int, inputs: Inputs, points: int) -> float:
    """The largest tilt up to 2 at which so many points still hold one where all inputs follow it."""
    low, high = 0.0, 2.0
    # such points are a share exp(-total * rarity) of all
    if total * _rarity(inputs, high) > log(points):
        for _ in range(50):
            middle = (low + high) / 2
            fits = total * _rarity(inputs, middle) <= log(points)
            low, high = (middle, high) if fits else (low, middle)
    return high


def _log_moment(inputs: Inputs, order: float) -> float:
    """The logarithm of E |x|^k of one input."""
    if inputs == "cube":
        return -log(1 + order)
    return order / 2 * log(2) + lgamma((order + 1) / 2) - lgamma(0.5)


def _slope(inputs: Inputs, order: float) -> float:
    """The derivative of the log moment: the mean of ln |x| under the tilted law."""
    step = 1e-4
    return (_log_moment(inputs, order + step) - _log_moment(inputs, order - step)) / (2 * step)


def _rarity(inputs: Inputs, tilt: float) -> float:
    """The divergence of the tilted law from the law, per input."""
    return tilt * _slope(inputs, tilt) - _log_moment(inputs, tilt)


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
    for order in range(1, 9):
        coefficient = _coefficient(block, unit, order)
        if coefficient > 1e-12:
            return order
    return 0


def _truncation(block: Block, operands: tuple[Operand, ...]) -> float:
    orders = range(1, 2 * block.richardson + 5)
    return sum(_coefficient(block, operands, q) * block.scale**q for q in orders)


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
    values = block_derivatives(block.activation, r, block.bias)
    inverses = [y.weighted(-1) for y in operands]  # small operands make a rounded value count more
    value = abs(values[0]) + abs(block.bias * values[1])
    hidden = value * prod(inverses)
    linear = sqrt(sum((prod(inverses) / inverse) ** 2 for inverse in inverses))
    hidden += abs(values[1]) * block.scale * linear
    spread = block.scale * sqrt(sum(y.weighted(2) for y in operands))
    size = prod(y.weighted(1) for y in operands)
    hidden += sum(abs(values[k]) * spread**k / factorial(k) for k in range(2, r + 1)) / size
    readout = float(np.linalg.norm(block.weights)) if r <= 16 else _readout_norm(block)
    error = roundoff * readout * hidden
    if block.kind == "half":  # the rounded bias leaves a little of degree r - 1
        error += roundoff * abs(block.bias) / block.scale * inverses[0]
    return error


def _readout_norm(block: Block) -> float:
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
        block = Block(
            activation, kind, r, candidate, 1.0, richardson, skip and kind in ("half", "short")
        )
        for value in _SCALES if scale is None else [scale]:
            scaled = replace(block, scale=value)
            error = max(_truncation(scaled, o) + _rounding(scaled, o, roundoff) for o in operands)
            if error < least * (1 - 1e-9):
                best, least = scaled, error
    return best


def _works(activation: Activation, kind: Kind, r: int, bias: float, skip: bool) -> bool:
    if not activation.smooth:  # only the squared ReLU, by its even part
        return activation.name == "relu_squared" and kind == "cube" and r == 2 and bias == 0
    if abs(block_derivatives(activation, r, bias)[r]) < 1e-9:
        return False
    if kind == "short":
        return skip and r >= 2
    if kind != "half" or (skip and r == 2):
        return True
    # at bias 0 the derivatives are exact zeros; elsewhere only a proved simple zero will do
    if bias == 0:
        return block_derivatives(activation, r - 1, 0.0)[r - 1] == 0
    return bias in simple_zeros(activation, r - 1)


def _biases(activation: Activation, kind: Kind, r: int, skip: bool) -> list[float]:
    if not activation.smooth:
        return [0.0]
    if kind == "half" and not (skip and r == 2):
        return sorted(set(simple_zeros(activation, r - 1)), key=abs)
    if r > _MOST_ZEROS:
        return [0.0, 1.0]
    # besides 0: where the r-th derivative peaks, and where the next error term vanishes
    found = {0.0, 1.0, *zeros(activation, r + 1), *zeros(activation, r + 2)}
    return sorted(found, key=lambda b: (abs(b), -b))
