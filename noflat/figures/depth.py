"""Neurons against depth, what training made of fewer, and error over depth and width."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

from noflat.experiments.records import Record, Row
from noflat.figures._drawing import COLORS, headline, main

_KINDS = {"random": "o", "one removed": "v", "near": "*"}
_LAWS = {"positive": "$x_i$ from 0 to 2", "signed": "$x_i$ from $-2$ to 2"}


def draw(record: Record) -> Figure:
    """Draws the record of `depth`.

    Args:
        record: Its tables `groups`, `trained`, `map`, `one_neuron` and `claims`.

    Returns:
        Neurons of grouped products against n for every depth, errors of training against neurons,
        and two heat maps in one scale of colors.
    """
    figure = Figure(figsize=(10.2, 6.6), layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=[1.15, 1.0])
    _counts(figure.add_subplot(grid[0, 0]), record.tables["groups"])
    tolerance = record.run["settings"]["tolerance"]
    _trained(figure.add_subplot(grid[0, 1]), record.tables["trained"], tolerance)
    rows = record.tables["map"]
    alone = {row["inputs"]: row for row in record.tables["one_neuron"]}
    scale, maps = _scale(rows), grid[1, :].subgridspec(1, 2)
    below = [figure.add_subplot(maps[place]) for place in range(len(_LAWS))]
    for axis, law in zip(below, _LAWS, strict=True):
        image = _map(axis, law, rows, alone[law], scale)
    figure.colorbar(image, ax=below, aspect=12, pad=0.01, label="median of the restarts")
    held = "A product at every depth: each further layer takes a root of the exponent"
    figure.suptitle(headline(record.tables["claims"], held))
    return figure


def _scale(rows: list[Row]) -> Normalize:
    """One scale for all maps, from hundredth to hundredth, so that shapes can be told apart."""
    medians = [row["median"] for row in rows]
    low, high = np.floor(100 * min(medians)) / 100, np.ceil(100 * max(medians)) / 100
    return Normalize(min(low, 0.99), max(high, 1.0))


def _counts(axis: Axes, rows: list[Row]) -> None:
    """Counted neurons as points, what equal groups of n^(1/k) would cost as lines."""
    for k in range(1, 5):
        chosen = [row for row in rows if row["hidden_layers"] == k]
        if not chosen:
            continue
        n = np.array([row["n"] for row in chosen], float)
        b = n ** (1 / k)
        line = sum(n / b**i * 2**b for i in range(1, k + 1))
        axis.plot(n, line, "-", color=COLORS[k - 1], linewidth=1, alpha=0.8)
        neurons = [row["neurons"] for row in chosen]
        label = f"{k} hidden layer{'s' * (k > 1)}"
        axis.plot(n, neurons, "o", color=COLORS[k - 1], markersize=3, label=label)
    every = np.array(sorted({row["n"] for row in rows}), float)
    axis.plot(every, 4 * (every - 1), "--", color="black", linewidth=1, label="$4(n-1)$")
    axis.set_xscale("log", base=2)
    axis.set_yscale("log", base=2)
    axis.set_ylim(2, 2.0**16)
    axis.set_xlabel("inputs $n$")
    axis.set_ylabel("neurons of the grouped product")
    axis.set_title("points: counted; lines: $k$ layers of equal\ngroups $b=n^{1/k}$ (not whole)")
    axis.legend(fontsize=7.5)


def _trained(axis: Axes, rows: list[Row], tolerance: float) -> None:
    """Best relative rms error against neurons missing, from three kinds of starts."""
    cases = list(dict.fromkeys((row["n"], row["hidden_layers"]) for row in rows))
    for row in rows:
        case = row["n"], row["hidden_layers"]
        place = row["neurons"] - row["constructed"] + 0.1 * (cases.index(case) - len(cases) / 2)
        color = COLORS[cases.index(case) % len(COLORS)]
        size = 9 if row["start"] == "near" else 5
        axis.plot(
            place, row["best_error"], _KINDS[row["start"]], color=color, markersize=size, alpha=0.8
        )
    axis.axvline(-0.5, color="0.4", linestyle="--", linewidth=1)
    axis.axhline(tolerance, color="0.7", linewidth=1)
    axis.text(-1.55, 0.7 * tolerance, "below: success", fontsize=7.5, color="0.4")
    axis.set_yscale("log")
    axis.set_xlim(-1.6, 0.7)
    axis.set_xticks([-1, 0])
    axis.set_xlabel(
        "neurons beyond those of the grouped product, $-1$ or 0\n"
        "(marks moved aside by $n$ and depth)"
    )
    axis.set_ylabel("best relative rms error of training")
    found = sum(row["reached"] for row in rows if row["neurons"] < row["constructed"])
    axis.set_title(f"restarts with fewer neurons that succeed: {found}")
    handles = [
        Line2D(
            [], [], color=COLORS[i % len(COLORS)], lw=4, label=f"$n={n}$, {k} layer{'s' * (k > 1)}"
        )
        for i, (n, k) in enumerate(cases)
    ]
    names = {
        "random": "random starts",
        "one removed": "near, one removed",
        "near": "near the whole",
    }
    handles += [
        Line2D([], [], color="0.3", marker=marker, ls="", label=names[kind])
        for kind, marker in _KINDS.items()
    ]
    axis.legend(
        handles=handles,
        fontsize=7,
        ncols=2,
        loc="lower left",
        handlelength=1.0,
        columnspacing=0.6,
        handletextpad=0.5,
        borderaxespad=0.1,
    )


def _map(axis: Axes, law: str, rows: list[Row], alone: Row, scale: Normalize) -> AxesImage:
    """Median absolute error of every shape, over that of the constant 0."""
    chosen = [row for row in rows if row["inputs"] == law]
    depths = sorted({row["hidden_layers"] for row in chosen})
    widths = sorted({row["width"] for row in chosen})
    of = {(row["hidden_layers"], row["width"]): row["median"] for row in chosen}
    values = np.array([[of[depth, width] for width in widths] for depth in depths])
    image = axis.imshow(values, origin="lower", aspect="auto", cmap="viridis", norm=scale)
    for i, j in np.ndindex(values.shape):
        color = "black" if scale(values[i, j]) > 0.5 else "white"
        axis.text(j, i, f"{values[i, j]:.3f}", ha="center", va="center", color=color, fontsize=8)
    axis.set_xticks(range(len(widths)), [str(width) for width in widths])
    axis.set_yticks(range(len(depths)), [str(depth) for depth in depths])
    axis.set_xlabel("width (tanh)")
    axis.set_ylabel("hidden layers")
    share = f"{alone['share']:.2f}" if alone["share"] > 0.01 else f"{alone['share']:.0e}"
    axis.set_title(
        f"{alone['n']} inputs, {_LAWS[law]}: absolute error over that of 0\n"
        f"one exp neuron: error {alone['absolute_error']:.2f}, share of the variance {share}",
        fontsize=9,
    )
    axis.spines[:].set_visible(False)
    return image


if __name__ == "__main__":
    main("depth", draw)
