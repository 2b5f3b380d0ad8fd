"""The experiment on distillation: its rows, its claims, its record and the page that tells them."""

import re
from fractions import Fraction
from math import comb

import pytest
from spoiled import ROOT, check_claims

from noflat.experiments import distillation
from noflat.experiments._distillation_claims import best_error, claims, needed
from noflat.experiments._levels import decided_bits
from noflat.experiments._posteriors import _median_interval
from noflat.experiments.distillation import EXPERIMENT, PRESETS, Settings
from noflat.experiments.records import read


def only(condition, **change):
    """A change of the rows that fulfill a condition."""
    return lambda row: change if condition(row) else {}


def bent(i, way):
    """The exponent of y_i off by 0.002, in rows of one way."""
    name = f"coarse{i}"
    return lambda row: {name: row[name] * row["block"] ** 0.002} if row["way"] == way else {}


def fading(row):
    """The exponent of y_2 - y_1/12 off by 0.02."""
    fixed = row["coarse1"] / 12
    return {"coarse2": fixed + (row["coarse2"] - fixed) * row["block"] ** 0.02}


SPOILED = {
    "classes of minimal sufficient statistics: cases counted as predicted": [
        ("classes", only(lambda row: row["height"] == 3, classes=14)),
        ("levels", only(lambda row: row["level"] == 0, classes=14)),
    ],
    "x whose posterior is not the composition of the tables f_i": (
        "levels",
        only(lambda row: row["level"] == 0, mismatches=1),
    ),
    "x whose class another route puts elsewhere": (
        "levels",
        only(lambda row: row["differences"] is not None, differences=2),
    ),
    "chains without structure: levels whose statistic tells all x apart": (
        "chains",
        only(lambda row: row["level"] == 1, classes=63),
    ),
    "I(y_0; x) - I(y_0; T_i) in bits, largest": (
        "levels",
        only(lambda row: row["information_gap"] is not None, information_gap=1e-6),
    ),
    "information kept by coarser statistics, largest share": [
        ("information", lambda row, name=name: {name: 1.01 * row["exact"]})
        for name in ("census", "decided_once", "decided")
    ],
    "bits kept by majorities at every level, largest distance from the recursion": (
        "information",
        lambda row: {"decided": 0.99 * row["decided_formula"]},
    ),
    "information over its bound by contraction, largest": (
        "information",
        lambda row: {"exact": 1.01 * row["bound"]},
    ),
    "neurons of the exact deep network, 64 leaves": (
        "networks",
        only(lambda row: row["way"] == "deep softplus", neurons=62),
    ),
    "distance of the deep networks from the exact log-odds, over rounding, largest": (
        "networks",
        only(lambda row: row["way"] == "deep softplus", sup_error=1e-12),
    ),
    "bits that the deep network makes use of, 32 leaves drawn": (
        "drawn",
        lambda row: {"low": row["low"] - 0.1, "used": row["used"] - 0.1, "high": row["high"] - 0.1},
    ),
    "L = 4: neurons a flat network needs, trained, error 0.001": (
        "widths",
        only(lambda row: row["neurons"] <= 12, best_error=0.1),
    ),
    "L = 5: error of the best flat network trained with up to twice the neurons": (
        "widths",
        only(lambda row: row["levels"] == 5, best_error=1e-5),
    ),
    "sharp cutoff, and y_0 of blocks: largest distance of an exponent from the law": [
        ("flows", bent(i, way))
        for i, way in ((0, "cutoff"), (1, "cutoff"), (2, "cutoff"), (0, "blocks"))
    ],
    "blocks: largest distance of y_1 from its corrected law": (
        "flows",
        lambda row: {"coarse1": row["pure1"]},
    ),
    "blocks of 8, y_0 = 0: y_2 in the plane": ("flows", lambda row: {"coarse2": row["pure2"]}),
    "blocks, y_0 = 0: largest distance of the exponent of y_2 - y_1/12 from d - 4": [
        ("flows", lambda row, d=d: fading(row) if row["dimension"] == d else {}) for d in (1, 2)
    ],
    "drawn fields, blocks of 4: y_0": (
        "drawn_flows",
        lambda row: {f"{end}0": row[f"{end}0"] / row["block"] for end in ("low", "high")},
    ),
    "drawn fields, blocks of 4: y_1": (
        "drawn_flows",
        lambda row: {f"{end}1": 2 * row[f"{end}1"] for end in ("low", "high")},
    ),
}


@pytest.fixture(scope="module")
def smoke():
    seen = []
    tables = EXPERIMENT.tables(PRESETS["smoke"], lambda *parts: seen.append(parts))
    assert seen == [(done, 9) for done in range(1, 10)]
    return tables


def test_claims_follow_from_the_rows_and_can_fail():
    check_claims("distillation", claims, SPOILED)


def test_every_claim_of_the_record_passes(record):
    assert {row["verdict"] for row in record.tables["claims"]} == {"pass"}


def test_smoke(smoke):
    assert {name: len(rows) for name, rows in smoke.items()} == {
        "classes": 6,
        "levels": 6,
        "chains": 4,
        "information": 4,
        "networks": 3,
        "widths": 5,
        "drawn": 1,
        "flows": 16,
        "drawn_flows": 1,
        "claims": 19,
    }
    assert [row["claim"] for row in smoke["claims"] if row["verdict"] != "pass"] == []


def test_the_rows_of_the_record_are_made_now(record, smoke):
    """Whatever does not depend on chance or size is the same in the smallest run."""
    known = {(row["branches"], row["flip"], row["height"]): row for row in record.tables["classes"]}
    for row in smoke["classes"]:
        assert known[row["branches"], row["flip"], row["height"]] == row
    built = {(row["branches"], row["levels"], row["way"]): row for row in record.tables["networks"]}
    for row in smoke["networks"]:
        for column in ("formula", "neurons", "hidden_layers", "synapses"):
            assert built[row["branches"], row["levels"], row["way"]][column] == row[column]


def test_the_record_is_in_order(record):
    tables, settings = record.tables, Settings()
    assert record.run["settings"]["seed"] == settings.seed
    for row in tables["information"]:
        assert row["decided"] <= row["exact"]
        assert row["decided_once"] <= row["exact"]
        assert row["census"] <= row["exact"] <= row["bound"]
    for row in tables["widths"]:
        for kind in ("error", "lost"):
            best, low, middle, high = (
                row[f"{name}_{kind}"] for name in ("best", "low", "median", "high")
            )
            assert best <= low <= middle <= high
    for row in tables["networks"]:
        assert row["neurons"] in (None, row["formula"])
    # what is written down has as few neurons as one trained, or more
    trained = needed(tables["widths"], 4)
    assert trained is not None
    assert trained <= 46
    assert best_error(tables["widths"], 5, 1) == pytest.approx(
        next(r["best_error"] for r in tables["widths"] if r["levels"] == 5 and not r["neurons"])
    )


def test_the_recursion_of_majorities_is_a_sum_over_all_leaves():
    e = 0.2
    wrong = sum(comb(3, j) * e**j * (1 - e) ** (3 - j) for j in (2, 3))
    assert decided_bits(3, Fraction(1, 5), 1) == pytest.approx(distillation_bits(wrong), rel=1e-12)
    # two children and a coin are one child
    assert decided_bits(2, Fraction(1, 5), 1) == pytest.approx(distillation_bits(e), rel=1e-12)


def distillation_bits(wrong):
    from math import log2

    return 1 + wrong * log2(wrong) + (1 - wrong) * log2(1 - wrong)


def test_the_interval_of_a_median_covers_it():
    from scipy.stats import binom

    for restarts in (6, 8, 9, 64, 101):
        low, high = _median_interval(restarts)
        # the median lies outside if at most `low` values are on one side of it
        assert 1 - 2 * binom.cdf(low, restarts, 0.5) >= 0.95
        assert high == restarts - 1 - low
    assert _median_interval(4) == (0, 3)


def test_main_writes_a_record(tmp_path, capsys, monkeypatch):
    rows = [{"a": 1}]
    made = EXPERIMENT._replace(run=lambda *_: {"results": rows}, claims=lambda tables: [])
    monkeypatch.setattr(distillation, "EXPERIMENT", made)
    made.main(["--size", "smoke", "--out", str(tmp_path)])
    assert "0 of 0 claims pass" in capsys.readouterr().out
    assert read(tmp_path, "distillation").tables["results"] == rows


def test_the_page_tells_the_numbers_of_the_record(record):
    page = (ROOT / "docs" / "distillation.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", page, flags=re.MULTILINE)
    told = {name: (predicted, measured) for name, predicted, measured in told}
    for row in record.tables["claims"]:
        measured = (
            f"{row['measured']:.3g}" if isinstance(row["measured"], float) else row["measured"]
        )
        interval = f" [{row['low']:.3g}, {row['high']:.3g}]" if row["low"] is not None else ""
        predicted = row["predicted"]
        predicted = f"{predicted:.3g}" if isinstance(predicted, float) else str(predicted)
        sign = f"{row['relation']} " if row["relation"] in ("<=", ">=") else ""
        assert told[row["claim"]] == (f"{sign}{predicted}", f"{measured}{interval}"), row["claim"]
