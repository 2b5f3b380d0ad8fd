"""docs/threshold.md: its table and its words are those of the record."""

from itertools import groupby

from pages import Page

from noflat.experiments._restarts import _RATES
from noflat.experiments.records import where
from noflat.experiments.threshold import PRESETS

PAGE = Page("threshold")
told = PAGE.told
NAMES = {"exp": "exp, no biases", "tanh": "tanh, all biases"}


def adam(row):
    return f"none up to {row['adam_widest']}" if row["adam"] is None else str(row["adam"])


def test_the_table(record):
    said = PAGE.table("The least width at which")
    rows = record.tables["results"]
    settings = [[*of] for _, of in groupby(rows, key=lambda row: (row["activation"], row["n"]))]
    assert len(said) == len(settings) == 8
    for cells, of in zip(said, settings, strict=True):
        assert [row["tolerance"] for row in of] == [0.02, 0.05, 0.1]
        row = of[0]
        assert cells == [
            NAMES[row["activation"]],
            str(row["n"]),
            str(row["predicted"]),
            f"{row['measured']}, {row['reached']} of {row['restarts']}",
            *map(adam, of),
        ]


def test_the_words(record):
    settings = record.run["settings"]
    told("Adam takes {adam_steps} steps of {samples} new points".format(**settings))
    told("drawn from $10^{{{}}}$ to $10^{{{}}}$", *_RATES)
    told("one of {} restarts succeeds", settings["adam_restarts"])
    assert settings["restarts"] == settings["adam_restarts"]
    told("in {:.0f} minutes", record.run["wall_seconds"] / 60)
    assert settings["n"] == [*PRESETS["paper"].n]
    strict = where(record.tables["results"], tolerance=0.02)
    found = [row for row in strict if row["adam"]]
    told("succeeds at 2 %: {} of {}.", len(found), len(strict))
    for row in strict:
        if row["adam"] is None:
            assert row["adam_widest"] == 16 * row["predicted"]


def test_one_neuron_fewer_never_succeeds(record):
    second = where(record.tables["widths"], method="second order", tolerance=0.02)
    for row in where(record.tables["results"], tolerance=0.02):
        one = {name: row[name] for name in ("n", "activation")}
        (fewer,) = where(second, width=row["predicted"] - 1, **one)
        assert fewer["reached"] == 0


def test_the_claims(record):
    said = PAGE.table("One success of 32 decides")
    for cells, row in zip(said, record.tables["claims"], strict=True):
        assert cells[0] == row["claim"]
        assert cells[2] == str(row["measured"])
        assert row["verdict"] == "pass"
