"""The figure: what is drawn is what the record says."""

import numpy as np

from noflat.experiments.records import Record
from noflat.figures.linear import draw


def labeled(axis):
    return {str(line.get_label()): line for line in axis.lines}


def test_points_are_the_counts(record):
    families, stacks, *_ = draw(record).axes
    rows = [row for row in record.tables["counts"] if row["family"] == "walsh_hadamard"]
    line = labeled(families)[r"Walsh-Hadamard, $n/(2\log_2 n)$"]
    np.testing.assert_array_equal(line.get_xdata(), [row["n"] for row in rows])
    np.testing.assert_array_equal(line.get_ydata(), [row["flat"] / row["deep"] for row in rows])
    rows = [row for row in record.tables["counts"] if row["family"] == "stack_1d"]
    line = labeled(stacks)["one dimension: $(2L+1)/3L$"]
    np.testing.assert_array_equal(line.get_xdata(), [row["layers"] for row in rows])
    np.testing.assert_array_equal(line.get_ydata(), [row["flat"] / row["deep"] for row in rows])


def test_every_line_of_a_formula_meets_its_points(record):
    for axis in draw(record).axes[:2]:
        lines = [line for line in axis.lines if line.get_linestyle() == "-"]
        points = [line for line in axis.lines if line.get_linestyle() == "None"]
        for dots in points:
            if "sparse" in str(dots.get_label()):  # an estimate, and not on its line
                continue
            of_color = [
                line
                for line in lines
                if line.get_color() == dots.get_color() or "Fourier" in str(dots.get_label())
            ]
            distances = [
                np.max(np.abs(np.log(dots.get_ydata()) - _at(line, dots.get_xdata())))
                for line in of_color
            ]
            # the bend of a curve between two of its sixty points
            assert min(distances) < 0.02, dots.get_label()


def _at(line, xs):
    return np.interp(np.log(xs), np.log(line.get_xdata()), np.log(line.get_ydata()))


def test_strassen_and_recovery(record):
    *_, strassen, recovery = draw(record).axes
    rows = [row for row in record.tables["crossovers"] if row["digits"] <= 24]
    line = labeled(strassen)["best number of levels"]
    np.testing.assert_array_equal(line.get_ydata(), [row["best_cost"] for row in rows])
    for size in (48, 2**17):
        assert any(set(line.get_xdata()) == {size} for line in strassen.lines)
    assert {text.get_text() for text in strassen.texts} >= {"$N=48$", "$N=2^{17}$"}
    rows = [row for row in record.tables["recovery"] if row["communities"] == 3]
    line = labeled(recovery)["$K=3$: 9 eigenvectors, subspaces"]
    means = [np.mean([r["error"] for r in rows if r["n"] == n]) for n in line.get_xdata()]
    np.testing.assert_allclose(line.get_ydata(), means)


def test_a_failure_is_in_the_title(record):
    rows = [row | {"verdict": "fail"} for row in record.tables["claims"]]
    figure = draw(Record(record.tables | {"claims": rows}, record.run))
    assert f"{len(rows)} of {len(rows)} claims fail" in figure.get_suptitle()
