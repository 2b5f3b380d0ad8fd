"""What every table of claims must stand: it follows from the rows, and each claim can fail."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from noflat.experiments.records import Record, Row, read

ROOT = Path(__file__).parents[2]

Change = tuple[str, Callable[[Row], Row]]
"""A table, and what is changed in each of its rows so that a claim must fail."""

Spoiled = dict[str, Change | list[Change]]
"""By claim one such change, or several, each of which alone must make it fail."""


def to(column: str, value: Any, **only: Any) -> Callable[[Row], Row]:
    """That value, in the rows with these cells."""
    return lambda row: {column: value} if all(row[k] == v for k, v in only.items()) else {}


def times(column: str, factor: float, **only: Any) -> Callable[[Row], Row]:
    """So many times what it was, where there is something, in the rows with these cells."""
    return lambda row: (
        {column: factor * row[column]}
        if row[column] and all(row[k] == v for k, v in only.items())
        else {}
    )


def committed(name: str) -> Record:
    """The record of an experiment, as it is in the repository."""
    return read(ROOT / "experiments" / name, name)


def check_claims(name: str, claims: Callable[[Any], list[Row]], spoiled: Spoiled) -> None:
    """The committed claims are those of the committed rows, and spoiled rows make each fail."""
    tables = committed(name).tables
    said = tables["claims"]
    for found, row in zip(claims(tables), said, strict=True):
        for column in ("claim", "formula", "relation", "verdict"):
            assert str(found[column]) == str(row[column]), row["claim"]
        assert found["predicted"] == pytest.approx(row["predicted"], rel=1e-3, abs=0), row["claim"]
        for column in ("measured", "low", "high"):
            # rows keep four digits, and a claim may be a difference or an exponent of such
            close = row[column] if row[column] is None else pytest.approx(row[column], 5e-3, 1e-3)
            assert found[column] == close, row["claim"]
    assert set(spoiled) == {row["claim"] for row in said}
    assert len(spoiled) == len(said)
    for claim, changes in spoiled.items():
        for table, change in [changes] if isinstance(changes, tuple) else changes:
            rows = [row | change(row) for row in tables[table]]
            (spoilt,) = (r for r in claims({**tables, table: rows}) if r["claim"] == claim)
            assert spoilt["verdict"] == "fail", claim
            assert spoilt["measured"] is not None, claim
