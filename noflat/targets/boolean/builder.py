"""A circuit in the making: equal gates are made once, and what constants decide takes none."""

from collections.abc import Iterable, Sequence

from noflat.arguments import whole
from noflat.targets.boolean.circuits import FALSE, TRUE, BooleanCircuit, Gate


class Builder:
    """Makes gates of bounded fan-in, each once.

    A gate of more operands than allowed becomes a balanced tree; a mux or a majority becomes gates
    of two operands where three are too many. What is constant, or equal to another value or to its
    negation, is no gate: the AND of x and x is x.

    Args:
        inputs: The number of bits.
        fan_in: The most operands of a gate, at least 2.

    Example:
        >>> from noflat.targets.boolean.builder import Builder
        >>> builder = Builder(2)
        >>> a, b = builder.input_literals
        >>> builder.xor(a, b) == builder.xor(b, a), builder.both(a, a ^ 1)
        (True, 0)
        >>> builder.finished([builder.either(a, b)]).kinds
        {'or': 1}
    """

    def __init__(self, inputs: int, *, fan_in: int = 2) -> None:
        """Starts without a gate."""
        self.inputs = inputs
        self.fan_in = whole(fan_in, "fan_in", "the operands of a gate", least=2)
        self.gates: list[Gate] = []
        self._known: dict[tuple[str, tuple[int, ...]], int] = {}
        self._levels = [0] * (inputs + 1)

    @property
    def input_literals(self) -> list[int]:
        """The literal of each input."""
        return [2 * (i + 1) for i in range(self.inputs)]

    def level(self, literal: int) -> int:
        """How many gates lie one above the other up to that value."""
        return self._levels[literal >> 1]

    def both(self, *operands: int) -> int:
        """The AND of literals."""
        kept = sorted({literal for literal in operands if literal != TRUE})
        if FALSE in kept or any(literal ^ 1 in kept for literal in kept):
            return FALSE
        return self._tree("and", kept, TRUE)

    def either(self, *operands: int) -> int:
        """The OR of literals."""
        kept = sorted({literal for literal in operands if literal != FALSE})
        if TRUE in kept or any(literal ^ 1 in kept for literal in kept):
            return TRUE
        return self._tree("or", kept, FALSE)

    def xor(self, *operands: int) -> int:
        """The exclusive OR of literals; negations go to the outside."""
        sign, kept = 0, set()
        for literal in operands:
            sign ^= literal & 1
            kept ^= {literal & ~1}
        return self._tree("xor", sorted(kept - {FALSE}), FALSE) ^ sign

    def majority(self, a: int, b: int, c: int) -> int:
        """Whether two or three of three literals are true."""
        a, b, c = sorted((a, b, c))
        for one, other, third in ((a, b, c), (b, c, a), (a, c, b)):
            if one == other:
                return one
            if one == other ^ 1:
                return third
        if a == FALSE or a == TRUE:  # sorted first
            return self.either(b, c) if a == TRUE else self.both(b, c)
        if self.fan_in >= 3:
            return self._made("majority", (a, b, c))
        return self.either(self.both(a, b), self.both(c, self.xor(a, b)))

    def mux(self, chosen: int, a: int, b: int) -> int:
        """`a` where `chosen` is true, and `b` where it is not."""
        if chosen & 1:
            chosen, a, b = chosen ^ 1, b, a
        if chosen == FALSE or a == b:
            return b
        if a == b ^ 1:
            return self.xor(chosen, b)
        if a in (chosen, TRUE):
            return self.either(chosen, b)
        if a in (chosen ^ 1, FALSE):
            return self.both(chosen ^ 1, b)
        if b in (chosen, FALSE):
            return self.both(chosen, a)
        if b in (chosen ^ 1, TRUE):
            return self.either(chosen ^ 1, a)
        if self.fan_in >= 3:
            return self._made("mux", (chosen, a, b))
        return self.either(self.both(chosen, a), self.both(chosen ^ 1, b))

    def full_adder(self, a: int, b: int, c: int) -> tuple[int, int]:
        """The lower and the upper bit of the sum of three bits."""
        return self.xor(a, b, c), self.majority(a, b, c)

    def gate(self, kind: str, operands: Sequence[int]) -> int:
        """A gate of that kind, as `Gate` has them."""
        made = {
            "and": self.both,
            "or": self.either,
            "xor": self.xor,
            "majority": self.majority,
            "mux": self.mux,
        }
        return made[kind](*operands)

    def finished(
        self,
        outputs: Iterable[int],
        widths: tuple[int, ...] = (),
        output_widths: tuple[int, ...] = (),
    ) -> BooleanCircuit:
        """The circuit of those outputs; gates that none of them needs are left out."""
        outputs = list(outputs)
        first = self.inputs + 1
        needed = {literal >> 1 for literal in outputs}
        for index in reversed(range(len(self.gates))):
            if first + index in needed:
                needed |= {literal >> 1 for literal in self.gates[index].operands}
        new = {value: value for value in range(first)}
        gates = []
        for index, gate in enumerate(self.gates):
            if first + index in needed:
                new[first + index] = first + len(gates)
                gates.append(Gate(gate.kind, tuple(_renamed(o, new) for o in gate.operands)))
        return BooleanCircuit(
            self.inputs,
            tuple(gates),
            tuple(_renamed(literal, new) for literal in outputs),
            widths,
            output_widths,
        )

    def _tree(self, kind: str, operands: list[int], none: int) -> int:
        """A balanced tree of gates; the only operand where there is one."""
        if not operands:
            return none
        while len(operands) > 1:
            groups = [operands[i : i + self.fan_in] for i in range(0, len(operands), self.fan_in)]
            operands = [
                group[0] if len(group) == 1 else self._made(kind, tuple(group)) for group in groups
            ]
            if len({literal >> 1 for literal in operands}) < len(operands):
                return self.gate(kind, operands)  # a gate of some operands is another operand
        return operands[0]

    def _made(self, kind: str, operands: tuple[int, ...]) -> int:
        known = kind, operands if kind == "mux" else tuple(sorted(operands))
        if known not in self._known:
            self.gates.append(Gate(kind, operands))
            self._levels.append(1 + max(map(self.level, operands)))
            self._known[known] = 2 * (self.inputs + len(self.gates))
        return self._known[known]


def _renamed(literal: int, new: dict[int, int]) -> int:
    return 2 * new[literal >> 1] | literal & 1


def rebuilt(circuit: BooleanCircuit, *, fan_in: int = 2) -> BooleanCircuit:
    """The same function with gates of at most so many operands.

    Args:
        circuit: Any circuit.
        fan_in: The most operands of a gate, at least 2.

    Returns:
        The circuit, simplified by constants and with equal gates made once.

    Example:
        >>> from noflat.targets.boolean import BooleanCircuit, Gate, rebuilt
        >>> parity = BooleanCircuit(4, (Gate("xor", (2, 4, 6, 8)),), (10,))
        >>> rebuilt(parity).size, rebuilt(parity).depth
        (3, 2)
    """
    return replayed(circuit, Builder(circuit.inputs, fan_in=fan_in))


def replayed(circuit: BooleanCircuit, builder: Builder) -> BooleanCircuit:
    """The same function, its gates made anew one by one.

    Args:
        circuit: Any circuit.
        builder: Makes the gates; one of as many inputs, and without a gate so far.

    Returns:
        What it makes of them.
    """
    new = [FALSE, *builder.input_literals]
    for gate in circuit.gates:
        operands = [new[literal >> 1] ^ literal & 1 for literal in gate.operands]
        new.append(builder.gate(gate.kind, operands))
    outputs = [new[literal >> 1] ^ literal & 1 for literal in circuit.outputs]
    return builder.finished(outputs, circuit.widths, circuit.output_widths)
