"""Information: against closed forms, and its inequalities."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noflat.measure import mutual_information, used_information
from noflat.targets import Broadcast


def entropy(p):
    return -p * np.log2(p) - (1 - p) * np.log2(1 - p)


@pytest.mark.parametrize("flip", [0.01, 0.1, 0.3])
def test_of_a_noisy_bit(flip):
    joint = np.array([[1 - flip, flip], [flip, 1 - flip]]) / 2
    assert mutual_information(joint) == pytest.approx(1 - entropy(flip), rel=1e-14)
    exact = np.log((1 - flip) / flip) * np.array([-1.0, 1.0])
    assert used_information(joint, exact) == pytest.approx(1 - entropy(flip), rel=1e-14)


def test_of_independent_symbols_and_of_none():
    assert mutual_information(np.outer([0.2, 0.8], [0.5, 0.5])) == pytest.approx(0, abs=1e-15)
    assert used_information(np.array([[0.0], [1.0]]), np.array([0.0])) == pytest.approx(-1)


@given(
    st.lists(st.floats(0.01, 1), min_size=8, max_size=8),
    st.lists(st.floats(-9, 9), min_size=4, max_size=4),
)
def test_no_prediction_makes_use_of_more_than_there_is(weights, predicted):
    joint = np.array(weights).reshape(2, 4) / sum(weights)
    there = mutual_information(joint)
    assert used_information(joint, np.array(predicted)) <= there + 1e-12
    exact = np.log(joint[1] / joint[0])
    assert used_information(joint, exact) == pytest.approx(there, abs=1e-12)
    # one step of the proof that log-odds which are off by r lose at most r^2 / (8 ln 2)
    off = used_information(joint, exact + 0.1)
    assert there - off <= 0.01 / (8 * np.log(2)) + 1e-12


@given(st.lists(st.floats(0.01, 1), min_size=8, max_size=8))
def test_data_processing(weights):
    joint = np.array(weights).reshape(2, 4) / sum(weights)
    merged = joint[:, :2] + joint[:, 2:]
    assert mutual_information(merged) <= mutual_information(joint) + 1e-12


@pytest.mark.parametrize("flip", [Fraction(1, 10), Fraction(3, 10), Fraction(9, 20)])
@pytest.mark.parametrize(("branches", "height"), [(2, 4), (3, 2), (5, 2)])
def test_the_levels_of_a_tree_contract(branches, height, flip):
    # Theorem M3: each level has at most b (1 - 2e)^2 times the information of the one below
    process = Broadcast(branches, 1, flip)
    bits = []
    for level in range(height + 1):
        given = np.array([[float(p) for p in pair] for pair in process.law(level).values()])
        bits.append(mutual_information(given.T / 2))
    assert bits[0] == pytest.approx(1)
    factor = branches * float(1 - 2 * flip) ** 2
    for below, above in zip(bits, bits[1:], strict=False):
        assert 0 < above <= factor * below


def test_probabilities_are_checked():
    with pytest.raises(ValueError, match="`joint` must be probabilities"):
        mutual_information(np.array([[0.5, 0.6]]))
    with pytest.raises(ValueError, match="`joint` must be probabilities"):
        mutual_information(np.array([[1.5, -0.5]]))
