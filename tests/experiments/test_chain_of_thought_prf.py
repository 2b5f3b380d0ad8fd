"""The cipher in the experiment on chains of thought: built exactly, and learned or not."""

import pytest

from noflat.experiments._chain_of_thought_prf import pseudorandom_rows
from noflat.experiments.records import where


def test_one_round_is_learned_and_correlations_are_exact():
    how = {"train": 2048, "steps": 300, "rate": 1e-2, "members": 2, "seed": 0}
    rows = list(pseudorandom_rows((0, 1), **how))
    assert [(row["rounds"], row["shape"], row["member"]) for row in rows] == [
        (rounds, shape, member)
        for rounds, shapes in ((0, ("synapses", "full", "last")), (1, ("synapses", "full")))
        for shape in shapes
        for member in (0, 1)
    ]
    assert all(row["wrong"] == 0 for row in rows)
    # without a round the bit is an input, and after one a function of four of them
    assert {row["largest_correlation"] for row in where(rows, rounds=0)} == {1.0}
    assert {row["largest_correlation"] for row in where(rows, rounds=1)} == {0.5}
    assert min(row["test_accuracy"] for row in where(rows, rounds=1, shape="full")) > 0.9
    found = where(rows, rounds=0, shape="synapses", member=1)[0]
    assert found["test_accuracy"] in (pytest.approx(1.0), pytest.approx(0.0))
    assert found["tested"] == 2**16 - 2048
