"""Deep linear maps: exact outputs, counts by their formulas, costs as predicted."""

import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import hadamard

from noflat.constructions import (
    best_levels,
    convolution,
    convolution_stack,
    factorized,
    fourier,
    low_rank,
    sparse_pair,
    sparse_pair_cost,
    strassen,
    strassen_synapses,
    walsh_hadamard,
)
from noflat.constructions.strassen import OF_FIXED, OF_INPUT, OF_PRODUCTS
from noflat.networks import count_flat_synapses, flattening_cost, layer_matrices
from noflat.targets import BlockModel, popularity_adjusted


def matrix_of(network):
    product = np.eye(network.inputs, dtype=int)
    for matrix in layer_matrices(network):
        product = product @ matrix.toarray()
    return product


def points(network, count=3):
    draws = np.random.default_rng(1)
    kind = network.layers[0].weights.dtype
    return jnp.asarray(draws.integers(-9, 10, (count, network.inputs)), kind)


@pytest.mark.parametrize("digits", range(1, 8))
def test_walsh_hadamard(digits):
    n = 2**digits
    network = walsh_hadamard(n)
    np.testing.assert_array_equal(matrix_of(network), hadamard(n))
    x = points(network)
    np.testing.assert_array_equal(jax.vmap(network)(x), np.asarray(x) @ hadamard(n))
    assert network.synapses == 2 * n * digits
    assert flattening_cost(network) == Fraction(n, 2 * digits)


@pytest.mark.parametrize("digits", range(1, 9))
def test_fourier(digits):
    n = 2**digits
    network = fourier(n)
    x = points(network)
    wanted = np.fft.fft(np.asarray(x), axis=1)
    error = np.linalg.norm(jax.vmap(network)(x) - wanted) / np.linalg.norm(wanted)
    assert error <= 14 * digits * 2.0**-53  # Higham (2002), section 24.1, for either transform
    assert [len(layer.weights) for layer in network.layers] == [2 * n] * digits
    assert flattening_cost(network, tolerance=0.5) == Fraction(n, 2 * digits)


@pytest.mark.parametrize("transform", [walsh_hadamard, fourier])
@pytest.mark.parametrize("n", [1, 12, 2.5])
def test_transforms_are_of_powers_of_two(transform, n, unchecked):
    with pytest.raises(ValueError, match="`n` must be"):
        transform(n)


def test_the_seven_products_are_matrix_multiplication():
    # as a tensor: the sum over products of coefficient triples is 1 where blocks chain, else 0
    tensor = np.einsum("pa,pb,cp->abc", OF_FIXED, OF_INPUT, OF_PRODUCTS)
    for a, b, c in np.ndindex(4, 4, 4):
        (i, j), (k, l), (row, column) = (divmod(block, 2) for block in (a, b, c))
        assert tensor[a, b, c] == (j == k and i == row and l == column)
    assert np.count_nonzero(OF_INPUT) == np.count_nonzero(OF_PRODUCTS) == 12


@pytest.mark.parametrize(
    ("size", "levels"), [(1, 0), (3, 0), (2, 1), (6, 1), (4, 2), (12, 2), (8, 3), (16, 2), (16, 4)]
)
def test_strassen(size, levels):
    draws = np.random.default_rng(size)
    fixed = draws.integers(1, 2**20, (size, size))
    network = strassen(fixed, levels)
    x = draws.integers(-9, 10, (size, size))
    found = np.asarray(network(jnp.asarray(x.ravel()))).reshape(size, size)
    np.testing.assert_array_equal(found, fixed @ x)
    assert network.hidden_layers == 2 * levels
    assert network.synapses == strassen_synapses(size, levels)
    assert count_flat_synapses(network) == size**3


@pytest.mark.parametrize(("kind", "levels"), [("eye", 0), ("eye", 1), ("ones", 1), ("ones", 2)])
def test_combinations_that_vanish_are_no_synapses(kind, levels):
    fixed = np.eye(4, dtype=int) if kind == "eye" else np.ones((4, 4), int)
    network = strassen(fixed, levels)
    assert network.synapses < strassen_synapses(4, levels)
    np.testing.assert_array_equal(matrix_of(network), np.kron(fixed.T, np.eye(4, dtype=int)))


@pytest.mark.parametrize("levels", range(7))
def test_the_closed_form_of_strassen(levels):
    for odd in (1, 3, 5):
        n = odd * 2**levels
        ratio = Fraction(7, 4) ** levels
        closed = 8 * n**2 * (ratio - 1) + Fraction(7, 8) ** levels * n**3
        assert strassen_synapses(n, levels) == closed
    assert strassen_synapses(2**levels, levels) == 9 * 7**levels - 8 * 4**levels


def test_where_strassen_wins():
    for n in range(2, 200, 2):
        assert (strassen_synapses(n, 1) < n**3) == (n > 48)
    assert strassen_synapses(48, 1) == 48**3
    full = [m for m in range(1, 30) if strassen_synapses(2**m, m) < 8**m]
    assert full == list(range(17, 30))
    for n in (1, 48, 64, 96, 100, 1000, 1024, 4096):
        possible = range(int(math.log2(n & -n)) + 1)
        counts = [strassen_synapses(n, levels) for levels in possible]
        assert strassen_synapses(n, best_levels(n)) == min(counts)


def test_the_best_levels_of_strassen():
    # Theorem L3b: blocks of 32 rows, and a cost that tends to 4/5 (8/7)^(m - 5); L3d: never more
    # than (8/7)^L, which is at most N^(3 - log2 7)
    for m in range(5, 40):
        n = 2**m
        assert best_levels(n) == m - 5
        costs = [Fraction(n**3, strassen_synapses(n, levels)) for levels in range(m + 1)]
        assert all(cost <= Fraction(8, 7) ** levels for levels, cost in enumerate(costs))
    limit = Fraction(4, 5) * Fraction(8, 7) ** (m - 5)
    # what is left out is 8 N^2 of 5 * 2^13 * 7^L
    assert 0 < costs[m - 5] / limit - 1 < Fraction(4, 7) ** (m - 5)


@pytest.mark.parametrize(
    ("fixed", "levels", "said"),
    [
        (np.ones((2, 3)), 1, "`fixed` must be a square matrix"),
        (np.ones((6, 6)), 2, "`levels` must be at most"),
        (np.ones((2, 2)), -1, "`levels` must be an integer"),
    ],
)
def test_what_strassen_refuses(fixed, levels, said):
    with pytest.raises(ValueError, match=said):
        strassen(fixed, levels)


@pytest.mark.parametrize("dimensions", [1, 2, 3])
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("places", [1, 2, 3])
def test_stacks(dimensions, layers, places):
    side = 8 if dimensions < 3 else 7
    shape, wide = (side,) * dimensions, layers * (places - 1) + 1
    kernel = np.ones((places,) * dimensions, int)
    stack = convolution_stack([kernel] * layers, shape)
    assert stack.synapses == layers * places**dimensions * side**dimensions
    assert count_flat_synapses(stack) == wide**dimensions * side**dimensions
    impulse = jnp.zeros(side**dimensions, int).at[0].set(1)
    wanted = np.ones(1, int)
    for _ in range(layers):
        wanted = np.convolve(wanted, np.ones(places, int))
    found = np.asarray(stack(impulse)).reshape(shape)
    corner = np.zeros(side, int)
    corner[:wide] = wanted
    outer = corner
    for _ in range(dimensions - 1):
        outer = np.multiply.outer(outer, corner)
    np.testing.assert_array_equal(found, outer)


def test_separable_and_dilated():
    pair = convolution_stack([np.ones((5, 1), int), np.ones((1, 5), int)], (8, 9))
    assert flattening_cost(pair) == Fraction(5, 2)
    for layers in range(1, 7):
        dilations = [2**layer for layer in range(layers)]
        ones = [np.ones(2, int)] * layers
        for n in (2**layers, 2**layers + 5):
            stack = convolution_stack(ones, (n,), dilations=dilations)
            assert flattening_cost(stack) == Fraction(2**layers, 2 * layers)


def test_a_boundary_that_is_met_twice_adds_up():
    np.testing.assert_array_equal(
        convolution(np.array([1, 2, 3]), (2,)).toarray(), [[4, 2], [2, 4]]
    )
    assert count_flat_synapses(convolution_stack([np.ones(3, int)] * 9, (8,))) == 64


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        (([np.ones(3)], (4, 4)), {}, "`kernel` must have the 2 axes"),
        (([np.ones(3)], (0,)), {}, "`shape` must be"),
        (([np.ones(3)], (4,)), {"dilations": (1, 2)}, "`dilations` must be one for each"),
        (([np.ones(3)], (4,)), {"dilations": (0,)}, "`dilation` must be"),
        (([], (4,)), {}, "`matrices` must be at least one"),
    ],
)
def test_what_convolutions_refuse(arguments, options, said):
    with pytest.raises(ValueError, match=said):
        convolution_stack(*arguments, **options)


@pytest.mark.parametrize(("n", "rank"), [(1, 1), (7, 2), (32, 5)])
def test_low_rank(n, rank):
    network = low_rank(n, rank, key=jax.random.key(n))
    assert flattening_cost(network) == Fraction(n, 2 * rank)
    assert np.linalg.matrix_rank(matrix_of(network)) <= rank
    x = points(network)
    np.testing.assert_array_equal(jax.vmap(network)(x), np.asarray(x) @ matrix_of(network))


@pytest.mark.parametrize("signs", [False, True])
def test_sparse_pairs_by_enumeration(signs):
    """The formula against the exact chance, summed over all ways one entry can come about."""
    n, density = 3, 0.3
    paths = [(0, 1 - density**2)]
    paths += [(1, density**2 / 2), (-1, density**2 / 2)] if signs else [(1, density**2)]
    totals = {0: 1.0}
    for _ in range(n):
        after = {}
        for total, chance in totals.items():
            for step, own in paths:
                after[total + step] = after.get(total + step, 0.0) + chance * own
        totals = after
    # a dozen sums of terms below 1
    assert sparse_pair_cost(n, density, signs=signs) == pytest.approx(
        (1 - totals[0]) / (2 * density), rel=1e-14
    )


def test_sparse_pairs_have_their_density_and_signs():
    for signs in (False, True):
        network = sparse_pair(200, 0.1, signs=signs, key=jax.random.key(3))
        weights = np.concatenate([layer.weights for layer in network.layers])
        assert set(weights) == ({-1, 1} if signs else {1})
        # five standard deviations of 80000 draws
        assert abs(network.synapses - 8000) < 5 * math.sqrt(7200)
        x = points(network)
        np.testing.assert_array_equal(jax.vmap(network)(x), np.asarray(x) @ matrix_of(network))


@pytest.mark.parametrize("density", [0, 1, -0.5])
def test_densities_are_probabilities(density):
    with pytest.raises(ValueError, match="`density` must be between 0 and 1"):
        sparse_pair_cost(4, density)


@pytest.mark.parametrize("zeros", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_block_models(count, zeros):
    model = popularity_adjusted(23, count, zeros=zeros, key=jax.random.key(count))
    network = factorized(model)
    np.testing.assert_array_equal(matrix_of(network), model.numerators)
    if zeros == 0:
        assert flattening_cost(network) == Fraction(23, 2 * count)
    popular = [
        [((model.communities == k) & (model.popularity[:, l] > 0)).sum() for l in range(count)]
        for k in range(count)
    ]
    pairs = [(popular[k][l], popular[l][k]) for k in range(count) for l in range(count)]
    assert network.synapses == sum(a + b for a, b in pairs if a * b)
    assert count_flat_synapses(network) == sum(a * b for a, b in pairs)
    assert network.neurons == sum(a * b > 0 for a, b in pairs)


def test_a_block_that_is_zero_has_no_hidden_value():
    model = BlockModel(np.array([[3, 0], [2, 0], [5, 1]]), np.array([0, 0, 1]), 10)
    network = factorized(model)
    assert (network.neurons, network.synapses) == (2, 6)
    np.testing.assert_array_equal(matrix_of(network), model.numerators)
