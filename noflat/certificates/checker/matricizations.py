"""Checks a rank of the table of classes of a hierarchy, from its rules and a minor."""

from typing import Any

from noflat.certificates.checker.conditions import require
from noflat.certificates.checker.minors import check_minor, check_prime

_MOST_ROWS = 4096
"""The largest minor that is computed: some ten seconds."""

_MOST_LEVELS = 8


def verify_matricization(bound: Any) -> int:
    """Checks a bound by its witness, with nothing of what made it.

    The rules are read as dictionaries, each string of the minor is walked up to its class by
    them, and the minor is evaluated modulo the prime.

    Args:
        bound: The bound. Whether its rules are those that you ask about is for you to compare.

    Returns:
        The rank that is proved.

    Raises:
        CertificateError: If a condition does not hold; a ValueError that names the first such.

    Example:
        >>> bound = matricization_bound(random_hierarchy(3, 2, key=jax.random.key(0)))
        >>> verify_matricization(bound._replace(minor=bound.minor + 1))
        Traceback (most recent call last):
            ...
        noflat.certificates.checker.conditions.CertificateError: witness: a minor has another...
    """
    require(isinstance(bound, tuple) and len(bound) == 6, "bound: must have six fields")
    rules, split, rows, columns, prime, value = bound
    require(_is_nested(tuple(bound)), "bound: must be integers and tuples of them")
    require(type(rules) is tuple and 0 < len(rules) <= _MOST_LEVELS, "rules: no level, or too many")
    tables, symbols = _read_rules(rules)
    s = len(next(iter(tables[0])))
    leaves = s ** len(tables)
    numbers = isinstance(split, tuple) and all(type(leaf) is int for leaf in split)
    require(numbers and list(split) == sorted(set(split)), "split: not ascending leaves")
    require(0 < len(split) < leaves, "split: must be some leaves, not all")
    require(0 <= split[0] and split[-1] < leaves, "split: there is no such leaf")
    _read_strings(rows, "rows", [symbols] * len(split))
    _read_strings(columns, "columns", [symbols] * (leaves - len(split) + 1))
    check_prime(prime)
    others = [leaf for leaf in range(leaves) if leaf not in split]
    place = {leaf: at for at, leaf in enumerate([*split, *others])}
    order = [place[leaf] for leaf in range(leaves)]
    entries = []
    for row in rows:
        line = []
        for label, *column in columns:
            string = (*row, *column)
            level = tuple(string[at] for at in order)
            for table in tables:
                level = tuple(table[level[i : i + s]] for i in range(0, len(level), s))
            line.append(int(level[0] == label))
        entries.append(line)
    check_minor(value, entries)
    return len(entries)


def _is_nested(value: Any) -> bool:
    """Whether these are integers and tuples of them, all the way in."""
    return type(value) is int or (type(value) is tuple and all(map(_is_nested, value)))


def _read_rules(rules: Any) -> tuple[list[dict[tuple[int, ...], int]], int]:
    """The parent of every right-hand side, level by level from the lowest, and the symbols."""
    tables, symbols = [], None
    for level in reversed(rules):
        require(type(level) is tuple and len(level) >= 2, "rules: a level has too few parents")
        symbols = len(level) if symbols is None else symbols
        require(len(level) == symbols, "rules: levels have different numbers of symbols")
        table = {}
        for parent, synonyms in enumerate(level):
            require(type(synonyms) is tuple and bool(synonyms), "rules: a parent has none")
            for made in synonyms:
                flat = type(made) is tuple and all(type(d) is int for d in made)
                require(flat, "rules: a right-hand side is no string")
                require(made not in table, "rules: a right-hand side occurs twice")
                table[made] = parent
        s = len(next(iter(table)))
        require(s >= 2, "rules: a right-hand side is too short")
        legal = all(len(made) == s and all(0 <= d < symbols for d in made) for made in table)
        require(legal and len(table) == symbols**s, "rules: not complete")
        require(not tables or s == len(next(iter(tables[0]))), "rules: levels branch differently")
        tables.append(table)
    return tables, symbols or 0


def _read_strings(strings: Any, name: str, radices: list[int]) -> None:
    """Requires different strings of digits below those numbers."""
    require(type(strings) is tuple and 0 < len(strings) <= _MOST_ROWS, f"{name}: none, or too many")
    for string in strings:
        require(
            type(string) is tuple
            and len(string) == len(radices)
            and all(type(d) is int and 0 <= d < r for d, r in zip(string, radices, strict=True)),
            f"{name}: a string is malformed",
        )
    require(len(set(strings)) == len(strings), f"{name}: a string occurs twice")
