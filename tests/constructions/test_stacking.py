"""Networks side by side, carried to one depth, and the distance of class probabilities."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noflat.certificates import sup_error_bound
from noflat.constructions import (
    bayes_classifier,
    deep_polynomial,
    deepened,
    flat_polynomial,
    multiplication_gate,
    product_tree,
    side_by_side,
    softmax_classifier,
    softmax_distance_bound,
)
from noflat.measure import sample, total_variation
from noflat.targets import polynomial, product

TEXTS = ("x*y*z - x", "x**2*y + z", "x*z - 2*y**4")


def _compiled(text, **options):
    target = polynomial(text, variables=("x", "y", "z"))
    return deep_polynomial(target, "silu", **options)


def _at(network, points):
    return np.asarray(jax.vmap(network)(jnp.asarray(points, network.layers[0].weight.dtype)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_outputs_side_by_side_are_those_alone(dtype):
    alone = [_compiled(text, dtype=dtype) for text in TEXTS[:2]]
    both = side_by_side(alone)
    assert both.neurons == sum(one.neurons for one in alone)
    assert both.synapses == sum(one.synapses for one in alone)
    points = sample("cube", 3, 64, seed=0)
    expected = np.concatenate([_at(one, points) for one in alone], axis=1)
    # the same numbers added in another order, with zeros between
    size = max(float(jnp.abs(one.layers[-1].weight).sum()) for one in alone)
    unit = float(jnp.finfo(dtype).eps)
    np.testing.assert_allclose(_at(both, points), expected, atol=4 * unit * size)


def test_skips_stay_with_their_outputs():
    pair = [
        flat_polynomial(text, "silu", convention="hidden_bias+affine_skip", scale=0.1)
        for text in ("x*y + x", "x*y - 2*y")
    ]
    assert any(one.skip is not None for one in pair)
    points = sample("cube", 2, 32, seed=0)
    expected = np.concatenate([_at(one, points) for one in pair], axis=1)
    np.testing.assert_allclose(_at(side_by_side(pair), points), expected, atol=1e-11)


@pytest.mark.parametrize("activation", ["silu", "tanh", "softplus"])
def test_carrying_costs_a_neuron_per_output_and_layer(activation):
    gate = multiplication_gate(activation)
    deep = deepened(gate, 4)
    assert deep.widths == (*gate.widths, 1, 1, 1)
    points = sample("cube", 2, 256, seed=0)
    assert np.abs(_at(deep, points) - _at(gate, points)).max() < 1e-6
    pair = side_by_side([gate, gate])
    assert deepened(pair, 2).widths == (2 * gate.neurons, 2)


@pytest.mark.parametrize("text", TEXTS)
def test_a_given_scale_is_of_second_order(text):
    target = polynomial(text, variables=("x", "y", "z"))
    errors = [
        sup_error_bound(deepened(_compiled(text, scale=scale), 3, scale=scale), target).bound
        for scale in (2.0**-5, 2.0**-6)
    ]
    assert 3.5 < errors[0] / errors[1] < 4.5


def test_biases_of_the_last_layer():
    forms = [product(2), product(2) * -1]
    plain = bayes_classifier(forms, [0.0, 0.0], "silu")
    shifted = bayes_classifier(forms, [0.25, -1.0], "silu")
    x = jnp.array([0.5, -0.75])
    np.testing.assert_allclose(plain(x), [0.375, -0.375], atol=1e-8)
    np.testing.assert_allclose(shifted(x) - plain(x), [-0.25, 1.0], atol=1e-9)


def test_shallow_networks_are_deepened():
    networks = [product_tree(4, "silu"), _gate_of_four()]
    assert [one.hidden_layers for one in networks] == [2, 1]
    both = softmax_classifier(networks, [0.0, 0.0])
    assert both.widths == (12, 5)
    np.testing.assert_allclose(both(jnp.ones(4)), [-1.0, -1.0], atol=1e-7)


def test_a_scale_reaches_the_gates_and_what_carries_values_along():
    forms = ["x*y", "x**2*y"]
    scaled = bayes_classifier(forms, [0.0, 0.0], "silu", scale=0.01)
    # the first class has one layer of gates, and a carrier in the second
    deep = deepened(deep_polynomial(polynomial(forms[0]), "silu", scale=0.01), 2, scale=0.01)
    carried = scaled.layers[-1].weight[: deep.widths[1], 0]
    np.testing.assert_array_equal(carried, -deep.layers[-1].weight[:, 0])
    free = bayes_classifier(forms, [0.0, 0.0], "silu")
    assert abs(free.layers[-1].weight[0, 0]) > 1e6 * abs(carried[0])  # chosen for least error


def _gate_of_four():
    return deep_polynomial(polynomial("x*y + 0*z + 0*w", variables=("x", "y", "z", "w")), "silu")


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-1, 1)), min_size=2, max_size=6))
def test_probabilities_move_no_farther_than_the_bound(pairs):
    logits, errors = (jnp.array(column) for column in zip(*pairs, strict=True))
    distance = total_variation(jax.nn.softmax(logits), jax.nn.softmax(logits + errors))
    assert float(distance) <= softmax_distance_bound(np.abs(errors).tolist()) + 1e-15


@pytest.mark.parametrize("delta", [1e-3, 0.1, 1.0, 4.0])
def test_the_bound_is_attained(delta):
    logits = jnp.array([delta, -delta]) / 2
    distance = total_variation(jax.nn.softmax(logits), jax.nn.softmax(-logits))
    np.testing.assert_allclose(distance, softmax_distance_bound([delta, delta]), rtol=1e-9)


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-1, 1)), min_size=2, max_size=6))
def test_a_class_that_leads_by_more_than_the_errors_stays_first(pairs):
    logits, errors = np.array(pairs).T
    second, first = np.sort(logits)[-2:]
    least = np.sort(np.abs(errors))[-2:].sum()
    if first - second > least + 1e-12:
        assert np.argmax(logits) == np.argmax(logits + errors)
    # two classes apart by just that may change places
    close = np.array([least / 2, -least / 2])
    assert least < 1e-12 or np.argmax(close + 1.01 * np.array([-least / 2, least / 2])) == 1


def test_errors():
    with pytest.raises(ValueError, match=r"`networks` must be of the same inputs.*deepened"):
        side_by_side([product_tree(4, "silu"), product_tree(8, "silu")])
    with pytest.raises(ValueError, match="`hidden_layers` must be at least the 2"):
        deepened(product_tree(4, "silu"), 1)
    with pytest.raises(ValueError, match="`biases` must be one for each of the 1 networks"):
        softmax_classifier([product_tree(4, "silu")], [])
    with pytest.raises(ValueError, match="`networks` must be at least one"):
        softmax_classifier([], [])
    with pytest.raises(ValueError, match="`errors` must be two or more"):
        softmax_distance_bound([0.1])
    with pytest.raises(ValueError, match="`scale` must be a positive number"):
        deep_polynomial("x*y", "silu", scale=-1.0)
