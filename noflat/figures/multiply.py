"""Error against width, with the cliff where the theorem says; and neurons against n."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from noflat.experiments.records import Record, Row
from noflat.figures._drawing import COLORS, main

_NAMES = {
    "bias_free": "no biases",
    "output_bias": "output bias",
    "hidden_bias": "hidden biases",
    "hidden_bias+output_bias": "all biases",
}


_LEAST = 1e-5
"""Where the axis of errors ends."""


def draw(record: Record) -> Figure:
    """Draws the record of `multiply`.

    Args:
        record: Its tables `results`, `widths`, `floors` and `counts`.

    Returns:
        A panel per n with the best error against width, and one with neurons against n.
    """
    results, trained = record.tables["results"], record.tables["widths"]
    floors = record.tables["floors"]
    numbers = sorted({row["n"] for row in results})
    cases = list(dict.fromkeys((row["activation"], row["convention"]) for row in results))
    colors = dict(zip(cases, (COLORS[i % len(COLORS)] for i in range(len(cases))), strict=True))
    figure = Figure(figsize=(2.6 * len(numbers) + 3.4, 3.7), layout="constrained")
    axes = figure.subplots(
        1, len(numbers) + 1, squeeze=False, width_ratios=[1.0] * len(numbers) + [1.3]
    )[0]
    for axis, n in zip(axes, numbers, strict=False):
        rows = [row for row in trained if row["n"] == n]
        _cliff(axis, n, rows, [row for row in results if row["n"] == n], colors)
        _impossible(axis, [row for row in floors if row["n"] == n], colors)
        if n != numbers[0]:
            axis.sharey(axes[0])
            axis.tick_params(labelleft=False)
    axes[0].set_ylabel("best relative rms error of training")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=len(handles), fontsize=8)
    _growth(axes[-1], results, record.tables["counts"], colors)
    settings = record.run.get("settings", {})
    inputs = {"cube": "uniform on $[-1,1]^n$", "gaussian": "standard normal"}
    law = inputs.get(settings.get("inputs", ""), "")
    figure.suptitle(
        f"{_claim(results)} (inputs {law}, best of {settings.get('restarts', '?')} restarts)",
        fontsize=11,
    )
    return figure


def _claim(results: list[Row]) -> str:
    """The title, from the verdicts."""
    failed = sum(row["verdict"] != "pass" for row in results)
    if failed:
        return f"{failed} of {len(results)} settings do not turn out as predicted"
    return "Training fails with one neuron fewer than the theorem says"


def _cliff(axis: Axes, n: int, rows: list[Row], results: list[Row], colors: dict) -> None:
    """Best error against width; a dotted line where the prediction stands."""
    for result in results:
        case = (result["activation"], result["convention"])
        line = [row for row in rows if (row["activation"], row["convention"]) == case]
        label = f"{case[0]}, {_NAMES.get(case[1], case[1])}"
        axis.semilogy(
            [row["width"] for row in line],
            [row["best_error"] for row in line],
            "o-",
            color=colors[case],
            label=label,
        )
        if result["predicted"]:
            axis.axvline(result["predicted"], color=colors[case], linestyle=":", linewidth=1.1)
    axis.set_title(f"n = {n}")
    axis.set_xlabel("width (neurons)")
    axis.set_ylim(_LEAST, 2)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))


def _impossible(axis: Axes, floors: list[Row], colors: dict) -> None:
    """Shades, in its color, what no network of one setting can do: a theorem, no measurement."""
    case = ("exp", "bias_free")
    line = [row for row in floors if (row["activation"], row["convention"]) == case]
    if line and case in colors:
        widths = [*(row["width"] for row in line), line[-1]["width"] + 1]
        heights = [*(row["error_floor"] for row in line), line[-1]["error_floor"]]
        axis.fill_between(
            widths,
            heights,
            _LEAST,
            step="post",
            facecolor=colors[case],
            edgecolor="none",
            alpha=0.12,
            zorder=0,
            label="proved impossible for exp without biases, at whole widths",
        )


def _growth(axis: Axes, results: list[Row], counts: list[Row], colors: dict) -> None:
    """Neurons against n: flat in a band, deep along the bottom, measured points in between."""
    n = [row["n"] for row in counts]
    half, cube = ([row[name] for row in counts] for name in ("half_cube", "cube"))
    axis.fill_between(n, half, cube, color="#D55E00", alpha=0.25, linewidth=0)
    axis.plot(n, cube, color="#D55E00", label=r"one layer: $2^{n-1}$ to $2^n$")
    for name, style, color, label in (
        ("grouped_2", "--", "#009E73", "two layers, grouped"),
        ("tree", "-", "#0072B2", r"deep tree: $4(n-1)$"),
        ("grouped_3", ":", "#000000", "three layers, grouped"),
    ):
        known = [row for row in counts if row[name] is not None]
        axis.plot(
            [row["n"] for row in known],
            [row[name] for row in known],
            style,
            color=color,
            label=label,
        )
    for row in results:
        if row["measured"]:
            color = colors[row["activation"], row["convention"]]
            axis.plot(row["n"], row["measured"], "o", color=color, markersize=4, zorder=3)
    axis.plot([], [], "ko", markersize=4, label="measured by training")
    axis.set_yscale("log")
    axis.set_ylim(1, 1e10)
    axis.set_xlabel("inputs $n$")
    axis.set_ylabel("neurons")
    axis.set_title("what depth saves")
    axis.legend(loc="upper left", fontsize=7.5)


if __name__ == "__main__":
    main("multiply", draw)
