r"""What a block multiplies: products of independent inputs, and how large they are.

An error is relative to the root mean square of the product, and the mean square of a product of
many heavy factors is decided by points that no sample holds. So the moments here are those of the
inputs where the product is largest among as many points as there are.
"""

from functools import cache
from math import exp, lgamma, log
from typing import Literal, NamedTuple, get_args

Inputs = Literal["cube", "gaussian"]

_POINTS = (2**8, 2**14, 2**20)
"""Numbers of random points over which the rms error is meant to be small, whichever is worst."""


class Operand(NamedTuple):
    r"""One operand of a block: a product of independent inputs, where the rms error is decided.

    Over finitely many points the rms of a product of many inputs is decided by the largest of them
    that occur. There the inputs follow their law tilted by $|x|^\theta$: by $\theta=2$, as in the
    expectation of the square, while that needs no rarer points than there are; by less beyond.

    Attributes:
        count: The number of inputs it is a product of.
        inputs: Their law.
        tilt: $\theta$.
        noise: The relative error with which each neuron sums it anew from the layer below.
        shifted: Whether a constant comes with it, which a neuron and its negative round apart.
    """

    count: int
    inputs: Inputs
    tilt: float
    noise: float = 0.0
    shifted: bool = False

    def weighted(self, order: int) -> float:
        r"""The mean of $|y|^k$ where the product is largest."""
        tilted = _log_moment(self.inputs, self.tilt + order) - _log_moment(self.inputs, self.tilt)
        return _bounded_exp(self.count * tilted)

    @property
    def typical(self) -> float:
        """The geometric mean of |y| where the product is largest."""
        return _bounded_exp(self.count * _slope(self.inputs, self.tilt))


Operands = tuple[tuple[Operand, ...], ...]
"""The operands of a block, at the tilts for few, many and very many points."""

PerTilt = tuple[float, float, float]
"""A number for each of these tilts."""

NONE: PerTilt = (0.0, 0.0, 0.0)


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


def _bounded_exp(exponent: float) -> float:
    # products of a few must stay floats; no dtype has digits left long before
    return exp(min(max(exponent, -150.0), 150.0))


def _tilt(total: int, inputs: Inputs, points: int) -> float:
    """The largest tilt up to 2 at which one of so many points has all its inputs follow it."""
    low, high = 0.0, 2.0
    # such points are a share exp(-total * rarity) of all
    if total * _rarity(inputs, high) > log(points):
        for _ in range(50):
            middle = (low + high) / 2
            fits = total * _rarity(inputs, middle) <= log(points)
            low, high = (middle, high) if fits else (low, middle)
    return high


@cache
def _log_moment(inputs: Inputs, order: float) -> float:
    """The logarithm of E |x|^k of one input."""
    if inputs == "cube":
        return -log(1 + order)
    return order / 2 * log(2) + lgamma((order + 1) / 2) - lgamma(0.5)


@cache
def _slope(inputs: Inputs, order: float) -> float:
    """The derivative of the log moment: the mean of ln |x| under the tilted law."""
    step = 1e-4
    return (_log_moment(inputs, order + step) - _log_moment(inputs, order - step)) / (2 * step)


def _rarity(inputs: Inputs, tilt: float) -> float:
    """The divergence of the tilted law from the law, per input."""
    return tilt * _slope(inputs, tilt) - _log_moment(inputs, tilt)
