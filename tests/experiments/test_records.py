"""Records: written whole, read back as they were, and refused with a way out."""

import json
import os
import re
from pathlib import Path

import pytest

from noflat.experiments.records import Record, check_folder, read, write


def _record():
    rows = [{"n": 2, "name": "exp", "error": 0.123456, "none": None}]
    return Record({"results": rows, "empty": []}, {"seed": 0, "wall_seconds": 1.5})


def test_round_trip(tmp_path):
    write(_record(), tmp_path / "new" / "folder")
    found = read(tmp_path / "new" / "folder", "multiply")
    assert found.tables["results"] == [{"n": 2, "name": "exp", "error": 0.1235, "none": None}]
    assert found.tables["empty"] == []
    assert found.run == _record().run
    assert sorted(p.name for p in (tmp_path / "new" / "folder").iterdir()) == [
        "empty.csv",
        "results.csv",
        "run.json",
    ]


def test_writing_twice_gives_the_same_bytes(tmp_path):
    write(_record(), tmp_path)
    first = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    write(_record(), tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == first


def test_nan_is_an_empty_cell(tmp_path):
    write(Record({"results": [{"a": float("nan")}, {"a": 1e-9}]}, {}), tmp_path)
    assert [row["a"] for row in read(tmp_path, "multiply").tables["results"]] == [None, 1e-9]


def test_missing_record_names_the_command_that_writes_it_there(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=f"with `noflat run multiply --out {tmp_path}`"):
        read(tmp_path / "multiply", "multiply")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"with `noflat run multiply --out \.\.`"):
        read(Path(), "multiply")


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("run.json", b'{"seed":\n', "run.json, line 2: no JSON"),
        ("run.json", b"[" * 10**5, "run.json: no JSON that can be read"),
        ("run.json", b"9" * 10**4, "run.json: no JSON that can be read"),
        ("run.json", b"[]", "run.json: not a JSON object"),
        ("results.csv", b"a,b\n1,2\n3\n", "results.csv, line 3: fewer cells than columns"),
        ("results.csv", b"a,b\n1,2,3\n", "results.csv, line 2: more cells than columns"),
        ("results.csv", b"a\n1\n\xff\n", "results.csv, line 3: not UTF-8"),
        ("results.csv", b"a\n" + b"x" * 2**18, "results.csv, line 2: field larger than"),
        ("results.csv", None, "results.csv: Is a directory"),
        ("results.csv", b"a\n1\n2\n", "results.csv: 2 rows, and run.json says 1"),
    ],
)
def test_what_is_damaged_is_named_with_its_line(file, content, said, tmp_path):
    record = _record()
    write(record._replace(run={"rows": {"results": 1}}), tmp_path)
    (tmp_path / file).unlink()
    if content is None:
        (tmp_path / file).mkdir()
    else:
        (tmp_path / file).write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(f"is damaged ({said}")) as told:
        read(tmp_path, "multiply")
    assert "\n" not in str(told.value)


def test_unwritable_folder_is_told_first(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="cannot be written to"):
        check_folder(tmp_path / "file" / "below")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_folder_is_told_first(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ValueError, match="cannot be written to"):
        check_folder(tmp_path)


def test_run_is_json(tmp_path):
    write(_record(), tmp_path)
    assert json.loads((tmp_path / "run.json").read_text())["seed"] == 0
