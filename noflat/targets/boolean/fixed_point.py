r"""Real functions at a fixed precision, as circuits: b bits in, b bits after the point out.

A number x of $[0,1)$ is the integer $X=2^bx$. The square root comes digit by digit; the exponential
and the sine by Horner's rule on their Taylor polynomials, with guard bits, all constants exact
integers. The error is at most $2^{-b}$ on every word. So the circuit is of size $O(b^2)$ or
$O(b^3)$: polynomial in the digits, where a table or a grid is exponential in them.
"""

from fractions import Fraction
from math import factorial
from typing import NamedTuple

from noflat.arguments import whole
from noflat.targets.boolean.circuits import BooleanCircuit
from noflat.targets.boolean.programs import square_root
from noflat.targets.boolean.tracing import trace
from noflat.targets.boolean.words import Word

NAMES = ("square_root", "exponential", "sine")
POLYNOMIALS = NAMES[1:]
"""Those that come by Horner's rule."""


class Horner(NamedTuple):
    """What a polynomial takes at a precision.

    Attributes:
        steps: Multiplications of Horner's rule: the degree of the polynomial, in $x^2$ for the
            sine.
        guard: Bits beyond b.
        error: A bound on the error before the last rounding, in exact rationals.
    """

    steps: int
    guard: int
    error: Fraction


def horner(name: str, bits: int) -> Horner:
    r"""The fewest steps and then the fewest guard bits whose error is at most $2^{-b-1}$.

    With $w=b+g$ bits after the point every step cuts off less than $2^{-w}$, every constant is
    rounded by at most $2^{-w-1}$, and a step multiplies what was before it by less than 1. The sine
    is a polynomial in $x^2$ times x: the square is cut by less than $2^{-w}$ and multiplied by the
    partial sums, together at most $1/3!+1/5!+\dots<1$; and the last product is cut once more.

    Args:
        name: `exponential` or `sine`.
        bits: The b above, at least 2.

    Returns:
        The steps, the guard bits and the error.

    Raises:
        ValueError: If there is no such polynomial, or fewer than two bits.

    Example:
        >>> from noflat.targets.boolean.fixed_point import horner
        >>> horner("exponential", 16)[:2], horner("sine", 16)[:2]
        ((8, 6), (3, 5))
    """
    if name not in POLYNOMIALS:
        raise ValueError(
            f"`name` must be one of {', '.join(POLYNOMIALS)}, which are polynomials here; got "
            f"{name!r}"
        )
    bits = _bits(bits)
    limit, steps = Fraction(1, 2 ** (bits + 1)), 1
    while _rest(name, steps) > limit / 2:
        steps += 1
    guard = 1
    while (error := _rest(name, steps) + _cut(name, steps, bits + guard)) > limit:
        guard += 1
    return Horner(steps, guard, error)


def _bits(bits: int) -> int:
    return whole(bits, "bits", "those after the point", least=2)


def _rest(name: str, steps: int) -> Fraction:
    """Of Taylor's series after so many steps, on [0, 1): a geometric sum, an alternating one."""
    if name == "sine":
        return Fraction(1, factorial(2 * steps + 3))
    return Fraction(1, factorial(steps + 1)) * Fraction(steps + 2, steps + 1)


def _cut(name: str, steps: int, places: int) -> Fraction:
    """What rounding adds."""
    unit = Fraction(1, 2**places)
    total = steps * unit + (steps + 1) * unit / 2
    return total + (2 * unit if name == "sine" else 0)


def quantized(name: str, bits: int, *, fan_in: int = 3) -> BooleanCircuit:
    r"""The circuit of a function on $[0,1)$: from $X=2^bx$ to $2^bf(x)$, off by at most 1.

    Args:
        name: `square_root`, `exponential` or `sine`.
        bits: The b above.
        fan_in: The most operands of a gate.

    Returns:
        A circuit of b inputs. The square root is rounded down; the two others are rounded to the
        nearest from values that are off by at most half.

    Raises:
        ValueError: If there is no such function, or fewer than two bits.

    Example:
        >>> from noflat.targets.boolean.fixed_point import quantized
        >>> quantized("exponential", 10).on_integers(512), round(1024 * 1.6487213)
        ((1688,), 1688)
    """
    if name not in NAMES:
        raise ValueError(f"`name` must be one of {', '.join(NAMES)}; got {name!r}")
    bits = _bits(bits)
    if name == "square_root":
        return trace(lambda x: square_root(x << bits), bits, fan_in=fan_in)
    traced = _exponential if name == "exponential" else _sine
    return trace(lambda x: traced(x, bits), bits, fan_in=fan_in)


def _exponential(x: Word, bits: int) -> Word:
    steps, guard, _ = horner("exponential", bits)
    constants = [_constant(Fraction(1, factorial(k)), bits + guard) for k in range(steps + 1)]
    value = ((x * constants[-1]) >> bits) + constants[-2]
    for constant in constants[-3::-1]:
        value = ((value * x) >> bits) + constant
    return _rounded(value, guard)


def _sine(x: Word, bits: int) -> Word:
    steps, guard, _ = horner("sine", bits)
    places = bits + guard
    square = (x * x) << guard >> bits
    constants = [_constant(Fraction(1, factorial(2 * k + 1)), places) for k in range(steps + 1)]
    value = square[:1] & 0 | constants[-1]
    for constant in constants[-2::-1]:
        # never negative, since each constant is larger than the one after it
        value = constant - ((value * square) >> places)
        value = value[: constant.bit_length()]
    return _rounded((value * x) >> bits, guard)


def _constant(value: Fraction, places: int) -> int:
    return round(value * 2**places)


def _rounded(value: Word, guard: int) -> Word:
    return (value + (1 << (guard - 1))) >> guard
