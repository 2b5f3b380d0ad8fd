"""What levels distill, what it costs networks to follow them, and what blocks make of a field."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from noflat.experiments.records import Record, Row
from noflat.figures._drawing import COLORS, headline, main

_BLUE, _RED, _GREEN, _PINK, _ORANGE = COLORS[:5]
_FLOOR = 1e-9
"""The axis of shares ends near here: what is smaller is rounding."""


def draw(record: Record) -> Figure:
    """Draws the record of `distillation`.

    Args:
        record: Its tables.

    Returns:
        Six panels: classes and information per level, neurons against levels, information lost
        against neurons, and the coefficients of coarse fields in two.
    """
    tables = record.tables
    figure = Figure(figsize=(11.4, 7.2), layout="constrained")
    axes = figure.subplots(2, 3)
    _classes(axes[0, 0], tables["levels"])
    _information(axes[0, 1], tables["information"])
    _neurons(axes[0, 2], tables["networks"], tables["widths"])
    _lost(axes[1, 0], tables["widths"], tables["networks"])
    _powers(axes[1, 1], tables["flows"], tables["drawn_flows"])
    _slope(axes[1, 2], tables["flows"])
    held = (
        "Each level of a tree distills its leaves without loss; following the levels is exact "
        "with two neurons per bit"
    )
    figure.suptitle(headline(tables["claims"], held), fontsize=11.5)
    return figure


def _classes(axis: Axes, rows: list[Row]) -> None:
    """Classes per level of the largest tree that was listed."""
    largest = max(row["configurations"] for row in rows if row["branches"] == 2)
    line = [r for r in rows if r["configurations"] == largest and r["branches"] == 2]
    line = sorted(line, key=lambda row: row["level"])
    levels = [row["level"] for row in line]
    axis.axhline(largest, color="0.4", linestyle="--", linewidth=1.1)
    leaves = 2 ** line[0]["levels"]
    axis.text(0, largest / 1.6, f"all configurations of {leaves} leaves,\nand every chain without "
              "structure", fontsize=7.5, va="top", color="0.3")  # fmt: skip
    formula = [row["formula"] for row in line]
    axis.plot(levels, formula, "-", color=_BLUE, label=r"predicted: $c_h^{\,2^i}$, $c'=(c^2+1)/2$")
    counted = [row["classes"] for row in line]
    axis.plot(levels, counted, "o", color=_BLUE, label="counted in rationals")
    for level, count in zip(levels[:-1], counted, strict=False):
        axis.annotate(f"{count}", (level, count), (5, -9), textcoords="offset points", fontsize=8)
    axis.set_yscale("log")
    axis.set_ylim(20, 3 * largest)
    axis.set_xticks(levels, [f"$T_{level}$" for level in levels])
    axis.set_xlabel("minimal sufficient statistic of level $i$")
    axis.set_ylabel("classes of leaves")
    axis.set_title("what there is to know, level by level")
    axis.legend(fontsize=7.5, loc="lower right")


def _information(axis: Axes, rows: list[Row]) -> None:
    """Shares of the information that statistics keep, for three branches."""
    flips = list(dict.fromkeys(row["flip"] for row in rows))
    most = max(row["branches"] for row in rows)
    flip = "1/10" if "1/10" in flips else flips[0]
    line = [row for row in rows if row["branches"] == most and row["flip"] == flip]
    heights = [row["height"] for row in line]
    axis.axhline(1, color="black", linewidth=1.2)
    axis.text(heights[0], 1.006, "data processing: no statistic keeps more", fontsize=7.5)
    ones = [1.0] * len(line)
    axis.plot(heights, ones, "o", color=_BLUE, label="sufficient statistic (exact)")
    for name, color, label in (
        ("decided_once", _GREEN, "majority once, then exact"),
        ("census", _ORANGE, "number of ones"),
        ("decided", _RED, "majority at every level"),
    ):
        shares = [row[name] / row["exact"] for row in line]
        axis.plot(heights, shares, "s", color=color, label=label)
    predicted = [row["decided_formula"] / row["exact"] for row in line]
    axis.plot(heights, predicted, "-", color=_RED, label="its recursion, $1-H(q)$")
    axis.set_xticks(heights)
    axis.set_ylim(0.86, 1.025)
    axis.set_xlabel("levels $L$ of a tree with three branches")
    axis.set_ylabel("share kept of $I(y_0;x)$")
    axis.set_title(f"what coarser statistics lose (flip {flip})")
    axis.legend(fontsize=7.5, loc="lower left")


def _neurons(axis: Axes, networks: list[Row], widths: list[Row]) -> None:
    """Neurons against levels: formulas as lines, networks written down as points."""
    pairs = [row for row in networks if row["branches"] == 2]
    for way, color, style, label in (
        ("flat relu", _RED, "-", "one hidden layer, table (relu)"),
        ("deep relu", _GREEN, "--", "level by level (relu)"),
        ("deep softplus", _BLUE, "-", r"level by level (softplus): $2^L-4$"),
    ):
        line = sorted((r for r in pairs if r["way"] == way), key=lambda row: row["levels"])
        axis.plot([r["levels"] for r in line], [r["formula"] for r in line], style, color=color,
                  label=label)  # fmt: skip
        built = [row for row in line if row["neurons"]]
        axis.plot([r["levels"] for r in built], [r["neurons"] for r in built], "o", color=color)
    first = True
    for levels in sorted({row["levels"] for row in widths}):
        line = [row for row in widths if row["levels"] == levels]
        found = [row["neurons"] for row in line if row["best_error"] <= 1e-3]
        tried = max(row["neurons"] for row in line)
        label = "one hidden layer, trained to 0.001" if first else None
        axis.plot(levels, min(found, default=tried), "k*", markersize=9, label=label, zorder=4)
        first = False
        if not found:
            axis.annotate("", (levels, 6 * tried), (levels, 1.2 * tried),
                          arrowprops={"arrowstyle": "->", "lw": 1.3})  # fmt: skip
            axis.text(levels + 0.08, 1.7 * tried, f"more than {tried}", fontsize=7.5)
    axis.set_yscale("log")
    axis.set_xticks(sorted({row["levels"] for row in pairs}))
    axis.set_xlabel("levels $L$ of a tree with two branches")
    axis.set_ylabel("neurons for the posterior")
    axis.set_title("what following the levels costs")
    axis.plot([], [], "o", color="0.5", label="written down and compared")
    axis.legend(fontsize=7.5, loc="upper left")


def _lost(axis: Axes, widths: list[Row], networks: list[Row]) -> None:
    """Information lost by flat networks, best and median, and the deep network's number."""
    levels = max(row["levels"] for row in widths)
    rows = [row for row in widths if row["levels"] == levels and row["task"] == "child"]
    (linear,) = [row for row in rows if not row["neurons"]]
    axis.axhline(linear["best_lost"], color="0.4", linestyle="--", linewidth=1.1)
    axis.text(
        64, 1.15 * linear["best_lost"], "linear, fitted alike: no neuron", fontsize=7.5, ha="right"
    )
    names = list(dict.fromkeys(row["activation"] for row in rows if row["neurons"]))
    for name, color in zip(names, (_RED, _ORANGE), strict=False):
        line = [row for row in rows if row["activation"] == name]
        neurons = [row["neurons"] for row in line]
        best, middle, low, high = (
            [max(row[f"{kind}_lost"], _FLOOR) for row in line]
            for kind in ("best", "median", "low", "high")
        )
        axis.fill_between(neurons, low, high, color=color, alpha=0.2, linewidth=0)
        axis.plot(neurons, middle, ":", color=color, linewidth=1.2)
        axis.plot(neurons, best, "o-", color=color, label=f"one hidden layer, trained, {name}")
    deep = [r for r in networks if r["way"] == "deep softplus" and r["branches"] == 2]
    exact = next(row for row in deep if row["levels"] == levels)
    axis.annotate("", (exact["neurons"], 0.6 * _FLOOR), (exact["neurons"], 30 * _FLOOR),
                  arrowprops={"arrowstyle": "->", "lw": 1.6, "color": _BLUE})  # fmt: skip
    axis.text(1.05 * exact["neurons"], 30 * _FLOOR, f"level by level,\n{exact['neurons']} neurons: "
              "exact\nbut for rounding", fontsize=7.5, va="top", color=_BLUE)  # fmt: skip
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    ticks = [8, 16, 28, 56]
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.set_xlim(7, 68)
    axis.set_ylim(_FLOOR / 2, 0.3)
    axis.set_xlabel("neurons")
    axis.set_ylabel("share lost of $I(y_0;x)$")
    axis.set_title(f"the posterior of {2**levels} leaves ($L={levels}$)")
    axis.text(
        7.3,
        1.5 * _FLOOR,
        "line: best of the\nrestarts; dots: median;\nband: its interval",
        fontsize=7.5,
    )
    axis.legend(fontsize=7.5, loc="lower left", bbox_to_anchor=(0.0, 0.24))


def _powers(axis: Axes, rows: list[Row], drawn: list[Row]) -> None:
    """Coefficients over their first value: a sharp cutoff on the powers of b, blocks beside."""
    plane = [row for row in rows if row["dimension"] == 2]
    blocks = sorted({row["block"] for row in plane})
    heavy = max(row["y0"] for row in plane)
    names = ("relevant", "marginal", "irrelevant")
    for i, (color, mass) in enumerate(((_RED, heavy), (_GREEN, 0), (_BLUE, 0))):
        power = [float(b) ** (2 - 2 * i) for b in blocks]
        axis.plot(
            blocks, power, "-", color=color, label=f"$b^{{{2 - 2 * i}}}$: $y_{i}$, {names[i]}"
        )
        for way, marker in (("cutoff", "o"), ("blocks", "s")):
            line = [r for r in plane if r["way"] == way and r["y0"] == mass]
            line.sort(key=lambda row: row["block"])
            values = [row[f"coarse{i}"] / row[f"y{i}"] for row in line]
            face = "none" if way == "cutoff" else color
            axis.plot(blocks, values, marker, mfc=face, mec=color, markersize=9 if face == "none"
                      else 4.5)  # fmt: skip
            if way == "blocks" and i == 2:
                wanted = [row["predicted2"] / row["y2"] for row in line]
                axis.plot(blocks, wanted, "--", color=color, linewidth=1.2,
                          label=r"blocks: $b^{-2}y_2+(1-b^{-2})\,y_1/12$")  # fmt: skip
    for i, color in ((0, _RED), (1, _GREEN)):
        for shift, row in enumerate(drawn):
            value, low, high = (
                row[f"{kind}{i}"] / row[f"y{i}"] for kind in ("coarse", "low", "high")
            )
            first = (i, shift) == (0, 0)
            axis.errorbar(row["block"] * 1.1, value, [[value - low], [high - value]], fmt="D",
                          color=color, mfc="white", markersize=4, capsize=2,
                          label="drawn, moved aside" if first else None)  # fmt: skip
            axis.plot(row["block"] * 1.1, row[f"predicted{i}"] / row[f"y{i}"], "k_", markersize=11,
                      label="its corrected law" if first else None)  # fmt: skip
    axis.plot([], [], "o", mfc="none", mec="0.4", markersize=9, label="sharp cutoff")
    axis.plot([], [], "s", color="0.4", label="block averages")
    _log_blocks(axis, blocks)
    axis.set_ylabel("coefficient, over that of the field")
    axis.set_title("fields in the plane: the powers of $b$")
    axis.set_ylim(3e-3, 3e4)
    axis.legend(fontsize=7, loc="upper left", ncols=2)


def _slope(axis: Axes, rows: list[Row]) -> None:
    """The marginal coefficient of block averages, by the mass of the field."""
    plane = [row for row in rows if row["dimension"] == 2 and row["way"] == "blocks"]
    blocks = sorted({row["block"] for row in plane})
    axis.axhline(1, color="black", linestyle=":", label="power of $b$ alone: stays")
    for mass, color in zip(sorted({r["y0"] for r in plane}), (_BLUE, _GREEN, _RED), strict=False):
        line = sorted((r for r in plane if r["y0"] == mass), key=lambda row: row["block"])
        axis.plot(blocks, [row["predicted1"] for row in line], "-", color=color)
        axis.plot(blocks, [row["coarse1"] for row in line], "s", color=color,
                  label=f"$y_0={mass:g}$")  # fmt: skip
    _log_blocks(axis, blocks)
    axis.set_yticks([1, 2, 4], ["1", "2", "4"])
    axis.set_ylabel("$y_1$ of the coarse field, from $y_1=1$")
    axis.set_title("block averages: what the window adds")
    axis.plot([], [], "-", color="0.4", label="corrected law")
    axis.legend(fontsize=7.5, loc="upper left")


def _log_blocks(axis: Axes, blocks: list[int]) -> None:
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    axis.set_xticks(blocks, [str(block) for block in blocks])
    axis.set_xlim(blocks[0] / 1.15, blocks[-1] * 1.2)
    axis.set_xlabel("side $b$ of a block")
    axis.minorticks_off()


if __name__ == "__main__":
    main("distillation", draw)
