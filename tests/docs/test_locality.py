"""docs/locality.md: its tables and its numbers are those of the record."""

from math import comb
from pathlib import Path

import pytest

from noflat.experiments.records import where

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "locality.md").read_text(encoding="utf-8")
WORDS = " ".join(PAGE.split())


def told(text, *numbers):
    """Whether the page says this, its numbers filled in."""
    said = text.format(*numbers)
    assert said in WORDS, said


def table(start):
    """The cells of the table that follows some words."""
    lines = PAGE[PAGE.index(start) :].splitlines()
    first = next(place for place, line in enumerate(lines) if line.startswith("| ")) + 2
    last = next(place for place in range(first, len(lines)) if not lines[place].startswith("| "))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[first:last]]


def only(rows, **cells):
    (row,) = where(rows, **cells)
    return row


def interval(row, value):
    return f"{row[value]:.3g} [{row['low']:.3g}, {row['high']:.3g}]"


@pytest.fixture(scope="module")
def tables(record):
    return record.tables


@pytest.fixture(scope="module")
def targets(tables):
    """Of a target the samples of every network, and the two ratios."""

    def find(task, inputs, size):
        at = {"task": task, "inputs": inputs, "size": size}
        found = {row["network"]: row for row in where(tables["complexities"], **at)}
        pairs = [only(tables["ratios"], over=over, seen="many", **at) for over in ("fcn", "lcn")]
        samples = [f"{found[network]['samples']:.0f}" for network in ("lcn", "cnn", "fcn")]
        return samples, [interval(pair, "ratio") for pair in pairs], found["lcn"]["places"]

    return find


def test_parities(tables, targets):
    rows = table("Samples $P^*$ to 10 % error:")
    known = {(row["size"], row["inputs"]) for row in where(tables["complexities"], task="parity")}
    assert [(int(k), int(n)) for k, n, *_ in rows] == sorted(known)
    for k, n, *cells in rows:
        samples, ratios, places = targets("parity", int(n), int(k))
        assert cells == [*samples, *ratios, str(places)]


def test_exponents(tables):
    names = {"LCN": "lcn", "CNN": "cnn", "FCN": "fcn", "FCN over LCN": "fcn/lcn"}
    rows = table("Exponents in $n$ at fixed $k$:")
    assert [row[0] for row in rows] == list(names)
    laws = where(tables["scaling"], task="parity", seen="many", factor="inputs")
    for name, *cells, _ in rows:
        found = [only(laws, network=names[name], size=k) for k in (2, 3, 4)]
        assert cells == [interval(row, "exponent") for row in found]
    ratios = [only(laws, network="fcn/lcn", size=k)["exponent"] for k in (2, 3, 4)]
    told("$n^{{{:.2f}}}$, $n^{{{:.2f}}}$, $n^{{{:.2f}}}$ for $k=2,3,4$", *ratios)


def test_what_is_said_of_parities(tables):
    rows = where(tables["complexities"], task="parity")
    spread = {}
    for row in rows:
        dimension = (row["inputs"] - row["size"] + 2) * 2 ** (row["size"] - 1)
        spread.setdefault(row["network"], []).append(row["samples"] / dimension)
    ends = [end for net in ("lcn", "cnn") for end in (min(spread[net]), max(spread[net]))]
    told("between {:.2f} and {:.2f} for the LCN and between {:.2f} and {:.2f} for the CNN", *ends)
    told("whose dimension is {} for $n=48$, $k=3$", sum(comb(48, j) for j in range(4)))
    shared = [row for row in where(tables["ratios"], task="parity", over="lcn", seen="many")]
    shared = [row["ratio"] for row in shared]
    told("LCN over CNN is {:.2f} to {:.2f} for parities", min(shared), max(shared))
    told("needs {:.2f} to {:.2f} times as many samples", 1 / max(shared), 1 / min(shared))
    at = {"task": "parity", "inputs": 24, "seen": "many"}
    ratios = [only(tables["ratios"], over="fcn", size=k, **at)["ratio"] for k in (2, 3, 4, 5)]
    told("FCN over LCN goes {:.3g}, {:.3g}, {:.3g}, {:.3g} for", *ratios)
    words = only(tables["scaling"], network="lcn", factor="words", **at)["exponent"]
    told("The LCN pays $2^{{{:.3g}k}}$", words)
    learned = [
        only(rows, network=network, inputs=48, size=3)["parameters"]
        for network in ("cnn", "lcn", "fcn")
    ]
    told("{} (CNN), {} (LCN), {} (FCN) parameters", *learned)
    told("there are {} neurons", only(rows, network="lcn", inputs=48, size=3)["neurons"])


def test_samples_seen_once(tables):
    rows = {(row["network"], row["inputs"]): row["samples"] for row in tables["once"]}
    fcn, lcn = ([rows[net, n] for n in (16, 32, 64)] for net in ("fcn", "lcn"))
    told("{:.0f}, {:.0f}, {:.0f} samples for the FCN at $n=16$, 32, 64, and", *fcn)
    told("and {:.0f}, {:.0f}, {:.0f} for the LCN", *lcn)
    law = only(tables["scaling"], seen="once", network="fcn")
    told("The exponent of the FCN is {:.3g} and not 2", law["exponent"])


def test_random_patterns(tables):
    found = {}
    for task in ("random", "parity"):
        rows = where(tables["complexities"], task=task, inputs=48, size=3)
        of = {row["network"]: row["samples"] for row in rows}
        found[task] = of["fcn"] / of["lcn"]
    told("FCN over LCN is {:.2f} for them", found["random"])
    told("and {:.2f} for parity", found["parity"])


def test_signals(tables, targets):
    rows = table("Samples $P^*$ to 8 % error:")
    known = where(tables["complexities"], task="signal", network="lcn")
    assert {row[0] for row in rows} == {f"{row['places']}, {row['size']}" for row in known}
    ratios = {}
    for target, *cells in rows:
        k, d = map(int, target.split(", "))
        samples, pair, _ = targets("signal", k * d, d)
        assert cells == [*samples, *pair, f"{k * d / (k + d):.3g}"]
        ratios[k, d] = [text.split()[0] for text in pair]
    along = [ratios[k, 8] for k in (10, 14, 20)]
    told("{}, {}, {} for $k=10,14,20$", *(pair[0] for pair in along))
    told("LCN over CNN grows from {} to {} with $k$", along[0][1], along[2][1])
    told("and {:.2g} to {:.2g} for a signal in one of", *(float(a[1]) for a in along[::2]))
    laws = where(tables["scaling"], task="signal", seen="many")
    for factor, row in zip(("places", "patch"), table("| exponent in |"), strict=True):
        found = [only(laws, network=net, factor=factor) for net in ("lcn", "fcn")]
        assert row[1:4:2] == [interval(one, "exponent") for one in found]


def test_best_classifiers(tables):
    rows = table("| $k$, $d$ | best linear")
    for target, *cells in rows:
        k, d = map(int, target.split(", "))
        row = only(tables["best"], task="signal", inputs=k * d, size=d)
        assert cells == [f"{row[name]:.4g}" for name in ("linear", "measured", "best")]


def test_slopes(tables):
    weights = where(tables["gradients"], of="weight")
    for k, *cells in table("Mean square slope at a weight"):
        at = {row["inputs"]: row for row in where(weights, size=int(k))}
        own, last = at[int(k)], at[64]
        expected = [f"{own['exact']:.4g}", f"{at[8]['exact']:.4g}", f"{at[8]['sampled']:.4g}"]
        expected += [f"{at[16]['exact']:.4g}", f"{last['exact']:.4g}", f"{last['bound']:.4g}"]
        assert cells == [*expected, f"{own['exact'] / last['exact']:.0f}"]
    sampled = [row for row in tables["gradients"] if row["error"]]
    told("All {} sampled values", len(sampled))
    told("all {} values below the bound", len(tables["gradients"]))
    powers = [row["measured"] for row in tables["claims"] if "mean square slope" in row["claim"]]
    told("the powers are {:.2f}, {:.2f} and {:.2f}", *powers)


def test_networks(tables):
    built = tables["built"]
    told("{} networks on {} words, none wrong", len(built), sum(row["words"] for row in built))
    assert not any(row["wrong"] for row in built)
    rows = table("| $q$ | 2 |")
    for k, (name, *cells) in zip((3, 4), rows, strict=True):
        assert name.startswith(f"$k={k}$")
        found = where(tables["channels"], size=k)
        assert [row["channels"] for row in found] == [2, 3, 4, 6, 8]
        assert cells == [str(row["right"]) for row in found]


def test_verdicts(tables):
    claims = tables["claims"]
    passed = [row for row in claims if row["verdict"] == "pass"]
    failed = [row for row in claims if row["verdict"] != "pass"]
    told("{} of {} claims pass", len(passed), len(claims))
    rows = table("that fail, and why:")
    measured = [f"{row['measured']:.3g}" for row in failed]
    assert [row[2] for row in rows] == measured
    for row, claim in zip(rows, failed, strict=True):
        assert row[1].removeprefix("at least ").removeprefix("at most ") == (
            f"{claim['predicted']:.3g}"
        )
    told("by {:.3g} in all, not by the {:.3g} that", failed[2]["measured"], failed[2]["predicted"])
    told("that spreads by {:.3g} between targets", failed[6]["measured"])
    told("The CNN over $k+d$ spreads by {:.3g}", failed[5]["measured"])
    told("one more sign adds {:.3g} and not 1", failed[1]["measured"])
    bound = next(
        row
        for row in claims
        if "FCN over LCN, signal" in row["claim"] and row["claim"].endswith("the least")
    )
    told("the ratio is at least {:.3g} times that", bound["measured"])
    places = next(row for row in claims if "as there are places" in row["claim"])
    told("at most the places in all {} targets", places["measured"])
    assert places["verdict"] == "pass"
