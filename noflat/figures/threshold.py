"""Success against width by second-order training and by Adam, and what Adam needs on top."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from noflat.experiments.records import Record, Row
from noflat.figures._drawing import COLORS, main

_MARKS = ("o", "s", "^", "D")
_OPEN = ("s", "D", "p", "h")
_MORE = r"$\uparrow$"


def draw(record: Record) -> Figure:
    """Draws the record of `threshold`.

    Args:
        record: Its tables `results` and `widths`.

    Returns:
        For each activation the share of restarts that succeed and the errors of Adam against
        width; beside them the widths needed and the time per success against n.
    """
    results, widths = record.tables["results"], record.tables["widths"]
    cases = list(dict.fromkeys((row["activation"], row["convention"]) for row in results))
    numbers = sorted({row["n"] for row in results})
    tolerances = sorted({row["tolerance"] for row in results})
    figure = Figure(figsize=(11.0, 3.1 * max(2, len(cases)) + 0.9), layout="constrained")
    axes = figure.subplots(max(2, len(cases)), 3, squeeze=False)
    for line, case in zip(axes, cases, strict=False):
        rows = [row for row in widths if (row["activation"], row["convention"]) == case]
        minimum = {row["n"]: row["constructed"] for row in results if _case(row) == case}
        _shares(line[0], rows, minimum, tolerances[0])
        _errors(line[1], rows, minimum, tolerances)
        line[0].set_title(f"{case[0]}: restarts within {100 * tolerances[0]:g} %")
        line[1].set_title(f"{case[0]}: error of Adam")
    for line in axes[len(cases) :]:
        line[0].set_visible(False)
        line[1].set_visible(False)
    _needed(axes[0, 2], results, cases, tolerances)
    _seconds(axes[1, 2], results, cases, tolerances)
    for axis in axes[:, 2]:
        axis.set_xticks(numbers)
    for axis in axes[2:, 2]:
        axis.set_visible(False)
    figure.suptitle(_claim(results), fontsize=11)
    return figure


def _case(row: Row) -> tuple[str, str]:
    return row["activation"], row["convention"]


def _claim(results: list[Row]) -> str:
    """The title, from the rows."""
    judged = [row for row in results if row["verdict"]]
    failed = sum(row["verdict"] == "fail" for row in judged)
    if failed:
        return f"{failed} of {len(judged)} minimal widths are not as predicted"
    never = sum(row["adam"] is None for row in judged)
    if never:
        most = max(row["adam_widest"] / row["constructed"] for row in judged)
        return (
            "Networks of the predicted width exist and are found; Adam finds none as good in "
            f"{never} of {len(judged)} settings, up to {most:.3g} times as wide"
        )
    most = max(row["gap"] for row in judged)
    return f"Adam needs up to {most:.3g} times the width at which a network is known to exist"


def _shares(axis: Axes, rows: list[Row], minimum: dict[int, int], tolerance: float) -> None:
    """Success shares with their intervals, by way of training and n."""
    for index, n in enumerate(sorted(minimum)):
        for method, style in (("second order", "-"), ("adam", "--")):
            line = [
                row
                for row in rows
                if (row["n"], row["method"], row["tolerance"]) == (n, method, tolerance)
            ]
            x = [row["width"] / minimum[n] for row in line]
            y = [row["reached"] / row["restarts"] for row in line]
            low = [row["share_low"] for row in line]
            high = [row["share_high"] for row in line]
            color, mark = COLORS[index % len(COLORS)], _MARKS[index % len(_MARKS)]
            label = f"$n={n}$" if method == "second order" else None
            axis.plot(x, y, style + mark, color=color, label=label, markersize=3.5)
            axis.fill_between(x, low, high, color=color, alpha=0.12, linewidth=0)
    axis.plot([], [], "k-", label="second order")
    axis.plot([], [], "k--", label="Adam")
    axis.axvline(1, color="0.5", linestyle=":", linewidth=1.1)
    _relative(axis)
    axis.set_ylabel("share of restarts")
    axis.set_ylim(-0.03, 1.03)
    axis.legend(fontsize=7.5)


def _errors(axis: Axes, rows: list[Row], minimum: dict[int, int], tolerances: list[float]) -> None:
    """Best and median error of Adam against width; the tolerances as lines."""
    for index, n in enumerate(sorted(minimum)):
        line = [
            row
            for row in rows
            if (row["n"], row["method"], row["tolerance"]) == (n, "adam", tolerances[0])
        ]
        x = [row["width"] / minimum[n] for row in line]
        color, mark = COLORS[index % len(COLORS)], _MARKS[index % len(_MARKS)]
        best = [row["best_error"] for row in line]
        axis.loglog(x, best, "-" + mark, color=color, label=f"$n={n}$", markersize=3.5)
        axis.loglog(x, [row["median_error"] for row in line], ":", color=color)
    for tolerance in tolerances:
        axis.axhline(tolerance, color="0.6", linewidth=0.8, zorder=0)
    axis.plot([], [], "k-", label="best")
    axis.plot([], [], "k:", label="median")
    axis.set_ylim(top=1.5)
    _relative(axis)
    axis.set_ylabel("relative rms error")
    axis.legend(fontsize=7.5, ncols=2)


def _relative(axis: Axes) -> None:
    axis.set_xscale("log", base=2)
    axis.set_xlabel("width / neurons of the construction")
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")


def _needed(axis: Axes, results: list[Row], cases: list, tolerances: list[float]) -> None:
    """The width that exists, and the one that Adam needs at each tolerance; arrows: more than."""
    for index, case in enumerate(cases):
        color = COLORS[index % len(COLORS)]
        rows = [row for row in results if _case(row) == case]
        known = [row for row in rows if row["tolerance"] == tolerances[0] and row["measured"]]
        n = [row["n"] for row in known]
        axis.semilogy(n, [row["measured"] for row in known], "-o", color=color, label=case[0])
        for place, tolerance in enumerate(tolerances):
            for row in (row for row in rows if row["tolerance"] == tolerance):
                shifted = row["n"] + 0.12 * (1 + place * len(cases) + index)
                if row["adam"]:
                    axis.plot(
                        shifted, row["adam"], _OPEN[place % len(_OPEN)], color=color, mfc="none"
                    )
                else:
                    axis.plot(shifted, row["adam_widest"], marker=_MORE, color=color, markersize=9)
    for place, tolerance in enumerate(tolerances):
        label = f"Adam within {100 * tolerance:g} %"
        axis.plot([], [], _OPEN[place % len(_OPEN)], color="k", mfc="none", label=label)
    axis.plot([], [], marker=_MORE, linestyle="", color="k", markersize=9, label="Adam: more than")
    axis.set_yscale("log", base=2)
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_xlabel("inputs $n$ (marks of Adam: moved right)")
    axis.set_ylabel("neurons")
    axis.set_title("width that exists, width Adam needs")
    axis.set_ylim(top=40 * axis.get_ylim()[1])  # room for the legend
    axis.legend(fontsize=7)


def _seconds(axis: Axes, results: list[Row], cases: list, tolerances: list[float]) -> None:
    """Seconds of training per success, at the smallest and the largest tolerance."""
    for index, case in enumerate(cases):
        color = COLORS[index % len(COLORS)]
        for tolerance, column, style in (
            (tolerances[0], "seconds_per_success", "-o"),
            (tolerances[-1], "adam_seconds_per_success", "--s"),
        ):
            line = [
                row
                for row in results
                if _case(row) == case and row["tolerance"] == tolerance and row[column]
            ]
            way = "second order" if column == "seconds_per_success" else "Adam"
            label = f"{case[0]}, {way}, {100 * tolerance:g} %"
            n, y = [row["n"] for row in line], [row[column] for row in line]
            axis.semilogy(n, y, style, color=color, label=label)
    axis.set_xlabel("inputs $n$")
    axis.set_ylabel("seconds per success")
    axis.set_title("time at the width that was needed")
    axis.set_ylim(top=300 * axis.get_ylim()[1])  # room for the legend
    axis.legend(fontsize=7, loc="upper left")


if __name__ == "__main__":
    main("threshold", draw)
