"""The experiment on hierarchies: its rows, its claims and its record."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from spoiled import check_claims

from noflat.arguments import named_key, numbered_keys
from noflat.experiments._hierarchy_cells import cells, law, sizes
from noflat.experiments._hierarchy_cells import chunks as cell_chunks
from noflat.experiments._hierarchy_claims import claims
from noflat.experiments._hierarchy_runs import train
from noflat.experiments.hierarchy import EXPERIMENT, PRESETS
from noflat.networks import PatchNetwork
from noflat.targets.hierarchy import random_hierarchy, sample_strings
from noflat.training import Classifier


def cell(**names):
    """A change of the rows of one kind of cell."""

    def change(factor=1.0, **cells):
        def changed(row):
            if any(row[name] != value for name, value in names.items()):
                return {}
            scaled = {
                "of_members": " ".join(
                    f"{factor * float(one):.6g}" if one[0].isdigit() else one
                    for one in str(row["of_members"]).split()
                ),
                "size": row["size"] and factor * row["size"],
                "ratio": row["ratio"] and factor * row["ratio"],
            }
            return (scaled if factor != 1.0 else {}) | cells

        return changed

    return change


def exponent(network, factor, value, part="main", tests="all"):
    def change(row):
        found = (row["part"], row["network"], row["factor"]) == (part, network, factor)
        found = found and row["tests"] == tests
        return {"exponent": value} if found else {}

    return ("scaling", change)


def apart(network):
    def change(row):
        return {"share_left": 0.2} if row["network"] == network else {}

    return ("scaling", change)


LCN = cell(part="main", network="lcn", symbols=4, levels=2, blanks=1)
SLOW = cell(part="slow")
NOISE = cell(part="noise")


def at(rate, network, factor):
    return f"{network}{rate}: exponent of P* in {factor}"


TENTH = " at a tenth of the learning rate"
UNSEEN = "s_0 + 1, of strings not trained on"
SPOILED = {
    "LCN: P* over the law, largest over least cell": ("complexities", LCN(1.7)),
    at("", "LCN", "s_0 + 1"): [exponent("lcn", "slots", 2.4), exponent("lcn", "slots", 1)],
    at("", "LCN", "n_c m^L"): exponent("lcn", "rules", 1.2),
    at("", "CNN", "s_0 + 1"): exponent("cnn", "slots", 1.2),
    at("", "CNN", "n_c m^L"): exponent("cnn", "rules", 1.2),
    at(TENTH, "LCN", "s_0 + 1"): exponent("lcn", "slots", 2.5, "slow"),
    at(TENTH, "LCN", "n_c m^L"): exponent("lcn", "rules", 0.8, "slow"),
    at(TENTH, "CNN", "s_0 + 1"): exponent("cnn", "slots", 1.2, "slow"),
    at(TENTH, "CNN", "n_c m^L"): exponent("cnn", "rules", 1.2, "slow"),
    at("", "LCN", UNSEEN): exponent("lcn", "slots", 1.2, tests="unseen"),
    at("", "CNN", UNSEEN): exponent("cnn", "slots", 2.5, tests="unseen"),
    at(TENTH, "LCN", UNSEEN): exponent("lcn", "slots", 2.5, "slow", "unseen"),
    at(TENTH, "CNN", UNSEEN): exponent("cnn", "slots", 1.5, "slow", "unseen"),
    "LCN: variance of ln P between curves left by dividing by the law": apart("lcn"),
    "CNN: variance of ln P between curves left by dividing by the law": apart("cnn"),
    "LCN at the paper's learning rate: cells within 35 % of the published P*": (
        "complexities",
        SLOW(1.8),
    ),
    "FCN: P* over that of the LCN at the same rate": (
        "complexities",
        cell(part="main", network="fcn")(0.2),
    ),
    "LCN of three levels: P* at s_0 = 1 over P* at s_0 = 0": (
        "complexities",
        cell(part="deep", network="lcn", blanks=1)(0.6),
    ),
    "CNN of three levels: P* at s_0 = 1 over P* at s_0 = 0": (
        "complexities",
        cell(part="deep", network="cnn", blanks=0)(0.6),
    ),
    "CNN: P* with batches of about 128 over P* as trained here, at the least": (
        "complexities",
        NOISE(0.6),
    ),
    "CNN: P* with a tenth of the learning rate over P* as trained here, at the least": (
        "complexities",
        SLOW(0.6),
    ),
    "LCN, CNN: cells whose invariance to synonyms begins within a factor 2 of P*": [
        ("complexities", lambda row: {"synonyms": row["synonyms"] and 3 * row["synonyms"]}),
        ("complexities", LCN(synonyms=None)),
    ],
    "LCN, CNN: cells whose invariance to placements begins within a factor 2 of P*": [
        ("complexities", lambda row: {"placements": row["placements"] and row["placements"] / 4}),
        ("complexities", LCN(placements=None)),
    ],
    "over a training: rank correlation of error and sensitivity to placements, median": (
        "paths",
        lambda row: {"placements": 1 - row["placements"]},
    ),
    "shown every level: P* over that of a table of the rules seen, farthest from 1": (
        "told",
        lambda row: {"predicted": 2 * row["predicted"]},
    ),
    "shown every level: how many times fewer strings, over m^(L-1), least": (
        "told",
        lambda row: {"crossing": 2 * row["crossing"]},
    ),
    "shown every level: how many times fewer strings, over m^(L-1), most": (
        "told",
        lambda row: {"crossing": row["crossing"] / 2},
    ),
    "strings that a decoder reads wrong": ("decoders", lambda row: {"wrong": 1}),
    "decoders whose neurons and filters are as many as the formulas say": [
        ("decoders", lambda row: {"neurons": row["neurons"] + (row["rule_set"] == 3)}),
        ("decoders", lambda row: {"filters": row["filters"] + (row["rule_set"] == 4)}),
    ],
    "bounds for flat networks that their checker accepts": (
        "flat",
        lambda row: {"verified": row["rank"] - (row["symbols"] == 4)},
    ),
    "flat network of exp: proved neurons over all of the deep one's, v = 6, L = 3": (
        "flat",
        lambda row: {"deep": 10 * row["deep"]},
    ),
    "correlations of tuples with classes: mean square over the formula, farthest from 1": (
        "correlations",
        lambda row: {"measured": 1.2 * row["measured"]} if row["levels"] == 3 else {},
    ),
}


def test_every_claim_follows_from_the_rows_and_can_fail():
    check_claims("hierarchy", claims, SPOILED)


@pytest.fixture(scope="module")
def tables():
    return EXPERIMENT.tables(PRESETS["smoke"])


def test_every_cell_has_a_row_per_member_and_size(tables):
    smoke = PRESETS["smoke"]
    trained = [one for one in cells(smoke) if one.part in ("main", "deep", "slow", "noise")]
    assert len(tables["complexities"]) == len(trained)
    expected = sum(smoke.members * len(sizes(one, smoke)) for one in trained)
    assert len(tables["curves"]) == expected
    for row in tables["curves"]:
        assert 0 <= row["error"] <= 1
        assert row["status"] in ("converged", "max_steps", "nonfinite")
    assert all(row["wrong"] == 0 for row in tables["decoders"])


def test_more_strings_are_read_better(tables):
    for one in cells(PRESETS["smoke"])[:2]:
        rows = [row for row in tables["curves"] if row["network"] == one.network]
        first, last = min(row["size"] for row in rows), max(row["size"] for row in rows)
        errors = {
            size: np.mean([row["error"] for row in rows if row["size"] == size])
            for size in (first, last)
        }
        assert errors[last] < errors[first] - 0.2


def test_the_laws():
    assert law("lcn", 4, 2, 1) == 2 * 4 * 64
    assert law("cnn", 4, 3, 1) == 4 * 256
    assert law("lcn", 4, 3, 2) / law("lcn", 4, 3, 0) == 27
    assert law("cnn", 4, 3, 2) / law("cnn", 4, 3, 0) == 9


def test_a_member_of_a_chunk_is_its_solo_run():
    smoke = replace(PRESETS["smoke"], members=3)
    chunk = next(one for one in cell_chunks(smoke, {}) if one["kind"] == "curve")
    found = train(chunk)
    member, place = 2, 1
    (rules,) = numbered_keys(named_key(0, "rules", 2), [member])
    (key,) = numbered_keys(named_key(0, "strings", "curve"), [member])
    hierarchy = random_hierarchy(3, 2, blanks=1, key=rules)
    shown, unseen, left = jax.random.split(key, 3)
    data = sample_strings(hierarchy, max(chunk["sizes"]), key=shown)
    network = PatchNetwork(chunk["network"], 4, 2, 32, 3)
    classifier = Classifier(network, 3, rate=chunk["rate"], goal=1e-3, most_steps=2000)
    count = chunk["sizes"][place]
    fit = classifier.fit(data, count=count, key=jax.random.split(left)[0])
    row = member * len(chunk["sizes"]) + place
    assert int(fit.epochs) == found["epochs"][row]
    tests = sample_strings(hierarchy, chunk["tests"], key=unseen)
    few = 3 / chunk["tests"]
    error = float(classifier.error(fit.params, tests))
    assert error == pytest.approx(float(found["error"][row]), abs=few)
    trained = {bytes(string) for string in np.asarray(data.inputs[:count], "int8")}
    fresh = np.array([bytes(string) not in trained for string in np.asarray(tests.inputs, "int8")])
    wrong = np.asarray(classifier.answers(fit.params, tests.inputs)) != np.asarray(tests.labels)
    assert found["unseen"][row] == pytest.approx(fresh.mean())
    assert found["unseen_error"][row] == pytest.approx(wrong[fresh].mean(), abs=2 * few)


def test_a_larger_set_contains_the_smaller_one():
    """So that curves of one member differ by what was added, and by nothing else."""
    hierarchy = random_hierarchy(3, 2, key=jax.random.key(0))
    short, long = (sample_strings(hierarchy, n, key=jax.random.key(1)) for n in (12, 24))
    assert np.array_equal(short.inputs, long.inputs[:12])


def test_the_committed_record_is_of_the_paper_size(record):
    settings = {name: value for name, value in record.run["settings"].items()}
    paper = PRESETS["paper"]
    assert settings["symbols"] == list(paper.symbols)
    assert settings["members"] == paper.members
    assert {row["symbols"] for row in record.tables["complexities"]} == set(paper.symbols)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"members": 1}, "`members` must be at least 2"),
        ({"symbols": (4, 4)}, "must make different cells"),
        ({"slow_symbols": (3,), "slow_rate": 0.1}, "let `slow_rate` differ from `rate`"),
        ({"tests": 2}, "must be at least 2 and at most `tests` = 2"),
        ({"symbols": (1,)}, "`symbols` must be at least 2"),
    ],
)
def test_settings_that_would_fail_late_fail_at_once(changed, said):
    with pytest.raises(ValueError, match=said):
        EXPERIMENT.check(replace(PRESETS["smoke"], **changed))
    for preset in PRESETS.values():
        EXPERIMENT.check(preset)
