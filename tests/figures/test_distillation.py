"""The figure: what is drawn is what the record says."""

import numpy as np
import pytest

from noflat.experiments.records import Record
from noflat.figures.distillation import draw


@pytest.fixture(scope="module")
def figure(record):
    return draw(record)


def lines(axis):
    return {str(line.get_label()): line for line in axis.lines}


def test_classes_are_counted_and_predicted(record, figure):
    rows = [r for r in record.tables["levels"] if r["configurations"] == 65536]
    rows.sort(key=lambda row: row["level"])
    drawn = lines(figure.axes[0])
    counted = drawn["counted in rationals"].get_ydata()
    np.testing.assert_array_equal(counted, [row["classes"] for row in rows])
    (predicted,) = (line for name, line in drawn.items() if name.startswith("predicted"))
    np.testing.assert_array_equal(predicted.get_ydata(), [85, 13**2, 5**4, 3**8, 2**16])


def test_shares_of_information(record, figure):
    rows = [r for r in record.tables["information"] if (r["branches"], r["flip"]) == (3, "1/10")]
    drawn = lines(figure.axes[1])
    for label, column in (
        ("number of ones", "census"),
        ("majority at every level", "decided"),
        ("majority once, then exact", "decided_once"),
    ):
        shares = [row[column] / row["exact"] for row in rows]
        np.testing.assert_allclose(drawn[label].get_ydata(), shares)


def test_neurons_against_levels(figure):
    drawn = lines(figure.axes[2])
    for label, numbers in (
        ("one hidden layer, table (relu)", [6, 46, 1246, 781246]),
        ("level by level (relu)", [6, 34, 234, 7690]),
        ("level by level (softplus): $2^L-4$", [4, 12, 28, 60]),
    ):
        np.testing.assert_array_equal(drawn[label].get_ydata(), numbers)


def test_information_lost_against_neurons(record, figure):
    drawn = lines(figure.axes[3])
    for name in ("softplus", "tanh"):
        rows = [
            row
            for row in record.tables["widths"]
            if (row["levels"], row["task"], row["activation"]) == (5, "child", name)
        ]
        line = drawn[f"one hidden layer, trained, {name}"]
        np.testing.assert_array_equal(line.get_xdata(), [row["neurons"] for row in rows])
        np.testing.assert_allclose(line.get_ydata(), [row["best_lost"] for row in rows])


def test_powers_of_the_block_are_lines(figure):
    drawn = lines(figure.axes[4])
    for i, name in enumerate(("relevant", "marginal", "irrelevant")):
        (line,) = (line for label, line in drawn.items() if label.endswith(f", {name}"))
        np.testing.assert_allclose(line.get_ydata(), [b ** (2.0 - 2 * i) for b in (2, 4, 8)])


def test_drawn_fields_are_beside_their_corrected_law(record, figure):
    drawn = record.tables["drawn_flows"]
    marks = [line for line in figure.axes[4].lines if line.get_marker() == "_"]
    found = {
        (float(x), float(y))
        for line in marks
        if line.get_markersize() == 11
        for x, y in zip(*line.get_data(), strict=True)
    }
    laws = {(1.1 * r["block"], r[f"predicted{i}"] / r[f"y{i}"]) for r in drawn for i in (0, 1)}
    assert {(round(x, 9), round(y, 9)) for x, y in found} == {
        (round(x, 9), round(y, 9)) for x, y in laws
    }


def test_slopes_are_drawn_on_the_corrected_law(record, figure):
    drawn = lines(figure.axes[5])
    rows = [
        row
        for row in record.tables["flows"]
        if (row["dimension"], row["way"], row["y0"]) == (2, "blocks", 1.0)
    ]
    found = drawn["$y_0=1$"].get_ydata()
    np.testing.assert_array_equal(found, [row["coarse1"] for row in rows])


def test_a_failure_is_in_the_title(record):
    rows = [row | {"verdict": "fail"} for row in record.tables["claims"][:2]]
    figure = draw(Record({**record.tables, "claims": rows}, record.run))
    assert "2 of 2 claims fail" in figure.get_suptitle()
