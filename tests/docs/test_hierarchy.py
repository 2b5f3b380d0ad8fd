"""docs/hierarchy.md: its tables and its numbers are those of the record and of the benchmark."""

import json
import math
from pathlib import Path
from statistics import fmean

import jax
import pytest
from pages import Page, only

from noflat.constructions import count_decoder, flat_decoder_neurons
from noflat.experiments.records import where
from noflat.targets.hierarchy import random_hierarchy

ROOT = Path(__file__).parents[2]
PAGE = Page("hierarchy")
told, table = PAGE.told, PAGE.table
AT = ("part", "network", "symbols", "levels", "blanks", "rate", "batch")
"""The columns that name a cell."""


@pytest.fixture(scope="module")
def cell(record):
    """The one cell of these names, with the share of tested strings that were seen at $P^*$."""

    def find(part, network, symbols, blanks, levels=2):
        rows = where(record.tables["complexities"], part=part, network=network, levels=levels)
        row = only(rows, symbols=symbols, blanks=blanks)
        curves = where(record.tables["curves"], **{name: row[name] for name in AT})
        sizes = sorted({one["size"] for one in curves})
        seen = [1 - fmean(one["unseen"] for one in where(curves, size=size)) for size in sizes]
        above = next(place for place, size in enumerate(sizes) if size >= row["size"])
        low, high = (math.log(sizes[place]) for place in (above - 1, above))
        share = (math.log(row["size"]) - low) / (high - low)
        return row | {"seen": (1 - share) * seen[above - 1] + share * seen[above]}

    return find


def test_sample_complexities(cell):
    rows = table("| $P^*$ | LCN $v=4$ | 6 |")
    assert [row[0] for row in rows] == [f"$s_0={blanks}$" for blanks in (0, 1, 2)]
    for blanks, (_, *numbers) in enumerate(rows):
        found = [cell("main", net, v, blanks) for net in ("lcn", "cnn") for v in (4, 6, 8)]
        assert numbers == [f"{row['size']:.0f}" for row in found]


def test_published_numbers(cell):
    rows = table("| $P^*$ | LCN $v=4$ | published |")
    assert len(rows) == 3
    farthest, of_cnn = 0.0, {}
    for blanks, (_, *numbers) in enumerate(rows):
        expected = []
        for network in ("lcn", "cnn"):
            for v in (4, 6):
                row = cell("slow", network, v, blanks)
                expected += [f"{row['size']:.0f}", str(row["published"] or "–")]
                if network == "lcn":
                    farthest = max(farthest, abs(row["size"] / row["published"] - 1))
                elif row["published"]:
                    of_cnn[v, blanks] = row["size"] / row["published"]
                    inside = row["low"] <= row["published"] <= row["high"]
                    assert inside or v == 6
        assert numbers == expected
    assert farthest < 0.21  # what the page says, and below the 35 % that are asked for
    assert all(abs(of_cnn[6, blanks] - 1) < 0.02 for blanks in (1, 2))
    above = [100 * of_cnn[4, blanks] - 100 for blanks in (0, 1, 2)]
    told("they lie {:.0f} to {:.0f} % above", min(above), max(above))
    outside = cell("slow", "lcn", 6, 2)
    ends = outside["low"], outside["high"]
    told("{} is outside the interval, [{}, {}]", outside["published"], *ends)
    fast = [cell("main", "cnn", 4, blanks) for blanks in (1, 2)]
    told("{:.2f} and {:.2f} times the published", *(r["size"] / r["published"] for r in fast))
    deep = [cell("deep", "lcn", 4, blanks, levels=3) for blanks in (0, 1)]
    told("LCN needs {:.0f} and {:.0f} strings", *(row["size"] for row in deep))
    told("published are {} and {} at", *(row["published"] for row in deep))
    told("of the ratio {:.1f}", deep[1]["published"] / deep[0]["published"])


def test_exponents(record):
    names = {"$s_0+1$": "slots", "$n_cm^L$": "rules", "rate 0.1": "main", "rate 0.01": "slow"}
    rows = table("| exponent in")
    assert len(rows) == 8
    for what, *numbers in rows:
        factor, rate, tests = what.split(", ")
        expected = []
        for network in ("lcn", "cnn"):
            chosen = where(record.tables["scaling"], part=names[rate], network=network, tests=tests)
            row = only(chosen, factor=names[factor])
            expected.append(f"{row['exponent']:.3g} [{row['low']:.3g}, {row['high']:.3g}]")
            expected.append(f"{row['residual']:.2f} ({row['noise']:.2f})")
        assert numbers == expected
    left = {
        row["network"]: 100 * row["share_left"]
        for row in where(record.tables["scaling"], part="main", tests="all", factor="slots")
    }
    said = "{:.1f} % is left by dividing by the law for the LCN, {:.1f} % for the CNN"
    told(said, left["lcn"], left["cnn"])


def test_exponents_of_seen_and_unseen_strings(record):
    """In whose intervals the 2 of the law is, and by how much seen strings raise exponents."""
    fits = [row for row in record.tables["scaling"] if row["network"] != "fcn"]
    assert all(row["low"] <= 1 <= row["high"] for row in where(fits, factor="rules"))
    slots = {
        (row["network"], row["rate"], row["tests"]): row for row in where(fits, factor="slots")
    }
    holds = {key for key, row in slots.items() if row["low"] <= 2 <= row["high"]}
    assert holds == {("lcn", 0.1, "all"), ("cnn", 0.01, "all"), ("lcn", 0.01, "unseen")}
    lowered = [
        row["exponent"] - slots[network, rate, "unseen"]["exponent"]
        for (network, rate, tests), row in slots.items()
        if tests == "all"
    ]
    told("exponents in $s_0+1$ by {:.2f} to {:.2f}", min(lowered), max(lowered))


def test_ratios_to_the_laws(record):
    def spread(part, network, name="size"):
        rows = where(record.tables["complexities"], part=part, network=network)
        ratios = [row[name] / row["law"] for row in rows]
        return max(ratios) / min(ratios)

    told(
        "a factor {:.2f} ({:.2f} for unseen strings, {:.2f} at rate 0.01), for the CNN by {:.2f} "
        "({:.2f} at rate 0.01)",
        spread("main", "lcn"),
        spread("main", "lcn", "unseen_size"),
        spread("slow", "lcn"),
        spread("main", "cnn"),
        spread("slow", "cnn"),
    )


def test_strings_that_were_seen(cell, record):
    seen = [100 * cell("main", "lcn", v, 0)["seen"] for v in (4, 6, 8)]
    told("{:.0f}, {:.0f} and {:.0f} % for $v=4,6,8$ without blanks", *seen)
    blanks = [100 * cell("main", "lcn", v, b)["seen"] for v in (4, 6, 8) for b in (1, 2)]
    told("at most {:.1f} % with them", max(blanks))
    deep = [100 * cell("deep", n, 4, b, levels=3)["seen"] for n in ("lcn", "cnn") for b in (0, 1)]
    told("at most {:.1f} % of strings seen", max(deep))
    fully = [100 * cell("main", "fcn", 4, blanks)["seen"] for blanks in (0, 1, 2)]
    told("{:.0f}, {:.0f} and {:.0f} % of the strings were seen", *fully)
    more = {True: [], False: []}
    for row in where(record.tables["complexities"], levels=2):
        if row["network"] != "fcn" and row["part"] in ("main", "slow"):
            more[row["blanks"] == 0].append(100 * (row["unseen_size"] / row["size"] - 1))
    told("unseen strings take {:.0f} to {:.0f} % more", min(more[True]), max(more[True]))
    told("elsewhere at most {:.1f} % more", max(more[False]))
    of_lcn = [cell("main", "lcn", v, 0)["unseen_size"] for v in (4, 6, 8)]
    told("(the LCN {:.0f}, {:.0f} and {:.0f} at $v=4,6,8$)", *of_lcn)


def test_rates_and_batches(cell, record):
    claims = record.tables["claims"]
    chosen = [row for row in claims if "three levels: P*" in row["claim"]]
    chosen += [row for row in claims if row["claim"].startswith("CNN: P* with")]
    assert len(chosen) == 4
    for row in chosen:
        told("{:.3g} [{:.3g}, {:.3g}]", row["measured"], row["low"], row["high"])
    ratios = [
        [
            cell("slow", network, v, blanks)["size"] / cell("main", network, v, blanks)["size"]
            for network in ("lcn", "cnn")
            for v in (4, 6)
        ]
        for blanks in (0, 1, 2)
    ]
    ends = [end for found in ratios for end in (min(found), max(found))]
    told("{:.2f} to {:.2f} at $s_0=0$, {:.2f} to {:.2f} at 1, {:.2f} to {:.2f} at 2", *ends)
    fast, slow = (
        [cell(part, "cnn", 6, blanks)["size"] for blanks in (1, 2)] for part in ("main", "slow")
    )
    told("it needs {:.0f} and {:.0f} for $s_0=1$ and 2", *fast)
    told("it is {:.0f} and {:.0f} with the small rate", *slow)
    told("{:.0f} at $s_0=1$ with large batches", cell("noise", "cnn", 6, 1)["size"])


def test_fully_connected(cell, record):
    rows = [cell("main", "fcn", 4, blanks) for blanks in (0, 1, 2)]
    ratios = [row["size"] / cell("slow", "lcn", 4, row["blanks"])["size"] for row in rows]
    told("the FCN needs {:.0f}, {:.0f} and {:.0f} strings", *(row["size"] for row in rows))
    told("{:.2f}, {:.2f} and {:.2f} times what the LCN", *ratios)
    told("{:.2f} in the geometric mean", math.prod(ratios) ** (1 / 3))
    told("for unseen ones it is {:.0f}, {:.0f} and {:.0f}", *(row["unseen_size"] for row in rows))


def test_invariances(record):
    tables = record.tables
    starts = [
        row[name] / row["size"]
        for row in where(tables["complexities"], part="main")
        for name in ("synonyms", "placements")
        if row["network"] != "fcn" and row[name]
    ]
    assert len(starts) == 18 + 12
    told("at {:.2f} to {:.2f} times $P^*$ in every cell", min(starts), max(starts))
    fully = where(tables["complexities"], part="main", network="fcn")
    assert not any(row["synonyms"] for row in fully)
    moved = [row["placements"] / row["size"] for row in fully if row["blanks"]]
    told("crosses 0.1 at {:.1f} to {:.1f} times", min(moved), max(moved))
    # of each cell the largest set, which comes last
    last = {
        (row["network"], row["symbols"], row["blanks"]): row
        for row in where(tables["sensitivities"], part="main", layer=2, level=1)
    }
    of_fully = [last["fcn", 4, blanks] for blanks in (0, 1, 2)]
    told("{:.2f}, {:.2f} and {:.2f} for $s_0=0,1,2$", *(row["synonyms"] for row in of_fully))
    told("at most {:.2f} % are misread", 100 * max(row["error"] for row in of_fully))
    others = [row["synonyms"] for row in last.values() if row["network"] != "fcn"]
    told("against {:.2f} to {:.2f} for LCN and CNN", min(others), max(others))


def test_every_level_shown(cell, record):
    shown = {(row["symbols"], row["levels"], row["blanks"]): row for row in record.tables["told"]}
    rows = [shown[4, 2, 0], shown[6, 2, 0], shown[8, 2, 0], shown[4, 3, 0]]
    coupons = [row["symbols"] ** 2 * math.log(row["symbols"] ** 2) for row in rows]
    tables = [row["predicted"] for row in rows]
    told("{:.0f}, {:.0f}, {:.0f} strings at $v=4,6,8$", *tables[:3])
    of_table = [number / most for number, most in zip(tables, coupons, strict=True)]
    told("which is {:.2f}, {:.2f}, {:.2f} of", *of_table[:3])
    found = [row["crossing"] for row in rows]
    told("Measured: {:.0f}, {:.0f}, {:.0f}, and {:.0f} at three levels", *found)
    told("where the table needs {:.0f}", tables[3])
    shares = [number / most for number, most in zip(found, coupons, strict=True)]
    told("{:.2f} to {:.2f} of $vm", min(shares), max(shares))
    assert all(row["low"] <= row["predicted"] <= row["high"] for row in rows)
    alone = [cell("main", "cnn", v, 0)["size"] for v in (4, 6, 8)]
    alone.append(cell("deep", "cnn", 4, 0, levels=3)["size"])
    saved = [one / other for one, other in zip(alone, found, strict=True)]
    told("{:.1f} to {:.0f} times as many", min(saved), max(saved))
    costs = [
        one / row["symbols"] ** (row["levels"] - 1) for one, row in zip(saved, rows, strict=True)
    ]
    told("times {:.2f} to {:.2f}", min(costs), max(costs))
    told("{:.0f} and {:.0f} at $v=4$", *(shown[4, 2, blanks]["crossing"] for blanks in (1, 2)))


def test_what_tuples_tell(record):
    rows = record.tables["correlations"]
    for levels, count in ((2, "two levels"), (3, "three")):
        chosen = where(rows, levels=levels)
        measured, exact = (
            ", ".join(f"{row[name]:#.3g}" for row in chosen) for name in ("measured", "exact")
        )
        told("{} at {} ({})", measured, count, exact)


def test_flat_networks(record):
    row = only(record.tables["flat"], symbols=6, levels=3)
    times = row["bound"] / row["deep"]
    told("is {} neurons, {:.1f} times all {}", row["bound"], times, row["deep"])
    claims = record.tables["claims"]
    passed = len(where(claims, verdict="pass"))
    told("Of {} claims {} pass", len(claims), passed)


def test_decoders():
    rows = [[int(cell.replace(" ", "")) for cell in row] for row in table("A convolution of")]
    assert len(rows) == 4
    for v, levels, branching, blanks, *counted in rows:
        hierarchy = random_hierarchy(
            v, levels, branching=branching, blanks=blanks, key=jax.random.key(0)
        )
        size, inputs = count_decoder(hierarchy), (branching * (blanks + 1)) ** levels
        assert counted == [inputs, size.neurons, size.filters, flat_decoder_neurons(hierarchy)]


def test_speeds():
    found = json.loads((ROOT / "benchmarks" / "hierarchies.json").read_text(encoding="utf-8"))
    expected = [
        [
            row["net"].rstrip("2").upper(),
            f"{row['symbols']}",
            f"{row['blanks']}",
            f"{row['width']}",
            f"{row['medians']['noflat']:.0f}",
            f"{row['times_published']:.1f}",
            f"{row['times_best']:.1f}",
        ]
        for row in found["rows"]
    ]
    assert table("## 5. Speed") == expected


def test_ranks(record):
    expected = [
        [
            f"{row['symbols']}",
            f"{row['levels']}",
            f"{row['branching']}",
            f"{row['largest']}",
            f"{row['least']}, {row['rank']}, {row['most']} ({row['draws']})",
            f"{row['deep']} / {row['filters']}",
            f"{row['any_bound']}",
            f"{row['flat']:,}".replace(",", " ") if row["flat"] > 9999 else f"{row['flat']}",
        ]
        for row in record.tables["flat"]
    ]
    assert table("**Where ranks are small.**") == expected
