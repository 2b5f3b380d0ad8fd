"""Draws rates: errors against parameters, exponents, certificates, and circuits against bits."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from noflat.experiments.records import Record, Row, where
from noflat.figures._drawing import COLORS, headline, main

_MARKS = {"deep": "o", "flat": "s", "triangulated": "^"}
_LINES = {"deep": "-", "flat": "--", "triangulated": ":"}


def draw(record: Record) -> Figure:
    """Draws a record of the experiment `rates`.

    Args:
        record: What was measured.

    Returns:
        Four panels: errors against parameters with the predicted slopes; measured exponents
        against predicted ones; certified over the largest measured errors; neurons against bits.
    """
    tables = record.tables
    figure = Figure(figsize=(11, 8.6), layout="constrained")
    axes = figure.subplots(2, 2)
    _errors(axes[0, 0], tables["errors"], tables["exponents"])
    _exponents(axes[0, 1], tables["exponents"])
    _certificates(axes[1, 0], tables["errors"])
    _circuits(axes[1, 1], tables["circuits"])
    held = "What an error costs: deep and flat tables of trees, and circuits of digits"
    figure.suptitle(headline(tables["claims"], held), fontsize=11)
    return figure


def worst(rows: list[Row]) -> tuple[list[Any], list[Any]]:
    """Parameters of each grid, and the largest error of its members over the span."""
    cells = sorted({row["cells"] for row in rows})
    rungs = [where(rows, cells=count) for count in cells]
    errors = [max(row["error"] for row in rung) / rungs[0][0]["span"] for rung in rungs]
    return [rung[0]["parameters"] for rung in rungs], errors


def _errors(axis: Axes, rows: list[Row], exponents: list[Row]) -> None:
    """The largest tree, deep and flat, with lines of the predicted slope through the last grid."""
    inputs = max(row["inputs"] for row in rows)
    orders = sorted({row["order"] for row in rows})
    for order, color in zip(orders, COLORS, strict=False):
        for kind, filled in (("deep", True), ("flat", False)):
            mine = where(rows, kind=kind, order=order, inputs=inputs)
            x, y = worst(mine)
            (told,) = where(exponents, kind=kind, order=order, inputs=inputs)
            axis.plot(x, y, _MARKS[kind], color=color, mfc=color if filled else "white",
                      label=f"{kind}, m = {order}: slope {told['predicted']:g}")  # fmt: skip
            line = y[-1] * (np.array(x) / x[-1]) ** told["predicted"]
            axis.plot(x, line, "-" if filled else "--", color=color, linewidth=1, label="_line")
    axis.set(xscale="log", yscale="log", xlabel="parameters (entries of tables)")
    axis.set_ylabel("sup error / span of the target")
    axis.set_title(f"Trees of {inputs} inputs: errors, and lines of the predicted slope")
    bottom = min(row["error"] for row in where(rows, inputs=inputs))
    axis.set_ylim(bottom / 3e4, 3)  # room for the legend
    axis.legend(fontsize=8, ncols=2, loc="lower right")


def _exponents(axis: Axes, rows: list[Row]) -> None:
    """Measured exponents against the predicted ones, with the room of 15 %."""
    ends = np.array([0.1, 2.6])
    axis.fill_between(ends, 0.85 * ends, 1.15 * ends, color="0.9", label="within 15 %", zorder=0)
    axis.plot(ends, ends, "-", color="0.6", linewidth=1, zorder=1, label="_equal")
    shifts = {"deep": 0.97, "flat": 1.0, "triangulated": 1.03}
    for kind, color in zip(_MARKS, COLORS, strict=False):
        mine = where(rows, kind=kind)
        value = np.array([-row["exponent"] for row in mine])
        reach = [value - [-r["high"] for r in mine], [-r["low"] for r in mine] - value]
        axis.errorbar(
            [-row["predicted"] * shifts[kind] for row in mine],
            value,
            yerr=np.maximum(reach, 0),
            fmt=_MARKS[kind],
            color=color,
            mfc="none",
            label=f"{kind}: " + ("m/n" if kind == "flat" else "m/2"),
        )
    ticks = [0.125, 0.25, 0.5, 1, 2]
    axis.set(xscale="log", yscale="log", xlabel="predicted exponent", ylabel="measured exponent")
    for along in (axis.xaxis, axis.yaxis):
        along.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
        along.set_ticks([], minor=True)
    axis.set_title("Exponents of 1/error in parameters (triangulated: in neurons)")
    axis.legend(fontsize=8, loc="upper left")


def _certificates(axis: Axes, rows: list[Row]) -> None:
    """How many times the certified bound is the largest error of all members, against cells."""
    cases = dict.fromkeys((row["kind"], row["order"], row["inputs"]) for row in rows)
    sizes = sorted({row["inputs"] for row in rows})
    orders = sorted({row["order"] for row in rows})
    for kind, order, inputs in cases:
        mine = where(rows, kind=kind, order=order, inputs=inputs)
        cells = sorted({row["cells"] for row in mine})
        axis.plot(
            cells,
            [certified_over_worst(where(mine, cells=count)) for count in cells],
            _MARKS[kind] + _LINES[kind],
            color=COLORS[orders.index(order)],
            mfc=COLORS[orders.index(order)] if kind == "deep" else "white",
            linewidth=0.6 + 0.6 * sizes.index(inputs),
            label=f"{kind} m = {order}, n = {inputs}",
        )
    axis.axhline(1, color="0.6", linewidth=1, zorder=0)
    axis.set(yscale="log", xlabel="cells on each axis", ylabel="certified / largest measured error")
    axis.set_xscale("log", base=2)
    axis.set_ylim(0.7, 3e7)
    axis.set_title("Certified bounds over measured errors")
    axis.legend(fontsize=6.5, ncols=3, loc="upper left", columnspacing=1)


def certified_over_worst(rung: list[Row]) -> float:
    """Of one grid the certified bound over the largest error of its members."""
    return rung[0]["certified"] / max(row["error"] for row in rung)


def _circuits(axis: Axes, rows: list[Row]) -> None:
    """Neurons of circuits and parameters of grids of the same error, against bits."""
    for name, color in zip(dict.fromkeys(row["function"] for row in rows), COLORS, strict=False):
        mine = where(rows, function=name)
        bits = [row["bits"] for row in mine]
        said = name.replace("_", " ")
        axis.plot(bits, [row["neurons"] for row in mine], "o-", color=color,
                  label=f"{said}: circuit, neurons")  # fmt: skip
        for column, style, cells in (("grid", "s--", "equal"), ("graded", "D:", "graded")):
            sizes = [row[f"{column}_parameters"] for row in mine]
            if None not in sizes:
                axis.plot(bits, sizes, style, color=color, mfc="white",
                          label=f"{said}: {cells} cells, parameters")  # fmt: skip
    axis.set(yscale="log", ylabel="neurons or parameters")
    axis.set_xlabel("bits b: error $2^{-b}$, of circuits on words, of cells on all reals")
    axis.set_xscale("log", base=2)
    ticks = [4, 8, 16, 32]
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.set_ylim(1, 1e10)
    axis.set_title("Functions on [0, 1) at b bits")
    axis.legend(fontsize=8, loc="upper left")


if __name__ == "__main__":
    main("rates", draw)
