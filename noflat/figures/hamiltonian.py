"""A classifier beside the exact posterior, what locality saves, and products of bits and signs."""

from math import pi

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from noflat.experiments.records import Record, Row
from noflat.figures._drawing import COLORS, headline, main


def draw(record: Record) -> Figure:
    """Draws the record of `hamiltonian`.

    Args:
        record: Its tables.

    Returns:
        Six panels: accuracy, distance against scale, neurons against n; errors on bits, of single
        products and of whole functions, and the cosine of a parity.
    """
    tables = record.tables
    figure = Figure(figsize=(11.4, 7.0), layout="constrained")
    axes = figure.subplots(2, 3)
    _accuracy(axes[0, 0], tables["repeats"])
    _scales(axes[0, 1], tables["scales"])
    _counts(axes[0, 2], tables["counts"])
    _gates(axes[1, 0], tables["gates"])
    _functions(axes[1, 1], tables["functions"])
    _parity(axes[1, 2], tables["parity"])
    held = (
        "Bayes classifiers of local Hamiltonians, written down as networks: "
        "lines are predicted, points measured"
    )
    figure.suptitle(headline(tables["claims"], held), fontsize=11)
    return figure


def _accuracy(axis: Axes, rows: list[Row]) -> None:
    """What the posterior says of itself, and what the networks get right."""
    for color, order in zip(COLORS, dict.fromkeys(row["order"] for row in rows), strict=False):
        numbers = list(dict.fromkeys(row["n"] for row in rows if row["order"] == order))
        expected, found, spread = [], [], []
        for n in numbers:
            here = [row for row in rows if (row["order"], row["n"]) == (order, n)]
            total = sum(row["points"] for row in here)
            expected.append(sum(row["exact_correct"] - row["excess"] for row in here) / total)
            shares = [row["compiled_float32_correct"] / row["points"] for row in here]
            found.append(float(np.mean(shares)))
            spread.append(2 * float(np.std(shares, ddof=1)) / len(shares) ** 0.5)
        axis.plot(numbers, expected, "-", color=color, label=f"order {order}")
        axis.errorbar(numbers, found, spread, fmt="o", color=color, capsize=2.5)
    axis.set_xscale("log", base=2)
    ticks = sorted({row["n"] for row in rows})
    axis.set_xticks(ticks, [str(n) for n in ticks])
    axis.set_xlabel("variables $n$")
    axis.set_ylabel("accuracy on fresh points")
    axis.set_title("The network is as accurate as Bayes\n(line: exact; points: float32 network)")
    axis.text(0.98, 0.03, "bars: two standard errors", transform=axis.transAxes, ha="right",
              fontsize=8)  # fmt: skip
    axis.legend(fontsize=8)


def _scales(axis: Axes, rows: list[Row]) -> None:
    """Distance of the class probabilities, with the bound of the weights in float64."""
    for color, dtype in ((COLORS[0], "float64"), (COLORS[1], "float32")):
        line = [row for row in rows if row["dtype"] == dtype]
        x = [row["scale"] for row in line]
        if dtype == "float64":
            proved = [row["proved"] for row in line]
            axis.loglog(x, proved, "-", color="black", label="proved bound, without rounding")
        axis.loglog(x, [row["tv_max"] for row in line], "o", color=color, label=f"{dtype}, largest")
        axis.loglog(
            x,
            [row["tv_mean"] for row in line],
            "o",
            color=color,
            mfc="none",
            label=f"{dtype}, mean",
        )
    axis.set_ylim(bottom=min(row["tv_mean"] for row in rows) / 60)  # room for the legend
    axis.set_xlabel("scale $\\lambda$ of the gates")
    axis.set_ylabel("total variation distance")
    order, n = rows[0]["order"], rows[0]["n"]
    axis.set_title(f"Class probabilities tend to the exact ones\n(order {order}, $n={n}$)")
    axis.legend(fontsize=7, loc="lower right", handlelength=1.2, borderaxespad=0.1)


def _counts(axis: Axes, rows: list[Row]) -> None:
    """A generic polynomial, a local one, and a convolution."""
    for color, order in zip(COLORS, dict.fromkeys(row["order"] for row in rows), strict=False):
        here = [row for row in rows if row["order"] == order]
        numbers = list(dict.fromkeys(row["n"] for row in here))
        largest = [
            max((row for row in here if row["n"] == n), key=lambda row: row["compiled_neurons"])
            for n in numbers
        ]
        axis.loglog(
            numbers, [row["generic_coefficients"] for row in largest], "--", color=color, alpha=0.8
        )
        per_site = largest[-1]["compiled_neurons"] / numbers[-1]
        axis.loglog(numbers, [per_site * n for n in numbers], "-", color=color, linewidth=1)
        axis.loglog(
            numbers,
            [row["compiled_neurons"] for row in largest],
            "o",
            color=color,
            label=f"order {order}",
        )
        axis.loglog(
            numbers, [row["convolution_weights"] for row in largest], "s", color=color, mfc="none"
        )
    last = max(row["n"] for row in rows)
    for text, column in (
        ("generic\ncoefficients", "generic_coefficients"),
        ("local: neurons", "compiled_neurons"),
        ("convolution:\nweights", "convolution_weights"),
    ):
        axis.annotate(
            text,
            (last, _middle(rows, column, last)),
            fontsize=7.5,
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            annotation_clip=False,
        )
    axis.set_xscale("log", base=2)
    ticks = sorted({row["n"] for row in rows})
    axis.set_xticks(ticks, [str(n) for n in ticks])
    axis.set_xlabel("variables $n$")
    axis.set_ylabel("how many")
    axis.set_title("Locality leaves a multiple of $n$ neurons,\nsymmetry a fixed number of weights")
    axis.legend(fontsize=8, loc="upper left")


def _middle(rows: list[Row], column: str, n: int) -> float:
    """Of the largest numbers of every order at n the one of the middle order."""
    orders = sorted({row["order"] for row in rows})
    order = orders[len(orders) // 2]
    return max(row[column] for row in rows if (row["order"], row["n"]) == (order, n))


def _gates(axis: Axes, rows: list[Row]) -> None:
    """The error of one neuron, with the formula and with the rule of the paper."""
    beta = np.linspace(0, max(row["sharpness"] for row in rows), 200)
    axis.semilogy(
        beta, 1 / (1 + np.exp(beta / 2)), "-", color="black", label="$\\mathrm{sigmoid}(-\\beta/2)$"
    )
    axis.semilogy(
        beta,
        np.exp(-beta),
        ":",
        color="0.5",
        label="$10^{-D}$ at $\\beta=D\\,\\ln 10$",
    )
    numbers = dict.fromkeys(row["bits"] for row in rows)
    for color, marker, k in zip(COLORS, "o+xsDv^", numbers, strict=False):
        line = [row for row in rows if row["bits"] == k]
        axis.semilogy(
            [row["sharpness"] for row in line],
            [row["error"] for row in line],
            marker,
            color=color,
            mfc="none",
            markersize=7,
            label=f"{k} bit{'s' if k > 1 else ''}",
        )
    axis.set_xlabel("sharpness $\\beta$")
    axis.set_ylabel("largest error of a product of bits")
    axis.set_title("One neuron multiplies\nany number of bits")
    axis.legend(fontsize=7.5)


def _functions(axis: Axes, rows: list[Row]) -> None:
    """Errors of whole functions, in errors of one product."""
    numbers = sorted({row["n"] for row in rows})
    proved = [max(r["bound"] / r["one_product"] for r in rows if r["n"] == n) for n in numbers]
    axis.semilogy(numbers, proved, "-", color="black", label="proved, about $n+1$")
    line = [row for row in rows if row["function"] == "parity"]
    axis.semilogy(
        [row["n"] for row in line],
        [row["coefficients"] for row in line],
        "--",
        color="0.5",
        label="coefficients of parity",
    )
    for color, name in zip(COLORS, dict.fromkeys(row["function"] for row in rows), strict=False):
        line = [row for row in rows if row["function"] == name]
        shift = 0.08 * (COLORS.index(color) - 2.5)
        axis.semilogy(
            [row["n"] + shift for row in line],
            [row["error"] / row["one_product"] for row in line],
            "o",
            color=color,
            label=name,
        )
    axis.set_xlabel("bits $n$")
    axis.set_ylim(top=300 * max(row["coefficients"] for row in rows))  # room for the legend
    axis.set_ylabel("error, in errors of one product")
    axis.set_title(
        "A function of bits errs like $n$ products,\nnot like the sum of its coefficients"
    )
    axis.legend(fontsize=7.5, ncols=2, loc="upper left", columnspacing=1)


def _parity(axis: Axes, rows: list[Row]) -> None:
    """The cosine is exact on the corners, and no product between them."""
    numbers = [row["n"] for row in rows]
    n = np.linspace(min(numbers), max(numbers), 200)
    formula = 0.5 - 2 * (4 / pi**2) ** n + 3.0**-n
    axis.semilogy(n, formula, "-", color=COLORS[1], label="between corners, formula")
    axis.semilogy(
        numbers, [row["mean_square"] for row in rows], "o", color=COLORS[1], label="measured"
    )
    axis.semilogy(n, 3.0**-n, "--", color="0.5", label="a network of zeros")
    worst = max(row["corner_error"] for row in rows)
    axis.text(
        0.98,
        0.86,
        f"largest error on the $2^n$ corners: {worst:.1g}",
        transform=axis.transAxes,
        ha="right",
        fontsize=8,
    )
    axis.set_xticks(numbers)
    axis.set_xlabel("signs $n$")
    axis.set_ylabel("mean square error on the cube")
    axis.set_title("One cosine multiplies $n$ signs,\nbut not numbers between")
    axis.legend(fontsize=7.5, loc="lower left")


if __name__ == "__main__":
    main("hamiltonian", draw)
