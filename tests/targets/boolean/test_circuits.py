"""The interpreter: bytes of eight words and integers of any width say the same, and what it is."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from sample_circuits import circuits

from noflat.targets import bit_states
from noflat.targets.boolean import BooleanCircuit, Gate, truth_table
from noflat.targets.boolean.circuits import count_values, integers

EXACT = {
    "and": all,
    "or": any,
    "xor": lambda bits: sum(bits) % 2 == 1,
    "majority": lambda bits: sum(bits) >= 2,
    "mux": lambda bits: bits[1] if bits[0] else bits[2],
}


def by_hand(circuit, word):
    """The outputs, gate by gate on Python's bools."""
    values = [False, *map(bool, word)]
    read = lambda literal: values[literal >> 1] != bool(literal & 1)
    for gate in circuit.gates:
        values.append(bool(EXACT[gate.kind]([read(literal) for literal in gate.operands])))
    return [read(literal) for literal in circuit.outputs]


@given(circuits())
def test_all_ways_to_interpret_agree(described):
    circuit = BooleanCircuit(*described)
    words = bit_states(circuit.inputs)
    table = circuit(words)
    assert table.shape == (len(words), len(circuit.outputs))
    assert (truth_table(circuit) == table).all()
    numbers = integers(table, circuit.output_widths)
    for number, word in enumerate(words.tolist()):
        assert table[number].tolist() == by_hand(circuit, word)
        assert circuit(word).tolist() == table[number].tolist()
        assert circuit.on_integers(number) == tuple(numbers[number])


@pytest.mark.parametrize("kind", EXACT)
@pytest.mark.parametrize("operands", [2, 3, 4])
def test_gates_of_every_kind_on_every_word(kind, operands):
    if kind in ("majority", "mux") and operands != 3:
        return
    signs = [0, 1, 1, 0][:operands]
    literals = tuple(2 * (i + 1) + sign for i, sign in enumerate(signs))
    circuit = BooleanCircuit(operands, (Gate(kind, literals),), (2 * operands + 2,))
    for word in product((0, 1), repeat=operands):
        signed = [bit ^ sign for bit, sign in zip(word, signs, strict=True)]
        assert circuit(word)[0] == EXACT[kind](signed)
        if kind != "mux":
            assert count_values(circuit.gates[0])[sum(signed)] == EXACT[kind](signed)


@pytest.mark.parametrize("shape", [(), (1,), (7,), (9,), (0,), (3, 5), (2, 0)])
def test_any_batch(shape):
    circuit = BooleanCircuit(3, (Gate("xor", (2, 4, 6)), Gate("and", (2, 5))), (8, 10, 1))
    words = np.random.default_rng(0).integers(0, 2, (*shape, 3))
    found = circuit(words)
    assert found.shape == (*shape, 3)
    assert found.dtype == bool
    assert (found[..., 0] == words.sum(-1) % 2).all()
    assert (found[..., 1] == (words[..., 0] > words[..., 1])).all()
    assert found[..., 2].all()
    assert (circuit(words.astype(float)) == circuit(words.astype(bool))).all()


def test_no_inputs_and_no_outputs():
    constants = BooleanCircuit(0, (), (1, 0))
    assert constants(np.zeros((3, 0))).tolist() == [[True, False]] * 3
    assert constants.on_integers() == (1,)
    assert constants.depth == constants.size == constants.fan_in == 0
    silent = BooleanCircuit(2, (Gate("and", (2, 4)),), ())
    assert silent(np.ones((5, 2))).shape == (5, 0)
    assert silent.on_integers(3) == ()
    assert silent.depth == 0


def test_what_a_circuit_says_of_itself():
    gates = (Gate("xor", (2, 4)), Gate("and", (2, 4, 6)), Gate("or", (8, 10)), Gate("or", (2, 4)))
    circuit = BooleanCircuit(3, gates, (8, 12), (1, 2), (1, 1))
    assert circuit.size == 4
    assert circuit.fan_in == 3
    assert circuit.depth == 2
    assert circuit.levels == (0, 0, 0, 0, 1, 1, 2, 1)
    assert circuit.kinds == {"xor": 1, "and": 1, "or": 2}
    assert BooleanCircuit(3, gates, (8,)).depth == 1
    assert BooleanCircuit(3, gates, (3, 1)).depth == 0
    assert circuit.on_integers(1, 3) == (0, 1)
    assert hash(circuit) == hash(BooleanCircuit(3, gates, (8, 12), (1, 2), (1, 1)))


@pytest.mark.usefixtures("unchecked")
def test_integers_of_numpy_lose_nothing():
    copied = BooleanCircuit(8, (), (1, *range(2, 18, 2)))
    assert copied.on_integers(np.uint8(200)) == (401,)
    assert copied.on_integers(200) == (401,)
    wide = BooleanCircuit(100, (), tuple(range(2, 202, 2)))
    assert wide.on_integers(2**99 + 12345) == (2**99 + 12345,)
    assert BooleanCircuit(1, (), (3,)).on_integers(True) == (0,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (2, (Gate("nand", (2, 4)),), (6,)),
            "`gates` must be of kinds and, or, xor",
        ),
        ((2, (Gate("and", (2,)),), (6,)), "gate 0, a and, has 1"),
        ((2, (Gate("mux", (2, 4)),), (6,)), "gate 0, a mux, has 2"),
        ((2, (Gate("majority", (2, 4, 2, 4)),), (6,)), "gate 0, a majority, has 4"),
        (
            (2, (Gate("and", (2, 6)),), (6,)),
            r"gate 0 takes \(2, 6\), and those before it are the integers up to 5",
        ),
        ((2, (Gate("and", (-2, 4)),), (6,)), "`gates` must take literals of values before them"),
        ((2, (Gate("and", (2.0, 4)),), (6,)), r"gate 0 takes \(2.0, 4\), and those before it are"),
        ((2, (Gate("and", ("2", 4)),), (6,)), r"gate 0 takes \('2', 4\)"),
        ((2, (("and", (2, 4)),), (6,)), r"of the class Gate.*gate 0 is \('and', \(2, 4\)\)"),
        ((2, (Gate("and", 2),), (6,)), "of the class Gate.*gate 0 is Gate"),
        ((2, (Gate("and", "24"),), (6,)), "of the class Gate.*gate 0 is Gate"),
        ((2, 7, (6,)), "`gates` must be a tuple; got 7"),
        ((2, (), 6), "`outputs` must be a tuple; got 6"),
        ((2, (), (2.0,)), "`outputs` must be literals of its values; got 2.0"),
        ((2, (), (2,), (2.0,)), r"`widths` must be nonnegative integers.*; got \(2.0,\)"),
        ((2, (), (6,)), "`outputs` must be literals of its values; got 6"),
        ((2, (), (-1,)), "`outputs` must be literals of its values; got -1"),
        (
            (2, (), (2,), (1, 2)),
            r"`widths` must be nonnegative integers and add up to 2 bits; got \(1, 2\)",
        ),
        ((2, (), (2,), (3, -1)), "`widths` must be nonnegative integers and add up to 2 bits"),
        (
            (2, (), (2,), (2,), (2,)),
            "`output_widths` must be nonnegative integers and add up to 1 bits",
        ),
        ((-1, (), ()), "`inputs` must be an integer of at least 0"),
        ((1.5, (), ()), "`inputs` must be an integer of at least 0"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_no_circuits(arguments, message):
    with pytest.raises(ValueError, match=message):
        BooleanCircuit(*arguments)


@pytest.mark.usefixtures("unchecked")
def test_lists_become_tuples():
    listed = BooleanCircuit(2, [Gate("and", (2, 4))], [6], [1, 1])
    assert listed == BooleanCircuit(2, (Gate("and", (2, 4)),), (6,), (1, 1))
    assert hash(listed) == hash(BooleanCircuit(2, (Gate("and", (2, 4)),), (6,), (1, 1)))


@pytest.mark.usefixtures("unchecked")
def test_errors():
    circuit = BooleanCircuit(2, (Gate("and", (2, 4)),), (6,))
    for x in ([1, 0, 1], [[1], [0]], 1):
        with pytest.raises(ValueError, match="`x` must have a last axis of 2 bits; got the shape"):
            circuit(x)
    for x in ([1, 2], [0.5, 1], ["1", "0"]):
        with pytest.raises(ValueError, match="`x` must be zeros and ones"):
            circuit(x)
    with pytest.raises(ValueError, match="`values` must be 1 integers; got 2"):
        circuit.on_integers(1, 1)
    with pytest.raises(ValueError, match="`values` must fit: 4 is none of 2 bits"):
        circuit.on_integers(4)
    for value in (-1, 1.0, "1"):
        with pytest.raises(ValueError, match="`values` must be an integer of at least 0, of 2 bit"):
            circuit.on_integers(value)
    with pytest.raises(ValueError, match="the value of a mux does not follow from the number"):
        count_values(Gate("mux", (2, 4, 6)))
