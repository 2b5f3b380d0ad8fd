"""The cipher: a circuit and a table that agree, a permutation, and what its bits depend on."""

import jax
import numpy as np
import pytest

from noflat.targets.bits import bit_states
from noflat.targets.boolean import truth_table
from noflat.targets.boolean.ciphers import BITS, cipher_circuit, encrypted, round_keys
from noflat.targets.boolean.circuits import integers


@pytest.mark.parametrize("rounds", [0, 1, 2, 4])
def test_the_circuit_is_the_cipher_on_every_word(rounds):
    keys = round_keys(rounds, key=jax.random.key(rounds))
    found = integers(truth_table(cipher_circuit(keys)), (BITS,))[:, 0]
    assert found.tolist() == [encrypted(word, keys) for word in range(2**BITS)]
    assert len(set(found.tolist())) == 2**BITS  # no two words become one


def test_keys_of_fewer_rounds_are_the_first():
    key = jax.random.key(3)
    assert round_keys(2, key=key) == round_keys(5, key=key)[:3]


@pytest.mark.parametrize(("rounds", "inputs"), [(1, 4), (2, 16)])
def test_bits_depend_on_four_inputs_and_then_on_all(rounds, inputs):
    circuit = cipher_circuit(round_keys(rounds, key=jax.random.key(0)), outputs=1)
    table = truth_table(circuit)[:, 0]
    words = np.arange(2**BITS)
    depends = [(table[words ^ (1 << i)] != table).any() for i in range(BITS)]
    assert sum(depends) == inputs
    assert table.mean() == 0.5
    assert (circuit(bit_states(BITS))[:, 0] == table).all()


def test_errors_say_what_to_do():
    with pytest.raises(ValueError, match="`outputs` must be from 1 to 16 bits; got 0"):
        cipher_circuit((0,), outputs=0)
    with pytest.raises(ValueError, match="`rounds` must be an integer of at least 0"):
        round_keys(-1, key=jax.random.key(0))
