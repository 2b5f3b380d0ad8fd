"""Sweeps that lose nothing: a list of chunks, one file for each that is done.

A chunk is a few settings that JSON can hold; its file is named by their hash, written under a
temporary name, forced to disk and renamed. A rerun computes what has no file yet, so that whatever
ends a sweep, the next one goes on where it was, and the rows are the same. Chunks share nothing:
several processes or machines take every N-th of them.
"""

import contextlib
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from noflat.experiments.records import PARTIAL, check_folder, write_whole

Settings = dict[str, Any]
Arrays = dict[str, np.ndarray]

_SPACE = 2**20
"""Bytes that a chunk is taken to need before one is there."""


class Progress(NamedTuple):
    """How far a sweep is.

    Attributes:
        chunks: The chunks done, those of earlier runs included.
        of_chunks: The chunks in all.
        networks: The networks trained in this run.
        steps: The steps they took in this run, where chunks have an array `steps`.
        seconds: How long this run has been going.
        seconds_left: An estimate of what is left; None before the first chunk.
    """

    chunks: int
    of_chunks: int
    networks: int
    steps: int
    seconds: float
    seconds_left: float | None


class Interrupted(KeyboardInterrupt):
    """A sweep that was stopped; its message says what is kept."""


class Unfinished(Exception):
    """A process has done its share, and others have not yet."""


def fingerprint(chunk: Settings) -> str:
    """The name of a chunk: a hash of its settings, whatever their order.

    Raises:
        ValueError: If JSON cannot hold them.

    Example:
        >>> fingerprint({"n": 3, "width": 8}) == fingerprint({"width": 8, "n": 3})
        True
    """
    return hashlib.sha256(_canonical(chunk).encode()).hexdigest()[:24]


def mine(chunks: Sequence[Settings], shard: tuple[int, int]) -> list[Settings]:
    """Every N-th chunk: those of one of N processes.

    Args:
        chunks: All chunks.
        shard: The number of the process from 0, and how many there are.

    Raises:
        ValueError: If there is no such shard.

    Example:
        >>> mine([{"n": 2}, {"n": 3}, {"n": 4}], (0, 2))
        [{'n': 2}, {'n': 4}]
    """
    number, of = shard
    if not 0 <= number < of:
        raise ValueError(f"`shard` must be i/N with 0 <= i < N; got {number}/{of}")
    return list(chunks[number::of])


def run_chunks(
    folder: Path,
    chunks: Sequence[Settings],
    run: Callable[[Settings], Arrays],
    *,
    cost: Callable[[Settings], float] = lambda chunk: 1.0,
    progress: Callable[[Progress], None] = lambda done: None,
) -> None:
    """Runs the chunks that have no file yet.

    Args:
        folder: Where the files are; made where it does not exist.
        chunks: The settings of each chunk, all different.
        run: Computes a chunk: arrays by name, with the members as the leading axis.
        cost: How long a chunk takes next to others, for the time left.
        progress: Called at the start and after each chunk.

    Raises:
        ValueError: Before any work if the folder cannot be written to, has no room, or holds a
            file of a chunk that is damaged; later if a chunk could not be written.
        Interrupted: If it was interrupted; all chunks done until then are kept.

    Example:
        >>> from pathlib import Path
        >>> chunks = [{"n": 2}, {"n": 3}]
        >>> run_chunks(Path("squares"), chunks, lambda chunk: {"n2": np.array([chunk["n"] ** 2])})
        >>> [found["n2"].item() for found in read_chunks(Path("squares"), chunks)]
        [4, 9]
    """
    check_folder(folder)
    _clear(folder)
    waiting = missing(folder, chunks)
    largest = max((path.stat().st_size for path in folder.glob("*.safetensors")), default=_SPACE)
    _check_space(folder, len(waiting) * largest)
    work = sum(map(cost, waiting))
    start, worked, networks, steps = time.perf_counter(), 0.0, 0, 0
    progress(Progress(len(chunks) - len(waiting), len(chunks), 0, 0, 0.0, None))
    for number, chunk in enumerate(waiting, len(chunks) - len(waiting) + 1):
        try:
            found = run(chunk)
            size = write_chunk(folder, chunk, found)
        except KeyboardInterrupt:
            raise Interrupted(
                f"{number - 1} of {len(chunks)} chunks are kept in {folder}; the same command "
                "goes on from there"
            ) from None
        worked += cost(chunk)
        networks += len(next(iter(found.values())))
        steps += int(np.sum(found.get("steps", 0)))
        seconds = time.perf_counter() - start
        progress(
            Progress(
                number, len(chunks), networks, steps, seconds, seconds * (work - worked) / worked
            )
        )
        _check_space(folder, (len(chunks) - number) * size)


def missing(folder: Path, chunks: Sequence[Settings]) -> list[Settings]:
    """The chunks without a file.

    Raises:
        ValueError: If two chunks are the same, or a file is damaged or belongs to another chunk.
    """
    names = [fingerprint(chunk) for chunk in chunks]
    if len(set(names)) != len(names):
        raise ValueError("`chunks` must all be different")
    done = read_done(folder, chunks)
    return [chunk for chunk, found in zip(chunks, done, strict=True) if found is None]


def read_chunks(folder: Path, chunks: Sequence[Settings]) -> list[Arrays]:
    """The arrays of all chunks.

    Raises:
        ValueError: If one is missing, damaged, or belongs to another chunk.
    """
    found = [arrays for arrays in read_done(folder, chunks) if arrays is not None]
    if len(found) < len(chunks):
        lacking = len(chunks) - len(found)
        raise ValueError(f"{lacking} of {len(chunks)} chunks are missing in {folder}")
    return found


def read_done(folder: Path, chunks: Sequence[Settings]) -> list[Arrays | None]:
    """The arrays of the chunks that are done, None for the others.

    Raises:
        ValueError: If one is damaged or belongs to another chunk.
    """
    return [
        read_chunk(folder, chunk) if _path(folder, chunk).exists() else None for chunk in chunks
    ]


def read_chunk(folder: Path, chunk: Settings) -> Arrays:
    """The arrays of a chunk.

    Raises:
        ValueError: If its file is damaged or belongs to another chunk, naming it.
    """
    path = _path(folder, chunk)
    try:
        path.open("rb").close()
        with safe_open(path, "numpy") as file:
            about = json.loads((file.metadata() or {}).get("chunk", "{}"))
            arrays = {name: file.get_tensor(name) for name in sorted(file.keys())}
    except PermissionError as problem:
        raise ValueError(f"the chunk {path} cannot be read: {problem.strerror}") from None
    except (OSError, SafetensorError, ValueError) as problem:
        raise ValueError(
            f"the chunk {path} is damaged ({problem}): delete it and run again"
        ) from None
    if about.get("settings") != _canonical(chunk):
        raise ValueError(f"the file {path} is not that of its chunk: delete it and run again")
    if about.get("sha256") != _digest(arrays):
        raise ValueError(f"the chunk {path} is damaged (its hash differs): delete it and run again")
    return arrays


def write_chunk(folder: Path, chunk: Settings, arrays: Arrays) -> int:
    """Writes the file of a chunk, whole or not at all; returns its size in bytes.

    Raises:
        ValueError: If that is not possible.
    """
    arrays = {name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}
    about = {"settings": _canonical(chunk), "sha256": _digest(arrays)}
    data = save(arrays, metadata={"chunk": json.dumps(about)})  # one key: its bytes have one order
    try:
        write_whole(_path(folder, chunk), data)
    except OSError as problem:
        raise ValueError(
            f"the chunk {_path(folder, chunk)} could not be written ({problem.strerror}): all "
            "chunks before it are kept; make room and run the same command again"
        ) from None
    return len(data)


def _path(folder: Path, chunk: Settings) -> Path:
    return folder / f"{fingerprint(chunk)}.safetensors"


def _canonical(chunk: Settings) -> str:
    try:
        return json.dumps(chunk, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as problem:
        raise ValueError(f"`chunk` must be numbers and text that JSON holds: {problem}") from None


def _digest(arrays: Arrays) -> str:
    hasher = hashlib.sha256()
    for name in sorted(arrays):
        hasher.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}".encode())
        hasher.update(np.ascontiguousarray(arrays[name]).tobytes())
    return hasher.hexdigest()


def _clear(folder: Path) -> None:
    """Removes what a killed process left half-written."""
    hour_ago = time.time() - 3600  # a younger one may belong to a process that is still writing
    for left in folder.glob(f"*{PARTIAL}"):
        with contextlib.suppress(OSError):  # another process may have removed it
            if left.stat().st_mtime < hour_ago:
                left.unlink()


def _check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ValueError(
            f"`folder` {folder} has no room: what is left to do needs about {needed / 2**20:.3g} "
            f"MiB, {free / 2**20:.3g} MiB are free"
        )
