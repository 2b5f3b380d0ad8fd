"""Measured Waring ranks: the known ones, and weights that tell a border rank."""

import jax
import numpy as np
import pytest

from noflat.measure import measured_rank
from noflat.targets import elementary_symmetric, monomial, permanent, product

KEY = jax.random.key(0)


@pytest.mark.parametrize(
    ("form", "rank"),
    [(product(2), 2), (product(3), 4), (elementary_symmetric(4, 3), 5), (monomial((1, 1, 2)), 4)],
    ids=str,
)
def test_known_ranks(form, rank):
    found = measured_rank(form, range(1, rank + 2), restarts=32, tolerance=1e-3, key=KEY)
    assert found.rank == rank
    assert [row.trained.width for row in found.rows] == list(range(1, rank + 1))
    assert found.network is not None
    assert found.network.neurons == rank


def test_weights_grow_where_the_rank_is_larger_than_the_border_rank():
    """x^2 y has rank 3 and border rank 2: two powers come near with large weights only."""
    sizes = {}
    for tolerance in (1e-1, 1e-2, 1e-3):
        found = measured_rank(monomial((2, 1)), [2], restarts=16, tolerance=tolerance, key=KEY)
        sizes[tolerance] = found.rows[0].size
    assert sizes[1e-1] < sizes[1e-2] < sizes[1e-3]
    three = measured_rank(monomial((2, 1)), [3], restarts=16, tolerance=1e-3, key=KEY)
    assert three.rows[0].size < 2 < sizes[1e-3]


def test_where_none_succeeds():
    found = measured_rank(permanent(3), [3, 4], restarts=4, steps=50, key=KEY)
    assert found.rank is None
    assert found.network is None
    assert [row.trained.width for row in found.rows] == [3, 4]
    assert all(np.isnan(row.size) and row.trained.reached == 0 for row in found.rows)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="`restarts`"):
        measured_rank(product(2), [2], restarts=0, key=KEY)
    with pytest.raises(ValueError, match="`tolerance`"):
        measured_rank(product(2), [2], tolerance=0.0, key=KEY)
    with jax.enable_x64(False), pytest.raises(ValueError, match="float64"):
        measured_rank(product(2), [2], key=KEY)
