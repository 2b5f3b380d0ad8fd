"""The figure: what is drawn is what the record says."""

import numpy as np

from noflat.experiments.records import Record
from noflat.figures.threshold import draw


def test_shares_are_those_of_the_rows(record):
    figure = draw(record)
    axis, widths = figure.axes[0], record.tables["widths"]
    line = next(line for line in axis.lines if line.get_label() == "$n=3$")
    rows = [
        row
        for row in widths
        if (row["n"], row["activation"], row["method"], row["tolerance"])
        == (3, "exp", "second order", 0.02)
    ]
    assert rows
    np.testing.assert_allclose(line.get_xdata(), [row["width"] / 8 for row in rows])
    np.testing.assert_allclose(line.get_ydata(), [row["reached"] / row["restarts"] for row in rows])


def test_no_two_marks_of_adam_lie_on_each_other(record):
    axis = draw(record).axes[2]
    marks = [
        tuple(map(float, np.ravel(line.get_data())))
        for line in axis.lines
        if len(line.get_xdata()) == 1
    ]
    assert len(marks) == len(record.tables["results"])
    assert len({round(x, 6) for x, _ in marks}) == len(marks)


def test_the_title_is_computed(record):
    rows = record.tables["results"]
    failed = [row | {"verdict": "fail"} for row in rows if row["verdict"]]
    figure = draw(Record({**record.tables, "results": failed}, record.run))
    assert f"{len(failed)} of {len(failed)} minimal widths are not as predicted" in (
        figure.get_suptitle()
    )
    reached = [row | {"adam": 12, "gap": 3.0, "verdict": "pass"} for row in rows]
    figure = draw(Record({**record.tables, "results": reached}, record.run))
    assert "Adam needs up to 3 times the width" in figure.get_suptitle()
