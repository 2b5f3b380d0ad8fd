"""The table of circuits that others published: what was checked, and that nothing was wrong."""

import csv
from pathlib import Path

import pytest

TABLE = Path(__file__).parents[1] / "benchmarks" / "aiger.csv"
with TABLE.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))


def test_ten_circuits_and_more_up_to_a_hundred_thousand_gates():
    assert len({row["sha256"] for row in ROWS}) == len(ROWS) >= 10
    assert max(int(row["gates"]) for row in ROWS) > 100_000
    assert sum(bool(row["meaning"]) for row in ROWS) >= 8


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_nothing_is_wrong_and_an_and_is_a_neuron(row):
    assert row["wrong"] == row["aigsim_wrong"] == "0"
    assert row["abc"] == "equal"
    assert row["meaning_wrong"] in ("", "0")
    assert int(row["neurons"]) == int(row["gates"])
    assert int(row["hidden_layers"]) <= int(row["depth"])
    assert int(row["synapses"]) <= 2 * int(row["neurons"]) + int(row["outputs"])
    assert float(row["largest_weight"]) == 1
