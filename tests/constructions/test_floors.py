"""The two leading terms of an error, and the floor where they balance."""

import dataclasses
from fractions import Fraction
from math import sqrt

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.activations import activation
from noflat.constructions import flat_product, plan_flat
from noflat.constructions.blocks import Block, block_derivatives
from noflat.constructions.floors import two_terms
from noflat.constructions.operands import operands_of
from noflat.constructions.precision import rounding, truncation, unit_roundoff

U = unit_roundoff(jnp.dtype("float64"))
CASES = [
    # activation, kind, n, bias, scales: q and n - z by section 7 of docs/theory.md
    ("softplus", "cube", 2, 0.0, 1, 2, 2),
    ("silu", "cube", 2, 0.0, 1, 2, 1),
    ("gelu", "cube", 2, 0.0, 3, 6, 1),
    ("sigmoid", "cube", 2, 1.317, 2, 4, 2),
    ("exp", "corner", 2, 0.0, 1, 1, 2),
    ("softplus", "corner", 2, 0.0, 1, 2, 2),
    ("tanh", "half", 3, 0.0, 1, 2, 2),
    ("cos", "half", 6, 0.0, 1, 2, 6),
    ("silu", "half", 8, 0.0, 1, 2, 7),
    ("exp", "cube", 4, 0.0, 3, 6, 4),
]


def of(name, kind, n, bias, scales=1):
    block = Block(activation(name), kind, n, bias, 1.0, scales)
    return block, operands_of((1,) * n, n, "cube")[1]


@pytest.mark.parametrize(("name", "kind", "n", "bias", "scales", "q", "p"), CASES)
def test_orders_and_exponents(name, kind, n, bias, scales, q, p):
    terms = two_terms(*of(name, kind, n, bias, scales))
    assert (terms.order, terms.steepness) == (q, p)
    assert terms.exponent == Fraction(q, p + q)


def test_the_biased_half_gate_loses_an_order():
    # sigma'(b) = 0 and sigma(b) is not: z = 0, and without symmetry q = 1.
    plan = plan_flat(2, "silu", kind="half", convention="hidden_bias")
    terms = two_terms(plan.levels[0][0], operands_of((1, 1), 2, "cube")[1])
    assert terms.exponent == Fraction(1, 3)


@pytest.mark.parametrize(("name", "kind", "n", "bias", "scales", "q", "p"), CASES)
def test_the_terms_are_the_limits_of_the_whole_estimate(name, kind, n, bias, scales, q, p):
    block, operands = of(name, kind, n, bias, scales)
    terms, small = two_terms(block, operands), 2.0**-30
    assert truncation(block, operands, small) == pytest.approx(
        terms.truncation * small**q, rel=1e-6
    )
    assert rounding(block, operands, U, small) == pytest.approx(
        terms.rounding * U * small**-p, rel=1e-6
    )


def test_the_constants_of_a_gate():
    # Section 7: A = |sigma_4| / (6 |sigma_2|) times the rms of x^2 + y^2, and B = rho S |w| / tau
    block, operands = of("softplus", "cube", 2, 0.0)
    value, _, curvature, _, fourth = map(abs, block_derivatives(block.activation, 4, 0.0))
    terms = two_terms(block, operands)
    spread = sqrt(2 * (1 / 7) * 3 + 2 * (1 / 5) ** 2 * 9)  # as in test_precision
    assert terms.truncation == pytest.approx(fourth / (6 * curvature) * spread, rel=1e-9)
    rho = 1 / sqrt(8 * np.log(2))
    assert terms.rounding == pytest.approx(rho * value / (2 * curvature) * 3, rel=1e-9)


@pytest.mark.parametrize(("name", "kind", "n", "bias", "scales", "q", "p"), CASES)
@pytest.mark.parametrize("bits", [24, 53])
def test_the_floor_is_the_least_error(name, kind, n, bias, scales, q, p, bits):
    terms, u = two_terms(*of(name, kind, n, bias, scales)), 2.0**-bits
    best = terms.best_scale(u)
    scales = best * 2.0 ** np.linspace(-3, 3, 2001)
    errors = terms.error(scales, u)
    assert terms.floor(u) == pytest.approx(terms.error(best, u), rel=1e-12)
    assert float(np.min(errors)) == pytest.approx(terms.floor(u), rel=1e-4)
    assert scales[np.argmin(errors)] == pytest.approx(best, rel=1e-2)
    grown = terms.floor(2 * u) / terms.floor(u)
    assert grown == pytest.approx(2.0 ** float(terms.exponent), rel=1e-12)


def test_a_scale_plays_no_part():
    block, operands = of("silu", "cube", 2, 0.0)
    assert two_terms(block, operands) == two_terms(dataclasses.replace(block, scale=0.01), operands)


@pytest.mark.parametrize(("name", "n"), [("cos", 2), ("sin", 3), ("cos", 4)])
def test_a_product_of_sines_is_nearer_than_nothing(name, n):
    # Proposition P2, up to the rounding of 2^(n-1) neurons over the scale to the n
    x = np.random.default_rng(n).uniform(-1, 1, (500, n))
    product = np.prod(x, axis=1)
    for scale in (0.5, 2.0, np.pi):
        network = flat_product(n, name, kind="half", scale=scale, bias=0.0)
        found = np.asarray(jax.vmap(network)(jnp.asarray(x)))[:, 0]
        np.testing.assert_allclose(found, np.prod(np.sin(scale * x) / scale, axis=1), atol=1e-14)
        assert np.all(np.abs(found - product) <= np.abs(product) + 1e-14)
    if n == 3:  # beyond pi a factor is negative, and no longer so
        beyond = flat_product(n, name, kind="half", scale=4.5, bias=0.0)
        assert abs(float(beyond(jnp.ones(3))[0]) - 1) > 1.01


def test_a_pair_rounds_its_arguments_to_opposite_sides():
    # b lies on the grid of its own binade, which is symmetric about it: the errors of b + y and
    # b - y cancel while both stay in the binade. So |b sigma'(b)| is an upper estimate for cubes.
    y = np.random.default_rng(0).uniform(-2, 2, 10_000) * 2.0**-8
    for b in (-2.2924, 1.317, 0.6585):
        up, down = b + y, b - y
        assert np.all((up - b) + (down - b) == 0)
        assert np.mean(up - b != y) > 0.9


@pytest.mark.parametrize(
    ("name", "kind", "n"), [("power2", "cube", 2), ("power2", "half", 2), ("power3", "half", 3)]
)
def test_exact_blocks_have_no_best_scale(name, kind, n):
    with pytest.raises(ValueError, match=f"`block` of {name} has no best scale: it is exact"):
        two_terms(*of(name, kind, n, 0.0))
