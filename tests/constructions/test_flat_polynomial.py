"""Flat networks of any polynomial: their error, their order, and what is proved about them."""

from math import comb

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from sample_expressions import expressions

from noflat.activations import activation
from noflat.certificates import lower_bound
from noflat.constructions import flat_polynomial
from noflat.constructions.flat_polynomial import plan_flat_polynomial
from noflat.constructions.nodes import part_moments
from noflat.constructions.pieces import ways
from noflat.conventions import CONVENTIONS, convention
from noflat.measure import relative_rms_error
from noflat.targets import determinant, elementary_symmetric, polynomial, power_sum

RANDOM = np.random.default_rng(3)
TARGETS = ("x*y*z + 2*w**3", "x**2*y", "a*b + c*d - 3*a", "x**5", "2 + x + y**2", "x*y + x*y*z")
ACTIVATIONS = ("exp", "tanh", "gelu", "cos", "power3")


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("text", TARGETS)
def test_errors_and_counts_of_all_conventions(text, name):
    target = polynomial(text)
    points, built = jnp.asarray(RANDOM.uniform(-1, 1, (500, target.inputs))), 0
    for allowed in CONVENTIONS:
        try:
            plan = plan_flat_polynomial(text, name, convention=allowed)
        except ValueError:  # this convention leaves no way
            continue
        network = flat_polynomial(text, name, convention=allowed)
        assert network.neurons == plan.neurons == network.widths[0]
        assert relative_rms_error(network, target, points) < 0.01
        assert allowed.hidden_bias or network.layers[0].bias is None
        assert allowed.output_bias or network.layers[1].bias is None
        assert allowed.affine_skip or network.skip is None
        proved = lower_bound(target, name, convention=allowed, sense="uniform")
        assert proved.neurons <= plan.neurons
        built += 1
    assert built or name == "power3"


@pytest.mark.parametrize(
    ("target", "name", "allowed", "neurons"),
    [
        ("x**2*y**3", "exp", "bias_free", 12),
        ("x**2*y**3", "exp", "output_bias", 11),
        ("a*b + c*d", "exp", "bias_free", 6),
        ("a*b + c*d", "exp", "output_bias", 5),
        ("a*b + c*d", "exp", "affine_skip", 4),
        ("a*b + c*d", "gelu", "bias_free", 5),
        ("a**2 + b**2 - c**2", "exp", "bias_free", 5),
        (elementary_symmetric(4, 3), "exp", "output_bias", 9),
        (elementary_symmetric(5, 3), "tanh", "bias_free", 6),
        (elementary_symmetric(5, 4), "exp", "bias_free", 22),
        (power_sum(3, 3), "tanh", "affine_skip", 3),
    ],
)
def test_where_the_bounds_meet(target, name, allowed, neurons):
    target = polynomial(target)
    assert plan_flat_polynomial(target, name, convention=allowed).neurons == neurons
    assert lower_bound(target, name, convention=allowed, sense="taylor").neurons == neurons


@settings(max_examples=15)
@given(expressions)
def test_no_network_is_below_what_is_proved(text):
    target = polynomial(text, variables=("x", "y", "z1", "z2"))
    if not 2 <= target.degree <= 6:
        return
    for name, allowed in (("exp", "bias_free"), ("tanh", "hidden_bias+output_bias")):
        plan = plan_flat_polynomial(target, name, convention=allowed)
        for piece in plan.pieces:
            assert all(any(row) for row in piece.nodes.weights)
        for sense in ("taylor", "uniform"):
            built = plan_flat_polynomial(target, name, convention=allowed, sense=sense)
            proved = lower_bound(target, name, convention=allowed, sense=sense)
            assert proved.neurons <= built.neurons


def test_the_error_falls_with_the_scale_as_its_order_says():
    """The first part left over has degree 4 for x*y*z, and 5 where the nodes are symmetric."""
    points = jnp.asarray(RANDOM.uniform(-1, 1, (500, 3)))
    target = polynomial("x*y*z")
    cases = (("exp", "bias_free", 2), ("exp", "output_bias", 1), ("tanh", "bias_free", 2))
    for name, allowed, order in cases:
        errors = [
            relative_rms_error(
                flat_polynomial(target, name, convention=allowed, scale=scale), target, points
            )
            for scale in (2.0**-5, 2.0**-6)
        ]
        assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.1)


def test_a_taylor_network_makes_nothing_else_below_the_top(derivatives_along):
    """In the Taylor sense no part may leave a rest in a degree above its own."""
    target, scale = polynomial("x*y + x*y*z"), 2.0**-4
    network = flat_polynomial(target, "exp", sense="taylor", scale=scale)
    line = jnp.asarray([0.3, -0.7, 0.9])
    exact = [0.0, 0.0, 2 * float(line[0] * line[1]), 6 * float(jnp.prod(line))]
    assert derivatives_along(network, line, 3) == pytest.approx(exact, abs=1e-8)


def test_every_way_is_exact_where_it_decides():
    for text in TARGETS:
        target = polynomial(text)
        for pieces in ways(target, activation("exp"), convention("bias_free"), "uniform"):
            for piece in pieces:
                assert len(set(piece.nodes.points)) == len(piece.nodes.points)
                # exp: no derivative vanishes, and nothing is free
                degrees = frozenset(range(max(piece.degrees) + 1))
                wanted = [part_moments(target.part(k), degrees) for k in piece.degrees]
                assert piece.nodes.have(wanted)


def test_a_determinant_shares_the_nodes_of_its_terms():
    assert plan_flat_polynomial(determinant(3), "exp").neurons < 6 * 8


def test_grids_of_many_terms_share_their_faces():
    """Of the grids {0, 1} of all terms every node of weight at most 5 is one."""
    plan = plan_flat_polynomial(elementary_symmetric(11, 5), "exp")
    assert plan.neurons == sum(comb(11, k) for k in range(6))
    assert plan.way == "grids"


def test_gaussian_inputs_and_an_error_within_reach():
    network = flat_polynomial("x*y", "tanh", convention="hidden_bias", inputs="gaussian", error=0.1)
    points = jnp.asarray(RANDOM.standard_normal((2000, 2)))
    assert relative_rms_error(network, polynomial("x*y"), points) < 0.15


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("x + 1", "exp"), {}, "degree of at least 2"),
        (("x*y", "relu"), {}, "no Taylor series"),
        (("x*y", "tanh"), {}, "allow hidden_bias"),
        (("x**4", "power3"), {"convention": "hidden_bias"}, "no way"),
        (("x*y*z*w*u", "exp"), {"error": 1e-14}, "out of reach"),
        ((elementary_symmetric(14, 7), "exp"), {}, "too many terms"),
        (("x*y", "exp"), {"scale": -1.0}, "`scale` must be"),
    ],
)
def test_what_cannot_be_built_is_said(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        flat_polynomial(*arguments, **options)


@pytest.mark.parametrize(("text", "most"), [("x**20", 1), ("10**99*10**99*x**2", 1e-5)])
def test_scales_out_of_range_are_passed_over(text, most):
    # the weights of x**20 overflow at the least scales, and the squares of the other target
    points = jnp.linspace(-1, 1, 101)[:, None]
    exact = jax.vmap(polynomial(text))(points)
    errors = jax.vmap(flat_polynomial(text, "exp"))(points)[:, 0] - exact
    assert jnp.max(jnp.abs(errors)) < most * jnp.max(exact)


def test_what_rounding_spoils_at_every_scale_is_no_network():
    for text in ("x**40", "x**100"):
        with pytest.raises(ValueError, match="out of reach in float64 for .* at no scale"):
            flat_polynomial(text, "exp")


def test_float32_holds_its_dtype():
    network = flat_polynomial("x*y + z**2", "exp", dtype=jnp.float32)
    assert {leaf.dtype for leaf in jax.tree.leaves(network)} == {jnp.dtype(jnp.float32)}
