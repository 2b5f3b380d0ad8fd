"""docs/training.md: its numbers are those that the benchmark wrote."""

import json

from pages import ROOT, Page

TEXT = Page("training").text
FOUND = json.loads((ROOT / "benchmarks" / "ensembles.json").read_text(encoding="utf-8"))


def test_speeds_are_those_of_the_benchmark():
    lines = [
        f"| {row['shape']['members']} networks {'-'.join(map(str, sizes(row['shape'])))}, "
        f"{row['shape']['batch']} points | {row['noflat']['median']:.0f} | "
        f"{row['over_vmap']:.1f} | {row['over_torch']:.1f} | {100 * row['share_of_peak']:.0f} % |"
        for row in FOUND["speed"]
    ]
    assert len(lines) == 4
    for line in lines:
        assert line in TEXT, line


def sizes(shape):
    return [shape["inputs"], *shape["widths"], 1]


def test_times_to_a_minimum_are_those_of_the_benchmark():
    ours, adam, scipy = FOUND["minimum"]
    for row in (ours, scipy):
        line = f"{row['reached']} of {row['restarts']} | {row['seconds_per_success']:.2g} s"
        assert line in TEXT, line
    assert f"{scipy['over_noflat']:.0f} times" in TEXT
    assert adam["reached"] == 0
    assert adam["at_least"]
    assert f"0 of {adam['restarts']} | more than {adam['seconds']:.0f} s" in TEXT
    assert f"{adam['best_error']:.2g}" in TEXT


def test_the_profile_is_that_of_the_benchmark():
    profile = FOUND["profile"]
    assert f"takes {sum(profile.values()):.0f} microseconds of one core" in TEXT
    assert f"{profile['products']:.0f} for products and sums" in TEXT
    assert f"{profile['activations']:.0f} for activations" in TEXT
