"""The target of a certificate as plain data says it, read anew."""

import re
from fractions import Fraction
from typing import Any, NamedTuple

from noflat.certificates.checker.conditions import is_int, require

MOST_INPUTS = 100
"""Beyond so many variables nothing is checked, so that no file can ask for hours."""

_MOST_DEGREE = 100
_MOST_TERMS = 200_000


class Target(NamedTuple):
    """A polynomial.

    Attributes:
        inputs: The number of variables.
        terms: Its nonzero coefficients by exponents.
    """

    inputs: int
    terms: dict[tuple[int, ...], Fraction]

    @property
    def degree(self) -> int:
        """The largest total degree of a term."""
        return max(sum(exponents) for exponents in self.terms)

    def part(self, degree: int) -> dict[tuple[int, ...], Fraction]:
        """The terms of that degree."""
        return {e: c for e, c in self.terms.items() if sum(e) == degree}


def read_target(data: Any) -> Target:
    """Reads the target, refusing what is not in canonical form."""
    require(isinstance(data, dict) and sorted(data) == ["inputs", "terms"], "target: malformed")
    n, terms = data["inputs"], data["terms"]
    require(
        is_int(n) and 1 <= n <= MOST_INPUTS,
        f"target: inputs must be an integer from 1 to {MOST_INPUTS}",
    )
    require(
        isinstance(terms, list) and 0 < len(terms) <= _MOST_TERMS,
        f"target: must have from 1 to {_MOST_TERMS} terms",
    )
    found = [_term(term, n) for term in terms]
    exponents = [e for e, _ in found]
    require(exponents == sorted(set(exponents)), "target: terms must ascend, each once")
    return Target(n, dict(found))


def _term(term: Any, n: int) -> tuple[tuple[int, ...], Fraction]:
    require(isinstance(term, list) and len(term) == 2, "target: a term is malformed")
    exponents, text = term
    require(
        isinstance(exponents, list)
        and len(exponents) == n
        and all(is_int(e) and e >= 0 for e in exponents)
        and sum(exponents) <= _MOST_DEGREE,
        f"target: a term must have {n} exponents, of at most {_MOST_DEGREE} together",
    )
    coefficient = read_fraction(text, "target: a coefficient")
    require(coefficient != 0, "target: a coefficient must not be 0")
    return tuple(exponents), coefficient


_FRACTION = re.compile("-?(0|[1-9][0-9]{0,1999})(/[1-9][0-9]{0,1999})?")


def read_fraction(text: Any, what: str) -> Fraction:
    """Reads an exact fraction in lowest terms; the form is looked at before any arithmetic."""
    form = isinstance(text, str) and _FRACTION.fullmatch(text) is not None
    require(form, f"{what} must be a fraction as text")
    value = Fraction(text)
    require(str(value) == text, f"{what} must be in lowest terms")
    return value
