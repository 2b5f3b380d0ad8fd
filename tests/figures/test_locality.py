"""The figure: what is drawn is what the record says."""

import numpy as np
import pytest
from matplotlib.lines import Line2D

from noflat.experiments.records import where
from noflat.figures.locality import draw

SAMPLES, INPUTS, STEPS, SLOPES, SIGNAL, SAVED = range(6)


@pytest.fixture(scope="module")
def axes(record):
    return draw(record).axes


def points(axis):
    """All points of all lines."""
    found = set()
    for line in axis.lines:
        assert isinstance(line, Line2D)
        found |= set(zip(*map(np.ndarray.tolist, map(np.asarray, line.get_data())), strict=True))
    return found


def test_accuracies(record, axes):
    rows = where(record.tables["curves"], task="parity", inputs=24, size=3)
    assert {(row["samples"], 1 - row["error"]) for row in rows} == points(axes[SAMPLES])


def test_samples_against_inputs(record, axes):
    rows = where(record.tables["complexities"], task="parity")
    assert {(row["inputs"], row["samples"]) for row in rows} == points(axes[INPUTS])


def test_steps(record, axes):
    rows = record.tables["online"]
    assert {(row["steps"], 1 - row["error"]) for row in rows} <= points(axes[STEPS])


def test_slopes(record, axes):
    rows = where(record.tables["gradients"], of="weight")
    drawn = points(axes[SLOPES])
    for name in ("exact", "bound", "sampled"):
        assert {(row["inputs"], row[name]) for row in rows if row[name]} <= drawn


def test_signals(record, axes):
    rows = where(record.tables["complexities"], task="signal", network="lcn")
    stated = {(row["places"] * row["size"], row["samples"]) for row in rows}
    assert stated <= points(axes[SIGNAL])


def test_ratios(record, axes):
    rows = where(record.tables["ratios"], task="parity", size=3, seen="many")
    assert {(row["places"], row["ratio"]) for row in rows} <= points(axes[SAVED])
