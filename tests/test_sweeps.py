"""Sweeps: whatever ends one, the next goes on where it was, and the rows are the same."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from safetensors.numpy import save_file

from noflat import sweeps
from noflat.sweeps import fingerprint, mine, missing, read_chunk, read_chunks, run_chunks

CHUNKS = [{"n": n, "width": width} for n in (2, 3) for width in (1, 2, 3)]


def _run(chunk):
    rows = np.arange(4) + 10 * chunk["n"] + chunk["width"]
    return {"errors": rows / 7, "steps": rows}


def test_only_what_is_missing_is_run(tmp_path):
    ran = []

    def run(chunk):
        ran.append(chunk)
        return _run(chunk)

    run_chunks(tmp_path, CHUNKS[:2], run)
    run_chunks(tmp_path, CHUNKS, run)
    run_chunks(tmp_path, CHUNKS, run)
    assert ran == CHUNKS
    for found, chunk in zip(read_chunks(tmp_path, CHUNKS), CHUNKS, strict=True):
        np.testing.assert_array_equal(found["errors"], _run(chunk)["errors"])
    assert len(list(tmp_path.iterdir())) == len(CHUNKS)


@hypothesis.given(st.integers(0, 20), st.integers(1, 7))
def test_shards_share_all_chunks(count, of):
    chunks = [{"n": n} for n in range(count)]
    parts = [mine(chunks, (number, of)) for number in range(of)]
    assert sorted(chunk["n"] for part in parts for chunk in part) == list(range(count))


@pytest.mark.parametrize("shard", [(2, 2), (-1, 3), (0, 0)])
def test_a_shard_that_is_none_is_refused(shard):
    with pytest.raises(ValueError, match="`shard` must be i/N with 0 <= i < N"):
        mine(CHUNKS, shard)


def test_equal_chunks_are_refused(tmp_path):
    with pytest.raises(ValueError, match="`chunks` must all be different"):
        missing(tmp_path, [{"n": 2, "m": 1}, {"m": 1, "n": 2}])


@pytest.mark.parametrize("value", [float("nan"), np.zeros(2), object()])
def test_settings_that_json_cannot_hold_are_refused(value):
    with pytest.raises(ValueError, match="`chunk` must be numbers and text that JSON holds"):
        fingerprint({"n": value})


def test_progress_counts_what_this_run_did(tmp_path):
    seen = []
    run_chunks(tmp_path, CHUNKS[:2], _run)
    run_chunks(tmp_path, CHUNKS, _run, cost=lambda c: c["width"], progress=seen.append)
    assert [p.chunks for p in seen] == [2, 3, 4, 5, 6]
    assert [p.networks for p in seen] == [0, 4, 8, 12, 16]
    assert seen[-1].steps == sum(int(_run(chunk)["steps"].sum()) for chunk in CHUNKS[2:])
    assert seen[0].seconds_left is None
    assert seen[-1].seconds_left == 0
    # of the costs 3, 1, 2, 3 the first is done
    np.testing.assert_allclose(seen[1].seconds_left, seen[1].seconds * 6 / 3)


def _damage(path, how):
    data = path.read_bytes()
    if how == "torn":
        path.write_bytes(data[: len(data) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "text":
        path.write_text("not a chunk")
    elif how == "flipped":
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    elif how == "foreign":
        save_file({"errors": np.zeros(3)}, path)
    elif how == "another":
        other = path.parent / f"{fingerprint(CHUNKS[1])}.safetensors"
        shutil.copy(other, path)


@pytest.mark.parametrize("how", ["torn", "empty", "text", "flipped", "foreign", "another"])
def test_a_damaged_chunk_is_named_and_never_read(tmp_path, how):
    run_chunks(tmp_path, CHUNKS[:2], _run)
    path = tmp_path / f"{fingerprint(CHUNKS[0])}.safetensors"
    _damage(path, how)
    for use in (lambda: run_chunks(tmp_path, CHUNKS, _run), lambda: read_chunks(tmp_path, CHUNKS)):
        with pytest.raises(ValueError, match=f"{path.name} is .*delete it and run again"):
            use()
    path.unlink()
    run_chunks(tmp_path, CHUNKS, _run)
    np.testing.assert_array_equal(
        read_chunk(tmp_path, CHUNKS[0])["steps"], _run(CHUNKS[0])["steps"]
    )


def test_what_is_missing_is_said(tmp_path):
    run_chunks(tmp_path, CHUNKS[:2], _run)
    with pytest.raises(ValueError, match="4 of 6 chunks are missing"):
        read_chunks(tmp_path, CHUNKS)


def test_a_folder_that_cannot_be_made_is_told_before_any_work(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="cannot be written to"):
        run_chunks(tmp_path / "file" / "chunks", CHUNKS, lambda chunk: pytest.fail("it ran"))


def test_a_full_disk_is_told_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=1))
    with pytest.raises(ValueError, match="has no room: .* 6 MiB"):
        run_chunks(tmp_path, CHUNKS, lambda chunk: pytest.fail("it ran"))


def test_a_disk_that_fills_up_keeps_what_is_done(tmp_path, monkeypatch):
    run_chunks(tmp_path, CHUNKS[:2], _run)

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ValueError, match=r"could not be written \(No space left on device\)"):
        run_chunks(tmp_path, CHUNKS, _run)
    monkeypatch.undo()
    assert missing(tmp_path, CHUNKS) == CHUNKS[2:]
    assert len(list(tmp_path.iterdir())) == 2


def test_an_interrupt_says_what_is_kept(tmp_path):
    def run(chunk):
        if chunk == CHUNKS[3]:
            raise KeyboardInterrupt
        return _run(chunk)

    with pytest.raises(sweeps.Interrupted, match="3 of 6 chunks are kept in .*goes on from there"):
        run_chunks(tmp_path, CHUNKS, run)
    assert missing(tmp_path, CHUNKS) == CHUNKS[3:]


def test_what_a_killed_process_left_is_cleared_away(tmp_path):
    old, young = tmp_path / "a.1.partial", tmp_path / "b.2.partial"
    old.touch()
    young.touch()
    os.utime(old, (0, 0))
    run_chunks(tmp_path, CHUNKS, _run)
    assert not old.exists()
    assert young.exists()


SWEEP = """
import json, sys, time
from pathlib import Path
import jax, jax.numpy as jnp, numpy as np, optax
from noflat.networks import init
from noflat.sweeps import run_chunks, read_chunks, mine
from noflat.training import ensemble, fit_first_order

points = jnp.asarray(np.linspace(-1, 1, 64).reshape(32, 2), "float32")

def fit(key, active):
    start = init((2, 4, 1), "tanh", dtype="float32", active=(active,), key=key)
    options = dict(optimizer=optax.adam(0.01), steps=50, active=(active,))
    return fit_first_order(start, points, points.prod(axis=1), **options).loss_curve[-1]

train = ensemble(fit, block=8, workers=1)

def run(chunk):
    time.sleep(0.05)
    keys = jax.random.split(jax.random.key(chunk["width"]), 8)
    return {"loss": train(keys, np.full(8, chunk["width"], "int32"))}

folder, chunks = Path(sys.argv[1]), [{"width": 1 + i % 4, "part": i} for i in range(40)]
print("ready", flush=True)
"""


def _rows(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.safetensors"))}


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_killing_a_sweep_at_any_moment_changes_no_row(tmp_path, kills):
    program = SWEEP + "run_chunks(folder, chunks, run)\n"
    calm, stormy = tmp_path / "calm", tmp_path / "stormy"
    with _started(program, calm) as process:
        start = time.perf_counter()
        assert process.wait(120) == 0
    seconds, chance, killed, midway = time.perf_counter() - start, random.Random(0), 0, 0
    while killed < kills or not midway:
        with _started(program, stormy) as process:
            time.sleep(chance.uniform(seconds / 3, seconds))  # compiling comes first
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
        midway += 0 < len(_rows(stormy)) < 40
        if len(_rows(stormy)) == 40:
            shutil.rmtree(stormy)  # done before the last kill: once more from nothing
    with _started(program, stormy) as process:
        assert process.wait(120) == 0
    assert _rows(stormy) == _rows(calm)
    assert len(_rows(calm)) == 40


def _started(program, folder):
    """A process that has got past its imports."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    return process


def test_two_processes_give_the_rows_of_one(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    alone = SWEEP + "run_chunks(folder, chunks, run)\n"
    subprocess.run([sys.executable, "-c", alone, str(one)], check=True, capture_output=True)
    shared = SWEEP + "run_chunks(folder, mine(chunks, tuple(json.loads(sys.argv[2]))), run)\n"
    processes = [
        subprocess.Popen([sys.executable, "-c", shared, str(two), json.dumps((i, 2))])
        for i in range(2)
    ]
    assert [process.wait(120) for process in processes] == [0, 0]
    assert _rows(two) == _rows(one)
