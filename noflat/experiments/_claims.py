"""Claims: what a theorem predicts, what was measured, and the verdict that the two give.

A claim is a row like any other. Its verdict is a function of its own columns, so that nobody types
one in, and the rows of an experiment decide what the columns say.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from noflat.experiments.records import Record, Row, read, write_table, writes

COLUMNS = ("experiment", "claim", "predicted", "measured", "verdict", "note")
"""Those of the table of all verdicts."""


def claim(
    name: str,
    formula: str,
    predicted: Any,
    relation: str,
    measured: Any,
    *,
    interval: tuple[float, float] | None = None,
    note: str = "",
) -> Row:
    r"""A row of the table `claims` of an experiment.

    Args:
        name: What is claimed, in one line that nobody needs the code to read.
        formula: The prediction as a formula.
        predicted: Its value.
        relation: How the measured number must stand to the predicted one: `=` equal, or with the
            predicted number inside its interval where it has one; `<=` at most; `>=` at least;
            `within 0.1` at a relative distance of at most that.
        measured: The number that was measured, or None where nothing came of it.
        interval: The ends of its interval, where it is an estimate. Of counts and exact results
            None.
        note: What the reader should know besides.

    Returns:
        The row, with its verdict: `pass` or `fail`.

    Example:
        >>> from noflat.experiments._claims import claim
        >>> row = claim("a tree of 8 inputs", "4(n - 1)", 28, "=", 28)
        >>> row["verdict"], claim("a slope", "2", 2.0, "within 0.1", 2.3)["verdict"]
        ('pass', 'fail')
        >>> claim("a share", "1/2", 0.5, "=", 0.48, interval=(0.44, 0.52))["verdict"]
        'pass'
    """
    low, high = interval or (None, None)
    row = {"claim": name, "formula": formula, "predicted": predicted, "relation": relation}
    row |= {"measured": measured, "low": low, "high": high}
    return row | {"verdict": verdict(row), "note": note}


def none(name: str, count: int | None, *, note: str = "") -> Row:
    """The claim that there are none: a count against 0.

    Example:
        >>> from noflat.experiments._claims import none
        >>> none("outputs that are wrong", 2)["verdict"]
        'fail'
    """
    return claim(name, "0", 0, "=", count, note=note)


def every(name: str, holds: Sequence[bool], *, formula: str = "all", note: str = "") -> Row:
    """The claim that something holds of every case: how often it does against how many there are.

    Example:
        >>> from noflat.experiments._claims import every
        >>> row = every("networks that are exact", [True, False, True])
        >>> row["predicted"], row["measured"], row["verdict"]
        (3, 2, 'fail')
    """
    return claim(name, formula, len(holds), "=", sum(holds), note=note)


def farthest(ratios: Iterable[float]) -> float:
    """Of some ratios the one farthest from 1.

    Example:
        >>> from noflat.experiments._claims import farthest
        >>> farthest([1.1, 0.8, 1.0])
        0.8
    """
    return max(ratios, key=lambda ratio: abs(ratio - 1))


def verdict(row: Row) -> str:
    """`pass` where the measured number stands to the predicted one as asked, else `fail`.

    Raises:
        ValueError: If the relation is none of those known.
    """
    measured, predicted = row["measured"], row["predicted"]
    word, _, distance = row["relation"].partition(" ")
    if word not in ("=", "<=", ">=", "within"):
        raise ValueError(
            f"`relation` must be =, <=, >= or within DISTANCE; got {row['relation']!r}"
        )
    if not _is_number(measured) or not _is_number(predicted):
        return "fail"
    low, high = (row[end] if _is_number(row[end]) else measured for end in ("low", "high"))
    holds = {
        "=": low <= predicted <= high,
        "<=": measured <= predicted,
        ">=": measured >= predicted,
        "within": abs(measured - predicted) <= float(distance or 0) * abs(predicted),
    }
    return "pass" if holds[word] else "fail"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not math.isnan(value)


def verdicts(experiment: str, record: Record) -> list[Row]:
    """The claims of a record, in the columns of the table of all verdicts.

    Raises:
        ValueError: If a verdict is not one that follows from the numbers beside it.
    """
    return [
        {
            "experiment": experiment,
            "claim": row["claim"],
            "predicted": f"{_sign(row['relation'])}{_number(row)}{_room(row['relation'])}",
            "measured": _measured(row),
            "verdict": _checked(row),
            "note": row["note"] or "",
        }
        for row in record.tables.get("claims", [])
    ]


def _checked(row: Row) -> str:
    said, follows = row["verdict"], verdict(row)
    if said != follows and said not in map(verdict, _before_rounding(row)):
        raise ValueError(
            f"claims.csv says {said or 'nothing'} of `{row['claim']}`, and {follows} follows from "
            "its numbers"
        )
    return said


def _before_rounding(row: Row) -> Iterator[Row]:
    """The rows at the ends of what a table, which keeps four digits, may have rounded to this."""
    names = [name for name in ("predicted", "measured", "low", "high") if _is_number(row[name])]
    for signs in product((-1, 0, 1), repeat=len(names)):
        moved = zip(names, signs, strict=True)
        yield row | {name: row[name] + sign * _half_digit(row[name]) for name, sign in moved}


def _half_digit(value: float) -> float:
    """Half a unit of the fourth digit; none of a whole number with more, as it is exact."""
    if value == 0 or math.isinf(value) or (isinstance(value, int) and abs(value) >= 10**4):
        return 0
    return 0.5 * 10.0 ** (math.floor(math.log10(abs(value))) - 3)


def judged(folder: Path, name: str) -> tuple[Record, list[Row]]:
    """Reads a record, and its claims as a table shows them.

    Args:
        folder: Of the record.
        name: What it is called in the column `experiment`.

    Returns:
        The record and its verdicts.

    Raises:
        ValueError: If there is none, or if it is damaged.
    """
    record = read(folder, name)
    try:
        return record, verdicts(name, record)
    except (AttributeError, TypeError, ValueError) as problem:
        said = str(problem)
    except KeyError as missing:
        said = f"claims.csv has no column `{missing.args[0]}`"
    command = writes(folder, str(record.run.get("experiment", name)))
    raise ValueError(f"the record in {folder} is damaged ({said}): write it again with `{command}`")


def _sign(relation: str) -> str:
    return f"{relation} " if relation in ("<=", ">=") else ""


def _number(row: Row) -> str:
    """The predicted number, and in brackets the formula where that says more."""
    number = short(row["predicted"])
    return number if str(row["formula"]) == number else f"{number} ({row['formula']})"


def _room(relation: str) -> str:
    word, _, distance = relation.partition(" ")
    return f", within {100 * float(distance):.3g} %" if word == "within" else ""


def _measured(row: Row) -> str:
    number = short(row["measured"])
    interval = f" [{short(row['low'])}, {short(row['high'])}]" if _is_number(row["low"]) else ""
    return number + interval


def short(value: Any) -> str:
    """A number as a table shows it: integers whole, others with three digits."""
    if value is None or value == "":
        return "none"
    if isinstance(value, float):
        return f"{value:.3g}"
    return str(value)


def collect(folder: Path, names: Sequence[str]) -> list[Row]:
    """The verdicts of all records in a folder, in the order of the names.

    Raises:
        ValueError: If a record is damaged.
    """
    found = []
    for name in names:
        if (folder / name / "run.json").is_file():
            found += judged(folder / name, name)[1]
    return found


def write_verdicts(rows: list[Row], folder: Path) -> None:
    """Writes the table of all verdicts, `verdicts.csv`, into the folder of the records.

    Raises:
        ValueError: If there is no verdict, or the folder cannot be written to.
    """
    if not rows:
        raise ValueError(
            f"`out` {folder} has no record with claims: run an experiment into it, "
            f"such as with `{writes(folder / 'linear', 'linear')}`"
        )
    write_table(rows, folder / "verdicts.csv")
