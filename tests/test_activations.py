"""Derivatives, their zeros and their vanishing orders, each against a second route."""

import copy
import functools
import itertools
import math
import pickle
from fractions import Fraction

import flint
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy
from hypothesis import example, given

from noflat.activations import (
    ACTIVATIONS,
    Activation,
    activation,
    derivative_balls,
    derivatives,
    erf,
    gaussian,
    gelu,
    power,
    relu,
    sigmoid,
    silu,
    simple_zeros,
    softplus,
    tanh,
    vanishing_orders,
    zeros,
)

ALL = [*ACTIVATIONS.values(), *map(power, (1, 2, 3, 5))]
SMOOTH = [a for a in ALL if a.smooth]
each = pytest.mark.parametrize("sigma", ALL, ids=lambda a: a.name)

t = sympy.Symbol("t", real=True)
FORMULAS = {
    "softplus": sympy.log(1 + sympy.exp(t)),
    "tanh": sympy.tanh(t),
    "silu": t / (1 + sympy.exp(-t)),
    "gelu": t * (1 + sympy.erf(t / sympy.sqrt(2))) / 2,
    "power5": t**5,
}

# (t^2 + sigmoid(t + 1)) has no parity and no derivative that vanishes at 0.
SHEARED = Activation(
    "sheared",
    lambda t: t**2 + jax.nn.sigmoid(t + 1),
    lambda t: t**2 + 1 / (1 + (-t - 1).exp()),
)


def nested_gradients(sigma, order, biases):
    """The derivatives by automatic differentiation in float64, one column for each order."""
    functions = [sigma]
    for _ in range(order):
        functions.append(jax.grad(functions[-1]))
    table = jax.jit(jax.vmap(lambda b: jnp.stack([f(b) for f in functions])))
    return table(jnp.asarray(biases, jnp.float64))


@each
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_dtype_is_kept_and_transformations_agree(sigma, dtype):
    points = jnp.linspace(-2, 2, 7, dtype=dtype)
    eager = sigma(points)
    assert eager.dtype == dtype
    assert eager.shape == points.shape
    tolerance = 8 * float(jnp.finfo(dtype).eps)
    for transformed in (jax.jit(sigma), jax.vmap(sigma)):
        np.testing.assert_allclose(transformed(points), eager, rtol=tolerance, atol=tolerance)
    slopes = jax.vmap(jax.grad(sigma))(points)
    assert slopes.dtype == dtype
    assert bool(jnp.all(jnp.isfinite(slopes)))


@each
def test_an_activation_is_a_static_argument(sigma):
    traces = []

    @functools.partial(jax.jit, static_argnums=0)
    def apply(function, x):
        traces.append(function)
        return function(x)

    pickled = pickle.loads(pickle.dumps(sigma))
    for same in (sigma, activation(sigma.name), copy.deepcopy(sigma), pickled):
        assert same == sigma
        assert hash(same) == hash(sigma)
        apply(same, jnp.float64(0.3))
    assert len(traces) == 1


def test_all_activations_differ():
    assert all(a != b for a, b in itertools.combinations(ALL, 2))
    assert list(ACTIVATIONS) == [a.name for a in ACTIVATIONS.values()]
    assert activation(SHEARED) is SHEARED
    assert activation("power12") == power(12)


@pytest.mark.parametrize("sigma", [a for a in SMOOTH if a.parity], ids=lambda a: a.name)
def test_parity_by_evaluation(sigma):
    # What is left of sigma(t) -+ sigma(-t) is a polynomial of degree below parity_from.
    points = jnp.linspace(0.1, 3, 9)
    sign = 1 if sigma.parity == "even" else -1
    rest = np.asarray(sigma(points) - sign * sigma(-points))
    fit = np.polynomial.Polynomial.fit(points, rest, max(sigma.parity_from - 1, 0))
    np.testing.assert_allclose(rest, fit(np.asarray(points)), atol=1e-13)
    if sigma.parity_from == 0:
        np.testing.assert_array_equal(rest, 0)


@pytest.mark.parametrize("sigma", [*SMOOTH, SHEARED], ids=lambda a: a.name)
def test_derivatives_against_automatic_differentiation(sigma):
    biases = [-2.25, 0.0, 0.3, 1.5]
    exact = [derivatives(sigma, 5, b) for b in biases]
    # Nested differentiation loses digits: a few hundred roundings of terms up to 5! each.
    np.testing.assert_allclose(nested_gradients(sigma, 5, biases), exact, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("bias", [Fraction(-4, 3), Fraction(1, 2)])
def test_derivatives_are_the_nearest_floats(name, bias):
    for order, value in enumerate(derivatives(activation(name), 7, bias)):
        exact = sympy.diff(FORMULAS[name], t, order).subs(t, sympy.Rational(bias)).evalf(60)
        assert value == float(exact)


@pytest.mark.parametrize("bias", [0, -1.7, 3, 25.0, -25.0])
def test_the_logistic_equation_and_its_relatives(bias):
    s, slope, curvature = derivative_balls(sigmoid, 2, bias)
    assert slope.overlaps(s * (1 - s))
    assert curvature.overlaps(slope * (1 - 2 * s))
    above = derivative_balls(softplus, 9, bias)
    below = derivative_balls(sigmoid, 8, bias)
    assert all(a.overlaps(b) for a, b in zip(above[1:], below, strict=True))
    product = derivative_balls(silu, 8, bias)
    for k in range(1, 9):
        assert product[k].overlaps(bias * below[k] + k * below[k - 1])
    bent = derivative_balls(tanh, 8, Fraction(bias) / 2)
    for k in range(1, 9):
        assert bent[k].overlaps(2 ** (k + 1) * below[k])


@pytest.mark.parametrize("bias", [0, 0.8, -2.5, 6.0])
def test_gaussian_and_erf_are_hermite_functions(bias):
    weight = (-flint.arb(bias) * bias).exp()
    balls, integrals = derivative_balls(gaussian, 11, bias), derivative_balls(erf, 12, bias)
    for k in range(12):
        hermite = (-1) ** k * flint.arb(bias).hermite_h(k) * weight
        assert balls[k].overlaps(hermite)
        assert integrals[k + 1].overlaps(hermite * 2 / flint.arb.pi().sqrt())


@given(
    sigma=st.sampled_from([*SMOOTH, SHEARED]),
    order=st.integers(0, 12),
    bias=st.floats(-30, 30) | st.fractions(-9, 9),
)
@example(sigma=gelu, order=3, bias=2.0)
def test_balls_hold_the_value_and_floats_are_nearest(sigma, order, bias):
    wide = derivative_balls(sigma, order, bias, precision=64)
    narrow = derivative_balls(sigma, order, bias, precision=700)
    for outer, inner, value in zip(wide, narrow, derivatives(sigma, order, bias), strict=True):
        with flint.ctx.workprec(700):
            assert outer.contains(inner.mid())
            error = abs(inner - flint.arb(value))
            # Half a unit in the last place; below 2^-699 the ball cannot tell values from 0.
            assert error < math.ulp(value) * 0.5000001 or error < 2.0**-600


def test_balls_of_a_ball_hold_every_point():
    around = derivative_balls(gelu, 6, flint.arb(0.5, 0.01))
    for bias in np.linspace(0.49, 0.51, 5).tolist():
        inside = derivative_balls(gelu, 6, bias)
        assert all(big.contains(small) for big, small in zip(around, inside, strict=True))


def test_the_context_of_flint_is_restored():
    before = flint.ctx.prec, flint.ctx.cap
    assert len(derivative_balls(sigmoid, 30, 0.1, precision=300)) == 31
    with pytest.raises(ValueError, match="relu"):
        derivative_balls(relu, 3, 0.0, precision=300)
    assert (flint.ctx.prec, flint.ctx.cap) == before


def test_relu_is_exact_away_from_its_kink():
    assert derivatives(relu, 3, 2.5) == (2.5, 1.0, 0.0, 0.0)
    assert derivatives(relu, 3, Fraction(-1, 3)) == (0.0, 0.0, 0.0, 0.0)
    assert all(ball.is_exact() for ball in derivative_balls(relu, 3, 2.5))


VANISHING = {
    "exp": [],
    "softplus": [3, 5, 7, 9],
    "sigmoid": [2, 4, 6, 8, 10],
    "tanh": [0, 2, 4, 6, 8, 10],
    "silu": [0, 3, 5, 7, 9],
    "gelu": [0, 3, 5, 7, 9],
    "sin": [0, 2, 4, 6, 8, 10],
    "cos": [1, 3, 5, 7, 9],
    "erf": [0, 2, 4, 6, 8, 10],
    "gaussian": [1, 3, 5, 7, 9],
    "power1": [0, *range(2, 11)],
    "power3": [0, 1, 2, *range(4, 11)],
}


@pytest.mark.parametrize("name", VANISHING)
def test_vanishing_orders(name):
    sigma = activation(name)
    assert vanishing_orders(sigma, 10) == set(VANISHING[name])
    # The formula itself, without the declared parity, must agree: its balls hold 0 there.
    balls = derivative_balls(sigma, 10)
    assert all(balls[k].contains(0) == (k in VANISHING[name]) for k in range(11))
    values = derivatives(sigma, 10)
    assert {k for k, value in enumerate(values) if value == 0} == set(VANISHING[name])


PI = math.pi
ZEROS = {
    "tanh": {1: [], 2: [0], 3: [0.658479], 4: [0, 1.14622]},
    "sigmoid": {1: [], 2: [0], 3: [1.316958], 4: [0, 2.29243]},
    "softplus": {1: [], 2: [], 3: [0], 4: [1.316958]},
    "silu": {2: [2.399357], 3: [0, 3.43584], 4: [1.03196, 4.42924]},
    "gelu": {2: [1.414214], 3: [0, 2], 4: [0.792287, 2.52434]},
    "erf": {1: [], 2: [0], 3: [0.707107], 4: [0, 1.22474]},
    "gaussian": {1: [0], 2: [0.707107], 3: [0, 1.22474], 4: [0.524648, 1.65068]},
    "exp": {1: [], 2: [], 3: [], 4: []},
}
# The numbers of zeros of orders 0 to 12, from the roots of Eulerian and Hermite polynomials.
COUNTS = {
    "exp": [0] * 13,
    "softplus": [0, 0, *range(11)],
    "sigmoid": [0, *range(12)],
    "tanh": [1, *range(12)],
    "silu": [1, *range(1, 13)],
    "gelu": [1, *range(1, 13)],
    "sin": [2] * 13,
    "cos": [2] * 13,
    "erf": [1, *range(12)],
    "gaussian": list(range(13)),
    "relu": [0] * 13,
    "power3": [1, 1, 1, *[0] * 10],
}


@pytest.mark.parametrize(
    ("name", "order"), [(name, order) for name in ZEROS for order in ZEROS[name]]
)
def test_zeros_of_the_table(name, order):
    expected = sorted({sign * b for b in ZEROS[name][order] for sign in (-1, 1)})
    # The table has six digits.
    np.testing.assert_allclose(zeros(activation(name), order), expected, rtol=5e-6)


def test_zeros_known_in_closed_form():
    assert zeros(silu, 1) == pytest.approx([-1.2784645427610738], rel=1e-15)
    assert zeros(gelu, 1) == pytest.approx([-0.7517915246935645], rel=1e-15)
    assert zeros(gelu, 2) == pytest.approx([-math.sqrt(2), math.sqrt(2)], rel=1e-15)
    assert zeros(gelu, 3) == (-2.0, 0.0, 2.0)
    assert zeros(sigmoid, 3)[1] == pytest.approx(math.log(2 + math.sqrt(3)), rel=1e-15)
    for order in range(6):
        sine, cosine = ((0.0, PI), (-PI / 2, PI / 2))[:: 1 if order % 2 == 0 else -1]
        assert (zeros(activation("sin"), order), zeros(activation("cos"), order)) == (sine, cosine)
    hermite = np.polynomial.hermite.hermroots([0] * 12 + [1])
    np.testing.assert_allclose(zeros(gaussian, 12), np.sort(hermite), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", COUNTS)
def test_numbers_of_zeros(name):
    assert [len(zeros(activation(name), k)) for k in range(13)] == COUNTS[name]


@pytest.mark.parametrize("name", [name for name in COUNTS if name not in ("relu", "power3")])
@pytest.mark.parametrize("order", [0, 1, 2, 3, 5, 8, 12])
def test_zeros_are_zeros_with_a_change_of_sign(name, order):
    sigma = activation(name)
    found = zeros(sigma, order)
    assert list(found) == sorted(set(found))
    assert simple_zeros(sigma, order) == found
    for b in found:
        step = Fraction(1e-15 * max(1.0, abs(b)))
        sides = [derivative_balls(sigma, order, Fraction(b) + s)[order] for s in (-step, step)]
        assert sides[0] * sides[1] < 0


def test_multiple_zeros_of_powers():
    assert [zeros(power(4), k) for k in range(6)] == [(0.0,)] * 4 + [()] * 2
    assert [simple_zeros(power(4), k) for k in range(6)] == [(), (), (), (0.0,), (), ()]


def test_an_activation_of_ones_own():
    shifted = [b - 1 for b in zeros(sigmoid, 4)]
    np.testing.assert_allclose(zeros(SHEARED, 4), shifted, rtol=1e-15)
    assert vanishing_orders(SHEARED, 12) == frozenset()


@pytest.mark.parametrize("name", ["swish", "power0", "power-1", "power", "Tanh", ""])
def test_unknown_names_are_refused(name):
    with pytest.raises(ValueError, match=rf"`activation` must be one of exp, .*got '{name}'"):
        activation(name)


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="`k` must be at least 1, got 0"):
        power(0)
    with pytest.raises(ValueError, match="`order` must not be negative, got -1"):
        derivatives(tanh, -1)
    for bias in (math.inf, math.nan):
        with pytest.raises(ValueError, match="`bias` must be finite"):
            derivative_balls(tanh, 2, bias)
    for question in (derivatives, vanishing_orders, derivative_balls):
        with pytest.raises(ValueError, match="`bias` must not be 0 for relu"):
            question(relu, 1)
    with pytest.raises(ValueError, match="`activation` mish needs a `series`"):
        zeros(Activation("mish", jax.nn.mish), 1)


def test_a_series_that_drops_coefficients_is_refused():
    # Beyond its end a series reads as exact zeros, which would be false proofs.
    short = Activation("short", jnp.exp, lambda t: t.exp().derivative())
    with pytest.raises(ValueError, match="cut off at 3"):
        derivative_balls(short, 3)


def test_what_cannot_be_decided_is_refused():
    undeclared = Activation("undeclared", jnp.tanh, tanh.series)
    with pytest.raises(ValueError, match="undeclared: .* could not be decided"):
        vanishing_orders(undeclared, 4)
    double = Activation("double", lambda t: (t - 1) ** 2, lambda t: (t - 1) ** 2)
    with pytest.raises(ValueError, match="double: the number of zeros of order 0 near"):
        zeros(double, 0)


def test_what_is_no_activation_is_refused():
    assert activation(jnp.tanh) == activation("tanh")
    for wrong in (jax.nn.gelu, lambda t: t, 3, None, "power0", "power12345", "Tanh"):
        with pytest.raises(ValueError, match="`activation` must be one of exp, .* pass an Activ"):
            activation(wrong)
