"""The figure: what is drawn is what the record says."""

import numpy as np
import pytest

from noflat.experiments.records import where
from noflat.figures.circuits import draw


@pytest.fixture(scope="module")
def panels(record):
    return [{str(line.get_label()): line for line in axis.lines} for axis in draw(record).axes]


def points(line):
    return list(zip(*map(np.ndarray.tolist, map(np.asarray, line.get_data())), strict=True))


def test_programs_and_a_table(record, panels):
    rows = where(record.tables["programs"], program="divide", fan_in=3)
    assert points(panels[0]["divide"]) == [(row["n"], row["neurons"]) for row in rows]
    rows = where(record.tables["programs"], program="multiply", fan_in=3)
    table = [(row["n"], row["flat_neurons"]) for row in rows if row["flat_neurons"] is not None]
    assert points(panels[0]["multiply, as a table"]) == table


def test_multipliers_lie_on_their_formulas(panels):
    lines = list(panels[1].values())
    for label, formula in (
        ("gate by gate: $8n^2-11n$", lambda n: 8 * n**2 - 11 * n),
        ("table: $(2^n-1)^2$", lambda n: (2**n - 1) ** 2),
    ):
        assert all(neurons == formula(n) for n, neurons in points(panels[1][label]))
    assert len(lines) == 9


def test_noise_and_random_tables(record, panels):
    name = where(record.tables["noise"], restoring=1)[-1]["network"]
    rows = where(record.tables["noise"], network=name, restoring=1, noise_on="every value")
    shares = [(row["radius"], row["wrong"] / row["words"]) for row in rows]
    assert points(panels[2][f"{name}: restored, every value noisy"]) == shares
    rows = record.tables["random_tables"]
    assert points(panels[3]["random table, deep"]) == [(r["bits"], r["neurons"]) for r in rows]
    counted = points(panels[3]["nearly all functions need more"])
    for bits, neurons in counted:
        assert neurons == min(row["certified_neurons"] for row in where(rows, bits=bits))
    said = {row["bits"] for row in rows if row["certified_neurons"] is not None}
    assert [bits for bits, _ in counted] == sorted(said)
    assert min(said) == 6
