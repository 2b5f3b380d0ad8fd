"""The `noflat` command: one function per subcommand, each importing what it needs when it runs."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from noflat.figures._flags import add_flags
from noflat.flags import CLOSED, EXIT_STATUSES, REFUSED, WRONG, Parser, interruptible, stop, unknown

Asked = argparse.Namespace
Command = Callable[[Asked], int | None]
"""Does what was asked for, and returns the exit status."""


def _bounds(flags: Parser) -> Command:
    """Say how many neurons a polynomial needs: proved and constructed, at each depth."""
    flags.add_argument(
        "expression",
        metavar="EXPRESSION",
        help='the polynomial, such as "x*y*z + 2*w**3"; its form decides the deep network '
        "(after -- where it begins with a minus)",
    )
    flags.missing = "; one that begins with a minus comes last, after --"
    flags.add_argument(
        "--activation",
        nargs="+",
        default=["exp", "tanh"],
        metavar="NAME",
        help="of exp, tanh, sigmoid, softplus, silu, gelu, sin, cos, erf, ... (default: exp tanh)",
    )
    flags.add_argument(
        "--convention",
        nargs="+",
        default=[],
        metavar="NAME",
        help="such as bias_free or hidden_bias+output_bias (default: all six)",
    )
    flags.add_argument(
        "--inputs",
        choices=("cube", "gaussian"),
        default="cube",
        help="the law under which networks are made and measured: on the cube [-1, 1]^n "
        "(default), or normal",
    )
    flags.add_argument(
        "--error",
        metavar="NUMBER",
        help="a relative rms error that is enough: a network that exceeds it is left out, and "
        "with normal inputs a bound at it is proved, too",
    )
    flags.add_argument("--json", action="store_true", help="print JSON instead of a table")
    flags.add_argument(
        "--save",
        type=Path,
        metavar="FOLDER",
        help="a new folder for bounds.json, the certificates and the networks",
    )

    def run(asked: Asked) -> None:
        from noflat.commands.bounds import run_bounds

        run_bounds(
            asked.expression,
            asked.activation,
            asked.convention,
            asked.inputs,
            asked.error,
            asked.json,
            asked.save,
        )

    return run


def _verify(flags: Parser) -> Command:
    """Check certificates, and say what they prove or the first condition that fails."""
    flags.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a certificate, in JSON")

    def run(asked: Asked) -> int:
        # the checker alone: nothing of what makes certificates is imported
        from noflat.certificates.checker import CertificateError, verify

        status = 0
        for file in asked.files:
            if not file.is_file():
                kind = "a folder: name files" if file.is_dir() else "no file that is on a disk"
                wrong = f"{file} is {kind}" if file.exists() else f"no file {file}"
                sys.stderr.write(f"noflat verify: error: {wrong}\n")
                status = WRONG
                continue
            try:
                sys.stdout.write(f"{file}: accepted: {verify(file).statement}\n")
            except CertificateError as problem:
                sys.stdout.write(f"{file}: refused: {problem}\n")
                status = max(status, REFUSED)
        return status

    return run


def _list(flags: Parser) -> Command:
    """List the experiments: what each asks, and how many claims of its record hold."""
    flags.add_argument(
        "--records",
        nargs="+",
        type=Path,
        metavar="FOLDER",
        help="folders of records, a column each (default: experiments)",
    )
    flags.add_argument("--json", action="store_true", help="print JSON instead of a table")

    def run(asked: Asked) -> None:
        from noflat.experiments.__main__ import experiments
        from noflat.experiments._listing import here, listing, text

        for folder in asked.records or []:
            if not folder.is_dir():
                stop("noflat list", f"there is no folder {folder}")
        rows = listing(experiments(), asked.records or here())
        if asked.json:
            import json

            sys.stdout.write(json.dumps(rows, indent=1) + "\n")
        else:
            columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
            sys.stdout.write(text(rows, columns))

    return run


def _run(flags: Parser) -> Command:
    """Run experiments and write their records; after one NAME all flags are its own."""
    from noflat.experiments.__main__ import add_flags

    add_flags(flags)  # for help and completion only
    return _run_words


def _run_words(asked: Asked) -> None:
    # the words themselves, since after a name the flags are those of the experiment
    from noflat.experiments.__main__ import main

    main(asked.words, prog="noflat run")


def _figure(flags: Parser) -> Command:
    """Draw the figures of experiments from their records."""
    flags.add_argument("names", nargs="*", metavar="NAME", help="experiments to draw")
    flags.add_argument("--all", action="store_true", help="draw every one")
    add_flags(flags)

    def run(asked: Asked) -> None:
        from noflat.experiments.__main__ import stems

        command = "noflat figure"
        if bool(asked.names) == asked.all:
            stop(command, "name experiments, or give --all (see noflat list)")
        for name in asked.names:
            if name not in stems():
                stop(command, unknown("experiment", name, stems()))
        with _extra("figures", command):
            from noflat.figures._drawing import draw_records
        names = stems() if asked.all else asked.names
        draws = {name: import_module(f"noflat.figures.{name}").draw for name in names}
        draw_records(draws, asked, command)

    return run


def _report(flags: Parser) -> Command:
    """Write a folder of records as one page of HTML that needs nothing else."""
    flags.add_argument("folder", type=Path, metavar="FOLDER", help="folder of the records")
    flags.add_argument(
        "--out",
        type=Path,
        default=Path("report.html"),
        metavar="FILE",
        help="the page (default: report.html, here)",
    )
    flags.add_argument("--open", action="store_true", help="open it in the browser")

    def run(asked: Asked) -> None:
        command = "noflat report"
        with _extra("report", command):
            from noflat.report import write_report

            try:
                write_report(asked.folder, asked.out)
            except ValueError as problem:
                stop(command, problem)
        sys.stdout.write(f"written: {asked.out}\n")
        if asked.open:
            import webbrowser

            if not webbrowser.open(asked.out.resolve().as_uri()):
                sys.stderr.write(f"{command}: no browser opened; open {asked.out} in yours\n")

    return run


def _doctor(flags: Parser) -> Command:
    """Print versions and devices, and test that JAX computes correctly here."""

    def run(asked: Asked) -> None:
        from noflat.doctor import main

        main()

    return run


def _completion(flags: Parser) -> Command:
    """Print a script that lets a shell complete this command."""
    flags.add_argument("shell", choices=("bash", "zsh", "fish"), help="which shell")

    def run(asked: Asked) -> None:
        from noflat.commands.completion import script

        sys.stdout.write(script(asked.shell, parser()))

    return run


SUBCOMMANDS: dict[str, Callable[[Parser], Command]] = {
    "bounds": _bounds,
    "verify": _verify,
    "list": _list,
    "run": _run,
    "figure": _figure,
    "report": _report,
    "doctor": _doctor,
    "completion": _completion,
}
"""Each adds its flags to a parser and returns what it does; its docstring is its help."""


@contextmanager
def _extra(extra: str, command: str) -> Iterator[None]:
    """Says how to install what an extra brings, where it is missing."""
    try:
        yield
    except ModuleNotFoundError as missing:
        if (missing.name or "noflat").split(".")[0] == "noflat":
            raise
        stop(command, f"{missing.name} is not installed: pip install 'noflat[{extra}]'")


class _Version(argparse.Action):
    """Prints the version, which is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> None:
        from importlib.metadata import version

        sys.stdout.write(f"noflat {version('noflat')}\n")
        parser.exit()


def parser(filled: Iterable[str] | None = None) -> Parser:
    """The command line: every subcommand with its flags.

    Args:
        filled: The subcommands whose flags are wanted, since some take long to list; None for all.

    Returns:
        The parser.
    """
    whole = Parser(
        prog="noflat",
        description="How many neurons does a target need at each depth, and how do we know?",
        epilog=EXIT_STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action=_Version, nargs=0, help="print the version")
    subcommands = whole.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, subcommand in SUBCOMMANDS.items():
        line = subcommand.__doc__
        flags = subcommands.add_parser(name, help=line, description=line)
        if filled is None or name in filled:
            flags.set_defaults(do=subcommand(flags))
    return whole


def _asked(words: list[str]) -> Asked:
    if not words:
        stop("noflat", f"name a subcommand, of {', '.join(SUBCOMMANDS)} (see --help)")
    if words[0] not in SUBCOMMANDS and not words[0].startswith("-"):
        stop("noflat", unknown("subcommand", words[0], SUBCOMMANDS))
    if words[0] == "run":  # what follows may be flags of an experiment
        return Asked(command="run", do=_run_words, words=words[1:])
    return parser(words[:1]).parse_args(words)


def main(arguments: list[str] | None = None) -> None:
    """Runs the subcommand that the command line names.

    Args:
        arguments: The command line, that of this process where None.

    Raises:
        SystemExit: Always, with one of the exit statuses that `noflat --help` lists.
    """
    words = sys.argv[1:] if arguments is None else arguments
    try:
        try:
            asked = _asked(words)
            with interruptible(f"noflat {asked.command}"):
                status = asked.do(asked)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        sys.exit(CLOSED)
    except OSError as problem:
        if problem.filename is None:  # it was the output, which the end would write once more
            _drop_output()
        stop(f"noflat {words[0]}", f"{problem.filename or 'the output'}: {problem.strerror}")
    sys.exit(status or 0)


def _drop_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
