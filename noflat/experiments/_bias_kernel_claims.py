"""The claims of the experiment on large biases, from its rows alone."""

from collections.abc import Callable
from math import exp, pi, sqrt
from statistics import fmean, median, stdev

import numpy as np
from scipy.special import ndtr, stdtrit

from noflat.experiments._claims import claim, every, farthest
from noflat.experiments._flags import Tables
from noflat.experiments.records import Row, where
from noflat.measure.bias_spectra import constancy
from noflat.measure.scaling import scaling_fit

_LEVEL = 0.01
"""The probability at which all tests of one kind together err."""
_FIRST_ORDER = 0.25
"""The relative distance within which a law of wide networks holds of one, from six pilots."""
_CONSTANT = 0.1
"""The relative distance from one number that counts as being it."""
_PAIR = 0.5
"""The least share of its nearest pair's value that a smallest eigenvalue has, from pilots."""
_DIGITS = 1 + 1e-3
"""The room for rows that keep four digits."""
_LARGE = 1.5
"""From this B on the laws of large B are asked for."""


def claims(tables: Tables) -> list[Row]:
    """What was predicted beside what was found."""
    return [
        *_of_kernel(tables["sampled"]),
        *_of_bounds(tables["eigenvalues"]),
        *_of_pairs(tables["eigenvalues"]),
        *_of_ratio(tables["eigenvalues"]),
        *_of_steps(tables["descent"]),
        *_of_flips(tables["descent"]),
        *_of_breaks(tables["breaks"]),
        *_of_exponents(tables["breaks"]),
        *_of_generalization(tables["generalization"]),
    ]


def _of_kernel(rows: list[Row]) -> list[Row]:
    entries = sum(row["entries"] for row in rows)
    return [
        claim(
            "kernel: entries of random neurons against the closed form: least p-value, times all "
            "entries",
            f"{_LEVEL}",
            _LEVEL,
            ">=",
            min(1.0, entries * min(row["smallest_p"] for row in rows)),
            note=f"binomial, {entries} entries of {rows[0]['neurons']} neurons, "
            f"{len(rows)} B; largest z {max(row['largest_z'] for row in rows):.3g}",
        )
    ]


def _of_bounds(rows: list[Row]) -> list[Row]:
    older = [row["series_low"] / row["worst_case"] for row in rows]
    sets = _sets(rows)
    return [
        every(
            "bounds: kernels whose smallest eigenvalue is between both lower bounds and the "
            "diagonal",
            [
                max(row["series_low"], row["apart_low"]) <= _DIGITS * row["smallest"]
                and row["smallest"] <= _DIGITS * row["diagonal"]
                for row in rows
            ],
            note="theorems K2 and K3",
        ),
        every(
            "bounds: kernels whose largest eigenvalue is below both upper bounds",
            [
                row["largest"] <= _DIGITS * min(row["series_high"], row["apart_high"])
                for row in rows
            ],
            note="theorems K2 and K3",
        ),
        every(
            "bounds: kernels whose smallest eigenvalue is above delta exp(-B^2/2)/(100 n^2)",
            [row["smallest"] >= row["worst_case"] for row in rows],
            note="as quoted of Song, Yang and Zhang (2021)",
        ),
        claim(
            "bounds: that of the Hermite series over delta exp(-B^2/2)/(100 n^2): least",
            "1",
            1,
            ">=",
            min(older),
            note=f"median {median(older):.3g}; of the smallest eigenvalue itself the series has "
            f"at least {min(row['series_low'] / row['smallest'] for row in rows):.3g}",
        ),
        every(
            "kernel: from one B to the next, condition numbers that do not grow",
            [ahead >= later for ahead, later in _steps_of(sets, "condition")],
        ),
        every(
            "kernel: from one B to the next, lambda_min/(2 Phi(-B)) that do not fall",
            [ahead <= later for ahead, later in _steps_of(sets, "over_diagonal")],
            note="tends to 1 by theorem K3; that it does not fall is not proved",
        ),
    ]


def _of_pairs(rows: list[Row]) -> list[Row]:
    caps = [
        (row["least_angle"] / pi + row["least_angle"] ** 2 / 4) * exp(-(row["B"] ** 2) / 2)
        for row in rows
    ]
    ratios = [row["smallest"] / row["nearest_pair"] for row in rows]
    below = [row for row, ratio in zip(rows, ratios, strict=True) if ratio < _PAIR]
    return [
        every(
            "pairs: kernels whose smallest eigenvalue is at most the value of the nearest pair, "
            "and that at most (theta/pi + theta^2/4) exp(-B^2/2)",
            [
                row["smallest"] <= _DIGITS * row["nearest_pair"]
                and row["nearest_pair"] <= _DIGITS * cap
                for row, cap in zip(rows, caps, strict=True)
            ],
            note="theorem K5; theta is the least angle between two points",
        ),
        claim(
            "pairs: the smallest eigenvalue over the value of the nearest pair: least",
            f"{_PAIR}",
            _PAIR,
            ">=",
            min(ratios),
            note=f"the {_PAIR} is from pilots with other seeds, not from a theorem; {len(below)} "
            f"of {len(rows)} kernels are below it"
            + (f", B up to {max(row['B'] for row in below):.3g}" if below else ""),
        ),
    ]


def _of_ratio(rows: list[Row]) -> list[Row]:
    found = []
    for n, d in dict.fromkeys((row["n"], row["d"]) for row in rows):
        spreads = [
            constancy(np.array([row["over_gauss"] for row in mine if row["B"] <= 4]))
            for mine in _sets(where(rows, n=n, d=d))
        ]
        found.append(
            every(
                f"kernel: draws of n = {n}, d = {d} with lambda_min exp(B^2/2) within 10 % of one "
                "number, B from 0 to 4",
                [spread <= _CONSTANT for spread in spreads],
                note=f"median {100 * median(spreads):.3g} %, from {100 * min(spreads):.3g} to "
                f"{100 * max(spreads):.3g} %",
            )
        )
    return found


def _of_steps(rows: list[Row]) -> list[Row]:
    fixed = where(rows, kind="fixed")
    biases = sorted({row["B"] for row in fixed})
    common = max(row["m"] for row in where(fixed, B=biases[0]))
    wide = {bias: where(fixed, B=bias, m=common) for bias in biases}
    widest = {bias: _widest(where(fixed, B=bias)) for bias in biases}
    found = [
        every(
            f"start: B at which the mean active share of {common} neurons is Phi(-B)",
            [_holds([row["active_start"] for row in wide[b]], b, len(biases)) for b in biases],
            note=f"Student's t, {len(wide[biases[0]])} networks, all B together at {_LEVEL}",
        )
    ]
    for bias in biases:
        ratios = [row["ratio"] for row in wide[bias]]
        later = median(row["ratio"] for row in widest[bias])
        found.append(
            claim(
                f"descent: steps over those the kernel predicts, B = {bias:.3g}, m = {common}: "
                "median",
                "1",
                1.0,
                f"within {_FIRST_ORDER}",
                median(ratios),
                note=f"from {min(ratios):.3g} to {max(ratios):.3g}, 10 where it never gets there; "
                f"predicted {median(row['predicted_steps'] for row in wide[bias]):.3g} steps; "
                f"median {later:.3g} at m = {widest[bias][0]['m']}",
            )
        )
    for said, cells in ((f"m = {common}", wide), ("the largest m of each B", widest)):
        steps = [median(row["ratio"] * row["predicted_steps"] for row in cells[b]) for b in biases]
        found.append(
            every(
                f"descent: from one B to the next, median steps that fall at {said}",
                [later < ahead for ahead, later in zip(steps, steps[1:], strict=False)],
                note=", ".join(f"{one:.3g}" for one in steps) + " steps; what never gets there "
                "counts as ten times the prediction",
            )
        )
    return found


def _of_flips(rows: list[Row]) -> list[Row]:
    fixed = where(rows, kind="fixed")
    biases = sorted({row["B"] for row in fixed})
    common = max(row["m"] for row in where(fixed, B=biases[0]))
    wide = [where(fixed, B=bias, m=common) for bias in biases]
    shares = [median(row["flipped"] for row in mine) for mine in wide]
    inner = [median(row["flipped"] / row["active_start"] for row in mine) for mine in wide]
    ratios = [
        median(row["ever_flipped"] / row["predicted_flips"] for row in _widest(of))
        for of in (where(fixed, B=bias) for bias in biases)
    ]
    return [
        claim(
            f"flips: share of pairs of neuron and point that end changed, m = {common}: largest "
            "median over B",
            "0.05",
            0.05,
            "<=",
            max(shares),
            note=", ".join(f"{one:.3g}" for one in shares),
        ),
        claim(
            f"flips: that share over the active share, m = {common}: largest median over B",
            "0.1",
            0.1,
            "<=",
            max(inner),
            note=", ".join(f"{one:.3g}" for one in inner),
        ),
        claim(
            "flips: pairs that ever changed over those of proposition K4, largest m of each B: "
            "farthest from 1",
            "1",
            1.0,
            f"within {_FIRST_ORDER}",
            farthest(ratios),
            note=", ".join(f"{one:.3g}" for one in ratios),
        ),
    ]


def _of_breaks(rows: list[Row]) -> list[Row]:
    """Whether one number of active neurons, or of its product with their share, tells the break."""

    def spread(name: str, column: str, keep: Callable[[Row], bool]) -> Row:
        values = [row[column] for row in rows if keep(row)]
        known = [value for value in values if value]
        return claim(
            f"break: {name}: largest over smallest",
            "2",
            2.0,
            "<=",
            max(known) / min(known) if known else None,
            note=", ".join(f"{value:.3g}" for value in known)
            + (
                "" if len(known) == len(values) else f"; {len(values) - len(known)} not on the grid"
            ),
        )

    return [
        spread(
            "m Phi(-B) where the kernel at the start predicts twice the steps",
            "active_neurons",
            lambda row: row["of"] == "start kernel" and row["slower"] == 2,
        ),
        *(
            spread(
                f"m Phi(-B) where networks take {level} times the steps",
                "active_neurons",
                lambda row, level=level: row["of"] == "network" and row["slower"] == level,
            )
            for level in (2, 4)
        ),
        *(
            spread(
                f"m Phi(-B)^2 where networks take {level} times the steps, B from {_LARGE} on",
                "squared",
                lambda row, level=level: (
                    row["of"] == "network" and row["slower"] == level and row["B"] >= _LARGE
                ),
            )
            for level in (2, 4)
        ),
    ]


def _of_exponents(rows: list[Row]) -> list[Row]:
    found = []
    for of, level, exponent in (("start kernel", 2, 1.0), ("network", 2, 2.0), ("network", 4, 2.0)):
        mine = [row for row in where(rows, of=of, slower=level) if row["B"] >= _LARGE]
        members = np.array([[float(size) for size in row["of_members"].split()] for row in mine])
        inside = members[:, np.all(members > 0, axis=0)] if len(mine) > 1 else np.zeros((1, 0))
        fit = None
        if inside.shape[1] > 1:
            factor = {"one over the share": [1 / float(ndtr(-row["B"])) for row in mine]}
            fit = scaling_fit(inside.tolist(), factor, paired=True).exponents["one over the share"]
        found.append(
            claim(
                f"break: exponent in 1/Phi(-B) of the width at {level} times the steps, {of}, "
                f"B from {_LARGE} on",
                f"{exponent:.0f}",
                exponent,
                "=",
                None if fit is None else fit.value,
                interval=None if fit is None else (fit.low, fit.high),
                note=f"{inside.shape[1]} of {members.shape[1] if mine else 0} members cross on the "
                "grid",
            )
        )
    return found


def _of_generalization(rows: list[Row]) -> list[Row]:
    biases = sorted({row["B"] for row in rows})

    def middle(labels: str, bias: float, column: str) -> float:
        return median(row[column] for row in where(rows, labels=labels, B=bias))

    errors = [middle("linear", bias, "rms_error") for bias in biases]
    lower = [
        one["complexity"] < other["complexity"]
        for one, other in zip(
            where(rows, labels="linear"), where(rows, labels="random"), strict=True
        )
    ]
    return [
        every("new points: kernels with y' H^-1 y smaller for linear labels than random", lower),
        claim(
            "new points: error of linear labels over that at B = 0: largest median over B",
            "1.1",
            1.1,
            "<=",
            max(errors) / errors[0],
            note="root mean square, of labels 1: " + ", ".join(f"{one:.3g}" for one in errors),
        ),
    ]


def _sets(rows: list[Row]) -> list[list[Row]]:
    """The rows of every data set, by B."""
    found: dict[tuple, list[Row]] = {}
    for row in rows:
        found.setdefault((row["n"], row["d"], row["draw"]), []).append(row)
    return [sorted(mine, key=lambda row: row["B"]) for mine in found.values()]


def _steps_of(sets: list[list[Row]], column: str) -> list[tuple[float, float]]:
    return [
        (ahead[column], later[column])
        for mine in sets
        for ahead, later in zip(mine, mine[1:], strict=False)
    ]


def _widest(rows: list[Row]) -> list[Row]:
    return where(rows, m=max(row["m"] for row in rows))


def _holds(shares: list[float], bias: float, tests: int) -> bool:
    """Whether a mean is what it should be, by Student's t among so many tests."""
    away = abs(fmean(shares) - float(ndtr(-bias)))
    error = stdev(shares) / sqrt(len(shares))
    return away <= float(stdtrit(len(shares) - 1, 1 - _LEVEL / (2 * tests))) * error
