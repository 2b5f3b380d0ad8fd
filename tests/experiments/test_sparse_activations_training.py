"""Students, and activity through training: what is exact of them, and rows at their smallest."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.certificates import certify_sparse_activation, verify_activation
from noflat.constructions import index_network
from noflat.experiments import _sparse_activations_students as students
from noflat.experiments import _sparse_activations_training as training
from noflat.experiments._sparse_activations import at_all_words
from noflat.experiments.records import where
from noflat.experiments.sparse_activations import PRESETS
from noflat.measure import activity, all_signs, average_sensitivity, degree_weights
from noflat.targets.cube import index_sensitivity, indexed

SETTINGS = PRESETS["smoke"]


def test_teachers_have_mean_0_and_variance_1_and_padding_changes_nothing():
    for teacher in students.teachers(SETTINGS):
        values = at_all_words(teacher.network)
        assert (values.mean(), values.var()) == pytest.approx((0, 1), abs=1e-12)
        wide = students.padded(teacher.network, 7, 9)
        assert (wide.inputs, wide.neurons) == (7, 9)
        n = teacher.network.inputs
        x = np.concatenate([all_signs(n), np.ones((2**n, 7 - n))], axis=1)
        # float32 weights
        assert np.asarray(jax.vmap(wide)(jnp.asarray(x, "float32")))[:, 0] == pytest.approx(
            values, abs=1e-5
        )


def test_words_are_fair_and_end_where_they_should():
    x = np.asarray(students.real_signs(4096, 5, jnp.array(3), key=jax.random.key(0)), np.float64)
    assert (x[:, 3:] == 0).all()
    numbers = ((x[:, :3] > 0) @ np.array([1, 2, 4])).astype(int)
    counts = np.bincount(numbers, minlength=8)
    # 4096 draws of eight words: five standard deviations of a count
    assert np.abs(counts - 512).max() < 5 * (512 * 7 / 8) ** 0.5


@pytest.fixture(scope="module")
def fits():
    return students.student_fits(SETTINGS)


def test_students_beside_what_is_exact(fits):
    rows = list(students.student_rows(SETTINGS, fits))
    assert len(rows) == 2 * len(students.teachers(SETTINGS))
    for bits in (1, 2):
        (row, _) = where(rows, target=f"index of {bits} bits")
        assert row["sensitivity"] == pytest.approx(float(index_sensitivity(bits)))
        assert (row["active"], row["first_degree"], row["degree"]) == (1, 1, bits + 1)
    for p in (2, 3):
        row = where(rows, target=f"parity of {p} signs")[0]
        assert (row["sensitivity"], row["first_degree"], row["degree"]) == (p, p, p)
        assert row["active"] == (1 if p == 2 else p)  # 4 neurons are enough for the words of 2
    for row in rows:
        assert row["learned"] == int(row["steps_taken"] is not None)
        assert row["sensitivity"] <= row["uniform_bound"] + 1e-9
    easy = where(rows, target="4 random neurons")
    assert all(row["learned"] and row["steps_taken"] < 200 for row in easy)


def test_curves_of_students_are_those_of_the_fits(fits):
    rows = list(students.student_curve_rows(SETTINGS, fits))
    teacher, fit = fits[0]
    first = where(rows, target=teacher.name)
    assert [row["steps"] for row in first] == list(range(0, 201, 5))
    for i, row in enumerate(first):
        two = sorted(float(loss) for loss in fit.loss_curve[:, i])
        assert (row["low"], row["high"]) == (two[0], two[1])
        assert row["loss"] == pytest.approx(sum(two) / 2)


@pytest.fixture(scope="module")
def trained():
    return training.activity_fits(SETTINGS)


def test_the_table_of_values_is_the_teacher():
    values = training._values(index_network(2), 7)
    x = all_signs(6)
    numbers = (x > 0) @ (1 << np.arange(6))
    expected = jax.vmap(lambda word: indexed(word, 2))(jnp.asarray(x))
    assert (values[numbers] == np.asarray(expected)).all()
    assert (values[64:] == 0).all()


def test_starts_are_the_same_for_all_penalties_and_differ_among_members(trained):
    of_index = [
        start for case, start, _ in trained if (case.target, case.start) == ("index", "random")
    ]
    assert len(of_index) == len(training.penalties(SETTINGS)) == 4
    first = np.asarray(of_index[0].layers[0].weight)
    assert all((np.asarray(other.layers[0].weight) == first).all() for other in of_index)
    assert (first[0] != first[1]).any()


def test_activity_begins_at_that_of_the_start(trained):
    rows = list(training.activity_rows(trained))
    for case, start, fit in trained:
        about = {"target": case.target, "penalty": case.penalty[0], "start": case.start}
        mine = where(rows, **about)
        assert len(mine) == 21
        assert mine[0]["part"] == 0
        assert mine[-1]["part"] == 1
        words = jnp.asarray(all_signs(11), "float32")
        exact = jax.vmap(activity, (0, None))(start, words).share
        # 256 words: a share of them is off by less than 0.5/16 a standard deviation
        assert mine[0]["low"] == pytest.approx(float(exact.min()), abs=5 * 0.5 / 16)
        assert mine[-1]["high"] == float(fit.counts[:, -1].max() / case.width)


def test_trained_networks_are_below_their_certificates(trained):
    rows = list(training.trained_rows(trained))
    written = where(rows, start="written with room", when="trained")
    assert len(written) == 4
    for row in rows:
        assert row["sensitivity"] <= row["signed_bound"] <= row["weighted_bound"] * (1 + 1e-3)
        assert row["weighted_bound"] <= row["mean_bound"] * (1 + 1e-9)
        assert row["mean_bound"] <= row["uniform_bound"]
        assert row["uniform_bound"] == pytest.approx(4 * row["active"] ** 2 * row["weight"] ** 2)
        assert row["trivial_bound"] == pytest.approx(row["inputs"] * row["variance"])
        assert row["sensitivity"] <= row["trivial_bound"] + 1e-9
        for name in ("uniform", "mean", "weighted", "signed"):
            assert row[f"{name}_bites"] == int(row[f"{name}_bound"] < row["trivial_bound"])
        assert row["degree"] <= row["sensitivity_degree"] <= row["certified_degree"]
    assert {row["when"] for row in rows} == {"start", "trained"}


def test_a_certificate_of_a_trained_network_is_accepted(trained):
    case, _, fit = trained[0]
    one = jax.tree.map(lambda leaf: leaf[0], fit.network)
    network = training._unpadded(one, case.teacher.inputs)
    found = certify_sparse_activation(network)
    bound = verify_activation(found)
    values = jnp.asarray(at_all_words(network), "float64")
    assert float(average_sensitivity(degree_weights(values))) <= float(bound)
    row = next(row for row in training.trained_rows([trained[0]]) if row["when"] == "trained")
    assert row["signed_bound"] == float(bound) == float(found.signed_bound)


def test_activity_of_transformers():
    rows = list(training.transformer_activity_rows(SETTINGS))
    assert len(rows) == 2 * 2 * 21
    for row in rows:
        assert 0 <= row["low"] <= row["share"] <= row["high"] <= 1
        assert row["neurons"] == 32
        assert (row["accuracy"] is None) == (row["steps"] == 0)
    assert {row["task"] for row in rows} == {"chain of thought", "index"}
