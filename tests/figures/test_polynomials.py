"""The figure: what is drawn is what the record says."""

import numpy as np

from noflat.experiments.records import Record
from noflat.figures.polynomials import draw


def test_a_place_per_form(record):
    rows = record.tables["results"]
    axis = draw(record).axes[0]
    labels = [label.get_text() for label in axis.get_yticklabels()]
    assert sorted(labels) == sorted(row["form"] for row in rows)
    of = {row["form"]: row for row in rows}
    lines = {str(line.get_label()): line for line in axis.lines}
    for label, column in (
        ("certified (border rank)", "lower_bound"),
        ("constructed", "constructed"),
    ):
        drawn = np.asarray(lines[label].get_xdata())
        np.testing.assert_array_equal(drawn, [of[name][column] for name in labels])
    assert "and up to constructed" in lines
    trained = [line for name, line in lines.items() if name.startswith("trained")]
    drawn = {(int(y), int(x)) for line in trained for x, y in zip(*line.get_data(), strict=True)}
    assert drawn == {(i, of[name]["measured"]) for i, name in enumerate(labels)}


def test_the_search_is_drawn_over_its_ceiling(record):
    axis = draw(record).axes[1]
    rows = [row for row in record.tables["ridge"] if row["n"] == 4]
    line = next(line for line in axis.lines if line.get_label() == "$n=4$")
    np.testing.assert_allclose(
        line.get_ydata(), [row["best"] * 8 / row["neurons"] for row in rows], rtol=1e-3
    )


def test_a_failure_is_in_the_title(record):
    rows = [row | {"verdict": "fail"} for row in record.tables["results"][:2]]
    figure = draw(Record({**record.tables, "results": rows}, record.run))
    assert "2 of 2 forms break the order" in figure.get_suptitle()
