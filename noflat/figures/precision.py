"""Errors against the scale, floors against the number of inputs, and the weights behind them."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from noflat.experiments.records import Record, Row
from noflat.figures._drawing import COLORS, main

DTYPES = {"bfloat16": COLORS[1], "float32": COLORS[0], "float64": COLORS[2]}
"""The colors of the dtypes."""

SHOWN = {"silu cube 2 at 0": "a silu gate", "cos half 4 at 0": "a flat product of 4, cos"}
"""The networks whose errors are drawn against the scale."""


def draw(record: Record) -> Figure:
    """Draws the record of `precision`.

    Args:
        record: Its tables `curves`, `results`, `flat`, `trees`, `memory` and `weights`.

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
    figure.suptitle(
        "What a dtype leaves of a product: too large a scale truncates, too small a one rounds",
        fontsize=12,
    )
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
    axis.set(xscale="log", yscale="log", xlabel=r"scale $\lambda$", ylabel="relative rms error")
    axis.set_xscale("log", base=2)
    axis.set_title(
        rf"{SHOWN[name]}: $A\lambda^{{{q}}} + Bu\lambda^{{-{p}}}$, floor $\propto u^{{{q}/{p + q}}}$"
    )
    axis.grid(alpha=0.25)


def _floors(axis: Axes, flat: list[Row], trees: list[Row]) -> None:
    """The error at the chosen scale against the number of inputs."""
    families = (
        ("flat, cos or sin", [row for row in flat if row["family"] == "flat"], "o", "-"),
        ("tree, silu", [row for row in trees if row["activation"] == "silu"], "s", "--"),
    )
    for label, of, marker, line in families:
        for dtype, color in DTYPES.items():
            rows = sorted((r for r in of if r["dtype"] == dtype), key=lambda row: row["n"])
            axis.plot([r["n"] for r in rows], [r["predicted"] for r in rows], line, color=color)
            known = [row for row in rows if row["measured"] is not None]
            axis.plot(
                [row["n"] for row in known],
                [row["measured"] for row in known],
                marker,
                color=color,
                label=f"{label} {dtype}",
            )
    axis.axhline(1, color="0.5", linewidth=0.8)
    axis.text(2, 1.3, "a network of zeros", fontsize=8, color="0.4")
    axis.set(yscale="log", ylim=(3e-12, 10), xlabel="inputs $n$", ylabel="relative rms error")
    axis.set_xscale("log", base=2)
    axis.set_xticks([2, 4, 8, 16, 32, 64], ["2", "4", "8", "16", "32", "64"])
    axis.set_title("flat products (circles, solid) and trees (squares, dashed)")
    axis.grid(alpha=0.25)


def _weights(axis: Axes, weights: list[Row], flat: list[Row], trees: list[Row]) -> None:
    """The largest output weights at a fixed scale and at the chosen one, float64."""
    fixed = [r for r in weights if r["way"] == "fixed" and r["activation"] in ("cos", "sin")]
    axis.plot([r["n"] for r in fixed], [r["formula"] for r in fixed], color=COLORS[6])
    axis.plot([r["n"] for r in fixed], [r["largest_weight"] for r in fixed], "D", color=COLORS[6])
    power = round(fixed[0]["log2_scale"]) if fixed else 0
    axis.annotate(
        rf"flat, $\lambda=2^{{{power}}}$: $1/(2^{{n-1}}\lambda^n)$",
        (fixed[-1]["n"], fixed[-1]["formula"]),
        textcoords="offset points",
        xytext=(8, -3),
        fontsize=8,
    )
    wide = [row for row in flat if row["dtype"] == "float64" and row["measured"] is not None]
    wide = [row for row in wide if row["family"] == "flat"]
    axis.plot([r["n"] for r in wide], [r["largest_weight"] for r in wide], "o", color=COLORS[2])
    tall = [r for r in trees if (r["dtype"], r["activation"]) == ("float64", "cos")]
    axis.plot([r["n"] for r in tall], [r["largest_weight"] for r in tall], "s", color=COLORS[3])
    axis.set(yscale="log", xlabel="inputs $n$", ylabel="largest output weight")
    axis.set_xscale("log", base=2)
    axis.set_xticks([2, 4, 8, 16, 32, 64], ["2", "4", "8", "16", "32", "64"])
    axis.set_title("output weights, float64")
    axis.grid(alpha=0.25)


if __name__ == "__main__":
    main("precision", draw)
