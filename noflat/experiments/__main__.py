"""Lists the experiments, or runs all of them."""

import ast
import importlib
from pathlib import Path

from noflat.experiments._flags import SIZES, Parser


def experiments() -> dict[str, str]:
    """The names of the experiments with the first line of their docstrings."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if not path.stem.startswith("_") and path.stem != "records":
            docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
            found[path.stem] = docstring.partition("\n")[0]
    return found


def main(arguments: list[str] | None = None) -> None:
    """Without flags lists the experiments; with --all runs each of them."""
    flags = Parser(prog="python -m noflat.experiments", description=main.__doc__)
    flags.add_argument("--all", action="store_true", help="run every experiment")
    flags.add_argument("--size", choices=SIZES, default="default", help="how much is run")
    flags.add_argument(
        "--out", type=Path, default=Path("experiments"), help="folder of the records"
    )
    asked = flags.parse_args(arguments)
    if not asked.all and (asked.size, asked.out) != ("default", Path("experiments")):
        flags.error("--size and --out go with --all")
    for name, line in experiments().items():
        if not asked.all:
            print(f"{name:<12} {line}")
            continue
        module = importlib.import_module(f"noflat.experiments.{name}")
        module.main(["--size", asked.size, "--out", str(asked.out / name)])
    if not asked.all:
        print("\nRun one with python -m noflat.experiments.NAME, all with --all; --help says more.")


if __name__ == "__main__":
    main()
