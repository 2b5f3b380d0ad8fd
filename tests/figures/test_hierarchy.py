"""The figure: what is drawn is what the record says."""

import numpy as np
import pytest
from matplotlib.lines import Line2D

from noflat.figures.hierarchy import draw

TREES, SAMPLES, TOGETHER, PATH, TOLD, NEURONS = range(6)


@pytest.fixture(scope="module")
def axes(record):
    return draw(record).axes


def points(axis, **style):
    """The points of the lines that have this style."""
    found = []
    for line in axis.lines:
        assert isinstance(line, Line2D)
        if all(getattr(line, f"get_{name}")() == value for name, value in style.items()):
            found += zip(*map(np.ndarray.tolist, map(np.asarray, line.get_data())), strict=True)
    return sorted(found)


def test_samples_against_the_laws(record, axes):
    rows = [
        (row["law"], row["size"])
        for row in record.tables["complexities"]
        if row["part"] in ("main", "deep") and row["size"]
    ]
    drawn = set(points(axes[SAMPLES]))
    assert set(rows) <= drawn
    bars = sum(len(part.get_segments()) for part in axes[SAMPLES].collections)
    assert bars == len(rows)


def test_what_falls_together(record, axes):
    symbols = max(record.run["settings"]["symbols"])
    rows = [
        row
        for row in record.tables["sensitivities"]
        if (row["part"], row["network"], row["symbols"]) == ("main", "lcn", symbols)
        and (row["blanks"], row["layer"], row["level"]) == (1, 2, 1)
    ]
    for name, label in (("error", "test error"), ("synonyms", "$S_{2,1}$: synonyms")):
        assert points(axes[TOGETHER], label=label) == sorted(
            (row["size"], row[name]) for row in rows
        )


def test_paths(record, axes):
    rows = sorted((row["placements"], row["error"]) for row in record.tables["paths"])
    assert points(axes[PATH]) == rows


def test_with_every_level_shown(record, axes):
    rows = {
        (row["symbols"], row["crossing"])
        for row in record.tables["told"]
        if (row["levels"], row["blanks"]) == (2, 0) and row["crossing"]
    }
    assert points(axes[TOLD], label="every level shown, $L=2$") == sorted(rows)


def test_neurons(record, axes):
    drawn = set(points(axes[NEURONS]))
    for row in record.tables["flat"]:
        if row["symbols"] in (2, 4, 6) and row["branching"] == 2:
            known = {(row["levels"], row[name]) for name in ("deep", "flat", "bound") if row[name]}
            assert known <= drawn


def test_every_symbol_of_a_tree_is_drawn(record, axes):
    rows = [row for row in record.tables["trees"] if row["symbol"] >= 0]
    letters = [text.get_text() for text in axes[TREES].texts]
    assert sum(letter in "ABCD" for letter in letters) == sum(row["depth"] > 0 for row in rows)
    empty = [row for row in record.tables["trees"] if row["symbol"] < 0]
    assert len(points(axes[TREES], marker=".")) == len(empty)
