"""What is predicted of hierarchies, beside what the tables of the experiment say."""

from math import exp, log
from typing import Any

from noflat.experiments._claims import claim, every, farthest, none, where
from noflat.experiments._flags import Tables
from noflat.experiments.records import Row


def claims(tables: Tables) -> list[Row]:
    """What was predicted, beside what the tables say; of what was not run nothing is claimed."""
    return [
        *_of_laws(tables),
        *_of_depth(tables),
        *_of_noise(tables),
        *_of_invariance(tables),
        *_of_telling(tables),
        *_of_networks(tables),
    ]


def _of_laws(tables: Tables) -> list[Row]:
    found = []
    for network, name in (("lcn", "LCN"), ("cnn", "CNN")):
        ratios = [row["ratio"] for row in _main(tables, network)]
        if network == "lcn":
            found.append(
                claim(
                    "LCN: P* over the law, largest over least cell",
                    "1.5",
                    1.5,
                    "<=",
                    max(ratios) / min(ratios) if ratios and all(ratios) else None,
                    note=f"{len(ratios)} cells; the law is s^(L/2) (s_0+1)^L n_c m^L",
                )
            )
        for of in _EXPONENTS:
            found += _exponent(tables, "main", network, name, *of)
    slow = "CNN at a tenth of the learning rate"
    found += _exponent(tables, "slow", "cnn", slow, *_EXPONENTS[0])
    return [*found, *_published(tables), *_collapsed(tables), *_fully(tables)]


_EXPONENTS = (
    ("slots", "s_0 + 1", "2", 2.0, 0.15),
    ("rules", "n_c m^L", "1", 1.0, 0.1),
)
"""Factors of the laws at two levels: column, name, formula, exponent, and how far it may lie."""


def _exponent(
    tables: Tables,
    part: str,
    network: str,
    name: str,
    column: str,
    of: str,
    formula: str,
    value: float,
    off: float,
) -> list[Row]:
    varied = "blanks" if column == "slots" else "symbols"
    cells = where(tables["complexities"], part=part, network=network)
    if len({row[varied] for row in cells}) < 2:
        return []
    rows = where(tables["scaling"], part=part, network=network, factor=column)
    row = rows[0] if rows else {"exponent": None, "low": None, "high": None, "cells": 0}
    return [
        claim(
            f"{name}: exponent of P* in {of}",
            formula,
            value,
            f"within {off}",
            row["exponent"],
            interval=(row["low"], row["high"]) if rows else None,
            note=f"two levels, {row['cells']} cells; 99 % interval over members",
        )
    ]


def _main(tables: Tables, network: str) -> list[Row]:
    return where(tables["complexities"], part="main", network=network)


def _published(tables: Tables) -> list[Row]:
    rows = where(tables["complexities"], part="slow", network="lcn")
    rows = [row for row in rows if row["published"]]
    if not rows:
        return []
    near = [_near(row) for row in rows]
    return [
        claim(
            "LCN at the paper's learning rate: cells within 35 % of the published P*",
            "all but one",
            len(near) - 1,
            ">=",
            sum(near),
            note="two levels; published is one seed, and the nearest of a grid of ratio 1.46",
        )
    ]


def _near(row: Row) -> bool:
    return row["size"] is not None and abs(row["size"] / row["published"] - 1) <= 0.35


def _collapsed(tables: Tables) -> list[Row]:
    found = []
    for network, name in (("lcn", "LCN"), ("cnn", "CNN")):
        rows = where(tables["scaling"], part="main", network=network)
        left = (rows[0]["spread"] / rows[0]["unscaled"]) ** 2 if rows else None
        found.append(
            claim(
                f"{name}: variance of ln P between curves that is left after dividing by the law",
                "0.1",
                0.1,
                "<=",
                left,
                note="mean curves at errors from 0.1 to 0.4",
            )
        )
    return found


def _fully(tables: Tables) -> list[Row]:
    pairs = [
        (row["size"], other["size"])
        for row in _main(tables, "fcn")
        for other in _main(tables, "lcn")
        if (row["symbols"], row["blanks"]) == (other["symbols"], other["blanks"])
    ]
    known = [(one, other) for one, other in pairs if one and other]
    mean = exp(sum(log(one / other) for one, other in known) / len(known)) if known else None
    if not pairs:
        return []
    return [
        claim(
            "FCN: P* over that of the LCN, at least",
            "2",
            2.0,
            ">=",
            mean,
            note=f"geometric mean of {len(known)} cells; 2^L = 4 is the order said for s_0 = 0",
        )
    ]


def _of_depth(tables: Tables) -> list[Row]:
    found = []
    for network, name, formula, value in (("lcn", "LCN", "2^L", 8.0), ("cnn", "CNN", "2^2", 4.0)):
        rows = where(tables["complexities"], part="deep", network=network)
        if not {0, 1} <= {row["blanks"] for row in rows}:
            continue
        ratio, interval = _ratio(where(rows, blanks=1), where(rows, blanks=0))
        found.append(
            claim(
                f"{name} of three levels: P* at s_0 = 1 over P* at s_0 = 0",
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
    large = where(tables["complexities"], part="noise")
    symbols = [row["symbols"] for row in large][:1]
    found = []
    for part, name in (
        ("noise", "batches of about 128"),
        ("slow", "a tenth of the learning rate"),
    ):
        ones, others = (
            [
                row
                for row in where(tables["complexities"], part=each, network="cnn", blanks=1)
                if row["symbols"] in symbols
            ]
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
                note="less noise in the gradient takes more samples; 99 % interval over members",
            )
        )
    return found


def _ratio(ones: list[Row], others: list[Row]) -> tuple[float | None, tuple[float, float] | None]:
    """How many times larger the first cell's sample complexity is, with its interval."""
    from noflat.measure import paired_ratio

    if not ones or not others or ones[0]["censored"] or others[0]["censored"]:
        return None, None
    ratio, low, high = paired_ratio(_of_members(ones[0]), _of_members(others[0]))
    return ratio, (low, high)


def _of_members(row: Row) -> list[float]:
    """The sample complexity of every member of a cell."""
    return [float(word) for word in str(row["of_members"]).split()]


def _of_invariance(tables: Tables) -> list[Row]:
    found = []
    for name, what in (("synonyms", "synonyms"), ("placements", "placements")):
        ratios = [
            row[name] / row["size"]
            for row in tables["complexities"]
            if row["part"] == "main" and row[name] and row["size"]
        ]
        found.append(
            every(
                f"cells whose invariance to {what} begins within a factor 2 of P*",
                [0.5 <= ratio <= 2 for ratio in ratios],
                note="second layer, lowest level, at the thresholds of the paper",
            )
        )
    return [*found, _correlation(tables)]


def _correlation(tables: Tables) -> Row:
    from scipy.stats import spearmanr

    by_training: dict[tuple, list[Row]] = {}
    for row in tables["paths"]:
        by_training.setdefault((row["network"], row["member"]), []).append(row)
    found = []
    for rows in by_training.values():
        pairs = [(row["placements"], row["error"]) for row in rows]
        pairs = list(dict.fromkeys(pairs))  # where training has ended, one checkpoint
        moved, wrong = zip(*pairs, strict=True)
        found.append(_number(spearmanr(moved, wrong)))
    return claim(
        "over a training: rank correlation of error and sensitivity to placements, median",
        "0.9",
        0.9,
        ">=",
        sorted(found)[len(found) // 2] if found else None,
        note=f"{len(found)} trainings; least {min(found, default=0):.3g}",
    )


def _number(found: Any) -> float:
    return float(found.statistic)


def _of_telling(tables: Tables) -> list[Row]:
    rows = [row for row in tables["told"] if row["blanks"] == 0 and row["crossing"]]
    cells = {(row["symbols"], row["levels"]): row for row in rows}
    ratios = [row["crossing"] / row["predicted"] for row in cells.values()]
    collected = [row["crossing"] / (key[0] ** 2 * log(key[0] ** 2)) for key, row in cells.items()]
    alone = {
        (row["symbols"], row["levels"]): row["size"]
        for row in tables["complexities"]
        if row["network"] == "cnn" and row["blanks"] == 0 and row["part"] in ("main", "deep")
    }
    saved = [alone[key] / row["crossing"] for key, row in cells.items() if alone.get(key)]
    return [
        claim(
            "shown every level: P* over that of a table of the rules seen, farthest from 1",
            "1",
            1.0,
            "within 0.25",
            farthest(ratios) if ratios else None,
            note=f"{len(ratios)} hierarchies without blanks; of v m log(v m) it is "
            f"{min(collected, default=0):.2f} to {max(collected, default=0):.2f}",
        ),
        claim(
            "shown every level: how many times fewer strings than from classes alone, least",
            "2",
            2.0,
            ">=",
            min(saved, default=None),
            note=f"CNN, {len(saved)} hierarchies without blanks; "
            f"at most {max(saved, default=0):.3g}",
        ),
    ]


def _of_networks(tables: Tables) -> list[Row]:
    rows, flat = tables["decoders"], tables["flat"]
    return [
        none(
            "strings that a decoder reads wrong",
            sum(row["wrong"] for row in rows),
            note=f"{sum(row['strings'] for row in rows)} fresh strings, {len(rows)} rule sets",
        ),
        every(
            "decoders whose neurons and filters are as many as the formulas say",
            [
                row["neurons"] == row["formula"] and row["filters"] == row["filters_formula"]
                for row in rows
            ],
        ),
        every(
            "hierarchies whose flat network is at least as large as proved",
            [row["bound"] <= row["flat"] for row in flat],
            formula="rank M - 1 <= n_c m^((s^L-1)/(s-1))",
            note="rank M - 1 neurons exp are needed at the least in one hidden layer",
        ),
        *(
            claim(
                "flat network of exp: proved neurons over all of the deep one's, v = 6, L = 3",
                "> 1",
                1.0,
                ">=",
                row["bound"] / row["deep"],
                note="the median rank of three draws of rules",
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
