"""The derivatives of activations at 0, by recurrences over the integers."""

import re
from fractions import Fraction
from math import factorial

from noflat.certificates.checker.conditions import CertificateError

Value = tuple[str, Fraction]
"""A derivative in its unit: 1, that of a Gaussian density at 0, or a logarithm; all positive."""


def values_at_zero(name: str, order: int) -> list[Value]:
    """The derivatives of orders 0 to `order`."""
    orders = range(order + 1)
    if name == "erf":  # 2/sqrt(pi) times the integral of exp(-x^2)
        return [("density", v) for v in [Fraction(0), *_hermite(order, 4)][: order + 1]]
    if name == "gelu":  # x/2 + (x/2) erf(x/sqrt 2): k phi^(k-2)(0) in units of phi(0)
        density = _hermite(order, 2)
        linear = [("1", Fraction(0)), ("1", Fraction(1, 2))]
        return [*linear, *(("density", k * density[k - 2]) for k in orders[2:])][: order + 1]
    if name == "softplus":  # ln 2, then the derivatives of the sigmoid
        return [("log", Fraction(1)), *(("1", v) for v in _rational("sigmoid", order))][: order + 1]
    return [("1", value) for value in _rational(name, order)]


def _rational(name: str, order: int) -> list[Fraction]:
    orders = range(order + 1)
    alternating = [Fraction(0 if k % 2 else (-1) ** (k // 2)) for k in orders]
    if power := power_of(name):
        return [Fraction(factorial(k) * (k == power)) for k in orders]
    if name == "exp":
        return [Fraction(1)] * (order + 1)
    if name == "cos":
        return alternating
    if name == "sin":
        return [Fraction(0), *alternating][: order + 1]
    if name == "gaussian":  # exp(-x^2)
        return _hermite(order, 4)
    if name == "tanh":
        return [value_at(p, Fraction(0)) for p in chain([0, 1], [1, 0, -1], order)]
    if name == "sigmoid":
        return [value_at(p, Fraction(1, 2)) for p in chain([0, 1], [0, 1, -1], order)]
    if name == "silu":  # (x s)^(k)(0) = k s^(k-1)(0)
        logistic = _rational("sigmoid", order)
        return [k * logistic[k - 1] if k else Fraction(0) for k in orders]
    raise CertificateError(f"activation: nothing is known here of the derivatives of {name!r}")


def _hermite(order: int, factor: int) -> list[Fraction]:
    """The derivatives at 0 of exp(-factor x^2 / 4)."""
    values = []
    for k in range(order + 1):
        j = k // 2
        size = Fraction((-factor) ** j * factorial(k), 4**j * factorial(j))
        values.append(Fraction(0) if k % 2 else size)
    return values


def power_of(name: str) -> int:
    """The k of `power{k}`, 0 for any other name."""
    return int(name[5:]) if re.fullmatch("power[1-9][0-9]{0,3}", name) else 0


def chain(start: list[int], slope: list[int], order: int) -> list[list[int]]:
    """Polynomials P_0 = start, P_(k+1) = P_k' * slope: derivatives of y where y' = slope(y)."""
    found = [start]
    for _ in range(order):
        derivative = [i * c for i, c in enumerate(found[-1])][1:] or [0]
        following = [0] * (len(derivative) + len(slope) - 1)
        for i, a in enumerate(derivative):
            for j, b in enumerate(slope):
                following[i + j] += a * b
        found.append(following)
    return found


def value_at(polynomial: list, x: Fraction) -> Fraction:
    """The value of a polynomial, lowest coefficient first."""
    total = Fraction(0)
    for coefficient in reversed(polynomial):
        total = total * x + coefficient
    return total
