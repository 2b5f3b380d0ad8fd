"""The claims of sparse activations on what is learned and on activity, from rows alone."""

from statistics import median

import numpy as np
from scipy.stats import spearmanr

from noflat.experiments._claims import claim, every, none
from noflat.experiments._flags import Tables
from noflat.experiments.records import Row, where

_FEW = 0.1
"""The share of active neurons that counts as few."""
_BOUNDS = ("uniform", "mean", "weighted", "signed")


def training_claims(tables: Tables) -> list[Row]:
    """What was predicted beside what was found."""
    return [
        *_of_students(tables["students"]),
        *_of_activity(tables["trained"]),
        *_of_bounds(tables["trained"]),
        _of_transformers(tables["transformer_activity"]),
    ]


def _of_students(rows: list[Row]) -> list[Row]:
    steps = rows[0]["steps"]
    low = [row for row in rows if row["sensitivity"] <= 6]
    high = [row for row in rows if row["sensitivity"] >= 8 * (1 - 1e-3)]  # four digits
    parities = [row for row in rows if row["target"].startswith("parity")]
    least = min(row["neurons"] for row in parities)
    alike = [row for row in parities if row["neurons"] == 8] or where(parities, neurons=least)
    easy = [bool(row["learned"]) for row in alike if row["active"] == 1]
    hard = [not row["learned"] for row in alike if row["active"] > 1]
    targets = dict.fromkeys(row["target"] for row in rows)
    exact = [where(rows, target=name)[0]["sensitivity"] for name in targets]
    taken = [
        median(row["steps_taken"] if row["learned"] else steps for row in where(rows, target=name))
        for name in targets
    ]
    return [
        every(
            "students: of teachers of sensitivity up to 6, those that learn",
            [bool(row["learned"]) for row in low],
            note=f"{steps} steps; where to cut was seen from the rows",
        ),
        none(
            f"students: of teachers of sensitivity 8 and more, those that learn in {steps} steps",
            sum(row["learned"] for row in high) if high else None,
            note=f"{len(high)} students",
        ),
        every(
            "students: of parities with as many neurons, those that learn where one is active and "
            "do not where all are",
            easy + hard,
            note=f"{sum(easy)} of {len(easy)} and {sum(hard)} of {len(hard)}",
        ),
        claim(
            "students: rank correlation of sensitivity and median steps",
            "0.9",
            0.9,
            ">=",
            float(np.asarray(spearmanr(exact, taken))[0]),
            note="it tells which are learned, not in which order",
        ),
    ]


def _of_activity(rows: list[Row]) -> list[Row]:
    start = where(rows, when="start", start="random")
    plain, both = (
        where(rows, when="trained", start="random", penalty=name) for name in ("none", "both")
    )
    written = where(rows, when="trained", start="written with room")
    least = [row["active"] for row in where(rows, when="trained", start="written")]
    return [
        every(
            "activity: networks without a penalty in which fewer neurons are active after training",
            [
                row["share"] < where(start, target=row["target"], neurons=row["neurons"],
                                     member=row["member"])[0]["share"]
                for row in plain
            ],
            note=_range("share at the end", [row["share"] for row in plain]),
        ),
        claim(
            "activity: share of active neurons without a penalty, median",
            f"{_FEW}",
            _FEW,
            "<=",
            median(row["share"] for row in plain),
            note="as in large transformers; one layer and targets without noise here",
        ),
        claim(
            "activity: share of active neurons where weights and activity cost, median",
            f"{_FEW}",
            _FEW,
            "<=",
            median(row["share"] for row in both),
            note="the costs were chosen after one run with other seeds",
        ),
        every(
            "activity: networks written down with room, with k = 1 after noise and training",
            [row["active"] == 1 for row in written],
            note=f"with least W instead k is {min(least)} to {max(least)}",
        ),
    ]  # fmt: skip


def _of_bounds(rows: list[Row]) -> list[Row]:
    trained = where(rows, when="trained", start="random")
    plain = where(trained, penalty="none")
    most = max(row["cost"] for row in trained)
    costly = [row for row in where(trained, target="parity") if row["cost"] == most]
    others = [row for row in where(trained, target="index") if row["cost"] == most]
    ratios = [
        row["signed_bound"] / row["sensitivity"]
        for row in where(trained, target="parity", penalty="both")
    ]
    return [
        none(
            "trained: networks above one of the four bounds",
            sum(
                any(row["sensitivity"] > row[f"{name}_bound"] * (1 + 1e-3) for name in _BOUNDS)
                for row in rows
            ),
            note=f"{len(rows)} networks; rows keep four digits",
        ),
        *(
            every(
                f"trained: networks without a penalty for which {formula} is below n Var h",
                [row[f"{name}_bites"] == 1 for row in plain],
                note=_range(
                    "over the sensitivity",
                    [row[f"{name}_bound"] / row["sensitivity"] for row in plain],
                ),
            )
            for name, formula in (("uniform", "4 k^2 W^2"), ("signed", "the signed bound"))
        ),
        every(
            f"trained: networks of the parity of 3, activity at {most:g}, for which the signed "
            "bound is below n Var h",
            [row["signed_bites"] == 1 for row in costly],
            note=f"of the index {sum(row['signed_bites'] for row in others)} of {len(others)}",
        ),
        claim(
            "trained: signed bound over sensitivity, parity of 3 where weights and activity cost, "
            "median",
            "2",
            2.0,
            "<=",
            median(ratios),
            note=_range("it is 1 of the extremal family; here", ratios),
        ),
        every(
            "trained: networks whose certified degree for a tenth of the variance is below n",
            [row["certified_degree"] < row["inputs"] for row in trained],
            note="the sensitivity itself says n, too, for "
            f"{sum(row['sensitivity_degree'] == row['inputs'] for row in trained)}",
        ),
    ]


def _of_transformers(rows: list[Row]) -> Row:
    last = max(row["steps"] for row in rows)
    shares = [row["share"] for row in where(rows, steps=last)]
    return claim(
        "transformer: share of active neurons of its MLPs after training, largest median",
        f"{_FEW}",
        _FEW,
        "<=",
        max(shares),
        note=f"{rows[0]['neurons']} neurons a layer; their inputs are real, and no bound applies",
    )


def _range(said: str, values: list[float]) -> str:
    return f"{said} {median(values):.3g}, from {min(values):.3g} to {max(values):.3g}"
