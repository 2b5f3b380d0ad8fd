"""The claims of the exact part of sparse activations, from its rows alone."""

from math import ceil, log

import numpy as np

from noflat.experiments._claims import claim, every, none
from noflat.experiments._flags import Tables
from noflat.experiments.records import Row, where

_JUST_BELOW = 1 - 1e-6
"""So much of the mean square no degree below the true one leaves out."""
_ERRORS = 4.0
"""Standard errors within which a mean of drawn words must be."""


def exact_claims(tables: Tables) -> list[Row]:
    """What was predicted beside what was found, where nothing is trained."""
    return [
        *_of_random(tables["random"]),
        *_of_constructed(tables["constructed"]),
        *_of_closed_forms(tables["closed_forms"]),
        *_of_lifted(tables["lifted"]),
        *_of_growth(tables["growth"]),
        _of_tails(tables["tails"]),
    ]


def _of_tails(rows: list[Row]) -> Row:
    told = [row for row in rows if row["by_sensitivity"] < 1 and row["tail"] > 1e-9]
    certified = [row for row in told if row["by_certificate"] < 1]
    return every(
        "tails: none above AS / (d + 1), nor that above what the certificate allows",
        [row["tail"] <= row["by_sensitivity"] <= row["by_certificate"] for row in told],
        note="a row per network and degree d at which AS says something and something is left; "
        f"the certificate does at {len(certified)}",
    )


def _of_random(rows: list[Row]) -> list[Row]:
    drawn, climbed = where(rows, kind="drawn"), where(rows, kind="climbed")
    smallest = min(climbed, key=lambda row: row["inputs"])
    return [
        claim(
            "bound: networks drawn at random and compared with it in integers",
            "10^5",
            100_000,
            ">=",
            sum(row["networks"] for row in drawn),
            note=f"2 to {max(row['inputs'] for row in drawn)} signs, 1 to "
            f"{max(row['neurons'] for row in drawn)} neurons",
        ),
        none(
            "bound: of these above the signed bound, 4 W^2 E k_x^2 or 4 k^2 W^2",
            sum(row["violations"] for row in drawn),
            note=f"largest share of 4 k^2 W^2: "
            f"{max(row['largest_share'] for row in drawn):.3g}, of 4 W^2 E k_x^2 "
            f"{max(row['largest_share_of_mean'] for row in drawn):.3g}, of the signed bound "
            f"{max(row['largest_share_of_signed'] for row in drawn):.3g}",
        ),
        none(
            "bound: networks above it while each was climbing towards it",
            sum(row["violations"] for row in climbed),
            note=f"{sum(row['networks'] for row in climbed)} networks seen",
        ),
        claim(
            "bound: largest share of 4 k^2 W^2 that climbing finds with "
            f"{smallest['inputs']} signs and {smallest['neurons']} neurons",
            "1",
            1.0,
            "=",
            smallest["largest_share"],
            note="with more signs "
            + ", ".join(f"{row['largest_share']:.3g}" for row in climbed if row is not smallest),
        ),
    ]


def _of_constructed(rows: list[Row]) -> list[Row]:
    extremal = [row for row in rows if row["network"].startswith("extremal")]
    others = [row for row in rows if not row["network"].startswith("extremal")]
    listed = [row for row in rows if row["sensitivity"] is not None]
    signed = [row for row in listed if row["signed_bound"] is not None]
    return [
        every(
            "extremal: networks whose sensitivity is 4 k^2 W^2, in rationals",
            [row["attains"] == 1 for row in extremal],
        ),
        every(
            "extremal: networks whose certified degree is the true one",
            [
                ceil(row["signed_bound"] / (row["mean_square"] * _JUST_BELOW)) - 1
                == row["true_degree"]
                for row in extremal
            ],
            note="by Corollary S2; what is left out is just below the mean square",
        ),
        every(
            "constructed: networks whose k is proved, and 1",
            [row["is_exact"] == 1 and row["active"] == 1 for row in others],
            note=f"up to {max(row['inputs'] for row in others)} signs",
        ),
        every(
            "constructed: networks no more sensitive than 4 W^2 E k_x^2",
            [row["sensitivity"] <= row["mean_bound"] <= row["uniform_bound"] for row in listed],
        ),
        every(
            "constructed: networks no more sensitive than the signed bound",
            [row["sensitivity"] <= row["signed_bound"] for row in signed],
            note="shares from "
            f"{min(row['sensitivity'] / row['signed_bound'] for row in signed):.3g} to "
            f"{max(row['sensitivity'] / row['signed_bound'] for row in signed):.3g}",
        ),
    ]


def _of_closed_forms(rows: list[Row]) -> list[Row]:
    found = [
        every(
            f"closed form: sensitivity of {name}, in rationals",
            [row["equal"] == 1 for row in where(rows, function=name)],
            formula=formula,
        )
        for name, formula in (
            ("index", "1 + b/2"),
            ("majority", "n C(n-1, (n-1)/2) / 2^(n-1)"),
            ("parity", "n"),
        )
    ]
    offs = [row["weights_off"] for row in rows if row["weights_off"] is not None]
    return [
        *found,
        claim(
            "closed form: largest distance of a weight by degree of index or parity",
            "10^-12",
            1e-12,
            "<=",
            max(offs),
            note="index: C(b, j-1) / 2^b at degree j",
        ),
    ]


def _of_lifted(rows: list[Row]) -> list[Row]:
    corrected, printed = where(rows, kind="corrected"), where(rows, kind="printed")
    return [
        none(
            "lifted parity: words on which the sum over a = |S| mod 4 is wrong",
            sum(row["wrong"] for row in corrected),
            note=f"all words of {rows[0]['signs']} signs, |S| from 1 to {rows[0]['signs']}",
        ),
        claim(
            "lifted parity: active neurons at a word, at most",
            "1",
            1,
            "=",
            max(row["most_active"] for row in corrected),
        ),
        every(
            "lifted parity: sets S for which the sum over even a, as printed, is constant",
            [row["different_outputs"] == 1 for row in printed],
        ),
    ]


def _of_growth(rows: list[Row]) -> list[Row]:
    known = [row for row in rows if row["predicted"] is not None]
    bounded = [row for row in rows if row["uniform_bound"] is not None]
    off = [abs(row["sensitivity"] - row["predicted"]) for row in known]
    return [
        every(
            "growth: sensitivities by drawn words at their closed form, up to four errors",
            [d <= _ERRORS * row["error"] + 1e-9 for d, row in zip(off, known, strict=True)],
            note="index, majority, parity",
        ),
        every(
            "growth: networks no more sensitive than 4 k^2 W^2",
            [row["sensitivity"] - _ERRORS * row["error"] <= row["uniform_bound"]
             for row in bounded],
            note="index, gated experts, random dense",
        ),
        claim(
            "growth: exponent of n in the sensitivity of gated experts, at most",
            "0.05",
            0.05,
            "<=",
            _slope(where(rows, family="gated experts")),
            note="k and W are those of all sizes, and the bound is too",
        ),
        *(
            claim(
                f"growth: exponent of n in the sensitivity of {family}",
                f"{exponent:g}",
                exponent,
                "within 0.1",
                _slope(where(rows, family=family)),
            )
            for family, exponent in (("majority", 0.5), ("parity", 1.0))
        ),
    ]  # fmt: skip


def _slope(rows: list[Row]) -> float:
    """The exponent, by least squares of the logarithms."""
    x, y = ([log(row[name]) for row in rows] for name in ("inputs", "sensitivity"))
    return float(np.polyfit(x, y, 1)[0])
