"""Networks of gates on many words: two ways to the same outputs, and noise as it is told."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.constructions import circuit_network
from noflat.measure import gate_outputs, outputs, reading_noise, words_of, wrong_words
from noflat.targets.bits import bit_states
from noflat.targets.boolean import trace


def product(fan_in=2, **options):
    circuit = trace(lambda a, b: a * b, 3, 3, fan_in=fan_in)
    return circuit, circuit_network(circuit, **options)


@pytest.mark.parametrize("options", [{}, {"skips": False}, {"restoring": True}, {"shared": False}])
def test_sparse_matrices_dense_ones_and_jit_agree(options):
    circuit, network = product(3, dtype=jnp.float32, **options)
    words = bit_states(6)
    found = gate_outputs(network, words)
    assert (found == circuit(words)).all()
    assert (found == outputs(network, words)).all()
    noisy = words + 0.1 * np.random.default_rng(0).standard_normal(words.shape)
    by_jax = jax.jit(jax.vmap(network))(jnp.asarray(noisy, jnp.float32))
    assert gate_outputs(network, noisy) == pytest.approx(np.asarray(by_jax), abs=1e-4)


def test_words_are_all_of_them_or_random_ones():
    (batch,) = words_of(5, 32, seed=0)
    assert (batch == bit_states(5)).all()
    batches = list(words_of(15, 10_000, seed=0))
    assert sum(map(len, batches)) == 10_000
    again = np.concatenate(list(words_of(15, 10_000, seed=0)))
    assert (np.concatenate(batches) == again).all()
    other = np.concatenate(list(words_of(15, 10_000, seed=1)))
    assert (other != again).any()
    # each bit is set in half of the words, to within five standard deviations
    assert np.abs(again.mean(axis=0) - 0.5).max() < 5 * 0.5 / 100


def test_a_wrong_network_is_found():
    circuit, network = product()
    assert wrong_words(network, circuit, most=64, seed=0) == (0, 64)
    other = trace(lambda a, b: a * b ^ (a == 5) & (b == 6), 3, 3)
    assert wrong_words(network, other, most=64, seed=0) == (1, 64)


def test_noise_is_on_inputs_and_on_restoring_pairs():
    values = np.zeros((4, 1000), np.float32)
    everywhere = reading_noise(0.125, restored=True, seed=0)
    assert set(np.unique(everywhere(0, values))) == {-0.125, 0.125}
    assert (everywhere(1, values) == values).all()
    assert set(np.unique(everywhere(2, values))) == {-0.0625, 0.0625}
    inputs = reading_noise(0.125, restored=False, seed=0)
    assert (inputs(2, values) == values).all()


def test_noise_within_the_radius_is_undone_and_beyond_it_is_not():
    circuit, network = product(restoring=True)
    words = bit_states(6)

    def off(radius):
        noise = reading_noise(radius, restored=True, seed=1)
        errors = np.abs(gate_outputs(network, words, noise=noise) - circuit(words))
        return int((errors > radius + 1e-6).sum())

    assert off(3 / 16) == 0
    assert off(1 / 4) > 0
