"""The figure: what is drawn is what the record says."""

import numpy as np
import pytest

from noflat.experiments.records import Record
from noflat.figures.hamiltonian import draw


def _line(axis, label):
    return next(line for line in axis.lines if line.get_label() == label)


def test_points_are_the_rows(record):
    axes, tables = draw(record).axes, record.tables
    scales = [row for row in tables["scales"] if row["dtype"] == "float64"]
    for label, column in (
        ("float64, largest", "tv_max"),
        ("float64, mean", "tv_mean"),
        ("proved bound, without rounding", "proved"),
    ):
        drawn = _line(axes[1], label).get_ydata()
        np.testing.assert_array_equal(drawn, [row[column] for row in scales])
    for order in (2, 3, 4):
        rows = [row for row in tables["counts"] if row["order"] == order]
        largest = [
            max(row["compiled_neurons"] for row in rows if row["n"] == n)
            for n in dict.fromkeys(row["n"] for row in rows)
        ]
        np.testing.assert_array_equal(_line(axes[2], f"order {order}").get_ydata(), largest)
    gates = [row["error"] for row in tables["gates"] if row["bits"] == 8]
    np.testing.assert_array_equal(_line(axes[3], "8 bits").get_ydata(), gates)
    squares = [row["mean_square"] for row in tables["parity"]]
    np.testing.assert_array_equal(_line(axes[5], "measured").get_ydata(), squares)


def test_points_of_bits_lie_on_the_line(record):
    axis = draw(record).axes[3]
    x, y = _line(axis, "$\\mathrm{sigmoid}(-\\beta/2)$").get_data()
    for row in record.tables["gates"]:
        at = np.exp(np.interp(row["sharpness"], x, np.log(y)))
        assert abs(row["error"] / at - 1) < 1e-2


def test_the_bound_of_functions_is_that_of_the_rows(record):
    rows = record.tables["functions"]
    line = _line(draw(record).axes[4], "proved, about $n+1$")
    for n, drawn in zip(*line.get_data(), strict=True):
        assert drawn == max(r["bound"] / r["one_product"] for r in rows if r["n"] == n)
        assert drawn == pytest.approx(n + 1, rel=1e-2)


@pytest.mark.parametrize("orders", [(2,), (4,), (2, 4)])
def test_a_record_of_some_orders_is_drawn(record, orders):
    tables = {
        name: [row for row in rows if row.get("order", orders[0]) in orders]
        for name, rows in record.tables.items()
    }
    tables["scales"] = record.tables["scales"]
    axis = draw(Record(tables, record.run)).axes[2]
    middle = orders[len(orders) // 2]
    last = max(row["n"] for row in tables["counts"])
    rows = [r for r in tables["counts"] if (r["order"], r["n"]) == (middle, last)]
    heights = {text.get_text(): text.xy[1] for text in axis.texts}
    for text, column in (
        ("generic\ncoefficients", "generic_coefficients"),
        ("local: neurons", "compiled_neurons"),
        ("convolution:\nweights", "convolution_weights"),
    ):
        assert heights[text] == max(row[column] for row in rows)


def test_a_failure_is_in_the_title(record):
    rows = [row | {"verdict": "fail"} for row in record.tables["claims"][:2]]
    figure = draw(Record({**record.tables, "claims": rows}, record.run))
    assert "2 of 2 claims fail" in figure.get_suptitle()
