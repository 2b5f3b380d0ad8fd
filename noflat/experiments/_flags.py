"""The command line of an experiment: one set of flags, one line for what is wrong."""

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from noflat.experiments.records import Record, check_folder, write
from noflat.flags import REFUSED, Parser, interrupted, stop

Tables = dict[str, list[dict[str, Any]]]

SIZES = ("smoke", "default", "paper")


def called(experiment: str, prog: str | None = None) -> str:
    """What runs an experiment, as usage and errors name it: `prog`, or its module."""
    return prog or f"python -m noflat.experiments.{experiment}"


def parser(experiment: str, description: str, prog: str | None = None) -> Parser:
    """A parser with the flags that every experiment has: --size, --seed, --out."""
    flags = Parser(prog=called(experiment, prog), description=description)
    flags.add_argument("--size", choices=SIZES, default="default", help="how much is run")
    flags.add_argument("--seed", type=_seed, default=0, help="of everything random")
    flags.add_argument(
        "--out",
        type=Path,
        help=f"folder of the record; with `noflat run` that of the records, in which this one is "
        f"{experiment} (default: experiments/{experiment} for the default and the paper's settings "
        f"with seed 0, and build/{experiment} for all others)",
    )
    return flags


def _seed(text: str) -> int:
    if not text.isdigit() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"must be an integer from 0 to 2**32 - 1, got {text!r}")
    return int(text)


def positive_integer(text: str) -> int:
    """Reads a flag that counts something."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be an integer of at least 1, got {text!r}")
    return int(text)


def add_inputs(flags: Parser) -> None:
    """Adds --inputs, which takes numbers of variables and the law they are drawn from."""
    flags.add_argument(
        "--inputs",
        nargs="+",
        metavar="N|LAW",
        help="numbers of variables (2 3 4) and the law they are drawn from (cube or gaussian)",
    )


def inputs_from(flags: Parser, words: list[str] | None) -> dict[str, Any]:
    """Reads that flag: the settings `n` and `inputs`, where they are given."""
    numbers = [int(word) for word in words or () if word.isdigit()]
    laws = [word for word in words or () if not word.isdigit()]
    if any(law not in ("cube", "gaussian") for law in laws) or len(laws) > 1:
        flags.error(f"--inputs takes numbers and one of cube, gaussian; got {' '.join(laws)}")
    if any(not 2 <= number <= 8 for number in numbers):
        flags.error(f"--inputs takes numbers of variables from 2 to 8; got {numbers}")
    found: dict[str, Any] = {"n": tuple(dict.fromkeys(numbers))} if numbers else {}
    return found | ({"inputs": laws[0]} if laws else {})


def share(text: str) -> float:
    """Reads a flag between 0 and 1."""
    return _between(text, 1.0, "a number between 0 and 1")


def positive(text: str) -> float:
    """Reads a flag that is a positive number."""
    return _between(text, float("inf"), "a positive number")


def _between(text: str, most: float, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < most:
        raise argparse.ArgumentTypeError(f"must be {what}, got {text!r}")
    return number


def run_and_write(
    experiment: str,
    settings: Any,
    out: Path,
    run: Callable[[], Tables],
    documents: Callable[[Tables], dict[str, str]] = lambda tables: {},
    partial: Callable[[], Tables] | None = None,
    prog: str | None = None,
) -> Record:
    """Runs an experiment and writes its record, with what is needed to run it again.

    Args:
        experiment: Its name.
        settings: What was asked for, a dataclass.
        out: The folder of the record.
        run: Runs it.
        documents: Makes text files that go beside the tables, by their names in the folder.
        partial: After an interrupt, the tables of what was done until then; they are written to
            the folder `partial` in `out`, so that no whole record is overwritten by a part of one.
        prog: What was called, for the line that says what is wrong; its module where None.

    Returns:
        The record.

    Errors in what was asked for end the program with one line and status 2; an interrupt with one
    line and status 130.
    """
    # float64 for this process, at its start; libraries must never do that
    import jax

    from noflat.doctor import environment, miscompile_self_test
    from noflat.sweeps import Unfinished

    jax.config.update("jax_enable_x64", True)
    start, command = time.perf_counter(), called(experiment, prog)

    def made(tables: Tables) -> Record:
        about = {
            "experiment": experiment,
            "settings": asdict(settings),
            "rows": {name: len(rows) for name, rows in tables.items()},
            "wall_seconds": round(time.perf_counter() - start, 1),
            "cores": os.cpu_count(),
            "processor": platform.machine(),
            "dtype": "float64",
            "matmul_precision": "highest",
            **_commit(),
            "environment": environment(),
        }
        return Record(tables, about)

    try:
        check_folder(out)
        if wrong := miscompile_self_test():
            problem = f"this JAX computes wrong numbers ({wrong} rows): see `noflat doctor`"
            stop(command, problem, REFUSED)
        tables = run()
        record = made(tables)
        write(record, out, documents(tables))
    except Unfinished as waiting:
        sys.stdout.write(f"{experiment}: {waiting}\n")
        sys.exit(0)
    except ValueError as problem:
        stop(command, problem)
    except KeyboardInterrupt as stopped:
        if partial is None:
            interrupted(command, str(stopped) or f"nothing was written to {out}")
        try:
            write(made(partial()), out / "partial")
        except (OSError, ValueError) as problem:
            interrupted(command, f"{stopped}; their rows could not be written: {problem}")
        kept = str(stopped) or f"what is done is kept in {out}; the same command goes on from there"
        interrupted(command, f"{kept}; its rows: {out / 'partial'}")
    return record


def _commit() -> dict[str, Any]:
    """The commit of the working tree that the package is in, if it is in one."""

    def git(*words: str) -> str:
        here = Path(__file__).parent
        done = subprocess.run(
            ["git", "-C", here, *words], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    try:
        tracked = bool(git("ls-files", Path(__file__).name))
        changed = git("status", "--porcelain", "--untracked-files=no", "--", ".")
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(changed)} if tracked else {}
    except (OSError, subprocess.CalledProcessError):
        return {}
