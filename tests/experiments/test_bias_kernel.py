"""The experiment runs at its smallest; its claims follow from the rows, and each can fail."""

from dataclasses import replace
from math import sin

import pytest
from spoiled import Spoiled, check_claims, times, to

from noflat.experiments import _bias_kernel as rows_of
from noflat.experiments._bias_kernel_fits import break_rows, descent_rows
from noflat.experiments.bias_kernel import EXPERIMENT, PRESETS, claims
from noflat.experiments.records import where

TINY = replace(
    PRESETS["smoke"],
    points=(8, 6),
    dimensions=(4, 3),
    biases=(0.0, 2.0),
    neurons=2000,
    widths=(16, 64),
    wider=(256,),
    active=50,
    tested=50,
)


def powers(exponent):
    """Widths of all members that grow with this power of one over the share, roughly."""
    return lambda row: {
        "of_members": " ".join(str(10 ** (2 + exponent * row["B"]) + i) for i in range(10))
    }


SETS = ((60, 10), (30, 5), (30, 10), (120, 10), (240, 10), (60, 30), (120, 30), (60, 100))
TRAINED = (0, 0.5, 1, 1.5, 2, 2.5)

SPOILED: Spoiled = {
    "kernel: entries of random neurons against the closed form: least p-value, times all entries": (
        "sampled",
        to("smallest_p", 1e-7, B=1.5),
    ),
    "bounds: kernels whose smallest eigenvalue is between both lower bounds and the diagonal": [
        ("eigenvalues", to("series_low", 1.0, n=30, draw=3, B=1)),
        ("eigenvalues", to("apart_low", 1.0, n=30, draw=3, B=1)),
        ("eigenvalues", to("smallest", 1.1, n=30, draw=3, B=0)),
    ],
    "bounds: kernels whose largest eigenvalue is below both upper bounds": [
        ("eigenvalues", to("series_high", 0.1, n=30, draw=3, B=0)),
        ("eigenvalues", to("apart_high", 0.1, n=30, draw=3, B=0)),
    ],
    "bounds: kernels whose smallest eigenvalue is above delta exp(-B^2/2)/(100 n^2)": (
        "eigenvalues",
        to("worst_case", 1.0, n=30, draw=3, B=6),
    ),
    "bounds: that of the Hermite series over delta exp(-B^2/2)/(100 n^2): least": (
        "eigenvalues",
        to("worst_case", 1.0, n=30, draw=3, B=6),
    ),
    "pairs: kernels whose smallest eigenvalue is at most the value of the nearest pair, and that "
    "at most (theta/pi + theta^2/4) exp(-B^2/2)": [
        ("eigenvalues", times("smallest", 1.6, n=60, d=100, draw=3, B=1)),
        ("eigenvalues", times("nearest_pair", 2.0, n=60, d=100, draw=3, B=1)),
        ("eigenvalues", times("least_angle", 0.5, n=60, d=100, draw=3, B=1)),
    ],
    "pairs: the smallest eigenvalue over the value of the nearest pair: least": (
        "eigenvalues",
        times("nearest_pair", 3.0, n=30, d=10, draw=3, B=1),
    ),
    "kernel: from one B to the next, condition numbers that do not grow": (
        "eigenvalues",
        to("condition", 1000.0, n=120, draw=2, B=2),
    ),
    "kernel: from one B to the next, lambda_min/(2 Phi(-B)) that do not fall": (
        "eigenvalues",
        to("over_diagonal", 0.01, n=120, draw=2, B=2),
    ),
    **{
        f"kernel: draws of n = {n}, d = {d} with lambda_min exp(B^2/2) within 10 % of one number, "
        "B from 0 to 4": ("eigenvalues", to("over_gauss", 0.5, n=n, d=d, draw=4, B=1))
        for n, d in SETS
    },
    "start: B at which the mean active share of 16384 neurons is Phi(-B)": (
        "descent",
        times("active_start", 1.1, B=1),
    ),
    **{
        f"descent: steps over those the kernel predicts, B = {bias:g}, m = 16384: median": (
            "descent",
            times("ratio", 2.0, B=bias),
        )
        for bias in TRAINED
    },
    "descent: from one B to the next, median steps that fall at m = 16384": (
        "descent",
        times("ratio", 20.0, B=1),
    ),
    "descent: from one B to the next, median steps that fall at the largest m of each B": (
        "descent",
        times("ratio", 20.0, B=2.5),
    ),
    "flips: share of pairs of neuron and point that end changed, m = 16384: largest median "
    "over B": (
        "descent",
        to("flipped", 0.06, B=0.5, m=16384),
    ),
    "flips: that share over the active share, m = 16384: largest median over B": (
        "descent",
        to("flipped", 0.06, B=0.5, m=16384),
    ),
    "flips: pairs that ever changed over those of proposition K4, largest m of each B: farthest "
    "from 1": ("descent", times("ever_flipped", 1.3, B=2)),
    "break: m Phi(-B) where the kernel at the start predicts twice the steps: largest over "
    "smallest": ("breaks", times("active_neurons", 3.0, B=1.5)),
    **{
        f"break: m Phi(-B) where networks take {level} times the steps: largest over smallest": (
            "breaks",
            times("active_neurons", 30.0, B=1.5),
        )
        for level in (2, 4)
    },
    **{
        f"break: m Phi(-B)^2 where networks take {level} times the steps, B from 1.5 on: largest "
        "over smallest": ("breaks", times("squared", 5.0, B=1.5))
        for level in (2, 4)
    },
    **{
        f"break: exponent in 1/Phi(-B) of the width at {level} times the steps, {of}, B from 1.5 "
        "on": ("breaks", powers(3.0))
        for of, level in (("start kernel", 2), ("network", 2), ("network", 4))
    },
    "new points: kernels with y' H^-1 y smaller for linear labels than random": (
        "generalization",
        to("complexity", 1000.0, labels="linear", draw=3, B=1),
    ),
    "new points: error of linear labels over that at B = 0: largest median over B": (
        "generalization",
        to("rms_error", 0.9, labels="linear", B=1),
    ),
}


def test_kernel_rows():
    rows = list(rows_of.sampled_rows(TINY))
    assert [row["B"] for row in rows] == [0.0, 1.0]
    assert all(row["entries"] == 36 for row in rows)
    assert all(row["largest_z"] < row["allowed_z"] for row in rows)
    rows = list(rows_of.eigenvalue_rows(TINY))
    assert len(rows) == 2 * 2 * 2
    assert all(row["series_low"] <= row["smallest"] <= row["diagonal"] for row in rows)
    assert all(row["largest"] <= row["series_high"] for row in rows)
    assert all(row["smallest"] <= row["nearest_pair"] <= row["diagonal"] for row in rows)
    assert all(2 * sin(row["least_angle"] / 2) >= row["separation"] - 1e-12 for row in rows)


def test_new_points():
    rows = list(rows_of.generalization_rows(TINY))
    assert len(rows) == 2 * 2 * 2
    assert {row["rms_error"] for row in where(rows, labels="random")} == {None}
    assert all(0 < row["rms_error"] < 2 for row in where(rows, labels="linear"))


def test_descent_and_breaks():
    rows = list(descent_rows(TINY))
    # the widest only where few enough neurons are active
    widths = {(row["kind"], row["B"] == 0, row["m"]) for row in rows}
    assert ("fixed", False, 256) in widths
    assert ("fixed", True, 256) not in widths
    assert len(rows) == 2 * (2 + 3 + 2)
    for row in rows:
        assert (row["steps"] is None) == (row["reached"] == 0)
        assert row["reached"] == int(row["loss_left"] <= 0.01)
        assert 0 < row["ratio"] <= TINY.slower
        assert row["flipped"] <= row["ever_flipped"]
    found = list(break_rows(rows))
    assert [(row["slower"], row["of"], row["B"]) for row in found] == [
        (level, of, bias)
        for level in (2, 4)
        for of in ("network", "start kernel")
        for bias in (0.0, 1.0)
    ]
    assert all(claims({"breaks": found, "descent": rows, **_rest()}))


def _rest():
    return {
        "sampled": list(rows_of.sampled_rows(TINY)),
        "eigenvalues": list(rows_of.eigenvalue_rows(TINY)),
        "generalization": list(rows_of.generalization_rows(TINY)),
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"points": (8,)}, "`points` and `dimensions` must have one number"),
        ({"dimensions": (4, 1)}, "`points` and `dimensions` must be at least 2"),
        ({"biases": (1.0, 0.0)}, "`biases` must ascend"),
        ({"widths": (64, 64)}, "`widths` must ascend"),
        ({"widths": (15, 64)}, "`widths` must be even"),
        ({"members": 1}, "`members` must be at least 2"),
    ],
)
def test_settings_that_say_nothing_are_told(change, said):
    with pytest.raises(ValueError, match=said):
        EXPERIMENT.tables(replace(TINY, **change))


def test_claims_follow_from_the_rows_and_can_fail():
    check_claims("bias_kernel", claims, SPOILED)
