"""An experiment that trains in chunks: kept, gone on with, shared, and told from its flags."""

from dataclasses import dataclass

import numpy as np
import pytest

from noflat.experiments._claims import claim
from noflat.experiments._main import Experiment, Sweep
from noflat.experiments.records import read

TRAINED = []


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        sizes: The numbers that are squared, one in each chunk.
        seed: Of nothing.
    """

    sizes: tuple[int, ...] = (2, 3, 4)
    seed: int = 0


def chunks(settings):
    return [{"size": size} for size in settings.sizes]


def train(chunk):
    TRAINED.append(chunk["size"])
    if chunk["size"] == 13:
        raise KeyboardInterrupt
    return {"square": np.array([chunk["size"] ** 2])}


def run(settings, progress, found):
    pairs = zip(settings.sizes, found, strict=True)
    return {"results": [{"size": size, "square": int(of["square"][0])} for size, of in pairs]}


def claims(tables):
    right = [row["square"] == row["size"] ** 2 for row in tables["results"]]
    return [claim("squares", "all", len(right), "=", sum(right))]


EXPERIMENT = Experiment(
    "sketch",
    "A sketch.",
    {name: Settings() for name in ("smoke", "default", "paper")},
    run,
    claims,
    sweep=Sweep(chunks, train, lambda chunk: 1.0),
)


@pytest.fixture(autouse=True)
def _nothing_trained():
    TRAINED.clear()


def test_without_a_folder_all_is_trained_here():
    tables = EXPERIMENT.tables(Settings(sizes=(5,)))
    assert tables["results"] == [{"size": 5, "square": 25}]
    assert tables["claims"][0]["verdict"] == "pass"


def test_what_is_there_is_not_trained_again(tmp_path):
    out = ["--out", str(tmp_path / "sketch")]
    EXPERIMENT.main([*out, "--sizes", "2", "3"])
    EXPERIMENT.main([*out, "--sizes", "2", "3", "7"])
    assert TRAINED == [2, 3, 7]
    rows = read(tmp_path / "sketch", "sketch").tables["results"]
    assert [row["square"] for row in rows] == [4, 9, 49]


def test_the_last_of_several_processes_writes_the_record(tmp_path, capsys):
    out = ["--out", str(tmp_path / "sketch")]
    with pytest.raises(SystemExit, match="0"):
        EXPERIMENT.main([*out, "--shard", "0/2"])
    assert "1 of 3 chunks are still missing" in capsys.readouterr().out
    assert TRAINED == [2, 4]
    assert not (tmp_path / "sketch" / "run.json").exists()
    assert EXPERIMENT.main([*out, "--shard", "1/2"]) == tmp_path / "sketch"
    assert TRAINED == [2, 4, 3]
    assert len(read(tmp_path / "sketch", "sketch").tables["results"]) == 3


def test_an_interrupt_says_what_is_kept(tmp_path, capsys):
    out = ["--out", str(tmp_path / "sketch")]
    with pytest.raises(SystemExit, match="130"):
        EXPERIMENT.main([*out, "--sizes", "2", "13"])
    assert "sketch: interrupted; 1 of 2 chunks are kept" in capsys.readouterr().err
    assert not (tmp_path / "sketch" / "run.json").exists()
    EXPERIMENT.main([*out, "--sizes", "2"])
    assert TRAINED == [2, 13]


def test_flags_that_exclude_each_other(capsys):
    with pytest.raises(SystemExit, match="2"):
        EXPERIMENT.settings_from(["--shard", "0/2", "--slurm", "2"])
    assert "--shard and --slurm exclude each other" in capsys.readouterr().err


def test_an_experiment_without_a_sweep_has_no_shards(capsys):
    plain = EXPERIMENT._replace(sweep=None)
    with pytest.raises(SystemExit, match="2"):
        plain.settings_from(["--shard", "0/2"])
    assert "unrecognized arguments: --shard" in capsys.readouterr().err
