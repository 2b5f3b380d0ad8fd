"""The figure: what is drawn is what the record says."""

import numpy as np
import pytest

from noflat.experiments.records import Record
from noflat.figures.separations import draw


@pytest.fixture(scope="module")
def panels(record):
    return [
        {str(line.get_label()): line for line in axis.lines if not _hidden(line)}
        for axis in draw(record).axes
    ]


def _hidden(line):
    return str(line.get_label()).startswith("_")


def points(line):
    return sorted(zip(*map(np.ndarray.tolist, map(np.asarray, line.get_data())), strict=True))


def test_teeth(record, panels):
    rows = [
        row for row in record.tables["sawtooth"] if (row["hidden_layers"], row["skips"]) == (1, 0)
    ]
    assert points(panels[0]["1: $2T$"]) == [(row["teeth"], row["neurons"]) for row in rows]


def test_labels(record, panels):
    for layers, label in ((1, "1 hidden layer, trained"), (3, "3 hidden layers, trained")):
        line = next(line for name, line in panels[1].items() if name.startswith(label))
        rows = [row for row in record.tables["trained"] if row["hidden_layers"] == layers]
        assert points(line) == [(row["neurons"], row["best"] / row["points"]) for row in rows]
    bound = [
        (row["neurons"], row["bound"] / row["points"])
        for row in record.tables["trained"]
        if row["hidden_layers"] == 3
    ]
    assert points(panels[1]["3 hidden layers: proved bound"]) == bound
    assert points(panels[1]["5 hidden layers, built"]) == [(5, 0), (10, 0)]


def test_squares_lie_on_their_lines(record, panels):
    teeth, _, squares, _ = (axis.lines for axis in draw(record).axes)
    lines = [*teeth, *squares]
    assert len(lines) == 18
    for prediction, found in zip(lines[::2], lines[1::2], strict=True):
        x, y = (np.log(np.asarray(data, float)) for data in prediction.get_data())
        for neurons, error in points(found):
            if x[0] <= np.log(neurons) <= x[-1]:
                # four digits, and straight between 400 points
                assert np.interp(np.log(neurons), x, y) == pytest.approx(np.log(error), abs=2e-2)


def test_parity(record, panels):
    folded = [row for row in record.tables["parity"] if row["kind"] == "folded"]
    rows = [row for row in folded if row["hidden_layers"] == 2]
    assert points(panels[3]["2 hidden layers"]) == [(row["n"], row["neurons"]) for row in rows]


def test_a_failure_is_in_the_title(record):
    rows = [row | {"verdict": "fail"} for row in record.tables["claims"]]
    figure = draw(Record({**record.tables, "claims": rows}, record.run))
    assert f"{len(rows)} of {len(rows)} claims fail" in figure.get_suptitle()
