"""The experiment runs at its smallest; its claims follow from the rows, and each can fail."""

from dataclasses import replace
from pathlib import Path

import pytest
from spoiled import Spoiled, check_claims

from noflat.experiments.records import read
from noflat.experiments.separations import EXPERIMENT, PRESETS, claims

ROOT = Path(__file__).parents[2]

SPOILED: Spoiled = {
    "networks that are the k-fold tent map at every point, in exact arithmetic": [
        ("sawtooth", lambda row: {"exact": int(row["doublings"] != 3)}),
        ("sawtooth", lambda row: {"pieces": row["pieces"] + (row["doublings"] == 3)}),
    ],
    "flattening cost of 128 teeth: flat over deep neurons, no skips": (
        "sawtooth",
        lambda row: {"neurons": row["neurons"] + (row["hidden_layers"] == 1)},
    ),
    "neurons of the sawtooth above the lower bound of its depth, with skips: most": (
        "sawtooth",
        lambda row: {"neurons": row["neurons"] + (row["hidden_layers"] == 2)},
    ),
    "share of 32 alternating labels that the best 14 flat neurons get wrong": (
        "classifiers",
        lambda row: {"best": row["best"] - 1},
    ),
    "sizes at which bound, best classifier and network built differ in wrong labels": [
        ("classifiers", lambda row, kind=kind: {kind: row[kind] + (row["neurons"] == 7)})
        for kind in ("bound", "best", "built")
    ],
    "sizes at which a trained network gets fewer labels wrong than the bound allows": (
        "trained",
        lambda row: {"best": 0},
    ),
    "sup error for x^2, over 1/(4P^2) with P pieces: farthest from 1": (
        "squares",
        lambda row: {"of_predicted": row["of_predicted"] + (row["pieces"] == 8) / 1000},
    ),
    "sup error for x^2, centered, over the least of any network of these widths": (
        "squares",
        lambda row: {"of_least": row["of_least"] + (row["pieces"] == 8) / 1000},
    ),
    "fewest pieces from which on the deep square is smaller than the flat one, no skips": (
        "squares",
        lambda row: {"neurons": row["neurons"] - (row["fold"] == 2 and row["pieces"] == 8)},
    ),
    "largest weight of any square of up to 1024 pieces": (
        "squares",
        lambda row: {"largest_weight": row["largest_weight"] + (row["pieces"] == 1024)},
    ),
    "sup error of the product on [-M, M]^2, over M^2 4^-(m+1): farthest from 1": (
        "products",
        lambda row: {"of_predicted": row["of_predicted"] + (row["halvings"] == 3) / 1000},
    ),
    "wrong outputs of all networks for parity, of 2 to 1024 bits": (
        "parity",
        lambda row: {"wrong": int(row["n"] == 8 and row["kind"] == "tree")},
    ),
    "gates above the least that see the sum of the bits, at equal depth: most": (
        "parity",
        lambda row: {"neurons": row["neurons"] + (row["n"] == 64)},
    ),
    "gates for 1024 bits in one hidden layer, with a skip": (
        "parity",
        lambda row: {"neurons": row["neurons"] + 1},
    ),
    "gates, the output one included, over the cited bound for any circuit: least": (
        "parity",
        lambda row: {"neurons": row["neurons"] // 2},
    ),
    "terms that an OR of ANDs needs for parity of 7 bits: its prime implicants": (
        "terms",
        lambda row: {"prime": row["prime"] - 1},
    ),
    "numbers of bits at which one cosine neuron is parity": [
        ("parity", lambda row: {"wrong": int(row["n"] == 12)}),
        ("parity", lambda row: {"neurons": row["neurons"] + (row["n"] == 12)}),
    ],
}


def test_the_smallest_size_passes():
    seen = []
    tables = EXPERIMENT.tables(PRESETS["smoke"], lambda *parts: seen.append(parts))
    assert seen == [(done, 7) for done in range(1, 8)]
    assert set(tables) == {
        *("sawtooth", "classifiers", "trained", "squares", "products", "parity", "terms"),
        "claims",
    }
    failed = [row["claim"] for row in tables["claims"] if row["verdict"] != "pass"]
    assert failed == []
    assert {row["hidden_layers"] for row in tables["trained"]} == {1, 3}
    assert min(row["best"] for row in tables["trained"]) < 4  # a constant gets half of 8 wrong


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"points": 6}, "`points` must be 8 or more, a multiple of 4; got 6"),
        ({"trained": (4,), "layers": (1, 2)}, "`trained` must have a size that 2 layers divide"),
    ],
)
def test_settings_that_say_nothing_are_told(change, said):
    with pytest.raises(ValueError, match=said):
        EXPERIMENT.tables(replace(PRESETS["smoke"], **change))


def test_claims_follow_from_the_rows_and_can_fail():
    check_claims("separations", claims, SPOILED)


def test_the_page_tells_the_numbers_of_the_record():
    tables = read(ROOT / "experiments" / "separations", "separations").tables
    text = " ".join((ROOT / "docs" / "separations.md").read_text(encoding="utf-8").split())
    points = tables["classifiers"][0]["points"]
    for layers in (1, 3):
        line = [row for row in tables["trained"] if row["hidden_layers"] == layers]
        cells = " | ".join(str(row["best"]) for row in line)
        assert f"| {layers}, trained | {cells} |" in text
        medians = " | ".join(f"{row['median']:g}" for row in line)
        assert f"| {layers}, median | {medians} |" in text
        all_right = next(row["neurons"] for row in line if row["best"] == 0)
        assert f"{all_right} neurons in {layers} hidden layer" in text
    cells = " | ".join(str(row["bound"]) for row in tables["trained"] if row["hidden_layers"] == 1)
    assert f"| 1, least possible | {cells} |" in text
    cells = " | ".join(str(row["bound"]) for row in tables["trained"] if row["hidden_layers"] == 3)
    assert f"| 3, bound | {cells} |" in text
    assert f"{points} alternating labels" in text
    checked = sum(row["checked"] for row in tables["parity"])
    assert f"{checked} outputs of {len(tables['parity'])} networks" in text
    assert f"{len(tables['sawtooth'])} networks" in text
    assert f"{len(tables['claims'])} claims" in text
    for n, layers in ((1024, 1), (1024, 2), (1024, 3), (1024, 9)):
        (row,) = (
            row
            for row in tables["parity"]
            if (row["n"], row["hidden_layers"], row["kind"]) == (n, layers, "folded")
        )
        assert f"| {layers} | {row['neurons']} | {row['cited']:.1f} |" in text
