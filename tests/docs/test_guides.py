"""The guides: numbers that they tell in words are those of the records and of the code."""

import io

import numpy as np
import pytest
from pages import ROOT, Page, claim
from rich.console import Console

from noflat.experiments import hierarchy, locality, threshold
from noflat.experiments._sweep import Share, do_share
from noflat.experiments.records import read
from noflat.sweeps import Unfinished


def chunks_of(name, size):
    if name == "threshold":
        return threshold.chunks(threshold.PRESETS[size])
    experiment = {"hierarchy": hierarchy, "locality": locality}[name].EXPERIMENT
    assert experiment.sweep is not None
    return experiment.sweep.chunks(experiment.presets[size])


def test_chunks_are_counted():
    for name, default, paper in Page("how_to_cluster").table("| experiment | chunks"):
        for size, told in (("default", default), ("paper", paper.partition(",")[0])):
            assert len(chunks_of(name.strip("`"), size)) == int(told), (name, size)


def test_the_line_of_a_shard(tmp_path):
    run = lambda chunk: {"nothing": np.zeros(1)}
    chunks, console = chunks_of("threshold", "default"), Console(file=io.StringIO())
    with pytest.raises(Unfinished) as waiting:
        do_share(tmp_path, chunks, Share((0, 4)), run, lambda chunk: 1.0, console)
    Page("how_to_cluster").told("threshold: {}", waiting.value)


def test_what_training_found():
    record, told = read(ROOT / "experiments" / "threshold", "threshold"), Page("how_to_layers").told
    second = claim(record, "settings in which second order first succeeds")
    adam = claim(record, "Adam's least width")
    widest = {row["adam_widest"] / row["predicted"] for row in record.tables["results"]}
    assert sorted({row["n"] for row in record.tables["results"]}) == [2, 3, 4, 5]
    assert adam["note"] == "it succeeds in 3 of 8 settings"
    found = second["measured"], second["predicted"]
    told("second-order training succeeded at the predicted width in {} of {} settings.", *found)
    told("Adam, given up to {:.0f} times that width, did in 3 of 8", max(widest))


def test_how_long_the_record_of_forms_takes():
    run = read(ROOT / "experiments" / "polynomials", "polynomials").run
    assert run["cores"] == 2
    Page("how_to_target").told("takes {:.0f} minutes on two cores", run["wall_seconds"] / 60)
