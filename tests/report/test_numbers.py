"""The three numbers of committed records, and what the charts make of them."""

from pathlib import Path

import pytest

from noflat.experiments.records import Record, read, where
from noflat.report.numbers import BANDS, bands, ratios, three_numbers

RECORDS = Path(__file__).parents[2] / "experiments"


def committed(name):
    return read(RECORDS / name, name)


@pytest.mark.parametrize("name", ["multiply", "threshold", "polynomials"])
def test_every_row_of_the_results_is_there_once(name):
    results = committed(name).tables["results"]
    found = three_numbers(committed(name))
    assert len(found) == len(results) == len({(each.n, each.case) for each in found})
    for each in found:
        row = each.row
        assert each[2:5] == (row["lower_bound"], row["measured"], row["constructed"])
        assert (row["lower_bound"] == row["constructed"]) == each.said.endswith("the bounds meet")


def test_records_without_the_three_numbers_have_no_bands():
    for name in ("depth", "precision", "hierarchy"):
        assert three_numbers(committed(name)) == []
        assert bands(committed(name)) is None
    assert bands(Record({}, {})) is None
    assert bands(Record({"results": []}, {})) is None


@pytest.mark.parametrize("name", ["multiply", "threshold", "polynomials"])
def test_bands_begin_and_end_at_the_numbers(name):
    record = committed(name)
    shown = bands(record)
    for each in three_numbers(record):
        fewer, more = where(shown["bands"], n=each.n, case=each.case)
        assert (fewer["band"], more["band"]) == BANDS
        assert (fewer["from"], fewer["to"]) == (0.5, each.certified - 0.5)
        assert fewer["to_last_width"] == fewer["to"]
        assert more["from"] == each.constructed - 0.5
        assert more["to"] >= each.constructed + 1
        widths = [row["width"] for row in where(shown["errors"], n=each.n, case=each.case)]
        assert widths
        assert more["to_last_width"] > max(widths)
        at = [row["at"] for row in where(shown["measured"], n=each.n, case=each.case)]
        assert at == ([] if each.measured is None else [each.measured])


def test_every_error_that_a_logarithm_has_is_a_point():
    record = committed("threshold")
    errors = bands(record)["errors"]
    both = ("best_error", "median_error")
    positive = sum(row[name] > 0 for row in record.tables["widths"] for name in both)
    assert len(errors) == positive
    assert {row["error of"] for row in errors} == {
        f"{method} {which}" for method in ("second order", "adam") for which in ("best", "median")
    }


def test_floors_and_counts_are_those_of_the_record():
    record = committed("multiply")
    shown = bands(record)
    floors = [row for row in shown["errors"] if row["error of"] == "proved floor"]
    assert len(floors) == sum(row["error_floor"] > 0 for row in record.tables["floors"])
    assert shown["n"] == list(range(2, 33))
    for row in record.tables["counts"]:
        neurons = {each["neurons"] for each in where(shown["counts"], n=row["n"])}
        assert neurons == {value for name, value in row.items() if name != "n" and value}


def test_an_absent_number_has_no_band():
    row = {"n": 2, "form": "f", "lower_bound": 3, "measured": None, "constructed": None}
    record = Record({"results": [row, row | {"form": "g", "lower_bound": None}]}, {})
    shown = bands(record)
    assert [edge["band"] for edge in shown["bands"]] == [BANDS[0]]
    assert shown["told"][0]["text"] == "n = 2, f: certified 3, measured none, constructed none"
    assert shown["told"][1]["text"] == "n = 2, g: certified none, measured none, constructed none"


def test_ratios_leave_out_what_has_none():
    shared = {"formula": "", "relation": "=", "verdict": "pass", "low": None, "high": None}
    rows = [
        shared | {"claim": "a", "predicted": 2, "measured": 3, "low": 2.0, "high": 5.0},
        shared | {"claim": "b", "predicted": 2.0, "measured": 1, "low": -1.0, "high": 5.0},
        shared | {"claim": "c", "predicted": 0, "measured": 1},
        shared | {"claim": "d", "predicted": 1, "measured": None},
        shared | {"claim": "e", "predicted": float("inf"), "measured": 1},
        shared | {"claim": "f", "predicted": -1, "measured": -1},
    ]
    found = ratios(Record({"claims": rows}, {}))
    assert [(row["claim"], row["ratio"], row["low"], row["high"]) for row in found] == [
        ("a", 1.5, 1.0, 2.5),
        ("b", 0.5, 0.5, 0.5),
    ]
