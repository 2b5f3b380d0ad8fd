r"""Boolean circuits: gates of few operands, one after the other, and an interpreter for them.

Every function that a machine computes in polynomial time is such a circuit, of polynomial size and
with two operands to a gate: a composition of functions of few variables. A value is told by a
*literal* as in the AIGER format: value v is the literal 2v, its negation 2v + 1, so that NOT takes
no gate. Value 0 is the constant false, values 1 to n are the inputs, the gates follow.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import and_, or_, xor
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Int

from noflat.arguments import whole

FALSE, TRUE = 0, 1
"""The literals of the constants."""


class Gate(NamedTuple):
    """A function of few values.

    Attributes:
        kind: `and`, `or`, `xor` of two or more operands; `majority` of three; `mux` of three, the
            second operand where the first is true and the third where it is false.
        operands: Literals of values before it.
    """

    kind: str
    operands: tuple[int, ...]


def count_values(gate: Gate) -> tuple[int, ...]:
    """What a symmetric gate gives where 0, 1, ..., c of its c operands are true.

    Args:
        gate: Of any kind but `mux`.

    Returns:
        The c + 1 values, 0 or 1.

    Raises:
        ValueError: If its value does not follow from the number of true operands.

    Example:
        >>> from noflat.targets.boolean.circuits import Gate, count_values
        >>> count_values(Gate("xor", (2, 4, 6)))
        (0, 1, 0, 1)
    """
    c = len(gate.operands)
    if gate.kind not in _SYMMETRIC:
        raise ValueError(
            f"`gate` must be one of {', '.join(_SYMMETRIC)}: the value of a {gate.kind} does not "
            "follow from the number of true operands"
        )
    return tuple(int(_SYMMETRIC[gate.kind](ones, c)) for ones in range(c + 1))


_SYMMETRIC = {
    "and": lambda ones, c: ones == c,
    "or": lambda ones, c: ones > 0,
    "xor": lambda ones, c: ones % 2,
    "majority": lambda ones, c: 2 * ones > c,
}

_BITWISE = {
    "and": lambda operands: reduce(and_, operands),
    "or": lambda operands: reduce(or_, operands),
    "xor": lambda operands: reduce(xor, operands),
    "majority": lambda abc: (abc[0] & abc[1]) | (abc[2] & (abc[0] | abc[1])),
    "mux": lambda sab: (sab[0] & sab[1]) | (~sab[0] & sab[2]),
}

KINDS = tuple(_BITWISE)


@dataclass(frozen=True)
class BooleanCircuit:
    """Gates one after the other; the outputs are literals of any values.

    Attributes:
        inputs: The number of bits n that it takes.
        gates: Each takes inputs and gates before it.
        outputs: The literal of each bit that it gives.
        widths: How many of the inputs, in order, make one integer, lowest bit first; one integer of
            all where not given.
        output_widths: The same for the outputs.

    Raises:
        ValueError: If a gate is no `Gate`, of no known kind or takes what does not come before it,
            or outputs or widths do not fit.

    Example:
        >>> from noflat.targets.boolean.circuits import BooleanCircuit, Gate
        >>> half_adder = BooleanCircuit(2, (Gate("xor", (2, 4)), Gate("and", (2, 4))), (6, 8))
        >>> print(half_adder([[0, 1], [1, 1]]).astype(int))
        [[1 0]
         [0 1]]
        >>> half_adder.size, half_adder.depth, half_adder.fan_in
        (2, 1, 2)
    """

    inputs: int
    gates: tuple[Gate, ...]
    outputs: tuple[int, ...]
    widths: tuple[int, ...] = ()
    output_widths: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuses what is no circuit, and fills in the widths."""
        whole(self.inputs, "inputs", "the number of bits", least=0)
        for name in ("gates", "outputs", "widths", "output_widths"):
            object.__setattr__(self, name, _as_tuple(getattr(self, name), name))
        for index, gate in enumerate(self.gates):
            _check_gate(index, gate, 2 * (self.inputs + 1 + index))
        for literal in self.outputs:
            if not _is_literal(literal, 2 * (self.inputs + 1 + self.size)):
                raise ValueError(f"`outputs` must be literals of its values; got {literal!r}")
        for name, bits in (("widths", self.inputs), ("output_widths", len(self.outputs))):
            if not getattr(self, name):
                object.__setattr__(self, name, (bits,) if bits else ())
            widths = getattr(self, name)
            if not all(_is_literal(width, bits + 1) for width in widths) or sum(widths) != bits:
                raise ValueError(
                    f"`{name}` must be nonnegative integers and add up to {bits} bits; got {widths}"
                )

    @property
    def size(self) -> int:
        """The number of gates."""
        return len(self.gates)

    @property
    def fan_in(self) -> int:
        """The most operands of a gate."""
        return max((len(gate.operands) for gate in self.gates), default=0)

    @cached_property
    def levels(self) -> tuple[int, ...]:
        """How many gates lie one above the other, up to each value; constants and inputs at 0."""
        found = [0] * (self.inputs + 1)
        for gate in self.gates:
            found.append(1 + max(found[literal >> 1] for literal in gate.operands))
        return tuple(found)

    @property
    def depth(self) -> int:
        """The most gates one above the other, up to an output."""
        return max((self.levels[literal >> 1] for literal in self.outputs), default=0)

    @property
    def kinds(self) -> dict[str, int]:
        """How many gates there are of each kind."""
        return dict(Counter(gate.kind for gate in self.gates))

    def __call__(self, x: Any) -> Bool[np.ndarray, "*batch outputs"]:
        """Interprets it, gate by gate, eight inputs to a byte.

        Args:
            x: Zeros and ones of shape (..., inputs).

        Returns:
            The outputs, of shape (..., outputs).

        Raises:
            ValueError: If the last axis is not one bit per input, or something is not 0 or 1.
        """
        bits = np.asarray(x)
        if bits.ndim < 1 or bits.shape[-1] != self.inputs:
            raise ValueError(
                f"`x` must have a last axis of {self.inputs} bits; got the shape {bits.shape}"
            )
        if not np.isin(bits, (0, 1)).all():
            raise ValueError("`x` must be zeros and ones")
        flat = bits.reshape(math.prod(bits.shape[:-1]), self.inputs).astype(bool)
        planes = list(np.packbits(flat.T, axis=1))
        zero = np.zeros((len(flat) + 7) // 8, np.uint8)
        found = [zero, *planes]
        found += self._gate_values(found)
        out = np.array([_of(found, literal) for literal in self.outputs], np.uint8)
        out = out.reshape(len(self.outputs), len(zero))  # where there is none, too
        out = np.unpackbits(out, axis=1, count=len(flat)).astype(bool)
        return out.T.reshape(*bits.shape[:-1], len(self.outputs))

    def on_integers(self, *values: int) -> tuple[int, ...]:
        """Interprets it on one integer per width.

        Args:
            *values: Nonnegative, each below two to the power of its width.

        Returns:
            An integer per width of the outputs.

        Raises:
            ValueError: If there are too few or too many, or one is no integer or does not fit.

        Example:
            >>> from noflat.targets.boolean import trace
            >>> trace(lambda a, b: (a + b, a < b), 4, 4).on_integers(9, 13)
            (22, 1)
        """
        if len(values) != len(self.widths):
            raise ValueError(f"`values` must be {len(self.widths)} integers; got {len(values)}")
        planes = [0]
        for value, width in zip(values, self.widths, strict=True):
            bit = int(value) if isinstance(value, bool) else value
            value = whole(bit, "values", f"of {width} bits", least=0)
            if value >= 2**width:
                raise ValueError(f"`values` must fit: {value} is none of {width} bits")
            planes += [-(value >> i & 1) for i in range(width)]  # all ones where it is set
        planes += self._gate_values(planes)
        bits = iter([_of(planes, literal) & 1 for literal in self.outputs])
        return tuple(sum(next(bits) << i for i in range(width)) for width in self.output_widths)

    def _gate_values(self, known: Sequence[Any]) -> Iterator[Any]:
        """The value of each gate, from those of the constant and of the inputs; bitwise."""
        found = list(known)
        for gate in self.gates:
            found.append(_BITWISE[gate.kind]([_of(found, literal) for literal in gate.operands]))
            yield found[-1]


def _of(values: Sequence[Any], literal: int) -> Any:
    return ~values[literal >> 1] if literal & 1 else values[literal >> 1]


def integers(bits: Any, widths: Sequence[int]) -> Int[np.ndarray, "*batch words"]:
    """Reads bits as integers, lowest bit first.

    Args:
        bits: Zeros and ones of shape (..., sum of the widths).
        widths: The bits of each integer, at most 62.

    Returns:
        An integer per width.

    Example:
        >>> from noflat.targets.boolean.circuits import integers
        >>> print(integers([1, 0, 1, 1, 1, 0], (2, 4)))
        [1 7]
    """
    parts = np.split(np.asarray(bits, np.int64), np.cumsum(widths)[:-1], axis=-1)
    return np.stack([part @ (1 << np.arange(part.shape[-1])) for part in parts], axis=-1)


_WHOLE = (int, np.integer)


def _is_literal(value: Any, known: int) -> bool:
    """Whether this is one of the integers below that number."""
    return isinstance(value, _WHOLE) and bool(0 <= value < known)


def _as_tuple(values: Any, name: str) -> tuple[Any, ...]:
    try:
        return tuple(values)
    except TypeError:
        raise ValueError(f"`{name}` must be a tuple; got {values!r}") from None


def _check_gate(index: int, gate: Gate, known: int) -> None:
    if not isinstance(gate, Gate) or not isinstance(gate.operands, tuple | list):
        raise ValueError(
            '`gates` must be of the class Gate, as Gate("and", (2, 4)) with a tuple of literals: '
            f"gate {index} is {gate!r}"
        )
    if gate.kind not in KINDS:
        raise ValueError(f"`gates` must be of kinds {', '.join(KINDS)}; got {gate.kind!r}")
    operands = len(gate.operands)
    if operands != 3 if gate.kind in ("majority", "mux") else operands < 2:
        raise ValueError(f"`gates` must have operands: gate {index}, a {gate.kind}, has {operands}")
    if not all(_is_literal(literal, known) for literal in gate.operands):
        raise ValueError(
            f"`gates` must take literals of values before them: gate {index} takes "
            f"{gate.operands}, and those before it are the integers up to {known - 1}"
        )
