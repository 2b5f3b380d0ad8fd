"""The complexity on clusters: all signs, and all networks, one after the other."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from noflat.measure import (
    cluster_sizes,
    clustered_asymptotic,
    clustered_points,
    clustered_rademacher,
    clustered_supremum,
    mean_absolute_sum,
    rademacher_orders,
)


def all_fair_signs(m):
    return np.array(list(product((-1, 1), repeat=m)))


@pytest.mark.parametrize("t", range(1, 13))
def test_the_mean_absolute_sum_over_all_signs(t):
    assert mean_absolute_sum(t) == Fraction(int(np.abs(all_fair_signs(t).sum(1)).sum()), 2**t)


def test_the_mean_absolute_sum_of_many_signs():
    # the next term of the expansion is 1/(4t)
    assert float(mean_absolute_sum(10_001)) == pytest.approx((2e4 / np.pi) ** 0.5, rel=1e-4)


@pytest.mark.parametrize(("m", "s", "k"), [(5, 4, 1), (8, 6, 2), (9, 2, 1), (3, 8, 2), (7, 7, 7)])
def test_the_complexity_is_the_mean_supremum_over_all_signs(m, s, k):
    sizes = cluster_sizes(m, s, k)
    assert sizes.sum() == m
    assert sizes.max() - sizes.min() <= 1
    assert len(sizes) == min(s // k, m)
    suprema = [clustered_supremum(signs, s, k) for signs in all_fair_signs(m).astype(float)]
    assert float(clustered_rademacher(m, s, k)) == pytest.approx(np.mean(suprema))


def best_network(sums, s, k):
    r"""The supremum times m over A, by all active sets and readouts of s neurons.

    A neuron of readout u that is active on G gets at most the length of the positive part of u S
    on G, and gets it with weights along that part and the threshold 0.
    """
    q = len(sums)
    choices = []
    for u, chosen in product((-1, 1), product((0, 1), repeat=q)):
        part = np.maximum(u * sums, 0) * np.array(chosen)
        choices.append((np.array(chosen), np.linalg.norm(part)))
    best = 0.0
    for network in product(choices, repeat=s):
        if np.all(sum(chosen for chosen, _ in network) <= k):
            best = max(best, sum(value for _, value in network))
    return best


@pytest.mark.parametrize(("m", "s", "k"), [(7, 3, 1), (5, 2, 1), (6, 4, 2), (5, 3, 2), (4, 3, 3)])
def test_no_network_is_better(m, s, k):
    sizes = cluster_sizes(m, s, k)
    for signs in all_fair_signs(m)[::5].astype(float):
        sums = np.array([part.sum() for part in np.split(signs, np.cumsum(sizes)[:-1])])
        found = clustered_supremum(signs, s, k, bound=3.0)
        assert found == pytest.approx(3 * best_network(sums, s, k) / m)


def test_the_network_of_the_proof():
    m, s, k = 11, 7, 2
    points, signs = clustered_points(m, s, k, 4), all_fair_signs(m)[777].astype(float)
    sums = signs @ points
    weights = np.repeat(np.eye(4)[: s // k], k, axis=0)
    active = points @ weights.T > 0
    assert len(weights) <= s
    assert np.all(active.sum(axis=1) == k)
    value = np.repeat(np.sign(sums[: s // k]), k) @ np.maximum(points @ weights.T, 0).T @ signs / m
    assert clustered_supremum(signs, s, k) == pytest.approx(value)


@pytest.mark.parametrize(
    ("m", "s", "k"), [(256, 64, 1), (4096, 64, 1), (4096, 256, 1), (4096, 64, 16)]
)
def test_against_sampled_signs(m, s, k):
    generator, ends = np.random.default_rng(0), np.cumsum(cluster_sizes(m, s, k))[:-1]
    signs = generator.choice([-1, 1], size=(400, m))
    found = [k * sum(abs(part.sum()) for part in np.split(row, ends)) / m for row in signs]
    exact = float(clustered_rademacher(m, s, k))
    assert abs(np.mean(found) - exact) < 4.5 * np.std(found) / 20


def test_the_asymptotic_form_and_its_order():
    for k in (1, 4):
        # clusters of t points: relatively 1/(4t), t = 256 at k = 1
        exact = float(clustered_rademacher(2**14, 64, k))
        assert clustered_asymptotic(2**14, 64, k) == pytest.approx(exact, rel=2e-3)
    assert clustered_rademacher(16, 1024, 3) == 3


@pytest.mark.parametrize("k", [1, 4, 64])
def test_orders_stand_as_they_must(k):
    orders = rademacher_orders(256, 64, k, 16, bound=2.0)
    exact = 2 * float(clustered_rademacher(256, 64, k))
    assert exact <= orders.most
    assert exact < orders.conjectured <= orders.dense
    assert orders.conjectured < orders.published
    assert orders.published == pytest.approx(
        orders.conjectured * (16 * np.log(256 * k)) ** 0.5, rel=1e-12
    )
    wider = rademacher_orders(256, 64, k, 16, bound=2.0, threshold=2.0)
    assert wider.published > 2 * orders.published


def test_what_is_refused():
    with pytest.raises(ValueError, match="`k` must be at most `s` = 3"):
        cluster_sizes(5, 3, 4)
    with pytest.raises(ValueError, match="`m` must be an integer of at least 1"):
        clustered_rademacher(0, 3, 1)
    with pytest.raises(ValueError, match="`n` must be at least 3, one direction for each"):
        clustered_points(5, 3, 1, 2)
    with pytest.raises(ValueError, match="`t` must be an integer of at least 0"):
        mean_absolute_sum(-1)
    with pytest.raises(ValueError, match="`bound` must be a positive number"):
        clustered_supremum(np.ones(4), 2, 1, bound=0.0)
    with pytest.raises(ValueError, match="`threshold` must be at least 0"):
        rademacher_orders(4, 2, 1, 3, threshold=-1.0)
