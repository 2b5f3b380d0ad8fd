"""docs/bias_kernel.md: its tables and its numbers are those of the record."""

from statistics import median

import jax.numpy as jnp
import numpy as np
import pytest
from pages import Page, claim, only
from scipy.special import ndtr

from noflat.arguments import named_key
from noflat.experiments.records import where
from noflat.measure.bias_kernels import bias_kernel, sphere_points
from noflat.measure.bias_spectra import constancy, least_angle, pair_bound, separation

PAGE = Page("bias_kernel")
told = PAGE.told
BIASES = (0, 0.5, 1, 1.5, 2, 2.5)


def middle(rows, column, **cells):
    return median(row[column] for row in where(rows, **cells))


def row_of(*cells):
    told("| {} |", " | ".join(map(str, cells)))


def sets(rows):
    return list(dict.fromkeys((row["n"], row["d"]) for row in rows))


def test_kernel(record):
    rows = record.tables["sampled"]
    entries = sum(row["entries"] for row in rows)
    told("of {} entries ({} points in d = {}, six B, {} neurons)", entries, 60, 10, 200000)
    assert (rows[0]["n"], rows[0]["d"], len(rows), rows[0]["neurons"]) == (60, 10, 6, 200000)
    told("times their number is {:.2f};", claim(record, "kernel: entries")["measured"])
    told("largest z-score is {:.2f}", max(row["largest_z"] for row in rows))
    told("at a single B {:.2f} is passed", max(row["allowed_z"] for row in rows))


def test_eigenvalues(record):
    rows = record.tables["eigenvalues"]
    for n, d in sets(rows):
        of = {"n": n, "d": d}
        row_of(
            n,
            d,
            *(f"{middle(rows, 'over_gauss', B=bias, **of):.3f}" for bias in (0, 2, 4, 6)),
            *(f"{middle(rows, 'condition', B=bias, **of):.3g}" for bias in (0, 2, 4)),
            f"{middle(rows, 'over_diagonal', B=6, **of):.2f}",
        )
    told("from 1 at B = 0 to {:.3f} at B = 4", 2 * ndtr(-4) * np.exp(8))


def test_constancy(record):
    rows = [row for row in record.tables["eigenvalues"] if row["B"] <= 4]
    spreads = {
        (n, d): [
            constancy(np.array([row["over_gauss"] for row in where(rows, n=n, d=d, draw=draw)]))
            for draw in range(10)
        ]
        for n, d in sets(rows)
    }
    held = {which: sum(spread <= 0.1 for spread in all) for which, all in spreads.items()}
    assert [which for which, count in held.items() if count == 10] == [
        (60, 10),
        (30, 5),
        (120, 10),
        (240, 10),
    ]
    told("{} of 10 at (30, 10)", held[30, 10])
    few = [(60, 30), (120, 30), (60, 100)]
    assert all(held[which] == 0 for which in few)
    told(
        "half the range is {:.1f}, {:.1f} and {:.1f} % of its middle",
        *(100 * median(spreads[which]) for which in few),
    )
    for start in ("kernel: from one B to the next, condition", "kernel: from one B to the next, l"):
        assert claim(record, start)["measured"] == claim(record, start)["predicted"] == 800
    told("in all {} cases", 800)


def test_bounds(record):
    rows = where(record.tables["eigenvalues"], n=60, d=10)
    columns = ("smallest", "series_low", "apart_low", "worst_case", "diagonal")
    for bias in range(7):
        least = min(row["series_low"] / row["smallest"] for row in where(rows, B=bias))
        cells = [f"{middle(rows, column, B=bias):.3g}" for column in columns]
        row_of(bias, *cells, f"{least:.3f}")
    rows = record.tables["eigenvalues"]
    assert claim(record, "bounds: kernels whose smallest eigenvalue is above")["measured"] == 880
    told("holds in all {} kernels", len(rows))
    times = min(row["series_low"] / row["worst_case"] for row in rows)
    least = min(row["series_low"] / row["smallest"] for row in rows)
    told("at least {:.0f} times larger and reaches at least {:.3f}", round(times, -1), least)


def test_nearest_pair(record):
    rows = [
        row
        | {
            "share": row["smallest"] / row["nearest_pair"],
            "scaled": row["nearest_pair"] * np.exp(row["B"] ** 2 / 2),
        }
        for row in record.tables["eigenvalues"]
    ]
    angles, falls = {}, {}
    for n, d in sets(rows):
        of = {"n": n, "d": d}
        angles[n, d] = middle(rows, "least_angle", B=0, **of)
        falls[n, d] = middle(rows, "scaled", B=0, **of) / middle(rows, "scaled", B=4, **of)
        row_of(
            n,
            d,
            f"{angles[n, d]:.2f}",
            *(f"{middle(rows, 'scaled', B=bias, **of):.3f}" for bias in (0, 2, 4, 6)),
            *(f"{middle(rows, 'share', B=bias, **of):.2f}" for bias in (0, 1, 2, 4, 6)),
        )
    few = [(60, 30), (120, 30), (60, 100)]  # constant in no draw, by the test above
    told("up to {:.2f} in the median", max(angles[one] for one in angles if one not in few))
    told("that never are have {:.2f} and more", min(angles[one] for one in few))
    told(
        "falls by a factor of {:.2f} to {:.2f} from B = 0 to 4, at (60, 10) by one of {:.2f}",
        min(falls[one] for one in few),
        max(falls[one] for one in few),
        falls[60, 10],
    )
    shares = [middle(rows, "share", n=60, d=10, B=bias) for bias in (0, 4)]
    told("from {:.2f} to {:.2f}, makes up for it", *shares)
    assert claim(record, "pairs: kernels")["measured"] == len(rows) == 880
    below = [row for row in rows if row["share"] < 0.5]
    least = min(row["share"] for row in rows)
    told("The least share is {:.3f}: {} kernels are below one half", least, len(below))
    told("{} of 880 kernels are below, down to {:.3f}", len(below), least)
    assert {row["B"] for row in below} == {0}
    told(
        "From B = 2 on the least is {:.2f}, from B = 4 on {:.2f}",
        *(min(row["share"] for row in rows if row["B"] >= bias) for bias in (2, 4)),
    )


def test_share_of_a_grid():
    steps = 0.01 * np.arange(12.0)
    grid = np.stack([np.ones(144), np.repeat(steps, 12), np.tile(steps, 12)], axis=1)
    grid = jnp.asarray(grid / np.linalg.norm(grid, axis=1, keepdims=True))
    kernels = [np.asarray(bias_kernel(grid, bias)) for bias in (0.0, 2.0, 6.0)]
    told(
        "a share of {:.3f}, {:.3f} and {:.3f} at B = 0, 2 and 6",
        *(np.linalg.eigvalsh(kernel)[0] / pair_bound(kernel) for kernel in kernels),
    )


def test_what_the_older_bound_loses(record):
    settings, apart = record.run["settings"], []
    # from the points again, since in one set the two distances differ in the sixth digit
    for n, d in zip(settings["points"], settings["dimensions"], strict=True):
        for draw in range(settings["draws"]):
            key = named_key(settings["seed"], "eigenvalues", n, d, draw)
            points = np.asarray(sphere_points(n, d, key=key))
            gram = points @ points.T
            gap = 2 * np.sin(least_angle(gram) / 2) - separation(gram)
            apart.append(bool(gap < 1e-9))
            (row,) = where(record.tables["eigenvalues"], n=n, d=d, draw=draw, B=0)
            assert row["separation"] == pytest.approx(separation(gram), rel=1e-3)
            assert row["least_angle"] == pytest.approx(least_angle(gram), rel=1e-3)
    told("as in {} of the {} data sets", sum(apart), len(apart))
    for row in record.tables["eigenvalues"]:
        if row["separation"] >= 1.999 * np.sin(row["least_angle"] / 2):
            assert row["smallest"] <= 0.79 * row["separation"] * np.exp(-(row["B"] ** 2) / 2)
            assert row["smallest"] <= 79 * row["n"] ** 2 * row["worst_case"]


def test_descent(record):
    fixed = where(record.tables["descent"], kind="fixed")
    for bias in BIASES:
        rows = where(fixed, B=bias, m=16384)
        widest = where(fixed, B=bias, m=max(row["m"] for row in where(fixed, B=bias)))
        row_of(
            f"{bias:g}",
            f"{middle(rows, 'predicted_steps'):.1f}",
            f"{middle(rows, 'ratio'):.2f}" if any(row["reached"] for row in rows) else "never",
            f"{middle(rows, 'active_start'):.4f} to {middle(rows, 'active_end'):.4f}",
            f"{middle(rows, 'flipped'):.4f}",
            f"{middle(rows, 'flipped') / middle(rows, 'active_start'):.2f}",
            widest[0]["m"],
            f"{middle(widest, 'ratio'):.2f}",
        )
    steps = claim(record, "descent: from one B to the next, median steps that fall at the largest")
    said = steps["note"].split(" steps")[0].split(", ")
    told("{}, {}, {}, {}, {} and {:.1f} at the largest", *said[:5], float(said[5]))
    told("is small, {:.1f} % at most", 100 * claim(record, "flips: share")["measured"])


def test_growing_and_dead(record):
    rows = record.tables["descent"]
    growing = where(rows, kind="growing")
    ratios = {width: middle(growing, "ratio", m=width) for width in (64, 128, 256, 512, 1024)}
    assert set(ratios.values()) == {10}
    told("{:.2f} times at m = 4096 and {:.2f} times at m = 16384", *(
        middle(growing, "ratio", m=width) for width in (4096, 16384)
    ))  # fmt: skip
    assert set(row["active_end"] for row in where(rows, kind="fixed", B=2, m=128)) == {0}


def test_crossings(record):
    fixed = where(record.tables["descent"], kind="fixed")
    widest = [
        where(fixed, B=bias, m=max(row["m"] for row in where(fixed, B=bias))) for bias in BIASES
    ]
    ever = [median(row["ever_flipped"] / row["predicted_flips"] for row in rows) for rows in widest]
    told("are {:.2f}, {:.2f}, {:.2f}, {:.2f}, {:.2f} and {:.2f} times", *ever)
    end = [median(row["flipped"] / row["predicted_flips"] for row in rows) for rows in widest]
    told("than ever were, {:.2f} times the prediction", median(end))


def test_breaks(record):
    rows = record.tables["breaks"]
    for bias in BIASES:
        two, four = (only(rows, of="network", slower=level, B=bias) for level in (2, 4))
        row_of(
            f"{bias:g}",
            f"{two['width']:.0f}",
            f"{two['active_neurons']:.0f}",
            f"{four['width']:.0f}",
            f"{four['active_neurons']:.3g}",
            f"{four['squared']:.3g}",
            f"{two['crossing_width']:.0f}",
        )
    start = [row for row in where(rows, of="start kernel", slower=2) if row["width"]]
    told(
        "at {:.1f}, {:.1f}, {:.1f} and {:.1f} active neurons",
        *(row["active_neurons"] for row in start),
    )
    assert [row["B"] for row in start] == [1, 1.5, 2, 2.5]
    spread = claim(record, "break: m Phi(-B) where networks take 2")
    told("by a factor of {:.1f} in all", spread["measured"])
    for said, level, of in (
        ("exponent {:.2f} [{:.2f}, {:.2f}], with", 4, "network"),
        ("the exponent is {:.2f} [{:.2f}, {:.2f}], between", 2, "network"),
        ("it is {:.2f} [{:.2f}, {:.2f}].", 2, "start kernel"),
    ):
        text = f"break: exponent in 1/Phi(-B) of the width at {level} times the steps, {of}"
        row = claim(record, text)
        told(said, row["measured"], row["low"], row["high"])
    squares = [only(rows, of="network", slower=4, B=bias)["squared"] for bias in BIASES[3:]]
    told("from {:.2f} to {:.2f}. At twice", min(squares), max(squares))


def test_cost(record):
    rows = where(record.tables["breaks"], of="network", slower=2)
    work = [only(rows, B=bias)["active_work"] for bias in BIASES]
    told(
        "{:.0f} at B = 0, {:.0f} at 0.5, {:.0f} at 1, {:.0f} at 1.5, {:.0f} at 2 and {:.0f} at 2.5",
        *work,
    )
    told("That is {:.0f} times less at B = 2", work[0] / work[4])
    assert min(work) == work[4]
    every = [only(rows, B=bias)["all_work"] for bias in BIASES]
    assert min(every) == every[2]
    told(
        "at B = 1, {:.0f} against {:.0f} at B = 0, and {:.0f} at B = 2.5",
        round(every[2], -2),
        every[0],
        every[5],
    )


def test_new_points(record):
    rows = record.tables["generalization"]
    for bias in BIASES:
        linear, random = (where(rows, labels=labels, B=bias) for labels in ("linear", "random"))
        row_of(
            f"{bias:g}",
            *(f"{middle(linear, c):.3g}" for c in ("complexity", "scaled_complexity", "rms_error")),
            *(f"{middle(random, c):.3g}" for c in ("complexity", "scaled_complexity")),
        )
    told("is {:.1f} times that of the dense", claim(record, "new points: error")["measured"])
    told("in all {} kernels", claim(record, "new points: kernels")["measured"])


def test_claims(record):
    claims = record.tables["claims"]
    told("{} of {} claims", sum(row["verdict"] == "pass" for row in claims), len(claims))
    spread = claim(record, "break: m Phi(-B)^2 where networks take 2")
    told("a factor of {:.1f}; at four", spread["measured"])
