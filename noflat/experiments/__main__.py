"""Lists the experiments, runs any or all of them, and shows all verdicts in one table."""

import ast
import importlib
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from noflat.experiments._claims import COLUMNS, collect, write_verdicts
from noflat.experiments._flags import SIZES, Parser
from noflat.experiments.records import Row


def experiments() -> dict[str, str]:
    """The names of the experiments with the first line of their docstrings."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if not path.stem.startswith("_") and path.stem != "records":
            docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
            found[path.stem] = docstring.partition("\n")[0]
    return found


def main(arguments: list[str] | None = None) -> None:
    """Runs the experiments named, or all with --all; without either lists them.

    What ran, and every other record in the same folder, is then shown as one table of verdicts,
    which is also written there. With --verdicts nothing is run.
    """
    flags = Parser(prog="python -m noflat.experiments", description=main.__doc__)
    flags.add_argument("names", nargs="*", metavar="NAME", help="experiments to run")
    flags.add_argument("--all", action="store_true", help="run every experiment")
    flags.add_argument("--verdicts", action="store_true", help="run nothing, show the verdicts")
    flags.add_argument("--size", choices=SIZES, default="default", help="how much is run")
    flags.add_argument(
        "--out",
        type=Path,
        help="folder of the records (default: experiments, and build for the smoke size)",
    )
    asked = flags.parse_args(arguments)
    known = experiments()
    if unknown := [name for name in asked.names if name not in known]:
        flags.error(f"no experiment is called {unknown[0]!r}: there are {', '.join(known)}")
    if (bool(asked.names) + asked.all + asked.verdicts) > 1:
        flags.error("give names, or --all, or --verdicts")
    wanted = list(known) if asked.all else asked.names
    if not wanted and not asked.verdicts:
        if (asked.size, asked.out) != ("default", None):
            flags.error("--size and --out go with names, --all or --verdicts")
        _list(known)
        return
    out = asked.out or Path("build" if asked.size == "smoke" else "experiments")
    for name in wanted:
        print(f"== {name}")
        module = importlib.import_module(f"noflat.experiments.{name}")
        module.main(["--size", asked.size, "--out", str(out / name)])
    try:
        rows = collect(out, list(known))
        write_verdicts(rows, out)
    except ValueError as problem:
        sys.exit(f"{flags.prog}: error: {problem}")
    _show(rows, out)


def _list(known: dict[str, str]) -> None:
    for name, line in known.items():
        print(f"{name:<13} {line}")
    print(
        "\nRun some with python -m noflat.experiments NAME ..., all with --all; --help says more."
    )


def _show(rows: list[Row], out: Path) -> None:
    """One line per claim."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in COLUMNS[:-1]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(str(row[name]) for name in COLUMNS[:-1]))
    console = Console(width=max(Console().width, 140), highlight=False, markup=False)
    console.print(table)
    passed = sum(row["verdict"] == "pass" for row in rows)
    console.print(f"{passed} of {len(rows)} claims pass; written to {out / 'verdicts.csv'}")


if __name__ == "__main__":
    main()
