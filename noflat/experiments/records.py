"""Records: what an experiment wrote, as small text files that a figure reads.

A record is a folder: tables as CSV and `run.json` with everything needed to run it again. It needs
nothing but the standard library, so that figures draw without loading JAX.
"""

import contextlib
import csv
import io
import json
import os
import shlex
import tempfile
import uuid
from pathlib import Path
from typing import Any, NamedTuple

Row = dict[str, Any]

PARTIAL = ".partial"
"""How the name of a file ends that is being written."""


class Record(NamedTuple):
    """Tables by name, and how they came about.

    Attributes:
        tables: For each table its rows; all rows of a table have the same columns.
        run: Settings, seed, versions, device, commit, wall time.
    """

    tables: dict[str, list[Row]]
    run: dict[str, Any]


def where(rows: list[Row], **cells: Any) -> list[Row]:
    """The rows that have these cells.

    Example:
        >>> from noflat.experiments.records import where
        >>> where([{"n": 2, "k": 1}, {"n": 3, "k": 1}], n=3)
        [{'n': 3, 'k': 1}]
    """
    return [row for row in rows if all(row[name] == cell for name, cell in cells.items())]


def column(rows: list[Row], name: str) -> list[Any]:
    """One column of some rows.

    Example:
        >>> from noflat.experiments.records import column
        >>> column([{"n": 1, "m": 2}, {"n": 3, "m": 4}], "n")
        [1, 3]
    """
    return [row[name] for row in rows]


def check_folder(folder: Path) -> None:
    """Makes the folder and tries to write to it, before any work is done.

    Raises:
        ValueError: If that is not possible.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as problem:
        raise ValueError(f"`out` {folder} cannot be written to: {problem.strerror}") from None


def write(record: Record, folder: Path, documents: dict[str, str] | None = None) -> None:
    """Writes a record; every file is whole before it takes its name.

    Args:
        record: The tables and what is needed to run them again.
        folder: Where to.
        documents: Text files that go with it, by their names in the folder.
    """
    check_folder(folder)
    for name, rows in record.tables.items():
        write_table(rows, folder / f"{name}.csv")
    for name, text in (documents or {}).items():
        (folder / name).parent.mkdir(exist_ok=True)
        write_whole(folder / name, text.encode())
    write_whole(folder / "run.json", (json.dumps(record.run, indent=1) + "\n").encode())


def write_table(rows: list[Row], path: Path) -> None:
    """Writes the rows of one table as CSV, floats with four digits."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _text(value) for key, value in row.items()} for row in rows)
    write_whole(path, text.getvalue().encode())


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all: to a name of its own, to disk, and then to its name."""
    partial = path.with_name(f"{path.name}.{uuid.uuid4().hex}{PARTIAL}")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
    _to_disk(path.parent)


def _to_disk(folder: Path) -> None:
    """Forces a renaming to disk, where the system can."""
    with contextlib.suppress(OSError):  # some file systems cannot, and the file itself is there
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def writes(folder: Path, experiment: str) -> str:
    """The command that writes the record of an experiment to a folder.

    Example:
        >>> from noflat.experiments.records import writes
        >>> writes(Path("build/depth"), "depth")
        'noflat run depth --out build'
    """
    above = folder.parent if folder.name else folder / ".."
    return shlex.join(["noflat", "run", experiment, "--out", str(above)])


def read(folder: Path, experiment: str) -> Record:
    """Reads a record back: numbers as numbers, empty cells as None.

    Raises:
        ValueError: If there is none, naming the command that writes it, or if it is damaged.
    """
    command = writes(folder, experiment)
    if not (folder / "run.json").is_file():
        raise ValueError(f"there is no record in {folder}: write it with `{command}`")
    try:
        run = _read_run(folder / "run.json")
        command = writes(folder, str(run.get("experiment", experiment)))
        tables = {path.stem: _read_table(path) for path in sorted(folder.glob("*.csv"))}
        _check_rows(tables, run.get("rows"))
    except ValueError as problem:
        raise ValueError(
            f"the record in {folder} is damaged ({problem}): write it again with `{command}`"
        ) from None
    return Record(tables, run)


def _read_run(path: Path) -> dict[str, Any]:
    text = _content(path)
    try:
        run = json.loads(text)
    except json.JSONDecodeError as problem:
        raise ValueError(f"{path.name}, line {problem.lineno}: no JSON") from None
    except (ValueError, RecursionError):  # a number too long, brackets too deep
        raise ValueError(f"{path.name}: no JSON that can be read") from None
    if not isinstance(run, dict):
        raise ValueError(f"{path.name}: not a JSON object")
    return run


def _read_table(path: Path) -> list[Row]:
    reader = csv.DictReader(io.StringIO(_content(path), newline=""))
    rows = []
    try:
        for row in reader:
            if None in row or None in row.values():
                than = "more" if None in row else "fewer"
                raise ValueError(f"{path.name}, line {reader.line_num}: {than} cells than columns")
            rows.append({key: _value(text) for key, text in row.items()})
    except csv.Error as problem:
        raise ValueError(f"{path.name}, line {reader.line_num + 1}: {problem}") from None
    return rows


def _content(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except OSError as problem:
        raise ValueError(f"{path.name}: {problem.strerror}") from None
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        raise ValueError(f"{path.name}, line {line}: not UTF-8") from None


def _check_rows(tables: dict[str, list[Row]], rows: Any) -> None:
    """Sees that each table has as many rows as were written, where `run.json` says how many."""
    for name, number in rows.items() if isinstance(rows, dict) else ():
        if name not in tables:
            raise ValueError(f"there is no {name}.csv, and run.json tells of one")
        if len(tables[name]) != number:
            raise ValueError(f"{name}.csv: {len(tables[name])} rows, and run.json says {number}")


def _text(value: Any) -> str:
    if value is None or value != value:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _value(text: str) -> Any:
    if text == "":
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
