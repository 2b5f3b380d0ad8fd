r"""What no flat network of a kind can do for a hierarchy: ranks of its table of classes.

The leaves are split into two halves, and the class of a string becomes an entry of a matrix M, one
row for each filling of the one half, one column for each of the other. A neuron
$\sigma(u(\text{rows})+w(\text{columns}))$ is a matrix as well: of rank 1 where $\sigma=\exp$, and
of rank at most r where u takes r values, whatever $\sigma$ is. A sum of k neurons and a constant
that equals M on all strings has rank at most $kr+1$, so that $k\ge(\mathrm{rank}\,M-1)/r$. Proof
and what it leaves open: docs/hierarchy.md.
"""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from flint import nmod_mat

from noflat.arguments import whole
from noflat.certificates.hankel import PRIME, minor
from noflat.targets.hierarchy import Hierarchy

_MOST = 2048
"""Rows and columns that are looked at; of more a part is, whose rank is a bound too."""

Half = tuple[int, ...]


class Matricization(NamedTuple):
    """A minor of the table of classes that is not zero.

    Attributes:
        rules: From the classes down, by parent and rule, what it makes.
        half: The leaves that rows fill; columns fill the others.
        rows: Symbols of these leaves, one filling for each row of the minor.
        columns: Symbols of the other leaves, one for each column.
    """

    rules: tuple[tuple[tuple[tuple[int, ...], ...], ...], ...]
    half: Half
    rows: tuple[Half, ...]
    columns: tuple[Half, ...]

    @property
    def rank(self) -> int:
        """The rank that the minor proves."""
        return len(self.rows)

    def neurons(self, values: int = 1) -> int:
        r"""The fewest neurons of one hidden layer for the class, an output bias besides.

        Args:
            values: How many values the part of a neuron's sum takes that the half contributes: 1
                where the activation is exp, which splits into factors; for another activation the
                number of partial sums, such as $s^L/2+1$ of weights that are zeros and ones.

        Returns:
            $\\lceil(\\mathrm{rank}-1)/r\\rceil$.
        """
        return -(-(self.rank - 1) // whole(values, "values", "the values of a partial sum"))


def matricization(hierarchy: Hierarchy, *, half: Sequence[int] | None = None) -> Matricization:
    r"""A bound for flat networks whose output is a hierarchy's class, as a number from 1.

    Whatever computes a one for each class computes that number, by one more linear map: so the
    bound is one for any network whose outputs tell all classes exactly.

    Args:
        hierarchy: The rules; all strings of leaves must be legal, $n_cm=v^s$ and $m=v^{s-1}$. Empty
            slots do not matter: with them a network reads these strings too.
        half: The leaves that rows fill; every second one where None.

    Returns:
        A minor as large as the rank; of a large table, as that of a part of it.

    Raises:
        ValueError: If not all strings are legal, or `half` is none.

    Example:
        >>> from noflat.certificates.matricizations import matricization, verify_matricization
        >>> bound = matricization(random_hierarchy(4, 3, key=jax.random.key(0)))
        >>> bound.rank, bound.neurons(), bound.neurons(values=5), verify_matricization(bound)
        (256, 255, 51, 256)

    Reference:
        Cohen, Sharir and Shashua (2016), arXiv:1509.05009, theorem 1, on tensors of hierarchies.
    """
    symbols, leaves = hierarchy.symbols, hierarchy.branching**hierarchy.levels
    if hierarchy.classes * hierarchy.synonyms != symbols**hierarchy.branching or (
        hierarchy.synonyms != symbols ** (hierarchy.branching - 1)
    ):
        raise ValueError(
            "`hierarchy` must make every string of leaves: classes = symbols and synonyms = "
            "symbols**(branching - 1); for others no bound is known here"
        )
    chosen = tuple(range(0, leaves, 2)) if half is None else tuple(half)
    if not 0 < len(set(chosen) & set(range(leaves))) == len(chosen) < leaves:
        raise ValueError(
            f"`half` must be some but not all of the {leaves} leaves, each once; got {chosen}"
        )
    rules = tuple(
        tuple(tuple(map(tuple, of)) for of in np.asarray(level).tolist())
        for level in hierarchy.rules
    )
    rows = _fillings(symbols, len(chosen))
    columns = _fillings(symbols, leaves - len(chosen))
    table = _table(rules, symbols, chosen, rows, columns)
    found = minor(table)
    return Matricization(
        rules,
        chosen,
        tuple(tuple(map(int, rows[row])) for row in found.rows),
        tuple(tuple(map(int, columns[column])) for column in found.columns),
    )


def _fillings(symbols: int, leaves: int) -> np.ndarray:
    """All fillings of some leaves, or so many of them, evenly spread."""
    count = symbols**leaves
    numbers = np.linspace(0, count - 1, min(count, _MOST)).round().astype(np.int64)
    return np.stack([numbers // symbols**place % symbols for place in range(leaves)], axis=1)


def _table(
    rules: tuple, symbols: int, half: Half, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """The classes, from 1, of all strings, read upward a level at a time."""
    leaves = rows.shape[1] + columns.shape[1]
    others = [leaf for leaf in range(leaves) if leaf not in half]
    strings = np.zeros((len(rows), len(columns), leaves), np.int16)
    strings[:, :, list(half)] = rows[:, None]
    strings[:, :, others] = columns[None]
    for level in reversed(rules):
        branching = len(level[0][0])
        parents = np.zeros((symbols,) * branching, np.int16)
        for parent, synonyms in enumerate(level):
            for made in synonyms:
                parents[made] = parent
        groups = strings.reshape(*strings.shape[:2], -1, branching)
        strings = parents[tuple(np.moveaxis(groups, -1, 0))]
    return strings[:, :, 0].astype(np.int64) + 1


def verify_matricization(bound: Matricization) -> int:
    """Checks a bound by itself: reads every string by a dictionary, and takes the determinant.

    Args:
        bound: The bound, wherever it comes from.

    Returns:
        The rank that it proves.

    Raises:
        ValueError: If a rule has two parents, rows and columns do not make strings, one of these is
            not legal, or the minor is zero.

    Example:
        >>> from noflat.certificates.matricizations import matricization, verify_matricization
        >>> verify_matricization(matricization(random_hierarchy(3, 2, key=jax.random.key(1))))
        9
    """
    readers = [_reader(level) for level in bound.rules]
    leaves = len(bound.rules[0][0][0]) ** len(bound.rules)
    others = sorted(set(range(leaves)) - set(bound.half))
    if len(set(bound.half)) != len(bound.half) or len(others) + len(bound.half) != leaves:
        raise ValueError(f"`half` must be some of the {leaves} leaves, each once")
    if not 0 < len(bound.rows) == len(bound.columns):
        raise ValueError("`rows` and `columns` must be as many, one at least")
    entries = []
    for row, column in product(bound.rows, bound.columns):
        if len(row) != len(bound.half) or len(column) != len(others):
            raise ValueError("`rows` and `columns` must fill the leaves of their half")
        filled = dict(zip([*bound.half, *others], [*row, *column], strict=True))
        entries.append(_class(readers, [filled[leaf] for leaf in range(leaves)]) + 1)
    size = len(bound.rows)
    if nmod_mat(size, size, entries, PRIME).det() == 0:
        raise ValueError("the minor of `rows` and `columns` must not be zero")
    return size


def _reader(level: tuple) -> dict[tuple[int, ...], int]:
    found: dict[tuple[int, ...], int] = {}
    for parent, synonyms in enumerate(level):
        for made in synonyms:
            if made in found:
                raise ValueError(f"`rules` must have one parent for {made}; got two")
            found[made] = parent
    return found


def _class(readers: list[dict], string: list[int]) -> int:
    for reader in reversed(readers):
        branching = len(next(iter(reader)))
        groups = [
            tuple(string[first : first + branching]) for first in range(0, len(string), branching)
        ]
        if any(group not in reader for group in groups):
            raise ValueError("`rows` and `columns` must make strings that the rules make")
        string = [reader[group] for group in groups]
    return string[0]
