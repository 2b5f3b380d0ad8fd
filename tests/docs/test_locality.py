"""docs/locality.md: its tables and its numbers are those of the record."""

from math import comb, log2
from pathlib import Path
from statistics import linear_regression

import pytest
from pages import Page, only

from noflat.experiments.records import where

ROOT = Path(__file__).parents[2]
PAGE = Page("locality")
told, table = PAGE.told, PAGE.table


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
    for name, *cells, predicted in rows:
        found = [only(laws, network=names[name], size=k) for k in (2, 3, 4)]
        assert cells == [interval(row, "exponent") for row in found]
        if name in ("LCN", "CNN"):
            said = [
                only(tables["claims"], claim=f"{name}, parity of {k} signs: exponent of P* in n")
                for k in (2, 3, 4)
            ]
            grown = [f"{row['predicted']:.3g}" for row in said]
            assert predicted == f"at most {', '.join(grown)}"
    for network in ("fcn/lcn", "fcn"):
        found = [only(laws, network=network, size=k)["exponent"] for k in (2, 3, 4)]
        told("$n^{{{:.2f}}}$, $n^{{{:.2f}}}$, $n^{{{:.2f}}}$ for $k=2,3,4$", *found)


def test_which_exponents_their_intervals_exclude(tables):
    laws = where(tables["scaling"], task="parity", seen="many", factor="inputs")
    dimension = {row["claim"]: row["predicted"] for row in where(tables["claims"], relation="<=")}
    for k in (2, 3, 4):
        ratio, full = (only(laws, network=net, size=k) for net in ("fcn/lcn", "fcn"))
        assert not ratio["low"] <= k - 2 <= ratio["high"]
        assert (full["low"] <= k / 2 <= full["high"]) == (k > 2)
        for network in ("LCN", "CNN"):
            most = dimension[f"{network}, parity of {k} signs: exponent of P* in n"]
            law = only(laws, network=network.lower(), size=k)
            assert (law["high"] > most) == (network == "CNN")
    two, three, four = (only(laws, network="fcn/lcn", size=k) for k in (2, 3, 4))
    assert max(two["high"], three["high"]) < four["low"]


def test_growth_with_signs(tables):
    laws = where(tables["scaling"], task="parity", seen="many", factor="words")
    rows = table("**In $k$ at fixed $n$:**")
    assert [int(row[0]) for row in rows] == [12, 24, 48]
    own, dimensions, fits = [], [], []
    for n, ratios, *cells in rows:
        at = {"task": "parity", "inputs": int(n), "seen": "many"}
        found = sorted(where(tables["ratios"], over="fcn", **at), key=lambda row: row["size"])
        assert ratios == ", ".join(f"{row['ratio']:.3g}" for row in found)
        grown = next(row for row in tables["claims"] if f"n = {n}: the ratio at" in row["claim"])
        law = only(laws, network="fcn/lcn", inputs=int(n))
        fits.append(law)
        expected = [interval(grown, "measured"), f"{grown['predicted']:.3g}"]
        expected += [interval(law, "exponent"), f"{2 ** law['exponent']:.2f}"]
        assert cells == expected
        sizes = [row["size"] for row in found]
        logs = [log2((int(n) - k + 2) * 2 ** (k - 1)) for k in sizes]
        dimensions.append(linear_regression(sizes, logs).slope)
        own.append(only(laws, network="lcn", inputs=int(n))["exponent"])
    told("by {:.2f} a sign for $k=2,3,4$", 2 ** fits[2]["exponent"])
    told("The LCN pays $2^{{{:.3g}k}}$, $2^{{{:.3g}k}}$, $2^{{{:.3g}k}}$", *own)
    told("its dimension has {:.3g}, {:.3g}, {:.3g} there", *dimensions)
    pairs = [fit[name] for name in ("residual", "noise") for fit in fits[1:]]
    told("(residuals {:.2f} and {:.2f}, of members {:.2f} and {:.2f})", *pairs)


def test_along_the_logarithm(tables, targets):
    paid = {}
    for n, logarithm, k, *cells in table("**Along $k"):
        samples, ratios, _ = targets("parity", int(n), int(k))
        assert [logarithm, *cells] == [f"{log2(int(n)):.3g}", samples[0], samples[2], ratios[0]]
        for network in ("lcn", "fcn"):
            at = {"task": "parity", "inputs": int(n), "size": int(k)}
            row = only(tables["complexities"], network=network, **at)
            paid.setdefault(network, []).append(row["samples"])
    grown = [last / first for first, last in paid.values()]
    told("the LCN pays {:.3g} times as much, the FCN {:.3g} times", *grown)
    dimension = (24 - 5 + 2) * 2**4 / ((12 - 4 + 2) * 2**3)
    told("predict {:.3g} and {:.3g}", dimension, comb(24, 4) / comb(12, 3))


def test_what_is_said_of_parities(tables):
    rows = where(tables["complexities"], task="parity")
    spread = {}
    for row in rows:
        dimension = (row["inputs"] - row["size"] + 2) * 2 ** (row["size"] - 1)
        spread.setdefault(row["network"], []).append(row["samples"] / dimension)
    ends = [end for net in ("lcn", "cnn") for end in (min(spread[net]), max(spread[net]))]
    told("between {:.2f} and {:.2f} for the LCN and between {:.2f} and {:.2f} for the CNN", *ends)
    for k in (2, 3, 4):
        own = sorted(where(rows, network="lcn", size=k), key=lambda row: row["inputs"])
        ends = [row["samples"] / (row["inputs"] - k + 2) / 2 ** (k - 1) for row in own]
        told("{:.2f} to {:.2f}", ends[0], ends[-1])
    told("inputs, {} for $n=48$, $k=3$", sum(comb(48, j) for j in range(4)))
    shared = [row for row in where(tables["ratios"], task="parity", over="lcn", seen="many")]
    excluded = sum(row["high"] < 1 for row in shared)
    told("in {} of {} targets the interval excludes 1", excluded, len(shared))
    shared = [row["ratio"] for row in shared]
    told("LCN over CNN is {:.2f} to {:.2f} for parities", min(shared), max(shared))
    told("needs {:.2f} to {:.2f} times as many samples", 1 / max(shared), 1 / min(shared))
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
    told("and {:.2g} to {:.2g} for a signal in one of", *(float(a[1]) for a in along[::2]))
    laws = where(tables["scaling"], task="signal", seen="many")
    for factor, row in zip(("places", "patch"), table("| exponent in |"), strict=True):
        found = [only(laws, network=net, factor=factor) for net in ("lcn", "fcn")]
        assert row[1:4:2] == [interval(one, "exponent") for one in found]
    shared = only(laws, network="lcn/cnn", factor="places")
    told("Its exponent in $k$ is {}", interval(shared, "exponent"))
    scatter = []
    for row in where(tables["complexities"], task="signal", network="cnn"):
        of_members = [float(one) for one in row["of_members"].split()]
        scatter.append(max(of_members) / min(of_members))
    told("scatter by a factor of {:.0f} to {:.0f}", min(scatter), max(scatter))
    pairs = where(tables["ratios"], task="signal", over="lcn")
    assert len(pairs) == 5
    assert all(1 < row["low"] and row["ratio"] < row["places"] < row["high"] for row in pairs)


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
    four = next(row for row in tables["channels"] if row["right"] == 4)
    told("lies between {:.2f} and {:.2f} (95 %)", four["low"], four["high"])
    samples = [where(tables["channels"], size=k)[0]["samples"] for k in (3, 4)]
    told("in whole batches, {} and {},", *samples)


def test_verdicts(tables):
    claims = tables["claims"]
    passed = [row for row in claims if row["verdict"] == "pass"]
    failed = [row for row in claims if row["verdict"] != "pass"]
    told("{} of {} claims pass", len(passed), len(claims))
    rows = table("that fail, and why:")
    measured = [cell for row in rows for cell in row[2].split(", ")]
    assert measured == [f"{row['measured']:.3g}" for row in failed]
    predicted = [
        cell
        for row in rows
        for cell in row[1].removeprefix("at least ").removeprefix("at most ").split(", ")
    ]
    assert predicted == [f"{row['predicted']:.3g}" for row in failed]
    sign = next(row for row in claims if "what one more sign adds" in row["claim"])
    told("one more sign adds {}, neither 1 nor 1/2", interval(sign, "measured"))
    assert not sign["low"] <= 0.5 <= sign["high"]
    spreads = [row["measured"] for row in failed if "over least" in row["claim"]]
    told("The CNN over $k+d$ spreads by {:.3g}", spreads[0])
    told("that spreads by {:.3g} between targets", spreads[1])
    whole = next(row for row in claims if "whose ratio is above 1" in row["claim"])
    told("above 1 with all {} intervals", whole["measured"])
    assert whole["verdict"] == "pass"


def test_claims_that_pass_by_their_tolerance(tables):
    passed = where(tables["claims"], verdict="pass")
    rows = [row for row in passed if "excludes" in str(row["note"])]
    assert len(rows) == 4
    for row in rows:
        told("{} for {}", interval(row, "measured"), row["predicted"])
