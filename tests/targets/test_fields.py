"""Fields and their block averages: against covariance matrices, and the laws of coefficients."""

import itertools

import jax
import numpy as np
import pytest

from noflat.targets import QuadraticField
from noflat.targets.fields import (
    block_averages,
    block_flow,
    block_spectrum,
    cutoff_flow,
    cutoff_spectrum,
    momenta,
    squares,
)


def covariance(field):
    """Between all sites, by the sum over modes."""
    sites = list(itertools.product(range(field.size), repeat=field.dimension))
    table = np.fft.ifftn(field.spectrum).real
    return np.array(
        [[table[tuple((a - b) % field.size for a, b in zip(x, y, strict=True))] for y in sites]
         for x in sites]
    )  # fmt: skip


def averaging(size, dimension, block):
    """The matrix from sites to block averages."""
    line = np.kron(np.eye(size // block), np.full((1, block), 1 / block))
    matrix = line
    for _ in range(dimension - 1):
        matrix = np.kron(matrix, line)
    return matrix


@pytest.mark.parametrize(
    ("size", "dimension", "block"), [(12, 1, 2), (12, 1, 3), (12, 1, 4), (6, 2, 2), (6, 2, 3)]
)
def test_the_spectrum_of_blocks_is_that_of_their_covariance(size, dimension, block):
    field = QuadraticField((0.3, 1.0, 0.5), size, dimension)
    matrix = averaging(size, dimension, block)
    coarse = matrix @ covariance(field) @ matrix.T
    side = size // block
    first = coarse[0].reshape([side] * dimension)
    wanted = np.fft.fftn(first).real
    np.testing.assert_allclose(block_spectrum(field, block), wanted, rtol=1e-12)


@pytest.mark.parametrize("block", [1, 2, 4])
def test_the_cutoff_keeps_the_law_exactly(block):
    field = QuadraticField((0.3, 1.0, 0.5), 16)
    flow = cutoff_flow(field.coefficients, block, 2)
    wanted = sum(y * squares(16 // block, 2) ** i for i, y in enumerate(flow))
    # the momentum pi is the largest kept, and -pi is the same mode
    np.testing.assert_allclose(1 / cutoff_spectrum(field, block), wanted, rtol=1e-12)


def test_blocks_of_one_change_nothing():
    field = QuadraticField((0.3, 1.0), 8)
    np.testing.assert_allclose(block_spectrum(field, 1), field.spectrum)
    assert block_flow((0.3, 1.0, 0.5), 1, 2)[:2] == (0.3, 1.0)
    assert block_flow((0.0, 1.0, 0.5), 1, 2) == (0.0, 1.0, 0.5)


@pytest.mark.parametrize("dimension", [1, 2, 3])
@pytest.mark.parametrize("block", [2, 3, 5])
def test_white_noise_stays_white(dimension, block):
    field = QuadraticField((2.0,), 15 if block != 2 else 8, dimension)
    spectrum = block_spectrum(field, block)
    np.testing.assert_allclose(spectrum, 1 / (2 * block**dimension), rtol=1e-12)
    assert block_flow((2.0,), block, dimension)[1] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("dimension", [1, 2])
@pytest.mark.parametrize("mass", [0.0, 0.05, 1.0])
@pytest.mark.parametrize("block", [2, 3, 6])
def test_the_corrected_law_is_the_slope_of_the_exact_spectrum(dimension, mass, block):
    size = 1200 if dimension == 1 else 600
    field = QuadraticField((mass, 1.0, 0.5), size, dimension)
    spectrum = block_spectrum(field, block)
    line = 1 / spectrum[(slice(None), *[0] * (dimension - 1))]
    k = momenta(size // block)
    wanted = block_flow(field.coefficients, block, dimension)
    # the first momentum: what is left out of the slope is of the size of the next power of it
    assert line[0] == pytest.approx(wanted[0], abs=1e-12)
    assert (line[1] - line[0]) / k[1] ** 2 == pytest.approx(wanted[1], rel=10 * k[1] ** 2)


def test_the_law_of_blocks_composes():
    # blocks of blocks are blocks: at the critical point the law must be one of a semigroup
    for first, second in ((2, 3), (4, 2), (3, 5)):
        for dimension in (1, 2, 3):
            once = block_flow((0.0, 1.3, 0.7), first * second, dimension)
            twice = block_flow(block_flow((0.0, 1.3, 0.7), first, dimension), second, dimension)
            assert once == pytest.approx(twice, rel=1e-12)


def test_what_fades_is_the_distance_from_a_twelfth():
    for block in (2, 3, 7):
        _, y1, y2 = block_flow((0.0, 1.0, 0.5), block, 2)
        assert y2 - y1 / 12 == pytest.approx((0.5 - 1 / 12) / block**2, rel=1e-12)


def test_draws_have_the_spectrum_and_run_compiled():
    field, count = QuadraticField((0.5, 1.0), 8), 4000
    key = jax.random.key(0)
    fields = jax.jit(lambda key: field.sample(count, key=key))(key)
    # the transform rounds; compiled or not it is the same sum in another order
    np.testing.assert_allclose(fields, field.sample(count, key=key), atol=1e-12)
    modes = np.abs(np.fft.fft2(np.asarray(fields))) ** 2 / 64
    ratio = modes.mean(axis=0) / field.spectrum
    # real modes have the variance 2 of chi squared: six standard deviations over 64 modes
    assert np.abs(ratio - 1).max() < 6 * (2 / count) ** 0.5
    coarse = block_averages(fields, 2)
    wanted = np.asarray(fields)[:, :2, :2].mean(axis=(1, 2))
    np.testing.assert_allclose(coarse[:, 0, 0], wanted, rtol=1e-12)


def test_settings_are_checked():
    with pytest.raises(ValueError, match="`coefficients` must make every mode positive"):
        QuadraticField((1.0, -1.0), 8)
    with pytest.raises(ValueError, match="`coefficients` must make every mode positive"):
        QuadraticField((0.0,), 8)
    with pytest.raises(ValueError, match="`size` must be an integer"):
        QuadraticField((1.0,), 0)
    with pytest.raises(ValueError, match="`coefficients` must have y_0 > 0"):
        QuadraticField((0.0, 1.0), 8).sample(1, key=jax.random.key(0))
    field = QuadraticField((1.0,), 8)
    for spectrum in (block_spectrum, cutoff_spectrum):
        with pytest.raises(ValueError, match="`block` must divide the size 8"):
            spectrum(field, 3)
    with pytest.raises(ValueError, match="`block` must divide"):
        block_averages(jax.numpy.zeros((1, 8, 8)), 5)
