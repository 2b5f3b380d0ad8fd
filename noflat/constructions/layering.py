"""From a circuit to layers: what each computes, and what it carries along for those above.

After a layer a network knows the values of its steps and nothing else. What later gates take of the
values before it are linear forms; they span a space, and a basis of it is carried along: no fewer
numbers would do.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from flint import fmpq, fmpq_mat

from noflat.targets.circuits import Circuit, Form, Gate

_ZERO = Fraction(0)


class Step(NamedTuple):
    """One value that a layer computes.

    Attributes:
        kind: `products`, `squares` or `carried`.
        operands: Affine forms in the values of the layer below; the step is their product, one of
            them twice for a square.
        gate: The gate of the circuit, or None.
    """

    kind: str
    operands: tuple[Form, ...]
    gate: int | None = None

    def value(self, values: Any) -> Any:
        """The exact product at each point, from the values below, of shape (points, values)."""
        found = 1.0
        for form in self.operands:
            terms = (float(c) * values[:, i] for i, c in form.terms)
            found = found * (sum(terms) + float(form.constant))
        return found


class _Pending(NamedTuple):
    """A form that a later layer takes: what of it is known, and what is still to come."""

    level: int
    known: dict[int, Fraction]
    constant: Fraction
    ahead: dict[int, Fraction]


def layered(
    circuit: Circuit, *, constants: bool, skipped: bool
) -> tuple[list[list[Step]], Form, Form]:
    """The steps of each layer, and the output as a form of those of the last.

    Args:
        circuit: The circuit, with a gate at least.
        constants: Whether forms may have constants; otherwise gates are rewritten without.
        skipped: Whether what the output takes of the inputs themselves goes by a skip.

    Returns:
        The layers, the output and the skip.
    """
    if not constants:
        circuit = _without_constants(circuit)
    n, depths = circuit.inputs, circuit.depths
    output, skip = circuit.output, Form(_ZERO, ())
    if skipped:
        skip = Form(_ZERO, tuple((i, c) for i, c in output.terms if i < n))
        output = Form(output.constant, tuple((i, c) for i, c in output.terms if i >= n))
    forms = [(depths[n + g], form) for g, gate in enumerate(circuit.gates) for form in gate]
    pending = [_begun(level, form, n) for level, form in [*forms, (circuit.depth + 1, output)]]
    layers = []
    for level in range(1, circuit.depth + 1):
        steps = []
        for g, gate in enumerate(circuit.gates):
            if depths[n + g] == level:
                left, right = (_form(pending[2 * g + side]) for side in (0, 1))
                kind = "squares" if gate.is_square else "products"
                steps.append(Step(kind, (left, right), g))
        basis = _basis([p.known for p in pending if p.level > level])
        places = {n + s.gate: k for k, s in enumerate(steps) if s.gate is not None}
        first = len(steps)
        steps += [Step("carried", (Form(_ZERO, tuple(sorted(b.items()))),)) for _, b in basis]
        pivots = {pivot: first + k for k, (pivot, _) in enumerate(basis)}
        pending = [p if p.level <= level else _moved(p, pivots, places) for p in pending]
        layers.append(steps)
    return layers, _form(pending[-1]), skip


def _begun(level: int, form: Form, n: int) -> _Pending:
    known = {i: c for i, c in form.terms if i < n}
    return _Pending(level, known, form.constant, {i: c for i, c in form.terms if i >= n})


def _form(pending: _Pending) -> Form:
    return Form(pending.constant, tuple(sorted(pending.known.items())))


def _moved(pending: _Pending, pivots: dict[int, int], places: dict[int, int]) -> _Pending:
    """The same form in the values of the next layer: its coordinates are its entries at pivots."""
    known = {place: pending.known[i] for i, place in pivots.items() if pending.known.get(i)}
    known |= {place: pending.ahead[i] for i, place in places.items() if i in pending.ahead}
    ahead = {i: c for i, c in pending.ahead.items() if i not in places}
    return _Pending(pending.level, known, pending.constant, ahead)


def _basis(vectors: Sequence[dict[int, Fraction]]) -> list[tuple[int, dict[int, Fraction]]]:
    """Pivots and rows of the reduced echelon form of what the vectors span."""
    columns = sorted({i for vector in vectors for i in vector})
    if not columns:
        return []
    entries = [fmpq(c.numerator, c.denominator) for v in vectors for c in _dense(v, columns)]
    reduced, rank = fmpq_mat(len(vectors), len(columns), entries).rref()
    rows = []
    for k in range(rank):
        found = [reduced[k, j] for j in range(len(columns))]
        row = {i: Fraction(int(c.p), int(c.q)) for i, c in zip(columns, found, strict=True) if c}
        rows.append((next(iter(row)), row))
    return rows


def _dense(vector: dict[int, Fraction], columns: Sequence[int]) -> list[Fraction]:
    return [vector.get(i, _ZERO) for i in columns]


def _without_constants(circuit: Circuit) -> Circuit:
    """(u + c)(v + d) = uv + du + cv + cd: the gate takes u and v, and the rest is affine."""
    values = [Form(_ZERO, ((i, Fraction(1)),)) for i in range(circuit.inputs)]
    gates: list[Gate] = []
    for gate in circuit.gates:
        left, right = (_substituted(form, values) for form in gate)
        place = circuit.inputs + len(gates)
        gates.append(Gate(Form(_ZERO, left.terms), Form(_ZERO, right.terms)))
        parts = [
            (Form(left.constant * right.constant, ((place, Fraction(1)),)), Fraction(1)),
            (Form(_ZERO, left.terms), right.constant),
            (Form(_ZERO, right.terms), left.constant),
        ]
        values.append(_combined(parts))
    output = _substituted(circuit.output, values)
    return Circuit(circuit.inputs, tuple(gates), output, circuit.names)


def _substituted(form: Form, values: Sequence[Form]) -> Form:
    parts = [(values[i], c) for i, c in form.terms]
    return _combined([(Form(form.constant, ()), Fraction(1)), *parts])


def _combined(parts: Sequence[tuple[Form, Fraction]]) -> Form:
    terms: dict[int, Fraction] = {}
    for form, factor in parts:
        for i, c in form.terms:
            terms[i] = terms.get(i, _ZERO) + factor * c
    constant = sum((form.constant * factor for form, factor in parts), _ZERO)
    return Form(constant, tuple(sorted((i, c) for i, c in terms.items() if c)))
