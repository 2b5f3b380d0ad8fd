"""The experiment on depth: counts against a brute search, starts, claims that can fail."""

import itertools
import re
from functools import cache

import pytest
from spoiled import ROOT, check_claims, committed

from noflat.experiments import depth
from noflat.experiments.depth import PRESETS, claims, equal_groups, groups, run


@cache
def cheapest(n, layers):
    """The fewest neurons over all ways to cut n values into groups, without any convexity."""
    if layers == 0:
        return 0 if n == 1 else float("inf")
    found = float("inf")
    for sizes in partitions(n):
        cost = sum(2**b if b > 1 else 1 for b in sizes)
        found = min(found, cost + cheapest(len(sizes), layers - 1))
    return found


@cache
def partitions(n, largest=None):
    if n == 0:
        return ((),)
    most = min(n, largest or n)
    return tuple((b, *rest) for b in range(most, 0, -1) for rest in partitions(n - b, b))


def test_counts_are_the_least_over_all_groups():
    rows = groups(14)
    assert len(rows) == sum(min(n - 1, (n - 1).bit_length()) for n in range(2, 15))
    for row in rows:
        assert row["neurons"] == cheapest(row["n"], row["hidden_layers"])


@pytest.mark.parametrize(("b", "layers"), [*itertools.product((2, 3, 4), (1, 2, 3))])
def test_equal_groups(b, layers):
    n = b**layers
    by_hand = sum(2**b * b ** (layers - i) for i in range(1, layers + 1))
    assert equal_groups(n, layers) == by_hand
    assert layers == 1 or equal_groups(n + 1, layers) is None


def test_smoke():
    settings = PRESETS["smoke"]
    seen = []
    tables = run(settings, lambda done, total: seen.append((done, total)))
    assert seen == [(part, 8) for part in range(1, 9)]
    starts = {(row["n"], row["start"]) for row in tables["trained"]}
    assert starts == {(2, "random"), (3, "random"), (4, "near"), (4, "one removed")}
    found = {row["widths"]: row for row in tables["trained"] if row["n"] == 2}
    assert found["2"]["reached"] > 0
    whole = next(row for row in tables["trained"] if row["start"] == "near")
    assert (whole["widths"], whole["reached"]) == ("4-2", whole["restarts"])
    assert len(tables["map"]) == 2 * len(settings.depths) * len(settings.widths)
    failing = [row["claim"] for row in claims(tables) if row["verdict"] != "pass"]
    # of the map only, which has 50 steps here
    assert all(name.startswith(("positive inputs", "signed inputs")) for name in failing)


def test_the_page_tells_the_ratios_of_the_counts():
    text = " ".join((ROOT / "docs" / "depth.md").read_text(encoding="utf-8").split())
    rows = groups(PRESETS["default"].largest)
    ratio = {id(row): row["neurons"] / row["growth"] for row in rows}

    def total(row):
        b = row["n"] ** (1 / row["hidden_layers"])
        return sum(b**-i for i in range(row["hidden_layers"]))

    above = [row for row in rows if ratio[id(row)] > total(row) + 1e-9]
    most = max(rows, key=lambda row: ratio[id(row)])
    within = max(ratio[id(row)] for row in rows if 2 ** row["hidden_layers"] <= row["n"])
    assert f"at most {within:.3f}. Beyond that it is up to {ratio[id(most)]:.3f}" in text
    assert f"($n={most['n']}$, $k={most['hidden_layers']}$)" in text
    assert f"in {len(above)} of the {len(rows)} cases" in text
    equal = [row for row in rows if row["equal_groups"]]
    flat = sum(row["hidden_layers"] == 1 for row in equal)
    assert f"Of the {len(equal)} cases with whole $n^{{1/k}}$ {flat} are $k=1$" in text


def test_every_claim_can_fail():
    fewer = ("trained", lambda row: {"reached": row["restarts"]})
    spoiled = {
        "n for which 4(n - 1) neurons are reached first at ceil(log3 n) hidden layers": [
            ("groups", lambda row: {"neurons": row["neurons"] + 1}),
            ("groups", lambda row: {"hidden_layers": row["hidden_layers"] + 1}),
        ],
        "equal groups of n^(1/k) that the integer optimum beats or equals": (
            "groups",
            lambda row: {"neurons": 2 * row["neurons"]},
        ),
        "neurons over n^((k-1)/k) 2^(n^(1/k)), k hidden layers, at most": (
            "groups",
            lambda row: {"neurons": 4 * row["neurons"]},
        ),
        "rms error of built networks over the predicted one, at most": (
            "built",
            lambda row: {"error": 10 * row["error"]},
        ),
        "random restarts with fewer neurons than grouped that succeed": fewer,
        "restarts near grouped with one neuron removed that succeed": fewer,
        "share of restarts near the whole construction that succeed": (
            "trained",
            lambda row: {"reached": 0},
        ),
        "share of the variance that one exp neuron explains, 20 positive inputs": (
            "one_neuron",
            lambda row: {"share_sampled": 0.5},
        ),
        "share of the variance that one exp neuron explains, 20 signed inputs": (
            "one_neuron",
            lambda row: {"share": 0.1},
        ),
        "positive inputs: least absolute error of deep tanh networks over that of flat ones": (
            "map",
            lambda row: {"median": row["hidden_layers"]},
        ),
        "positive inputs: absolute error of one exp neuron, at most the least of any shape": (
            "one_neuron",
            lambda row: {"absolute_error": 1.0},
        ),
        "signed inputs: least absolute error of any shape over that of the constant 0": (
            "map",
            lambda row: {"median": row["median"] / 2},
        ),
    }
    check_claims("depth", claims, spoiled)


def test_the_page_counts_as_the_record():
    page = (ROOT / "docs" / "depth.md").read_text(encoding="utf-8")
    rows = committed("depth").tables["groups"]
    counted = {(row["n"], row["hidden_layers"]): row["neurons"] for row in rows}
    told = re.findall(r"^\| (\d+) \| (.+) \|$", page, flags=re.MULTILINE)
    assert len(told) == 4
    for n, cells in told:
        for layers, cell in enumerate(cells.split("|"), start=1):
            base, _, power = cell.strip().partition("^")
            assert not base or int(base) ** int(power or 1) == counted[int(n), layers]


def test_flags():
    settings, out = depth.EXPERIMENT.settings_from(["--near", "4", "6", "--noise", "0.2"])
    assert (settings.near, settings.noise, str(out)) == ((4, 6), 0.2, "build/depth")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--largest", "3"], "`largest` must be at least 4"),
        (["--random", "5"], "`random` takes some of"),
        (["--near", "3"], "`near` takes numbers from 4 to 8"),
        (["--depths", "1"], "`depths` must have 1 and more"),
        (["--activation", "exp"], "`activation` must have half gates"),
    ],
)
def test_what_would_fail_later_is_refused_first(words, said, tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        depth.main([*words, "--out", str(tmp_path)])
    assert f"python -m noflat.experiments.depth: error: {said}" in capsys.readouterr().err
