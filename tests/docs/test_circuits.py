"""docs/circuits.md: its tables and its numbers are those of the record."""

import csv
from pathlib import Path

import pytest
from pages import Page

from noflat.experiments.records import where

ROOT = Path(__file__).parents[2]
PAGE = Page("circuits")
told = PAGE.told


def test_programs(record):
    rows = record.tables["programs"]
    python = sum(row["python_words"] for row in where(rows, fan_in=2))
    told("no difference on {} words", python)
    everything = where(rows, all_words=1)
    words = sum(row["words"] for row in everything)
    assert max(row["words"] for row in everything) == 2**20
    told("{} networks against the interpreter: {} on all", len(rows), len(everything))
    told("({}, up to $2^{{20}}$ for each)", words)
    told("{} on 20000 random words each", len(where(rows, all_words=0)))
    claims = record.tables["claims"]
    told("Its {} claims pass", sum(row["verdict"] == "pass" for row in claims))
    assert len(claims) == sum(row["verdict"] == "pass" for row in claims)


def test_multipliers(record):
    operands = {2: "two operands", 3: "three operands"}
    for row in record.tables["layouts"]:
        told(
            "| {}, {} | {} | {} | {} | {} | {:g} |",
            operands[row["fan_in"]],
            *(row[name] for name in ("layout", "gates", "hidden_layers", "neurons", "synapses")),
            row["largest_weight"],
        )
    (plain,) = where(record.tables["layouts"], layout="no skips", fan_in=2)
    (shared,) = where(record.tables["layouts"], layout="shared", fan_in=2)
    assert shared["neurons"] / plain["neurons"] == pytest.approx(0.1, abs=0.01)  # nine in ten copy
    (flat,) = where(record.tables["programs"], program="multiply", n=10, fan_in=3)
    told(
        "has {} neurons, the network {}: {:.0f} times fewer",
        flat["flat_neurons"],
        flat["neurons"],
        flat["flat_neurons"] / flat["neurons"],
    )
    (largest,) = where(record.tables["programs"], program="multiply", n=16, fan_in=3)
    told(
        "at least {} neurons of in-degree at most {} are certified, where {} are built",
        largest["certified_neurons"],
        largest["in_degree"],
        largest["neurons"],
    )


def test_noise(record):
    rows = record.tables["noise"]
    small = min(row["radius"] for row in rows)
    (deepest,) = where(rows, network="parity of 1024", radius=small, restoring=0)
    told("and {:.0f} times on the worst of 2000 words", deepest["max_error"] / small)
    assert deepest["zeros_error"] == pytest.approx(2**10 * small, rel=1e-3)
    thirteen = where(rows, network="multiplier of 8", restoring=1, noise_on="every value")
    assert [row["wrong"] > 0 for row in thirteen if row["radius"] < 0.21] == [False] * 4 + [True]
    beyond = [row for row in where(rows, noise_on="every value") if row["radius"] > 0.19]
    assert all(row["off"] for row in beyond)
    assert len({row["network"] for row in beyond}) == 2
    assert len({row["radius"] for row in beyond}) == 6
    told("at each of the six larger radii that were tried both networks are")


def test_published_circuits():
    with (ROOT / "benchmarks" / "aiger.csv").open(encoding="utf-8") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    told("is of the {} EPFL combinational benchmarks", len(rows))
    for name in ("adder", "multiplier", "div", "sin", "mem_ctrl", "hyp"):
        columns = ("inputs", "gates", "hidden_layers", "synapses")
        told("| {} | {} | {} | {} | {} |", name, *(rows[name][column] for column in columns))
    every = [row for row in rows.values() if row["all_words"] == "True"]
    assert len(every) == 4
    most = max(int(row["inputs"]) for row in every)
    told("all words for the four files of at most {} inputs and 1024 random ones", most)
    others = [row for row in rows.values() if row not in every]
    assert {row["words"] for row in others} == {"1024"}
    assert min(int(row["inputs"]) for row in others) > most
    told("for each of the others, {} together", sum(int(row["words"]) for row in rows.values()))
    told("on up to {} of them each", max(int(row["aigsim_words"]) for row in rows.values()))
    meant = [row for row in rows.values() if row["meaning"]]
    assert len(meant) == 10
    words = sum(int(row["meaning_words"]) for row in meant)
    told("for the ten whose purpose is known, the network from Python's integers on {}", words)


def test_random_tables(record):
    rows = where(record.tables["random_tables"], bits=12)
    neurons = sorted(row["neurons"] for row in rows)
    told("one takes {} to {} neurons", neurons[0], neurons[-1])
    assert {row["in_degree"] for row in rows} == {3}
    told(
        "need more than {} of in-degree 3 and weights",
        min(row["certified_neurons"] for row in rows),
    )
    few = [row["bits"] for row in record.tables["random_tables"] if not row["certified_neurons"]]
    assert set(few) == {2, 3, 4, 5}
    ratios = sorted(row["flat_neurons"] / row["neurons"] for row in rows)
    told("is {:.1f} to {:.1f} times as large", ratios[0], ratios[-1])
    (multiply,) = where(record.tables["programs"], program="multiply", n=6, fan_in=3)
    told("is then {:.0f} times as large", multiply["flat_neurons"] / multiply["neurons"])
