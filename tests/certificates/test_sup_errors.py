"""Proved errors against the network evaluated in balls of many bits."""

from fractions import Fraction

import flint
import jax.numpy as jnp
import numpy as np
import pytest
from flint import arb, fmpq

from noflat.activations import derivative_balls
from noflat.certificates import sup_error_bound
from noflat.constructions import (
    deep_polynomial,
    flat_polynomial,
    flat_product,
    multiplication_gate,
    product_tree,
)
from noflat.networks.dense import Layer, Network
from noflat.targets import polynomial, product

RANDOM = np.random.default_rng(11)
MIXED = "x*y*z + 2*w**3 - 1/3"
ALL = "hidden_bias+output_bias"
CASES = {
    "gate": (lambda: multiplication_gate("exp"), "x*y"),
    "flat, exp": (lambda: flat_product(4, "exp"), product(4)),
    "flat, tanh": (lambda: flat_polynomial(MIXED, "tanh", convention=ALL), MIXED),
    "flat, skip": (lambda: flat_polynomial("x*y + x", "exp", convention="affine_skip"), "x*y + x"),
    "tree, exp": (lambda: product_tree(6, "exp"), product(6)),
    "tree, gelu": (lambda: product_tree(4, "gelu"), product(4)),
    "tree, sigmoid": (lambda: product_tree(3, "sigmoid"), product(3)),
    "deep, silu": (lambda: deep_polynomial(MIXED, "silu", convention=ALL), MIXED),
    "deep, power": (lambda: deep_polynomial("(x + y)**8", "power2"), "(x + y)**8"),
    "float32": (lambda: product_tree(4, "exp", dtype=jnp.float32), product(4)),
}


def exact_errors(network, target, points):
    """The network less the target, in balls of 400 bits: no rounding but that of the weights."""

    def affine(layer, x):
        weight = np.asarray(layer.weight, float)
        return [
            sum((arb(float(w)) * v for w, v in zip(column, x, strict=True)), arb(0))
            + (0 if layer.bias is None else arb(float(layer.bias[j])))
            for j, column in enumerate(weight.T)
        ]

    found = []
    with flint.ctx.workprec(400):
        for point in points:
            x = [arb(float(t)) for t in point]
            hidden = x
            for layer in network.layers[:-1]:
                hidden = [
                    derivative_balls(network.activation, 0, t, precision=400)[0]
                    for t in affine(layer, hidden)
                ]
            (value,) = affine(network.layers[-1], hidden)
            if network.skip is not None:
                value += affine(Layer(network.skip), x)[0]
            wanted = target.exact([Fraction(float(t)) for t in point])
            found.append(abs(float(value - arb(fmpq(wanted.numerator, wanted.denominator)))))
    return np.array(found)


@pytest.mark.parametrize("radius", [1.0, 0.5])
@pytest.mark.parametrize("name", CASES)
def test_no_point_is_beyond_the_bound_and_some_come_close(name, radius):
    build, expression = CASES[name]
    network, target = build(), polynomial(expression)
    found = sup_error_bound(network, target, radius=radius)
    random = RANDOM.uniform(-radius, radius, (40, target.inputs))
    corners = radius * RANDOM.choice([-1.0, 1.0], (40, target.inputs))
    errors = exact_errors(network, target, np.concatenate([random, corners]))
    assert errors.max() <= found.bound
    assert found.bound <= 4 * errors.max()
    assert found.remainder <= found.bound / 8
    assert 56 <= found.bits <= 384


def test_a_wrong_network_has_a_large_error():
    network = product_tree(3, "exp")
    for target, distance in ((product(3) * 2, 1), (product(3) + 1, 1), ("x*y", 2)):
        if isinstance(target, str):
            target = polynomial(target, variables=("x", "y", "z"))
        bound = sup_error_bound(network, target).bound
        assert distance * 0.99 <= bound <= distance * 1.01


def test_an_exact_network_has_that_of_its_weights():
    """Squares need no limit: what is left is the rounding of 1/4."""
    assert sup_error_bound(multiplication_gate("power2"), "x*y").bound < 1e-15


def test_the_error_falls_with_the_box_as_its_order_says():
    """The gate's first error term has degree 4."""
    network = multiplication_gate("exp", scale=2.0**-4)
    large, small = (sup_error_bound(network, "x*y", radius=r).bound for r in (1.0, 0.5))
    assert np.log2(large / small) == pytest.approx(4, abs=0.05)


def wide(scale):
    return Network(
        (Layer(jnp.full((1, 1), scale)), Layer(jnp.ones((1, 1)))),
        multiplication_gate("tanh").activation,
    )


def test_more_bits_prove_what_few_do_not():
    """Weights of 1e20 that cancel: with 56 bits the radius leaves the range of every neuron."""
    inner = Layer(jnp.array([[1e-6, -1e-6]]))
    outer = Layer(jnp.array([[1e20, -1e20], [1e20, -1e20]]))
    network = Network(
        (inner, outer, Layer(jnp.array([[0.5], [0.5]]))), multiplication_gate("tanh").activation
    )
    found = sup_error_bound(network, polynomial("x") * 0)
    assert found.bits > 56
    assert found.bound < 1


@pytest.mark.parametrize(
    ("network", "target", "options", "message"),
    [
        (lambda: wide(100.0), "x**2", {}, "ranges too far"),
        (lambda: multiplication_gate("exp"), product(3), {}, "3 inputs"),
        (lambda: multiplication_gate("relu_squared"), "x*y", {}, "no Taylor series"),
        (lambda: multiplication_gate("exp"), "x*y", {"radius": 0.0}, "`radius` must be"),
    ],
)
def test_what_has_no_bound_is_said(network, target, options, message):
    with pytest.raises(ValueError, match=message):
        sup_error_bound(network(), target, **options)
