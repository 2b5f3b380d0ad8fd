"""What one exponential neuron explains: the closed form against points, and its maximum."""

import numpy as np
import pytest

from noflat.measure import one_neuron_share, sampled_share


@pytest.mark.parametrize(("low", "high"), [(0.0, 2.0), (-1.0, 1.0), (-2.0, 2.0), (0.5, 1.0)])
def test_against_plain_sampling_of_two_inputs(low, high):
    share, slope = one_neuron_share(2, low, high)
    points = np.random.default_rng(0).uniform(low, high, (2**18, 2))
    values = points.prod(axis=1)

    def explained(a):
        return np.corrcoef(values, np.exp(a * points.sum(axis=1)))[0, 1] ** 2

    # a correlation over N points is off by about 1/sqrt(N)
    assert share == pytest.approx(explained(slope), abs=5 / 2**9)
    assert explained(0.7 * slope) <= share + 5 / 2**9


@pytest.mark.parametrize("n", [2, 10, 20])
def test_against_points_where_the_neuron_is_large(n):
    share, slope = one_neuron_share(n, 0.0, 2.0)
    estimates = sampled_share(n, 0.0, 2.0, slope, seed=1, repeats=16)
    spread = np.std(estimates, ddof=1) / 4
    assert abs(np.mean(estimates) - share) < 5 * spread
    assert spread < 0.02 * share


def test_signs_take_nearly_all():
    assert one_neuron_share(20, 0, 2)[0] > 0.75
    assert one_neuron_share(20, -2, 2)[0] < 1e-6


def test_no_interval():
    with pytest.raises(ValueError, match="`low` must be below `high`; got 2 and 2"):
        one_neuron_share(3, 2, 2)
