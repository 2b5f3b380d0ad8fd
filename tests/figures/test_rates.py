"""The figure: what is drawn is what the record says."""

import numpy as np
import pytest

from noflat.experiments.records import where
from noflat.figures.rates import draw


@pytest.fixture(scope="module")
def axes(record):
    return draw(record).axes


def lines(axis):
    return {str(line.get_label()): line for line in axis.lines}


def test_errors_are_the_worst_of_members(record, axes):
    rows = where(record.tables["errors"], kind="flat", order=2, inputs=8)
    cells = sorted({row["cells"] for row in rows})
    found = lines(axes[0])["flat, m = 2: slope -0.25"].get_ydata()
    wanted = [
        max(row["error"] / row["span"] for row in where(rows, cells=count)) for count in cells
    ]
    np.testing.assert_allclose(np.asarray(found), wanted)


def test_exponents_and_certificates(record, axes):
    rows = where(record.tables["exponents"], kind="deep")
    (bars,) = [c for c in axes[1].containers if c.get_label() == "deep: m/2"]
    np.testing.assert_allclose(bars.lines[0].get_ydata(), [-row["exponent"] for row in rows])
    for kind, order in (("deep", 4), ("triangulated", 2)):
        rows = where(record.tables["errors"], kind=kind, order=order, inputs=8)
        found = lines(axes[2])[f"{kind} m = {order}, n = 8"].get_ydata()
        cells = sorted({row["cells"] for row in rows})
        wanted = [
            min(row["certified"] / row["error"] for row in where(rows, cells=count))
            for count in cells
        ]
        np.testing.assert_allclose(found, wanted)


def test_neurons_and_parameters(record, axes):
    rows = where(record.tables["circuits"], function="square_root")
    found = lines(axes[3])
    for label, column in (
        ("circuit, neurons", "neurons"),
        ("equal cells, parameters", "grid_parameters"),
        ("graded cells, parameters", "graded_parameters"),
    ):
        drawn = found[f"square root: {label}"].get_ydata().tolist()
        assert drawn == [row[column] for row in rows]
    assert "sine: graded cells, parameters" not in found
