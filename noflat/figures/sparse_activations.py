"""Draws sparse activations: the bound and what is below it, what is learned, what training does."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from noflat.experiments.records import Record, Row, column, where
from noflat.figures._drawing import COLORS, headline, main


def draw(record: Record) -> Figure:
    """Draws a record of the experiment `sparse_activations`.

    Args:
        record: What was measured.

    Returns:
        Eight panels: sensitivity against its bound; its growth; Fourier tails; learning curves of
        the low-degree algorithm; random signs; students and the sensitivity of their teachers;
        active neurons through training; bounds of trained networks.
    """
    tables = record.tables
    figure = Figure(figsize=(17, 7.6), layout="constrained")
    axes = figure.subplots(2, 4)
    _bound(axes[0, 0], tables["constructed"], tables["random"])
    _growth(axes[0, 1], tables["growth"])
    _tails(axes[0, 2], tables["tails"])
    _curves(axes[0, 3], tables["low_degree"], tables["sample_complexities"])
    _signs(axes[1, 0], tables["rademacher"])
    _students(axes[1, 1], tables["students"])
    _activity(axes[1, 2], tables["activity"], tables["transformer_activity"])
    _trained(axes[1, 3], tables["trained"])
    held = "Few active neurons make a function insensitive, whatever the number of neurons"
    figure.suptitle(headline(tables["claims"], held), fontsize=11)
    return figure


def _bound(axis: Axes, rows: list[Row], random: list[Row]) -> None:
    """Sensitivity against 4 k^2 W^2 of constructed networks; largest shares of the others."""
    for start, color, mark, name in (
        ("extremal", COLORS[2], "*", "extremal family"),
        ("index", COLORS[0], "o", "index"),
        ("junta", COLORS[1], "s", "random juntas"),
        ("gated", COLORS[3], "^", "gated experts"),
    ):
        mine = [row for row in rows if row["sensitivity"] and start in row["network"]]
        for paper in (False, True):
            some = [row for row in mine if row["network"].endswith("paper") == paper]
            axis.plot(column(some, "uniform_bound"), column(some, "sensitivity"), mark,
                      color=color, fillstyle="none" if paper else "full",
                      markersize=9 if mark == "*" else 5,
                      label=None if paper else name)  # fmt: skip
    axis.plot([], [], "o", color="0.4", fillstyle="none", label="open: weights of the paper")
    ends = np.array([3.0, 300.0])
    axis.plot(ends, ends, "k-", linewidth=1, label="$4k^2W^2$")
    for kind, style in (("drawn", ":"), ("climbed", "--")):
        mine = [row for row in where(random, kind=kind) if row["inputs"] > 2]
        share = max(row["largest_share"] for row in mine)
        axis.plot(ends, share * ends, style, color="0.5", linewidth=1,
                  label=f"largest {kind}, 3 signs or more")  # fmt: skip
    axis.set(xscale="log", yscale="log", xlabel="certified bound $4k^2W^2$")
    axis.set_ylabel("average sensitivity")
    axis.set_ylim(0.6, 6000)
    axis.set_title("Networks written down")
    axis.legend(fontsize=7, loc="upper left")


def _growth(axis: Axes, rows: list[Row]) -> None:
    """Sensitivity against the number of signs, and the bound where there is a useful one."""
    for family, color, mark in (
        ("parity", COLORS[3], "d"),
        ("majority", COLORS[1], "s"),
        ("index", COLORS[0], "o"),
        ("gated experts", COLORS[2], "^"),
        ("random dense", COLORS[4], "x"),
    ):
        mine = sorted(where(rows, family=family), key=lambda row: row["inputs"])
        n = column(mine, "inputs")
        axis.errorbar(n, column(mine, "sensitivity"), 2 * np.array(column(mine, "error")),
                      fmt=mark, color=color, capsize=2, markersize=4, label=family)  # fmt: skip
        if mine[0]["predicted"] is not None:
            axis.plot(n, column(mine, "predicted"), "-", color=color, linewidth=1)
        if family in ("index", "gated experts"):
            axis.plot(n, column(mine, "uniform_bound"), "--", color=color, linewidth=1)
    axis.plot([], [], "-", color="0.4", linewidth=1, label="closed form")
    axis.plot([], [], "--", color="0.4", linewidth=1, label="$4k^2W^2$, k = 1")
    axis.set(xscale="log", yscale="log", xlabel="signs n", ylabel="average sensitivity")
    axis.set_xticks([8, 32, 128], ["8", "32", "128"])
    axis.set_title("Growth with the number of signs")
    axis.legend(fontsize=7, loc="upper left", ncols=2)
    axis.set_ylim(0.8, 3000)


def _tails(axis: Axes, rows: list[Row]) -> None:
    """What is beyond each degree, and what the certificate allows."""
    names = dict.fromkeys(column(rows, "network"))
    last = [[name for name in names if kind in name][-1:] for kind in _KINDS]
    for name, color in zip(sum(last, []), COLORS, strict=False):
        mine = where(rows, network=name)
        shown = [row for row in mine if row["tail"] > 1e-9]
        axis.plot(column(shown, "degree"), column(shown, "tail"), "o-", color=color,
                  linewidth=1.1, markersize=4, label=name)  # fmt: skip
        axis.plot(column(mine, "degree"), column(mine, "by_certificate"), "--", color=color,
                  linewidth=1)  # fmt: skip
    axis.plot([], [], "--", color="0.4", linewidth=1, label="certified")
    axis.set(yscale="log", xlabel="degree d", ylabel="share of the mean square beyond d")
    axis.set_ylim(3e-4, 1.5)
    axis.set_title("Fourier tails")
    axis.legend(fontsize=7, loc="lower right")


_KINDS = ("index", "junta", "gated", "extremal")
"""Of networks that are written down; the last one of each is drawn with its tails."""


def _curves(axis: Axes, rows: list[Row], complexities: list[Row]) -> None:
    """Error of averages against samples, each at its best degree; lines: closed form."""
    for row, color, mark in zip(complexities, COLORS, "o^sxvdP", strict=False):
        name = row["teacher"]
        mine = where(rows, teacher=name, method="averages", degree=row["degree"])
        n = column(mine, "samples")
        axis.plot(n, column(mine, "error"), mark, color=color, markersize=4,
                  label=f"{name}: d = {row['degree']}")  # fmt: skip
        axis.plot(n, column(mine, "predicted"), "-", color=color, linewidth=0.9)
    axis.axhline(complexities[0]["level"], color="0.7", linewidth=0.8)
    axis.set(xscale="log", yscale="log", xlabel="samples", ylabel="error over variance")
    axis.set_ylim(2e-3, 30)
    axis.set_title("Low-degree algorithm, by averages")
    axis.legend(fontsize=6.5, loc="lower left")


def _signs(axis: Axes, rows: list[Row]) -> None:
    """Correlation with random signs against sqrt(sk/m)."""
    exact = where(rows, sample="clusters")
    axis.plot(column(exact, "conjectured"), column(exact, "exact"), "k*", markersize=8,
              label="clusters, exact")  # fmt: skip
    for n, color, mark in zip(
        sorted({row["n"] for row in where(rows, sample="sphere")}), COLORS, "os^", strict=False
    ):
        mine = where(rows, sample="sphere", n=n)
        axis.errorbar(column(mine, "conjectured"), column(mine, "estimate"),
                      2 * np.array(column(mine, "standard_error")), fmt=mark, color=color,
                      capsize=2, markersize=4, label=f"sphere of {n} inputs, at least")  # fmt: skip
    ends = np.array([0.2, 3.0])
    axis.plot(ends, ends, "-", color="0.4", linewidth=1, label=r"$\sqrt{sk/m}$, conjectured bound")
    axis.plot(ends, (2 / np.pi) ** 0.5 * ends, ":", color="0.4", linewidth=1,
              label=r"$\sqrt{2/\pi}\sqrt{sk/m}$")  # fmt: skip
    axis.set(xscale="log", yscale="log", xlabel=r"$\sqrt{sk/m}$")
    ticks = [0.2, 0.5, 1, 2]
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
    axis.set_ylabel("correlation with random signs over A")
    axis.set_title("Rademacher complexity")
    axis.legend(fontsize=7, loc="upper left")


def _students(axis: Axes, rows: list[Row]) -> None:
    """Steps until a teacher is learned against its sensitivity; above the line it never was."""
    steps = rows[0]["steps"]
    for start, color, mark, name in (
        ("parity", COLORS[3], "d", "parity"),
        ("index", COLORS[0], "o", "index"),
        ("majority", COLORS[1], "s", "majority"),
        ("random", COLORS[4], "x", "random neurons"),
        ("gated", COLORS[2], "^", "gated experts"),
    ):
        mine = [row for row in rows if start in row["target"]]
        axis.plot(
            column(mine, "sensitivity"),
            [row["steps_taken"] if row["learned"] else 1.7 * steps for row in mine],
            mark, color=color, alpha=0.6, label=name,
        )  # fmt: skip
    axis.axhline(1.3 * steps, color="0.6", linewidth=0.8, linestyle="--")
    axis.text(1.3, 1.8 * steps, "not learned", color="0.35", fontsize=8)
    axis.set(xscale="log", yscale="log", xlabel="average sensitivity of the teacher")
    axis.set_ylabel("steps of Adam")
    axis.set_xticks([2, 4, 8], ["2", "4", "8"])
    axis.minorticks_off()
    axis.set_title(f"Students on {rows[0]['inputs']} signs")
    axis.legend(fontsize=7, loc="lower right")


def _activity(axis: Axes, rows: list[Row], transformers: list[Row]) -> None:
    """Share of active neurons against the part of training that is done."""
    most = max(row["neurons"] for row in rows)
    for (penalty, name), color in zip(_PENALTIES.items(), COLORS, strict=False):
        kind = where(rows, target="index", start="random", neurons=most, penalty=penalty)
        largest = {of: max(row[of] for row in kind) for of in ("decay", "cost")} if kind else {}
        mine = where(kind, **largest)
        part = column(mine, "part")
        axis.plot(part, column(mine, "share"), "-", color=color, label=name)
        axis.fill_between(part, column(mine, "low"), column(mine, "high"), color=color,
                          alpha=0.15, linewidth=0)  # fmt: skip
    last = max(row["steps"] for row in transformers)
    for layer, style in zip(sorted({row["layer"] for row in transformers}), ("--", ":"),
                            strict=False):  # fmt: skip
        mine = where(transformers, task="index", layer=layer)
        axis.plot([row["steps"] / last for row in mine], column(mine, "share"), style,
                  color="0.4", label=f"transformer, layer {layer}")  # fmt: skip
    axis.set(xlabel="part of training", ylabel="share of active neurons", ylim=(0, 0.58))
    axis.set_title(f"Activity: index, {most} neurons")
    axis.legend(fontsize=7, loc=(0.45, 0.2))


def _trained(axis: Axes, rows: list[Row]) -> None:
    """Bounds over n Var h of trained networks; below 1 they say more than n does."""
    for (penalty, name), color in zip(_PENALTIES.items(), COLORS, strict=False):
        mine = where(rows, when="trained", start="random", penalty=penalty)
        for bound, fill in (("uniform", "none"), ("signed", "full")):
            axis.plot(
                column(mine, "share"),
                [row[f"{bound}_bound"] / row["trivial_bound"] for row in mine],
                "o", color=color, fillstyle=fill, markersize=3.5, alpha=0.7,
                label=name if fill == "full" else None,
            )  # fmt: skip
    mine = where(rows, when="trained", start="random")
    axis.plot(column(mine, "share"),
              [row["sensitivity"] / row["trivial_bound"] for row in mine], ".", color="0.3",
              markersize=2.5, label="the sensitivity itself")  # fmt: skip
    axis.plot([], [], "o", color="0.4", fillstyle="none", markersize=3.5, label="$4k^2W^2$")
    axis.axhline(1, color="0.4", linewidth=0.9)
    axis.set(yscale="log", xlabel="share of active neurons")
    axis.set_ylabel("bound over $n\\,\\mathrm{Var}\\,h$")
    axis.set_ylim(0.1, 1e7)
    axis.set_title("Signed bound of trained networks")
    axis.legend(fontsize=7, loc="upper left", ncols=2)


_PENALTIES = {
    "none": "no penalty",
    "decay": "weights cost",
    "cost": "activity costs",
    "both": "both cost",
}


if __name__ == "__main__":
    main("sparse_activations", draw)
