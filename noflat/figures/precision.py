"""Errors against the scale, floors against the number of inputs, and the weights behind them."""

from fractions import Fraction
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from noflat.experiments.records import Record, Row
from noflat.figures._drawing import COLORS, headline, main

DTYPES = {"bfloat16": COLORS[1], "float32": COLORS[0], "float64": COLORS[2]}
"""The colors of the dtypes."""

SHOWN = {"silu cube 2 at 0": "a silu gate", "cos half 4 at 0": "a flat product of 4, cos"}
"""The networks whose errors are drawn against the scale."""


def draw(record: Record) -> Figure:
    """Draws the record of `precision`.

    Args:
        record: Its tables `curves`, `results`, `flat`, `trees`, `weights` and `claims`.

    Returns:
        Two curves of error against scale, floors of flat products and trees, and output weights.
    """
    tables = record.tables
    figure = Figure(figsize=(10.4, 8.0), layout="constrained")
    axes = figure.subplots(2, 2)
    drawn = {row["network"] for row in tables["results"]}
    shown = [name for name in SHOWN if name in drawn]
    for axis, name in zip(axes[0], shown, strict=False):
        _curves(axis, name, tables["curves"], tables["results"])
    _floors(axes[1, 0], tables["flat"], tables["trees"])
    _weights(axes[1, 1], tables["weights"], tables["flat"], tables["trees"])
    colors: list[Any] = [Line2D([], [], color=c, label=name) for name, c in DTYPES.items()]
    colors += [
        Line2D([], [], color="0.3", label="predicted"),
        Line2D([], [], color="0.3", marker="o", linestyle="", label="measured"),
        Line2D([], [], color="0.3", marker="o", mfc="none", ms=11, mew=1.4, linestyle=""),
    ]
    colors[-1].set_label("scale that the library chooses")
    figure.legend(handles=colors, loc="outside lower center", ncols=6, fontsize=9)
    held = "What a dtype leaves of a product: too large a scale truncates, too small a one rounds"
    figure.suptitle(headline(tables["claims"], held), fontsize=12)
    return figure


def _curves(axis: Axes, name: str, curves: list[Row], results: list[Row]) -> None:
    """Measured errors over the predicted curve, for each dtype, with the chosen scale."""
    for dtype, color in DTYPES.items():
        rows = [row for row in curves if (row["network"], row["dtype"]) == (name, dtype)]
        rows.sort(key=lambda row: row["log2_scale"])
        scales = [2.0 ** row["log2_scale"] for row in rows]
        axis.plot(scales, [row["predicted"] for row in rows], color=color)
        axis.plot(scales, [row["measured"] for row in rows], "o", color=color, label=dtype)
        (row,) = [r for r in results if (r["network"], r["dtype"]) == (name, dtype)]
        chosen = 2.0 ** row["chosen_log2_scale"]
        axis.plot([chosen], [row["chosen"]], "o", mfc="none", mec=color, ms=11, mew=1.4)
    (row,) = [r for r in results if (r["network"], r["dtype"]) == (name, "float64")]
    q, p = row["order"], row["steepness"]
    error = rf"$A\lambda^{{{q}}} + Bu\lambda^{{-{p}}}$"
    axis.set(xscale="log", yscale="log", xlabel=r"scale $\lambda$", ylabel="relative rms error")
    axis.set_xscale("log", base=2)
    axis.set_title(rf"{SHOWN[name]}: {error}, floor $\propto u^{{{Fraction(q, p + q)}}}$")
    axis.grid(alpha=0.25)


def _floors(axis: Axes, flat: list[Row], trees: list[Row]) -> None:
    """The error at the chosen scale against the number of inputs."""
    silu = [row for row in trees if row["activation"] == "silu"]
    families = (
        ("flat", [row for row in flat if row["family"] == "flat"], "o", "-"),
        ("tree", silu, "s", "--"),
    )
    for label, of, marker, line in families:
        for dtype, color in DTYPES.items():
            rows = sorted((r for r in of if r["dtype"] == dtype), key=lambda row: row["n"])
            axis.plot([r["n"] for r in rows], [r["predicted"] for r in rows], line, color=color)
            points = _known(rows, "measured")
            axis.plot(*points, marker, color=color, label=f"{label} {dtype}")
    for dtype, color in DTYPES.items():
        rows = sorted((r for r in silu if r["dtype"] == dtype), key=lambda row: row["n"])
        axis.plot(*_known(rows, "fixed"), "v", mfc="none", mec=color, label=f"fixed {dtype}")
        points = _known(rows, "fixed_predicted")
        axis.plot(*points, ":", color=color, label=f"fixed {dtype}, predicted")
    axis.axhline(1, color="0.5", linewidth=0.8)
    axis.text(2, 1.6, "a network of zeros", fontsize=8, color="0.4")
    axis.set(yscale="log", xlabel="inputs $n$", ylabel="relative rms error")
    _inputs(axis)
    axis.set_title("error at the chosen scale")
    shapes: list[Any] = [
        Line2D([], [], color="0.3", marker="o", label="flat, cos or sin"),
        Line2D([], [], color="0.3", marker="s", linestyle="--", label="tree, silu"),
        Line2D([], [], color="0.3", marker="v", mfc="none", linestyle=":"),
    ]
    shapes[-1].set_label("tree, one scale for all levels")
    axis.legend(handles=shapes, loc="upper left", fontsize=8)


def _known(rows: list[Row], column: str) -> tuple[list[int], list[float]]:
    """The inputs and the values of a column where it has some."""
    known = [row for row in rows if row[column] is not None]
    return [row["n"] for row in known], [row[column] for row in known]


def _weights(axis: Axes, weights: list[Row], flat: list[Row], trees: list[Row]) -> None:
    """The largest output weights at a fixed scale and at the chosen one, float64."""
    fixed = [r for r in weights if r["way"] == "fixed" and r["activation"] == "cos"]
    chosen = [r for r in flat if (r["family"], r["dtype"]) == ("flat", "float64")]
    chosen = [r for r in chosen if r["activation"] == "cos"]
    tall = [r for r in trees if (r["dtype"], r["activation"]) == ("float64", "cos")]
    power = round(fixed[0]["log2_scale"])
    for rows, color, marker, label in (
        (fixed, COLORS[6], "D", rf"flat, $\lambda=2^{{{power}}}$"),
        (chosen, COLORS[2], "o", r"flat, chosen $\lambda$"),
        (tall, COLORS[3], "s", r"tree, chosen $\lambda$"),
    ):
        sizes = [row["n"] for row in rows]
        if rows is not tall:
            formula = [2.0 ** (1 - r["n"] - r["n"] * r["log2_scale"]) for r in rows]
            axis.plot(sizes, formula, color=color)
        axis.plot(sizes, [row["largest_weight"] for row in rows], marker, color=color, label=label)
    axis.set(yscale="log", xlabel="inputs $n$", ylabel="largest output weight")
    _inputs(axis)
    axis.set_title(r"weights of cos, float64: $1/(2^{n-1}\lambda^n)$ if flat")
    axis.legend(loc="lower center", fontsize=8)


def _inputs(axis: Axes) -> None:
    axis.set_xscale("log", base=2)
    axis.set_xticks([2, 4, 8, 16, 32, 64], ["2", "4", "8", "16", "32", "64"])
    axis.grid(alpha=0.25)


if __name__ == "__main__":
    main("precision", draw)
