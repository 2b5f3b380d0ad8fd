"""Rows on learning: teachers are what they are called, and closed forms meet what was measured."""

import numpy as np
import pytest

from noflat.constructions import dense_parity
from noflat.experiments._sparse_activations_learning import (
    _teacher,
    low_degree_rows,
    sample_complexity_rows,
    sample_growth_rows,
    teachers,
)
from noflat.experiments.records import where
from noflat.experiments.sparse_activations import PRESETS
from noflat.measure import least_samples
from noflat.targets.cube import index_weights

SMALL = PRESETS["smoke"]


@pytest.fixture(scope="module")
def rows():
    return list(low_degree_rows(SMALL))


@pytest.fixture(scope="module")
def complexities(rows):
    return list(sample_complexity_rows(rows, SMALL))


def test_teachers_are_of_variance_one_and_within_their_bound():
    found = teachers(SMALL)
    assert len({one.name for one in found}) == len(found) == 7
    for one in found:
        assert np.var(one.values) == pytest.approx(1)
        assert one.weights[1:].sum() == pytest.approx(1)
        assert np.arange(one.n + 1) @ one.weights <= one.bound * (1 + 1e-12)
        assert not one.sparse or one.certificate.active == 1
    index = next(one for one in found if one.name.startswith("index"))
    np.testing.assert_allclose(index.weights[:4], [float(w) for w in index_weights(2)])


def test_averages_err_as_their_closed_form_says(rows):
    mine = where(rows, method="averages")
    away = [
        abs(row["error"] - row["predicted"]) for row in mine if row["samples"] > 2 * row["features"]
    ]
    noise = [row["standard_error"] for row in mine if row["samples"] > 2 * row["features"]]
    # eight seeds: Student's quantile of 7 degrees of freedom at 1e-4 is 7
    assert np.all(np.array(away) <= 7 * np.array(noise) + 1e-12)
    assert max(noise) > 0


def test_errors_of_seeds_are_those_of_the_means(rows):
    for row in rows:
        errors = [float(error) for error in row["of_seeds"].split()]
        assert len(errors) == row["seeds"]
        assert np.mean(errors) == pytest.approx(row["error"], rel=1e-4, abs=1e-9)
        assert min(errors) >= row["tail"] - 1e-5


def test_ridges_are_calm_where_least_squares_peak(rows):
    for row in where(rows, method="least squares", teacher="parity of 6 signs", degree=2):
        (ridge,) = where(
            rows,
            method="ridge",
            teacher="parity of 6 signs",
            degree=2,
            samples=row["samples"],
        )
        # nothing is to be seen at this degree, and a large ridge says so
        assert ridge["error"] == pytest.approx(1, abs=1e-6)
        assert row["error"] > 1
        assert (row["predicted"] is None) == (row["samples"] == row["features"])


def test_measured_sizes_are_those_of_the_closed_form(complexities):
    for row in complexities:
        if row["measured_samples"] and row["interpolated_samples"]:
            assert row["measured_samples"] == pytest.approx(row["interpolated_samples"], rel=0.35)
            # the grid doubles, and between its sizes the curve is not a line
            assert row["interpolated_samples"] == pytest.approx(row["samples"], rel=0.15)
        assert row["samples"] <= row["certified_samples"] <= row["bound_samples"]
    parity = where(complexities, teacher="parity of 6 signs")[0]
    assert parity["samples"] == (2**6 - 1) / 0.25
    assert parity["ridge_samples"] is None
    assert sum(row["ridge_samples"] is not None for row in complexities) >= 3


def test_growth_in_closed_form():
    found = list(sample_growth_rows(SMALL))
    assert len(found) == 2 + 2 * 4
    for row in where(found, teacher="parity of all signs"):
        assert row["samples"] == pytest.approx((2 ** row["n"] - 1) / 0.25)
        assert row["sensitivity"] == row["n"]
        assert row["sensitivity_bound"] >= row["sensitivity"]
    for row in found:
        assert row["bound_samples"] >= row["samples"]
    juntas = where(found, teacher="junta of 2 signs")
    tables = [one for one in teachers(SMALL) if one.name == "junta of 2 signs"]
    at = where(juntas, n=6)[0]
    assert at["samples"] == least_samples(tables[0].weights, 0.25).samples
    assert at["sensitivity"] == pytest.approx(float(np.arange(7) @ tables[0].weights))


def test_a_teacher_is_the_network_over_its_deviation():
    one = _teacher("two", False, dense_parity(2, inputs=3))
    assert one.deviation == pytest.approx(1)
    np.testing.assert_allclose(one.weights, [0, 0, 1, 0], atol=1e-12)
    assert one.columns() == {"teacher": "two", "sparse": 0, "n": 3, "s": 2}
