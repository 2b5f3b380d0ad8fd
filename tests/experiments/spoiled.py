"""What every table of claims must stand: its verdicts follow from the rows, and each can fail."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from noflat.experiments.records import Row, read

ROOT = Path(__file__).parents[2]

Spoiled = dict[str, tuple[str, Callable[[Row], Row]]]
"""By claim: a table, and what is changed in each of its rows so that the claim must fail."""


def check_claims(name: str, claims: Callable[[Any], list[Row]], spoiled: Spoiled) -> None:
    """The committed verdicts are those of the committed rows, and spoiled rows make each fail."""
    tables = read(ROOT / "experiments" / name, name).tables
    said = {row["claim"]: row["verdict"] for row in tables["claims"]}
    found = {row["claim"]: row["verdict"] for row in claims(tables)}
    assert found == said
    assert set(spoiled) == set(said)
    for claim, (table, change) in spoiled.items():
        rows = [row | change(row) for row in tables[table]]
        verdicts = {row["claim"]: row["verdict"] for row in claims({**tables, table: rows})}
        assert verdicts[claim] == "fail", claim
