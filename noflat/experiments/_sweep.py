"""Experiments that take long: run as a sweep of chunks, alone or as one of many processes."""

import argparse
import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn

from noflat.experiments._flags import positive_integer
from noflat.flags import Parser
from noflat.sweeps import Arrays, Progress, Settings, Unfinished, mine, missing, run_chunks

_ROOMS = ("activations", "arguments", "conventions", "measure", "networks", "targets", "training")
"""The modules of noflat that decide what a chunk computes."""
_PACKAGES = ("flax", "jax", "jaxlib", "numpy", "optax", "scipy")
"""The packages that do."""


_MINUTES = 240
"""A job may run so long unless it is told otherwise; submitit would give it five."""


@dataclass(frozen=True)
class Share:
    """Which part of a sweep this process does, and where it is launched.

    Attributes:
        shard: Its number from 0, and how many processes there are.
        jobs: To how many SLURM jobs the sweep is handed over instead; 0 for none.
        options: Parameters of these jobs, as submitit names them.
    """

    shard: tuple[int, int] = (0, 1)
    jobs: int = 0
    options: tuple[tuple[str, Any], ...] = ()


def add_flags(flags: Parser) -> None:
    """Adds --shard, --slurm and --slurm-option."""
    flags.add_argument(
        "--shard",
        type=_shard,
        metavar="I/N",
        help="do only every N-th chunk from the I-th on, I from 0 to N - 1",
    )
    flags.add_argument(
        "--slurm", type=positive_integer, metavar="N", help="hand over to N jobs of SLURM"
    )
    flags.add_argument(
        "--slurm-option",
        action="append",
        default=[],
        type=_option,
        metavar="NAME=VALUE",
        help=f"of each job, such as timeout_min=120 (default: {_MINUTES}) or slurm_partition=gpu",
    )


def share_from(flags: Parser, asked: argparse.Namespace) -> Share:
    """Reads those flags."""
    if asked.shard and asked.slurm:
        flags.error("--shard and --slurm exclude each other")
    if asked.slurm_option and not asked.slurm:
        flags.error("--slurm-option goes with --slurm")
    return Share(asked.shard or (0, 1), asked.slurm or 0, tuple(asked.slurm_option))


def _shard(text: str) -> tuple[int, int]:
    number, slash, of = text.partition("/")
    if not (slash and number.isdigit() and of.isdigit() and int(number) < int(of)):
        raise argparse.ArgumentTypeError(f"must be I/N with 0 <= I < N, got {text!r}")
    return int(number), int(of)


def _option(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not (name.isidentifier() and equals and value):
        raise argparse.ArgumentTypeError(f"must be NAME=VALUE, got {text!r}")
    return name, int(value) if value.isdigit() else value


@lru_cache  # once per process: the sources may change while it runs
def provenance(*modules: str) -> Settings:
    """What the numbers of a chunk depend on besides its settings: code, versions, device."""
    import jax

    package = Path(__file__).resolve().parents[1]
    files = [package / "experiments" / f"{module}.py" for module in modules]
    for room in _ROOMS:
        files += [package / f"{room}.py", *(package / room).rglob("*.py")]
    code = hashlib.sha256()
    for file in sorted(file for file in files if file.is_file()):
        code.update(file.relative_to(package).as_posix().encode() + file.read_bytes())
    versions = {name: metadata.version(name) for name in _PACKAGES}
    return {"code": code.hexdigest()[:16], **versions, "backend": jax.default_backend()}


def do_share(
    folder: Path,
    chunks: list[Settings],
    share: Share,
    run: Callable[[Settings], Arrays],
    cost: Callable[[Settings], float],
    console: Console,
) -> None:
    """Runs the chunks of this process, with a line that says how far it is.

    Raises:
        ValueError: As `run_chunks`.
        Unfinished: If chunks of other processes are still missing afterwards.
    """
    with Bar(
        SpinnerColumn(), TextColumn("{task.description}"), console=console, transient=True
    ) as bar:
        task = bar.add_task("compiling", total=None)

        def show(done: Progress) -> None:
            bar.update(task, description=line(done))

        run_chunks(folder, mine(chunks, share.shard), run, cost=cost, progress=show)
    if waiting := missing(folder, chunks):
        raise Unfinished(
            f"shard {share.shard[0]}/{share.shard[1]} is done; {len(waiting)} of {len(chunks)} "
            "chunks are still missing: the process that does the last of them writes the record"
        )


def line(done: Progress) -> str:
    """How far a sweep is, in words.

    Example:
        >>> from noflat.experiments._sweep import line
        >>> line(Progress(3, 10, 96, 192000, 24.0, 56.0))
        '3/10 chunks, 96 networks, 8000 steps/s, 0:00:56 left'
    """
    rate = done.steps / done.seconds if done.seconds else 0
    left = "" if done.seconds_left is None else f", {_clock(done.seconds_left)} left"
    return (
        f"{done.chunks}/{done.of_chunks} chunks, {done.networks} networks, {rate:.0f} steps/s{left}"
    )


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def hand_over(experiment: str, arguments: list[str] | None, share: Share, out: Path) -> str:
    """Submits one job per shard by submitit, to SLURM or, where there is none, to this machine.

    Args:
        experiment: Its name.
        arguments: The command line, that of this process where None.
        share: How many jobs, and their parameters.
        out: The folder of the record; logs are kept in it.

    Returns:
        A line that names the jobs.

    Raises:
        ValueError: If submitit is not installed or the jobs could not be submitted.
    """
    try:
        from submitit import AutoExecutor
        from submitit.helpers import CommandFunction
    except ImportError:
        raise ValueError("`--slurm` needs submitit: pip install 'noflat[distributed]'") from None
    words = _without_slurm(sys.argv[1:] if arguments is None else arguments)
    command = [sys.executable, "-m", f"noflat.experiments.{experiment}", *words]
    command += ["--out", str(out.resolve())]
    logs = out.resolve() / "jobs"
    try:
        executor = AutoExecutor(folder=logs)
        options = {"timeout_min": _MINUTES, **dict(share.options)}
        executor.update_parameters(name=f"noflat-{experiment}", **options)
        with executor.batch():
            jobs = [
                executor.submit(CommandFunction([*command, "--shard", f"{number}/{share.jobs}"]))
                for number in range(share.jobs)
            ]
    except (NameError, OSError, RuntimeError, TypeError, ValueError) as problem:
        raise ValueError(f"`--slurm`: the jobs could not be submitted: {problem}") from None
    names = ", ".join(job.job_id for job in jobs)
    return f"jobs {names} run on {executor.cluster}; logs in {logs}; the last one writes the record"


def _without_slurm(words: list[str]) -> list[str]:
    """A command line without --slurm and --slurm-option."""
    kept, skip = [], False
    for word in words:
        flag = word.partition("=")[0] in ("--slurm", "--slurm-option")
        if not flag and not skip:
            kept.append(word)
        skip = word in ("--slurm", "--slurm-option")  # the value is the next word
    return kept
