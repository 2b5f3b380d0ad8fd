"""docs/chain_of_thought.md: its tables and its numbers are those of the record."""

from statistics import fmean, median

import pytest
from pages import Page, only
from scipy.stats import norm

from noflat.experiments.records import where

PAGE = Page("chain_of_thought")
told = PAGE.told


def of(rows, column, **cells):
    return [row[column] for row in where(rows, **cells)]


def test_wired(record):
    for k in (2, 4, 8, 16):
        shares = of(record.tables["wired"], "trained_accuracy", k=k)
        told("| {} | {:.2f} | {:.2f} to {:.2f} |", k, median(shares), min(shares), max(shares))


def test_unknown(record):
    for target in ("parity", "staircase", "staircase of leap 2"):
        cells = []
        for k in range(2, 9):
            rows = where(record.tables["unknown"], target=target, k=k)
            taken = [row["steps_taken"] for row in rows if row["learned"]]
            steps = f"{median(taken):.0f}, " if taken else ""
            cells.append(f"{steps}{len(taken)} of {len(rows)}" if rows else "")
        told("| {} | {} |", target, " | ".join(cells))


def test_one_step(record):
    tables = record.tables
    for d in (32, 64, 128, 256):
        cells = []
        for column in ("accuracy", "rounded_accuracy"):
            shares = of(tables["one_step"], column, d=d, samples_over_d=128)
            cells.append(f"{fmean(shares):.3f} ({min(shares):.3f})")
        assert sum(share < 0.75 for share in shares) in ((0,) if d == 64 else (1, 2))
        for rounded in (0, 1):
            for kind in ("measured", "modeled"):
                row = only(tables["complexities"], d=d, kind=kind, rounded=rounded)
                cells.append(f"{row['samples'] / d:.0f}" + (" (median)" if row["censored"] else ""))
        told("| {} | {} |", d, " | ".join(cells))
    rows = where(tables["one_step"], d=64, samples=8192)
    told(
        "{:.3f} at least where tokens are rounded, and {:.3f} on average (median {:.3f}, least "
        "{:.3f})",
        min(row["rounded_accuracy"] for row in rows),
        fmean(row["accuracy"] for row in rows),
        median(row["accuracy"] for row in rows),
        min(row["accuracy"] for row in rows),
    )
    told("gives {:.3f}", fmean(of(tables["one_step"], "direct_accuracy")))
    told("right on {:.3f} of new words", fmean(of(tables["memorized"], "test_accuracy")))
    assert min(of(tables["memorized"], "train_accuracy")) > 0.99


def test_samples(record):
    claims = {row["claim"]: row for row in record.tables["claims"]}
    for read, over in (("not rounded", "$d=64,128,256$"), ("rounded", "all four")):
        name = f"told: samples at which 5 % of parities are wrong, tokens {read}: exponent in d"
        row = claims[name]
        told("{:.2f} [{:.2f}, {:.2f}] over", row["measured"], row["low"], row["high"])
        assert f"{row['high']:.2f}] over {over}" in PAGE.words
    assert row["low"] > 1
    told("the exponent is {:.2f}", row["measured"])
    rows = record.tables["one_step"]
    found = [row["children_found"] for row in rows if row["samples"] >= row["identified_from"]]
    assert set(found) == {1}
    told("All {} steps", len(found))
    told("{} of {} claims", sum(r["verdict"] == "pass" for r in claims.values()), len(claims))


def test_moments_and_levels(record):
    for name in ("signal", "noise"):
        ratios = [row[name] / row[f"predicted_{name}"] for row in record.tables["moments"]]
        told("{} {:.3f} times", name, fmean(ratios))
    limits = [
        fmean(row[name] / row[f"limit_{name}"] for row in record.tables["moments"])
        for name in ("signal", "noise")
    ]
    told("limits {:.3f} and {:.3f} times", *limits)
    for d in (32, 64, 128):
        shares = of(record.tables["levels"], "accuracy", d=d)
        told("{:.3f} ({:.3f}) at $d={}$", fmean(shares), min(shares), d)
        told(
            {32: "the worst tree has {:.3f}", 64: "at 64 has {:.3f}", 128: "at 128 {:.3f}"}[d],
            min(shares),
        )


def test_transformer(record):
    rows = record.tables["transformer"]
    last = max(row["steps"] for row in rows)
    told("least {:.2f} with it", min(of(rows, "accuracy", chain=1, steps=last)))
    told("{:.2f} without", fmean(of(rows, "accuracy", chain=0, steps=last)))
    ends = [fmean(of(rows, "entropy", chain=1, steps=steps)) for steps in (last // 20, last)]
    told("from {:.2f} to {:.2f} bits", *ends)


def test_cipher(record):
    rows = record.tables["pseudorandom"]
    for rounds in (1, 2, 3, 4, 6):
        row = where(rows, rounds=rounds)[0]
        cells = [row["neurons"], row["synapses"], f"{row['largest_correlation']:.3f}"]
        for shape in ("synapses", "full"):
            for column in ("train_accuracy", "test_accuracy"):
                cells.append(f"{fmean(of(rows, column, rounds=rounds, shape=shape)):.3f}")
        told("| {} | {} |", rounds, " | ".join(map(str, cells)))
    assert {row["wrong"] for row in rows} == {0}
    control = of(rows, "test_accuracy", shape="last")
    told("mean {:.2f}, from {:.2f} to {:.2f}", fmean(control), min(control), max(control))
    assert sum(share > 0.99 for share in control) == 2
    assert {row["steps"] for row in rows} == {1000}
    # 65536 nearly independent correlations of deviation 1/256 each
    low, high = ((norm.ppf((1 + q ** (2**-16)) / 2)) / 2**8 for q in (0.005, 0.995))
    told("from {:.4f} to {:.4f} with probability 0.99", low, high)
    correlations = {row["rounds"]: row["largest_correlation"] for row in rows}
    assert low < correlations[6] < high < correlations[4]
    assert fmean(of(rows, "test_accuracy", rounds=4, shape="full")) == pytest.approx(0.52, abs=0.01)
