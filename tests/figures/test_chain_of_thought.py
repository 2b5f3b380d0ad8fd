"""The figure: what is drawn is what the record says."""

from statistics import fmean, median

import numpy as np
import pytest

from noflat.experiments.records import where
from noflat.figures.chain_of_thought import draw


@pytest.fixture(scope="module")
def panels(record):
    axes = [axis for axis in draw(record).axes if axis.get_title()]
    return [{str(line.get_label()): line for line in axis.lines} for axis in axes]


def points(line):
    return list(zip(*map(np.ndarray.tolist, map(np.asarray, line.get_data())), strict=True))


def test_wired(record, panels):
    rows = record.tables["wired"]
    sizes = sorted({row["k"] for row in rows})
    assert points(panels[0]["written down"]) == [(k, 1.0) for k in sizes]
    medians = [median(row["trained_accuracy"] for row in where(rows, k=k)) for k in sizes]
    assert points(panels[0]["same wiring, trained: median"]) == list(
        zip(sizes, medians, strict=True)
    )


def test_unknown(record, panels):
    rows = where(record.tables["unknown"], target="staircase")
    steps = [row["steps_taken"] if row["learned"] else 1.6 * row["steps"] for row in rows]
    assert points(panels[1]["staircase"]) == [
        (row["k"], taken) for row, taken in zip(rows, steps, strict=True)
    ]


def test_one_step(record, panels):
    rows = where(record.tables["one_step"], d=64)
    sizes = sorted({row["samples_over_d"] for row in rows})
    for panel, column in ((2, "accuracy"), (3, "rounded_accuracy")):
        means = [fmean(row[column] for row in where(rows, samples_over_d=n)) for n in sizes]
        assert points(panels[panel]["d = 64"]) == list(zip(sizes, means, strict=True))


def test_moments(record, panels):
    rows = sorted(record.tables["moments"], key=lambda row: row["tokens"])
    assert points(panels[5]["signal"]) == [(row["tokens"], row["signal"]) for row in rows]


def test_transformer_and_cipher(record, panels):
    rows = where(record.tables["transformer"], chain=1, member=0)
    told = [(row["steps"], row["accuracy"]) for row in rows]
    assert points(panels[6]["chain of thought"]) == told
    rows = where(record.tables["pseudorandom"], shape="full")
    rounds = sorted({row["rounds"] for row in rows})
    means = [fmean(row["test_accuracy"] for row in where(rows, rounds=n)) for n in rounds]
    assert points(panels[7]["all synapses"]) == list(zip(rounds, means, strict=True))
