"""The experiment: what it measures, how bfloat16 rounds, and claims that can fail."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from spoiled import ROOT, check_claims

from noflat.experiments._claims import verdicts
from noflat.experiments._floor_claims import crossing
from noflat.experiments._floors import (
    DTYPES,
    Case,
    case,
    measured,
    point_sets,
    roundings,
    stepwise,
)
from noflat.experiments._growth import COMBINED, FLAT, flat_row, label, tree_row, weight_rows
from noflat.experiments.precision import EXPERIMENT, PRESETS, claims, run
from noflat.measure import relative_rms_error
from noflat.targets import product


@pytest.fixture(scope="module")
def smoke():
    seen = []
    return run(PRESETS["smoke"], lambda *parts: seen.append(parts)), seen


def test_smoke(smoke):
    tables, seen = smoke
    settings = PRESETS["smoke"]
    total = len(settings.networks) + settings.walls - 1 + len(settings.combined) + 4
    assert seen == [(done, total) for done in range(1, total + 1)]
    assert len(tables["results"]) == 3 * len(settings.networks)
    for row in tables["curves"]:
        assert row["predicted"] == pytest.approx(row["truncation"] + row["rounding"])
    told = [row for row in tables["flat"] if row["measured"] is None]
    assert {row["n"] for row in told if row["family"] == FLAT} == {5, 6}
    # what fails is about sizes that are not run here
    failing = [row for row in claims(tables) if row["verdict"] == "fail"]
    assert {row["measured"] for row in failing} == {None}
    assert len(failing) == 7


def test_labels():
    assert case("silu cube 2") == Case("silu", "cube", 2, None, 1)
    assert case("softplus cube 2 at 0 x3") == Case("softplus", "cube", 2, 0.0, 3)
    assert case("sigmoid cube 2 at -1.5") == Case("sigmoid", "cube", 2, -1.5, 1)
    assert (label(FLAT, 4), label(FLAT, 5)) == ("cos half 4 at 0", "sin half 5 at 0")
    assert label(COMBINED, 4) == "exp cube 4 at 0 x3"


@pytest.mark.parametrize(
    "wrong", ["silu", "silu cube two", "silu cube 2 on 0", "silu cube 2 at", ""]
)
def test_what_is_no_label_is_told(wrong):
    with pytest.raises(ValueError, match="`networks` must be like 'silu cube 2'"):
        case(wrong)


def test_what_cannot_be_run_is_told_first():
    for change, said in (
        ({"networks": ("relu",)}, "`networks` must be like"),
        ({"trees": (2, 12)}, "`trees` must be powers of two, .* got 12"),
        ({"weights": 1}, "`weights` must be at least 2"),
    ):
        with pytest.raises(ValueError, match=said):
            EXPERIMENT.tables(replace(PRESETS["smoke"], **change))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_errors_are_those_of_the_library(dtype):
    from noflat import multiplication_gate

    gate = multiplication_gate("softplus", dtype=dtype)
    (points,) = point_sets(2, 512, 1, 3)
    expected = relative_rms_error(gate, product(2), jnp.asarray(points, dtype))
    np.testing.assert_allclose(measured(gate, [points], dtype), float(expected), rtol=1e-5)


def test_sets_of_points_are_apart():
    first, second = point_sets(3, 64, 2, 5)
    assert not set(map(tuple, first)) & set(map(tuple, second))


@pytest.mark.parametrize("name", ["gelu cube 2 at 0", "cos half 4 at 0"])
def test_bfloat16_rounds_every_operation_once(name):
    row = stepwise(name, 1024, 0)
    assert row["once"] > 0.99
    assert row["each"] < 0.7


def test_activations_round_a_little_more_than_once():
    # 0.42 is one correct rounding, half of it or six times it would be something else
    assert 0.3 < roundings("cos", "float64", 128)["rms"] < 0.5
    assert 0.5 < roundings("silu", "float32", 128)["rms"] < 2.5


def test_the_flat_networks_are_products_of_sines():
    # in exact arithmetic; in float64 at n = 6 and this scale rounding is a thousandth of it
    row = flat_row(FLAT, 6, "float64", True, 512, 2, 0)
    assert row["measured"] == pytest.approx(row["exact_arithmetic"], rel=1e-3)
    assert row["bytes"] == 7 * 32 * 8
    assert row["largest_weight"] == pytest.approx(2.0 ** (-5 - 6 * row["log2_scale"]), rel=1e-12)


def test_beyond_the_dense_networks_are_streamed(monkeypatch):
    monkeypatch.setattr("noflat.constructions.plans.build", None)
    row = flat_row(FLAT, 13, "float32", True, 64, 1, 0)
    assert row["neurons"] == 4096
    assert row["low"] < 1


def test_trees_keep_a_scale_for_each_level():
    row = tree_row("cos", 16, "float32", 512, 2, 0)
    assert row["neurons"] == 60
    assert row["last_log2_scale"] > row["first_log2_scale"]
    assert row["fixed"] > 2 * row["measured"]


@pytest.mark.parametrize("n", [2, 3, 6, 9])
def test_output_weights_are_the_formula(n):
    for row in weight_rows(n, -5):
        assert row["roundings"] < 2
        if row["way"] == "fixed" and row["activation"] in ("cos", "sin", "exp"):
            vertices = n if "cube" in row["network"] else n - 1
            assert row["roundings"] == 0
            assert row["largest_weight"] == 2.0 ** (5 * n - vertices)


def test_crossings_lie_between_sizes():
    rows = [{"n": n, "e": 10.0 ** (n - 5)} for n in (2, 3, 5)] + [{"n": 4, "e": None}]
    assert crossing(rows, "e", 10.0**-2.5) == pytest.approx(2.5)
    assert crossing(rows, "e", 10.0**-1) == pytest.approx(4)
    assert crossing(rows, "e", 10) is None


def times(column, factor):
    return lambda row: {column: row[column] * factor if row[column] is not None else None}


SPOILED = {
    "floor of a gate, three dtypes: factor between measured and predicted": (
        "results",
        times("measured", 4),
    ),
    "floor of a flat product, n <= 10, float32 and float64: the same factor": (
        "results",
        times("measured", 4),
    ),
    "floor with two and three Richardson scales, float32 and float64: the same factor": (
        "results",
        times("predicted", 0.3),
    ),
    "error at the scale that the library chooses, over that at the best of all": (
        "results",
        times("chosen", 2),
    ),
    "gates of K Richardson scales have 4K neurons": ("results", lambda row: {"neurons": 9}),
    **{
        f"exponent of the floor in u, three dtypes: {name}": ("exponents", times("measured", 1.1))
        for name in (
            "softplus cube 2 at 0",
            "silu cube 2 at 0",
            "silu half 2",
            "cos half 6 at 0",
            "softplus cube 2 at 0 x3",
        )
    },
    "exponent of the floor between float32 and float64: relative distance, all networks": (
        "exponents",
        times("wide", 1.1),
    ),
    "slope of the truncation branch against q: relative distance": (
        "results",
        times("truncation_slope", 1.2),
    ),
    "slope of the rounding branch against -(n - z): relative distance": (
        "results",
        times("rounding_slope", 0.8),
    ),
    "inputs at which a flat product errs by 1/100, float32": ("flat", times("measured", 8)),
    "inputs at which a flat product errs by 1/100, float64": ("flat", times("measured", 8)),
    "inputs at which a flat product errs by 1/2, before memory ends, bfloat16": (
        "memory",
        lambda row: {"n": 5},
    ),
    "inputs at which a flat product errs by 1/2, before memory ends, float32": (
        "memory",
        lambda row: {"n": 5},
    ),
    "error of a tree, n <= 16, float32 and float64: factor from the predicted one": (
        "trees",
        times("measured", 4),
    ),
    "error of a tree of 32, float32 and float64: factor from the predicted one": (
        "trees",
        times("measured", 20),
    ),
    "tree of 32: error with the best scale for all levels over that with one each": (
        "trees",
        lambda row: {"fixed": row["measured"]},
    ),
    "float32: a tree of 32 inputs errs less than a flat product of 6": (
        "flat",
        times("measured", 0.01),
    ),
    "output weights of cos, sin and exp at a fixed scale, equal to their formula": (
        "weights",
        lambda row: {"roundings": 1.0},
    ),
    "all output weights, chosen scales included: roundings away from their formula": (
        "weights",
        lambda row: {"roundings": row["roundings"] + 3},
    ),
    "factor of the output weights per input, half cubes at a fixed scale": (
        "weights",
        lambda row: {"largest_weight": row["largest_weight"] * 1.05 ** row["n"]},
    ),
    "bfloat16 outputs equal to those of NumPy with one rounding per operation: share": (
        "bfloat16",
        lambda row: {"once": row["each"]},
    ),
}


def test_the_page_says_what_the_record_says(record):
    page = (ROOT / "docs" / "precision.md").read_text(encoding="utf-8").splitlines()
    for row in verdicts("precision", record):
        cells = (row[name] for name in ("claim", "predicted", "measured", "verdict"))
        assert f"| {' | '.join(cells)} |" in page
    results = {(row["network"], row["dtype"]): row["measured"] for row in record.tables["results"]}
    lines = [[cell.strip("| ") for cell in line.split(" | ")] for line in page]
    floors = [line for line in lines if (line[0], "float32") in results]
    assert len(floors) > 10
    for network, _, *told in floors:
        assert told == [f"{results[network, dtype]:.2g}" for dtype in DTYPES]


def test_claims_hold_and_can_fail(record):
    assert all(row["verdict"] == "pass" for row in record.tables["claims"])
    check_claims("precision", claims, SPOILED)
