"""The list of experiments: what each asks, and what the records of a folder say of it."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from noflat.experiments._claims import judged
from noflat.experiments._flags import SIZES
from noflat.experiments.records import Row


def here() -> list[Path]:
    """The folder `experiments`, where there is one."""
    folder = Path("experiments")
    return [folder] if folder.is_dir() else []


def listing(known: Mapping[str, str], folders: Sequence[Path]) -> list[Row]:
    """For each experiment its question, and for each folder how many claims of its record hold.

    Args:
        known: The experiments with what they ask.
        folders: Folders of records.

    Returns:
        A row per experiment; where a folder has no record of it, it says None.
    """
    return [
        {
            "experiment": name,
            "question": question,
            "sizes": list(SIZES),
            "records": {str(folder): _found(folder / name, name) for folder in folders},
        }
        for name, question in known.items()
    ]


def _found(folder: Path, name: str) -> dict[str, Any] | None:
    if not (folder / "run.json").is_file():
        return None
    try:
        record, rows = judged(folder, name)
    except ValueError as problem:
        return {"damaged": str(problem)}
    return {
        "claims": len(rows),
        "hold": sum(row["verdict"] == "pass" for row in rows),
        "wall_seconds": record.run.get("wall_seconds"),
    }


def text(rows: Sequence[Row], columns: int | None = None) -> str:
    """The list as a person reads it: an experiment per line, a column per folder.

    The column says how many claims hold; of several folders each is headed by its name.

    Args:
        rows: What `listing` found.
        columns: How wide lines may be; as wide as the longest question where None.

    Returns:
        The lines.
    """
    folders = [*rows[0]["records"]]
    heads = ["claims that hold"] if len(folders) == 1 else folders
    table = [["experiment", *heads, "question"]]
    for row in rows:
        table.append([row["experiment"], *map(_cell, row["records"].values()), row["question"]])
    widths = [max(map(len, cells)) + 2 for cells in zip(*table, strict=True)][:-1]
    indent = " " * sum(widths)
    lines = []
    for *cells, question in table:
        start = "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        most = max(columns or 1000, len(indent) + 20)
        lines.append(textwrap.fill(start + question, most, subsequent_indent=indent))
    if not folders:
        lines += [
            "",
            "There is no folder experiments here: noflat list --records FOLDER names one.",
        ]
    return "\n".join([*lines, ""])


def _cell(found: dict[str, Any] | None) -> str:
    if found is None:
        return "no record"
    return "damaged" if "damaged" in found else f"{found['hold']} of {found['claims']}"
