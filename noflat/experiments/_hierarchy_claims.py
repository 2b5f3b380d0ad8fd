"""What is predicted of hierarchies, beside what the tables of the experiment say."""

import math
from math import exp, log
from statistics import median
from typing import Any

from noflat.experiments._claims import claim, every, farthest, none
from noflat.experiments._flags import Tables
from noflat.experiments.records import Row, where

_NAMES = {"lcn": "LCN", "cnn": "CNN", "fcn": "FCN"}
_RATES = {"main": "", "slow": " at a tenth of the learning rate"}
_EXPONENTS = (("slots", "s_0 + 1", "2", 2.0, 0.15), ("rules", "n_c m^L", "1", 1.0, 0.1))
"""Factors of the laws at two levels: column, name, formula, exponent, and how far it may lie."""


def claims(tables: Tables) -> list[Row]:
    """What was predicted, beside what the tables say; of what was not run nothing is claimed."""
    return [
        *_of_laws(tables),
        *_published(tables),
        *_fully(tables),
        *_of_depth(tables),
        *_of_noise(tables),
        *_of_invariance(tables),
        *_of_paths(tables),
        *_of_telling(tables),
        *_of_networks(tables),
    ]


def _cells(tables: Tables, part: str, network: str, **cells: Any) -> list[Row]:
    return where(tables["complexities"], part=part, network=network, **cells)


def _of_laws(tables: Tables) -> list[Row]:
    ratios = [row["ratio"] for row in _cells(tables, "main", "lcn")]
    found = []
    if len(ratios) > 1:
        found.append(
            claim(
                "LCN: P* over the law, largest over least cell",
                "1.5",
                1.5,
                "<=",
                max(ratios) / min(ratios) if all(ratios) else None,
                note=f"{len(ratios)} cells; the law is s^(L/2) (s_0+1)^L n_c m^L",
            )
        )
    for part in ("main", "slow"):
        for network in ("lcn", "cnn"):
            for factor in _EXPONENTS:
                found += _exponent(tables, part, network, *factor)
            found += _exponent(tables, part, network, *_EXPONENTS[0], tests="unseen")
    for network in ("lcn", "cnn"):
        rows = where(tables["scaling"], part="main", network=network, tests="all")
        found += [
            claim(
                f"{_NAMES[network]}: variance of ln P between curves left by dividing by the law",
                "0.1",
                0.1,
                "<=",
                row["share_left"],
                note="mean curves at errors from 0.1 to 0.4",
            )
            for row in rows[:1]
        ]
    return found


def _exponent(
    tables: Tables,
    part: str,
    network: str,
    column: str,
    of: str,
    formula: str,
    value: float,
    off: float,
    tests: str = "all",
) -> list[Row]:
    varied = "blanks" if column == "slots" else "symbols"
    cells = _cells(tables, part, network)
    if len({row[varied] for row in cells}) < 2:
        return []
    rows = where(tables["scaling"], part=part, network=network, factor=column, tests=tests)
    row = rows[0] if rows else {"exponent": None, "low": None, "high": None, "cells": 0}
    which = "" if tests == "all" else ", of strings not trained on"
    fitted = f"; residual {row['residual']:.2f}, of seeds {row['noise']:.2f}" if rows else ""
    return [
        claim(
            f"{_NAMES[network]}{_RATES[part]}: exponent of P* in {of}{which}",
            formula,
            value,
            f"within {off}",
            row["exponent"],
            interval=(row["low"], row["high"]) if rows else None,
            note=f"two levels, {row['cells']} of {len(cells)} cells{fitted}",
        )
    ]


def _published(tables: Tables) -> list[Row]:
    rows = [row for row in _cells(tables, "slow", "lcn") if row["published"]]
    if len(rows) < 2:
        return []
    near = [row["size"] and abs(row["size"] / row["published"] - 1) <= 0.35 for row in rows]
    return [
        claim(
            "LCN at the paper's learning rate: cells within 35 % of the published P*",
            "all but one",
            len(near) - 1,
            ">=",
            sum(map(bool, near)),
            note="two levels; published is one seed, and the nearest of a grid of ratio 1.46",
        )
    ]


def _fully(tables: Tables) -> list[Row]:
    pairs = [
        (row, other)
        for row in _cells(tables, "main", "fcn")
        for other in _cells(tables, "slow", "lcn", rate=row["rate"])
        if (row["symbols"], row["blanks"]) == (other["symbols"], other["blanks"])
    ]
    if not pairs:
        return []
    known = all(row["size"] and other["size"] for row, other in pairs)
    logs = [log(row["size"] / other["size"]) for row, other in pairs] if known else []
    return [
        claim(
            "FCN: P* over that of the LCN at the same rate",
            "> 1",
            1.0,
            ">=",
            exp(sum(logs) / len(logs)) if logs else None,
            note=f"geometric mean of {len(pairs)} cells; 2^L = 4 is the order said for s_0 = 0",
        )
    ]


def _of_depth(tables: Tables) -> list[Row]:
    found = []
    for network, formula, value in (("lcn", "2^L", 8.0), ("cnn", "2^2", 4.0)):
        rows = _cells(tables, "deep", network)
        if not {0, 1} <= {row["blanks"] for row in rows}:
            continue
        ratio, interval = _ratio(where(rows, blanks=1), where(rows, blanks=0))
        found.append(
            claim(
                f"{_NAMES[network]} of three levels: P* at s_0 = 1 over P* at s_0 = 0",
                formula,
                value,
                "within 0.25",
                ratio,
                interval=interval,
                note="the test that tells the two laws apart; 99 % interval over members",
            )
        )
    return found


def _of_noise(tables: Tables) -> list[Row]:
    symbols = [row["symbols"] for row in where(tables["complexities"], part="noise")][:1]
    found = []
    for part, name in (
        ("noise", "batches of about 128"),
        ("slow", "a tenth of the learning rate"),
    ):
        ones, others = (
            [row for row in _cells(tables, each, "cnn", blanks=1) if row["symbols"] in symbols]
            for each in (part, "main")
        )
        if not ones:
            continue
        ratio, interval = _ratio(ones, others)
        found.append(
            claim(
                f"CNN: P* with {name} over P* as trained here, at the least",
                "1.15",
                1.15,
                ">=",
                ratio,
                interval=interval,
                note="which makes gradients less noisy; 99 % interval over members",
            )
        )
    return found


def _ratio(ones: list[Row], others: list[Row]) -> tuple[float | None, tuple[float, float] | None]:
    """How many times larger the first cell's sample complexity is, with its interval."""
    from noflat.measure import paired_ratio

    if not ones or not others or ones[0]["censored"] or others[0]["censored"]:
        return None, None
    members = ([float(word) for word in row["of_members"].split()] for row in (ones[0], others[0]))
    ratio, low, high = paired_ratio(*members)
    return ratio, (low, high)


def _of_invariance(tables: Tables) -> list[Row]:
    rows = [row for row in where(tables["complexities"], part="main") if row["network"] != "fcn"]
    found = []
    for what, chosen in (
        ("synonyms", rows),
        ("placements", [row for row in rows if row["blanks"]]),
    ):
        holds = [
            bool(row[what] and row["size"]) and 0.5 <= row[what] / row["size"] <= 2
            for row in chosen
        ]
        if holds:
            found.append(
                every(
                    f"LCN, CNN: cells whose invariance to {what} begins within a factor 2 of P*",
                    holds,
                    note="second layer, lowest level, at the thresholds of the paper",
                )
            )
    return found


def _of_paths(tables: Tables) -> list[Row]:
    from scipy.stats import spearmanr

    by_training: dict[tuple, list[Row]] = {}
    for row in tables["paths"]:
        by_training.setdefault((row["network"], row["member"]), []).append(row)
    found, points = [], []
    for rows in by_training.values():
        states = {row["steps"]: row for row in rows}  # an epoch may pass several checkpoints
        moved = [row["placements"] for row in states.values()]
        wrong = [row["error"] for row in states.values()]
        if len(set(moved)) > 1 and all(map(math.isfinite, moved)):
            rank: Any = spearmanr(moved, wrong)
            found.append(float(rank.statistic))
            points.append(len(states))
    if not found:
        return []
    return [
        claim(
            "over a training: rank correlation of error and sensitivity to placements, median",
            "0.9",
            0.9,
            ">=",
            median(found),
            note=f"{len(found)} of {len(by_training)} trainings, {min(points)} to {max(points)} "
            f"states each; least {min(found):.3g}",
        )
    ]


def _of_telling(tables: Tables) -> list[Row]:
    rows = where(tables["told"], blanks=0)
    cells = {(row["symbols"], row["levels"]): row for row in rows}
    if not cells:
        return []
    known = all(row["crossing"] for row in cells.values())
    ratios = [row["crossing"] / row["predicted"] for row in cells.values()] if known else []
    of_logs = (
        [row["crossing"] / (v**2 * log(v**2)) for (v, _), row in cells.items()] if known else []
    )
    alone = {
        (row["symbols"], row["levels"]): row["size"]
        for part in ("main", "deep")
        for row in _cells(tables, part, "cnn", blanks=0)
    }
    saved = {
        key: alone[key] / row["crossing"]
        for key, row in cells.items()
        if row["crossing"] and alone.get(key)
    }
    # the hidden levels are said to cost m^(L-1), here v^(L-1)
    cost = [factor / v ** (levels - 1) for (v, levels), factor in saved.items()]
    span = f"{min(of_logs):.2f} to {max(of_logs):.2f}" if of_logs else "none"
    return [
        claim(
            "shown every level: P* over that of a table of the rules seen, farthest from 1",
            "1",
            1.0,
            "within 0.25",
            farthest(ratios) if ratios else None,
            note=f"{len(cells)} hierarchies without blanks; of v m ln(v m) it is {span}",
        ),
        *(
            claim(
                f"shown every level: how many times fewer strings, over m^(L-1), {name}",
                formula,
                value,
                relation,
                measured,
                note=f"CNN, {len(cost)} hierarchies without blanks",
            )
            for name, formula, value, relation, measured in (
                ("least", "1", 1.0, ">=", min(cost, default=None)),
                ("most", "2", 2.0, "<=", max(cost, default=None)),
            )
            if alone
        ),
    ]


def _of_networks(tables: Tables) -> list[Row]:
    rows, flat = tables["decoders"], tables["flat"]
    return [
        none(
            "strings that a decoder reads wrong",
            sum(row["wrong"] for row in rows),
            note=f"{sum(row['strings'] for row in rows)} strings, {len(rows)} rule sets",
        ),
        every(
            "decoders whose neurons and filters are as many as the formulas say",
            [
                row["neurons"] == row["formula"] and row["filters"] == row["filters_formula"]
                for row in rows
            ],
        ),
        every(
            "bounds for flat networks that their checker accepts",
            [row["verified"] == row["rank"] for row in flat],
            note="the median rank of every shape; it reads each string of the minor anew",
        ),
        *(
            claim(
                "flat network of exp: proved neurons over all of the deep one's, v = 6, L = 3",
                "> 1",
                1.0,
                ">=",
                row["bound"] / row["deep"],
                note=f"the median rank of {row['draws']} draws of rules",
            )
            for row in where(flat, symbols=6, levels=3, branching=2)
        ),
        claim(
            "correlations of tuples with classes: mean square over the formula, farthest from 1",
            "(v-1)/(v+1)^(L-1)",
            1.0,
            "within 0.1",
            farthest([row["measured"] / row["exact"] for row in tables["correlations"]]),
            note="exact for each draw; the law v/m^(L-1) leaves out the finite size",
        ),
    ]
