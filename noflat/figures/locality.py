"""Samples, steps, slopes of fresh neurons, and what locality and sharing save."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from noflat.experiments.records import Record, Row, where
from noflat.figures._drawing import COLORS, headline, main

_NETWORKS = {"cnn": "CNN", "lcn": "LCN", "fcn": "FCN"}
_COLOR = {"cnn": COLORS[2], "lcn": COLORS[0], "fcn": COLORS[1]}
_MARK = {2: "s", 3: "o", 4: "^", 5: "D"}


def draw(record: Record) -> Figure:
    """Draws the record of `locality`.

    Args:
        record: Its tables.

    Returns:
        Points are means over members, with bands from the least to the most or intervals.
    """
    tables, settings = record.tables, record.run["settings"]
    figure = Figure(figsize=(12.6, 7.8), layout="constrained")
    (samples, inputs, steps), (slopes, signal, saved) = figure.subplots(2, 3)
    _samples(samples, tables["curves"], settings)
    _inputs(inputs, tables["complexities"])
    _steps(steps, tables["online"])
    _slopes(slopes, tables["gradients"])
    _signal(signal, tables["complexities"])
    _saved(saved, tables["ratios"], settings)
    held = "Locality saves more samples the more inputs there are; sharing, where a signal moves"
    figure.suptitle(headline(tables["claims"], held), fontsize=11)
    return figure


def _samples(axis: Axes, rows: list[Row], settings: dict[str, Any]) -> None:
    """Accuracy against samples, at the middle number of inputs."""
    chosen = where(rows, task="parity", size=settings["signs"])
    n = sorted({row["inputs"] for row in chosen})[len({row["inputs"] for row in chosen}) // 2]
    for network, name in _NETWORKS.items():
        line = where(chosen, network=network, inputs=n)
        _banded(axis, [row["samples"] for row in line], line, network, name)
    axis.set(xscale="log", xlabel="samples, seen many times", ylabel="test accuracy")
    neurons = where(chosen, inputs=n)[0]["neurons"]
    axis.set_title(f"Parity of {settings['signs']} of {n} signs, {neurons} neurons each")
    axis.legend(loc="lower right")


def _steps(axis: Axes, rows: list[Row]) -> None:
    """Accuracy against steps, where every sample is seen once."""
    if not rows:
        axis.set_axis_off()
        return
    inputs = sorted({row["inputs"] for row in rows})
    last = max(row["steps"] for row in rows if row["error"] > 0.01)
    for n, style in zip(inputs, (":", "--", "-", "-."), strict=False):
        for network, name in _NETWORKS.items():
            line = where(rows, network=network, inputs=n)
            label = name if n == inputs[-1] else None
            found = [1 - row["error"] for row in line]
            steps = [row["steps"] for row in line]
            axis.plot(steps, found, style, color=_COLOR[network], label=label)
    for n, style in zip(inputs, (":", "--", "-", "-."), strict=False):
        axis.plot([], [], style, color="0.4", label=f"$n={n}$")
    axis.set(xlim=(0, 1.1 * last), xlabel="steps, every sample seen once", ylabel="test accuracy")
    axis.set_title(f"Parity of {rows[0]['size']} signs, fresh samples")
    axis.legend(loc="lower right")


def _inputs(axis: Axes, rows: list[Row]) -> None:
    """Samples against inputs, by signs of the pattern."""
    parity = where(rows, task="parity")
    for network, name in _NETWORKS.items():
        for size, mark in _MARK.items():
            line = [row for row in where(parity, network=network, size=size) if row["samples"]]
            if not line:
                continue
            line.sort(key=lambda row: row["inputs"])
            label = name if size == 3 else None
            _with_bars(axis, [row["inputs"] for row in line], line, network, f"{mark}-", label)
    for size, mark in _MARK.items():
        if where(parity, size=size):
            axis.plot([], [], mark, color="0.4", label=f"$k={size}$")
    ticks = sorted({row["inputs"] for row in parity})
    axis.set(xscale="log", yscale="log", xlabel="inputs $n$", ylabel="samples $P^*$ to 10 % error")
    axis.set_xticks(ticks, [str(tick) for tick in ticks], minor=False)
    axis.minorticks_off()
    axis.set_title("Parity of $k$ signs")
    axis.legend(loc="upper left", ncols=2)


def _slopes(axis: Axes, rows: list[Row]) -> None:
    """Mean square slopes against the inputs that a neuron sees."""
    for color, size in zip(COLORS[3:6], sorted({row["size"] for row in rows}), strict=False):
        line = where(rows, size=size, of="weight")
        seen = [row["inputs"] for row in line]
        label = f"$k={size}$, closed form"
        axis.plot(seen, [row["exact"] for row in line], "-", color=color, label=label)
        axis.plot(seen, [row["bound"] for row in line], ":", color=color, linewidth=1.1)
        axis.plot(seen[:1], [line[0]["exact"]], "*", color=color, markersize=12)
        sampled = [row for row in line if row["sampled"] is not None]
        axis.errorbar(
            [row["inputs"] for row in sampled],
            [row["sampled"] for row in sampled],
            [2 * row["error"] for row in sampled],
            fmt="o",
            color=color,
        )
    axis.plot([], [], "*", color="0.4", markersize=11, label="LCN: sees the $k$ signs only")
    axis.plot([], [], "o", color="0.4", label="random neurons, all words")
    axis.plot([], [], ":", color="0.4", linewidth=1.1, label="Parseval's bound")
    axis.set(xscale="log", yscale="log", xlabel="inputs that a neuron sees", ylabel="mean square")
    ticks = sorted({row["inputs"] for row in rows})
    axis.minorticks_off()
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.set_title("Slope of a fresh neuron at a weight of the pattern")
    axis.legend(fontsize=8)


def _signal(axis: Axes, rows: list[Row]) -> None:
    """Samples of signals against what is stated."""
    laws = {"cnn": "k+d", "lcn": "kd", "fcn": "k^2d"}
    stated = {
        "cnn": lambda row: row["places"] + row["size"],
        "lcn": lambda row: row["places"] * row["size"],
        "fcn": lambda row: row["places"] ** 2 * row["size"],
    }
    for network, name in _NETWORKS.items():
        line = [row for row in where(rows, task="signal", network=network) if row["samples"]]
        if not line:
            continue
        label = f"{name}: against ${laws[network]}$"
        found = [stated[network](row) for row in line]
        _with_bars(axis, found, line, network, "o", label)
        scale = np.exp(
            np.mean([np.log(row["samples"] / x) for row, x in zip(line, found, strict=True)])
        )
        ends = np.array([min(found), max(found)])
        axis.plot(ends, scale * ends, "-", color=_COLOR[network], linewidth=1, alpha=0.7)
    axis.set(xscale="log", yscale="log", xlabel="samples as stated, up to a constant")
    axis.set_ylabel("samples $P^*$ to 8 % error")
    axis.set_title("Signal in one of $k$ patches of $d$ numbers")
    axis.legend(loc="upper left")


def _saved(axis: Axes, rows: list[Row], settings: dict[str, Any]) -> None:
    """Ratios of samples against places."""
    chosen = [row for row in where(rows, seen="many") if row["ratio"]]
    kinds = [
        ("parity", settings["signs"], "o-", f"parity, $k={settings['signs']}$"),
        ("signal", settings["middle_patch"], "D--", f"signal, $d={settings['middle_patch']}$"),
    ]
    for over, color, what in (("fcn", COLORS[1], "FCN / LCN"), ("lcn", COLORS[2], "LCN / CNN")):
        for task, size, style, label in kinds:
            line = where(chosen, over=over, task=task, size=size)
            line.sort(key=lambda row: row["places"])
            if line:
                axis.errorbar(
                    [row["places"] for row in line],
                    [row["ratio"] for row in line],
                    np.transpose([(r["ratio"] - r["low"], r["high"] - r["ratio"]) for r in line]),
                    fmt=style,
                    color=color,
                    label=f"{what}: {label}",
                )
    places = sorted({row["places"] for row in chosen})
    axis.plot(places, places, ":", color="0.5", label="as many as places")
    axis.axhline(1, color="0.7", linewidth=0.8)
    axis.set(xscale="log", yscale="log", xlabel="places", ylabel="ratio of $P^*$, equal neurons")
    axis.minorticks_off()
    ticks = [place for place in (10, 14, 20, 30, 46) if places[0] <= place <= places[-1]]
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.set_ylim(None, 12 * axis.get_ylim()[1])  # room for the legend
    axis.set_title("What locality and what sharing saves")
    axis.legend(fontsize=8, loc="upper left")


def _banded(axis: Axes, x: list[float], line: list[Row], network: str, label: str) -> None:
    color = _COLOR[network]
    axis.plot(x, [1 - row["error"] for row in line], "o-", color=color, label=label)
    least, most = ([1 - row[name] for row in line] for name in ("most", "least"))
    axis.fill_between(x, least, most, color=color, alpha=0.2, linewidth=0)


def _with_bars(
    axis: Axes, x: list[float], line: list[Row], network: str, style: str, label: str | None
) -> None:
    """Sample complexities with their intervals, where these are known."""
    ends = [
        (row["samples"] - row["low"], row["high"] - row["samples"])
        if row["low"] > 0 and np.isfinite(row["high"])
        else (0.0, 0.0)  # some member lies outside the grid
        for row in line
    ]
    y = [row["samples"] for row in line]
    bars = np.transpose(np.maximum(ends, 0))
    axis.errorbar(x, y, bars, fmt=style, color=_COLOR[network], label=label, linewidth=1.2)


if __name__ == "__main__":
    main("locality", draw)
