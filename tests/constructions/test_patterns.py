"""Networks for patterns, written down: right on all words, as small as the formulas say."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.constructions import parity_detector, word_detectors
from noflat.measure import outputs
from noflat.targets import parity_pattern, pattern_labels, random_pattern
from noflat.targets.bits import bit_states

WORDS = 2 * bit_states(8) - 1


@pytest.mark.parametrize("size", range(1, 8))
def test_parities(size):
    place = (8 - size) // 2
    network = parity_detector(8, size, place)
    labels = pattern_labels(parity_pattern(8, size, place), jnp.asarray(WORDS))
    assert network.neurons == size
    assert np.array_equal(outputs(network, WORDS)[:, 0], labels)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_any_pattern(size):
    for seed in range(4):
        pattern = random_pattern(8, size, 1, key=jax.random.key(seed))
        network = word_detectors(pattern)
        assert network.neurons == 2 ** (size - 1)
        found = outputs(network, WORDS)[:, 0]
        assert np.array_equal(found, pattern_labels(pattern, jnp.asarray(WORDS)))


def test_a_rare_label_takes_fewer_neurons():
    pattern = parity_pattern(5, 2, 0)._replace(values=np.array([1, -1, 1, 1]))
    network = word_detectors(pattern)
    assert network.neurons == 1
    words = 2 * bit_states(5) - 1
    labels = pattern_labels(pattern, jnp.asarray(words))
    assert np.array_equal(outputs(network, words)[:, 0], labels)


@pytest.mark.parametrize("size", [2, 4])
def test_all_neurons_are_local(size):
    for network in (
        parity_detector(9, size, 3),
        word_detectors(parity_pattern(9, size, 3)),
    ):
        seen = set(np.asarray(network.layers[0].rows).tolist())
        assert seen == set(range(3, 3 + size))


def test_errors():
    with pytest.raises(ValueError, match="`place` must be from 0"):
        parity_detector(5, 3, 3)
    with pytest.raises(ValueError, match="`place` must be from 0"):
        word_detectors(parity_pattern(5, 2, 0)._replace(place=4))
