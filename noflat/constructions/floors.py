r"""The floor of a block: the least error that a scale reaches in a dtype, as a closed formula.

Of the error of `noflat.constructions.precision` the first power of the scale on either side is
kept:

$$E(\lambda) = A\,\lambda^q + B\,u\,\lambda^{-p},\qquad p = r - z,$$

with $r$ operands and $z$ the order at which the hidden values begin: 0 where $\sigma(b)$ or
$b\,\sigma'(b)$ is not 0, 1 where they are and $\sigma'(b)$ is not. The derivative is 0 at

$$\lambda^* = \Big(\frac{p\,B\,u}{q\,A}\Big)^{1/(p+q)},\qquad
  E(\lambda^*) = A\,\lambda^{*q}\Big(1+\frac qp\Big) \propto u^{q/(p+q)}.$$

It holds while $\lambda^*$ is well below 1. Model 9 of docs/theory.md.
"""

from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from noflat.constructions.blocks import Block
from noflat.constructions.operands import Operand
from noflat.constructions.precision import (
    ROUNDED,
    Scales,
    hidden_coefficients,
    truncation_coefficients,
    unit_norm,
)

_VANISHES = 1e-12
"""A coefficient below this is a zero of the exact formula that float64 misses."""


class TwoTerms(NamedTuple):
    r"""The error $A\lambda^q + Bu\lambda^{-p}$ of a block.

    Attributes:
        truncation: $A$.
        order: $q$.
        rounding: $B$.
        steepness: $p = r - z$.
    """

    truncation: float
    order: int
    rounding: float
    steepness: int

    @property
    def exponent(self) -> Fraction:
        r"""The power $q/(p+q)$ of the unit roundoff that the floor is proportional to."""
        return Fraction(self.order, self.order + self.steepness)

    def error(self, scale: Scales, roundoff: float) -> Scales:
        """The error at a scale, or at many."""
        truncated = self.truncation * scale**self.order
        return truncated + self.rounding * roundoff * (1 / scale) ** self.steepness

    def best_scale(self, roundoff: float) -> float:
        r"""The $\lambda^*$ of least error."""
        p, q = self.steepness, self.order
        return (p * self.rounding * roundoff / (q * self.truncation)) ** (1 / (p + q))

    def floor(self, roundoff: float) -> float:
        """The error there."""
        part = self.truncation * self.best_scale(roundoff) ** self.order
        return part * (1 + self.order / self.steepness)


def two_terms(block: Block, operands: tuple[Operand, ...]) -> TwoTerms:
    r"""The error of a block in its two leading terms; its own scale plays no part.

    Args:
        block: The block.
        operands: What it multiplies.

    Returns:
        The two terms.

    Raises:
        ValueError: If the block is exact, or nothing cancels in it: there is then no best scale.

    Example:
        >>> (block,) = plan_flat(4, "cos", convention="hidden_bias").levels[0]
        >>> terms = two_terms(block, operands_of((1,) * 4, 4, "cube")[1])
        >>> terms.order, terms.steepness, terms.exponent
        (2, 4, Fraction(1, 3))

    Reference:
        Model 9 of docs/theory.md, equation (6).
    """
    unit = replace(block, scale=1.0)
    truncated = truncation_coefficients(unit, operands)
    q = next((k for k, a in enumerate(truncated, start=1) if a > _VANISHES), 0)
    hidden = hidden_coefficients(unit, operands)
    z = next(k for k, c in enumerate(hidden) if c > _VANISHES)
    if not q or z >= block.operands:
        raise ValueError(
            f"`block` of {block.activation.name} has no best scale: it is exact, or none of its "
            "hidden values cancel. Take its error from `predicted_error`"
        )
    rounding = ROUNDED * unit_norm(unit) * hidden[z]
    return TwoTerms(truncated[q - 1], q, rounding, block.operands - z)
