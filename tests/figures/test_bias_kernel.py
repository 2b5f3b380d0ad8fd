"""The figure: what is drawn is what the record says."""

from statistics import median

import numpy as np
import pytest
from scipy.special import ndtr

from noflat.experiments.records import where
from noflat.figures.bias_kernel import draw


@pytest.fixture(scope="module")
def axes(record):
    return draw(record).axes


def line(axis, label):
    (found,) = [one for one in axis.lines if one.get_label() == label]
    return list(zip(*map(np.ndarray.tolist, map(np.asarray, found.get_data())), strict=True))


def medians(rows, column, over):
    values = sorted({row[over] for row in rows})
    return [(v, median(row[column] for row in where(rows, **{over: v}))) for v in values]


def test_eigenvalues(record, axes):
    rows = record.tables["eigenvalues"]
    mine = where(rows, n=60, d=30)
    assert line(axes[0], "n = 60, d = 30") == medians(mine, "over_gauss", "B")
    assert line(axes[1], "n = 60, d = 30") == medians(mine, "condition", "B")
    first = where(rows, n=60, d=10)
    for label, column in (("separation alone", "worst_case"), ("nearest pair", "nearest_pair")):
        bound = line(axes[0], f"{label}, n = 60, d = 10")
        for bias, value in medians(first, column, "B"):
            assert dict(bound)[bias] == pytest.approx(value * np.exp(bias**2 / 2))
    apart = dict(line(axes[0], "correlations alone, n = 60, d = 10"))
    assert np.isnan(apart[0])
    assert apart[6] > 0
    assert len(axes[0].lines) == len({(row["n"], row["d"]) for row in rows}) + 5


def test_steps(record, axes):
    rows = where(record.tables["descent"], kind="fixed")
    assert line(axes[2], "the kernel") == medians(rows, "predicted_steps", "B")
    mine = [row | {"taken": row["ratio"] * row["predicted_steps"]} for row in where(rows, m=16384)]
    there = [bias for bias, share in medians(mine, "reached", "B") if share == 1]
    kept = [row for row in mine if row["B"] in there]
    assert line(axes[2], "m = 16384") == medians(kept, "taken", "B")
    assert len(line(axes[2], "the largest m of each B")) == len({row["B"] for row in rows})


def test_ratios_and_crossings(record, axes):
    rows = where(record.tables["descent"], kind="fixed", B=1.5)
    found = line(axes[3], "B = 1.5")
    for (active, ratio), (width, wanted) in zip(found, medians(rows, "ratio", "m"), strict=True):
        assert active == pytest.approx(width * ndtr(-1.5))
        assert ratio == wanted
    crossed = line(axes[5], "B = 1.5")
    for (m, share), (width, ever) in zip(crossed, medians(rows, "ever_flipped", "m"), strict=True):
        assert (m, share) == (width, pytest.approx(ever / ndtr(-1.5)))


def test_breaks(record, axes):
    rows = where(record.tables["breaks"], of="network", slower=2)
    (bars,) = [
        one for one in axes[4].containers if one.get_label() == "networks, 2 times the steps"
    ]
    x, y = bars.lines[0].get_data()
    np.testing.assert_allclose(x, [1 / ndtr(-row["B"]) for row in rows])
    assert list(y) == [row["width"] for row in rows]
    assert len(axes[4].containers) == 3
