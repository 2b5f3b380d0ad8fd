"""The figure: what is drawn is what the record says."""

import numpy as np
import pytest

from noflat.experiments.records import Record
from noflat.figures.precision import DTYPES, SHOWN, draw


@pytest.fixture(scope="module")
def axes(record):
    return draw(record).axes


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("place", "network"), list(enumerate(SHOWN)))
def test_curves_are_those_of_the_record(record, axes, place, network, dtype):
    rows = [r for r in record.tables["curves"] if (r["network"], r["dtype"]) == (network, dtype)]
    rows.sort(key=lambda row: row["log2_scale"])
    lines = [line for line in axes[place].lines if line.get_color() == DTYPES[dtype]]
    predicted = next(line for line in lines if line.get_linestyle() == "-")
    measured = next(line for line in axes[place].lines if line.get_label() == dtype)
    np.testing.assert_allclose(predicted.get_ydata(), [row["predicted"] for row in rows])
    np.testing.assert_allclose(measured.get_ydata(), [row["measured"] for row in rows])
    np.testing.assert_allclose(np.log2(measured.get_xdata()), [r["log2_scale"] for r in rows])


def test_the_chosen_scale_is_marked(record, axes):
    results = {(row["network"], row["dtype"]): row for row in record.tables["results"]}
    for axis, network in zip(axes, SHOWN, strict=False):
        marks = [line for line in axis.lines if line.get_markersize() == 11]
        for mark, dtype in zip(marks, DTYPES, strict=True):
            row = results[network, dtype]
            (x,), (y,) = mark.get_data()
            assert np.log2(x) == pytest.approx(row["chosen_log2_scale"])
            assert y == row["chosen"]


def test_floors_are_drawn_for_every_dtype(record, axes):
    tables = record.tables
    for label, rows, column in (
        ("flat", [r for r in tables["flat"] if r["family"] == "flat"], "measured"),
        ("tree", [r for r in tables["trees"] if r["activation"] == "silu"], "measured"),
        ("fixed", [r for r in tables["trees"] if r["activation"] == "silu"], "fixed"),
        ("predicted", [r for r in tables["trees"] if r["activation"] == "silu"], "fixed_predicted"),
    ):
        for dtype in DTYPES:
            name = f"fixed {dtype}, predicted" if label == "predicted" else f"{label} {dtype}"
            line = next(a for a in axes[2].lines if a.get_label() == name)
            known = [r for r in rows if r["dtype"] == dtype and r[column] is not None]
            np.testing.assert_array_equal(line.get_ydata(), [r[column] for r in known])


def test_weights_lie_on_their_formula(record, axes):
    lines = {str(line.get_label()): line for line in axes[3].lines}
    formulas = [line for line in axes[3].lines if line.get_linestyle() == "-"]
    measured = [line for label, line in lines.items() if label.startswith("flat")]
    for drawn, formula in zip(measured, formulas, strict=True):
        np.testing.assert_allclose(drawn.get_ydata(), formula.get_ydata(), rtol=1e-3)


def test_a_failure_is_in_the_title(record):
    rows = [row | {"verdict": "fail"} for row in record.tables["claims"][:2]]
    figure = draw(Record({**record.tables, "claims": rows}, record.run))
    assert "2 of 2 claims fail" in figure.get_suptitle()
