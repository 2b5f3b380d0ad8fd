"""The claims of sparse activations on learning by low degree and on random signs, from rows."""

from math import log
from statistics import median

import numpy as np

from noflat.experiments._claims import claim, every
from noflat.experiments._flags import Tables
from noflat.experiments.records import Row, column, where

_ERRORS = 4.0
"""Standard errors within which a mean over training sets must be."""
_ROUNDING = 1e-3
"""Two numbers of four digits may differ by so much, relatively, where they are the same."""


def learning_claims(tables: Tables) -> list[Row]:
    """What was predicted beside what was found."""
    return [
        *_of_curves(tables["low_degree"]),
        *_of_samples(tables["sample_complexities"]),
        *_of_growth(tables["sample_growth"]),
        *_of_clusters(where(tables["rademacher"], sample="clusters")),
        *_of_sphere(where(tables["rademacher"], sample="sphere")),
    ]


def _of_curves(rows: list[Row]) -> list[Row]:
    averages = [row for row in where(rows, method="averages") if row["tail"] > 1e-9]
    solved = [row for row in where(rows, method="least squares") if row["tail"] > 1e-9]
    ratios = [
        row["error"] / row["predicted"] for row in solved if row["samples"] >= 2 * row["features"]
    ]
    peaks = [row["median_error"] for row in solved if row["samples"] == row["features"]]
    return [
        every(
            "low degree: mean errors of averages at their closed form, up to four errors",
            [
                abs(row["error"] - row["predicted"])
                <= _ERRORS * row["standard_error"] + _ROUNDING * row["predicted"]
                for row in averages
            ],
            note=f"{averages[0]['seeds']} training sets for each target, degree and size",
        ),
        claim(
            "low degree: error of least squares over that of Gaussian features, N at least 2D: "
            "median",
            "1",
            1.0,
            "within 0.05",
            median(ratios),
            note=f"an approximation: from {min(ratios):.3g} to {max(ratios):.3g}",
        ),
        every(
            "low degree: least squares on as many samples as features that is worse than a "
            "constant",
            [peak > 1 for peak in peaks],
            note=f"median errors from {min(peaks):.3g} to {max(peaks):.3g} times the variance",
        ),
    ]


def _of_samples(rows: list[Row]) -> list[Row]:
    sparse, others = where(rows, sparse=1), where(rows, sparse=0)
    like = [row for row in others if row["teacher"].startswith("parity of 8 ")] or others[-1:]
    ratios = [like[0]["samples"] / row["samples"] for row in sparse]
    easy = min(others, key=lambda row: row["samples"])
    return [
        every(
            "samples: at which averages come to the error, by closed form within what was measured",
            [
                row["low"] is not None
                and row["low"] <= row["interpolated_samples"] <= (row["high"] or np.inf)
                for row in rows
            ],
            note="both read off the same sizes; 99 % intervals over training sets",
        ),
        claim(
            "samples: parity with as many neurons over functions of one active neuron: least",
            "1",
            1.0,
            ">=",
            min(ratios),
            note="ratios " + ", ".join(f"{ratio:.3g}" for ratio in ratios),
        ),
        every(
            "samples: pairs where the function of one active neuron takes fewer than the dense one",
            [row["samples"] < other["samples"] for row in sparse for other in others],
            note=f"{easy['teacher']} takes {easy['samples']}: density alone makes nothing hard",
        ),
        every(
            "samples: functions of one active neuron whose certified degree is below n",
            [row["bound_degree"] < row["n"] for row in sparse],
            note=f"n up to {max(row['n'] for row in sparse)} is too small for it",
        ),
    ]


def _of_growth(rows: list[Row]) -> list[Row]:
    few = min(row["n"] for row in rows if row["n"] > 16)
    found = []
    for name in dict.fromkeys(row["teacher"] for row in rows):
        mine = [row for row in where(rows, teacher=name) if row["n"] < few]
        if name.startswith("parity"):
            base = 2 ** np.polyfit(column(mine, "n"), np.log2(column(mine, "samples")), 1)[0]
            found.append(
                claim(f"samples: factor for one sign more, {name}", "2", 2.0, "within 0.05",
                      float(base))
            )  # fmt: skip
            continue
        degree = mine[-1]["degree"]
        x, y = ([log(value) for value in column(mine, of)] for of in ("n", "samples"))
        found.append(
            claim(
                f"samples: exponent of n, {name}, against its degree",
                str(degree),
                float(degree),
                "within 0.1",
                float(np.polyfit(x, y, 1)[0]),
                note=f"n from {mine[0]['n']} to {mine[-1]['n']}, by closed form",
            )
        )
    most = max(row["n"] for row in rows)
    parity, junta = (
        next(row for row in rows if row["n"] == most and row["teacher"].startswith(start))
        for start in ("parity", "junta")
    )
    return [
        *found,
        claim(
            f"samples: certified for a junta of {most} signs, over those of parity",
            "1",
            1.0,
            "<=",
            junta["bound_samples"] / parity["samples"],
            note=f"certified degree {junta['bound_degree']}, true degree {junta['degree']} and "
            f"{junta['samples']:.3g} samples",
        ),
    ]


def _of_clusters(rows: list[Row]) -> list[Row]:
    shares = [row["neurons_best"] / row["supremum"] for row in rows]
    slopes = [row["gradient_best"] / row["supremum"] for row in rows]
    return [
        claim(
            "random signs: on clusters, what a search reaches of the exact supremum: least",
            "0.99",
            0.99,
            ">=",
            min(shares),
            note="one neuron at a time; along gradients "
            + ", ".join(f"{share:.3g}" for share in slopes),
        ),
        every(
            "random signs: on clusters, searches that stay at the supremum or below",
            [row["estimate"] <= row["supremum"] * (1 + _ROUNDING) for row in rows],
        ),
        every(
            "random signs: on clusters, exact complexities below A sqrt(sk/m)",
            [row["exact"] <= row["conjectured"] for row in rows],
            note="shares "
            + ", ".join(f"{row['exact'] / row['conjectured']:.3g}" for row in rows)
            + "; sqrt(2/pi) = 0.798 is the limit",
        ),
        every(
            "random signs: networks found with at most k active neurons at every point",
            [row["most_active"] <= row["k"] for row in rows],
        ),
    ]


def _of_sphere(rows: list[Row]) -> list[Row]:
    n = max(row["n"] for row in rows)
    mine = where(rows, n=n)
    found = [
        every(
            "random signs: on a sphere, estimates below A sqrt(sk/m)",
            [row["estimate"] <= row["conjectured"] for row in rows],
            note="shares from "
            f"{min(row['estimate'] / row['conjectured'] for row in rows):.3g} to "
            f"{max(row['estimate'] / row['conjectured'] for row in rows):.3g}; from below only",
        )
    ]
    for name, exponent in (("s", 0.5), ("k", 0.5), ("m", -0.5)):
        series = _series(mine, name)
        if len(series) < 2:
            continue
        x, y = ([log(row[of]) for row in series] for of in (name, "estimate"))
        found.append(
            claim(
                f"random signs: on a sphere, {n} inputs, exponent of {name} in the estimate",
                f"{exponent:g}",
                exponent,
                "within 0.1",
                float(np.polyfit(x, y, 1)[0]),
                note=f"{name} = " + ", ".join(str(row[name]) for row in series)
                + "; the search is not at its end",
            )
        )  # fmt: skip
    return found


def _series(rows: list[Row], name: str) -> list[Row]:
    """The rows that differ in nothing but that, as many as there are."""
    others = [of for of in ("m", "s", "k") if of != name]
    groups = [where(rows, **{of: row[of] for of in others}) for row in rows]
    return sorted(max(groups, key=len, default=[]), key=lambda row: row[name])
