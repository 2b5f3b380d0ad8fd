"""Draws learnability: a composition that is unknown, told step by step, or hidden by design."""

from statistics import fmean, median

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from noflat.experiments.records import Record, Row, column, where
from noflat.figures._drawing import COLORS, headline, main


def draw(record: Record) -> Figure:
    """Draws a record of the experiment `chain_of_thought`.

    Args:
        record: What was measured.

    Returns:
        Eight panels: a wiring that is built in; steps to learn parities and staircases; accuracy
        after one step on a chain of thought, with tokens rounded or not, and the samples it takes;
        its signal and noise; a transformer; a cipher.
    """
    tables = record.tables
    figure = Figure(figsize=(17, 7.6), layout="constrained")
    axes = figure.subplots(2, 4)
    _wired(axes[0, 0], tables["wired"])
    _unknown(axes[0, 1], tables["unknown"])
    _one_step(axes[0, 2], tables["one_step"], "accuracy", "tokens as they are")
    _one_step(axes[0, 3], tables["one_step"], "rounded_accuracy", "tokens rounded")
    _samples(axes[1, 0], tables["complexities"])
    _moments(axes[1, 1], tables["moments"])
    _transformer(axes[1, 2], tables["transformer"])
    _cipher(axes[1, 3], tables["pseudorandom"])
    held = "A sparse composition is learned where its steps are told"
    figure.suptitle(headline(tables["claims"], held), fontsize=11)
    return figure


def _wired(axis: Axes, rows: list[Row]) -> None:
    """The network that is written down, and its wiring trained from random weights."""
    sizes = sorted({row["k"] for row in rows})
    exact = [1 - where(rows, k=k)[0]["wrong"] / where(rows, k=k)[0]["words"] for k in sizes]
    axis.plot(sizes, exact, "k*-", linewidth=0.8, clip_on=False, label="written down")
    medians = [median(column(where(rows, k=k), "trained_accuracy")) for k in sizes]
    axis.plot(sizes, medians, "-", color=COLORS[1], label="same wiring, trained: median")
    axis.plot(column(rows, "k"), column(rows, "trained_accuracy"), ".", color=COLORS[1],
              alpha=0.6)  # fmt: skip
    axis.axhline(0.5, color="0.6", linewidth=0.8)
    axis.set_xscale("log", base=2)
    axis.set_xticks(sizes, [str(k) for k in sizes])
    axis.set(xlabel="bits k", ylabel="accuracy on all words", ylim=(0.4, 1.03))
    axis.set_title("Built in: 2(k - 1) neurons")
    axis.legend(fontsize=8, loc=(0.38, 0.72))


def _unknown(axis: Axes, rows: list[Row]) -> None:
    """Steps that a fully connected network takes; above the line it never learned."""
    steps = rows[0]["steps"]
    for name, color, mark, move in (
        ("parity", COLORS[1], "o", -0.12),
        ("staircase", COLORS[0], "s", 0.0),
        ("staircase of leap 2", COLORS[2], "^", 0.12),
    ):
        mine = where(rows, target=name)
        axis.plot(
            [row["k"] + move for row in mine],
            [row["steps_taken"] if row["learned"] else 1.6 * steps for row in mine],
            mark,
            color=color,
            alpha=0.6,
            label=name,
        )
    axis.axhline(1.25 * steps, color="0.6", linewidth=0.8, linestyle="--")
    axis.text(2, 1.75 * steps, "not learned", color="0.35", fontsize=8)
    axis.set(yscale="log", xlabel="bits or degree k", ylabel="steps of Adam")
    axis.set_ylim(None, 4 * steps)
    axis.set_title(f"Unknown: fully connected, d = {rows[0]['d']}")
    axis.legend(fontsize=8, loc=(0.02, 0.6))


def _one_step(axis: Axes, rows: list[Row], shown: str, said: str) -> None:
    """Mean accuracy against samples over d; dashed: signal and Gaussian noise alone."""
    sizes = sorted({row["samples_over_d"] for row in rows})
    for d, color in zip(dict.fromkeys(row["d"] for row in rows), COLORS, strict=False):
        trees = [where(rows, d=d, samples_over_d=n) for n in sizes]
        for name, style, label in ((shown, "o-", f"d = {d}"), (f"modeled_{shown}", "--", None)):
            means = [fmean(column(mine, name)) for mine in trees]
            axis.plot(sizes, means, style, color=color, label=label, linewidth=1.2, markersize=4)
    direct = [fmean(column(where(rows, samples_over_d=n), "direct_accuracy")) for n in sizes]
    axis.plot([], [], "--", color="0.4", label="signal and noise alone")
    axis.plot(sizes, direct, "x:", color="0.4", label="last token alone")
    axis.axvline(128, color="0.7", linewidth=0.8)
    axis.set_xscale("log", base=2)
    axis.set_xticks(sizes, [str(n) for n in sizes], fontsize=7)
    axis.set(xlabel="samples over d", ylabel="accuracy of the parity of d/2 bits")
    axis.set_title(f"Told: one step, {said}")
    axis.legend(fontsize=7, loc="upper left")


def _samples(axis: Axes, rows: list[Row]) -> None:
    """The samples at which 5 % are wrong, with the linear law and what is guaranteed."""
    dimensions = np.array(sorted({row["d"] for row in rows}))
    for kind, rounded, color, mark, move, label in (
        ("measured", 0, COLORS[0], "o", 1.0, "measured"),
        ("modeled", 0, COLORS[1], "s", 1.06, "signal and noise alone"),
        ("measured", 1, COLORS[5], "v", 0.94, "measured, tokens rounded"),
    ):
        mine = where(rows, kind=kind, rounded=rounded)
        mine = [row for row in mine if row["samples"] and row["high"]]
        middle = np.array(column(mine, "samples"))
        ends = np.abs(np.array([column(mine, "low"), column(mine, "high")]) - middle)
        axis.errorbar(
            move * np.array(column(mine, "d")), middle, ends, fmt=mark, color=color,
            capsize=2, label=label,
        )  # fmt: skip
    axis.plot(dimensions, 128 * dimensions, "-", color=COLORS[2], label="$128\\,d$")
    axis.plot(dimensions, dimensions**2, ":", color="0.4", label="$d^2$")
    axis.set(xscale="log", yscale="log", xlabel="signs d, parity of d/2", ylabel="samples")
    axis.set_xticks(dimensions, [str(d) for d in dimensions])
    axis.minorticks_off()
    axis.set_title("Told: samples for 95 % of parities")
    axis.legend(fontsize=8, loc="upper left")


def _moments(axis: Axes, rows: list[Row]) -> None:
    """Signal and noise of the step, target by target; lines: closed forms."""
    rows = sorted(rows, key=lambda row: row["tokens"])
    tokens = column(rows, "tokens")
    for name, color in (("signal", COLORS[0]), ("noise", COLORS[1])):
        axis.plot(tokens, column(rows, name), "o", color=color, alpha=0.5, label=f"{name}")
        axis.plot(tokens, column(rows, f"predicted_{name}"), "-", color=color, linewidth=1)
        axis.plot(tokens, column(rows, f"limit_{name}"), ":", color=color, linewidth=1)
    axis.plot([], [], "-", color="0.4", linewidth=1, label="exact, independent tokens")
    axis.plot([], [], ":", color="0.4", linewidth=1, label="limit of large T")
    axis.set(xscale="log", yscale="log", xlabel="tokens T before the target")
    axis.set_ylabel("negative gradient, of one sample")
    axis.set_xticks([32, 64, 96], ["32", "64", "96"])
    axis.minorticks_off()
    axis.set_title("Told: what the step sees")
    axis.legend(fontsize=8)


def _transformer(axis: Axes, rows: list[Row]) -> None:
    """Accuracy with the chain and without, and how its attention narrows."""
    right = axis.twinx()
    for chain, color, name in ((1, COLORS[0], "chain of thought"), (0, COLORS[1], "parity alone")):
        for member in sorted({row["member"] for row in rows}):
            mine = sorted(where(rows, chain=chain, member=member), key=lambda row: row["steps"])
            steps = column(mine, "steps")
            axis.plot(
                steps, column(mine, "accuracy"), "-", color=color, linewidth=1.1,
                label=name if member == 0 else None,
            )  # fmt: skip
            right.plot(steps, column(mine, "entropy"), ":", color=color, linewidth=1)
    axis.set(xlabel="steps of Adam", ylabel="accuracy (solid)", ylim=(0.3, 1.03))
    right.set(ylabel="entropy of attention, bits (dotted)", ylim=(0, None))
    right.spines["right"].set_visible(True)
    axis.set_title(f"Told or not: a transformer, d = {rows[0]['d']}, k = {rows[0]['k']}")
    axis.legend(fontsize=8, loc="center right")


def _cipher(axis: Axes, rows: list[Row]) -> None:
    """Accuracy of networks of the cipher's shape, on words seen and on new ones."""
    for shape, color, name in (
        ("synapses", COLORS[1], "its synapses"),
        ("full", COLORS[0], "all synapses"),
        ("last", COLORS[2], "synapses of the most rounds"),
    ):
        mine = where(rows, shape=shape)
        rounds = sorted({row["rounds"] for row in mine})
        for shown, style in (("test_accuracy", "o-"), ("train_accuracy", ":")):
            means = [fmean(column(where(mine, rounds=n), shown)) for n in rounds]
            label = name if shown == "test_accuracy" else None
            axis.plot(rounds, means, style, color=color, label=label)
        axis.plot(column(mine, "rounds"), column(mine, "test_accuracy"), ".", color=color,
                  markersize=3, alpha=0.6)  # fmt: skip
    axis.axhline(0.5, color="0.6", linewidth=0.8)
    rounds = sorted({row["rounds"] for row in rows})
    axis.plot(rounds, [1.0] * len(rounds), "k*", clip_on=False, label="written down")
    axis.set(xlabel="rounds of the cipher", ylabel="accuracy (dotted: on words seen)")
    axis.set_xticks(rounds)
    axis.set_title("Hidden: a toy cipher on 16 bits")
    axis.legend(fontsize=8, loc=(0.36, 0.66))


if __name__ == "__main__":
    main("chain_of_thought", draw)
