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
from noflat.experiments._flags import (
    Tables,
    called,
    parser,
    positive,
    positive_integer,
    run_and_write,
)
from noflat.experiments._sweep import Share, add_flags, do_share, hand_over, share_from
from noflat.experiments.records import Record, Row
from noflat.flags import stop
from noflat.sweeps import Arrays, read_chunks
from noflat.sweeps import Settings as Chunk

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


class Sweep(NamedTuple):
    """The part of an experiment that takes long: chunks, each kept in a file once it is there.

    Attributes:
        chunks: From settings to what is trained, in parts.
        train: From one of them to arrays.
        cost: How long one takes, next to others.
    """

    chunks: Callable[[Any], list[Chunk]]
    train: Callable[[Chunk], Arrays]
    cost: Callable[[Chunk], float]


class Experiment(NamedTuple):
    """What makes a module an experiment.

    Attributes:
        name: The stem of the module, its record and its figure.
        about: Its docstring; the first line is the one of `--help`.
        presets: Its settings, a frozen dataclass, for each size. Every field is a flag, told by the
            line that the docstring of the class has for it, except `seed`, which all have.
        run: From settings and a function for progress to tables; with a sweep from the arrays of
            its chunks, too.
        claims: From those tables to the rows of the table `claims`.
        check: Refuses settings that would fail later by a ValueError, before anything runs.
        sweep: What is trained before, chunk by chunk: it goes on where it was stopped, and
            processes or jobs can share it.
    """

    name: str
    about: str
    presets: dict[str, Any]
    run: Callable[..., Tables]
    claims: Callable[[Tables], list[Row]]
    check: Callable[[Any], None] = lambda settings: None
    sweep: Sweep | None = None

    def tables(
        self, settings: Any, progress: Progressed = silent, found: list[Arrays] | None = None
    ) -> Tables:
        """Runs it: its tables with the claims beside them.

        Args:
            settings: What is run.
            progress: Called after every part.
            found: The arrays of the chunks of a sweep; trained here where None.
        """
        self.check(settings)
        if self.sweep is not None and found is None:
            found = [self.sweep.train(chunk) for chunk in self.sweep.chunks(settings)]
        tables = self.run(settings, progress, *([] if found is None else [found]))
        return tables | {"claims": self.claims(tables)}

    def main(self, arguments: list[str] | None = None, prog: str | None = None) -> Path | None:
        """Runs it from the command line, shows its claims and writes its record.

        Args:
            arguments: The command line, that of this process where None.
            prog: What was called; the module where None.

        Returns:
            The folder of the record; None where jobs will write it.
        """
        settings, out, share = self._asked(arguments, prog)
        console = Console(width=max(Console().width, 100))
        if share.jobs:
            try:
                self.check(settings)
                console.print(hand_over(self.name, arguments, share, out))
            except ValueError as problem:
                stop(called(self.name, prog), problem)
            return None

        def tables() -> Tables:
            self.check(settings)
            found = self._trained(settings, out, share, console)
            with Progress(console=console, transient=True) as bar:
                task = bar.add_task(self.name, total=None)

                def progress(done: int, total: int) -> None:
                    bar.update(task, completed=done, total=total)

                return self.tables(settings, progress, found)

        record = run_and_write(self.name, settings, out, tables, prog=prog)
        show(self.name, record, console)
        console.print(f"record: {out} ({record.run['wall_seconds']} s)", highlight=False)
        return out

    def _trained(
        self, settings: Any, out: Path, share: Share, console: Console
    ) -> list[Arrays] | None:
        """What the chunks of a sweep gave, trained now or before."""
        if self.sweep is None:
            return None
        chunks, folder = self.sweep.chunks(settings), out / "chunks"
        do_share(folder, chunks, share, self.sweep.train, self.sweep.cost, console)
        return read_chunks(folder, chunks)

    def settings_from(self, arguments: list[str] | None) -> tuple[Any, Path]:
        """Reads the command line: the settings, and the folder of the record."""
        return self._asked(arguments)[:2]

    def _asked(
        self, arguments: list[str] | None, prog: str | None = None
    ) -> tuple[Any, Path, Share]:
        """The settings, the folder of the record, and which part of a sweep is done here."""
        kind = type(self.presets["default"])
        flags = parser(self.name, self.about.partition("\n")[0], prog)
        for field in _own(kind):
            flags.add_argument(_flag(field), help=_meaning(kind, field.name), **_taken(field.type))
        if self.sweep is not None:
            add_flags(flags)
        asked = flags.parse_args(arguments)
        share = Share() if self.sweep is None else share_from(flags, asked)
        preset = self.presets[asked.size]
        given = {field.name: getattr(asked, field.name) for field in _own(kind)}
        given = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in given.items()
            if value is not None
        }
        settings = dataclasses.replace(preset, seed=asked.seed, **given)
        is_record = asked.size != "smoke" and settings == preset
        out = asked.out or Path("experiments" if is_record else "build") / self.name
        return settings, out, share


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
