"""Three numbers per form on one line, and how close ridge functions were found to come."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from noflat.experiments.records import Record, Row
from noflat.figures._drawing import COLORS, main

_CERTIFIED, _CONSTRUCTED, _EXP = COLORS[0], COLORS[1], COLORS[3]
_LARGE = 10.0
"""Weights so much larger than the form are marked: the form is a limit of sums of so few powers."""


def draw(record: Record) -> Figure:
    """Draws the record of `polynomials`.

    Args:
        record: Its tables `results` and `ridge`.

    Returns:
        A dumbbell per form, and the search among ridge functions beside them.
    """
    rows = record.tables["results"]
    figure = Figure(figsize=(9.2, max(4.2, 1.6 + 0.235 * len(rows))), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1.75, 1.0])
    _dumbbells(left, rows)
    _search(right, record.tables["ridge"])
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=2, fontsize=8)
    met = sum(row["verdict"] == "met" for row in rows)
    failed = sum(row["verdict"] == "fail" for row in rows)
    figure.suptitle(
        f"{failed} of {len(rows)} forms break the order certified, trained, constructed"
        if failed
        else f"Powers that make a form: the three numbers meet for {met} of {len(rows)} forms, "
        "and are in order for all",
        fontsize=11,
    )
    return figure


def _dumbbells(axis: Axes, rows: list[Row]) -> None:
    """A line per form from the certified to the constructed number, the trained one on it."""
    ordered = sorted(rows, key=lambda row: (row["lower_bound"], row["constructed"]), reverse=True)
    places = range(len(ordered))
    lower = [row["lower_bound"] for row in ordered]
    upper = [row["constructed"] for row in ordered]
    axis.hlines(places, lower, upper, color="0.6", linewidth=2.2, zorder=1)
    for row, place in zip(ordered, places, strict=True):
        span = [row["exp_lower_bound"], row["exp_constructed"]]
        axis.plot(span, [place, place], "-", color=_EXP, alpha=0.35, linewidth=2.2, zorder=1)
    axis.plot(lower, places, "o", color=_CERTIFIED, markersize=8, label="certified (border rank)")
    axis.plot(
        upper,
        places,
        "o",
        mfc="none",
        mec=_CONSTRUCTED,
        mew=1.6,
        markersize=11,
        label="constructed",
    )
    for large, marker, label in (
        (False, "x", "trained"),
        (True, "+", "trained, with weights beyond 10: a limit"),
    ):
        chosen = [
            (row["measured"], place)
            for row, place in zip(ordered, places, strict=True)
            if row["measured"] and (row["size"] > _LARGE) == large
        ]
        if chosen:
            axis.plot(
                *zip(*chosen, strict=True), marker, color="black", mew=1.4, zorder=3, label=label
            )
    exp = [row["exp_lower_bound"] for row in ordered]
    axis.plot(exp, places, "|", color=_EXP, markersize=7, label="exp without biases, certified")
    axis.plot([], [], "-", color=_EXP, alpha=0.35, linewidth=2.2, label="and up to constructed")
    axis.set_yticks(places, [row["form"] for row in ordered], fontsize=7.5)
    axis.set_xscale("log", base=2)
    axis.set_xticks([2, 4, 8, 16, 32], ["2", "4", "8", "16", "32"])
    axis.set_xlabel("neurons of one hidden layer of $t^d$")
    axis.set_ylim(-0.8, len(ordered) - 0.2)
    axis.grid(axis="x", alpha=0.25)


def _search(axis: Axes, rows: list[Row]) -> None:
    """The best found for each n, over the conjectured ceiling."""
    for i, n in enumerate(dict.fromkeys(row["n"] for row in rows)):
        line = [row for row in rows if row["n"] == n]
        share = [row["neurons"] / 2 ** (n - 1) for row in line]
        ratio = [1 - row["below_ceiling"] / x for row, x in zip(line, share, strict=True)]
        axis.plot(share, ratio, "o-", color=COLORS[i], label=f"$n={n}$")
    axis.axhline(1, color="black", linestyle="--", linewidth=1, label="conjectured ceiling")
    axis.set_ylim(0.6, 1.05)
    axis.set_xlabel("$m / 2^{n-1}$")
    axis.set_ylabel("largest $R^2$ found, times $2^{n-1}/m$")
    axis.set_title("any $m$ ridge functions for $x_1\\cdots x_n$,\nnormal inputs", fontsize=9)
    axis.legend(fontsize=8, loc="lower right")


if __name__ == "__main__":
    main("polynomials", draw)
