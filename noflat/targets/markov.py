r"""Hierarchical generative processes: a Markov chain $y_0\to y_1\to\dots\to y_L=x$, exactly.

What a network must compute of such data is $P(y_0|x)$, and level by level a sufficient statistic
does: $T_i$, which puts together all $x$ whose likelihoods $(p(x|y_i))_{y_i}$ agree up to a factor,
is minimal, and $T_i=f_i(T_{i+1})$. All probabilities are rational, so that whether two likelihoods
agree is decided and not guessed.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from noflat.arguments import whole

Matrix = tuple[tuple[Fraction, ...], ...]
"""Rows of equal length."""


@dataclass(frozen=True)
class MarkovChain:
    r"""A start and transition matrices, over finite alphabets $0,1,\dots$.

    Attributes:
        start: The law of $y_0$.
        steps: For each level the matrix $p(y_{i+1}|y_i)$, a row per $y_i$ that sums to 1.

    Example:
        >>> half, most = Fraction(1, 2), Fraction(9, 10)
        >>> copy = ((most, 1 - most), (1 - most, most))
        >>> chain = MarkovChain((half, half), (copy, copy))
        >>> chain.posterior(0, 1)
        (Fraction(9, 50), Fraction(41, 50))

    Reference:
        Lin, Tegmark and Rolnick (2017), equations (15) and (16).
    """

    start: tuple[Fraction, ...]
    steps: tuple[Matrix, ...]

    def __post_init__(self) -> None:
        """Checks that the laws are laws and that the levels fit."""
        before = 1
        for place, rows in enumerate(((self.start,), *self.steps)):
            name = f"`steps[{place - 1}]`" if place else "`start`"
            if len(rows) != before or len({len(row) for row in rows}) != 1:
                raise ValueError(
                    f"{name} must have a row of equal length for each of the {before} symbols "
                    f"before it; got {len(rows)} rows of lengths {sorted(map(len, rows))}"
                )
            for row in rows:
                if sum(map(Fraction, row)) != 1 or min(row) < 0:
                    raise ValueError(
                        f"{name} must have rows of probabilities that sum to 1 exactly: give "
                        f"fractions; got {tuple(map(str, row))}"
                    )
            before = len(rows[0])

    @property
    def levels(self) -> int:
        """The number of steps L."""
        return len(self.steps)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The symbols of each level, from $y_0$ to $x$."""
        return len(self.start), *(len(step[0]) for step in self.steps)

    def likelihoods(self, level: int) -> Matrix:
        r"""For each $x$ the vector of all $p(x|y_i)$, $i$ the level.

        Args:
            level: From 0 to L.

        Returns:
            A row per x, an entry per symbol of that level.

        Raises:
            ValueError: If there is no such level.
        """
        if whole(level, "level", "the level of the symbol", least=0) > self.levels:
            raise ValueError(f"`level` must be from 0 to {self.levels}; got {level}")
        if level == self.levels:
            last = range(self.sizes[-1])
            return tuple(tuple(Fraction(int(i == j)) for j in last) for i in last)
        *before, step = self.steps[level:]
        rows = list(zip(*step, strict=True))
        for step in reversed(before):
            rows = [tuple(_inner(row, known) for row in step) for known in rows]
        return tuple(rows)

    def marginal(self, level: int) -> tuple[Fraction, ...]:
        """The law of the symbol of that level."""
        law = self.start
        for step in self.steps[:level]:
            law = tuple(_inner(law, column) for column in zip(*step, strict=True))
        return law

    def posterior(self, level: int, x: int) -> tuple[Fraction, ...]:
        """The law of the symbol of that level given x, by the rule of Bayes.

        Raises:
            ValueError: If x never occurs.
        """
        return bayes(self.marginal(level), self.likelihoods(level)[x])

    def sample(self, count: int, *, key: Key[Array, ""]) -> tuple[Int[Array, " count"], ...]:
        """Draws chains, also within a compiled function.

        Args:
            count: How many.
            key: The JAX key.

        Returns:
            For each level the symbols.
        """
        start = jnp.asarray(np.array([self.start], float))
        drawn = [_draw(start, jnp.zeros(count, jnp.int32), jax.random.fold_in(key, 0))]
        for level, step in enumerate(self.steps):
            rows = jnp.asarray(np.array(step, float))
            drawn.append(_draw(rows, drawn[-1], jax.random.fold_in(key, level + 1)))
        return tuple(drawn)


def _inner(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    return sum((p * q for p, q in zip(left, right, strict=True)), Fraction(0))


def _draw(rows: Array, at: Array, key: Array) -> Array:
    """The next symbols: how many of the cumulated probabilities a uniform number has passed."""
    edges = jnp.cumsum(rows, axis=1)[:, :-1]
    uniform = jax.random.uniform(key, at.shape, rows.dtype)
    return jnp.sum(uniform[:, None] >= edges[at], axis=1, dtype=jnp.int32)


def bayes(
    prior: Sequence[Fraction | int], likelihood: Sequence[Fraction | int]
) -> tuple[Fraction, ...]:
    """The posterior; equal for likelihoods that agree up to a factor.

    Args:
        prior: A probability per symbol.
        likelihood: That of what was observed, per symbol.

    Returns:
        A probability per symbol.

    Raises:
        ValueError: If what was observed never occurs.

    Example:
        >>> bayes((Fraction(1, 2), Fraction(1, 2)), (Fraction(1), Fraction(3)))
        (Fraction(1, 4), Fraction(3, 4))
    """
    weights = [Fraction(p * q) for p, q in zip(prior, likelihood, strict=True)]
    total = sum(weights, Fraction(0))
    if not total:
        raise ValueError("`likelihood` must be positive where `prior` is: this never occurs")
    return tuple(weight / total for weight in weights)


def random_chain(sizes: Sequence[int], *, seed: int, most: int = 99) -> MarkovChain:
    """A chain with no structure: rows of random whole numbers over their sum.

    Args:
        sizes: The symbols of each level.
        seed: Of the numbers.
        most: The largest of them; the smallest is 1.

    Returns:
        The chain.

    Raises:
        ValueError: If there are fewer than two levels, or a level has no symbol.

    Example:
        >>> random_chain((2, 3, 4), seed=0).sizes
        (2, 3, 4)
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"`sizes` must be two or more numbers, each at least 1; got {sizes}")
    generator = random.Random(seed)

    def row(size: int) -> tuple[Fraction, ...]:
        numbers = [generator.randint(1, most) for _ in range(size)]
        return tuple(Fraction(number, sum(numbers)) for number in numbers)

    matrices = [
        tuple(row(after) for _ in range(before))
        for before, after in zip((1, *sizes), sizes, strict=False)
    ]
    return MarkovChain(matrices[0][0], tuple(matrices[1:]))


def sufficient_statistic(likelihoods: Sequence[Sequence[Fraction]]) -> tuple[int, ...]:
    r"""The minimal sufficient statistic: which class each x is in.

    Two x are in one class iff their likelihood vectors agree up to a factor. Classes are numbered
    in the order in which they come up; what never occurs is a class of its own.

    Args:
        likelihoods: For each x the vector of all $p(x|y)$, as `MarkovChain.likelihoods` has them.

    Returns:
        The number of its class, for each x.

    Example:
        >>> third, one = Fraction(1, 3), Fraction(1)
        >>> sufficient_statistic([(third, one), (one, one), (one / 6, one / 2)])
        (0, 1, 0)

    Reference:
        Lehmann and Scheffe (1950), section 6; Lin, Tegmark and Rolnick (2017), section III D.
    """
    numbers: dict[tuple[int, ...], int] = {}
    return tuple(numbers.setdefault(direction(row), len(numbers)) for row in likelihoods)


def direction(vector: Sequence[Any]) -> tuple[int, ...]:
    """A nonnegative rational vector up to a factor: coprime whole numbers.

    Example:
        >>> direction([Fraction(1, 2), Fraction(1, 3)])
        (3, 2)
    """
    fractions = [Fraction(entry) for entry in vector]
    common = 1
    for entry in fractions:
        common = common * entry.denominator // gcd(common, entry.denominator)
    numbers = [int(entry * common) for entry in fractions]
    factor = gcd(*numbers) or 1
    return tuple(number // factor for number in numbers)


def factor(fine: Sequence[int], coarse: Sequence[int]) -> tuple[int, ...]:
    r"""The table $f$ with $T_\text{coarse}=f(T_\text{fine})$.

    Args:
        fine: The class of each x, classes numbered from 0.
        coarse: The class of each x in the statistic that is to follow from it.

    Returns:
        For each class of the finer statistic that of the coarser one.

    Raises:
        ValueError: If there is no such table: two x agree in `fine` and differ in `coarse`.

    Example:
        >>> factor((0, 1, 2, 1), (0, 1, 0, 1))
        (0, 1, 0)

    Reference:
        Lin, Tegmark and Rolnick (2017), Theorem 2, equations (17) to (20).
    """
    table: dict[int, int] = {}
    for x, (known, wanted) in enumerate(zip(fine, coarse, strict=True)):
        if table.setdefault(known, wanted) != wanted:
            raise ValueError(
                f"`fine` must tell apart what `coarse` does: x = {x} is in class {known} of "
                f"`fine`, and in classes {table[known]} and {wanted} of `coarse`"
            )
    return tuple(table[known] for known in range(len(table)))
