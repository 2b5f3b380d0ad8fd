"""Symbolic integers of fixed width: what a traced Python function computes with.

A word is a list of literals, lowest bit first. Arithmetic is that of nonnegative integers, and
widths grow so that nothing is lost: a sum is one bit longer than its longer operand, a product as
long as both. Only `-` and `~` stay within their width and wrap around, as in a machine; a slice
truncates.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from noflat.targets.boolean.builder import Builder
from noflat.targets.boolean.circuits import FALSE, TRUE


class Word:
    """An integer known only when the circuit runs; made by `trace`.

    `w[i]` is a bit, itself a word of width 1, `w[i:j]` a word of some bits, `len(w)` the width.
    """

    __array_ufunc__ = None  # so that numbers of NumPy leave the operation to us

    def __init__(self, builder: Builder, literals: Iterable[int]) -> None:
        """Takes literals of that builder, lowest bit first."""
        self.builder = builder
        self.literals = tuple(literals)

    def __len__(self) -> int:
        return len(self.literals)

    def __iter__(self) -> Iterator["Word"]:
        return (Word(self.builder, (literal,)) for literal in self.literals)

    def __getitem__(self, index: Any) -> "Word":
        if isinstance(index, Word):
            raise TypeError("an index must be an integer; shift by a word instead")
        try:
            found = self.literals[index]
        except IndexError:
            raise IndexError(
                f"a word of {len(self)} bits has no bit {index}: resized(width) adds zeros"
            ) from None
        return Word(self.builder, found if isinstance(index, slice) else (found,))

    def __repr__(self) -> str:
        return f"<word of {len(self)} bits>"

    def resized(self, width: int) -> "Word":
        """The same integer in another width, of which the highest bits are zeros or cut off."""
        bits = self.literals[:width]
        return Word(self.builder, bits + (FALSE,) * (width - len(bits)))

    def _with(self, other: Any) -> tuple["Word", "Word", int]:
        """Both operands in the width of the longer one."""
        other = word(self.builder, other)
        width = max(len(self), len(other))
        return self.resized(width), other.resized(width), width

    def _bitwise(self, other: Any, operation: Any) -> "Word":
        a, b, _ = self._with(other)
        pairs = zip(a.literals, b.literals, strict=True)
        return Word(self.builder, [operation(x, y) for x, y in pairs])

    def __and__(self, other: Any) -> "Word":
        return self._bitwise(other, self.builder.both)

    def __or__(self, other: Any) -> "Word":
        return self._bitwise(other, self.builder.either)

    def __xor__(self, other: Any) -> "Word":
        return self._bitwise(other, self.builder.xor)

    def __invert__(self) -> "Word":
        return Word(self.builder, [literal ^ 1 for literal in self.literals])

    def __add__(self, other: Any) -> "Word":
        a, b, width = self._with(other)
        columns = [[x, y] for x, y in zip(a.literals, b.literals, strict=True)]
        found = _column_sums(self.builder, columns, width + 1)
        return Word(self.builder, found if found[-1] != FALSE else found[:-1])

    def __mul__(self, other: Any) -> "Word":
        other = word(self.builder, other)
        width = len(self) + len(other)
        columns: list[list[int]] = [[] for _ in range(width)]
        for j, y in enumerate(other.literals):
            for i, x in enumerate(self.literals):
                columns[i + j].append(self.builder.both(x, y))
        return Word(self.builder, _column_sums(self.builder, columns, width))

    def __sub__(self, other: Any) -> "Word":
        a, b, width = self._with(other)
        return Word(self.builder, _difference(a, b)[:width])

    def __rsub__(self, other: Any) -> "Word":
        return word(self.builder, other) - self

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__
    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> NoReturn:
        raise TypeError("words are nonnegative: use ~x + 1 in a fixed width, or b - a, which wraps")

    def __abs__(self) -> NoReturn:
        raise TypeError("words are nonnegative: use mux(a > b, a - b, b - a) for a distance")

    def __pow__(self, exponent: int, modulo: Any = None) -> "Word":
        if modulo is not None:
            raise TypeError(
                "words are not divided: reduce each product, by subtracting with mux, or by a "
                "slice for a power of two"
            )
        if not isinstance(exponent, int) or exponent < 1:
            raise TypeError("the exponent of a word must be a positive integer")
        power = self
        for _ in range(exponent - 1):
            power = power * self
        return power

    def _no_exponent(self, *_: Any) -> NoReturn:
        raise TypeError(
            "a word is no exponent: use 1 << a in place of 2**a, or looked_up in a table of powers"
        )

    __rpow__ = _no_exponent

    def __lshift__(self, other: Any) -> "Word":
        if isinstance(other, Word):
            if len(other) > _MOST_SHIFTING:
                raise TypeError(
                    f"a left shift by a word of {len(other)} bits may need 2^{len(other)} more: "
                    f"shift by at most {_MOST_SHIFTING} bits of it, as in a << b[:5]"
                )
            return self._shifted(other, lambda value, places: value << places)
        return Word(self.builder, (FALSE,) * _places(other) + self.literals)

    def __rshift__(self, other: Any) -> "Word":
        if isinstance(other, Word):
            return self._shifted(other, lambda value, places: value >> places)
        return Word(self.builder, self.literals[_places(other) :] or (FALSE,))

    def _shifted(self, places: "Word", shift: Any) -> "Word":
        value = self
        for i, bit in enumerate(places):
            value = mux(bit, shift(value, 2**i), value)
        return value

    def __rlshift__(self, other: Any) -> "Word":
        return word(self.builder, other) << self

    def __rrshift__(self, other: Any) -> "Word":
        return word(self.builder, other) >> self

    def __lt__(self, other: Any) -> "Word":
        a, b, _ = self._with(other)
        return Word(self.builder, (_difference(a, b)[-1] ^ 1,))  # no carry: a borrow

    def __ge__(self, other: Any) -> "Word":
        return ~(self < other)

    def __gt__(self, other: Any) -> "Word":
        return word(self.builder, other) < self

    def __le__(self, other: Any) -> "Word":
        return ~(self > other)

    def __eq__(self, other: Any) -> "Word":  # pyright: ignore[reportIncompatibleMethodOverride]
        return ~(self != other)

    def __ne__(self, other: Any) -> "Word":  # pyright: ignore[reportIncompatibleMethodOverride]
        return Word(self.builder, (self.builder.either(*(self ^ other).literals),))

    def __hash__(self) -> NoReturn:  # pyright: ignore[reportIncompatibleMethodOverride]
        raise TypeError(
            "a value that is known only when the circuit runs is no key: use looked_up(table, a) "
            "in place of a dictionary"
        )

    def _refuse(self, *_: Any) -> NoReturn:
        raise TypeError(
            "a value that is known only when the circuit runs cannot decide what Python does or "
            "become one of its numbers: use mux(condition, a, b) in place of if, while, and, or, "
            "not, min and max"
        )

    __bool__ = __int__ = __index__ = __float__ = __round__ = __trunc__ = _refuse

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("functions of NumPy do not take words: use Python's operators")

    def _no_division(self, *_: Any) -> NoReturn:
        raise TypeError("words are not divided: shift them, or subtract step by step with mux")

    __truediv__ = __floordiv__ = __mod__ = __divmod__ = _no_division
    __rtruediv__ = __rfloordiv__ = __rmod__ = __rdivmod__ = _no_division


_MOST_SHIFTING = 16
"""The widest word by which another is shifted to the left; the result has 2^16 bits more."""


def word(builder: Builder, value: Any) -> Word:
    """Reads an operand: a word, or a nonnegative integer as a constant one."""
    if isinstance(value, Word):
        if value.builder is not builder:
            raise TypeError("a word belongs to the circuit that it was made for")
        return value
    if isinstance(value, bool):
        value = int(value)
    if not hasattr(value, "__index__"):
        raise TypeError(f"a word goes with words and integers; got {type(value).__name__}")
    number = value.__index__()
    if number < 0:
        raise TypeError(f"words are nonnegative; got {number}: use ~x + 1 in a fixed width")
    return Word(
        builder, [TRUE if number >> i & 1 else FALSE for i in range(max(1, number.bit_length()))]
    )


def _places(value: Any) -> int:
    """Reads how far a word is shifted."""
    if not hasattr(value, "__index__") or value.__index__() < 0:
        raise TypeError(f"a word is shifted by a nonnegative integer or by a word; got {value!r}")
    return value.__index__()


def _difference(a: Word, b: Word) -> list[int]:
    """Subtracts b from a in their width, then the carry: whether a is at least b."""
    found, carry = [], TRUE
    for x, y in zip(a.literals, b.literals, strict=True):
        low, carry = a.builder.full_adder(x, y ^ 1, carry)
        found.append(low)
    return [*found, carry]


def _column_sums(builder: Builder, columns: list[list[int]], width: int) -> list[int]:
    """Adds bits of the same weight, three at a time, the shallowest first, and hands carries on."""
    columns = [*map(list, columns), *([] for _ in range(width + 1 - len(columns)))]
    found = []
    for weight in range(width):
        column = columns[weight]
        while len(column) > 1:
            column.sort(key=builder.level, reverse=True)
            third = column.pop() if len(column) > 2 else FALSE
            low, carry = builder.full_adder(column.pop(), column.pop(), third)
            column.append(low)
            columns[weight + 1].append(carry)
        found.append(column[0] if column else FALSE)
    return found


def mux(condition: Any, a: Any, b: Any) -> Any:
    """`a` where a bit is true, else `b`; on plain integers, too, so that a function runs on both.

    Args:
        condition: A word of one bit, or an integer.
        a: A word or a nonnegative integer.
        b: The other.

    Returns:
        A word as long as the longer one; an integer where all three are.

    Raises:
        TypeError: If the condition is longer than a bit.

    Example:
        >>> from noflat.targets.boolean import mux, trace
        >>> largest = trace(lambda a, b: mux(a > b, a, b), 4, 4)
        >>> largest.on_integers(3, 11), mux(3 > 11, 3, 11)
        ((11,), 11)
    """
    words = [value for value in (condition, a, b) if isinstance(value, Word)]
    if not words:
        return a if condition else b
    builder = words[0].builder
    condition = word(builder, condition)
    if len(condition) != 1:
        raise TypeError(f"the condition of a mux must be one bit; got {len(condition)}")
    chosen = condition.literals[0]
    return word(builder, a)._bitwise(b, lambda x, y: builder.mux(chosen, x, y))


def concatenated(*words: Word) -> Word:
    """One word of the bits of several, the first ones lowest.

    Args:
        *words: One or more, of which one at least is no plain integer.

    Returns:
        The word.

    Raises:
        TypeError: If there is no word, or one of another circuit.

    Example:
        >>> from noflat.targets.boolean import concatenated, trace
        >>> trace(lambda a, b: concatenated(b, a), 2, 2).on_integers(1, 2)
        (6,)
    """
    if not words or not all(isinstance(one, Word) for one in words):
        raise TypeError("`words` must be one or more words")
    builder = words[0].builder
    return Word(builder, [literal for one in words for literal in word(builder, one).literals])


def looked_up(table: Any, index: Any) -> Any:
    """The entry of a table of constants; an integer where the index is one.

    Args:
        table: A sequence of as many nonnegative integers as a word of that width has values.
        index: A word, or an integer.

    Returns:
        A word as long as the longest entry.

    Raises:
        TypeError: If there are more or fewer entries.

    Example:
        >>> from noflat.targets.boolean import looked_up, trace
        >>> trace(lambda a: looked_up((3, 0, 2, 1), a), 2).on_integers(2)
        (2,)
    """
    if not isinstance(index, Word):
        return table[index]
    if len(table) != 2 ** len(index):
        raise TypeError(
            f"a table for {len(index)} bits has {2 ** len(index)} entries; got {len(table)}"
        )
    entries = [word(index.builder, entry) for entry in table]
    width = max(map(len, entries))
    values: list[Any] = [entry.resized(width) for entry in entries]
    for bit in index:
        values = [mux(bit, high, low) for low, high in zip(values[::2], values[1::2], strict=True)]
    return values[0]


def ordered(values: Iterable[Any]) -> list[Any]:
    """The values in ascending order, by a network of exchanges; integers, too.

    Batcher's odd-even merge sort, on any number of values.

    Args:
        values: Words, or integers.

    Returns:
        As many of them, ascending.

    Example:
        >>> from noflat.targets.boolean import ordered, trace
        >>> trace(lambda *values: ordered(values), 3, 3, 3, 3).on_integers(5, 1, 7, 1)
        (1, 1, 5, 7)

    Reference:
        Batcher (1968), "Sorting networks and their applications"; Knuth, TAOCP 3, algorithm 5.2.2M.
    """
    found = list(values)
    for i, j in _exchanges(len(found)):
        swapped = found[j] < found[i]
        found[i], found[j] = mux(swapped, found[j], found[i]), mux(swapped, found[i], found[j])
    return found


def _exchanges(n: int) -> Iterator[tuple[int, int]]:
    """The pairs that Knuth's algorithm M compares, in order."""
    top = 1 << max(0, (n - 1).bit_length() - 1)
    p = top if n > 1 else 0
    while p > 0:
        q, r, d = top, 0, p
        while True:
            yield from ((i, i + d) for i in range(n - d) if i & p == r)
            if q == p:
                break
            d, q, r = q - p, q // 2, p
        p //= 2
