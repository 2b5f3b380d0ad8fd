"""Classifiers of strings: their loss, their batches, and that they learn."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.networks import PatchNetwork
from noflat.targets.hierarchy import encode, random_hierarchy, sample_strings
from noflat.training import STATUSES, Classifier

HIERARCHY = {"symbols": 3, "levels": 2}


def classifier_of(kind="cnn", width=16, **how):
    network = PatchNetwork(kind, patch=2, hidden_layers=2, width=width, classes=3)
    return Classifier(network, 3, **({"rate": 0.1} | how))


@pytest.fixture(scope="module")
def data():
    hierarchy = random_hierarchy(**HIERARCHY, key=jax.random.key(0))
    return sample_strings(hierarchy, 81, replace=False, key=jax.random.key(1))


@pytest.mark.parametrize("kind", ["lcn", "cnn", "fcn"])
def test_it_learns_all_strings(kind, data):
    classifier = classifier_of(kind, width=32, rate=0.03, batch=9)
    fit = classifier.fit(data, key=jax.random.key(2))
    assert STATUSES[int(fit.status)] == "converged"
    assert float(classifier.error(fit.params, data)) == 0.0


def test_the_first_step_is_that_of_the_cross_entropy(data):
    classifier = classifier_of(most_steps=1, batch=12)
    start = classifier.start(key=jax.random.key(3), dtype="float64")
    few = jax.tree.map(lambda leaf: leaf[:12], data)
    fit = classifier.fit(few, start=start, key=jax.random.key(4))

    def entropy(params):
        x = encode(few.inputs, 3, dtype="float64")
        scores = jax.nn.log_softmax(classifier.network.apply(params, x))
        return -jnp.mean(scores[jnp.arange(12), few.labels])

    slope = jax.grad(entropy)(start.params)
    rate = 0.1 * 16  # times the width
    for one, before, change in zip(
        *map(jax.tree.leaves, (fit.params, start.params, slope)), strict=True
    ):
        np.testing.assert_allclose(one, before - rate * change, rtol=1e-12, atol=1e-12)


def test_a_batch_has_four_of_every_class_unless_told_otherwise():
    assert classifier_of().batch == 12
    assert classifier_of(batch=6).batch == 6


def test_answers_are_the_largest_outputs(data):
    classifier = classifier_of()
    params = classifier.start(key=jax.random.key(0)).params
    *_, outputs = classifier.layers(params, data.inputs)
    answers = classifier.answers(params, data.inputs)
    assert np.array_equal(answers, np.argmax(outputs, axis=1))
    wrong = float(np.mean(np.asarray(answers) != np.asarray(data.labels)))
    assert float(classifier.error(params, data)) == pytest.approx(wrong)


@pytest.mark.usefixtures("unchecked")
def test_what_is_refused():
    for wrong, message in (
        ({"rate": 0.0}, "`rate` must be a positive number"),
        ({"goal": -1.0}, "`goal` must be a positive number"),
        ({"batch": 0}, "`batch` must be an integer of at least 1"),
        ({"most_steps": 0}, "`most_steps` must be an integer of at least 1"),
    ):
        with pytest.raises(ValueError, match=message):
            classifier_of(**wrong)
