"""Draws circuits: neurons of programs, of multipliers and of random tables, and what noise does."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from noflat.experiments.records import Record, Row, where
from noflat.figures._drawing import COLORS, headline, main

_MARKS = "osD^v<>pX*"


def draw(record: Record) -> Figure:
    """Draws a record of the experiment `circuits`.

    Args:
        record: What was measured.

    Returns:
        Four panels: neurons of every program against its size, with the tables of the multiplier
        and of parity; ways to compile a multiplier; words that noise makes wrong; random truth
        tables.
    """
    tables = record.tables
    figure = Figure(figsize=(11, 8.2), layout="constrained")
    axes = figure.subplots(2, 2)
    _programs(axes[0, 0], where(tables["programs"], fan_in=3))
    _multipliers(axes[0, 1], where(tables["programs"], program="multiply"))
    _noise(axes[1, 0], tables["noise"])
    _tables(axes[1, 1], tables["random_tables"], where(tables["programs"], fan_in=3))
    held = "Circuits as ReLU networks: exact on bits, as small as the circuit"
    figure.suptitle(headline(tables["claims"], held), fontsize=11)
    return figure


def _programs(axis: Axes, rows: list[Row]) -> None:
    """Neurons of each program against its size, and the tables of two of them."""
    names = list(dict.fromkeys(row["program"] for row in rows))
    for i, name in enumerate(names):
        mine = where(rows, program=name)
        axis.plot(
            *_line(mine, "n", "neurons"),
            color=COLORS[i % len(COLORS)],
            marker=_MARKS[i],
            linestyle="-" if i < len(COLORS) else "--",
            label=name.replace("_", " "),
        )
    for name, style in (("multiply", "-"), ("parity", ":")):
        mine = [row for row in where(rows, program=name) if row["flat_neurons"] is not None]
        axis.plot(
            *_line(mine, "n", "flat_neurons"), "k" + style, alpha=0.45, label=f"{name}, as a table"
        )
    axis.set(yscale="log", xlabel="size n", ylabel="neurons")
    axis.set_xscale("log", base=2)
    ticks = sorted({row["n"] for row in rows})
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.set_ylim(1, 2e7)
    axis.set_title("Programs of integers of n bits, gates of three operands")
    axis.legend(fontsize=7, ncols=3, loc="upper left")


def _multipliers(axis: Axes, rows: list[Row]) -> None:
    """Neurons of multipliers, with the formulas as lines.

    The lower bound is for the in-degree of the network of that size, which differs: it may fall.
    """
    two, three = where(rows, fan_in=2), where(rows, fan_in=3)
    bits = [row["n"] for row in two]
    for mine, column, formula, label, color in (
        (two, "neurons_apart", lambda n: 8 * n**2 - 11 * n, "gate by gate: $8n^2-11n$", COLORS[1]),
        (two, "neurons", lambda n: 6 * n**2 - 8 * n, "shared: $6n^2-8n$", COLORS[0]),
        (three, "neurons", lambda n: 4 * n**2 - 4 * n, "three operands: $4n^2-4n$", COLORS[2]),
        (three, "flat_neurons", lambda n: (2**n - 1) ** 2, "table: $(2^n-1)^2$", COLORS[6]),
    ):
        found = [row for row in mine if row[column] is not None]
        axis.plot(bits, [formula(n) for n in bits], "-", color=color, alpha=0.5)
        axis.plot(*_line(found, "n", column), "o", color=color, label=label)
    degrees = [row["in_degree"] for row in three]
    axis.plot(
        *_line(three, "n", "certified_neurons"),
        "-",
        color=COLORS[3],
        drawstyle="steps-mid",
        label=f"no fewer, in-degree {min(degrees)} to {max(degrees)}",
    )
    axis.set(xlabel="bits n of both factors", ylabel="neurons", yscale="log")
    axis.set_ylim(0.8, 1e8)
    axis.set_title("Multipliers: neurons by formula (lines) and counted (dots)")
    axis.legend(fontsize=8, loc="upper left")


def _noise(axis: Axes, rows: list[Row]) -> None:
    """The share of words that noise makes wrong, with and without restoring gates."""
    small = min(row["radius"] for row in rows)
    wide = [row for row in rows if row["radius"] > small]
    styles = {(0, "inputs"): ":", (1, "inputs"): "--", (1, "every value"): "-"}
    told = {
        (0, "inputs"): "not restored, noisy inputs",
        (1, "inputs"): "restored, noisy inputs",
        (1, "every value"): "restored, every value noisy",
    }
    for name, color in zip(dict.fromkeys(row["network"] for row in wide), COLORS, strict=False):
        for (restoring, on), style in styles.items():
            mine = where(wide, network=name, restoring=restoring, noise_on=on)
            axis.plot(
                [row["radius"] for row in mine],
                [row["wrong"] / row["words"] for row in mine],
                style,
                marker="o",
                markersize=3,
                color=color,
                label=f"{name}: {told[restoring, on]}",
            )
    radius = wide[0]["certified_radius"]
    axis.plot([radius, radius], [0, 1.04], "-", color="0.5", linewidth=1, zorder=0)
    axis.text(radius, 1.06, f"certified: {radius:g}", color="0.35", fontsize=8, ha="center")
    axis.set(xlabel="how far off a value is", ylabel="share of words that are wrong")
    axis.set_ylim(-0.02, 1.75)
    axis.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axis.set_title("Noise on what gates read")
    axis.legend(fontsize=7, loc="upper left", handlelength=3.5)


def _tables(axis: Axes, rows: list[Row], programs: list[Row]) -> None:
    """Random truth tables against their bits, beside programs of as many inputs."""
    axis.plot([row["bits"] for row in rows], [row["neurons"] for row in rows], "o",
              color=COLORS[0], alpha=0.4, label="random table, deep")  # fmt: skip
    axis.plot([row["bits"] for row in rows], [row["flat_neurons"] for row in rows], "s",
              color=COLORS[6], alpha=0.3, label="random table, flat")  # fmt: skip
    bits = sorted({row["bits"] for row in rows})
    counted: dict[int, int] = {}  # of few bits counting says nothing
    for row in rows:
        if (found := row["certified_neurons"]) is not None:
            counted[row["bits"]] = min(found, counted.get(row["bits"], found))
    axis.plot([*counted], [*counted.values()], "-", color=COLORS[3],
              label="nearly all functions need more")  # fmt: skip
    for name, color in (("multiply", COLORS[2]), ("parity", COLORS[1])):
        mine = [row for row in where(programs, program=name) if row["inputs"] <= max(bits)]
        axis.plot(*_line(mine, "inputs", "neurons"), "^--", color=color, label=f"{name}, deep")
    axis.set(yscale="log", xlabel="bits of input", ylabel="neurons")
    axis.set_title("Tables drawn at random")
    axis.legend(fontsize=8, loc="upper left")


def _line(rows: list[Row], x: str, y: str) -> tuple[list[Any], list[Any]]:
    return [row[x] for row in rows], [row[y] for row in rows]


if __name__ == "__main__":
    main("circuits", draw)
