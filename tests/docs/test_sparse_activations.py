"""docs/sparse_activations.md: its tables and its numbers are those of the record."""

import json
from statistics import median

import numpy as np
import pytest
from pages import DOCS, Page, only

from noflat.experiments.records import where

PAGE = Page("sparse_activations")
told = PAGE.told


def row_of(*cells):
    told("| " + " | ".join(map(str, cells)) + " |")


def spread(values, form="{:.3g}"):
    text = f"{form} [{form}, {form}]"
    return text.format(median(values), min(values), max(values))


def claim(record, start):
    (found,) = [r for r in record.tables["claims"] if r["claim"].startswith(start)]
    return found


def test_random_networks(record):
    rows = record.tables["random"]
    drawn, climbed = where(rows, kind="drawn"), where(rows, kind="climbed")
    told("{} networks of 2 to 8 signs", sum(row["networks"] for row in drawn))
    told(
        "the largest share is {:.3f} of $4k^2W^2$, {:.3f} of $4W^2\\,\\mathbb E\\,k_x^2$, "
        "and {:.3f} of the signed bound",
        *(max(row[f"largest_share{of}"] for row in drawn) for of in ("", "_of_mean", "_of_signed")),
    )
    told("{} of 64 arrive at 1", only(climbed, inputs=2)["attained"])
    told("none of the {} that were looked at", sum(row["networks"] for row in climbed))
    assert sum(row["violations"] for row in rows) == 0


def test_degrees(record):
    rows = record.tables["constructed"]
    index = only(rows, network="index of 4 bits")
    gated = only(rows, network="16 gated experts of 12 signs")
    told("within degree {} of the index of 4 bits", index["true_degree"])
    told("within degree {} of 16 gated experts", gated["true_degree"])
    said = [
        round(min(row["uniform_bound"], row["mean_bound"]) / (0.1 * row["mean_square"])) - 1
        for row in (index, gated)
    ]
    told("certified are {} and {}", *said)


def test_growth(record):
    rows = record.tables["growth"]
    gated = claim(record, "growth: exponent of n in the sensitivity of gated experts")
    told("exponent {:.2f} from 12 to 260 signs", gated["measured"])
    slope = claim(record, "growth: exponent of n in the sensitivity of majority")["measured"]
    told("grows as $n^{{{:.2f}}}$", slope)
    dense = where(rows, family="random dense")
    assert all(115 < row["sensitivity"] < 135 for row in dense if row["inputs"] >= 64)
    told("stays near 125 from 64 signs on")
    told("Its certificate says {:.0f}", 4 * 256**2)


@pytest.mark.parametrize("ratio", [0.5, 1, 1.5, 2, 4, 8, 16])
def test_least_squares(record, ratio):
    rows = [row for row in record.tables["low_degree"] if row["tail"] > 1e-9]
    cells = []
    for method in ("least squares", "ridge"):
        mine = [
            row
            for row in where(rows, method=method)
            if row["predicted"] and abs(row["samples"] / row["features"] / ratio - 1) < 0.02
        ]
        found = [row["error"] / row["predicted"] for row in mine]
        cells.append(f"{min(found):.2f} to {max(found):.2f}" if found else None)
    if cells[0] is None:
        peaks = [
            row["median_error"]
            for row in where(rows, method="least squares")
            if row["samples"] == row["features"]
        ]
        cells[0] = f"infinite; median error {min(peaks):.1f} to {max(peaks):.0f} where $\\tau>0$"
    row_of(f"{ratio:g}", *cells)


def test_samples(record):
    for row in record.tables["sample_complexities"]:
        line = next(cells for cells in PAGE.table("| target | $n$") if cells[0] == row["teacher"])
        assert [float(cell) for cell in line[1:8]] == pytest.approx(
            [row[name] for name in ("n", "s", "active", "sensitivity", "degree", "samples")]
            + [row["interpolated_samples"]],
            rel=3e-3,
        )
        low, high, middle = row["low"], row["high"], row["measured_samples"]
        assert line[8] == f"{middle:.0f} [{low:.0f}, {high:.0f}]"
        ridge = row["ridge_samples"]
        assert line[9] == ("never" if ridge is None else f"{ridge:.0f}")
        assert line[10] == f"{row['bound_samples']} ($d=n$)"
        assert row["bound_degree"] == row["n"]
    rows = record.tables["sample_growth"]
    gated = [row["samples"] for row in rows if row["teacher"].startswith("gated")]
    told("{}, {}, {}, {}, {} samples, a power of $n$", *gated)


def test_random_signs(record):
    rows = record.tables["rademacher"]
    for row in where(rows, sample="clusters"):
        sizes = f"{row['m']}, {row['s']}, {row['k']}"
        numbers = (f"{row[name]:.4g}" for name in ("exact", "asymptotic"))
        more = (f"{row[name]:.3g}" for name in ("conjectured", "dense", "published"))
        row_of(sizes, *numbers, *more)
    sphere = where(rows, sample="sphere")
    for row in where(sphere, n=8):
        sizes = {name: row[name] for name in ("m", "s", "k")}
        cells = []
        for n in (8, 32):
            mine = only(sphere, n=n, **sizes)
            cells.append(f"{mine['estimate']:.3f}({1000 * mine['standard_error']:.0f})")
            cells.append(f"{mine['estimate'] / mine['conjectured']:.2f}")
        row_of(", ".join(map(str, sizes.values())), *cells)
    slopes = []
    for n in (32, 8):
        for of, fixed in (("s", (64, None, 1)), ("k", (64, 16, None)), ("m", (None, 16, 1))):
            cells = dict(zip(("m", "s", "k"), fixed, strict=True))
            mine = where(sphere, n=n, **{k: v for k, v in cells.items() if v is not None})
            x, y = ([np.log(row[name]) for row in mine] for name in (of, "estimate"))
            slopes.append(np.polyfit(x, y, 1)[0])
    told("grows as $s^{{{:.2f}}}$ and $k^{{{:.2f}}}$", *slopes[:2])
    told("falls as $m^{{{:.2f}}}$", slopes[2])
    told("At $n=8$: $s^{{{:.2f}}}$, $k^{{{:.2f}}}$, $m^{{{:.2f}}}$", *slopes[3:])


def test_students(record):
    rows = record.tables["students"]
    for name in dict.fromkeys(row["target"] for row in rows):
        mine = where(rows, target=name)
        taken = [row["steps_taken"] for row in mine if row["learned"]]
        if not taken:
            continue
        about = mine[0]
        bound = about["uniform_bound"]
        row_of(
            name,
            *(about[of] for of in ("signs", "neurons", "active")),
            f"{about['sensitivity']:.3g}",
            f"{bound:.0f}" if bound > 100 else f"{bound:.3g}",
            about["first_degree"],
            about["degree"],
            f"{median(taken):.0f} ({min(taken)} to {max(taken)})",
        )
    assert {row["target"] for row in rows if not row["learned"]} == {
        f"parity of {p} signs" for p in (8, 10, 12)
    }
    order = claim(record, "students: rank correlation")["measured"]
    told("of AS with the median steps (4000 where not learned) is {:.2f}", order)


def test_activity(record):
    rows = record.tables["trained"]
    start = where(rows, when="start", start="random")
    names = {
        "none": "none",
        "decay": "$\\lambda=10^{-4},10^{-3},10^{-2}$",
        "cost": "$\\mu=0.003,0.03$",
        "both": "$\\lambda=10^{-3}$ and $\\mu=0.03$",
    }
    lines = {cells[0]: cells for cells in PAGE.table("| penalty | networks |")}
    for penalty, name in names.items():
        mine = where(rows, when="trained", start="random", penalty=penalty)
        like = ("target", "neurons", "member")
        fell = sum(
            row["share"] < only(start, **{of: row[of] for of in like})["share"] for row in mine
        )
        shares = spread([row["share"] for row in mine], "{:.3f}")
        assert lines[name][1:4] == [str(len(mine)), shares, f"{fell} of {len(mine)}"]
        levels = sorted({(row["decay"], row["cost"]) for row in mine})
        worst = [max(r["loss"] for r in where(mine, decay=d, cost=c)) for d, c in levels]
        assert [float(x) for x in lines[name][4].split(",")] == pytest.approx(worst, rel=0.05)
    for start, least, most in (("written", 2, 4), ("written with room", 1, 1)):
        active = [row["active"] for row in where(rows, when="trained", start=start)]
        assert (min(active), max(active)) == (least, most)


def test_transformers(record):
    rows = record.tables["transformer_activity"]
    lines = PAGE.table("| task | layer | start |")
    shown = [(task, layer) for task in ("chain of thought", "index") for layer in (1, 2)]
    for (task, layer), line in zip(shown, lines, strict=True):
        mine = where(rows, task=task, layer=layer)
        end = mine[-1]
        assert mine[1]["steps"] == 30
        assert line[2:4] == [f"{mine[0]['share']:.2f}", f"{mine[1]['share']:.2f}"]
        assert line[4] == f"{end['share']:.2f} [{end['low']:.2f}, {end['high']:.2f}]"


def test_bounds_of_trained_networks(record):
    rows = where(record.tables["trained"], when="trained", start="random")
    told("Of {} networks none is above any of them. {} are", 360, len(rows))
    lines = PAGE.table("| bound | below")
    for name, line in zip(("uniform", "mean", "weighted", "signed"), lines, strict=True):
        parts = {p: where(rows, penalty=p) for p in ("none", "decay", "cost", "both")}
        assert line[1:5] == [str(sum(r[f"{name}_bites"] for r in p)) for p in parts.values()]
        for cell, penalty in zip(line[5:], ("none", "both"), strict=True):
            over = [row[f"{name}_bound"] / row["sensitivity"] for row in parts[penalty]]
            assert cell == spread(over)
    most = max(row["cost"] for row in rows)
    for target, bites in (("parity", 40), ("index", 37)):
        mine = where(rows, target=target, cost=most)
        assert (sum(row["signed_bites"] for row in mine), len(mine)) == (bites, 40)
    told("in 40 of 40 on parity and 37 of 40 on the index")
    over = claim(record, "trained: signed bound over sensitivity")["measured"]
    told("its median over 20 is {:.2f} times AS", over)
    ends = [
        where(rows, target="index", neurons=128, penalty=p, cost=most) for p in ("cost", "both")
    ]
    numbers = [
        (100 * median(r["share"] for r in mine), median(r["signed_bound"] for r in mine))
        for mine in ends
    ]
    told("leaves {:.0f} % active and a signed bound of {:.1f}", *numbers[0])
    told("decay besides leaves {:.0f} % active and {:.1f}", *numbers[1])
    assert {row["certified_degree"] - row["inputs"] for row in rows} == {0}
    assert {(row["target"], row["degree"]) for row in rows} == {("index", 4), ("parity", 3)}


def test_claims(record):
    rows = record.tables["claims"]
    passed = sum(row["verdict"] == "pass" for row in rows)
    told("{} of {} claims pass", passed, len(rows))


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
