"""The builder: no gate of what constants decide, none twice, and the same function after it."""

import pytest
from hypothesis import given
from sample_circuits import circuits

from noflat.targets import bit_states
from noflat.targets.boolean import BooleanCircuit, Builder, Gate, rebuilt, trace
from noflat.targets.boolean.aiger import and_inverter_graph


def is_simplified(circuit):
    for gate in circuit.gates:
        values = [literal >> 1 for literal in gate.operands]
        constants = [value for value in values if value == 0]
        assert not constants, gate
        assert len(set(values)) == len(values), gate
    assert len(set(circuit.gates)) == circuit.size
    used = {o >> 1 for gate in circuit.gates for o in gate.operands}
    used |= {literal >> 1 for literal in circuit.outputs}
    assert used >= set(range(circuit.inputs + 1, circuit.inputs + 1 + circuit.size))


@pytest.mark.parametrize("fan_in", [2, 3, 5])
@given(described=circuits())
def test_rebuilt_is_the_same_function_and_simpler(described, fan_in):
    circuit = BooleanCircuit(*described)
    found = rebuilt(circuit, fan_in=fan_in)
    words = bit_states(circuit.inputs)
    assert (found(words) == circuit(words)).all()
    assert found.fan_in <= fan_in
    is_simplified(found)
    again = rebuilt(found, fan_in=fan_in)
    assert (again(words) == found(words)).all()
    assert again.size <= found.size
    assert (found.widths, found.output_widths) == (circuit.widths, circuit.output_widths)
    if fan_in >= circuit.fan_in:
        assert found.size <= circuit.size


@given(circuits())
def test_ands_are_the_same_function(described):
    circuit = BooleanCircuit(*described)
    found = and_inverter_graph(circuit)
    words = bit_states(circuit.inputs)
    assert (found(words) == circuit(words)).all()
    assert set(found.kinds) <= {"and"}
    assert found.fan_in <= 2
    is_simplified(found)


def test_constants_and_equal_operands_take_no_gate():
    builder = Builder(3, fan_in=3)
    a, b, c = builder.input_literals
    literals = (0, 1, a, a ^ 1, b)
    made = {
        2: (builder.both, builder.either, builder.xor),
        3: (builder.mux, builder.majority),
    }
    for x in literals[:4]:
        for y in literals:
            if x >> 1 == y >> 1 or x < 2:
                assert all(make(x, y) >> 1 in (0, a >> 1, b >> 1) for make in made[2])
    assert builder.gates == []
    assert builder.mux(a, b, b) == b
    assert builder.mux(0, a, b) == b
    assert builder.mux(1, a, b) == a
    assert builder.majority(a, a ^ 1, c) == c
    assert builder.majority(a, b, a) == a
    assert builder.gates == []
    assert builder.both() == 1
    assert builder.either() == builder.xor() == 0


def test_equal_gates_are_made_once():
    builder = Builder(3)
    a, b, c = builder.input_literals
    assert builder.both(a, b) == builder.both(b, a, b, 1)
    assert builder.xor(a, b, 1) == builder.xor(b ^ 1, a) == builder.xor(a, b) ^ 1
    assert builder.mux(a, b, b ^ 1) == builder.xor(a, b) ^ 1
    assert len(builder.gates) == 2
    assert builder.full_adder(a, b, 0) == (builder.xor(a, b), builder.both(a, b))
    assert len(builder.gates) == 2
    assert builder.level(builder.either(c, builder.both(a, b))) == 2


@pytest.mark.parametrize("fan_in", [2, 3, 4])
@pytest.mark.parametrize("n", [2, 5, 16, 33])
def test_trees_are_balanced(n, fan_in):
    wide = BooleanCircuit(n, (Gate("xor", tuple(range(2, 2 * n + 2, 2))),), (2 * n + 2,))
    found = rebuilt(wide, fan_in=fan_in)
    depth = next(d for d in range(n) if fan_in**d >= n)
    assert found.depth == depth
    assert found.size >= (n - 1) / (fan_in - 1)
    assert found.size == n - 1 or fan_in > 2


@pytest.mark.parametrize("n", [2, 3, 4, 8, 16])
def test_a_multiplier_counts_its_adders(n):
    """n^2 products, n(n - 2) full adders of five gates, n half adders of two."""
    full, half = n * (n - 2), n
    circuit = trace(lambda a, b: a * b, n, n)
    assert circuit.size == 6 * n * n - 8 * n
    assert circuit.kinds["xor"] == 2 * full + half
    assert circuit.kinds["and"] == n * n + 2 * full + half
    assert circuit.kinds.get("or", 0) == full
    with_three = trace(lambda a, b: a * b, n, n, fan_in=3)
    assert with_three.size == n * n + 2 * full + 2 * half
    assert with_three.kinds.get("majority", 0) == full


@pytest.mark.parametrize("n", [1, 2, 3, 8, 32])
def test_a_sum_counts_its_adders(n):
    """A half adder of two gates, then full adders: five gates, or two of three operands."""
    assert trace(lambda a, b: a + b, n, n).size == 5 * n - 3
    assert trace(lambda a, b: a + b, n, n, fan_in=3).size == 2 * n
    assert trace(lambda a, b: a + b, n, n, fan_in=3).depth == n


@pytest.mark.parametrize("n", [1, 4, 8])
def test_a_comparison_is_a_chain(n):
    circuit = trace(lambda a, b: a < b, n, n, fan_in=3)
    assert circuit.size == circuit.depth == n
    assert trace(lambda a, b: a == b, n, n, fan_in=2).size == 2 * n - 1
    assert trace(lambda a: a >= 0, n).size == 0


@pytest.mark.usefixtures("unchecked")
def test_errors():
    for fan_in in (1, 0, 2.0, True):
        with pytest.raises(ValueError, match="`fan_in` must be an integer of at least 2"):
            Builder(2, fan_in=fan_in)


@pytest.mark.parametrize("kind", ["and", "or", "xor"])
@pytest.mark.parametrize("sign", [0, 1])
def test_a_gate_beside_its_own_operands_is_taken_once(kind, sign):
    circuit = BooleanCircuit(3, (Gate(kind, (2, 4)), Gate(kind, (2, 4, 8 ^ sign))), (8, 10))
    again = rebuilt(circuit)
    assert (again(bit_states(3)) == circuit(bit_states(3))).all()
    assert again.size == 1


def test_gates_of_the_same_operands_in_another_order_are_one():
    circuit = BooleanCircuit(3, (Gate("majority", (2, 4, 6)), Gate("majority", (6, 2, 4))), (8, 10))
    assert rebuilt(circuit, fan_in=3).size == 1
    builder = Builder(2)
    assert builder.gate("and", (4, 2)) == builder.gate("and", (2, 4))
