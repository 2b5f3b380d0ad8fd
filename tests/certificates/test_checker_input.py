"""The checker on what an adversary, or a torn disk, would hand it."""

import copy
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from sample_certificates import CERTIFICATES, sealed

from noflat.certificates import Certificate, CertificateError, checker, verify


def base(name: str, **changes: Any) -> dict[str, Any]:
    return sealed({**CERTIFICATES[name].to_dict(), **changes})


def with_witness(name: str, **changes: Any) -> dict[str, Any]:
    data = CERTIFICATES[name].to_dict()
    return sealed({**data, "witness": {**data["witness"], **changes}})


def nested(depth: int) -> list[Any]:
    tree: list[Any] = []
    for _ in range(depth):
        tree = [tree]
    return tree


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (base("pairing", target={"inputs": 10**9, "terms": []}), "inputs .* from 1 to 100"),
        (base("pairing", target={"inputs": 101, "terms": [[[1] * 101, "1"]]}), "from 1 to 100"),
        (
            base("pairing", target={"inputs": 1, "terms": [[[1], "1"]]}),
            "target: an affine",
        ),
        (base("pairing", target={"inputs": True, "terms": [[[1], "1"]]}), "target: inputs"),
        (base("pairing", target={"inputs": "4", "terms": []}), "target: inputs"),
        (base("pairing", target={"inputs": 4, "terms": [[[True] * 4, "1"]]}), "target: a term"),
        (base("pairing", target={"inputs": 4, "terms": [[[1] * 4, 1]]}), "target: a coefficient"),
        (base("pairing", target={"inputs": 4, "terms": [[[1] * 4, "2/2"]]}), "must be in lowest"),
        (base("pairing", target=[4]), "target: malformed"),
        (base("pairing", neurons=True), "neurons: must be an integer"),
        (base("pairing", neurons=16.0), "number: float"),
        (base("pairing", neurons=float("nan")), "number: float"),
        (base("pairing", neurons=10**2000), "number: an integer of more than"),
        (base("pairing", neurons=17), "neurons: the witness proves 16, the certificate says 17"),
        (base("pairing", theorem=["pairing"]), "theorem: .* is not known"),
        (base("pairing", theorem="pairings"), "theorem: 'pairings' is not known"),
        (base("pairing", sense="uniform"), "sense: pairing is about the sense taylor"),
        (base("pairing", error="0"), "error: goes with the gaussian sense"),
        (base("pairing", format="noflat-certificate-2"), "format: not noflat-certificate-1"),
        (base("pairing", witness=[]), "witness: must be an object"),
        (base("pairing", witness={}), "witness: must hold degrees, signs, sizes"),
        (base("pairing", witness={"sizes": nested(100)}), "keys: nested more deeply"),
        (base("pairing", activation=None), "activation: the theorem is about one"),
        (base("pairing", activation="mish"), "activation: nothing is known here"),
        (base("pairing", activation="power²"), "activation: nothing is known here"),
        (base("pairing", activation="power٤"), "activation: nothing is known here"),
        (base("pairing", activation="power04"), "activation: nothing is known here"),
        (base("pairing", activation="power" + "9" * 5000), "activation: nothing is known here"),
        (base("pairing", activation="tanh"), "witness: a derivative at 0 vanishes"),
        (base("pairing", convention=[]), "convention: must say"),
        (
            base(
                "pairing", convention={f: 0 for f in ("hidden_bias", "output_bias", "affine_skip")}
            ),
            "convention: must say",
        ),
        (
            base(
                "pairing",
                convention={"hidden_bias": False, "output_bias": False, "affine_skip": True},
            ),
            "convention: an affine skip carries an output bias",
        ),
        (
            base(
                "pairing",
                convention={"hidden_bias": False, "output_bias": True, "affine_skip": False},
            ),
            "witness: a degree is taken over by the free readout",
        ),
        (
            sealed(
                {
                    **with_witness("pairing, some degrees"),
                    "convention": dict.fromkeys(("hidden_bias", "output_bias"), True)
                    | {"affine_skip": False},
                }
            ),
            "convention: with hidden biases this theorem holds for exp alone",
        ),
        (with_witness("pairing", sizes=[]), "witness: sizes must be ascending"),
        (with_witness("pairing", sizes=[0, 0, 1]), "witness: sizes must be ascending"),
        (with_witness("pairing", sizes=[-1, 0]), "witness: sizes must be ascending"),
        (with_witness("pairing", sizes="01234"), "witness: sizes must be ascending"),
        (with_witness("pairing", degrees=[0, 1, 2, 3, 4.0]), "number: float"),
        (with_witness("pairing", degrees=[0, True, 2, 3, 4]), "witness: degrees must be"),
        (with_witness("waring", sizes=list(range(5))), "witness: sizes must be"),
        (base("waring", activation="tanh"), "activation: the theorem holds for any"),
        (base("waring", activation="tanh needs at least 10^6 neurons;"), "holds for any"),
        (base("waring_strict", activation="silu"), "activation: no polynomial is known"),
        (base("waring_strict", activation="tanh"), "witness: polynomial must be"),
        (with_witness("waring_strict", interval=[0, True]), "witness: interval must be"),
        (
            base("waring_strict, power", activation="power3"),
            "witness: multiplicity must be 1",
        ),
        (
            base(
                "waring_strict, power",
                activation="power3",
                witness={**CERTIFICATES["waring_strict, power"].witness, "multiplicity": 1},
            ),
            "witness: the zero is simple",
        ),
        (
            base(
                "waring_strict, tanh",
                convention={"hidden_bias": True, "output_bias": True, "affine_skip": True},
            ),
            r"convention: the free readout takes over degree n - 1",
        ),
        (base("flattening, n = 3", activation="relu"), "activation: the theorem holds for any"),
        (with_witness("flattening, n = 3", order=-1), "witness: order must be from 0"),
        (with_witness("flattening, n = 3", wedge=3), "witness: wedge must be from 0"),
        (with_witness("flattening, n = 3", order=True), "witness: order must be from 0"),
        (with_witness("flattening, n = 3", prime=7), "witness: prime must be"),
        (with_witness("flattening, n = 3", rows=[], columns=[]), "lists of 1 to 4096"),
        (with_witness("flattening, n = 3", rows={}), "witness: rows and columns must be lists"),
        (with_witness("flattening, n = 3", rows=[["1", "1"]] * 4097), "lists of 1 to 4096"),
        (with_witness("catalecticant", order=True), "witness: order must be an integer"),
        (base("border_rank", rests_on="computed"), "rests_on: border_rank rests on 'cited: Oeding"),
        (base("kernel", rests_on="cited"), "rests_on: kernel rests on 'computed'"),
        (base("kernel", activation="tanh"), "activation: the theorem is about exp, sin and cos"),
        (with_witness("kernel", points=["-1/2", "2/4"]), "witness: points must be"),
        (with_witness("kernel", free_rank=False), "witness: free_rank must be 0"),
        (with_witness("kernel", free_rank=-1), "witness: free_rank must be 0"),
        *(
            (base("gaussian_kernel", error=error), f"error: must be {reason}")
            for error, reason in [
                ("2/20", "below 1 and in lowest terms"),
                ("3/2", "below 1 and in lowest terms"),
                ("1/1", "below 1 and in lowest terms"),
                ("1", "0 or a fraction"),
                ("0/1", "0 or a fraction"),
                ("01/10", "0 or a fraction"),
                ("1/10 ", "0 or a fraction"),
                ("1/10\n", "0 or a fraction"),
                ("-1/10", "0 or a fraction"),
                ("1/0", "0 or a fraction"),
                ("0.1", "0 or a fraction"),
                ("1e-1", "0 or a fraction"),
                ("1e999999999", "0 or a fraction"),
                ("1_0/11", "0 or a fraction"),
                ("١/٢", "0 or a fraction"),
                ("1/" + "9" * 5000, "0 or a fraction"),
                (0, "0 or a fraction"),
                (True, "0 or a fraction"),
                ([], "0 or a fraction"),
            ]
        ),
        (base("gaussian_kernel", error=0.1), "number: float"),
        ({}, "digest: "),
        (sealed({}), "keys: not those of a certificate"),
        (sealed({**CERTIFICATES["kernel"].to_dict(), "note": ""}), "keys: not those of a"),
    ],
)
def test_malformed(data, message):
    with pytest.raises(CertificateError, match=message):
        verify(data)


class Writer:
    """Something with a `to_dict`, as verify expects of what is neither data nor a path."""

    def __init__(self, data: Any):
        self.data = data

    def to_dict(self) -> Any:
        if isinstance(self.data, Exception):
            raise self.data
        return self.data


def circle() -> dict[str, Any]:
    data: dict[str, Any] = {}
    data["witness"] = data
    return data


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "file: neither a certificate nor its data nor a path"),
        (3, "file: neither a certificate nor its data nor a path"),
        ([1], "file: neither a certificate nor its data nor a path"),
        (b"{}", "file: neither a certificate nor its data nor a path"),
        (Certificate, "file: cannot be written as data"),
        (Writer([]), "file: not a JSON object"),
        (Writer(ValueError("no")), "file: cannot be written as data: no"),
        (Writer(AttributeError("no")), "file: cannot be written as data: no"),
        ({1: 2}, "keys: must be strings"),
        ({"witness": {1: 2}}, "keys: must be strings"),
        ({"witness": {1, 2}}, "number: set is not exact plain data"),
        ({"witness": (1, 2)}, "number: tuple is not exact plain data"),
        ({"witness": Fraction(1)}, "number: Fraction is not exact plain data"),
        ({"witness": nested(10**5)}, "keys: nested more deeply"),
        (circle(), "keys: nested more deeply"),
        ("no/such/file.json", "file: there is none at no/such/file.json"),
        ("\0", "file: "),
        (str(Path(checker.__file__).parent), "checker is a folder"),
    ],
)
def test_not_a_certificate(given, message):
    with pytest.raises(CertificateError, match=message):
        verify(given)


def test_a_certificate_with_the_wrong_parts_is_refused():
    good = CERTIFICATES["kernel"]
    broken = copy.copy(good)
    object.__setattr__(broken, "target", None)
    with pytest.raises(CertificateError, match="file: cannot be written as data"):
        verify(broken)
    object.__setattr__(broken, "target", good.target)
    object.__setattr__(broken, "witness", {"points": object()})
    with pytest.raises(CertificateError, match="file: cannot be written as data"):
        verify(broken)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "file: not readable as JSON"),
        (b"{", "file: not readable as JSON"),
        (b"\xff\xfe", "file: not readable as text"),
        (b"[1]", "file: not a JSON object"),
        (b"null", "file: not a JSON object"),
        (b"NaN", "file: not a JSON object"),
        (b'{"neurons": 1, "neurons": 2}', "keys: one occurs twice"),
        (b'{"neurons": NaN}', "number: float"),
        (b'{"neurons": 1e400}', "number: float"),
        (b'{"neurons": 1' + b"0" * 5000 + b"}", "file: not readable as JSON"),
        (b"[" * 10**6, "file: not readable as JSON"),
        (b'{"a":' * 10**5 + b"1" + b"}" * 10**5, "file: not readable as JSON"),
        (b" " * (2**24 + 1), "file: longer than 16777216 bytes"),
    ],
)
def test_files(content, message, tmp_path):
    path = tmp_path / "certificate.json"
    path.write_bytes(content)
    with pytest.raises(CertificateError, match=message):
        verify(path)


def test_a_torn_file_is_refused(tmp_path):
    text = CERTIFICATES["flattening, n = 3"].to_json()
    path = tmp_path / "certificate.json"
    for length in range(0, len(text.rstrip()), 7):
        path.write_text(text[:length], encoding="utf-8")
        with pytest.raises(CertificateError):
            verify(path)
