"""The experiment: chunks are done once, rows are computed from them, shards make one record."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from spoiled import check_claims

from noflat.constructions import plan_flat
from noflat.experiments import threshold
from noflat.experiments._restarts import train
from noflat.experiments._sweep import Share, _without_slurm
from noflat.experiments.records import read
from noflat.experiments.threshold import (
    PRESETS,
    Settings,
    chunks,
    first_reached,
    run,
    settings_from,
    verdict,
    widths_to_try,
)
from noflat.sweeps import Unfinished, missing, read_chunks

ROOT = Path(__file__).parents[2]
TINY = Settings(
    n=(2,),
    cases=(("exp", "bias_free"),),
    restarts=4,
    steps=100,
    adam_restarts=2,
    adam_steps=10,
    samples=16,
)
CONSOLE = Console(quiet=True)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chunks")
    return folder, run(TINY, folder, Share(), CONSOLE)


def test_rows_are_those_of_the_chunks(done):
    folder, tables = done
    found = read_chunks(folder, chunks(TINY))
    errors = {
        (chunk["method"], chunk["width"]): arrays["errors"]
        for chunk, arrays in zip(chunks(TINY), found, strict=True)
    }
    assert len(tables["widths"]) == len(errors) * len(TINY.tolerances)
    for row in tables["widths"]:
        of = errors[row["method"], row["width"]]
        assert row["reached"] == np.sum(of <= row["tolerance"])
        assert row["best_error"] == of.min()
        assert row["restarts"] == len(of)


def test_the_minimum_is_found_and_judged_at_the_least_tolerance(done):
    strict, *others = done[1]["results"]
    assert (strict["measured"], strict["predicted"], strict["verdict"]) == (4, 4, "pass")
    assert [row["verdict"] for row in others] == [None, None]
    assert strict["adam_widest"] == 64


def test_a_rerun_trains_nothing(done, monkeypatch):
    folder, tables = done
    monkeypatch.setattr(threshold, "train", lambda chunk: pytest.fail("it trained again"))
    assert run(TINY, folder, Share(), CONSOLE) == tables


def test_a_chunk_is_the_same_alone(done):
    folder, _ = done
    chunk = chunks(TINY)[3]
    again, first = train(chunk), read_chunks(folder, [chunk])[0]
    for name in ("errors", "status", "steps"):
        np.testing.assert_array_equal(again[name], first[name])


def test_shards_wait_for_each_other(tmp_path, monkeypatch):
    fake = {"errors": np.array([0.01]), "status": np.array([0]), "steps": np.array([3])}
    monkeypatch.setattr(threshold, "train", lambda chunk: fake | {"seconds": np.array([0.5])})
    with pytest.raises(Unfinished, match="shard 0/2 is done; 6 of 13 chunks are still missing"):
        run(TINY, tmp_path, Share((0, 2)), CONSOLE)
    assert len(missing(tmp_path, chunks(TINY))) == 6
    tables = run(TINY, tmp_path, Share((1, 2)), CONSOLE)
    assert {row["reached"] for row in tables["widths"]} == {1}
    assert tables["results"][0]["seconds_per_success"] == 0.5


def test_a_part_has_the_rows_that_are_whole(tmp_path, monkeypatch):
    def fake(chunk):
        if chunk["method"] == "adam":
            raise KeyboardInterrupt
        one = np.array([1.0])
        return {"errors": one, "status": np.array([0]), "steps": np.array([3]), "seconds": one}

    monkeypatch.setattr(threshold, "train", fake)
    with pytest.raises(KeyboardInterrupt, match="6 of 13 chunks are kept"):
        run(TINY, tmp_path, Share(), CONSOLE)
    part = threshold.tables(TINY, tmp_path, partial=True)
    assert {row["method"] for row in part["widths"]} == {"second order"}
    assert part["results"] == []  # no verdict on what has not been tried
    with pytest.raises(ValueError, match="7 of 13 chunks are missing"):
        threshold.tables(TINY, tmp_path)


def _row(method, width, reached):
    return {"method": method, "width": width, "reached": reached, "restarts": 10}


def test_first_reached_is_the_smallest_width():
    rows = [_row("adam", 8, 7), _row("adam", 4, 1), _row("adam", 2, 0), _row("second order", 2, 9)]
    assert first_reached(rows, "adam")["width"] == 4
    assert first_reached(rows, "adam", share=0.5)["width"] == 8
    assert first_reached(rows[:1], "second order") is None


@pytest.mark.parametrize(
    ("measured", "predicted", "expected"),
    [(8, 8, "pass"), (7, 8, "fail"), (9, 8, "fail"), (None, 8, "fail"), (8, None, "pass")],
)
def test_the_verdict_is_computed(measured, predicted, expected):
    row = {"lower_bound": 7, "constructed": 9, "measured": measured, "predicted": predicted}
    assert verdict(row) == expected


def test_widths_lie_around_the_minimum():
    for minimum in (2, 3, 8, 32):
        for widths in widths_to_try(minimum).values():
            assert minimum in widths
            assert min(widths) >= 1
        assert minimum - 1 in widths_to_try(minimum)["second order"]


def test_flags():
    assert settings_from([])[:2] == (PRESETS["default"], Path("experiments/threshold"))
    settings, out, share = settings_from(["--inputs", "3", "gaussian", "--shard", "1/3"])
    assert (settings.n, settings.inputs, out) == ((3,), "gaussian", Path("build/threshold"))
    assert share == Share((1, 3))
    settings, _, share = settings_from(["--slurm", "4", "--slurm-option", "timeout_min=60"])
    assert share == Share(jobs=4, options=(("timeout_min", 60),))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--shard", "3/3"], "must be I/N with 0 <= I < N, got '3/3'"),
        (["--shard", "0/3", "--slurm", "2"], "--shard and --slurm exclude each other"),
        (["--slurm-option", "a=1"], "--slurm-option goes with --slurm"),
        (["--slurm", "2", "--slurm-option", "timeout"], "must be NAME=VALUE, got 'timeout'"),
        (["--inputs", "9"], "numbers of variables from 2 to 8"),
    ],
)
def test_wrong_flags_are_one_line(arguments, message, capsys):
    with pytest.raises(SystemExit) as ended:
        settings_from(arguments)
    assert ended.value.code == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert shown.count("\n") == 1


FAST = ["--inputs", "2", "--restarts", "4", "--steps", "60", "--adam-restarts", "2"]
FAST += ["--adam-steps", "10", "--samples", "16"]


def test_an_interrupt_leaves_a_record_of_what_is_done(tmp_path):
    command = [sys.executable, "-m", "noflat.experiments.threshold", *FAST, "--out", str(tmp_path)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not list((tmp_path / "chunks").glob("*.safetensors")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=120)[1]
    if process.returncode == 0:
        pytest.skip("it was done before the interrupt")
    assert process.returncode == 130
    assert "chunks are kept in" in said
    assert "the same command goes on from there" in said
    assert "Traceback" not in said
    part = read(tmp_path / "partial", "threshold")
    assert part.tables["widths"]
    assert not (tmp_path / "run.json").exists()


def _jobs(folder, option):
    """Hands over to two jobs, without SLURM's commands."""
    command = [sys.executable, "-m", "noflat.experiments.threshold", *FAST, "--out", str(folder)]
    return subprocess.run(
        [*command, "--slurm", "2", "--slurm-option", option],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": str(Path(sys.executable).parent)},
    )


def test_jobs_of_this_machine_write_one_record(tmp_path):
    pytest.importorskip("submitit")
    run = _jobs(tmp_path, "timeout_min=5")
    assert run.returncode == 0, run.stderr
    assert "run on local" in run.stdout
    deadline = time.monotonic() + 200
    while len(list((tmp_path / "jobs").glob("*_result.pkl"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    said = "".join(path.read_text() for path in (tmp_path / "jobs").glob("*_log.*"))
    assert "Job completed successfully" in said
    assert "failed" not in said
    record = read(tmp_path, "threshold")
    assert {row["n"] for row in record.tables["results"]} == {2}
    assert record.run["settings"]["restarts"] == 4


def test_a_word_that_slurm_does_not_know_is_one_line(tmp_path):
    pytest.importorskip("submitit")
    run = _jobs(tmp_path, "no_such=5")
    assert run.returncode == 2
    assert "error: `--slurm`: the jobs could not be submitted" in run.stderr
    assert "Traceback" not in run.stderr


def test_committed_record():
    record = read(ROOT / "experiments" / "threshold", "threshold")
    widths = record.tables["widths"]
    assert {row["n"] for row in record.tables["results"]} == {2, 3, 4, 5}
    for row in record.tables["results"]:
        setting = ("n", "activation", "tolerance")
        tried = [w for w in widths if all(w[name] == row[name] for name in setting)]
        second, adam = first_reached(tried, "second order"), first_reached(tried, "adam")
        assert row["measured"] == second["width"]
        assert row["adam"] == (adam["width"] if adam else None)
        if row["tolerance"] == 0.02:
            assert row["verdict"] == verdict(row) == "pass"
            exact = plan_flat(row["n"], row["activation"], convention=row["convention"])
            assert row["constructed"] == exact.neurons


def test_jobs_are_asked_for_what_was_asked():
    words = ["--size", "smoke", "--slurm", "2", "--slurm-option=mem_gb=4", "--slurm-option", "a=1"]
    assert _without_slurm([*words, "--seed", "3"]) == ["--size", "smoke", "--seed", "3"]


def test_every_claim_can_fail():
    none = {"measured": None, "gap": None}
    spoiled = {
        "settings in which second order first succeeds at the predicted width": (
            "results",
            lambda row: {"measured": row["constructed"] + 1},
        ),
        "restarts that succeed with one neuron less": (
            "widths",
            lambda row: {"reached": int((row["n"], row["width"]) == (2, 3))},
        ),
        "Adam's least width over the predicted one, at the least": (
            "results",
            lambda row: {"gap": 0.9},
        ),
    }
    check_claims("threshold", threshold.claims, spoiled)
    tables = read(ROOT / "experiments" / "threshold", "threshold").tables
    rows = [row | none for row in tables["results"]]
    found = threshold.claims({**tables, "results": rows})
    assert [row["verdict"] for row in found] == ["fail", "pass", "fail"]  # nothing measured
