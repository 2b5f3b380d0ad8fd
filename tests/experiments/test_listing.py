"""The list of experiments: counted from the records, and read on a narrow terminal."""

import csv
from pathlib import Path

from noflat.experiments.__main__ import experiments
from noflat.experiments._listing import listing, text

RECORDS = Path(__file__).parents[2] / "experiments"


def test_claims_are_counted_as_in_the_table_of_verdicts():
    with (RECORDS / "verdicts.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in listing(experiments(), [RECORDS]):
        said = [r["verdict"] for r in rows if r["experiment"] == row["experiment"]]
        found = row["records"][str(RECORDS)]
        assert (found["hold"], found["claims"]) == (said.count("pass"), len(said))
        assert found["wall_seconds"] > 0


def test_a_damaged_record_does_not_hide_the_others(tmp_path):
    (tmp_path / "linear").symlink_to(RECORDS / "linear")
    for name, run, claims in (("depth", "{", ""), ("rates", "{}", "claim\nit\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(run)
        (tmp_path / name / "claims.csv").write_text(claims)
    known = {"depth": "One.", "linear": "Two.", "multiply": "Three.", "rates": "Four."}
    lines = text(listing(known, [tmp_path])).splitlines()
    assert [line.split(maxsplit=1)[0] for line in lines] == ["experiment", *known]
    assert lines[0].endswith("  question")
    said = ("damaged  ", "21 of 21 ", "no record ", "damaged  ")
    for line, cell, question in zip(lines[1:], said, known.values(), strict=True):
        assert f"  {cell}" in line
        assert line.endswith(question)


def test_a_narrow_terminal_wraps_questions_only():
    rows = listing({"multiply": "How many neurons " * 8}, [Path("nowhere")])
    lines = text(rows, 60).splitlines()
    assert len(lines) > 3
    assert all(len(line) <= 60 for line in lines)
    start = lines[0].index("question")
    assert all(line[:start].strip() == "" for line in lines[2:])
    assert len(text(rows).splitlines()) == 2
