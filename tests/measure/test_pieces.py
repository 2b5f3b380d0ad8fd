"""Pieces in rational arithmetic, against sampling and against what is known."""

from fractions import Fraction
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.activations import relu
from noflat.constructions import folded_product, folded_square, sawtooth, step
from noflat.measure import Pieces, affine_pieces, fewest_mistakes, outputs, square_sup_error
from noflat.networks import SparseNetwork, linear_network, sparse_layer


def random_network(skips, seed):
    generator = np.random.default_rng(seed)
    shapes = [(1, 4), (5 if skips else 4, 3), (8 if skips else 3, 1)]
    layers = tuple(
        sparse_layer(generator.normal(size=shape), generator.normal(size=shape[1]))
        for shape in shapes
    )
    return SparseNetwork(layers, (1, 4, 3, 1), jax.nn.relu, skips)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("skips", [False, True])
def test_between_its_knots_a_network_is_what_the_pieces_say(skips, seed):
    network = random_network(skips, seed)
    found = affine_pieces(network, -2, Fraction(5, 2))
    x = np.linspace(-2, 2.5, 1001)
    expected = np.interp(x, np.array(found.knots, float), np.array(found.values, float))
    np.testing.assert_allclose(outputs(network, x[:, None])[:, 0], expected, atol=1e-12)
    slopes = np.diff(np.array(found.values, float)) / np.diff(np.array(found.knots, float))
    assert np.all(slopes[1:] != slopes[:-1])


def test_batches_are_as_the_network_point_by_point():
    x = np.random.default_rng(0).normal(size=(20, 1))
    for skips in (False, True):
        network = random_network(skips, 9)
        np.testing.assert_allclose(
            outputs(network, x), jax.vmap(network)(jnp.asarray(x)), atol=1e-13
        )
    linear = linear_network([np.array([[2.0, 1.0]]), np.array([[1.0], [3.0]])])
    np.testing.assert_allclose(outputs(linear, x), 5 * x, rtol=1e-14)


def test_knots_without_a_change_of_slope_are_left_out():
    layers = (
        sparse_layer(np.array([[1.0, -1.0]]), np.array([-0.5, 0.5])),
        sparse_layer(np.array([[1.0], [-1.0]])),
    )
    found = affine_pieces(SparseNetwork(layers, (1, 2, 1), relu))
    assert found == Pieces((Fraction(0), Fraction(1)), (Fraction(-1, 2), Fraction(1, 2)))
    assert found.count == 1


def test_the_error_to_the_square_by_sampling():
    for seed in range(3):
        found = affine_pieces(random_network(True, seed))
        x = np.linspace(0, 1, 4001)
        values = np.interp(x, np.array(found.knots, float), np.array(found.values, float))
        # the error is Lipschitz on a grid of 1/4000
        assert np.abs(values - x**2).max() == pytest.approx(
            float(square_sup_error(found)), rel=0.01
        )


def test_fewest_mistakes_by_trying_all():
    generator = np.random.default_rng(3)
    for _ in range(5):
        labels = generator.integers(0, 2, 7)
        every = np.array(list(product((0, 1), repeat=7)))
        runs = 1 + np.sum(np.diff(every, axis=1) != 0, axis=1)
        mistakes = np.sum(every != labels, axis=1)
        for s, best in enumerate(fewest_mistakes(labels.tolist())):
            assert best == mistakes[runs <= s + 1].min()


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: affine_pieces(folded_product((2,))), "`network` must have one input"),
        (lambda: affine_pieces(folded_square((2,)), 1, 1), "`low` must be below `high`"),
        (
            lambda: affine_pieces(SparseNetwork(sawtooth((2,)).layers, (1, 2, 1), step)),
            "`network` must have the activation jax.nn.relu",
        ),
        (lambda: fewest_mistakes([0, 2]), "`labels` must be 0 and 1"),
        (lambda: fewest_mistakes([]), "`labels` must be 0 and 1"),
        (lambda: outputs(sawtooth((2,)), np.zeros((3, 2))), "`points` must be of shape"),
    ],
)
def test_wrong_arguments_are_told(make, said):
    with pytest.raises(ValueError, match=said):
        make()
