"""Rows on random signs: estimates stay below what is known, and come from networks of the class."""

import pytest

from noflat.experiments._sparse_activations_rademacher import rademacher_rows
from noflat.experiments.records import where
from noflat.experiments.sparse_activations import PRESETS
from noflat.measure import clustered_rademacher

SMALL = PRESETS["smoke"]


@pytest.fixture(scope="module")
def rows():
    return list(rademacher_rows(SMALL))


def test_clusters(rows):
    (row,) = where(rows, sample="clusters")
    assert (row["m"], row["s"], row["k"], row["n"]) == (12, 4, 2, 2)
    assert row["exact"] == float(clustered_rademacher(12, 4, 2))
    assert 0 < row["estimate"] <= row["supremum"] + 1e-12
    assert row["neurons_best"] == pytest.approx(row["supremum"])


def test_the_sphere(rows):
    (row,) = where(rows, sample="sphere")
    assert row["exact"] is row["supremum"] is row["asymptotic"] is None
    assert 0 < row["estimate"] <= row["most"]
    assert row["conjectured"] == pytest.approx((4 / 16) ** 0.5)


def test_every_row(rows):
    for row in rows:
        assert row["most_active"] <= row["k"]
        assert row["gradient_best"] <= row["gradient_neurons_best"] <= row["estimate"] + 1e-12
        for name in ("gradient", "neurons", "gradient_neurons"):
            assert row[f"{name}_median"] <= row[f"{name}_best"] + 1e-12
        assert row["standard_error"] > 0
