"""Lists the experiments, runs any or all of them, and shows all verdicts in one table."""

import argparse
import ast
import importlib
import sys
from itertools import takewhile
from pathlib import Path

from noflat.experiments._claims import COLUMNS, collect, write_verdicts
from noflat.experiments._flags import SIZES
from noflat.experiments._listing import here, listing, text
from noflat.experiments._summary import summary, write_summary
from noflat.experiments.records import Row
from noflat.flags import Parser, interruptible, stop, unknown


def stems(folder: Path = Path(__file__).parent) -> list[str]:
    """The names of the experiments, or of the figures in their folder."""
    files = sorted(folder.glob("*.py"))
    return [f.stem for f in files if not f.stem.startswith("_") and f.stem != "records"]


def experiments() -> dict[str, str]:
    """The names of the experiments with the first line of their docstrings."""
    return {name: docstring(name).partition("\n")[0] for name in stems()}


def docstring(name: str) -> str:
    """The docstring of an experiment, which is not imported for it."""
    source = Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
    return ast.get_docstring(ast.parse(source)) or ""


def add_flags(flags: argparse.ArgumentParser) -> None:
    """Adds the names, --all, --verdicts, --size and --out."""
    flags.add_argument("names", nargs="*", metavar="NAME", help="experiments to run")
    flags.add_argument("--all", action="store_true", help="run every experiment")
    flags.add_argument(
        "--verdicts",
        action="store_true",
        help="run nothing, show the verdicts and write them to verdicts.csv among the records",
    )
    flags.add_argument("--size", choices=SIZES, default="default", help="how much is run")
    flags.add_argument(
        "--out",
        type=Path,
        help="folder of the records (default: experiments, and build for the smoke size)",
    )
    flags.add_argument("--readme", type=Path, help="with --verdicts: a file to put their table in")


def main(arguments: list[str] | None = None, prog: str = "python -m noflat.experiments") -> None:
    """Runs the experiments named, or all with --all; without either lists them.

    After the name of one experiment all flags but --out are its own: NAME --help shows them. A
    record is a folder in that of the records. The verdicts of all records in there are then shown
    and written there, as one table. With --verdicts nothing is run.
    """
    words = sys.argv[1:] if arguments is None else arguments
    named = [*takewhile(lambda word: not word.startswith("-"), words)]
    if len(named) == 1:
        _check(named, prog)
        folder = _run(named[0], words[1:], prog)
        if folder is not None:
            _tell(_judge(folder, prog), folder)
        return
    asked = _asked(words, prog)
    wanted = stems() if asked.all else asked.names
    if not wanted and not asked.verdicts:
        sys.stdout.write(text(listing(experiments(), here())))
        return
    out = asked.out or Path("build" if asked.size == "smoke" else "experiments")
    for name in wanted:
        print(f"== {name}")
        _run(name, ["--size", asked.size, "--out", str(out)], prog)
    rows = _judge(out, prog)
    if asked.readme is not None:
        _summarize(rows, asked.readme, prog)
    _show(rows)
    _tell(rows, out)


def _asked(words: list[str], prog: str) -> argparse.Namespace:
    flags = Parser(prog=prog, description=main.__doc__)
    add_flags(flags)
    asked = flags.parse_args(words)
    _check(asked.names, prog)
    if (bool(asked.names) + asked.all + asked.verdicts) > 1:
        flags.error("give names, or --all, or --verdicts")
    if asked.readme is not None and not asked.verdicts:
        flags.error("--readme goes with --verdicts")
    nothing = not (asked.names or asked.all or asked.verdicts)
    if nothing and (asked.size, asked.out) != ("default", None):
        flags.error("--size and --out go with names, --all or --verdicts")
    return asked


def _check(names: list[str], prog: str) -> None:
    for name in names:
        if name not in stems():
            stop(prog, unknown("experiment", name, stems()))


def _run(name: str, words: list[str], prog: str) -> Path | None:
    """Runs one; the folder of the records, unless jobs will write the record."""
    prog = f"{prog} {name}"
    flags = Parser(prog=prog, add_help=False)
    flags.add_argument("--out", type=Path)
    asked, own = flags.parse_known_args(words)
    if asked.out is not None:
        own += ["--out", str(asked.out / name)]
    folder = importlib.import_module(f"noflat.experiments.{name}").main(own, prog)
    return folder and folder.parent


def _judge(out: Path, prog: str) -> list[Row]:
    """Collects the verdicts of all records in a folder, and writes them there."""
    try:
        rows = collect(out, stems())
        write_verdicts(rows, out)
    except ValueError as problem:
        stop(prog, problem)
    return rows


def _summarize(rows: list[Row], readme: Path, prog: str) -> None:
    """Puts the table of the verdicts into a README."""
    try:
        write_summary(summary(rows, experiments()), readme)
    except ValueError as problem:
        stop(prog, problem)


def _show(rows: list[Row]) -> None:
    """One line per claim."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in COLUMNS[:-1]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(str(row[name]) for name in COLUMNS[:-1]))
    Console(width=max(Console().width, 140), highlight=False, markup=False).print(table)


def _tell(rows: list[Row], out: Path) -> None:
    passed = sum(row["verdict"] == "pass" for row in rows)
    print(f"{passed} of {len(rows)} claims pass; written to {out / 'verdicts.csv'}")


if __name__ == "__main__":
    with interruptible("python -m noflat.experiments"):
        main()
