"""The three numbers of a record side by side, certified, measured and constructed; and by n."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from noflat.experiments.records import Record, Row

_PARTS = ("form", "activation", "convention", "tolerance")
"""Columns that tell settings of the same n apart."""

_WAYS = {
    "cube": "one hidden layer, no biases",
    "half_cube": "one hidden layer, hidden biases",
    "grouped_2": "two hidden layers",
    "grouped_3": "three hidden layers",
    "tree": "a tree of gates, four neurons each",
}
"""What the columns of a table `counts` count."""

BANDS = ("fewer than certified", "constructed or more")
"""What the bands of the charts are."""


class Numbers(NamedTuple):
    """The three numbers of one setting.

    Attributes:
        n: The number of inputs.
        case: The setting besides n, in words.
        certified: With fewer it is proved impossible.
        measured: Where training begins to succeed, or None where it does not.
        constructed: A network has so many, or None where none is written down.
        row: The row of the record.
    """

    n: int
    case: str
    certified: int | None
    measured: int | None
    constructed: int | None
    row: Row

    @property
    def said(self) -> str:
        """The three in one line."""
        three = [
            f"{word} {'none' if number is None else number}"
            for word, number in zip(
                ("certified", "measured", "constructed"), self[2:5], strict=True
            )
        ]
        meet = "; the bounds meet" if self.certified == self.constructed is not None else ""
        return f"n = {self.n}, {self.case}: {', '.join(three)}{meet}"


def three_numbers(record: Record) -> list[Numbers]:
    """The three numbers of every setting, by n.

    Args:
        record: With a table `results` that has them.

    Returns:
        They; none if the record has no such table.
    """
    rows = record.tables.get("results", [])
    needed = {"n", "lower_bound", "measured", "constructed"}
    if not rows or not needed < set(rows[0]) or not any(part in rows[0] for part in _PARTS):
        return []
    three = ("lower_bound", "measured", "constructed")
    found = [
        Numbers(row["n"], _case(row), *(row[name] for name in three), row=row)
        for row in rows
        if isinstance(row["n"], int) and all(_whole(row[name]) for name in three)
    ]
    return sorted(found, key=lambda numbers: numbers.n)


def _whole(value: Any) -> bool:
    return value is None or isinstance(value, int)


def _case(row: Row) -> str:
    """The setting of a row besides n."""
    return ", ".join(
        f"tolerance {row[part]}" if part == "tolerance" else str(row[part])
        for part in _PARTS
        if part in row
    )


def bands(record: Record) -> dict[str, Any] | None:
    """What the charts with a slider for n show, for every n.

    Args:
        record: With a table `results` of three numbers, and possibly `widths`, `floors`, `counts`.

    Returns:
        The values of n, and rows for each chart; None where the record has no three numbers.
    """
    found = three_numbers(record)
    if not found:
        return None
    errors = [*_errors(record, found), *_floors(record)]
    counts = _counts(record)
    return {
        "n": sorted({each.n for each in found} | {row["n"] for row in counts}),
        "bands": [edge for each in found for edge in _edges(each, found, errors)],
        "measured": [
            {"n": each.n, "case": each.case, "at": each.measured}
            for each in found
            if each.measured is not None
        ],
        "errors": errors,
        "counts": counts,
        "told": [{"n": each.n, "case": each.case, "text": each.said} for each in found],
    }


def _edges(numbers: Numbers, found: list[Numbers], errors: list[Row]) -> list[Row]:
    """The two bands, each from half a neuron before its first width to half of one after its last.

    That of the constructed number has no end but that of what is shown: `to` where only the three
    numbers are, `to_last_width` where errors of training are, too.
    """
    most = max(number or 1 for each in found if each.n == numbers.n for number in each[2:5])
    widths = [row["width"] for row in errors if row["n"] == numbers.n]
    last = {"to": most + 1.5, "to_last_width": max([most + 1, *widths]) + 0.5}
    shared = {"n": numbers.n, "case": numbers.case}
    bands = []
    if numbers.certified is not None:
        end = dict.fromkeys(last, numbers.certified - 0.5)
        bands.append(shared | {"band": BANDS[0], "from": 0.5} | end)
    if numbers.constructed is not None:
        bands.append(shared | {"band": BANDS[1], "from": numbers.constructed - 0.5} | last)
    return bands


def _errors(record: Record, found: list[Numbers]) -> list[Row]:
    """Errors of training by width, where the table says of which setting they are."""
    first = record.tables["results"][0]
    by_case = {each.case: each.n for each in found}
    rows = []
    for row in record.tables.get("widths", []):
        if not {"width", "best_error", "median_error"} < set(row):
            return []
        if any((part in row) != (part in first) for part in _PARTS):
            return []
        for which in ("best", "median"):
            kind = " ".join([*([str(row["method"])] if "method" in row else []), which])
            shared = {"n": row.get("n", by_case.get(_case(row))), "case": _case(row)}
            rows += _point(shared, row["width"], row[f"{which}_error"], kind)
    return rows


def _floors(record: Record) -> list[Row]:
    """Errors that no network of a width is below, where the record has any."""
    rows = []
    for row in record.tables.get("floors", []):
        if {"n", "width", "error_floor"} < set(row):
            shared = {"n": row["n"], "case": _case(row)}
            rows += _point(shared, row["width"], row["error_floor"], "proved floor")
    return rows


def _point(shared: Row, width: Any, error: Any, kind: str) -> list[Row]:
    """A point of a chart, if its error can stand on a logarithmic axis."""
    if not positive(error) or not isinstance(width, int):
        return []
    return [shared | {"width": width, "error": error, "error of": kind}]


def _counts(record: Record) -> list[Row]:
    """Neurons of what is constructed, where a table counts them for every n."""
    rows = record.tables.get("counts", [])
    return [
        {"n": row["n"], "way": way, "neurons": row[name]}
        for row in rows
        if isinstance(row.get("n"), int)
        for name, way in _WAYS.items()
        if positive(row.get(name))
    ]


def positive(value: Any) -> bool:
    """Whether something is a number that a logarithmic axis can show."""
    return isinstance(value, int | float) and 0 < value < math.inf


def ratios(record: Record) -> list[Row]:
    """Every claim whose two numbers have a ratio: measured over predicted, with its interval.

    Args:
        record: With a table `claims`.

    Returns:
        A row per claim; those with a number that is 0 or negative are left out. An interval with
        such an end is left out, too, and then begins and ends at the ratio.
    """
    return [row for claim in record.tables.get("claims", []) for row in _ratio(claim)]


def _ratio(claim: Mapping[str, Any]) -> list[Row]:
    predicted, measured = claim["predicted"], claim["measured"]
    if not positive(predicted) or not positive(measured):
        return []
    shown = {name: claim[name] for name in ("claim", "predicted", "measured", "verdict")}
    whole = positive(claim["low"]) and positive(claim["high"])
    ends = {end: (claim[end] if whole else measured) / predicted for end in ("low", "high")}
    return [shown | {"ratio": measured / predicted} | ends]
