"""docs/sparse_activations.md: its tables and its numbers are those of the record."""

import json
from math import ceil
from statistics import median

import numpy as np
from pages import DOCS, Page, only
from scipy.stats import spearmanr

from noflat.experiments.records import where

PAGE = Page("sparse_activations")
told, table = PAGE.told, PAGE.table
BOUNDS = ("signed", "weighted", "mean", "uniform")
PENALTIES = ("none", "decay", "cost", "both")


def claim(record, start):
    (row,) = [row for row in record.tables["claims"] if row["claim"].startswith(start)]
    return row


def plain(value, digits=4):
    """So many digits, without an exponent."""
    return f"{float(f'{value:.{digits}g}'):.12g}"


def slope(rows, name, column):
    x, y = (np.log([row[of] for row in rows]) for of in (name, column))
    return np.polyfit(x, y, 1)[0]


def whole(value):
    return f"{float(value):.0f}"


def spread(values):
    return f"{median(values):.3f} [{min(values):.3f}, {max(values):.3f}]"


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


# --- students ------------------------------------------------------------------------------------


def teachers(record):
    rows = record.tables["students"]
    return {name: where(rows, target=name) for name in dict.fromkeys(r["target"] for r in rows)}


def test_students(record):
    expected, never = [], 10**9
    for name, rows in teachers(record).items():
        one, steps = rows[0], [row["steps_taken"] for row in rows if row["learned"]]
        assert len(steps) in (0, 5)
        taken = f"{median(steps):.0f} ({min(steps)} to {max(steps)})" if steps else "none of 5"
        about = (one["signs"], one["neurons"], one["active"], f"{one['sensitivity']:.3g}")
        shape = (plain(one["uniform_bound"]), one["first_degree"], one["degree"], taken)
        order = (median(steps) if steps else never, one["sensitivity"])
        expected.append((order, [name, *map(str, about + shape)]))
    told("at most {} steps", record.tables["students"][0]["steps"])
    assert table("Teachers have mean 0") == [cells for _, cells in sorted(expected)]


def test_order_of_students(record):
    found = teachers(record).values()
    taken = [median(row["steps_taken"] or row["steps"] for row in rows) for rows in found]
    ranks = [
        float(np.asarray(spearmanr([rows[0][name] for rows in found], taken))[0])
        for name in ("sensitivity", "degree", "uniform_bound", "first_degree", "active")
    ]
    told(
        "{:.2f}, that of the degree {:.2f}, of $4k^2W^2$ {:.2f}, of the first degree {:.2f}, of "
        "$k$ alone {:.2f}",
        *ranks,
    )
    learned = {rows[0]["sensitivity"]: sum(row["learned"] for row in rows) for rows in found}
    assert all(learned[level] == (5 if level <= 6 else 0) for level in learned)
    told("of AS up to 6 is learned by all five students, nothing of 8 or more by any")
    assert not [level for level in learned if 6 < level < 8]
    steps = {rows[0]["target"]: of for rows, of in zip(found, taken, strict=True)}
    told("(AS 4) takes {:.0f} steps", steps["parity of 4 signs"])
    told("and takes {:.0f}, for it is", steps["majority of 19 signs"])
    gated = [steps[name] for name in steps if "gated" in name]
    assert all(3 <= of / steps["parity of 4 signs"] < 3.5 for of in gated)


# --- activity ------------------------------------------------------------------------------------


def trained(record, **cells):
    return where(record.tables["trained"], when="trained", start="random", **cells)


def fell(record, rows):
    start = where(record.tables["trained"], when="start", start="random")
    names = ("target", "neurons", "member")
    return sum(
        row["share"] < only(start, **{name: row[name] for name in names})["share"] for row in rows
    )


def test_penalties(record):
    cells = table("*One hidden layer.*")
    cases = [{"penalty": "none"}]
    cases += [{"penalty": "decay", "decay": decay} for decay in (1e-4, 1e-3, 1e-2)]
    cases += [{"penalty": "cost", "cost": cost} for cost in (0.003, 0.03)]
    cases += [{"penalty": "both", "decay": 1e-3, "cost": 0.03}]
    for (said, *others), case in zip(cells, cases, strict=True):
        rows = trained(record, **case)
        assert said.startswith(case["penalty"])
        assert others == [
            str(len(rows)),
            spread([row["share"] for row in rows]),
            f"{fell(record, rows)} of {len(rows)}",
            f"{max(row['loss'] for row in rows):.4f}",
        ]
    start = where(record.tables["trained"], when="start", start="random")
    assert {row["share"] for row in start} == {0.5}
    told("Before training the share is 0.5 exactly")


def test_activity(record):
    plain = trained(record, penalty="none")
    assert median(1 - row["share"] / 0.5 for row in plain) < 0.1
    through = where(record.tables["activity"], start="random", penalty="none")
    for target in ("index", "parity"):
        for width in (32, 64, 128, 256):
            parts = where(through, target=target, neurons=width)
            fifth = only(parts, part=0.2)["share"]
            assert all(abs(row["share"] - fifth) < 0.03 for row in parts if row["part"] >= 0.2)
    shares = [
        median(row["share"] for row in where(plain, target=target, neurons=width))
        for target in ("index", "parity")
        for width in (32, 64, 128, 256)
    ]
    told(
        "{:.2f}, {:.2f}, {:.2f} and {:.2f} of 32 to 256 neurons on the index; "
        "{:.2f}, {:.2f}, {:.2f} and {:.2f} on parity",
        *shares,
    )
    both = trained(record, penalty="both", target="parity", neurons=256)
    told("{:.1f} % of 256 neurons on parity, {:.0f} of which",
         *(median(row[name] for row in both) * by for name, by in (("share", 100), ("dead", 1)))
         )  # fmt: skip
    cost = trained(record, penalty="cost")
    told("are dead, {} at most, and", max(row["dead"] for row in cost))
    told("and {:.0f} to {:.0f} % stay active",
         *(100 * f(row["share"] for row in cost) for f in (min, max)))  # fmt: skip


def test_written_starts(record):
    rows = record.tables["trained"]
    ks = {
        (start, when): [row["active"] for row in where(rows, start=start, when=when)]
        for start in ("written", "written with room")
        for when in ("start", "trained")
    }
    least = ks["written", "start"]
    told("$k=4$ in {} of {}, and", least.count(4), len(least))
    ends = ks["written", "trained"]
    told("training leaves $k$ from {} to {}", min(ends), max(ends))
    roomy = ks["written with room", "start"]
    told("two active at some word in {} of {}", roomy.count(2), len(roomy))
    ends = ks["written with room", "trained"]
    told("with $k=1$ in {} of {}", ends.count(1), len(ends))


def test_transformer(record):
    rows = record.tables["transformer_activity"]
    expected = []
    for task, said in (
        ("chain of thought", "chain of thought of the parity of 4 of 8 signs"),
        ("index", "index of 2 bits, one token"),
    ):
        for layer in (1, 2):
            start, early, end = (
                only(rows, task=task, layer=layer, steps=steps) for steps in (0, 30, 600)
            )
            assert end["accuracy"] == 1
            last = f"{end['share']:.2f} [{end['low']:.2f}, {end['high']:.2f}]"
            shares = [f"{row['share']:.2f}" for row in (start, early)]
            expected.append([said, str(layer), *shares, last])
    assert table("*A transformer*") == expected
    assert max(row["steps"] for row in rows) == 600


# --- bounds of trained networks ------------------------------------------------------------------


def over(rows, name="signed"):
    return [row[f"{name}_bound"] / row["sensitivity"] for row in rows]


def test_bounds(record):
    rows = record.tables["trained"]
    told("Of the {} networks of section 6", len(rows))
    told("Of the {} that are trained from random starts", len(trained(record)))
    start = where(rows, when="start", start="random")
    told("bites for any of the {} random", len(start))
    assert not any(row[f"{name}_bites"] for row in start for name in BOUNDS)
    for row in rows:
        bounds = [row["sensitivity"], *(row[f"{name}_bound"] for name in BOUNDS)]
        assert all(b <= a * (1 + 2e-3) for b, a in zip(bounds, bounds[1:], strict=False))
        for name in BOUNDS:
            # rows keep four digits
            bound, trivial = row[f"{name}_bound"], row["trivial_bound"]
            assert bound == trivial or row[f"{name}_bites"] == (bound < trivial)
    cells = table("Of the 360 networks")
    groups = {name: trained(record, penalty=name) for name in PENALTIES}
    assert [len(groups[name]) for name in PENALTIES] == [40, 120, 80, 40]
    for (said, *others), name in zip(cells, BOUNDS, strict=True):
        assert said.startswith(name)
        bites = [str(sum(row[f"{name}_bites"] for row in groups[p])) for p in PENALTIES]
        ratios = [
            "{} [{}, {}]".format(*(plain(f(over(groups[p], name)), 3) for f in (median, min, max)))
            for p in ("none", "both")
        ]
        assert others == bites + ratios


def bitten(record, name="signed", **cells):
    rows = trained(record, **cells)
    return sum(row[f"{name}_bites"] for row in rows), len(rows)


def test_where_bounds_bite(record):
    none = trained(record, penalty="none")
    told("by a factor of {} or more", plain(min(over(none, "uniform")), 3))
    told("The signed bound is off by {:.0f}.", median(over(none)))
    decay = [bitten(record, penalty="decay", target=of) for of in ("parity", "index")]
    told("in {} of {} networks on parity, in {} of {} on the index", *decay[0], *decay[1])
    counts = {
        (name, penalty, target): bitten(record, name, penalty=penalty, target=target, cost=0.03)
        for name in ("signed", "weighted")
        for penalty in ("cost", "both")
        for target in ("parity", "index")
    }
    assert {of for _, of in counts.values()} == {20}
    signed, weighted = (
        [counts[name, p, t][0] for p in ("cost", "both") for t in ("parity", "index")]
        for name in ("signed", "weighted")
    )
    told("{} of 20 networks on parity and {} of 20 on the index, with decay besides in {} and {}",
         *signed)  # fmt: skip
    told("the weighted one in {} and {}, and in {} and {}", *weighted)
    both = over(trained(record, penalty="both", target="parity"))
    told("is {:.2f} times AS in the median, from {:.2f} to {:.2f}",
         median(both), min(both), max(both))  # fmt: skip


def test_fewer_is_not_smaller(record):
    wide = {
        name: trained(record, penalty=name, target="index", neurons=128, cost=0.03)
        for name in ("cost", "both")
    }
    cost, both = (
        [median(row[name] for row in wide[of]) for name in ("share", "signed_bound")]
        for of in ("cost", "both")
    )
    told("leaves {:.0f} % active and a signed bound of {:.1f}", 100 * cost[0], cost[1])
    told("leaves {:.0f} % active and {:.1f} (medians)", 100 * both[0], both[1])
    trivial = [median(row["trivial_bound"] for row in rows) for rows in wide.values()]
    assert f"Var}}h={min(trivial):.1f}$ and more" in PAGE.words


def test_written_bounds(record):
    three, four = (only(record.tables["constructed"], network=f"index of {b} bits") for b in (3, 4))
    told("that is {:.0f} against {} for $b=3$ and {:.0f} against {} for $b=4$",
         three["uniform_bound"], three["inputs"],
         four["uniform_bound"], four["inputs"])  # fmt: skip
    told("mean bounds, {:.0f} and {:.0f}, bite", three["mean_bound"], four["mean_bound"])
    assert all(row["mean_bound"] < row["inputs"] * row["mean_square"] for row in (three, four))


def test_degrees(record):
    rows = record.tables["trained"]
    assert all(row["certified_degree"] == row["inputs"] for row in rows)
    told("is $n$ for all {}, and for all {}", len(rows), len(trained(record)))
    assert all(row["sensitivity_degree"] == row["inputs"] for row in trained(record))
    degrees = [
        {row["degree"] for row in trained(record, target=target)} for target in ("index", "parity")
    ]
    for error, target in ((2.5, "index"), (3, "parity")):
        row = trained(record, target=target)[0]
        degree, n = ceil(10 * error) - 1, row["inputs"]
        assert rf"$\lceil{error}/0.1\rceil-1={degree}>{n}$" in PAGE.words
        assert (
            abs(median(row["sensitivity"] for row in trained(record, target=target)) - error) < 0.1
        )
    told("The true degrees are {} and {}.", *(only for (only,) in degrees))


# --- what was run -------------------------------------------------------------------------------


def test_settings(record):
    of = record.run["settings"]
    told("mean of {} training sets is", of["seeds"])
    told("means of {} training sets, least", of["solver_seeds"])
    told("99 % interval over {} training sets", of["seeds"])
    told("best of degrees {} to {} and", min(of["degrees"]), max(of["degrees"]))
    told(r"as long as $D\le{}$", of["most_features"])
    targets = record.tables["sample_complexities"]
    signs = [row["n"] for row in targets]
    told("({} targets of {} to {} signs;", len(targets), min(signs), max(signs))
    told("$n$ up to {} is too small", max(row["n"] for row in where(targets, sparse=1)))
    told("{} signs, one hidden layer of {} ReLUs", of["student_inputs"], of["student_width"])
    told("looked at every {} steps", of["student_steps"] // 40)
    told("({} where not learned)", of["student_steps"])
    told("{}, {}, {}, {} ReLUs; five starts", *of["widths"])
    assert of["activity_networks"] == of["students"] == of["transformers"] == 5
    told("from 0.01 to 0 in {} steps", of["activity_steps"])
    trained_on = {row["target"]: row["inputs"] for row in record.tables["trained"]}
    told("of 3 bits ({} signs) and the parity of 3 of {} signs", *trained_on.values())
    told("two targets of {} and {} signs", *trained_on.values())
    mlps = record.tables["transformer_activity"][0]
    told("width {}, MLPs of {} ReLUs, Adam, 64 fresh words a step, {} steps,",
         mlps["width"], mlps["neurons"], of["transformer_steps"])  # fmt: skip


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
