"""Input points."""

import numpy as np
import pytest

from noflat.measure import sample


@pytest.mark.parametrize(
    ("inputs", "second", "fourth"), [("cube", 1 / 3, 1 / 5), ("gaussian", 1, 3)]
)
def test_moments(inputs, second, fourth):
    points = sample(inputs, 3, 2**13, seed=0)
    assert points.dtype == np.float64
    # Sobol points integrate smooth functions to much better than 1/sqrt(N) = 0.011
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=2e-3)
    np.testing.assert_allclose((points**2).mean(axis=0), second, rtol=4e-3)
    np.testing.assert_allclose((points**4).mean(axis=0), fourth, rtol=2e-2)
    assert np.isfinite(points).all()


def test_seed_decides():
    np.testing.assert_array_equal(sample("cube", 2, 8, seed=1), sample("cube", 2, 8, seed=1))
    assert not np.array_equal(sample("cube", 2, 8, seed=1), sample("cube", 2, 8, seed=2))


def test_errors():
    with pytest.raises(ValueError, match="`inputs` must be one of cube, gaussian"):
        sample("sphere", 2, 8, seed=0)
    with pytest.raises(ValueError, match="`count` must be a power of two"):
        sample("cube", 2, 7, seed=0)
