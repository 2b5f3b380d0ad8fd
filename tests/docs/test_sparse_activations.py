"""docs/sparse_activations.md: its tables and its numbers are those of the record."""

import json
from math import ceil

import numpy as np
from pages import DOCS, Page, claim, only, plain

from noflat.experiments.records import where

PAGE = Page("sparse_activations")
told, table = PAGE.told, PAGE.table


def slope(rows, name, column):
    x, y = (np.log([row[of] for row in rows]) for of in (name, column))
    return np.polyfit(x, y, 1)[0]


def whole(value):
    return f"{float(value):.0f}"


# --- nothing is trained --------------------------------------------------------------------------


def test_written_networks(record):
    rows = record.tables["constructed"]
    signed = [row for row in rows if row["signed_bound"] is not None]
    shares = {row["network"]: row["sensitivity"] / row["signed_bound"] for row in signed}
    told("AS is from {:.3g} to {:.3g} of the signed bound", min(shares.values()), 1)
    assert all((share == 1) == name.startswith("extremal") for name, share in shares.items())
    for b in (2, 3, 4, 5, 6):
        one = only(rows, network=f"index of {b} bits")
        assert (one["weight_squared"], one["uniform_bound"]) == (b + 1, 4 * (b + 1))
        paper = only(rows, network=f"index of {b} bits, weights of the paper")
        assert 3 / 2 < (paper["weight_squared"] / one["weight_squared"]) ** 0.5 < 2
    for p in (4, 8):
        one = only(rows, network=f"junta of {p} signs")
        assert one["weight_squared"] == p / 4
        paper = only(rows, network=f"junta of {p} signs, weights of the paper")
        assert paper["weight_squared"] == 4 * one["weight_squared"]
    for b, data in ((3, 11), (4, 12)):
        one = only(rows, network=f"{2**b} gated experts of {data} signs")
        assert one["weight_squared"] == 1 + b
        assert one["uniform_bound"] == 4 * one["weight_squared"]
    for row in rows:
        if row["network"].startswith("extremal"):
            p, k = row["inputs"], row["active"]
            assert (row["neurons"], row["weight_squared"]) == (k * 2**p, p)
            assert row["uniform_bound"] == row["sensitivity"] == 4 * k**2 * p
            # just below the mean square
            assert ceil(row["signed_bound"] / (row["mean_square"] * (1 - 1e-6))) - 1 == p
    assert {row["equal"] for row in record.tables["closed_forms"]} == {1}


def test_lifted(record):
    rows = record.tables["lifted"]
    printed, corrected = (where(rows, kind=kind) for kind in ("printed", "corrected"))
    constant = sum(row["different_outputs"] == 1 for row in printed)
    told("constant for {} of {}, and", constant, len(printed))
    told("wrong on {} words", sum(row["wrong"] for row in corrected))
    told("On all words of {} signs", rows[0]["signs"])
    assert all(row["neurons"] == row["chosen"] // 2 + 1 for row in corrected)
    assert max(row["most_active"] for row in corrected) == 1


def test_random(record):
    drawn, climbed = (where(record.tables["random"], kind=kind) for kind in ("drawn", "climbed"))
    told(
        "{} networks of {} to {} signs and {} to {} neurons",
        sum(row["networks"] for row in drawn),
        *(f(row[name] for row in drawn) for name in ("inputs", "neurons") for f in (min, max)),
    )
    told("share is {:.3f} of", max(row["largest_share"] for row in drawn))
    told("{:.3f} of $4W^2", max(row["largest_share_of_mean"] for row in drawn))
    told("and {:.3f} of the signed bound", max(r["largest_share_of_signed"] for r in drawn))
    assert sum(row["violations"] for row in drawn + climbed) == 0
    climbers = record.run["settings"]["climbers"]
    told("so {} networks also climb", climbers * len(climbed))
    two = only(climbed, inputs=2)
    assert (two["neurons"], two["largest_share"]) == (4, 1)
    told("{} of {} arrive at 1", two["attained"], climbers)
    told("none of the {} that", sum(row["networks"] for row in climbed))


def test_growth(record):
    rows = record.tables["growth"]
    gated = where(rows, family="gated experts")
    told(
        "exponent {:.2f} from {} to {} signs",
        slope(gated, "inputs", "sensitivity"),
        *(f(row["inputs"] for row in gated) for f in (min, max)),
    )
    assert {row["uniform_bound"] for row in gated} == {20}
    exponent = slope(where(rows, family="majority"), "inputs", "sensitivity")
    assert f"majority grows as $n^{{{exponent:.2f}}}$" in PAGE.words
    dense = [row for row in where(rows, family="random dense") if row["inputs"] >= 64]
    told(
        "{} neurons of norm 1 has {:.0f}, {:.0f} and {:.0f} at {}, {} and {} signs",
        dense[0]["neurons"],
        *(row["sensitivity"] for row in dense),
        *(row["inputs"] for row in dense),
    )
    told("says $4s^2={}$", 4 * dense[0]["neurons"] ** 2)
    assert {plain(row["uniform_bound"]) for row in dense} == {plain(4 * 256**2)}


def test_tails(record):
    rows, certified = record.tables["tails"], record.tables["constructed"]
    found = []
    for name in ("index of 4 bits", "16 gated experts of 12 signs"):
        one = only(certified, network=name)
        within = min(row["degree"] for row in where(rows, network=name) if row["tail"] <= 0.1)
        assert within == one["true_degree"]
        assert one["degree"] == one["inputs"]
        degree = round(10 * one["mean_bound"] / one["mean_square"]) - 1
        found.append((within, degree, one["inputs"]))
    (first, left, few), (second, right, fewer) = found
    told("degree {} of the index of 4 bits and within degree {} of 16 gated", first, second)
    told("says {} and {}, more than the {} and {} signs", left, right, few, fewer)
    told("gated experts it says {} for any", right)


# --- low degree ----------------------------------------------------------------------------------


def test_curves(record):
    rows = [row for row in record.tables["low_degree"] if row["tail"] > 1e-9]
    averages = where(rows, method="averages")
    told("all {} cells", len(averages))
    assert claim(record, "low degree: mean errors")["measured"] == len(averages)
    ratios = [row["error"] / row["predicted"] for row in averages]
    told("the ratio is from {:.2f} to {:.2f}. *Least", min(ratios), max(ratios))
    for ratio, *cells in table("*Least squares* and *ridge*"):
        for method, cell in zip(("least squares", "ridge"), cells, strict=True):
            mine = [
                row["error"] / row["predicted"]
                for row in where(rows, method=method)
                if row["samples"] == max(1, round(float(ratio) * row["features"]))
                and row["predicted"] is not None
            ]
            said = f"{min(mine):.2f} to {max(mine):.2f}" if mine else "infinite"
            assert cell == said, (ratio, method)
    assert {row["seeds"] for row in averages} == {20}
    assert {row["seeds"] for row in rows if row["method"] != "averages"} == {5}


def test_peaks(record):
    rows = [row for row in record.tables["low_degree"] if row["tail"] > 1e-9]
    square = [row for row in rows if row["samples"] == row["features"]]
    peaks = [row["median_error"] for row in where(square, method="least squares")]
    told("median error of least squares is from {:.1f} to {:.0f};", min(peaks), max(peaks))
    ridged = max(row["median_error"] for row in where(square, method="ridge"))
    told("it is at most {:.2f}", ridged)
    assert ridged >= max(row["median_error"] for row in where(rows, method="ridge")) - 1e-9
    index = where(rows, method="least squares", teacher="index, b = 3", degree=3)
    told(
        "the error is {:.2f}, {:.2f} and {:.2f} times",
        *(
            row["error"] / row["predicted"]
            for ratio in (1.5, 2, 4)
            for row in where(index, samples=round(ratio * index[0]["features"]))
        ),
    )


def test_samples(record):
    rows = record.tables["sample_complexities"]
    expected = [
        [
            row["teacher"],
            *map(str, (row["n"], row["s"], row["active"])),
            f"{row['sensitivity']:.3g}",
            *map(str, (row["degree"], row["samples"])),
            whole(row["interpolated_samples"]),
            f"{whole(row['measured_samples'])} [{whole(row['low'])}, {whole(row['high'])}]",
            "never" if row["ridge_samples"] is None else f"{row['ridge_samples']:.0f}",
            str(row["bound_samples"]),
        ]
        for row in rows
    ]
    assert table("**Samples for an error of 0.25**") == expected
    assert all(row["bound_degree"] == row["certified_degree"] == row["n"] for row in rows)
    sparse = where(rows, sparse=1)
    times = [(2 ** row["n"] - 1) / row["level"] / row["samples"] for row in sparse]
    told("takes {:.0f} to {:.0f} times fewer", min(times), max(times))
    dense = only(rows, teacher="random dense, s = 8")["samples"]
    assert dense < min(row["samples"] for row in sparse)


def test_sample_growth(record):
    rows = record.tables["sample_growth"]
    gated = where(rows, teacher="gated experts, b = 3")
    told("{}, {}, {}, {} and {} samples, a power", *(row["samples"] for row in gated))
    junta = [row for row in rows if row["teacher"].startswith("junta")]
    parity = [row for row in rows if row["teacher"].startswith("parity")]
    assert [row["n"] for row in gated] == [8, 10, 12, 14, 16]
    few = [row for row in junta if row["n"] <= 16]
    told("slope {:.2f} (their degree is {})", slope(gated, "n", "samples"), gated[0]["degree"])
    told("{} to {}, slope {:.2f} (degree {})", few[0]["samples"], few[-1]["samples"],
         slope(few, "n", "samples"), few[0]["degree"])  # fmt: skip
    told("parity {} to {}, a factor", *(only(parity, n=n)["samples"] for n in (8, 16)))
    bounds = [row["sensitivity_bound"] for row in gated]
    told("from {:.0f} to {:.0f}: the gate", min(bounds), max(bounds))
    below = [row["n"] for row in junta if row["bound_degree"] < row["n"]]
    told(
        "between $n={}$ and {} on", max(row["n"] for row in junta if row["n"] < below[0]), below[0]
    )
    far, other = only(junta, n=64), only(parity, n=64)
    assert f"degree {far['bound_degree']} and {_power(far['bound_samples'])} samples" in PAGE.words
    assert f"against {_power(other['samples'])} for parity and {far['samples']}" in PAGE.words


def _power(value):
    digits, power = f"{float(value):.1e}".split("e")
    return rf"${digits}\cdot10^{{{int(power)}}}$"


# --- random signs --------------------------------------------------------------------------------


def test_clusters(record):
    rows = where(record.tables["rademacher"], sample="clusters")
    expected = [
        [f"{row['m']}, {row['s']}, {row['k']}"]
        + [
            plain(row[name])
            for name in ("exact", "asymptotic", "conjectured", "dense", "published")
        ]
        for row in rows
    ]
    assert table("So Conjecture 20") == expected
    best, middle, slopes = (
        [row[name] / row["supremum"] for row in rows]
        for name in ("neurons_best", "neurons_median", "gradient_best")
    )
    told("the best is {:.3g}, {:.3g}, {:.3f} and {:.3g} times", *best)
    told("the median {:.3g}, {:.3f}, {:.3f} and {:.3g})", *middle)
    told("gradients alone reach {:.2f}, {:.2f}, {:.2f} and {:.2f} times", *slopes)


def test_sphere(record):
    rows = where(record.tables["rademacher"], sample="sphere")
    expected = []
    for m, s, k in dict.fromkeys((row["m"], row["s"], row["k"]) for row in rows):
        cells = [f"{m}, {s}, {k}"]
        for n in (8, 32):
            row = only(rows, m=m, s=s, k=k, n=n)
            cells.append(f"{row['estimate']:.3f}({1000 * row['standard_error']:.0f})")
            cells.append(f"{row['estimate'] / row['conjectured']:.2f}")
        expected.append(cells)
    assert table("On random points of the sphere") == expected
    settings = record.run["settings"]
    told("({} draws of signs, best of {} restarts and both searches, {} sweeps,",
         settings["draws"], settings["restarts"], settings["sweeps"])  # fmt: skip
    exponents = {
        (n, name): slope(where(rows, n=n, **same), name, "estimate")
        for n in (8, 32)
        for name, same in (
            ("s", {"m": 64, "k": 1}),
            ("k", {"m": 64, "s": 16}),
            ("m", {"s": 16, "k": 1}),
        )
    }
    s, k, m = ("{" + f"{exponents[32, name]:.2f}" + "}" for name in "skm")
    told("grows as $s^{}$ and $k^{}$, as", s, k)
    told("falls as $m^{}$, faster", m)
    s, k, m = ("{" + f"{exponents[8, name]:.2f}" + "}" for name in "skm")
    told("At $n=8$: $s^{}$, $k^{}$, $m^{}$.", s, k, m)
    assert all(row["estimate"] < row["conjectured"] for row in rows)


# --- claims --------------------------------------------------------------------------------------


def test_claims(record):
    claims = record.tables["claims"]
    failing = [row for row in claims if row["verdict"] != "pass"]
    told("{} of {} claims pass", len(claims) - len(failing), len(claims))
    section = PAGE.text[PAGE.text.index("## 8.") :]
    assert sum(line.startswith("- ") for line in section.splitlines()) == len(failing)
    pairs = claim(record, "samples: pairs")
    told("of {} pairs {}.", pairs["predicted"], pairs["measured"])
    dense = only(record.tables["sample_complexities"], teacher="random dense, s = 8")
    told("neurons take {}, fewer than all", dense["samples"])
    told("of the {} functions of one active neuron is below $n$: of none",
         {3: "three"}[claim(record, "samples: functions")["predicted"]])  # fmt: skip
    slopes = claim(record, "random signs: on a sphere, 32 inputs, exponent of m")["measured"]
    assert f"$m^{{-0.5}}$: it falls as $m^{{{slopes:.2f}}}$" in PAGE.words
    order = claim(record, "students: rank")
    told("the steps is {:.2f}, not {:.1f}", order["measured"], order["predicted"])
    share = claim(record, "activity: share of active neurons without")["measured"]
    told("the median share is {:.3f}", share)
    uniform, signed, degree = (
        claim(record, f"trained: networks {of}")
        for of in (
            "without a penalty for which 4",
            "without a penalty for which the signed",
            "whose certified",
        )
    )
    told("penalty: in {} of {} networks", uniform["measured"], uniform["predicted"])
    told("the signed bound is: in {} of {}.", signed["measured"], signed["predicted"])
    told("below $n$: of {} of {}.", degree["measured"], degree["predicted"])
    told("the largest median is {:.3f}", claim(record, "transformer:")["measured"])


def test_the_benchmark():
    found = json.loads((DOCS.parent / "benchmarks" / "sensitivities.json").read_text())
    of = {row["signs"]: row for row in found["transforms"]}
    told("Hadamard matrix {:.0f} times", of[12]["scipy_matrix_over_ours"])
    told("`fwht` {:.0f} times as long", of[12]["sympy_over_ours"])
    told("of 20 signs ours takes {:.0f} ms", 1000 * of[20]["ours"])
    easy, hard, *_, most = found["active"][2:]
    told("HiGHS in floats as a mixed integer program: {:.2f} of our time", easy["highs_over_ours"])
    ends = ("ours_at_least", "ours_at_most", "highs_at_least", "highs_at_most")
    told(
        "after {:.0f} s ours has proved {} to {}, HiGHS after {:.0f} s {} to {}",
        *(hard[name] for name in ("ours", *ends[:2], "highs", *ends[2:])),
    )
    told("on 40 signs {} to {} and {} to {}", *(most[name] for name in ends))
