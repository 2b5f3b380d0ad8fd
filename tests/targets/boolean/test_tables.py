"""Truth tables become circuits of that table, small where the function is simple."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from sample_circuits import circuits

from noflat.targets import bit_states
from noflat.targets.boolean import BooleanCircuit, table_circuit, trace, truth_table


@pytest.mark.parametrize("fan_in", [2, 3])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_every_function_of_few_bits(n, fan_in):
    for values in product((0, 1), repeat=2**n):
        circuit = table_circuit(values, fan_in=fan_in)
        assert circuit.inputs == n
        assert circuit.fan_in <= fan_in
        assert truth_table(circuit)[:, 0].astype(int).tolist() == list(values)
        assert circuit.size <= (2**n - 1) * (1 if fan_in > 2 else 3)


@given(circuits())
def test_a_circuit_and_its_table(described):
    circuit = BooleanCircuit(*described)
    table = truth_table(circuit)
    again = table_circuit(table)
    assert (truth_table(again) == table).all()
    assert again.size <= len(circuit.outputs) * (2**circuit.inputs - 1)


@pytest.mark.parametrize("n", [4, 6, 8])
def test_rows_are_in_the_order_of_the_states(n):
    words = bit_states(n)
    table = np.stack([words[:, 0], words[:, n - 1], words.all(axis=1)], axis=1)
    circuit = table_circuit(table)
    assert circuit.size == n - 1  # one conjunction; the rest are inputs
    assert circuit.outputs[:2] == (2, 2 * n)
    assert (circuit(words) == table).all()


@pytest.mark.parametrize("n", [2, 5, 8, 10])
def test_symmetric_functions_take_few_nodes(n):
    """A state of the diagram after k inputs is their count: 1 + 2 + ... + n nodes at most."""
    ones = bit_states(n).sum(axis=1)
    chance = np.random.default_rng(n)
    symmetric = [ones % 2, 2 * ones > n, ones == n // 2, ones % 3 == 1]
    symmetric += [chance.integers(0, 2, n + 1)[ones] for _ in range(8)]
    for values in symmetric:
        circuit = table_circuit(values)
        assert circuit.size <= n * (n + 1) / 2
        assert (truth_table(circuit)[:, 0] == values).all()
    assert table_circuit(ones % 2).size == n - 1


def test_subfunctions_are_shared_over_outputs():
    table = np.random.default_rng(0).integers(0, 2, 256)
    alone = table_circuit(table).size
    assert table_circuit(np.stack([table, table], axis=1)).size == alone
    # the half that one output shares with the other is made once
    half = np.concatenate([table[:128], np.zeros(128, int)])
    assert table_circuit(np.stack([table, half], axis=1)).size <= alone + 1


def test_a_random_table_takes_nearly_all_nodes():
    """Below the last inputs, where all subfunctions occur, hardly any node is saved."""
    n = 8
    table = np.random.default_rng(1).integers(0, 2, 2**n)
    subfunctions = sum(
        len({table[i : i + 2**k].tobytes() for i in range(0, 2**n, 2**k)}) for k in range(1, n + 1)
    )
    assert 2 ** (n - 1) / n < table_circuit(table).size <= subfunctions < 2**n


def test_a_traced_function_and_its_table():
    traced = trace(lambda a, b: (a * b, a < b), 3, 3)
    again = table_circuit(truth_table(traced))
    assert (truth_table(again) == truth_table(traced)).all()
    assert truth_table(traced).shape == (64, 7)


def test_constants():
    assert table_circuit([1, 1]).outputs == (1,)
    assert table_circuit(np.zeros((8, 2))).outputs == (0, 0)
    assert table_circuit([True, False]).outputs == (3,)


@pytest.mark.parametrize(
    "table", [[], [1], [0, 1, 1], [0, 2], [0.5, 1], [[], []], 1, np.zeros((2, 2, 2)), ["0", "1"]]
)
def test_no_tables(table):
    with pytest.raises(ValueError, match="`table` must be zeros and ones, a row for each"):
        table_circuit(table)


def test_errors():
    with pytest.raises(ValueError, match="`n` must be at most 20"):
        truth_table(BooleanCircuit(21, (), (2,)))
    with pytest.raises(ValueError, match="`fan_in` must be an integer of at least 2"):
        table_circuit([0, 1, 1, 1], fan_in=1)
