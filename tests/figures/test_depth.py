"""The figure on depth: what is drawn is what the record says."""

import numpy as np

from noflat.experiments.records import Record
from noflat.figures.depth import draw


def test_counts_are_those_of_the_record(record):
    axis = draw(record).axes[0]
    rows = [row for row in record.tables["groups"] if row["hidden_layers"] == 2]
    line = next(line for line in axis.lines if line.get_label() == "2 hidden layers")
    np.testing.assert_array_equal(line.get_ydata(), [row["neurons"] for row in rows])


def test_a_mark_per_shape_trained(record):
    axis = draw(record).axes[1]
    marks = [line for line in axis.lines if len(np.atleast_1d(line.get_ydata())) == 1]
    places = [(float(np.squeeze(line.get_xdata())), line.get_ydata()) for line in marks]
    drawn = sorted((round(x), float(np.squeeze(y))) for x, y in places)
    rows = record.tables["trained"]
    assert drawn == sorted((row["neurons"] - row["constructed"], row["best_error"]) for row in rows)


def test_the_maps_say_their_medians(record):
    axes = draw(record).axes[2:4]
    for axis, law in zip(axes, ("positive", "signed"), strict=True):
        said = {text.get_position(): text.get_text() for text in axis.texts}
        rows = [row for row in record.tables["map"] if row["inputs"] == law]
        depths, widths = (sorted({row[key] for row in rows}) for key in ("hidden_layers", "width"))
        assert said == {
            (widths.index(row["width"]), depths.index(row["hidden_layers"])): f"{row['median']:.3f}"
            for row in rows
        }


def test_the_maps_share_a_scale_that_holds_every_median(record):
    images = [axis.images[0] for axis in draw(record).axes[2:4]]
    (low, high), other = (image.get_clim() for image in images)
    assert (low, high) == other
    assert all(low <= row["median"] <= high for row in record.tables["map"])


def test_a_failure_is_in_the_title(record):
    rows = [row | {"verdict": "fail"} for row in record.tables["claims"][:2]]
    figure = draw(Record({**record.tables, "claims": rows}, record.run))
    assert "2 of 2 claims fail" in figure.get_suptitle()
