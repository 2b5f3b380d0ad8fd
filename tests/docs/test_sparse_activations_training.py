"""docs/sparse_activations.md, sections 5 to 7: what is trained, and what was run."""

from math import ceil
from statistics import median

import numpy as np
from pages import Page, only, plain
from scipy.stats import spearmanr

from noflat.experiments.records import where

PAGE = Page("sparse_activations")
told, table = PAGE.told, PAGE.table
BOUNDS = ("signed", "weighted", "mean", "uniform")
PENALTIES = ("none", "decay", "cost", "both")


def spread(values):
    return f"{median(values):.3f} [{min(values):.3f}, {max(values):.3f}]"


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
