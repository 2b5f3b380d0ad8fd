"""Networks for the posterior: against exact odds, and counted."""

import itertools
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.constructions import count_deep, count_flat, deep_posterior, flat_posterior
from noflat.constructions.posteriors import group_sums, linear_height, told
from noflat.targets import Broadcast
from noflat.targets.broadcast import log_odds

BUILDERS = {
    "softplus": deep_posterior,
    "relu": lambda process: deep_posterior(process, "relu"),
    "flat": flat_posterior,
}
TREES = [(2, 1), (2, 2), (2, 3), (2, 4), (3, 1), (3, 2), (4, 2), (3, 3)]


def compared(process, count=200):
    if process.leaves <= 9:
        x = np.array(list(itertools.product((0, 1), repeat=process.leaves)))
    else:
        x = np.asarray(process.sample(count, key=jax.random.key(0))[1])
    return jnp.asarray(x, float), np.asarray(log_odds(process, x.tolist()))


@pytest.mark.parametrize("way", BUILDERS)
@pytest.mark.parametrize(("branches", "levels"), TREES)
def test_a_network_gives_the_exact_log_odds(way, branches, levels):
    process = Broadcast(branches, levels, Fraction(1, 7), Fraction(1, 3))
    network = BUILDERS[way](process)
    points, exact = compared(process)
    found = jax.vmap(network)(points)[:, 0]
    # tables of hundreds of neurons cancel down from sums as large as the last place: 10^3 * 2^-52
    np.testing.assert_allclose(found, exact, atol=1e-12)
    counted = count_flat(branches, levels) if way == "flat" else count_deep(branches, levels, way)
    assert network.neurons == counted


@pytest.mark.parametrize("flip", [Fraction(1, 1000), Fraction(1, 10), Fraction(49, 100)])
def test_at_any_noise(flip):
    process = Broadcast(2, 5, flip)
    points, exact = compared(process)
    # a few dozen roundings of numbers as large as the log-odds of a leaf
    found = jax.jit(jax.vmap(deep_posterior(process)))(points)[:, 0]
    np.testing.assert_allclose(found, exact, atol=1e-13)


def test_the_deep_network_follows_the_levels():
    for levels in range(3, 7):
        network = deep_posterior(Broadcast(2, levels, Fraction(1, 10)))
        assert network.widths == tuple(2 ** (levels - i) for i in range(1, levels - 1))
        assert network.neurons == count_deep(2, levels) == 2**levels - 4
    network = deep_posterior(Broadcast(3, 4, Fraction(1, 10)))
    assert network.widths == (54, 18, 6)


def test_counts():
    assert [count_deep(2, levels, "relu") for levels in range(1, 7)] == [0, 0, 6, 34, 234, 7690]
    assert [count_flat(2, levels) for levels in range(1, 7)] == [0, 0, 6, 46, 1246, 781246]
    assert [count_deep(3, levels) for levels in range(1, 5)] == [0, 6, 24, 78]
    assert [count_flat(3, levels) for levels in range(1, 4)] == [0, 9, 189]
    for levels in range(1, 9):  # softplus: two per bit between, two levels of them free
        assert count_deep(4, levels) == 2 * sum(4**i for i in range(1, levels))


def test_two_softplus_are_what_a_bit_tells():
    process = Broadcast(2, 1, Fraction(1, 10))
    m = np.linspace(-8, 8, 101)
    wanted = 2 * np.arctanh(0.8 * np.tanh(m / 2))
    np.testing.assert_allclose(told(m, process), wanted, atol=1e-13)
    slopes = np.diff(told(m, process)) / np.diff(m)
    assert 0 < slopes.min() < slopes.max() <= 0.8


@pytest.mark.parametrize(("branches", "height"), [(2, 2), (2, 3), (3, 1), (3, 2)])
def test_group_sums_have_the_law_of_the_leaves(branches, height):
    process = Broadcast(branches, height, Fraction(1, 5))
    below = group_sums(process, height)
    size = branches ** linear_height(branches)
    wanted = {tuple(row): np.zeros(2) for row in below.sums.tolist()}
    assert len(wanted) == len(below.sums)
    leaves = itertools.product((0, 1), repeat=process.leaves)
    for x, given in zip(leaves, process.chain().likelihoods(0), strict=True):
        sums = tuple(sum(x[i : i + size]) for i in range(0, len(x), size))
        wanted[sums] += np.array(given, float)
    found = [wanted[tuple(row)] for row in below.sums.tolist()]
    np.testing.assert_allclose(below.given.T, found, rtol=1e-12)


def test_the_output_is_compiled_or_not_the_same():
    process = Broadcast(2, 4, Fraction(1, 10))
    points, _ = compared(process, 20)
    network = deep_posterior(process)
    # one rounding more or less in fused sums
    np.testing.assert_allclose(
        jax.jit(jax.vmap(network))(points), jax.vmap(network)(points), atol=1e-14
    )


def test_arguments_are_checked():
    process = Broadcast(2, 6, Fraction(1, 10))
    with pytest.raises(ValueError, match="`activation` must be softplus or relu"):
        deep_posterior(process, "tanh")
    with pytest.raises(ValueError, match="`activation` must be softplus or relu"):
        count_deep(2, 3, "tanh")
    with pytest.raises(ValueError, match="781246 are needed"):
        flat_posterior(process)
    with pytest.raises(ValueError, match="`height` must be at least 2"):
        group_sums(process, 1)
