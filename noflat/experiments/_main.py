"""The command line of an experiment: from its settings to flags, tables, claims and a record."""

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

from rich.console import Console
from rich.progress import Progress

from noflat.experiments._claims import verdicts
from noflat.experiments._flags import Tables, parser, positive, positive_integer, run_and_write
from noflat.experiments.records import Record, Row

Progressed = Callable[[int, int], None]
"""Called with how many parts are done, and of how many."""


def silent(done: int, total: int) -> None:
    """Tells nobody."""


def in_parts(parts: Mapping[str, Callable[[], Iterable[Row]]], progress: Progressed) -> Tables:
    """Makes tables one after the other, and says after each how many there are."""
    tables = {}
    for done, (name, rows) in enumerate(parts.items(), start=1):
        tables[name] = list(rows())
        progress(done, len(parts))
    return tables


class Experiment(NamedTuple):
    """What makes a module an experiment.

    Attributes:
        name: The stem of the module, its record and its figure.
        about: Its docstring; the first line is the one of `--help`.
        presets: Its settings, a frozen dataclass, for each size. Every field is a flag, told by the
            line that the docstring of the class has for it, except `seed`, which all have.
        run: From settings and a function for progress to tables.
        claims: From those tables to the rows of the table `claims`.
        check: Refuses settings that would fail later by a ValueError, before anything runs.
    """

    name: str
    about: str
    presets: dict[str, Any]
    run: Callable[[Any, Progressed], Tables]
    claims: Callable[[Tables], list[Row]]
    check: Callable[[Any], None] = lambda settings: None

    def tables(self, settings: Any, progress: Progressed = silent) -> Tables:
        """Runs it: its tables with the claims beside them."""
        self.check(settings)
        tables = self.run(settings, progress)
        return tables | {"claims": self.claims(tables)}

    def main(self, arguments: list[str] | None = None) -> None:
        """Runs it from the command line, shows its claims and writes its record."""
        settings, out = self.settings_from(arguments)
        console = Console(width=max(Console().width, 100))
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task(self.name, total=None)

            def progress(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            record = run_and_write(
                self.name, settings, out, lambda: self.tables(settings, progress)
            )
        show(self.name, record, console)
        console.print(f"record: {out} ({record.run['wall_seconds']} s)", highlight=False)

    def settings_from(self, arguments: list[str] | None) -> tuple[Any, Path]:
        """Reads the command line: the settings, and the folder of the record."""
        kind = type(self.presets["default"])
        flags = parser(self.name, self.about.partition("\n")[0])
        for field in _own(kind):
            flags.add_argument(_flag(field), help=_meaning(kind, field.name), **_taken(field.type))
        asked = flags.parse_args(arguments)
        preset = self.presets[asked.size]
        given = {field.name: getattr(asked, field.name) for field in _own(kind)}
        given = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in given.items()
            if value is not None
        }
        settings = dataclasses.replace(preset, seed=asked.seed, **given)
        is_record = asked.size != "smoke" and settings == preset
        return settings, asked.out or Path("experiments" if is_record else "build") / self.name


def show(name: str, record: Record, console: Console) -> None:
    """Prints the claims of a record, each with what was measured."""
    rows = verdicts(name, record)
    for row in rows:
        console.print(f"{row['verdict']}  {row['claim']}", highlight=False, markup=False)
        line = f"predicted {row['predicted']}; measured {row['measured']}"
        console.print(f"      {line}", highlight=False, markup=False)
        if row["note"]:
            console.print(f"      {row['note']}", highlight=False, markup=False)
    passed = sum(row["verdict"] == "pass" for row in rows)
    console.print(f"{passed} of {len(rows)} claims pass", highlight=False)


def _own(kind: type) -> Iterable[dataclasses.Field]:
    return [field for field in dataclasses.fields(kind) if field.name != "seed"]


def _flag(field: dataclasses.Field) -> str:
    return f"--{field.name.replace('_', '-')}"


def _meaning(kind: type, name: str) -> str:
    """What the docstring of the settings says of one of them."""
    text = inspect.getdoc(kind) or ""
    found = re.search(rf"^ +{name}: (.*(?:\n {{8,}}.*)*)", text, flags=re.MULTILINE)
    if found is None:
        raise TypeError(f"{kind.__qualname__} does not say what {name} is")
    return " ".join(found[1].split()).rstrip(".").replace("%", "%%")


def _taken(kind: Any) -> dict[str, Any]:
    """How the command line takes a value of that type."""
    if get_origin(kind) is tuple:
        return _taken(get_args(kind)[0]) | {"nargs": "+"}
    if get_origin(kind) is Literal:
        return {"choices": get_args(kind)}
    if kind not in (int, float, str):
        raise TypeError(f"no flag takes a {kind}")
    return {"type": {int: positive_integer, float: positive, str: str}[kind]}
