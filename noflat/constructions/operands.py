r"""What a block multiplies: products of independent inputs, and how large they are.

An error is relative to the root mean square of the product P, and the mean square of a product of
many factors is decided by points so rare that no sample holds them. So the means here are those
over as many points as there are: of the points that would decide the expectation, the rarest are
left out.

Over N points the mean of $\prod_i|x_i|^{k_i}$ is about

$$\max_{0<t\le1}\ \exp\sum_i\big(k_i\Lambda'(tk_i) - D(tk_i)\big)
  \quad\text{with}\quad \sum_i D(tk_i)\le\log N,$$

where $\Lambda(k)=\log E|x|^k$ and $D(k)=k\Lambda'(k)-\Lambda(k)$ is the divergence from the law of
the law tilted by $|x|^k$: among N points about $Ne^{-\sum D}$ look like that. At t = 1 it is the
expectation. Section 7 of docs/theory.md.
"""

from functools import cache
from math import exp, lgamma, log
from typing import Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Float

Inputs = Literal["cube", "gaussian"]

_POINTS = (2**8, 2**14, 2**20)
"""Numbers of random points over which the rms error is meant to be small, whichever is worst."""


class Operand(NamedTuple):
    r"""One operand of a block: a product of some of the inputs.

    Attributes:
        count: The number of inputs it is a product of.
        total: The number of inputs of the whole product P.
        inputs: Their law.
        points: The number of points that the error is a mean over.
        noise: The relative error with which each neuron sums it anew from the layer below.
        shifted: Whether a constant comes with it, which a neuron and its negative round apart.
    """

    count: int
    total: int
    inputs: Inputs
    points: int
    noise: float = 0.0
    shifted: bool = False


Operands = tuple[tuple[Operand, ...], ...]
"""The operands of a block, for few, many and very many points."""

PerPoints = tuple[float, float, float]
"""A number for each of these numbers of points."""

NONE: PerPoints = (0.0, 0.0, 0.0)


@cache
def operands_of(counts: tuple[int, ...], total: int, inputs: Inputs) -> Operands:
    """The operands of one block in a product of `total` inputs, each a product of some.

    Raises:
        ValueError: If `inputs` is no known law.
    """
    if inputs not in get_args(Inputs):
        raise ValueError(f"`inputs` must be one of {', '.join(get_args(Inputs))}; got {inputs!r}")
    return tuple(
        tuple(Operand(count, total, inputs, points) for count in counts) for points in _POINTS
    )


def mean(*powers: tuple[Operand, int]) -> float:
    r"""The mean of $P^2\prod|y|^k$ over the points, relative to that of $P^2$.

    Args:
        powers: Operands y of one product, each with its k, at least -2.

    Returns:
        The mean under the weight that the rms error of a product has.

    Example:
        >>> x, y = operands_of((1, 1), 2, "cube")[1]
        >>> print(f"{mean((x, 2)):.3f} {mean((x, -2), (y, -2)):.3f}")  # E x^4 / E x^2, 1 / E x^2y^2
        0.600 9.000
    """
    first = powers[0][0]
    exponents = {2: first.total}
    for operand, power in powers:
        exponents[2] -= operand.count
        exponents[2 + power] = exponents.get(2 + power, 0) + operand.count
    inputs, points = first.inputs, first.points
    weighted = _log_mean(inputs, points, tuple(sorted(exponents.items())))
    exponent = weighted - _log_mean(inputs, points, ((2, first.total),))
    # products of a few must stay floats; no dtype has digits left long before
    return exp(min(max(exponent, -150.0), 150.0))


@cache
def _log_mean(inputs: Inputs, points: int, exponents: tuple[tuple[int, int], ...]) -> float:
    """The logarithm of the mean over points of a product of |x|^k, for pairs of k and how many."""

    def rarity(t: float) -> float:
        return sum(count * _rarity(inputs, t * k) for k, count in exponents)

    if rarity(1.0) <= log(points):
        return sum(count * _log_moment(inputs, k) for k, count in exponents)
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if rarity(middle) <= log(points) else (low, middle)
    return sum(count * k * _slope(inputs, low * k) for k, count in exponents) - rarity(low)


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


def drawn(n: int, inputs: Inputs, count: int) -> Float[np.ndarray, "points n"]:
    """Random points of a law of the inputs, always the same ones: uniform, or standard normal."""
    random, shape = np.random.default_rng(0), (count, n)
    return random.uniform(-1, 1, shape) if inputs == "cube" else random.standard_normal(shape)
