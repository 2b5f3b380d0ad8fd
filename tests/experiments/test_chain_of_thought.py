"""The experiment runs at its smallest; its claims follow from the rows, and each can fail."""

from dataclasses import replace

import pytest
from spoiled import Spoiled, check_claims, to

from noflat.experiments import _chain_of_thought_fits as fits_of
from noflat.experiments._chain_of_thought import (
    complexity_rows,
    level_rows,
    moment_rows,
    one_step_rows,
)
from noflat.experiments.chain_of_thought import EXPERIMENT, PRESETS, claims
from noflat.experiments.records import where

SMOKE = PRESETS["smoke"]


def powers(exponent):
    """Samples of all trees that grow with this power of d."""
    return lambda row: {
        "of_trees": " ".join(str(row["d"] ** exponent + i) for i in range(12)),
    }


SAMPLES = "told: samples at which 5 % of parities are wrong"

SPOILED: Spoiled = {
    "built in: words on which the network of a parity is wrong": (
        "wired",
        to("wrong", 1, k=8),
    ),
    "built in: networks of parities with two neurons per product": (
        "wired",
        to("neurons", 13, k=8),
    ),
    "built in: accuracy on all words where that wiring of 16 bits is trained: median": (
        "wired",
        to("trained_accuracy", 0.5, k=16),
    ),
    "unknown: parities of at most 5 bits learned in 8000 steps": (
        "unknown",
        to("learned", 0, k=4, member=2, target="parity"),
    ),
    "unknown: parities of 7 bits or more learned in 8000 steps": (
        "unknown",
        to("learned", 1, k=7, member=2, target="parity"),
    ),
    "unknown: staircases learned in 8000 steps, of leaps 1 and 2": (
        "unknown",
        to("learned", 0, k=8, member=2, target="staircase of leap 2"),
    ),
    "told: accuracy after one step, d = 64, k = 32, 8192 samples, tokens rounded: least": (
        "one_step",
        to("rounded_accuracy", 0.94, d=64, samples=8192, tree=3),
    ),
    "told: accuracy after one step, d = 64, k = 32, 8192 samples, tokens not rounded: mean": (
        "one_step",
        to("accuracy", 0.94, d=64, samples=8192),
    ),
    "not told: accuracy of the same step on the last token alone: mean of all samples": (
        "one_step",
        to("direct_accuracy", 0.6, d=64),
    ),
    "not told: accuracy on new words of a fully connected network trained on 8192": (
        "memorized",
        to("test_accuracy", 0.55),
    ),
    "told: steps after which the two largest logits of every target are its children, from "
    "n = 8T ln(TK) on": ("one_step", to("children_found", 0.99, d=64, tree=3)),
    **{
        f"{SAMPLES}, tokens {read}: {name}": ("complexities", change)
        for read in ("rounded", "not rounded")
        for name, change in {
            "exponent in d": powers(1.4),
            "over those of signal and Gaussian noise alone, farthest from 1": (
                lambda row: {"samples": row["samples"] * (2 if row["kind"] == "measured" else 1)}
            ),
            "over d, most": lambda row: {"samples": 300.0 * row["d"]},
        }.items()
    },
    f"{SAMPLES}: upper end of both exponents, against what is guaranteed": (
        "complexities",
        powers(2.4),
    ),
    "told: signal of one step over its closed form, mean over targets": (
        "moments",
        lambda row: {"signal": 1.2 * row["signal"]},
    ),
    "told: noise of one step over its closed form, mean over targets": (
        "moments",
        lambda row: {"noise": 0.8 * row["noise"]},
    ),
    **{
        f"told without teacher forcing: accuracy at d = {d}, one step per level: least": (
            "levels",
            to("accuracy", 0.9, tree=1),
        )
        for d in (32, 64, 128)
    },
    "told: accuracy of a transformer with the chain of thought, d = 16, k = 8: least": (
        "transformer",
        to("accuracy", 0.9, chain=1, member=2),
    ),
    "not told: accuracy of the same transformer without it: mean of the second half": (
        "transformer",
        to("accuracy", 0.6, chain=0),
    ),
    "told: transformers whose attention has lost half of its fall in entropy by the check at which "
    "accuracy passes 0.75": ("transformer", to("accuracy", 0.8, chain=1, steps=50)),
    "hidden: words on which a cipher's network is wrong": (
        "pseudorandom",
        to("wrong", 1, rounds=3, member=0),
    ),
    "hidden: accuracy on new words of the shape of 6 rounds, its own synapses": (
        "pseudorandom",
        to("test_accuracy", 0.52, rounds=6, shape="synapses"),
    ),
    "hidden: accuracy on new words of the shape of 6 rounds, all synapses that its layers have "
    "room for": ("pseudorandom", to("test_accuracy", 0.52, rounds=6, shape="full")),
    "hidden: accuracy on new words after 1 round, all synapses: least": (
        "pseudorandom",
        to("test_accuracy", 0.9, rounds=1, shape="full", member=1),
    ),
    "hidden: accuracy on new words after 1 round, its synapses of 6 rounds: least": (
        "pseudorandom",
        to("test_accuracy", 0.9, rounds=1, shape="last", member=1),
    ),
    **{
        f"hidden: largest correlation of {rounds} rounds with any parity": (
            "pseudorandom",
            to("largest_correlation", 0.022, rounds=rounds),
        )
        for rounds in (4, 6)
    },
}


def test_one_step_of_few_signs():
    rows = list(one_step_rows(SMOKE))
    assert len(rows) == 2 * 3 * 2
    assert {row["samples"] for row in where(rows, d=16)} == {256, 1024, 4096}
    assert all(0 <= row["accuracy"] <= 1 for row in rows)
    last = where(rows, d=32, samples_over_d=256)
    assert all(row["children_found"] == 1 for row in last)
    found = list(complexity_rows(rows))
    assert [(row["d"], row["kind"]) for row in found] == [
        (d, kind) for d in (16, 32) for kind in ("measured", "modeled") * 2
    ]


def test_moments_and_levels_of_few_signs():
    small = replace(SMOKE, dimensions=(8, 16))
    rows = list(moment_rows(small))
    assert [row["tokens"] for row in rows] == [8, 9, 10, *range(16, 23)]
    assert all(abs(row["signal"] / row["predicted_signal"] - 1) < 0.2 for row in rows)
    levels = list(level_rows(small))
    assert [(row["d"], row["levels"]) for row in levels] == [(8, 2)] * 2 + [(16, 3)] * 2


def test_training_without_a_chain_of_thought():
    wired = list(fits_of.wired_rows(SMOKE))
    assert {row["wrong"] for row in wired} == {0}
    assert [row["neurons"] for row in where(wired, member=0)] == [2, 6]
    unknown = list(fits_of.unknown_rows(SMOKE))
    assert {(row["target"], row["k"]) for row in unknown} == {
        ("parity", 2),
        ("parity", 4),
        ("staircase", 2),
        ("staircase", 4),
        ("staircase of leap 2", 4),
    }
    memorized = list(fits_of.memorized_rows(replace(SMOKE, dimensions=(8, 16))))
    assert [row["samples"] for row in memorized] == [2048, 2048]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dimensions": (24,)}, "`dimensions` must be powers of two from 4 on"),
        ({"wired": (3,)}, "`dimensions` must be powers of two from 4 on, `wired`"),
        ({"transformer": (4, 8)}, "`transformer` must be d and k, at most d"),
        ({"ladder": (16, 24)}, "`ladder` must be multiples of its first"),
        ({"ladder": (32, 16)}, "`ladder` must ascend"),
        ({"degrees": (13,)}, "`degrees` must be at most `signs` = 12"),
    ],
)
def test_settings_that_say_nothing_are_told(change, said):
    with pytest.raises(ValueError, match=said):
        EXPERIMENT.tables(replace(SMOKE, **change))


def test_claims_follow_from_the_rows_and_can_fail():
    check_claims("chain_of_thought", claims, SPOILED)
