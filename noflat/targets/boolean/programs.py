"""Everyday functions of integers, written to be traced, each beside what Python makes of it.

The second way to the same number is Python's own arithmetic on integers, which shares nothing with
the circuit: a circuit is right where the two agree.
"""

from collections.abc import Callable
from functools import reduce
from math import isqrt
from operator import add, xor
from typing import Any, NamedTuple

from noflat.targets.boolean.circuits import BooleanCircuit
from noflat.targets.boolean.tracing import trace
from noflat.targets.boolean.words import Word, concatenated, mux, ordered


class Program(NamedTuple):
    """A function of integers of given widths.

    Attributes:
        traced: The function as it is traced, of words.
        exact: The same on Python's integers, by other means; a tuple, empty where nothing is
            defined.
        widths: From a size n to the widths of its arguments.
    """

    traced: Callable[..., Any]
    exact: Callable[..., tuple[int, ...]]
    widths: Callable[[int], tuple[int, ...]]

    def circuit(self, n: int, *, fan_in: int = 2) -> BooleanCircuit:
        """Its circuit at size n."""
        return trace(self.traced, *self.widths(n), fan_in=fan_in)


def multiply(a: Word, b: Word) -> Word:
    """The product, by hand: a sum of rows.

    Example:
        >>> from noflat.targets.boolean.programs import multiply
        >>> trace(multiply, 16, 16).on_integers(51234, 60001) == (51234 * 60001,)
        True
    """
    rows = [mux(bit, a << i, 0) for i, bit in enumerate(b)]
    return reduce(add, rows)


def divide(a: Word, b: Word) -> tuple[Word, Word]:
    """Quotient and remainder, bit by bit; for b = 0 all ones and a.

    Example:
        >>> from noflat.targets.boolean.programs import divide
        >>> trace(divide, 8, 8).on_integers(201, 17)
        (11, 14)
    """
    quotient, rest = [], a[:1] & 0
    for bit in reversed(list(a)):
        rest = concatenated(bit, rest)
        fits = rest >= b
        rest = mux(fits, rest - b, rest)[: len(b)]
        quotient.append(fits)
    return concatenated(*reversed(quotient)), rest.resized(len(b))


def square_root(a: Word) -> Word:
    """The largest integer whose square is at most a, bit by bit from the highest.

    Example:
        >>> from noflat.targets.boolean.programs import square_root
        >>> trace(square_root, 10).on_integers(1000)
        (31,)
    """
    half = (len(a) + 1) // 2
    rest, root = a[:1] & 0, a[:1] & 0
    for i in reversed(range(half)):
        rest = concatenated(a.resized(2 * half)[2 * i : 2 * i + 2], rest)
        trial = (root << 2) | 1
        fits = rest >= trial
        rest = mux(fits, rest - trial, rest)[: half + 2]
        root = concatenated(fits, root)[: half - i]
    return root


def count_ones(a: Word) -> Word:
    """How many bits are set, by a balanced tree of sums.

    Example:
        >>> from noflat.targets.boolean.programs import count_ones
        >>> trace(count_ones, 9).on_integers(0b110110111)
        (7,)
    """
    counts = list(a)
    while len(counts) > 1:
        pairs = zip(counts[::2], counts[1::2], strict=False)
        counts = [x + y for x, y in pairs] + counts[len(counts) & ~1 :]
    return counts[0]


def parity(a: Word) -> Word:
    """Whether the number of set bits is odd, by a balanced tree.

    Example:
        >>> from noflat.targets.boolean.programs import parity
        >>> trace(parity, 16).depth
        4
    """
    bits = list(a)
    while len(bits) > 1:
        bits = [reduce(xor, bits[i : i + 2]) for i in range(0, len(bits), 2)]
    return bits[0]


def _quotient(a: int, b: int) -> tuple[int, ...]:
    return divmod(a, b) if b else ()


def _pair(n: int) -> tuple[int, ...]:
    return n, n


PROGRAMS = {
    "add": Program(lambda a, b: a + b, lambda a, b: (a + b,), _pair),
    "multiply": Program(multiply, lambda a, b: (a * b,), _pair),
    "divide": Program(divide, _quotient, _pair),
    "square_root": Program(square_root, lambda a: (isqrt(a),), lambda n: (n,)),
    "compare": Program(lambda a, b: a < b, lambda a, b: (int(a < b),), _pair),
    "maximum": Program(lambda a, b: mux(a > b, a, b), lambda a, b: (max(a, b),), _pair),
    "shift": Program(
        lambda a, places: a >> places,
        lambda a, places: (a >> places,),
        lambda n: (n, (n - 1).bit_length()),
    ),
    "sort": Program(
        lambda *values: ordered(values), lambda *values: tuple(sorted(values)), lambda n: (4,) * n
    ),
    "count_ones": Program(count_ones, lambda a: (a.bit_count(),), lambda n: (n,)),
    "parity": Program(parity, lambda a: (a.bit_count() % 2,), lambda n: (n,)),
}
"""By their names. Sorting at size n is of n values of four bits, shifting by up to n - 1 places."""
