"""The figure: what is drawn is what the record says."""

import numpy as np
import pytest

from noflat.experiments.records import where
from noflat.figures.sparse_activations import draw


@pytest.fixture(scope="module")
def panels(record):
    axes = [axis for axis in draw(record).axes if axis.get_title()]
    assert len(axes) == 8
    return [{str(line.get_label()): line for line in axis.lines} for axis in axes]


def points(line):
    return list(zip(*map(np.ndarray.tolist, map(np.asarray, line.get_data())), strict=True))


def pairs(rows, x, y):
    return [(row[x], row[y]) for row in rows]


def test_bound_and_tails(record, panels):
    rows = [r for r in record.tables["constructed"] if r["network"].startswith("extremal")]
    found = points(panels[0]["extremal family"])
    assert found == pairs(rows, "uniform_bound", "sensitivity")
    assert all(x == y for x, y in found)
    name = "16 gated experts of 12 signs"
    rows = [r for r in where(record.tables["tails"], network=name) if r["tail"] > 1e-9]
    assert points(panels[2][name]) == pairs(rows, "degree", "tail")


def test_curves(record, panels):
    row = record.tables["sample_complexities"][0]
    cells = {"teacher": row["teacher"], "method": "averages", "degree": row["degree"]}
    rows = where(record.tables["low_degree"], **cells)
    line = panels[3][f"{row['teacher']}: d = {row['degree']}"]
    assert points(line) == pairs(rows, "samples", "error")


def test_random_signs(record, panels):
    rows = where(record.tables["rademacher"], sample="clusters")
    assert points(panels[4]["clusters, exact"]) == pairs(rows, "conjectured", "exact")


def test_students(record, panels):
    rows = [row for row in record.tables["students"] if row["target"].startswith("parity")]
    taken = [row["steps_taken"] if row["learned"] else 1.7 * row["steps"] for row in rows]
    assert points(panels[5]["parity"]) == [
        (row["sensitivity"], steps) for row, steps in zip(rows, taken, strict=True)
    ]


def test_activity(record, panels):
    rows = record.tables["activity"]
    most = max(row["neurons"] for row in rows)
    cells = {"target": "index", "start": "random", "neurons": most, "penalty": "both"}
    assert points(panels[6]["both cost"]) == pairs(where(rows, **cells), "part", "share")


def test_trained(record, panels):
    rows = where(record.tables["trained"], when="trained", start="random", penalty="both")
    assert points(panels[7]["both cost"]) == [
        (row["share"], row["signed_bound"] / row["trivial_bound"]) for row in rows
    ]
