"""Samples that a hierarchy takes, against the laws; what the networks stop seeing; and neurons."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from noflat.experiments.records import Record, Row, where
from noflat.figures._drawing import COLORS, headline, main

_OF_NETWORK = {"lcn": COLORS[0], "cnn": COLORS[1], "fcn": COLORS[2]}
_NAMES = {"lcn": "LCN", "cnn": "CNN", "fcn": "FCN"}
_MARKS = {0: "o", 1: "s", 2: "^"}

_WIDEST = 10.0
"""An interval is drawn up to so many times its size: that of a curve that ends early has no end."""


def draw(record: Record) -> Figure:
    """Draws the record of `hierarchy`.

    Args:
        record: Its tables.

    Returns:
        Lines are predictions in the panels on samples and on neurons, and means of what was
        measured in the two on sensitivities.
    """
    tables = record.tables
    figure = Figure(figsize=(13.2, 8.4), layout="constrained")
    (trees, samples, together), (path, told, neurons) = figure.subplots(2, 3)
    _trees(trees, tables["trees"])
    _samples(samples, tables["complexities"])
    _together(together, tables)
    _path(path, tables["paths"])
    _told(told, tables)
    _neurons(neurons, tables["flat"])
    held = (
        r"A hidden hierarchy costs $n_cm^L$ samples, and blanks $(s_0+1)^L$ times more without "
        r"weight sharing, $(s_0+1)^2$ with it"
    )
    figure.suptitle(headline(tables["claims"], held), fontsize=11)
    return figure


def _trees(axis: Axes, rows: list[Row]) -> None:
    """Three strings of one set of rules, with what they were made from; small dots are empty."""
    for number in sorted({row["string"] for row in rows}):
        nodes = where(rows, string=number)
        top = 2 * (max(row["string"] for row in rows) - number) * 1.0
        for row in nodes:
            x, y = _place(row, top)
            if row["depth"]:
                parent = row | {
                    "depth": row["depth"] - 1,
                    "slots": _slots(nodes, row["depth"] - 1),
                }
                parent["slot"] = row["slot"] * parent["slots"] // row["slots"]
                if row["symbol"] >= 0:
                    axis.plot(
                        *zip((x, y), _place(parent, top), strict=True),
                        "-",
                        color="0.75",
                        linewidth=0.8,
                        zorder=1,
                    )
            if row["symbol"] < 0:
                axis.plot([x], [y], ".", color="0.7", markersize=2.5, zorder=2)
            else:
                text = "ABCD"[row["symbol"]] if row["depth"] else f"class {row['symbol']}"
                axis.text(
                    x,
                    y,
                    text,
                    ha="center",
                    va="center",
                    fontsize=7.5,
                    color=COLORS[row["symbol"]] if row["depth"] else "black",
                    bbox={"boxstyle": "square,pad=0.12", "fc": "white", "ec": "none"},
                )
        axis.text(-0.02, top + 1.45, f"$s_0={nodes[0]['blanks']}$", fontsize=8, ha="left")
    axis.set_axis_off()
    axis.set_title("Three strings, with their trees")


def _slots(nodes: list[Row], depth: int) -> int:
    return where(nodes, depth=depth)[0]["slots"]


def _place(row: Row, top: float) -> tuple[float, float]:
    return (row["slot"] + 0.5) / row["slots"], top + 1.4 - 0.65 * row["depth"]


def _samples(axis: Axes, rows: list[Row]) -> None:
    """Sample complexities against the laws, each network with the law times its mean ratio."""
    for network, color in _OF_NETWORK.items():
        cells = [row for row in where(rows, network=network) if row["size"]]
        cells = [row for row in cells if row["part"] in ("main", "deep")]
        for levels, fill in ((2, color), (3, "none")):
            chosen = where(cells, levels=levels)
            for blanks, mark in _MARKS.items():
                points = where(chosen, blanks=blanks)
                if points:
                    size = [row["size"] for row in points]
                    bars = [
                        [row["size"] - row["low"] for row in points],
                        [min(row["high"], _WIDEST * row["size"]) - row["size"] for row in points],
                    ]
                    axis.errorbar(
                        [row["law"] for row in points],
                        size,
                        bars,
                        fmt=mark,
                        color=color,
                        mfc=fill,
                        elinewidth=0.8,
                    )
        if cells:
            mean = 1.0
            for row in cells:
                mean *= row["ratio"] ** (1 / len(cells))
            ends = [min(row["law"] for row in cells), max(row["law"] for row in cells)]
            axis.plot(
                ends,
                [mean * end for end in ends],
                "-",
                color=color,
                alpha=0.6,
                label=f"{_NAMES[network]}: {mean:.2f} times its law",
            )
    for blanks, mark in _MARKS.items():
        axis.plot([], [], mark, color="0.4", label=f"$s_0={blanks}$")
    axis.plot([], [], "o", color="0.4", mfc="none", label="three levels")
    axis.set(
        xscale="log",
        yscale="log",
        xlabel="law, without its constant",
        ylabel="samples $P^*$ at a test error of 10 %",
    )
    axis.set_title("Samples against the laws")
    axis.legend(fontsize=7.5)


def _together(axis: Axes, tables: dict[str, list[Row]]) -> None:
    """Error and sensitivities of the second layer to the lowest level, over the samples."""
    cell = {"part": "main", "network": "lcn", "levels": 2, "blanks": 1}
    rows = where(tables["sensitivities"], **cell, layer=2, level=1)
    cell["symbols"] = max((row["symbols"] for row in rows), default=0)
    rows = where(rows, **cell)
    sizes = [row["size"] for row in rows]
    for name, label, color in (
        ("error", "test error", COLORS[6]),
        ("synonyms", "$S_{2,1}$: synonyms", COLORS[0]),
        ("placements", "$D_{2,1}$: placements", COLORS[1]),
    ):
        axis.plot(sizes, [row[name] for row in rows], "o-", color=color, label=label)
    for row in where(tables["complexities"], **cell):
        if row["size"]:
            axis.axvline(row["size"], color="0.6", linestyle=":", linewidth=1)
    axis.set(xscale="log", ylim=(0, None), xlabel="samples $P$ (dotted: $P^*$)")
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_title(f"Error and sensitivities: LCN, $v={cell['symbols']}$, $s_0=1$")
    axis.legend(fontsize=8)


def _path(axis: Axes, rows: list[Row]) -> None:
    """Over trainings: test error against the sensitivity to placements."""
    for network, color in _OF_NETWORK.items():
        chosen = where(rows, network=network)
        for member in sorted({row["member"] for row in chosen}):
            line = where(chosen, member=member)
            axis.plot(
                [row["placements"] for row in line],
                [row["error"] for row in line],
                ".-",
                color=color,
                linewidth=0.7,
                alpha=0.7,
                markersize=3,
                label=_NAMES[network] if member == 0 else None,
            )
    axis.set(xlabel="$D_{2,1}$: sensitivity to placements", ylabel="test error")
    axis.set_title("Over training: error and sensitivity")
    axis.legend(fontsize=8)


def _told(axis: Axes, tables: dict[str, list[Row]]) -> None:
    """Samples against symbols: from classes alone, and with the symbols of every level shown."""
    alone = [
        row
        for row in where(tables["complexities"], network="cnn", blanks=0)
        if row["part"] in ("main", "deep")
    ]
    for levels, mark in ((2, "o"), (3, "D")):
        chosen = [row for row in where(alone, levels=levels) if row["size"]]
        axis.plot(
            [row["symbols"] for row in chosen],
            [row["size"] for row in chosen],
            mark,
            color=COLORS[1],
            label=f"classes alone, $L={levels}$",
        )
        shown = {
            row["symbols"]: row
            for row in where(tables["told"], levels=levels, blanks=0)
            if row["crossing"]
        }
        axis.plot(
            list(shown),
            [row["crossing"] for row in shown.values()],
            mark,
            color=COLORS[2],
            mfc="none",
            label=f"every level shown, $L={levels}$",
        )
        if levels == 2:
            axis.plot(
                list(shown),
                [row["predicted"] for row in shown.values()],
                "-",
                color=COLORS[2],
                alpha=0.6,
                label="table of the rules seen",
            )
            axis.plot(
                [row["symbols"] for row in chosen],
                [2 * row["law"] for row in chosen],
                "-",
                color=COLORS[1],
                alpha=0.6,
                label="$2\\,n_cm^2$",
            )
    axis.set(
        yscale="log",
        xticks=sorted({row["symbols"] for row in alone}),
        xlabel="symbols $v=m=n_c$, no blanks",
        ylabel="samples $P^*$ at a test error of 10 %",
    )
    axis.set_title("Samples with every level shown")
    axis.legend(fontsize=7.5)


def _neurons(axis: Axes, rows: list[Row]) -> None:
    """Neurons against levels: deep, flat by looking up, and what is proved of flat ones."""
    for symbols, mark in ((2, "o"), (4, "s"), (6, "^")):
        chosen = where(rows, symbols=symbols, branching=2)
        for name, color, line in (
            ("deep", COLORS[0], "-"),
            ("flat", COLORS[1], "-"),
            ("bound", COLORS[3], ":"),
        ):
            known = [(row["levels"], row[name]) for row in chosen if row[name]]
            axis.plot(
                [levels for levels, _ in known],
                [neurons for _, neurons in known],
                line,
                marker=mark,
                color=color,
                mfc="none" if name == "bound" else color,
            )
    for label, color, line in (
        ("deep, built", COLORS[0], "-"),
        ("flat, built", COLORS[1], "-"),
        ("flat, exp: proved", COLORS[3], ":"),
    ):
        axis.plot([], [], line, color=color, label=label)
    for symbols, mark in ((2, "o"), (4, "s"), (6, "^")):
        axis.plot([], [], mark, color="0.4", label=f"$v={symbols}$")
    axis.set(yscale="log", xlabel="levels $L$", ylabel="neurons", xticks=(2, 3, 4))
    axis.set_title("What flattening costs")
    axis.legend(fontsize=7.5)


if __name__ == "__main__":
    main("hierarchy", draw)
