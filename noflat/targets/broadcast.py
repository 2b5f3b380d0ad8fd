r"""The broadcast process: a bit copied down a tree, each copy flipped with some probability.

$y_0$ is a bit, every bit of a level has $b$ noisy copies on the next, and $x$ is the $b^L$ leaves.
The likelihood ratio of what lies below a bit is all that its parent needs: it is a product over
the children, each ratio sent once through the noise. So the ratios of a subtree are the classes of
the minimal sufficient statistic, and their exact law costs a step per level, not a sum over
$2^{b^L}$ leaves.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import comb, gcd, log

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from noflat.arguments import whole
from noflat.targets.markov import MarkovChain

Law = dict[tuple[int, int], tuple[Fraction, Fraction]]
"""A statistic: for each value the probabilities given the bit 0 and the bit 1.

A value is named by their ratio in coprime whole numbers."""


@dataclass(frozen=True)
class Broadcast:
    """A bit on a tree.

    Attributes:
        branches: The copies b of each bit.
        levels: The levels L below the first.
        flip: The probability that a copy is wrong, between 0 and 1/2.
        start: The probability that the first bit is 1.

    Example:
        >>> process = Broadcast(2, 3, Fraction(1, 10))
        >>> process.leaves, process.odds((1, 1, 1, 0, 0, 0, 1, 0))
        (8, Fraction(1, 1))

    Reference:
        Evans, Kenyon, Peres and Schulman (2000), Annals of Applied Probability 10, 410-433.
    """

    branches: int
    levels: int
    flip: Fraction
    start: Fraction = Fraction(1, 2)

    def __post_init__(self) -> None:
        """Checks the numbers."""
        whole(self.branches, "branches", "the copies of each bit", least=2)
        whole(self.levels, "levels", "the levels below the first bit")
        if not isinstance(self.flip, Fraction) or not 0 < self.flip < Fraction(1, 2):
            raise ValueError(
                f"`flip` must be a fraction between 0 and 1/2, such as Fraction(1, 10); "
                f"got {self.flip!r}"
            )
        if not isinstance(self.start, Fraction) or not 0 < self.start < 1:
            raise ValueError(
                f"`start` must be a fraction between 0 and 1, such as Fraction(1, 2); "
                f"got {self.start!r}"
            )

    @property
    def leaves(self) -> int:
        """The number of bits of x."""
        return self.branches**self.levels

    def chain(self) -> MarkovChain:
        r"""The same process as a chain whose symbols are all bits of a level.

        The symbols are the binary numbers that the bits make, first bit first. Level l has
        $2^{b^l}$ of them: for few leaves only.

        Raises:
            ValueError: If there are more than 9 leaves.
        """
        if self.leaves > 9:
            raise ValueError(
                f"`levels` must leave at most 9 leaves for a chain of all their configurations; "
                f"got {self.leaves}: use `law` and `odds` instead"
            )
        steps = tuple(self._step(self.branches**level) for level in range(self.levels))
        return MarkovChain((1 - self.start, self.start), steps)

    def _step(self, bits: int) -> tuple[tuple[Fraction, ...], ...]:
        """All bits of a level to all of the next."""
        size = bits * self.branches
        more = list(itertools.product((0, 1), repeat=size))
        chances = [
            self.flip**wrong * (1 - self.flip) ** (size - wrong) for wrong in range(size + 1)
        ]
        return tuple(
            tuple(
                chances[sum(y != above[i // self.branches] for i, y in enumerate(x))] for x in more
            )
            for above in itertools.product((0, 1), repeat=bits)
        )

    def odds(self, x: Sequence[int]) -> Fraction:
        r"""The exact $p(x|y_0=1)/p(x|y_0=0)$.

        Args:
            x: The leaves, zeros and ones.

        Returns:
            The ratio; times `start / (1 - start)` it is that of the posterior.

        Raises:
            ValueError: If x has another length.
        """
        ((zero, one),) = self.statistic(x, 0)
        return Fraction(one, zero)

    def statistic(self, x: Sequence[int], level: int) -> tuple[tuple[int, int], ...]:
        r"""The minimal sufficient statistic $T_i$ of x for all bits of a level.

        Given those bits the leaves below each are independent, so that the likelihood is a product
        of one factor per bit, and it is known up to a factor iff the ratio below every bit is.

        Args:
            x: The leaves, zeros and ones.
            level: i, from 0 to L.

        Returns:
            For each bit of the level the likelihoods of what lies below it, given 0 and 1, as
            coprime whole numbers.

        Raises:
            ValueError: If x has another length, or there is no such level.

        Example:
            >>> Broadcast(2, 2, Fraction(1, 4)).statistic((1, 1, 0, 1), 1)
            ((1, 9), (1, 1))
        """
        if len(x) != self.leaves:
            raise ValueError(f"`x` must have {self.leaves} bits; got {len(x)}")
        if whole(level, "level", "the level of the bits", least=0) > self.levels:
            raise ValueError(f"`level` must be from 0 to {self.levels}; got {level}")
        bits, size = tuple(int(bit) for bit in x), self.branches ** (self.levels - level)
        blocks = (bits[first : first + size] for first in range(0, len(bits), size))
        return tuple(_ratio(self.branches, self.flip, block) for block in blocks)

    def law(self, height: int) -> Law:
        """The exact law of the minimal sufficient statistic of the leaves below one bit.

        Args:
            height: How many levels the leaves lie below it, from 0, where the bit is a leaf.

        Returns:
            For each likelihood ratio the probabilities given the bit.
        """
        law: Law = {(1, 0): (Fraction(1), Fraction(0)), (0, 1): (Fraction(0), Fraction(1))}
        for _ in range(whole(height, "height", "the levels below the bit", least=0)):
            law = raised(law, self.branches, self.flip)
        return law

    def sample(
        self, count: int, *, key: Key[Array, ""]
    ) -> tuple[Int[Array, " count"], Int[Array, "count leaves"]]:
        """Draws first bits and leaves, also within a compiled function.

        Args:
            count: How many.
            key: The JAX key.

        Returns:
            The first bit of each, and its leaves.
        """
        uniform = jax.random.uniform(jax.random.fold_in(key, 0), (count, 1))
        bits = first = (uniform < float(self.start)).astype(jnp.int32)
        for level in range(self.levels):
            bits = jnp.repeat(bits, self.branches, axis=1)
            noise = jax.random.uniform(jax.random.fold_in(key, level + 1), bits.shape)
            bits = bits ^ (noise < float(self.flip)).astype(jnp.int32)
        return first[:, 0], bits


@lru_cache(maxsize=2**16)
def _ratio(branches: int, flip: Fraction, x: tuple[int, ...]) -> tuple[int, int]:
    """The likelihoods of leaves given the bit above them, up to a factor."""
    if len(x) == 1:
        return 1 - x[0], x[0]
    size, found = len(x) // branches, (1, 1)
    for first in range(0, len(x), size):
        below = _sent(_ratio(branches, flip, x[first : first + size]), flip)
        found = _coprime(found[0] * below[0], found[1] * below[1])
    return found


def _sent(pair: tuple[int, int], flip: Fraction) -> tuple[int, int]:
    """A ratio as the parent sees it, through the noise."""
    wrong, right = flip.numerator, flip.denominator - flip.numerator
    return right * pair[0] + wrong * pair[1], wrong * pair[0] + right * pair[1]


def _coprime(zero: int, one: int) -> tuple[int, int]:
    factor = gcd(zero, one)
    return zero // factor, one // factor


def raised(law: Law, branches: int, flip: Fraction) -> Law:
    """From a statistic of what lies below each child to the one that they give of their parent.

    Args:
        law: Of the statistic of a child, given the child.
        branches: The number of children.
        flip: The probability that a child differs from its parent.

    Returns:
        Of the likelihood ratio of all of them, given the parent.

    Example:
        >>> leaf = Broadcast(2, 1, Fraction(1, 4)).law(0)
        >>> [print(ratio, *given) for ratio, given in raised(leaf, 2, Fraction(1, 4)).items()]
        (9, 1) 9/16 1/16
        (1, 1) 3/8 3/8
        (1, 9) 1/16 9/16
        [None, None, None]
    """
    stay = 1 - flip
    sent = {
        _coprime(*_sent(ratio, flip)): (stay * zero + flip * one, flip * zero + stay * one)
        for ratio, (zero, one) in law.items()
    }
    found: Law = {(1, 1): (Fraction(1), Fraction(1))}
    for _ in range(branches):
        found = _joined(found, sent)
    return found


def _joined(left: Law, right: Law) -> Law:
    """Two statistics that are independent given the bit, as one."""
    joint: Law = {}
    for (a0, a1), (p0, p1) in left.items():
        for (b0, b1), (q0, q1) in right.items():
            ratio = _coprime(a0 * b0, a1 * b1)
            zero, one = joint.get(ratio, (Fraction(0), Fraction(0)))
            joint[ratio] = zero + p0 * q0, one + p1 * q1
    return joint


def decided(law: Law) -> Law:
    """The hard decision of a statistic: the likelier bit, and a fair coin where neither is.

    Args:
        law: Of the statistic.

    Returns:
        Of the decision.

    Example:
        >>> law = Broadcast(3, 1, Fraction(1, 4)).law(1)
        >>> decided(law)[5, 27]
        (Fraction(5, 32), Fraction(27, 32))
    """
    ends = []
    for bit in (0, 1):
        said = [Fraction(0), Fraction(0)]
        for (zero, one), given in law.items():
            weight = Fraction(1, 2) if zero == one else Fraction(int((one > zero) == bool(bit)))
            said = [total + weight * p for total, p in zip(said, given, strict=True)]
        ends.append((said[0], said[1]))
    return {_of_fractions(*given): given for given in ends}


def census(process: Broadcast, height: int) -> Law:
    """The law of the number of ones among the leaves below a bit: a statistic without the tree.

    Args:
        process: The process.
        height: How many levels the leaves lie below the bit.

    Returns:
        For each likelihood ratio of a number the probabilities given the bit.

    Example:
        >>> len(census(Broadcast(2, 3, Fraction(1, 10)), 3))
        9
    """
    given = [[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]]
    flip = process.flip
    for _ in range(height):
        mixed = [
            [(1 - flip) * p + flip * q for p, q in zip(one, other, strict=True)]
            for one, other in (given, given[::-1])
        ]
        given = [_power(row, process.branches) for row in mixed]
    law: Law = {}
    for zero, one in zip(*given, strict=True):
        ratio = _of_fractions(zero, one)
        known = law.get(ratio, (Fraction(0), Fraction(0)))
        law[ratio] = known[0] + zero, known[1] + one
    return law


def _power(row: list[Fraction], exponent: int) -> list[Fraction]:
    """The law of a sum of independent numbers."""
    total = [Fraction(1)]
    for _ in range(exponent):
        longer = [Fraction(0)] * (len(total) + len(row) - 1)
        for i, p in enumerate(total):
            for j, q in enumerate(row):
                longer[i + j] += p * q
        total = longer
    return total


def _of_fractions(zero: Fraction, one: Fraction) -> tuple[int, int]:
    return _coprime(zero.numerator * one.denominator, one.numerator * zero.denominator)


def count_classes(branches: int, height: int) -> int:
    r"""The classes of the minimal sufficient statistic below one bit, if no sums coincide.

    A log ratio is a sum of $b$ numbers $\pm g_1,\dots,\pm g_k$ or, if $c$ is odd, 0, where
    $c=2k$ or $2k+1$ are the classes one level lower. If the $g_i$ have no integer relation of
    size up to $2b$, the sums are the integer points with $|n|_1\le b$, and $|n|_1\equiv b$
    modulo 2 if $c$ is even:

    $$c' = \sum_j 2^{j} \binom kj \binom{b}{j}\quad(c\text{ odd}).$$

    For b = 2 the numbers are 2, 3, and then $c'=(c^2+1)/2$. For every flip it is an upper bound.

    Args:
        branches: The copies b of each bit.
        height: How many levels the leaves lie below the bit.

    Returns:
        Their number.

    Example:
        >>> [count_classes(2, height) for height in range(6)]
        [2, 3, 5, 13, 85, 3613]
    """
    classes = 2
    for _ in range(whole(height, "height", "the levels below the bit", least=0)):
        pairs, odd = divmod(classes, 2)
        sizes = range(branches + 1) if odd else range(branches % 2, branches + 1, 2)
        classes = sum(_points(pairs, size) for size in sizes)
    return classes


def _points(pairs: int, size: int) -> int:
    """The integer points whose absolute values have that sum."""
    if not size:
        return 1
    return sum(2**j * comb(pairs, j) * comb(size - 1, j - 1) for j in range(1, size + 1))


def log_odds(
    process: Broadcast, configurations: Sequence[Sequence[int]]
) -> Float[Array, " configurations"]:
    r"""The exact posterior log-odds of the first bit, rounded.

    Args:
        process: The process.
        configurations: Leaves, zeros and ones.

    Returns:
        $\ln P(y_0=1|x)/P(y_0=0|x)$ in JAX's default dtype.

    Example:
        >>> print(log_odds(Broadcast(2, 1, Fraction(1, 4)), [(0, 1)]))
        [0.]
    """
    prior = process.start / (1 - process.start)
    return jnp.asarray([_log(prior * process.odds(x)) for x in configurations])


def _log(ratio: Fraction) -> float:
    """To a few units of rounding where floats reach; beyond, the logarithms apart."""
    if 2**-1000 < ratio < 2**1000:
        return log(ratio)
    return log(ratio.numerator) - log(ratio.denominator)
