"""Multiplication gates and identity neurons: Theorem 1 for two inputs and for one."""

import dataclasses
from fractions import Fraction

import flint
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat import apply, count_neurons, multiplication_gate, product
from noflat.activations import activation, derivatives, simple_zeros
from noflat.constructions import plan_flat
from noflat.constructions.blocks import Block
from noflat.constructions.precision import convergence_order
from noflat.measure import relative_rms_error, sample

X = (Fraction(3, 7), Fraction(-5, 8))
SCALE = 2.0**-40


@pytest.mark.parametrize(("name", "bias"), [("exp", 0.0), ("silu", 0.0), ("tanh", 0.75)])
def test_leading_error(name, bias, exact_error):
    # Theorem 1a: sigma_4 / (6 sigma_2) scale^2 (x^2 + y^2), then scale^4.
    error = float(exact_error(Block(activation(name), "cube", 2, bias, SCALE), X))
    values = derivatives(activation(name), 4, bias)
    leading = values[4] / (6 * values[2]) * SCALE**2 * float(X[0] ** 2 + X[1] ** 2)
    assert error == pytest.approx(leading, rel=1e-14)


def test_leading_error_of_the_smaller_gates(exact_error):
    x, y = map(float, X)
    # Theorem 1c: sigma_3 / (2 sigma_2) scale (x + y).
    error = float(exact_error(Block(activation("exp"), "corner", 2, 0.0, SCALE), X))
    assert error == pytest.approx(SCALE / 2 * (x + y), rel=1e-11)
    # Theorem 1b: sigma_3 / sigma_2 scale y (x^2/2 + y^2/6) / (x y), where sigma_1 = 0 or a skip
    # takes its term away.
    error = float(exact_error(Block(activation("exp"), "half", 2, 0.0, SCALE, skip=True), X))
    assert error == pytest.approx(SCALE * (x**2 / 2 + y**2 / 6) / x, rel=1e-11)
    silu, scale = activation("silu"), 2.0**-16
    (bias,) = simple_zeros(silu, 1)
    third, second = derivatives(silu, 3, bias)[3], derivatives(silu, 2, bias)[2]
    error = float(exact_error(Block(silu, "half", 2, bias, scale), X))
    expected = third / second * scale * (x**2 / 2 + y**2 / 6) / x
    assert error == pytest.approx(expected, rel=10 * scale)


@pytest.mark.parametrize(("name", "neurons"), [("power2", 2), ("power2", 3), ("relu_squared", 4)])
def test_exact_gates(name, neurons):
    gate = multiplication_gate(name, neurons=neurons)
    assert count_neurons(gate) == neurons
    assert gate.layers[0].bias is None
    for x in (X, (Fraction(-2), Fraction(3, 4)), (Fraction(5), Fraction(0))):
        total = Fraction(0)
        weights = np.asarray(gate.layers[0].weight).T.tolist()
        for (a, b), [w] in zip(weights, np.asarray(gate.layers[1].weight).tolist(), strict=True):
            t = Fraction(a) * x[0] + Fraction(b) * x[1]
            total += Fraction(w) * (max(t, Fraction(0)) if name == "relu_squared" else t) ** 2
        assert total == product(2).exact(x)


@pytest.mark.parametrize("scales", [1, 2, 3])
def test_richardson_order(scales, exact_error):
    gate = Block(activation("sigmoid"), "cube", 2, 1.25, SCALE, scales)
    assert gate.neurons == 4 * scales
    assert convergence_order(gate) == 2 * scales
    wide = exact_error(gate, X)
    narrow = exact_error(dataclasses.replace(gate, scale=SCALE / 2), X)
    with flint.ctx.workprec(700):
        assert float(wide / narrow) == pytest.approx(4.0**scales, rel=1e-12)


@pytest.mark.parametrize("name", ["exp", "tanh", "sigmoid", "silu"])
def test_identity(name, exact_error):
    # Theorem 1h: one neuron and a constant carry a factor along, up to sigma_2/(2 sigma_1) scale x.
    block = Block(activation(name), "corner", 1, 0.5, SCALE)
    assert block.neurons == 1
    values = derivatives(activation(name), 2, 0.5)
    leading = values[2] / (2 * values[1]) * SCALE * float(X[0])
    assert float(exact_error(block, X[:1])) == pytest.approx(leading, rel=1e-11)


@pytest.mark.parametrize("name", ["silu", "gelu", "softplus"])
def test_two_neurons_are_an_exact_identity(name):
    t = jnp.linspace(-3, 3, 13)
    sigma = activation(name)
    # Softplus is at most 3.05 here, and four roundings are its share.
    np.testing.assert_allclose(sigma(t) - sigma(-t), t, rtol=0, atol=4 * 3.05 * 2.0**-53)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("neurons", [2, 3, 4, 8, 12])
def test_floor_within_factor(neurons, dtype):
    name = "cos" if neurons == 2 else "softplus"
    gate = multiplication_gate(name, neurons=neurons, dtype=dtype)
    kind = {2: "half", 3: "corner"}.get(neurons, "cube")
    plan = plan_flat(
        2,
        name,
        kind=kind,  # pyright: ignore[reportArgumentType]
        convention="hidden_bias+output_bias",
        richardson=max(1, neurons // 4),
        dtype=dtype,
    )
    assert count_neurons(gate) == plan.neurons == neurons
    points = jnp.asarray(sample("cube", 2, 2**12, seed=0), dtype)
    measured = float(relative_rms_error(gate, product(2), points))
    assert plan.predicted_error / 10 < measured < 3 * plan.predicted_error


def test_more_neurons_make_a_better_gate():
    errors = [plan_flat(2, "sigmoid", convention="hidden_bias", richardson=k) for k in (1, 2, 3)]
    first, second, third = (plan.predicted_error for plan in errors)
    # u^(2K / (2K + 2)) for K scales: the half, two thirds, three quarters of the digits.
    # By its bias the first has no error of order two: it is as good as the second.
    assert 1e-11 < first < 1e-9
    assert second < 2 * first
    assert third < second / 4


def test_a_gate_is_the_doc_formula():
    gate = multiplication_gate("softplus", bias=0.5, scale=0.25)
    x = jnp.array([0.3, -0.6])
    softplus, curvature = activation("softplus"), derivatives(activation("softplus"), 2, 0.5)[2]
    plus, minus = 0.25 * (x[0] + x[1]), 0.25 * (x[0] - x[1])
    signs = softplus(jnp.stack([0.5 + plus, 0.5 - plus, 0.5 + minus, 0.5 - minus]))
    expected = jnp.dot(signs, jnp.array([1.0, 1.0, -1.0, -1.0])) / (4 * curvature * 0.25**2)
    np.testing.assert_allclose(apply(gate, x)[0], expected, rtol=1e-13)


def test_wrong_gates_are_refused():
    for neurons in (0, 1, 5, 6, -4):
        with pytest.raises(ValueError, match=f"2, 3 or a multiple of 4; got {neurons}"):
            multiplication_gate("silu", neurons=neurons)
    with pytest.raises(ValueError, match="`neurons` of a gate of exp must be 3 or more: two"):
        multiplication_gate("exp", neurons=2)
    with pytest.raises(ValueError, match="with relu as `kind`='cube', nor does any other: take"):
        multiplication_gate("relu")
    with pytest.raises(ValueError, match="`error`=1e-12 is below the floor of float64 for a gate"):
        multiplication_gate("silu", error=1e-12)
    with jax.enable_x64(False), pytest.raises(ValueError, match="floor of float32 for a gate of 4"):
        multiplication_gate("silu", error=1e-7)
