"""Sawtooth, square and product: against the formulas they stand for, in exact arithmetic."""

from fractions import Fraction
from math import prod

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.constructions import (
    alternating_classifier,
    folded_product,
    folded_square,
    sawtooth,
)
from noflat.measure import affine_pieces, outputs, square_sup_error

DYADIC = [(2,), (4,), (2, 2), (2, 4), (4, 2), (8,), (2, 2, 2), (2, 8, 2), (2,) * 6, (16, 4)]
ANY = [(3,), (3, 2), (5, 3), (3, 3, 3), (7, 2, 3)]


def zigzag(x: Fraction, pieces: int) -> Fraction:
    """The zigzag by reflection: the distance to the nearest even number."""
    return abs(pieces * x - 2 * round(pieces * x / 2))


def tent(x: Fraction) -> Fraction:
    return min(2 * x, 2 - 2 * x)


@pytest.mark.parametrize("skips", [False, True])
@pytest.mark.parametrize("folds", DYADIC)
def test_the_sawtooth_is_the_zigzag_at_every_point(folds, skips):
    network, pieces = sawtooth(folds, skips=skips), prod(folds)
    assert network.neurons == sum(folds) - skips * len(folds)
    assert network.hidden_layers == len(folds)
    found = affine_pieces(network)
    assert found.knots == tuple(Fraction(i, pieces) for i in range(pieces + 1))
    assert found.values == tuple(Fraction(i % 2) for i in range(pieces + 1))


def test_the_tent_map_iterated_by_itself():
    network = sawtooth((2,) * 30)
    generator = np.random.default_rng(0)
    for numerator in generator.integers(0, 2**40, 8).tolist():
        x = Fraction(numerator, 2**40)
        value = x
        for _ in range(30):
            value = tent(value)
        assert Fraction(float(network(jnp.array([float(x)]))[0])) == value == zigzag(x, 2**30)


@pytest.mark.parametrize("skips", [False, True])
@pytest.mark.parametrize("folds", ANY)
def test_folds_that_are_no_powers_of_two(folds, skips):
    x = np.random.default_rng(1).random((50, 1))
    found = outputs(sawtooth(folds, skips=skips), x)[:, 0]
    expected = [float(zigzag(Fraction(point), prod(folds))) for point in x[:, 0]]
    # errors of one in 2^53 grow with the slope
    np.testing.assert_allclose(found, expected, atol=prod(folds) * 1e-14)


def test_weights_stay_bounded_without_skips_and_the_readout_grows_with_them():
    deep, flat = sawtooth((2,) * 8), sawtooth((256,))
    largest = [max(float(abs(layer.weights).max()) for layer in n.layers) for n in (deep, flat)]
    assert largest == [4, 512]


@pytest.mark.parametrize("skips", [False, True])
@pytest.mark.parametrize("folds", DYADIC)
def test_the_error_of_the_square_is_exact(folds, skips):
    pieces = prod(folds)
    plain = folded_square(folds, skips=skips)
    assert plain.neurons == sum(folds) + (-len(folds) if skips else len(folds) - 1)
    found = affine_pieces(plain)
    nodes = tuple(Fraction(i, pieces) for i in range(pieces + 1))
    assert found.knots == nodes
    assert found.values == tuple(node**2 for node in nodes)
    assert square_sup_error(found) == Fraction(1, 4 * pieces**2)
    centered = affine_pieces(folded_square(folds, skips=skips, centered=True))
    assert square_sup_error(centered) == Fraction(1, 8 * pieces**2)
    assert max(float(abs(layer.weights).max()) for layer in plain.layers) <= (
        2 if skips else 2 * max(folds)
    )


@pytest.mark.parametrize("skips", [False, True])
@pytest.mark.parametrize("folds", ANY)
def test_other_squares_interpolate(folds, skips):
    nodes = np.linspace(0, 1, prod(folds) + 1)[:, None]
    found = outputs(folded_square(folds, skips=skips), nodes)
    np.testing.assert_allclose(found, nodes**2, atol=1e-14)


def test_the_partial_sums_of_yarotsky():
    network = folded_square((2,) * 5, skips=True)
    for numerator in range(0, 129, 7):
        x = Fraction(numerator, 128)
        value, expected = x, x
        for s in range(1, 6):
            value = tent(value)
            expected -= value / 4**s
        assert Fraction(float(network(jnp.array([float(x)]))[0])) == expected


@pytest.mark.parametrize("skips", [False, True])
@pytest.mark.parametrize(("folds", "bound"), [((2, 2, 2), 1.0), ((4, 2), 4.0), ((3, 2), 1.5)])
def test_the_error_of_the_product_is_attained(folds, bound, skips):
    network, pieces = folded_product(folds, bound=bound, skips=skips), prod(folds)
    neurons = sum(folds) - len(folds) if skips else sum(folds) + len(folds) - 1
    assert network.neurons == (2 if skips else 4) + 2 * neurons
    assert network.hidden_layers == len(folds) + 1
    grid = bound * np.arange(-2 * pieces, 2 * pieces + 1) / (2 * pieces)
    points = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    error = np.abs(outputs(network, points)[:, 0] - points.prod(axis=1))
    assert error.max() == pytest.approx(bound**2 / (4 * pieces**2), rel=1e-12)
    elsewhere = np.random.default_rng(2).uniform(-bound, bound, (2000, 2))
    error = np.abs(outputs(network, elsewhere)[:, 0] - elsewhere.prod(axis=1))
    assert error.max() <= bound**2 / (4 * pieces**2) * (1 + 1e-12)
    zeros = outputs(network, np.stack([grid, 0 * grid], axis=1))
    np.testing.assert_allclose(zeros, 0, atol=1e-14)


def test_the_classifier_is_the_flat_sawtooth_cut_short():
    network = alternating_classifier(8, 5)
    assert network.widths == (5,)
    found = affine_pieces(network)
    assert found.count == 6
    assert found.values[:6] == (0, 1, 0, 1, 0, 1)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_dtypes_are_kept(dtype):
    for network in (
        sawtooth((2, 2), dtype=dtype),
        folded_square((2, 3), centered=True, skips=True, dtype=dtype),
        alternating_classifier(4, 1, dtype=dtype),
    ):
        assert network(jnp.array([0.5], dtype)).dtype == dtype
    assert folded_product((2,), dtype=dtype)(jnp.ones(2, dtype)).dtype == dtype


class TestTransformations(chex.TestCase):
    @chex.variants(with_jit=True, without_jit=True)
    def test_gradient_and_batch(self):
        network = folded_square((2, 2), skips=True)
        slope = self.variant(jax.vmap(jax.grad(lambda x: network(x)[0])))(
            jnp.array([[0.1], [0.3], [0.6], [0.9]])
        )
        np.testing.assert_allclose(slope[:, 0], [0.25, 0.75, 1.25, 1.75])


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: sawtooth(()), "`folds` must be the pieces per hidden layer"),
        (lambda: sawtooth((2, 1)), "`folds` must be an integer of at least 2"),
        (lambda: folded_square([]), "`folds` must be the pieces per hidden layer"),
        (lambda: folded_product((2,), bound=0.0), "`bound` must be a positive number"),
        (lambda: alternating_classifier(1, 1), "`points` must be an integer of at least 2"),
        (lambda: alternating_classifier(4, 0), "`neurons` must be an integer of at least 1"),
        (lambda: sawtooth((2,), dtype=int), "`dtype` must be one of floating-point numbers"),
    ],
)
def test_wrong_arguments_are_told(make, said):
    with pytest.raises(ValueError, match=said):
        make()
