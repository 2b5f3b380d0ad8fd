"""Notes on the founding papers, E1 to E4 of docs/errata.md, each as a computation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.activations import (
    ACTIVATIONS,
    Activation,
    derivative_balls,
    sigmoid,
    vanishing_orders,
)
from noflat.certificates import lower_bound, verify
from noflat.constructions import flat_product, product_tree
from noflat.targets import product

sheared = Activation(
    "sheared",
    lambda t: t**2 + jax.nn.sigmoid(t + 1),
    lambda t: t**2 + sigmoid.series(t + 1),  # pyright: ignore[reportOptionalCall]
)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_conventions(n):
    # E1: 2^n without biases, then less and less; bounds and constructions agree
    counts = {"bias_free": 2**n, "output_bias": 2**n - 1, "affine_skip": 2**n - 2}
    for allowed, neurons in counts.items():
        assert lower_bound(product(n), "exp", convention=allowed).neurons == neurons
        assert flat_product(n, "exp", convention=allowed, scale=1.0).neurons == neurons
    for name in ("silu", "gelu", "cos", "sin", "gaussian"):
        assert lower_bound(product(n), name, convention="hidden_bias").neurons == 2 ** (n - 1)
        built = flat_product(n, name, convention="hidden_bias", scale=1.0)
        assert built.neurons == 2 ** (n - 1)


# E2: an activation with every Taylor coefficient nonzero that beats the stated uniform minimum.


def test_the_counterexample_meets_the_hypothesis():
    assert vanishing_orders(sheared, 12) == frozenset()
    assert all(ball != 0 for ball in derivative_balls(sheared, 12))


@pytest.mark.parametrize("delta", [1.0, 0.3, 0.1, 0.03, 0.01])
def test_uniform_counterexample(delta):
    # far beyond the box as well; squares of size 25 are rounded by less than 1e-14 each
    x = jnp.linspace(-5.0, 5.0, 401)
    one = delta**2 * sheared(x / delta)
    assert float(jnp.max(jnp.abs(one - x**2))) < delta**2 + 1e-13
    a, b = jnp.meshgrid(x[::4], x[::4])
    two = delta**2 / 4 * (sheared((a + b) / delta) - sheared((a - b) / delta))
    assert float(jnp.max(jnp.abs(two - a * b))) < delta**2 / 4 + 1e-13
    # and no fewer: two neurons are needed, where the statement says four
    certificate = lower_bound(product(2), sheared, sense="uniform")
    assert certificate.neurons == verify(certificate).neurons == 2


@pytest.mark.parametrize("halvings", [3, 10])
def test_uniform_closeness_leaves_the_taylor_coefficients_alone(halvings):
    # of the network within delta^2 of x^2, the coefficient of x^2 stays away from 1 and that of x^3
    # grows as 1 / delta
    power, series = 2**halvings, sheared.series
    assert series is not None
    close = Activation("close", lambda t: t, lambda t: series(power * t) / power**2)
    square, cube = (derivative_balls(close, 3)[k] / (2, 6)[k - 2] for k in (2, 3))
    curvature, third = derivative_balls(sigmoid, 3, 1)[2:]
    assert square.overlaps(1 + curvature / 2)
    assert square < 0.96
    assert (cube / power).overlaps(third / 6)
    assert cube < -0.005 * power


def test_no_fewer_in_the_taylor_sense():
    # with all of its derivatives prescribed the pairing gives 4, as for exp
    assert lower_bound(product(2), "exp").neurons == 4
    assert lower_bound(product(2), sheared).neurons == 2  # what holds for any activation


@pytest.mark.parametrize("n", [4, 8, 16, 32])
def test_tree_neurons(n):
    # E3: 4(n - 1) neurons; for n = 32 these are 124, neither 160 nor 128
    tree = product_tree(n, "relu_squared")
    assert tree.neurons == sum(tree.widths) == 4 * (n - 1)
    assert tree.widths == tuple(2 * n // 2**k for k in range(n.bit_length() - 1))
    if n == 32:
        assert tree.neurons == 124
        assert 4 * n == 128 != 160 == 5 * n


mish = Activation(
    "mish",
    lambda t: t * jnp.tanh(jax.nn.softplus(t)),
    # tanh(log u) = (u^2 - 1) / (u^2 + 1) with u = 1 + e^t
    lambda t: t * ((1 + t.exp()) ** 2 - 1) / ((1 + t.exp()) ** 2 + 1),
)
arctan = Activation("arctan", jnp.arctan, lambda t: t.atan(), "odd")

EVEN, ODD = set(range(0, 13, 2)), set(range(1, 13, 2))


@pytest.mark.parametrize(
    ("name", "vanishing"),
    [
        ("exp", set()),
        ("softplus", ODD - {1}),
        ("sigmoid", EVEN - {0}),
        ("cos", ODD),
        ("gaussian", ODD),
        ("tanh", EVEN),
        ("erf", EVEN),
        ("sin", EVEN),
        ("silu", {0} | ODD - {1}),
        ("gelu", {0} | ODD - {1}),
        (arctan, EVEN),
        (mish, {0}),
    ],
    ids=str,
)
def test_vanishing_derivatives(name, vanishing):
    # E4: which derivatives vanish at 0, and up to which n the condition of Corollary 3.1 holds
    activation = ACTIVATIONS[name] if isinstance(name, str) else name
    assert vanishing_orders(activation, 12) == vanishing
    holds = [n for n in range(1, 13) if vanishing.isdisjoint(range(n + 1))]
    with_output_bias = [n for n in range(1, 13) if vanishing.isdisjoint(range(1, n + 1))]
    most = {"exp": 12, "softplus": 2, "sigmoid": 1}.get(activation.name, 0)
    assert holds == list(range(1, most + 1))
    if activation.name in ("silu", "gelu"):
        assert with_output_bias == [1, 2]
    if activation is mish:
        assert with_output_bias == list(range(1, 13))


def test_the_formulas_of_the_two_that_the_library_lacks():
    t = np.linspace(-2, 2, 9)
    for own in (mish, arctan):
        for value, point in zip(own(jnp.asarray(t)), t, strict=True):
            assert abs(derivative_balls(own, 0, float(point))[0] - float(value)) < 1e-14


@pytest.mark.parametrize("name", ["tanh", "silu", "softplus", "cos", "gaussian"])
def test_a_shift_repairs_the_condition(name):
    for bias in (0.3, 0.7):
        assert all(ball != 0 for ball in derivative_balls(ACTIVATIONS[name], 12, bias))
