"""Flattening costs of deep linear maps: lines by the formulas, points as counted."""

import math
from collections.abc import Callable, Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from noflat.experiments.records import Record, Row
from noflat.figures._drawing import COLORS, headline, main

_COST = "flattening cost: synapses, flat over deep"
_EXPONENT = 3 - math.log2(7)


def draw(record: Record) -> Figure:
    """Draws the record of `linear`.

    Args:
        record: Its tables `counts`, `pairs`, `crossovers` and `recovery`.

    Returns:
        Four panels: maps whose cost grows with their size, convolutions, Strassen, communities.
    """
    tables = record.tables
    figure = Figure(figsize=(10.4, 8.0), layout="constrained")
    axes = figure.subplots(2, 2)
    _families(axes[0, 0], tables["counts"], tables["pairs"])
    _convolutions(axes[0, 1], tables["counts"])
    _strassen(axes[1, 0], tables["counts"], tables["crossovers"])
    _recovery(axes[1, 1], tables["recovery"])
    held = (
        "What flattening a deep linear map costs: lines are formulas, points counted networks; "
        "last panel: communities found in graphs"
    )
    figure.suptitle(headline(tables["claims"], held), fontsize=11)
    return figure


def _line(axis: Axes, xs: Iterable[float], formula: Callable, color: str) -> None:
    xs = np.asarray(list(xs), float)
    axis.plot(xs, formula(xs), "-", color=color, zorder=1)


def _families(axis: Axes, rows: list[Row], pairs: list[Row]) -> None:
    """Low rank, block models, transforms and products of sparse matrices against n."""
    shown = (
        ("block_model", "block model, $n/2K$", lambda n, k: n / (2 * k), "s"),
        ("low_rank", "rank $k$, $n/2k$", lambda n, k: n / (2 * k), "o"),
        ("walsh_hadamard", r"Walsh-Hadamard, $n/(2\log_2 n)$", lambda n, _: _fast(n), "o"),
        ("fourier", "Fourier, the same", lambda n, _: _fast(n), "+"),
    )
    for (family, label, formula, marker), color in zip(shown, COLORS, strict=False):
        chosen = [row for row in rows if row["family"] == family]
        for parameter in dict.fromkeys(row["parameter"] for row in chosen):
            some = [row for row in chosen if row["parameter"] == parameter]
            name = label.replace("rank $k$", f"rank $k={parameter}$")
            name = name.replace("block model", f"block model, $K={parameter}$ communities")
            sizes = [row["n"] for row in some]
            if family != "fourier":
                dense = np.geomspace(min(sizes), max(sizes), 60)
                _line(axis, dense, lambda n, k=parameter, f=formula: f(n, k), color)
            big = 9 if family == "fourier" else None
            face = "white" if family == "block_model" and parameter != 2 else color
            costs = [row["flat"] / row["deep"] for row in some]
            axis.plot(
                sizes, costs, marker, color=color, mfc=face, label=name, markersize=big, zorder=3
            )
    densities = sorted({row["density"] for row in pairs})
    for density in densities[-1:] + densities[:1]:
        some = [row for row in pairs if (row["density"], row["weights"]) == (density, "ones")]
        color = COLORS[4] if density == densities[0] else COLORS[5]
        sizes = sorted({row["n"] for row in some})
        dense = np.geomspace(min(sizes), 4096, 80)
        _line(axis, dense, lambda n, p=density: (1 - (1 - p * p) ** n) / (2 * p), color)
        axis.plot(
            sizes,
            [_ratio([row for row in some if row["n"] == n]) for n in sizes],
            "D",
            color=color,
            zorder=3,
            label=f"two sparse matrices, $p={density}$, limit {1 / (2 * density):g}",
        )
    _no_cost(axis)
    axis.set_xscale("log", base=2)
    axis.set_yscale("log", base=2)
    axis.set_ylim(0.2, 2.0**15)
    _plain(axis, range(-2, 11, 2))
    axis.set_xlabel("inputs $n$")
    axis.set_ylabel(_COST)
    axis.set_title("Low rank, transforms, sparse products")
    axis.legend(fontsize=7, loc="upper left")


def _fast(n: np.ndarray) -> np.ndarray:
    return n / (2 * np.log2(n))


def _ratio(rows: list[Row]) -> float:
    return sum(row["flat"] for row in rows) / sum(row["deep"] for row in rows)


def _no_cost(axis: Axes) -> None:
    axis.axhline(1, color="0.5", linestyle="--", linewidth=1, zorder=0)


def _plain(axis: Axes, powers: Iterable[int]) -> None:
    """Marks costs by numbers rather than powers of two."""
    powers = list(powers)
    names = [str(2**power) if power >= 0 else f"1/{2**-power}" for power in powers]
    axis.set_yticks([2.0**power for power in powers], names)


def _convolutions(axis: Axes, rows: list[Row]) -> None:
    """Stacks in one to three dimensions, and dilated ones, against their layers."""
    shown = (
        ("dilated", "dilated by 1, 2, 4, ..., two places: $2^L/2L$"),
        ("stack_3d", "three dimensions: $(2L+1)^3/27L$"),
        ("stack_2d", "two dimensions: $(2L+1)^2/9L$"),
        ("stack_1d", "one dimension: $(2L+1)/3L$"),
    )
    for (family, label), color in zip(shown, COLORS, strict=False):
        some = sorted((r for r in rows if r["family"] == family), key=lambda row: row["layers"])
        layers = [row["layers"] for row in some]
        dimensions = int(family[6]) if family != "dilated" else 0
        formula = (
            (lambda L, d=dimensions: (2 * L + 1) ** d / (3**d * L))
            if dimensions
            else (lambda L: 2**L / (2 * L))
        )
        _line(axis, np.geomspace(1, max(layers), 60), formula, color)
        costs = [row["flat"] / row["deep"] for row in some]
        axis.plot(layers, costs, "o", color=color, label=label, zorder=3)
    _no_cost(axis)
    axis.text(16, 1.06, "no cost", ha="right", va="bottom", fontsize=7.5, color="0.4")
    axis.text(16, 0.62, "flattening saves", ha="right", va="top", fontsize=7.5, color=COLORS[3])
    axis.set_xscale("log", base=2)
    axis.set_yscale("log", base=2)
    axis.set_ylim(0.45, 64)
    _plain(axis, range(-1, 6))
    axis.set_xticks([1, 2, 4, 8, 16], ["1", "2", "4", "8", "16"])
    axis.set_xlabel("layers $L$")
    axis.set_title("Stacks of convolutions, three places per axis")
    axis.legend(fontsize=7.5, loc="upper left")


def _strassen(axis: Axes, rows: list[Row], crossovers: list[Row]) -> None:
    """One level, the best number and all of them against N, with the sizes where they win."""
    sizes = [row["n"] for row in crossovers if row["digits"] <= 24]
    for column, label, color in (
        ("best_cost", "best number of levels", COLORS[0]),
        ("one_cost", "one level", COLORS[2]),
        ("full_cost", "down to single entries", COLORS[1]),
    ):
        costs = [row[column] for row in crossovers if row["digits"] <= 24]
        axis.plot(sizes, costs, "-", color=color, label=label)
    some = [row for row in rows if row["family"] == "strassen" and row["parameter"]]
    axis.plot(
        [row["n"] for row in some],
        [row["flat"] / row["deep"] for row in some],
        "o",
        color="black",
        markersize=3.5,
        label="counted, every number of levels",
        zorder=3,
    )
    dense = np.array([2.0, 2.0**24])
    for exponent, name in ((_EXPONENT, r"$N^{3-\log_2 7}=N^{0.193}$"), (0.627, "$N^{0.627}$")):
        axis.plot(dense, dense**exponent, ":", color="0.45", linewidth=1.2)
        place = 2.0**15 if exponent < 0.5 else 2.0**5
        above = 1.15 if exponent < 0.5 else 1.2
        axis.text(place, above * place**exponent, name, ha="right", fontsize=8, color="0.35")
    _no_cost(axis)
    even = [r["n"] for r in some if r["parameter"] == 1 and r["flat"] == r["deep"]]
    first = [r["n"] for r in crossovers if r["full_cost"] > 1][:1]
    for size, name in (*((n, str(n)) for n in even), *((n, _power(n)) for n in first)):
        axis.axvline(size, color="0.75", linewidth=1, zorder=0)
        axis.text(size / 1.2, 26, f"$N={name}$", fontsize=8.5, color="0.35", va="top", ha="right")
    axis.set_xscale("log", base=2)
    axis.set_yscale("log", base=2)
    axis.set_ylim(0.15, 28)
    _plain(axis, range(-2, 5))
    axis.set_xlabel("rows $N$ of the matrices, $X \\mapsto FX$")
    axis.set_ylabel(_COST)
    axis.set_title("Strassen: wins late, and slowly")
    axis.legend(fontsize=7.5, loc="lower right")


def _power(size: int) -> str:
    return f"2^{{{size.bit_length() - 1}}}"


def _recovery(axis: Axes, rows: list[Row]) -> None:
    """The share of nodes in a wrong community against the number of nodes."""
    for i, count in enumerate(sorted({row["communities"] for row in rows})):
        some = [row for row in rows if row["communities"] == count]
        sizes = sorted({row["n"] for row in some})
        groups = [[row for row in some if row["n"] == n] for n in sizes]
        for column, style, label in (
            ("chance", ":", "chance"),
            ("leading_error", "--^", f"{count} eigenvectors"),
            ("error", "-o", f"{count**2} eigenvectors, subspaces"),
        ):
            means = np.array([np.mean([row[column] for row in group]) for group in groups])
            label = f"$K={count}$: {label}"
            axis.plot(sizes, means, style, color=COLORS[i], label=label)
            if column == "error":
                ends = [np.quantile([row[column] for row in g], (0, 1)) for g in groups]
                low, high = np.array(ends).T
                axis.fill_between(sizes, low, high, color=COLORS[i], alpha=0.1, linewidth=0)
    axis.set_xscale("log")
    axis.set_yscale("symlog", linthresh=1e-3)
    axis.set_ylim(0, 1)
    axis.set_yticks([0, 1e-3, 1e-2, 1e-1, 1], ["0", "0.1 %", "1 %", "10 %", "100 %"])
    ticks = sorted({row["n"] for row in rows})
    axis.set_xticks(ticks, [str(n) for n in ticks])
    axis.minorticks_off()
    axis.set_xlabel("nodes $n$ of the sampled graph")
    axis.set_ylabel("nodes in a wrong community")
    axis.set_title("Block model found in one graph (shaded: all graphs)")
    axis.legend(fontsize=7.5, loc="lower left")


if __name__ == "__main__":
    main("linear", draw)
