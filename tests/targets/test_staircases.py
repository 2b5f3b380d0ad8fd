"""Staircases: their terms, and errors."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import pytest

from noflat.targets.bits import bit_states
from noflat.targets.staircases import staircase, staircase_values


@pytest.mark.parametrize(("k", "leap"), [(1, 1), (4, 1), (6, 2), (6, 3), (5, 5)])
def test_terms_grow_by_the_leap_and_variances_add_up(k, leap):
    target = staircase(k, leap=leap, inputs=7)
    degrees = sorted(sum(exponents) for exponents, _ in target.terms)
    assert degrees == list(range(leap, k + 1, leap))
    values = [target.exact([Fraction(int(2 * b - 1)) for b in row]) for row in bit_states(7)]
    assert sum(values) == 0
    assert sum(v * v for v in values) == k // leap * 2**7


@pytest.mark.parametrize(("k", "leap"), [(1, 1), (4, 1), (6, 2), (6, 3), (5, 5)])
def test_compiled_values_are_those_of_the_polynomial(k, leap):
    signs = 2.0 * bit_states(7) - 1
    target = staircase(k, leap=leap, inputs=7)
    expected = [float(target.exact(list(map(Fraction, row)))) for row in signs]
    found = jax.jit(staircase_values)(jnp.asarray(signs), jnp.asarray(k), jnp.asarray(leap))
    assert found.tolist() == expected


def test_errors_say_what_to_do():
    with pytest.raises(ValueError, match="`leap` must divide `k` = 4"):
        staircase(4, leap=3)
    with pytest.raises(ValueError, match="`inputs` be at least that"):
        staircase(4, inputs=3)
