"""The one building block: its weights against the theorem's, its errors in ball arithmetic."""

import dataclasses
from fractions import Fraction

import flint
import numpy as np
import pytest

from noflat.activations import activation, derivatives, simple_zeros
from noflat.constructions.blocks import (
    Block,
    Kind,
    block_derivatives,
    count,
    richardson_coefficients,
)
from noflat.constructions.precision import convergence_order

X = (Fraction(3, 4), Fraction(-2, 5), Fraction(7, 8), Fraction(1, 3), Fraction(-5, 9))
KINDS = ("cube", "half", "corner", "short")


def block(name, kind, operands, *, bias=0.0, scale=0.25, richardson=1):
    skip = kind == "short" or (kind == "half" and operands == 2)
    return Block(activation(name), kind, operands, bias, scale, richardson, skip)


# name, kind, operands, bias, scales combined
BLOCKS = [
    *(block("exp", "cube", r) for r in (1, 2, 3, 5)),
    *(block("exp", "corner", r) for r in (1, 2, 3, 5)),
    *(block("exp", "short", r) for r in (2, 3, 5)),
    block("exp", "half", 2),
    block("softplus", "half", 2, bias=1.0),
    *(block("cos", "half", r, bias=simple_zeros(activation("cos"), r - 1)[-1]) for r in (1, 2, 3)),
    *(block(name, "half", 4) for name in ("silu", "gelu", "softplus", "gaussian", "cos")),
    *(block(name, "half", 3) for name in ("tanh", "sigmoid", "erf", "sin")),
    block("tanh", "half", 4, bias=simple_zeros(activation("tanh"), 3)[0]),
    block("gelu", "half", 2, bias=simple_zeros(activation("gelu"), 1)[0]),
    *(block("sigmoid", kind, 3, bias=0.7) for kind in ("cube", "corner", "short")),
    *(block("silu", kind, 4) for kind in ("cube", "corner", "short")),
    *(block("sigmoid", "cube", 2, bias=1.3, richardson=k) for k in (2, 3, 4)),
    *(block("tanh", "cube", 3, richardson=k) for k in (2, 3)),
]
each = pytest.mark.parametrize(
    "given", BLOCKS, ids=lambda b: f"{b.activation.name}-{b.kind}{b.operands}x{b.richardson}"
)


@each
def test_weights_are_those_of_the_theorem(given, exact_weights):
    # The rows of the two may be in another order: a vertex is known by its entries.
    exact = exact_weights(given)
    vertices = np.array([[float(t) for t in vertex] for vertex in exact.vertices])
    order, found = np.lexsort(vertices.T), np.lexsort(given.vertices.T)
    np.testing.assert_allclose(given.vertices[found], vertices[order], rtol=4e-16)
    # A weight is a quotient of some four rounded numbers.
    weights = np.array([float(w) for w in exact.weights])
    np.testing.assert_allclose(given.weights[found], weights[order], rtol=1e-15)
    np.testing.assert_allclose(given.constant, float(exact.constant), rtol=1e-15)
    # A sum over all vertices; the exact one is 0 where nothing is left to take away.
    skip = [float(s) for s in exact.skip]
    size = given.scale * np.abs(given.weights).sum()
    np.testing.assert_allclose(given.skip_weights, skip, rtol=1e-14, atol=1e-15 * size)


def halvings(given):
    """A scale at which the leading order is all there is, and how much of the rest there may be."""
    # A zero of a derivative, rounded to a float, leaves a term of the order 2^-53 / scale.
    rounded = given.kind == "half" and given.bias not in (0.0, 1.0)
    return (8, 2.0**-5) if rounded else (40, 2.0**-36)


@each
def test_the_error_falls_at_the_predicted_order(given, exact_error):
    exponent, negligible = halvings(given)
    order = convergence_order(given)
    assert order > 0
    x = X[: given.operands]
    wide, narrow = (
        exact_error(dataclasses.replace(given, scale=2.0**-e), x) for e in (exponent, exponent + 1)
    )
    assert abs(wide) < 1000 * 2.0 ** (-exponent * order)
    with flint.ctx.workprec(700):
        ratio = float(wide / narrow)
    assert ratio == pytest.approx(2**order, rel=negligible)


@pytest.mark.parametrize(
    "given",
    [
        *(block(f"power{r}", kind, r) for r in (2, 3, 5) for kind in KINDS),
        block("relu_squared", "cube", 2),
        block("power2", "cube", 1, bias=1.0),
        block("power4", "cube", 3, bias=1.0),
        block("power4", "cube", 2, bias=1.0, richardson=2),
    ],
)
def test_powers_multiply_exactly(given, exact_error):
    assert convergence_order(given) == 0
    assert abs(exact_error(given, X[: given.operands])) < 2.0**-600


@pytest.mark.parametrize("operands", range(1, 9))
def test_neurons(operands):
    counts: dict[Kind, int] = {
        "cube": 2**operands,
        "half": 2 ** (operands - 1),
        "corner": 2**operands - 1,
    }
    counts |= {"short": 2**operands - 2} if operands > 1 else {}
    for kind, neurons in counts.items():
        given = block("exp", kind, operands)
        assert given.neurons == count(kind, operands) == neurons
        assert given.vertices.shape == (neurons, operands)
        assert given.weights.shape == (neurons,)
        assert dataclasses.replace(given, richardson=3).neurons == 3 * neurons
        assert len(np.unique(given.vertices, axis=0)) == neurons


@pytest.mark.parametrize("scales", range(1, 6))
def test_richardson_coefficients(scales):
    exact = [Fraction(gamma).limit_denominator(10**9) for gamma in richardson_coefficients(scales)]
    for power in range(scales):
        total = sum(gamma * 4 ** (k * power) for k, gamma in enumerate(exact))
        assert total == (1 if power == 0 else 0)


def test_derivatives_of_a_block():
    tanh, squared = activation("tanh"), activation("relu_squared")
    assert block_derivatives(tanh, 4, 0.5) == derivatives(tanh, 4, 0.5)
    assert block_derivatives(squared, 4, 0.0) == (0.0, 0.0, 1.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="`bias` must be 0 for relu_squared, .* got 1"):
        block_derivatives(squared, 2, 1.0)
