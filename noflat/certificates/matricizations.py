r"""What a flat network for a hierarchy must cost: ranks of the class as a matrix.

Let every string of leaves have a class, and split the leaves into U and W. The class is then a
matrix $[\mathbf 1_{c(u,w)=\alpha}]$ with strings u of U for rows, and for columns strings w of W
with a class $\alpha$: the matrices of all classes side by side. A hidden layer shared by all
outputs can only make it if its neurons, as functions of u, span its columns:

- k neurons that are products of functions of single leaves, as those of the activation exp are,
  span k dimensions, and an output bias one more;
- k neurons whose activation is a polynomial of degree q span $kq+1$, the constants included;
- k neurons of any activation, whose weights on one-hot symbols are whole numbers of an interval of
  length D, take $D|U|+1$ sums over U, and span $kD|U|+1$.

Ranks of at most r are kept in limits, so that what networks come as close to as one likes is under
the same bounds. They say nothing of real weights under other activations. Where rules make the
rank small, as parities do, the bounds are small, and rightly: with two symbols and two children
the class is a parity of some leaves, and the rank at most two. Proofs: docs/hierarchy.md.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int

from noflat.arguments import whole
from noflat.certificates.checker.matricizations import (
    verify_matricization as verify_matricization,
)
from noflat.certificates.checker.minors import PRIME
from noflat.certificates.hankel import minor, rank
from noflat.targets.hierarchy import Hierarchy

_MOST = 4096
"""The largest minor that is computed."""

_LISTED = 2**24
"""Up to so many strings some are drawn without repetition."""

Rules = tuple[tuple[tuple[tuple[int, ...], ...], ...], ...]
"""From the classes down the right-hand sides, by parent, rule and place."""


class MatricizationBound(NamedTuple):
    """A minor of the matrix of a hierarchy's classes that is not zero modulo a prime.

    Attributes:
        rules: Those of the hierarchy; every string of symbols is the right-hand side of one.
        split: The leaves U, from 0 on the left, ascending.
        rows: Strings of symbols on U.
        columns: A class, then a string of symbols on the other leaves.
        prime: The prime.
        minor: The determinant modulo the prime.
    """

    rules: Rules
    split: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]
    columns: tuple[tuple[int, ...], ...]
    prime: int
    minor: int

    @property
    def rank(self) -> int:
        """What the minor proves of the rank."""
        return len(self.rows)

    def fewest_products(self, *, output_bias: bool = False) -> int:
        """The fewest neurons that are products of functions of single leaves, as of exp.

        Args:
            output_bias: Whether the outputs may have one.

        Returns:
            A lower bound for all networks of one hidden layer of them, whatever their weights.
        """
        return self.rank - output_bias

    def fewest_polynomial_neurons(self, degree: int) -> int:
        """The fewest neurons whose activation is a polynomial, all biases free.

        Args:
            degree: That of the activation.

        Returns:
            A lower bound for one hidden layer, whatever the weights.
        """
        return -(-(self.rank - 1) // whole(degree, "degree", "that of the activation"))

    def fewest_integer_neurons(self, spread: int) -> int:
        """The fewest neurons of any activation with small whole weights, all biases free.

        Args:
            spread: The largest weight of a neuron on a symbol less its smallest: 1 for weights 0
                and 1, twice the largest absolute value for weights of both signs.

        Returns:
            A lower bound for one hidden layer, whatever the biases and the outputs' weights.
        """
        spread = whole(spread, "spread", "the largest weight less the smallest")
        return -(-(self.rank - 1) // (spread * len(self.split)))


def matricization_bound(
    hierarchy: Hierarchy, *, split: Sequence[int] | None = None, most: int = 512
) -> MatricizationBound:
    r"""Proves a rank of the matrix of a hierarchy's classes, modulo a prime.

    With blanks the strings of one placement are those without them, and a network that is right on
    all strings is so on these.

    Args:
        hierarchy: The rules, complete: as many classes as symbols, and $v^{s-1}$ synonyms.
        split: The leaves U that make the rows, from 0 on the left; every second one where None,
            which gave the largest ranks wherever others were tried. All leaves below one child
            give at most v.
        most: Rows, and columns of a class, up to which all are taken; of more so many are drawn, by
            a fixed seed. The bound is then one for the part drawn, and valid.

    Returns:
        The bound with its witness.

    Raises:
        ValueError: If the hierarchy is not complete, `split` is not as above, or `most` is no
            number up to 4096.

    Example:
        >>> hierarchy = random_hierarchy(6, 2, key=jax.random.key(0))
        >>> bound = matricization_bound(hierarchy)
        >>> bound.rank, bound.fewest_integer_neurons(1), verify_matricization(bound)
        (36, 18, 36)

    Reference:
        Cohen, Sharir and Shashua (2016), arXiv:1509.05009, for the rank of a matricization as a
        bound on flat products; Martens, Chattopadhya, Pitassi and Zemel (2013), for counting the
        sums that small whole weights can make.
    """
    if whole(most, "most", "the rows that are looked at") > _MOST:
        raise ValueError(f"`most` must be at most {_MOST}, some seconds; got {most}")
    _check_complete(hierarchy)
    leaves = hierarchy.branching**hierarchy.levels
    chosen = tuple(range(0, leaves, 2)) if split is None else tuple(map(int, split))
    if not set(chosen) <= set(range(leaves)) or not 0 < len(chosen) == len(set(chosen)) < leaves:
        raise ValueError(
            f"`split` must be different leaves from 0 to {leaves - 1}, not all; got {split}"
        )
    chosen = tuple(sorted(chosen))
    generator = np.random.default_rng(0)
    rows = _strings(hierarchy.symbols, len(chosen), most, generator)
    columns = _strings(hierarchy.symbols, leaves - len(chosen), most, generator)
    classes = _matrix(hierarchy, chosen, rows, columns)
    used, stack = 0, np.zeros((len(rows), 0), np.int64)
    while used < hierarchy.classes and (not used or rank(stack) < len(rows)):
        stack = np.concatenate([stack, (classes == used).astype(np.int64)], axis=1)
        used += 1
    found = minor(stack)
    return MatricizationBound(
        tuple(_nested(np.asarray(rules).tolist()) for rules in hierarchy.rules),
        chosen,
        tuple(_nested(rows[i].tolist()) for i in found.rows),
        tuple(
            (j // len(columns), *_nested(columns[j % len(columns)].tolist())) for j in found.columns
        ),
        PRIME,
        found.value,
    )


def _check_complete(hierarchy: Hierarchy) -> None:
    wanted = hierarchy.symbols ** (hierarchy.branching - 1)
    if (hierarchy.classes, hierarchy.synonyms) != (hierarchy.symbols, wanted):
        raise ValueError(
            "`hierarchy` must be complete, so that every string of leaves has a class: "
            f"{hierarchy.symbols} classes and {wanted} synonyms; got {hierarchy.classes} and "
            f"{hierarchy.synonyms}. Leave both out where you draw it"
        )


def _strings(
    symbols: int, length: int, most: int, generator: np.random.Generator
) -> Int[np.ndarray, "strings length"]:
    """All strings of symbols, or so many of them; where there are very many, about so many."""
    count = symbols**length
    if count > _LISTED:
        return np.unique(generator.integers(symbols, size=(most, length)), axis=0)
    codes = np.arange(count)
    if count > most:
        codes = np.sort(generator.choice(count, most, replace=False))
    return codes[:, None] // symbols ** np.arange(length)[::-1] % symbols


def _matrix(
    hierarchy: Hierarchy, split: tuple[int, ...], rows: np.ndarray, columns: np.ndarray
) -> Int[np.ndarray, "rows columns"]:
    """The class of every row with every column."""
    s, v = hierarchy.branching, hierarchy.symbols
    weights, tables = v ** np.arange(s)[::-1], []
    for rules in map(np.asarray, reversed(hierarchy.rules)):
        table = np.zeros(v**s, int)
        table[rules @ weights] = np.arange(len(rules))[:, None]
        tables.append(table)
    string = np.zeros((len(columns), s**hierarchy.levels), int)
    string[:, sorted(set(range(string.shape[1])) - set(split))] = columns
    found = np.zeros((len(rows), len(columns)), int)
    for i, row in enumerate(rows):
        string[:, list(split)] = row
        level = string
        for table in tables:
            level = table[level.reshape(len(columns), -1, s) @ weights]
        found[i] = level[:, 0]
    return found


def _nested(value: Any) -> Any:
    """Lists as tuples, all the way in."""
    return tuple(map(_nested, value)) if isinstance(value, list) else value
