"""What a folder holds that a report can show: records, each with a name that is safe in a page."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from noflat.experiments._claims import judged
from noflat.experiments.records import Record, Row


class Found(NamedTuple):
    """A record of a folder.

    Attributes:
        name: Of its folder.
        experiment: The one that wrote it, as it says itself.
        identity: What ids of elements about it begin with, before a double dash; it has its own.
        record: Its tables, and how they came about.
        verdicts: Its claims as a table shows them.
    """

    name: str
    experiment: str
    identity: str
    record: Record
    verdicts: list[Row]

    @property
    def passed(self) -> int:
        """How many of its claims hold."""
        return sum(row["verdict"] == "pass" for row in self.verdicts)


def find(folder: Path) -> list[Found]:
    """Reads the records in a folder, or the one that it is.

    Args:
        folder: A record, or what holds some.

    Returns:
        The records in the order of their names; none if there is none.

    Raises:
        ValueError: If there is no such folder, or a record is damaged.
    """
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}: name one that holds records")
    single = (folder / "run.json").is_file()
    places = [folder] if single else sorted(path.parent for path in folder.glob("*/run.json"))
    taken: set[str] = set()
    return [_found(place, taken) for place in places]


def _found(place: Path, taken: set[str]) -> Found:
    name = place.resolve().name
    record, rows = judged(place, name)
    experiment = str(record.run.get("experiment", name))
    return Found(name, experiment, _identity(name, taken), record, rows)


def _identity(name: str, taken: set[str]) -> str:
    base = identity = "record-" + re.sub(r"[^A-Za-z0-9_]+", "-", name)
    number = 1
    while identity in taken:
        number += 1
        identity = f"{base}-{number}"
    taken.add(identity)
    return identity


def flat(run: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Settings, versions and all else that is known of a run, each with a name of its own.

    Args:
        run: What is known, as `run.json` has it.
        prefix: What all names begin with.

    Yields:
        A name and a value.

    Example:
        >>> from noflat.report.found import flat
        >>> dict(flat({"settings": {"n": [2, 3], "cases": [["exp", "bias_free"]]}, "cores": 2}))
        {'settings.n': '2, 3', 'settings.cases': 'exp bias_free', 'cores': '2'}
    """
    for name, value in run.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            yield f"{prefix}{name}", ", ".join(map(_said, value))
        else:
            yield f"{prefix}{name}", _said(value)


def _said(value: Any) -> str:
    return " ".join(map(_said, value)) if isinstance(value, list) else str(value)
