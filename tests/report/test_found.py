"""Records of a folder: which there are, under which names, and what is said of a damaged one."""

import json
import shutil
from pathlib import Path

import pytest

from noflat.report.found import find

RECORDS = Path(__file__).parents[2] / "experiments"


def test_the_committed_records_are_found_with_their_claims():
    found = find(RECORDS)
    assert [each.name for each in found] == sorted(
        path.parent.name for path in RECORDS.glob("*/run.json")
    )
    for each in found:
        assert each.experiment == each.name
        claims = each.record.tables["claims"]
        assert len(each.verdicts) == len(claims)
        assert each.passed == sum(row["verdict"] == "pass" for row in claims)


def test_one_record_is_found_by_itself(monkeypatch):
    monkeypatch.chdir(RECORDS / "linear")
    (found,) = find(Path())
    assert found.name == "linear"


def test_names_are_safe_and_differ(tmp_path):
    for name in ("a b", "a<b", "a-b", "ä"):
        shutil.copytree(RECORDS / "linear", tmp_path / name)
    found = find(tmp_path)
    identities = {each.identity for each in found}
    assert len(identities) == len(found) == 4
    assert all(
        identity.replace("-", "").isalnum() and identity.isascii() for identity in identities
    )
    assert {each.experiment for each in found} == {"linear"}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("run.json", "{"),
        ("run.json", "[]"),
        ("claims.csv", "claim\nonly this\n"),
        ("claims.csv", "a,b\n1\n"),
        ("claims.csv", "a\n1,2\n"),
        ("claims.csv", "claim,formula,predicted,relation,measured,low,verdict\nit,2,2,=,3,,pass\n"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_a_damaged_record_is_told_by_its_place(tmp_path, file, text):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "run.json").write_text(json.dumps({"experiment": "linear"}))
    (tmp_path / "one" / file).write_text(text)
    with pytest.raises(ValueError, match=r"the record in .*one is damaged") as told:
        find(tmp_path)
    assert "\n" not in str(told.value)
    known = "one" if file == "run.json" else "linear"  # as the record says itself, if it does
    assert f"`noflat run {known} --out" in str(told.value)


def test_there_is_no_folder(tmp_path):
    with pytest.raises(ValueError, match="there is no folder .*: name one"):
        find(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="there is no folder"):
        find(tmp_path / "file")
