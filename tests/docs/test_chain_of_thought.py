"""docs/chain_of_thought.md: its tables and its numbers are those of the record."""

from pathlib import Path
from statistics import fmean, median

import pytest

from noflat.experiments.records import where

PAGE = Path(__file__).parents[2] / "docs" / "chain_of_thought.md"
WORDS = " ".join(PAGE.read_text(encoding="utf-8").split())


def told(text, *numbers):
    said = " ".join(text.format(*numbers).split())
    assert said in WORDS, said


def only(rows, **cells):
    (row,) = where(rows, **cells)
    return row


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
        cells = [
            f"{fmean(of(tables['one_step'], column, d=d, samples_over_d=128)):.3f}"
            for column in ("accuracy", "rounded_accuracy")
        ]
        for rounded in (0, 1):
            for kind in ("measured", "modelled"):
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
    claims = {row["claim"]: row for row in tables["claims"]}
    row = claims["told: exponent in d of the samples at which 5 % of parities are wrong"]
    told("{:.2f} [{:.2f}, {:.2f}]", row["measured"], row["low"], row["high"])
    told("{} of {} claims", sum(r["verdict"] == "pass" for r in claims.values()), len(claims))


def test_moments_and_levels(record):
    for name in ("signal", "noise"):
        ratios = [row[name] / row[f"predicted_{name}"] for row in record.tables["moments"]]
        told("{} {:.3f} times", name, fmean(ratios))
    for d in (32, 64, 128):
        shares = of(record.tables["levels"], "accuracy", d=d)
        told("{:.3f} ({:.3f})", fmean(shares), min(shares))


def test_transformer(record):
    rows = record.tables["transformer"]
    last = max(row["steps"] for row in rows)
    told("least {:.2f} with it", min(of(rows, "accuracy", chain=1, steps=last)))
    told("{:.2f} without", fmean(of(rows, "accuracy", chain=0, steps=last)))
    told("to {:.2f} bits", fmean(of(rows, "entropy", chain=1, steps=last)))


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
    told("{:.2f} (from {:.2f} to {:.2f})", fmean(control), min(control), max(control))
    assert fmean(of(rows, "test_accuracy", rounds=4, shape="full")) == pytest.approx(0.52, abs=0.01)
