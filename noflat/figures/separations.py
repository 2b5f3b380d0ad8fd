"""Teeth, labels, a square and parity: neurons that depth saves, over what is proved of them."""

from collections.abc import Callable
from math import log2
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from noflat.experiments.records import Record, Row
from noflat.figures._drawing import COLORS, headline, main

_FLAT, _DEEP, _TWO, _THREE = COLORS[1], COLORS[0], COLORS[2], COLORS[3]
_OF_LAYERS = {1: _FLAT, 2: _TWO, 3: _THREE}


def draw(record: Record) -> Figure:
    """Draws the record of `separations`.

    Args:
        record: Its tables.

    Returns:
        Lines are predictions, points what was built and checked, or trained.
    """
    tables = record.tables
    figure = Figure(figsize=(10.4, 8.2), layout="constrained")
    (teeth, labels), (square, parity) = figure.subplots(2, 2)
    _teeth(teeth, tables["sawtooth"])
    _labels(labels, tables["classifiers"], tables["trained"], tables["sawtooth"])
    _square(square, tables["squares"])
    _parity(parity, tables["parity"])
    held = (
        r"One count, three separations: layers of widths $w_i$ make $\prod(w_i+1)$ pieces, "
        "so depth multiplies what width adds"
    )
    figure.suptitle(headline(tables["claims"], held), fontsize=11)
    return figure


def _teeth(axis: Axes, rows: list[Row]) -> None:
    """Neurons against teeth; the lines are formulas of the pieces, twice the teeth."""
    lines: list[tuple[Callable, Callable, str, str, str]] = [
        (_is(1, 0), lambda p: p, _FLAT, "o", "1: $2T$"),
        (_is(2, 1), lambda p: 2 * (p**0.5 - 1), _TWO, "^", r"2, skips: $2(\sqrt{2T}-1)$"),
        (_is(None, 0), lambda p: 2 * np.log2(p), _DEEP, "s", r"$\log_2 2T$: $2\log_2 2T$"),
        (_is(None, 1), np.log2, COLORS[5], "D", r"$\log_2 2T$, skips: $\log_2 2T$, the least"),
    ]
    pieces = 2.0 ** np.linspace(1, max(row["doublings"] for row in rows), 60)
    for chosen, formula, color, mark, label in lines:
        points = [(row["teeth"], row["neurons"]) for row in rows if chosen(row)]
        axis.plot(pieces / 2, formula(pieces), "-", color=color, alpha=0.6)
        axis.plot(*_columns(points), mark, color=color, label=label)
    axis.set(xscale="log", yscale="log", xlabel="teeth $T$", ylabel="neurons")
    axis.set_xscale("log", base=2)
    axis.set_ylim(0.8, None)
    axis.set_title("Sawtooth, exact at every point")
    axis.legend(title="hidden layers: neurons (lines)", fontsize=8, loc="upper left")


def _labels(axis: Axes, rows: list[Row], trained: list[Row], deep: list[Row]) -> None:
    """The share of wrong labels against neurons: the bound, the best possible, the trained."""
    points = rows[0]["points"]
    axis.plot(
        [row["neurons"] for row in rows],
        [row["bound"] / points for row in rows],
        "-",
        color=_FLAT,
        alpha=0.6,
        label="1 hidden layer: proved least",
    )
    axis.plot(
        [row["neurons"] for row in rows],
        [row["built"] / points for row in rows],
        "o",
        color=_FLAT,
        markersize=3.5,
        label="1 hidden layer, built",
    )
    for layers, mark in ((1, "x"), (3, "+")):
        line = [row for row in trained if row["hidden_layers"] == layers]
        if line and layers > 1:  # that of one layer is drawn at every size
            axis.plot(
                [row["neurons"] for row in line],
                [row["bound"] / points for row in line],
                "-",
                marker="_",
                color=_OF_LAYERS[layers],
                alpha=0.6,
                label=f"{_count(layers)}: proved bound",
            )
        if line:
            axis.plot(
                [row["neurons"] for row in line],
                [row["best"] / points for row in line],
                f"{mark}:",
                color=_OF_LAYERS[layers],
                markersize=7,
                mew=1.6,
                linewidth=1,
                label=f"{_count(layers)}, trained (best of {line[0]['restarts']})",
            )
    k = round(log2(points))
    built = [row["neurons"] for row in deep if row["doublings"] == row["hidden_layers"] == k]
    axis.plot(
        built,
        [0.0] * len(built),
        "*",
        color=_DEEP,
        markersize=12,
        clip_on=False,
        zorder=5,
        label=f"{k} hidden layers, built",
    )
    axis.set_xscale("log", base=2)
    ticks = [2**i for i in range(0, 9, 1)]
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.set(xlabel="neurons", ylabel="share of labels that are wrong", ylim=(-0.02, 0.82))
    axis.set_title(f"{points} alternating labels")
    axis.set_yticks([0, 0.1, 0.2, 0.3, 0.4, 0.5])
    axis.legend(fontsize=8, loc="upper right")


def _square(axis: Axes, rows: list[Row]) -> None:
    """The error against neurons; the lines are lower bounds where there are skips."""
    neurons = np.linspace(1, max(row["neurons"] for row in rows if row["skips"]), 400)
    lines = [
        (_deep(1), lambda m: 2.0**m, COLORS[5], "D", "one neuron a layer, skips"),
        (_deep(0), lambda m: 2.0 ** ((m + 1) / 3), _DEEP, "s", "folds of two, no skips"),
        (_shallow(3), lambda m: (m / 3 + 1) ** 3, _THREE, "v", "3 hidden layers, skips"),
        (_shallow(2), lambda m: (m / 2 + 1) ** 2, _TWO, "^", "2 hidden layers, skips"),
        (_shallow(1), lambda m: m + 1, _FLAT, "o", "1 hidden layer, affine skip"),
    ]
    lowest = min(row["centered_error"] for row in rows)
    for chosen, pieces, color, mark, label in lines:
        points = [(row["neurons"], row["centered_error"]) for row in rows if chosen(row)]
        if not points:
            continue
        error = 1 / (8 * pieces(neurons) ** 2)
        seen = error > lowest / 2
        axis.plot(neurons[seen], error[seen], "-", color=color, alpha=0.6)
        axis.plot(*_columns(points), mark, color=color, label=label)
    axis.set(xscale="log", yscale="log", xlabel="neurons", ylabel="sup error on $[0, 1]$")
    axis.set_title("$x^2$: error $1/(8P^2)$ with $P$ pieces")
    axis.set_ylim(None, 0.4)
    axis.legend(fontsize=8, loc="upper right")


def _parity(axis: Axes, rows: list[Row]) -> None:
    """Gates against bits; lines: the least of gates that see the sum, and the cited bound."""
    folded = [row for row in rows if row["kind"] == "folded"]
    for layers, color in _OF_LAYERS.items():
        line = [row for row in folded if row["hidden_layers"] == layers]
        bits = [row["n"] for row in line]
        axis.plot(bits, [row["certified"] for row in line], "-", color=color, alpha=0.6)
        axis.plot(bits, [row["neurons"] for row in line], "o", color=color, label=_count(layers))
    bits = sorted({row["n"] for row in folded})
    deepest = [min(row["neurons"] for row in folded if row["n"] == n) for n in bits]
    axis.plot(bits, [int(log2(n)) for n in bits], "-", color=_DEEP, alpha=0.6)
    axis.plot(bits, deepest, "s", color=_DEEP, label=r"$\lfloor\log_2 n\rfloor$ hidden layers")
    # the bound counts the output gate, which is no neuron here
    flat = [row for row in folded if row["hidden_layers"] == 1 and row["cited"] >= 2]
    cited = [(row["n"], row["cited"] - 1) for row in flat]
    axis.plot(*_columns(cited), "--", color=_FLAT, label="1: any gates, cited bound")
    terms = [(row["n"], row["neurons"]) for row in rows if row["kind"] == "terms"]
    axis.plot(*_columns(terms), "k*:", linewidth=1, label="terms of an OR of ANDs")
    axis.axhline(1, color="0.5", linestyle=":", linewidth=1.2, label="one cosine neuron")
    axis.set(yscale="log", xlabel="bits $n$", ylabel="neurons (threshold gates)")
    axis.set_xscale("log", base=2)
    axis.set_ylim(0.7, 60 * max(row["neurons"] for row in folded))
    axis.set_title("Parity of $n$ bits, exact, with skips")
    axis.legend(fontsize=8, loc="upper left", ncols=2, columnspacing=1)


def _is(layers: int | None, skips: int) -> Callable[[Row], bool]:
    """Rows of so many hidden layers; of as many as there are doublings where None."""
    return lambda row: (
        row["skips"] == skips
        and row["hidden_layers"] == (row["doublings"] if layers is None else layers)
    )


def _deep(skips: int) -> Callable[[Row], bool]:
    return lambda row: row["skips"] == skips and row["fold"] == 2


def _shallow(layers: int) -> Callable[[Row], bool]:
    return lambda row: row["skips"] == 1 and row["hidden_layers"] == layers


def _count(layers: int) -> str:
    return "1 hidden layer" if layers == 1 else f"{layers} hidden layers"


def _columns(points: list[tuple[Any, Any]]) -> tuple[list, list]:
    return [x for x, _ in points], [y for _, y in points]


if __name__ == "__main__":
    main("separations", draw)
