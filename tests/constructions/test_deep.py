"""Deep networks: gate by gate against the circuit, and their counts against what is known."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from sample_expressions import expressions

from noflat.constructions import deep_polynomial, plan_deep, product_tree
from noflat.constructions.deep import stages
from noflat.constructions.layering import layered
from noflat.conventions import CONVENTIONS
from noflat.measure import relative_rms_error
from noflat.targets import polynomial, product
from noflat.targets.circuits import circuit

NAMES = ["x", "y", "z1", "z2"]
RANDOM = np.random.default_rng(5)
TARGETS = ("x*y*z + 2*w**3", "(x + y)**8", "x**7 - y", "(x + 1)*(y - 2)*z + 3", "x*y*z*w*u*v")
ACTIVATIONS = ("exp", "tanh", "sigmoid", "softplus", "silu", "gelu", "sin", "power2")


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("text", TARGETS)
def test_errors_and_counts_of_all_conventions(text, name):
    target = polynomial(text)
    points = jnp.asarray(RANDOM.uniform(-1, 1, (500, target.inputs)))
    built = 0
    for allowed in CONVENTIONS:
        for halved in (False, True):
            options = {"convention": allowed, "halved": halved}
            try:
                plan = plan_deep(text, name, **options)
            except ValueError:  # this convention leaves no way, or the value at 0 is out of reach
                continue
            network = deep_polynomial(text, name, **options)
            assert network.widths == plan.widths
            assert sum(plan.counts.values()) == plan.neurons == network.neurons
            # half a gate has an error of first order in its scale, which rounding keeps large
            assert relative_rms_error(network, target, points) < (1e-3 if halved else 1e-6)
            built += 1
            if not allowed.hidden_bias:
                assert all(layer.bias is None for layer in network.layers[:-1])
            if not allowed.output_bias:
                assert network.layers[-1].bias is None
            assert allowed.affine_skip or network.skip is None
    assert built >= (2 if name in ("silu", "gelu", "exp", "softplus") else 1)


@settings(deadline=None, max_examples=25)
@given(expressions)
def test_every_value_of_every_layer(text):
    source = circuit(text, variables=NAMES)
    if source.depth == 0:
        return
    plan = plan_deep(source, "silu")
    layers, _, _ = layered(source, constants=True, skipped=False)
    point = [Fraction(1, 3), Fraction(-4, 5), Fraction(1, 2), Fraction(-1, 7)]
    gates = list(source.exact_values(point))
    values = exact = np.array([float(v) for v in point])
    for stage, steps in zip(stages(plan), layers, strict=True):
        hidden = np.asarray(jax.nn.silu(jnp.asarray(values @ stage.weight + stage.bias)))
        values = hidden @ stage.readout + stage.constant
        exact = np.array([step.value(exact[None])[0] for step in steps])
        for step, value in zip(steps, exact, strict=True):
            if step.gate is not None:  # two interpreters, one of them exact
                np.testing.assert_allclose(
                    value, float(gates[4 + step.gate]), rtol=1e-12, atol=1e-12
                )
        sizes = np.array([np.prod(part.sizes) for part in plan.parts[len(plan.parts) - 1]]).max()
        np.testing.assert_allclose(values, exact, rtol=1e-5, atol=1e-5 * max(1.0, sizes))


@pytest.mark.parametrize("n", [2, 4, 8])
def test_products_cost_what_a_tree_does(n):
    assert plan_deep(product(n), "silu").neurons == 4 * (n - 1)
    assert plan_deep(product(n), "silu", halved=True).neurons == 2 * (n - 1)
    assert deep_polynomial(product(n), "silu").widths == product_tree(n, "silu").widths


def test_counts():
    assert plan_deep("(x + y)**8", "exp").widths == (2, 2, 2)
    assert plan_deep("(x + y)**8", "gelu", halved=True).widths == (1, 1, 1)
    assert plan_deep("x*y*z*u + x*y", "silu").counts["carried"] == 1
    assert plan_deep("x*y + z", "silu").counts["carried"] == 1
    assert plan_deep("x*y + z", "silu", convention="affine_skip").counts["carried"] == 0
    # what is carried is a space: z + w is one number, and 2z + 2w no other
    assert plan_deep("x*y*u + z + w", "tanh").counts["carried"] == 3
    assert plan_deep("(x*y)*(z + w) + 2*z + 2*w", "tanh").counts["carried"] == 2
    free = plan_deep("(x + 1)*(y + 1)*(z + 1)", "exp")
    bound = plan_deep("(x + 1)*(y + 1)*(z + 1)", "exp", convention="bias_free")
    assert free.counts["constants"] == 0 < bound.counts["constants"]


def test_exact_gates_are_exact():
    network = deep_polynomial("(x - y)**4 - x**4", "power2", halved=True, convention="bias_free")
    target = polynomial("(x - y)**4 - x**4")
    points = jnp.asarray(RANDOM.uniform(-1, 1, (100, 2)))
    assert relative_rms_error(network, target, points) < 1e-14


def test_float32():
    network = deep_polynomial("x*y*z + w**2", "silu", dtype=jnp.float32, error=1e-3)
    points = jnp.asarray(RANDOM.uniform(-1, 1, (500, 4)), jnp.float32)
    error = relative_rms_error(network, polynomial("x*y*z + w**2"), points)
    assert 1e-6 < error < 1e-3
    with pytest.raises(ValueError, match="`error`=1e-08 is out of reach in float32"):
        deep_polynomial("x*y*z + w**2", "silu", dtype=jnp.float32, error=1e-8)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("x + y", "exp"), {}, "`target` must have a product"),
        (("x*y", "relu"), {}, "`activation` relu has no bias to multiply"),
        (("x*y", "tanh"), {"convention": "bias_free"}, "allow hidden_bias"),
        (("x*y", "tanh"), {"halved": True}, "leave `halved` out"),
        (("x*y + 1", "silu"), {"convention": "bias_free"}, "`target` is not 0 at 0"),
        (("x*y", "exp"), {"error": 1e-12}, "is out of reach in float64"),
        (("x*y", "exp"), {"error": -1}, "`error` must be a positive number"),
        (("x*", "exp"), {}, "`expression` ends"),
        (("x*y", "mish"), {}, "`activation` must be"),
    ],
)
def test_errors(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        deep_polynomial(*arguments, **options)
