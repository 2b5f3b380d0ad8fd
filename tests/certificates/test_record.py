"""The record of a certificate: to JSON and back, and nothing else taken for one."""

import json
from fractions import Fraction
from typing import Any

import pytest

from noflat.certificates import Certificate, lower_bound, verify
from noflat.certificates.record import FORMAT, digest
from noflat.targets import product

CERTIFICATES = [
    lower_bound(product(3), "exp"),
    lower_bound(product(4), "silu", convention="hidden_bias+affine_skip"),
    lower_bound(product(2), "softplus", convention="hidden_bias"),
    lower_bound(product(3), "relu", sense="uniform"),
    lower_bound(product(12), "relu", sense="uniform"),
    lower_bound(product(5), "relu", sense="uniform", cited=True),
    lower_bound(product(3), "cos", sense="uniform"),
    lower_bound(product(4), "sin", sense="gaussian", error="1e-3"),
    lower_bound(product(4), "tanh", sense="gaussian", error=0),
]
EACH = pytest.mark.parametrize("certificate", CERTIFICATES, ids=lambda c: c.theorem)


@EACH
def test_round_trip(certificate, tmp_path):
    text = certificate.to_json()
    assert Certificate.from_json(text) == certificate
    assert Certificate.from_dict(certificate.to_dict()) == certificate
    path = tmp_path / "certificate.json"
    path.write_text(text, encoding="utf-8")
    read = Certificate.from_json(path)
    assert read == certificate
    assert read.to_json() == text
    assert verify(read) == verify(certificate) == verify(path)


@EACH
def test_plain_data(certificate):
    def plain(value: Any) -> bool:
        if isinstance(value, dict):
            return all(isinstance(key, str) and plain(part) for key, part in value.items())
        if isinstance(value, list):
            return all(plain(part) for part in value)
        return value is None or isinstance(value, bool | int | str)

    data = certificate.to_dict()
    assert plain(data)
    assert data["format"] == FORMAT
    assert data["digest"] == digest({k: v for k, v in data.items() if k != "digest"})
    assert json.loads(certificate.to_json()) == data


@EACH
def test_the_record_shares_nothing(certificate):
    # what is done to the data, or to another certificate, does not reach this one
    text = certificate.to_json()
    certificate.to_dict()["witness"].clear()
    data = certificate.to_dict()
    read = Certificate.from_dict(data)
    data["witness"].clear()
    assert certificate.to_json() == read.to_json() == text


def test_a_spoiled_witness_does_not_spoil_the_next():
    first = lower_bound(product(4), "relu", sense="uniform")
    text = first.to_json()
    first.witness["rows"].clear()
    assert lower_bound(product(4), "relu", sense="uniform").to_json() == text


def test_every_torn_text_is_refused():
    text = CERTIFICATES[0].to_json()
    for length in range(len(text.rstrip())):
        with pytest.raises(ValueError, match="`text` is not a certificate"):
            Certificate.from_json(text[:length])


@EACH
def test_a_changed_record_is_not_read(certificate):
    data = certificate.to_dict()
    for changes in (
        {"neurons": certificate.neurons + 1},
        {"neurons": float(certificate.neurons)},
        {"rests_on": "another source"},
        {"digest": "0" * 64},
        {"digest": None},
        {"note": ""},
        {"witness": {}} if certificate.witness else {"witness": {"order": 1}},
    ):
        with pytest.raises(ValueError, match="`data` is not a certificate: "):
            Certificate.from_dict({**data, **changes})


def resealed(**changes: Any) -> dict[str, Any]:
    data = {**CERTIFICATES[0].to_dict(), **changes}
    del data["digest"]
    return {**data, "digest": digest(data)}


FLAGS = {"hidden_bias": False, "output_bias": False, "affine_skip": False}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "it has no 'format'"),
        ({"format": FORMAT}, "it has no 'target'"),
        ({"format": "noflat-network-1"}, "the format is 'noflat-network-1', not 'noflat-cert"),
        (resealed(format=None), "the format is None"),
        (resealed(target=None), ""),
        (resealed(target={"inputs": 3}), "it has no 'terms'"),
        (resealed(target={"inputs": 3, "terms": [[[1, 1, 1], 1]]}), "1 is not a fraction"),
        (resealed(target={"inputs": 3, "terms": [[[1, 1, 1], "1/0"]]}), "'1/0' is not a fraction"),
        (resealed(target={"inputs": 3, "terms": [[[1, 1, 1], "2/2"]]}), "it was changed"),
        (resealed(target={"inputs": 3, "terms": [[[1, 1, 1], "1e999999999"]]}), "not a fraction"),
        (resealed(target={"inputs": 2, "terms": [[[1, 1, 1], "1"]]}), "must have 2 exponents"),
        (resealed(target={"inputs": 3, "terms": [[[], "1"]]}), "must have 3 exponents"),
        (resealed(target={"inputs": 3, "terms": [7]}), ""),
        (resealed(convention={**FLAGS, "affine_skip": True}), "it was changed"),
        (resealed(convention={**FLAGS, "hidden_bias": 1}), ""),
        (resealed(convention={**FLAGS, "extra": True}), "unexpected keyword"),
        (resealed(convention=[]), ""),
        (resealed(error="2/4"), "it was changed"),
        (resealed(error="a"), "'a' is not a fraction"),
        (resealed(error=0.5), "0.5 is not a fraction"),
        ({k: v for k, v in resealed().items() if k != "digest"}, "it was changed"),
    ],
)
def test_foreign_data(data, message):
    with pytest.raises(ValueError, match="`data` is not a certificate: .*" + message):
        Certificate.from_dict(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`text` is not a certificate"),
        ("no JSON", "`text` is not a certificate"),
        ("[1, 2]", "`text` is not a certificate: it is neither JSON of one nor a file"),
        ("null", "`text` is not a certificate: it is neither JSON of one nor a file"),
        ("[" * 10**6, "`text` is not a certificate"),
        ("1" + "0" * 5000, "`text` is not a certificate"),
        ('{"neurons": NaN}', "`data` is not a certificate: it has no 'format'"),
    ],
)
def test_foreign_text(text, message):
    with pytest.raises(ValueError, match=message):
        Certificate.from_json(text)


def test_foreign_files(tmp_path):
    path = tmp_path / "certificate.json"
    with pytest.raises(ValueError, match="`text` is not a certificate: it is neither JSON"):
        Certificate.from_json(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="`text` is not a certificate: .*decode"):
        Certificate.from_json(path)


def test_an_error_keeps_its_value():
    certificate = lower_bound(product(3), "relu", sense="gaussian", error=0.3)
    assert certificate.error == Fraction(3, 10)
    assert certificate.to_dict()["error"] == "3/10"
    assert Certificate.from_json(certificate.to_json()).error == Fraction(3, 10)


def test_save(tmp_path):
    certificate = lower_bound(product(3), "exp")
    certificate.save(tmp_path / "bound.json")
    certificate.save(str(tmp_path / "bound.json"))
    assert [path.name for path in tmp_path.iterdir()] == ["bound.json"]
    assert Certificate.from_json(tmp_path / "bound.json") == certificate
    assert Certificate.from_json(str(tmp_path / "bound.json")) == certificate
    with pytest.raises(ValueError, match="`path` .*cannot be written to: No such file"):
        certificate.save(tmp_path / "missing" / "bound.json")
    with pytest.raises(ValueError, match="cannot be written to"):
        certificate.save(tmp_path)
    assert [path.name for path in tmp_path.parent.glob("*.partial")] == []
