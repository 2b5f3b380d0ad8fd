"""Grouped products: the cheapest groups, against a search over all of them."""

from functools import cache
from math import ceil, floor, log

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat import apply, count_neurons, grouped_product
from noflat.constructions import group_sizes, plan_grouped
from noflat.constructions.grouped import balanced
from noflat.constructions.plans import build
from noflat.networks import Network

# Neurons for k = 1, 2, 3, 4 hidden layers: with cubes, with half cubes.
TABLE = {
    4: ((16, 12), (8, 6)),
    8: ((256, 28, 28), (128, 14, 14)),
    16: ((65536, 80, 60, 60), (32768, 40, 30, 30)),
    20: ((2**20, 112, 76, 76), (2**19, 56, 38, 38)),
    32: ((2**32, 304, 128, 124), (2**31, 152, 64, 62)),
    64: ((2**64, 1792, 304, 252), (2**63, 896, 152, 126)),
    100: ((2**100, 8192, 576, 400), (2**99, 4096, 288, 200)),
}


def cost(groups, *, halved):
    return sum(1 if b == 1 else 2 ** (b - halved) for layer in groups for b in layer)


def partitions(n, most):
    if n == 0:
        yield ()
    for part in range(min(n, most), 0, -1):
        yield from ((part, *rest) for rest in partitions(n - part, part))


@cache
def cheapest(n, layers, halved):
    """The least over every way to split n into groups, layer by layer; None if there is none."""
    if layers == 0:
        return 0 if n == 1 else None
    totals = (
        cost([sizes], halved=halved) + rest
        for sizes in partitions(n, n)
        if (rest := cheapest(len(sizes), layers - 1, halved)) is not None
    )
    return min(totals, default=None)


@pytest.mark.parametrize("halved", [False, True])
@pytest.mark.parametrize("n", TABLE)
def test_the_table(n, halved):
    for layers, neurons in enumerate(TABLE[n][halved], start=1):
        assert cost(group_sizes(n, layers, halved=halved), halved=halved) == neurons
    deepest = ceil(log(n, 3) - 1e-9)
    least = min(
        cost(group_sizes(n, k, halved=halved), halved=halved) for k in range(1, deepest + 2)
    )
    assert least == (2 if halved else 4) * (n - 1)


@pytest.mark.parametrize("halved", [False, True])
@pytest.mark.parametrize("n", range(2, 11))
def test_against_every_partition(n, halved):
    for layers in range(1, n):
        groups = group_sizes(n, layers, halved=halved)
        assert len(groups) == layers
        assert cost(groups, halved=halved) == cheapest(n, layers, halved)


def test_balanced():
    for n in range(1, 40):
        for groups in range(1, n + 1):
            sizes = balanced(n, groups)
            assert len(sizes) == groups
            assert sum(sizes) == n
            assert max(sizes) - min(sizes) <= 1
    # For a given number of groups no other split is cheaper.
    for n in range(2, 13):
        for sizes in partitions(n, n):
            for halved in (False, True):
                even = cost([balanced(n, len(sizes))], halved=halved)
                assert even <= cost([sizes], halved=halved)


@pytest.mark.parametrize("n", range(2, 41))
def test_two_and_three(n):
    # 4(n - 1) is reached with k layers if and only if 2^k <= n <= 3^k, and never less.
    for layers in range(1, min(n, 7)):
        groups = group_sizes(n, layers)
        reached = cost(groups, halved=False) == 4 * (n - 1)
        assert reached == (2**layers <= n <= 3**layers)
        assert cost(groups, halved=False) >= 4 * (n - 1)
        if reached:
            assert {b for layer in groups for b in layer} <= {2, 3}


@pytest.mark.parametrize(("n", "layers"), [(5, 1), (5, 2), (5, 4), (8, 2), (9, 2), (16, 3)])
@pytest.mark.parametrize("halved", [False, True])
def test_networks_have_those_neurons_and_multiply(n, layers, halved):
    network = grouped_product(n, layers, "cos", halved=halved)
    plan = plan_grouped(n, layers, "cos", halved=halved)
    groups = group_sizes(n, layers, halved=halved)
    assert network.hidden_layers == layers
    assert count_neurons(network) == plan.neurons == cost(groups, halved=halved)
    assert network.widths == tuple(cost([layer], halved=halved) for layer in groups)
    x = jnp.linspace(0.7, 1.0, n)
    # At one point: within some times the error that is planned for all of them.
    np.testing.assert_allclose(
        apply(network, x)[0], jnp.prod(x), rtol=max(30 * plan.predicted_error, 1e-12)
    )


def test_six_squares_multiply_four():
    # Theorem D2: exactly, in whole numbers; with one neuron in the second layer a sign is missing
    network = grouped_product(4, 2, "power2", halved=True)
    assert network.widths == (4, 2)
    assert all(layer.bias is None for layer in network.layers)
    points = np.random.default_rng(0).integers(-9, 10, (50, 4))
    found = np.asarray(jax.vmap(network)(jnp.asarray(points, float)))[:, 0]
    np.testing.assert_array_equal(found, points.prod(axis=1))
    first, second, last = network.layers
    narrow = Network(
        (
            first,
            second._replace(weight=second.weight[:, :1]),
            last._replace(weight=jnp.ones((1, 1))),
        ),
        network.activation,
    )
    values = np.asarray(jax.vmap(narrow)(jnp.asarray(points, float)))
    assert np.all(values >= 0)
    assert np.any(points.prod(axis=1) < 0)


def test_depth_beyond_the_logarithm_saves_no_neurons():
    counts = [plan_grouped(27, k, "exp").neurons for k in range(2, 9)]
    assert counts[1] == min(counts) == 4 * 26
    assert counts.index(min(counts)) + 2 == ceil(log(27, 3) - 1e-9)
    assert all(a < b for a, b in zip(counts[3:], counts[4:], strict=False))
    assert floor(log(27, 2)) == 4


@pytest.mark.usefixtures("unchecked")
def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="must be from 1 to 7 for 8 variables; got 8"):
        grouped_product(8, 8, "exp")
    for layers in (0, -1, "2", 1.5):
        with pytest.raises(ValueError, match="`hidden_layers` must be an integer of at least 1"):
            grouped_product(8, layers, "exp")
    for n in (1, True, 3.0):
        with pytest.raises(ValueError, match="`n` must be an integer of at least 2"):
            grouped_product(n, 1, "exp")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=r"groups of 100 would take 2\^100 neurons each: ask for"):
        grouped_product(100, 1, "exp")
    plan = plan_grouped(200, 2, "exp")
    with pytest.raises(ValueError, match="65536 neurons on 98304 values would need 48 GiB"):
        build(plan, jnp.dtype("float64"))
    with pytest.raises(ValueError, match="floor of float64 for 6 variables in 2 layers"):
        grouped_product(6, 2, "exp", error=1e-12)
    with pytest.raises(ValueError, match="relu_squared has no bias for a corner of 1 factors"):
        grouped_product(4, 3, "relu_squared")
