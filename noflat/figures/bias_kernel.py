"""Draws large biases: the kernel's eigenvalues, and gradient descent beside what they say."""

from math import erfc
from statistics import median
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from noflat.experiments.records import Record, Row, where
from noflat.figures._drawing import COLORS, headline, main

_SHOWN = 4
"""Widths whose steps are drawn."""
_MANY = (*COLORS, "0.5")
"""Colors of data sets."""


def draw(record: Record) -> Figure:
    """Draws a record of the experiment `bias_kernel`.

    Args:
        record: What was measured.

    Returns:
        Six panels: the smallest eigenvalue and its bounds; the condition number; steps to 1 % of
        the loss; how much slower than predicted; the widths at which that begins; neurons that
        cross their threshold.
    """
    tables = record.tables
    figure = Figure(figsize=(15, 8.4), layout="constrained")
    axes = figure.subplots(2, 3)
    _eigenvalues(axes[0, 0], tables["eigenvalues"])
    _conditions(axes[0, 1], tables["eigenvalues"])
    _steps(axes[0, 2], tables["descent"])
    _ratios(axes[1, 0], tables["descent"])
    _breaks(axes[1, 1], tables["breaks"])
    _crossings(axes[1, 2], tables["descent"])
    held = "Large biases: a kernel near a multiple of the identity, and the width it takes"
    figure.suptitle(headline(tables["claims"], held), fontsize=11)
    return figure


def _eigenvalues(axis: Axes, rows: list[Row]) -> None:
    """Medians over draws; bounds for the first data set."""
    for (n, d), color, marker in zip(_sets(rows), _MANY, "osv^D<>p", strict=False):
        biases, middle = _by(where(rows, n=n, d=d), "over_gauss")
        axis.plot(biases, middle, marker + "-", color=color, linewidth=1, markersize=3.5,
                  label=f"n = {n}, d = {d}")  # fmt: skip
    n, d = _sets(rows)[0]
    mine = where(rows, n=n, d=d)
    for column, style, label in (
        ("diagonal", "-", "the diagonal"),
        ("nearest_pair", "--", "nearest pair"),
        ("series_low", "--", "Hermite series"),
        ("apart_low", "-.", "correlations alone"),
        ("worst_case", ":", "separation alone"),
    ):
        biases, middle = _by(mine, column)
        scaled = np.array(middle) * np.exp(np.array(biases) ** 2 / 2)
        # among so many curves in that of its data set
        color, width = (_MANY[0], 2.2) if column == "nearest_pair" else ("0.3", 1.2)
        axis.plot(biases, np.where(scaled > 0, scaled, np.nan), style, color=color,
                  linewidth=width, label=f"{label}, n = {n}, d = {d}")  # fmt: skip
    axis.set(yscale="log", xlabel="bias B", ylabel=r"$\lambda_{\min}\,e^{B^2/2}$")
    axis.set_title("Smallest eigenvalue, and its bounds")
    axis.legend(fontsize=7, ncols=2, loc=(0.3, 0.13))


def _conditions(axis: Axes, rows: list[Row]) -> None:
    for (n, d), color, marker in zip(_sets(rows), _MANY, "osv^D<>p", strict=False):
        biases, middle = _by(where(rows, n=n, d=d), "condition")
        axis.plot(biases, middle, marker + "-", color=color, linewidth=1, markersize=3.5,
                  label=f"n = {n}, d = {d}")  # fmt: skip
    n, d = _sets(rows)[0]
    highs = [row | {"bound": row["series_high"] / row["series_low"]} for row in rows]
    axis.plot(*_by(where(highs, n=n, d=d), "bound"), "--", color="0.3", linewidth=1.2,
              label=f"Hermite series, n = {n}, d = {d}")  # fmt: skip
    axis.set(yscale="log", xlabel="bias B", ylabel=r"$\lambda_{\max}/\lambda_{\min}$")
    axis.set_title("Condition number")
    axis.legend(fontsize=7)


def _steps(axis: Axes, rows: list[Row]) -> None:
    """Median steps of those widths at which most networks get there."""
    fixed = where(rows, kind="fixed")
    axis.plot(*_by(fixed, "predicted_steps"), "k-", linewidth=2.2, alpha=0.5, label="the kernel")
    fixed = [row | {"taken": row["ratio"] * row["predicted_steps"]} for row in fixed]
    widths = sorted({row["m"] for row in where(fixed, B=_biases(fixed)[0])})[::-2][:_SHOWN]
    for width, color in zip(widths, COLORS, strict=False):
        mine = where(fixed, m=width)
        there = [bias for bias in _biases(mine) if median(_of(where(mine, B=bias), "reached")) == 1]
        biases, middle = _by([row for row in mine if row["B"] in there], "taken")
        axis.plot(biases, middle, "o--", color=color, linewidth=1, label=f"m = {width}")
    widest = {bias: max(_of(where(fixed, B=bias), "m")) for bias in _biases(fixed)}
    rows = [row for row in fixed if row["m"] == widest[row["B"]]]
    axis.plot(*_by(rows, "taken"), "k*", label="the largest m of each B")
    axis.set(yscale="log", xlabel="bias B", ylabel="steps to 1 % of the first loss")
    axis.set_title(r"Gradient descent at $\eta=1/\lambda_{\max}$")
    axis.legend(fontsize=7)


def _ratios(axis: Axes, rows: list[Row]) -> None:
    """Solid: networks; dotted: what the kernel of the start predicts for them."""
    fixed = where(rows, kind="fixed")
    for bias, color in zip(_biases(fixed), COLORS, strict=False):
        mine = where(fixed, B=bias)
        widths = sorted({row["m"] for row in mine})
        active = [width * _share(bias) for width in widths]
        for column, style, label in (
            ("ratio", "o-", f"B = {bias:g}"),
            ("started_ratio", ":", None),
        ):
            middle = [median(_of(where(mine, m=width), column)) for width in widths]
            axis.plot(active, middle, style, color=color, linewidth=1.1, label=label)
    axis.plot([], [], ":", color="0.4", label="kernel at the start")
    for level in (2, 4):
        axis.axhline(level, color="0.75", linewidth=0.8)
    axis.set(xscale="log", yscale="log", ylim=(0.9, 12))
    axis.set(xlabel=r"neurons active on a point, $m\,\Phi(-B)$", ylabel="steps over predicted")
    axis.set_yticks([1, 2, 4, 10], ["1", "2", "4", "10 or more"])
    axis.minorticks_off()
    axis.set_title("How much slower than the kernel")
    axis.legend(fontsize=7, loc="upper right")


def _breaks(axis: Axes, rows: list[Row]) -> None:
    """The width from which on training is no slower, over one over the active share."""
    for of, level, color, mark, label in (
        ("network", 2, COLORS[0], "o", "networks, 2 times the steps"),
        ("network", 4, COLORS[1], "s", "networks, 4 times the steps"),
        ("start kernel", 2, COLORS[2], "^", "kernel at the start, 2 times"),
    ):
        mine = [row for row in where(rows, of=of, slower=level) if row["low"] and row["high"]]
        inverse = np.array([1 / _share(row["B"]) for row in mine])
        middle = np.array(_of(mine, "width"))
        ends = np.abs(np.array([_of(mine, "low"), _of(mine, "high")]) - middle)
        axis.errorbar(inverse, middle, ends, fmt=mark, color=color, capsize=2, label=label)
    mine = where(rows, of="network", slower=2)
    inverse = np.array([1 / _share(row["B"]) for row in mine])
    axis.plot(inverse, _of(mine, "crossing_width"), "-", color="0.5", linewidth=1,
              label="as many crossings as active pairs")  # fmt: skip
    for power, style, scale in ((1, "--", 200.0), (2, ":", 2.5)):
        axis.plot(inverse, scale * inverse**power, style, color="0.5", linewidth=1,
                  label=f"{scale:g}" + r"$\,\Phi(-B)^{-" + f"{power}" + "}$")  # fmt: skip
    axis.set(xscale="log", yscale="log", xlabel=r"$1/\Phi(-B)$", ylabel="width m")
    axis.set_title("The width it takes")
    axis.legend(fontsize=7)


def _crossings(axis: Axes, rows: list[Row]) -> None:
    """Pairs of neuron and point that ever crossed, over those active at the start."""
    fixed = where(rows, kind="fixed")
    for bias, color in zip(_biases(fixed), COLORS, strict=False):
        mine = where(fixed, B=bias)
        widths = sorted({row["m"] for row in mine})
        for column, style, label in (
            ("ever_flipped", "o", f"B = {bias:g}"),
            ("predicted_flips", "-", None),
        ):
            middle = [median(_of(where(mine, m=width), column)) / _share(bias) for width in widths]
            axis.plot(widths, middle, style, color=color, linewidth=1, markersize=3.5, label=label)
    axis.plot([], [], "-", color="0.4", linewidth=1, label="proposition K4")
    axis.axhline(1, color="0.75", linewidth=0.8)
    axis.set(xscale="log", yscale="log", xlabel="width m")
    axis.set_ylabel("pairs that ever crossed, over the active share")
    axis.set_title("Neurons that cross their threshold")
    axis.legend(fontsize=7)


def _share(bias: float) -> float:
    """Phi(-B)."""
    return erfc(bias / 2**0.5) / 2


def _sets(rows: list[Row]) -> list[tuple[int, int]]:
    return list(dict.fromkeys((row["n"], row["d"]) for row in rows))


def _biases(rows: list[Row]) -> list[float]:
    return sorted({row["B"] for row in rows})


def _by(rows: list[Row], column: str) -> tuple[list[float], list[float]]:
    """Every B with the median of a column."""
    return _biases(rows), [median(_of(where(rows, B=bias), column)) for bias in _biases(rows)]


def _of(rows: list[Row], name: str) -> list[Any]:
    return [row[name] for row in rows]


if __name__ == "__main__":
    main("bias_kernel", draw)
