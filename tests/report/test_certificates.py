"""Certificates of a report: what is accepted, what is refused, and which number each proves."""

import json
import shutil
from pathlib import Path

from mutations import mutations

from noflat.certificates import lower_bound
from noflat.certificates.record import digest
from noflat.experiments.records import read
from noflat.report.certificates import check_all
from noflat.report.numbers import three_numbers
from noflat.targets import polynomial, product

MULTIPLY = Path(__file__).parents[2] / "experiments" / "multiply"


def test_all_of_a_record_are_accepted_and_rest_on_theorems():
    found = check_all(MULTIPLY)
    assert len(found) == len([*MULTIPLY.glob("certificates/*.json")]) > 10
    for each in found:
        assert each.accepted
        assert each.theorems
        assert each.said.endswith("recomputed here")
        assert json.loads(each.text) == each.data


def test_those_of_the_folder_itself_are_checked(monkeypatch):
    found = check_all(MULTIPLY / "certificates")
    assert [f"certificates/{each.place}" for each in found] == [
        each.place for each in check_all(MULTIPLY)
    ]
    monkeypatch.chdir(MULTIPLY / "certificates")
    assert [each.place for each in check_all(Path())] == [each.place for each in found]


def test_those_of_a_record_that_is_a_link_are_checked(tmp_path):
    (tmp_path / "multiply").symlink_to(MULTIPLY)
    assert len(check_all(tmp_path)) == len(check_all(MULTIPLY))


def test_every_certified_number_of_a_record_has_its_certificate():
    found = check_all(MULTIPLY)
    for numbers in three_numbers(read(MULTIPLY, "multiply")):
        proving = [each for each in found if each.proves(numbers)]
        assert len(proving) == 1
        assert proving[0].neurons == numbers.certified
        assert proving[0].data["sense"] == numbers.row["sense"]
        # none proves a number of other inputs, of another bound or setting
        for other in (
            numbers._replace(n=numbers.n + 1),
            numbers._replace(certified=numbers.certified + 1),
            numbers._replace(row=numbers.row | {"convention": "output_bias+affine_skip"}),
            numbers._replace(row=numbers.row | {"sense": "gaussian"}),
            numbers._replace(row=numbers.row | {"theorem": "other"}),
            numbers._replace(row=numbers.row | {"form": "xy"}),
        ):
            assert not any(each.proves(other) for each in found)


def test_a_bound_for_another_polynomial_proves_nothing_about_the_product(tmp_path):
    numbers = three_numbers(read(MULTIPLY, "multiply"))[0]
    folder = tmp_path / "certificates"
    folder.mkdir()
    other = lower_bound(polynomial("x*y + x"), "exp")
    other.save(folder / "other.json")
    (found,) = check_all(tmp_path)
    assert found.accepted
    as_if = numbers.row | {"theorem": other.theorem, "sense": other.sense}
    assert not found.proves(numbers._replace(certified=other.neurons, row=as_if))


def test_mutations_are_refused_and_told(tmp_path):
    folder = tmp_path / "any" / "certificates"
    folder.mkdir(parents=True)
    whole = lower_bound(product(3), "exp", sense="uniform").to_dict()
    texts = {json.dumps(each, sort_keys=True) for each in mutations(whole) if type(each) is dict}
    # where two equal entries change places nothing is changed
    changed = sorted(texts - {json.dumps(whole, sort_keys=True)})
    for number, text in enumerate(changed):
        (folder / f"{number}.json").write_text(text)
    found = check_all(tmp_path)
    assert len(found) == len(changed) > 50
    assert not any(each.accepted for each in found)
    assert all(": " in each.said and each.neurons is None for each in found)
    # also where the digest is made anew
    raised = {key: value for key, value in whole.items() if key != "digest"} | {"neurons": 9}
    (folder / "0.json").write_text(json.dumps(raised | {"digest": digest(raised)}))
    said = {each.place: each.said for each in check_all(tmp_path)}
    assert "the witness proves 8" in said["any/certificates/0.json"]


def test_what_is_no_text_is_refused_and_not_carried(tmp_path):
    folder = tmp_path / "certificates"
    folder.mkdir()
    (folder / "bytes.json").write_bytes(b"\xff\xfe")
    (folder / "empty.json").write_text("")
    (folder / "folder.json").mkdir()
    assert [(each.accepted, each.text) for each in check_all(tmp_path)] == [(False, "")] * 3


def test_ends_of_lines_are_carried_as_they_are(tmp_path):
    (tmp_path / "certificates").mkdir()
    text = (MULTIPLY / "certificates" / "exp-bias_free-taylor-2.json").read_text()
    data = text.replace("\n", "\r\n").encode()
    (tmp_path / "certificates" / "it.json").write_bytes(data)
    (found,) = check_all(tmp_path)
    assert found.accepted
    assert found.text.encode() == data


def test_names_of_downloads_tell_records_apart(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name / "certificates").mkdir(parents=True)
        source = MULTIPLY / "certificates" / "exp-bias_free-taylor-2.json"
        shutil.copy(source, tmp_path / name / "certificates" / "exp-2.json")
    assert [each.file for each in check_all(tmp_path)] == ["a-exp-2.json", "b-exp-2.json"]
