"""Real roots of rational polynomials, lowest coefficient first, and whether these are negative."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from noflat.certificates.checker.derivatives import value_at


def is_nonnegative(polynomial: Sequence[Fraction]) -> bool:
    """Whether a polynomial is at least 0 on [0, 1]: its roots are even and some value positive.

    The greatest common divisor with the derivative has each root once less. So the roots that each
    of a chain of such divisors has more than the next are those of one multiplicity.
    """
    current = _trimmed(polynomial)
    if not current:
        return True
    samples = [Fraction(k, len(current) + 1) for k in range(1, len(current) + 1)]
    if max((sign_at(current, x) for x in samples), key=abs) < 0:
        return False  # of so many points at least one is no root
    multiplicity = 1
    while len(current) > 1:
        following = _common(current, _derivative(current))
        simple = roots_inside(current, [0, 1]) - roots_inside(following, [0, 1])
        if multiplicity % 2 and simple:
            return False
        current, multiplicity = following, multiplicity + 1
    return True


def roots_inside(polynomial: Sequence[int | Fraction], interval: list[int]) -> int:
    """Sturm's count of the distinct real roots in the open interval."""
    current = [Fraction(c) for c in polynomial]
    for end in interval:  # the ends are never values of the activation
        while len(current) > 1 and value_at(current, Fraction(end)) == 0:
            current = divide(current, [Fraction(-end), Fraction(1)])[0]
    chain = [current, [i * c for i, c in enumerate(current)][1:] or [Fraction(0)]]
    while any(chain[-1]):
        remainder = divide(chain[-2], chain[-1])[1]
        chain.append([-c for c in remainder] or [Fraction(0)])
    variations = []
    for end in interval:
        signs = [s for p in chain if (s := sign_at(p, Fraction(end))) != 0]
        variations.append(sum(a != b for a, b in zip(signs, signs[1:], strict=False)))
    return variations[0] - variations[1]


def divide(a: list[Fraction], b: list[Fraction]) -> tuple[list[Fraction], list[Fraction]]:
    """Quotient and rest; the rest is empty where it is 0."""
    while len(b) > 1 and b[-1] == 0:
        b = b[:-1]
    quotient, rest = [Fraction(0)] * max(1, len(a) - len(b) + 1), list(a)
    for shift in range(len(a) - len(b), -1, -1):
        factor = rest[shift + len(b) - 1] / b[-1]
        quotient[shift] = factor
        for i, c in enumerate(b):
            rest[shift + i] -= factor * c
    rest = rest[: len(b) - 1]
    while rest and rest[-1] == 0:
        rest.pop()
    return quotient, rest


def sign_at(polynomial: list[Any], x: Fraction) -> int:
    """The sign of a value: 1, 0 or -1."""
    value = value_at(polynomial, x)
    return (value > 0) - (value < 0)


def _common(a: list[Fraction], b: list[Fraction]) -> list[Fraction]:
    """The greatest common divisor, by Euclid."""
    while b:
        a, b = b, divide(a, b)[1]
    return a


def _derivative(polynomial: list[Fraction]) -> list[Fraction]:
    return _trimmed([i * c for i, c in enumerate(polynomial)][1:])


def _trimmed(polynomial: Sequence[Fraction]) -> list[Fraction]:
    """Without leading zeros; empty where it is 0."""
    found = [Fraction(c) for c in polynomial]
    while found and not found[-1]:
        found.pop()
    return found
