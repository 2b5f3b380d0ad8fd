r"""Circuits in files: the AIGER format of hardware verification, ASCII (`aag`) and binary (`aig`).

A file is a list of ANDs of two literals, with our numbering of literals. Circuits that others made
and published, adders and dividers and processors, come this way, and ours go out to their tools.

Reference:
    Biere (2007), "The AIGER And-Inverter Graph (AIG) Format Version 20071012"; Biere, Heljanko and
    Wieringa (2011), "AIGER 1.9 And Beyond".
"""

from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path

from noflat.targets.boolean._aiger import AigerFile, Counts, check_symbols, header
from noflat.targets.boolean.builder import Builder, replayed
from noflat.targets.boolean.circuits import FALSE, BooleanCircuit, Gate


def read_aiger(path: str | PathLike[str]) -> BooleanCircuit:
    """Reads a circuit from an AIGER file, ASCII or binary, as its header says.

    Latches are not run: their states are further inputs and their next states further outputs, so
    that the circuit is one step of the machine, from any state; the states in which they begin are
    checked and left out. Outputs come in the order outputs, bad states, constraints, next states.
    Names and comments are left out.

    Args:
        path: The file.

    Returns:
        The circuit: a gate for each AND, in an order in which operands come first. `widths` are the
        inputs and the states, `output_widths` the four kinds of outputs, of those that there are.

    Raises:
        ValueError: If the file cannot be read; if it breaks the format, and where; or if it has
            justice or fairness properties, which are of infinite runs.

    Example:
        >>> from pathlib import Path
        >>> from noflat.targets.boolean.aiger import read_aiger
        >>> with Path("or.aag").open("w") as file:  # not neither
        ...     print("aag 3 2 0 1 1", 2, 4, 7, "6 3 5", sep=chr(10), file=file)
        >>> [read_aiger("or.aag").on_integers(word)[0] for word in range(4)]
        [0, 1, 1, 1]
    """
    file = AigerFile(path)
    counts, binary = header(file)
    defined = [] if binary else [_literal(file, "an input") for _ in range(counts.inputs)]
    next_states = []
    for i in range(counts.latches):
        state, *later = (
            [2 * (counts.inputs + i + 1), *file.numbers("a latch", 1, 2)]
            if binary
            else file.numbers("a latch", 2, 3)
        )
        if len(later) > 1 and later[1] not in (0, 1, state):
            raise file.broken(f"a latch must begin as 0, 1 or itself; got {later[1]}")
        defined.append((state, file.line))
        next_states.append((later[0], file.line))
    outputs = [
        _literal(file, wanted)
        for wanted, count in zip(_OUTPUTS, counts.of_outputs, strict=True)
        for _ in range(count)
    ]
    outputs += next_states
    if binary:
        gates = _binary_gates(file, counts)
        _check_literals(file, outputs, counts)
        literals = [literal for literal, _ in outputs]
    else:
        gates, literals = _ordered_gates(file, counts, defined, outputs)
    check_symbols(file, counts)
    return BooleanCircuit(
        counts.inputs + counts.latches,
        tuple(gates),
        tuple(literals),
        tuple(width for width in (counts.inputs, counts.latches) if width),
        tuple(width for width in (*counts.of_outputs, counts.latches) if width),
    )


_OUTPUTS = "an output", "a bad state", "a constraint"


def _literal(file: AigerFile, wanted: str) -> tuple[int, int]:
    """The literal that a line holds, and which line that is."""
    return file.numbers(wanted, 1, 1)[0], file.line


def _binary_gates(file: AigerFile, counts: Counts) -> list[Gate]:
    first = counts.inputs + counts.latches + 1
    gates = []
    for gate in range(counts.ands):
        left = 2 * (first + gate)
        start = file.at
        larger = left - file.delta(gate)
        smaller = larger - file.delta(gate)
        if not left > larger >= smaller >= 0:
            raise file.broken(
                f"AND {gate}, literal {left}, must take literals before it; got {larger} and "
                f"{smaller}",
                f"byte {start}",
            )
        gates.append(Gate("and", (larger, smaller)))
    return gates


def _check_literals(file: AigerFile, found: Sequence[tuple[int, int]], counts: Counts) -> None:
    most = 2 * counts.values + 1
    for literal, line in found:
        if literal > most:
            raise file.broken(f"M allows literals up to {most}; got {literal}", f"line {line}")


def _ordered_gates(
    file: AigerFile,
    counts: Counts,
    known: list[tuple[int, int]],
    outputs: list[tuple[int, int]],
) -> tuple[list[Gate], list[int]]:
    """The gates of an ASCII file, sorted, and its outputs in their numbering."""
    lines: dict[int, tuple[int, list[int]]] = {}
    taken = {0}
    new = {0: FALSE}  # from a literal of the file, not negated, to one of ours

    def define(literal: int, line: int) -> None:
        _check_literals(file, [(literal, line)], counts)
        if literal & 1:
            raise file.broken(
                f"{literal} is negated; only even literals are defined", f"line {line}"
            )
        if literal in taken:
            raise file.broken(f"literal {literal} is defined already", f"line {line}")
        taken.add(literal)

    for literal, line in known:
        define(literal, line)
        new[literal] = 2 * len(new)
    for _ in range(counts.ands):
        left, *operands = file.numbers("an AND of three literals", 3, 3)
        define(left, file.line)
        lines[left] = file.line, operands
    uses = [(literal, line) for line, operands in lines.values() for literal in operands]
    for literal, line in uses + outputs:
        _check_literals(file, [(literal, line)], counts)
        if literal & ~1 not in taken:
            raise file.broken(f"literal {literal} is defined nowhere", f"line {line}")
    gates = []
    for left in _operands_first(file, lines):
        new[left] = 2 * len(new)
        gates.append(Gate("and", tuple(new[o & ~1] | o & 1 for o in lines[left][1])))
    return gates, [new[literal & ~1] | literal & 1 for literal, _ in outputs]


def _operands_first(file: AigerFile, lines: dict[int, tuple[int, list[int]]]) -> Iterator[int]:
    """The ANDs in the order of the file, each after those that it takes, to any depth."""
    done: set[int] = set()
    open_: dict[int, Iterator[int]] = {}
    for first in lines:
        waiting = [] if first in done else [first]
        while waiting:
            left = waiting[-1]
            operands = open_.setdefault(left, iter(o & ~1 for o in lines[left][1]))
            before = next((o for o in operands if o in lines and o not in done), None)
            if before is None:
                waiting.pop()
                done.add(left)
                yield left
            elif before in open_:
                raise file.broken(f"literal {left} depends on itself", f"line {lines[left][0]}")
            else:
                waiting.append(before)


def and_inverter_graph(circuit: BooleanCircuit) -> BooleanCircuit:
    """The same function by ANDs of two operands: an XOR becomes three, a mux three.

    Args:
        circuit: Any circuit.

    Returns:
        The circuit, simplified by constants and with equal gates made once.

    Example:
        >>> from noflat.targets.boolean.aiger import and_inverter_graph
        >>> full_adder = trace(lambda a, b, c: a + b + c, 1, 1, 1)
        >>> and_inverter_graph(full_adder).kinds
        {'and': 9}
    """
    return replayed(circuit, _Ands(circuit.inputs))


class _Ands(Builder):
    """Makes ANDs of two operands only."""

    def _made(self, kind: str, operands: tuple[int, ...]) -> int:
        if kind == "and":
            return super()._made(kind, operands)
        a, b = operands  # of two, for the fan-in is 2
        neither = self.both(a ^ 1, b ^ 1)
        return neither ^ 1 if kind == "or" else self.both(neither ^ 1, self.both(a, b) ^ 1)


def write_aiger(circuit: BooleanCircuit, path: str | PathLike[str]) -> None:
    """Writes a circuit as an AIGER file, after turning its gates into ANDs.

    Args:
        circuit: Any circuit; its widths are not written.
        path: The file, ASCII where it ends in .aag and binary where it ends in .aig.

    Raises:
        ValueError: If it ends otherwise, or cannot be written to.

    Example:
        >>> from pathlib import Path
        >>> from noflat.targets.boolean.aiger import write_aiger
        >>> write_aiger(trace(lambda a, b: a & b, 1, 1), "and.aag")
        >>> Path("and.aag").read_text().splitlines()
        ['aag 3 2 0 1 1', '2', '4', '6', '6 4 2']
    """
    suffix = Path(path).suffix if isinstance(path, str | PathLike) else None
    if suffix not in (".aag", ".aig"):
        raise ValueError(f"`path` must end in .aag (ASCII) or .aig (binary); got {path}")
    circuit = and_inverter_graph(circuit)
    inputs, first = circuit.inputs, circuit.inputs + 1
    counts = f"{inputs + circuit.size} {inputs} 0 {len(circuit.outputs)} {circuit.size}"
    outputs = "".join(f"{literal}\n" for literal in circuit.outputs)
    ands = [
        (2 * (first + index), *sorted(gate.operands, reverse=True))
        for index, gate in enumerate(circuit.gates)
    ]
    if suffix == ".aag":
        listed = "".join(f"{2 * (i + 1)}\n" for i in range(inputs))
        lines = "".join(f"{left} {larger} {smaller}\n" for left, larger, smaller in ands)
        written = f"aag {counts}\n{listed}{outputs}{lines}".encode()
    else:
        deltas = (d for left, a, b in ands for d in (left - a, a - b))
        written = f"aig {counts}\n{outputs}".encode() + b"".join(map(_encoded, deltas))
    try:
        Path(path).write_bytes(written)
    except (OSError, ValueError) as problem:  # a null in the path is a ValueError
        said = getattr(problem, "strerror", None) or problem
        raise ValueError(f"`path` {path!r} cannot be written to: {said}") from None


def _encoded(number: int) -> bytes:
    """Seven bits to a byte, the lowest first; the highest bit says that more follow."""
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])
