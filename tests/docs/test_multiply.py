"""docs/multiply.md: its table is that of the record, and each number is linked to its theorem."""

import pytest
from pages import Page, only

from noflat.constructions import plan_flat

PAGE = Page("multiply")
told = PAGE.told
SHAPE = ("n", "activation", "convention", "inputs")
NAMES = {"bias_free": "no biases", "output_bias": "output bias"}
PAIRING = {
    "bias_free": "corollary-31-all-degrees-prescribed",
    "output_bias": "corollary-32-output-bias",
}
"""Of certificates by the theorem `pairing`; others have Theorem 4."""
UNIFORM = {"exp": "theorem-6-exp-sin-cos-in-the-uniform-sense"}
KINDS = ("cube", "half", "corner")


def linked(number, anchor):
    return f"[{number}](theory.md#{anchor})"


def at(row, record):
    """The widths that were trained around the measured one: that one."""
    return only(
        record.tables["widths"], width=row["measured"], **{name: row[name] for name in SHAPE}
    )


def test_the_table(record):
    said = PAGE.table("## The table")
    rows = record.tables["results"]
    assert len(said) == len(rows) == 12
    for cells, row in zip(said, rows, strict=True):
        width = at(row, record)
        assert cells == [
            f"{row['activation']}, {NAMES.get(row['convention'], 'all biases')}",
            str(row["n"]),
            linked(
                row["lower_bound"],
                PAIRING[row["convention"]]
                if row["theorem"] == "pairing"
                else "theorem-4-hidden-biases",
            ),
            linked(
                row["lower_bound_uniform"], UNIFORM.get(row["activation"], "theorem-5-universal")
            ),
            str(row["measured"]),
            linked(row["constructed"], "theorem-1-flat-constructions"),
            f"{row['error_below']:.2g}",
            f"{row['error_at']:.1g}",
            f"{width['median_error']:.1g}",
            str(width["reached"]),
        ]
        plan = plan_flat(row["n"], row["activation"], convention=row["convention"])
        assert [block.kind in KINDS for level in plan.levels for block in level] == [True]


def test_the_words(record):
    settings = record.run["settings"]
    told("tried with {} restarts", settings["restarts"])
    told("at most {} steps", settings["steps"])
    told("relative rms error of at most {:.0f} %", 100 * settings["tolerance"])
    rows = record.tables["results"]
    drops = [row["drop"] for row in rows]
    told("falls {:.0f} to {:.0f} times", min(drops), max(drops))
    hard = [row["reached"] for row in rows if row["n"] == 4]
    told("n = 4 between {} and {} of 64", min(hard), max(hard))
    slow = [row for row in rows if at(row, record)["median_error"] > settings["tolerance"]]
    told("in {} of the {} settings the median restart does not", len(slow), len(rows))
    cited = only(rows, n=4, activation="tanh")
    assert (
        cited["lower_bound_uniform"]
        == 7
        == only(rows, n=4, activation="gelu")["lower_bound_uniform"]
    )


@pytest.mark.parametrize("number", range(5))
def test_the_claims(record, number):
    row = record.tables["claims"][number]
    name, predicted, measured = PAGE.table("## What is claimed")[number]
    assert name == row["claim"]
    assert (
        predicted
        == {
            "=": f"{row['predicted']} of {row['predicted']}",
            ">=": f"at least {row['predicted']}",
        }[row["relation"]]
    )
    assert measured == str(row["measured"])
    assert row["verdict"] == "pass"
