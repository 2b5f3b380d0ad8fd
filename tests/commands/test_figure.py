"""`noflat figure`: what it draws, and that a mistake draws nothing."""

import shutil
from pathlib import Path

import pytest
from called import RECORDS, run


def test_figure_draws_those_named(capsys, tmp_path):
    assert run("figure", "multiply", "linear", "--records", RECORDS, "--out", str(tmp_path)) == 0
    names = [f"{stem}.{ending}" for stem in ("linear", "multiply") for ending in ("pdf", "png")]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    said = f"drawn: {tmp_path}/multiply.pdf and .png\ndrawn: {tmp_path}/linear.pdf and .png\n"
    assert capsys.readouterr().out == said


def test_no_figure_is_drawn_where_one_record_is_missing(capsys, tmp_path):
    records, out = tmp_path / "records", tmp_path / "out"
    records.mkdir()
    (records / "linear").symlink_to(Path(RECORDS) / "linear")
    assert run("figure", "linear", "depth", "--records", str(records), "--out", str(out)) == 2
    assert "no record in" in capsys.readouterr().err
    assert not out.exists()
    (out / "multiply.png").mkdir(parents=True)
    assert run("figure", "linear", "multiply", "--records", RECORDS, "--out", str(out)) == 2
    assert "multiply.png cannot be written to: it is a folder" in capsys.readouterr().err
    assert [path.name for path in out.iterdir()] == ["multiply.png"]


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("run.json", "[]", "is damaged (run.json: not a JSON object)"),
        ("run.json", '{"settings": 1}', "cannot be drawn (AttributeError("),
        ("results.csv", None, "is damaged (there is no results.csv, and run.json tells of one)"),
        ("results.csv", "", "is damaged (results.csv: 0 rows, and run.json says 12)"),
        ("results.csv", "n,verdict\n" + 12 * "2,pass\n", "lacks `activation`, which its figure"),
    ],
)
def test_a_damaged_record_is_one_line(file, content, said, capsys, tmp_path):
    records, out = tmp_path / "records", tmp_path / "out"
    shutil.copytree(Path(RECORDS) / "multiply", records / "multiply")
    (records / "linear").symlink_to(Path(RECORDS) / "linear")
    (records / "multiply" / file).unlink()
    if content is not None:
        (records / "multiply" / file).write_text(content)
    assert run("figure", "linear", "multiply", "--records", str(records), "--out", str(out)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    start = f"noflat figure: error: the record in {records / 'multiply'}"
    assert line.startswith(f"{start} {said}")
    assert [*out.glob("*")] == []
    assert run("list", "--records", str(records)) == 0
