"""Multilinear polynomials: exact on every function of few bits."""

from fractions import Fraction
from itertools import product as cartesian

import numpy as np
import pytest

from noflat.targets import bit_states, multilinear


@pytest.mark.parametrize("n", [1, 2, 3])
def test_every_function_of_few_bits(n):
    states = bit_states(n).tolist()
    for values in cartesian((0, 1), repeat=2**n):
        found = multilinear(values)
        assert [found.exact(state) for state in states] == list(values)
        assert all(max(exponents) <= 1 for exponents, _ in found.terms)
        assert len(found.terms) <= 2**n


def test_coefficients_are_the_alternating_sums():
    values = [Fraction(int(v), 7) for v in np.random.default_rng(0).integers(-9, 9, 32)]
    found, states = multilinear(values), bit_states(5)
    for k, state in enumerate(states):
        below = [s for s, other in enumerate(states) if (other <= state).all()]
        signs = [(-1) ** int(state.sum() - states[s].sum()) for s in below]
        expected = sum(sign * values[s] for sign, s in zip(signs, below, strict=True))
        assert found.coefficient(states[k].tolist()) == expected


def test_all_terms_are_needed_where_no_bit_may_be_one():
    for n in range(1, 8):
        none = multilinear([1] + [0] * (2**n - 1))
        assert len(none.terms) == 2**n
        assert all(c == (-1) ** sum(e) for e, c in none.terms)


def test_errors():
    for values in ([1], [1, 2, 3], []):
        with pytest.raises(ValueError, match="`values` must be one for each of 2, 4, 8"):
            multilinear(values)
    with pytest.raises(ValueError, match="`n` must be at most 20"):
        bit_states(21)
