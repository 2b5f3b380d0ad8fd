"""The checker: it accepts what is true, refuses every mutation, and never falls over."""

import ast
import copy
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from noflat.certificates import Certificate, CertificateError, checker, lower_bound, verify
from noflat.certificates.bounds import MOST_INPUTS
from noflat.certificates.kernels import gaussian_bound
from noflat.conventions import Convention
from noflat.targets import product

PACKAGE = Path(checker.__file__).parent


def certificate(n: int, activation: str, allowed: str = "bias_free", **rest: Any) -> Certificate:
    return lower_bound(product(n), activation, convention=allowed, **rest)


# One or more of every theorem.
CERTIFICATES = {
    "pairing": certificate(4, "exp"),
    "pairing, output bias": certificate(3, "exp", "output_bias"),
    "pairing, affine skip": certificate(5, "exp", "affine_skip"),
    "pairing, one parity": certificate(5, "tanh"),
    "pairing, some degrees": certificate(4, "silu"),
    "pairing, absorbed biases": certificate(3, "exp", "hidden_bias"),
    "waring": certificate(4, "tanh", "hidden_bias+output_bias"),
    "waring_strict": certificate(3, "softplus", "hidden_bias"),
    "waring_strict, tanh": certificate(2, "tanh", "hidden_bias+output_bias"),
    "waring_strict, erf": certificate(2, "erf", "hidden_bias"),
    "waring_strict, power": certificate(3, "power4", "hidden_bias"),
    "flattening, n = 2": certificate(2, "relu", sense="uniform"),
    "flattening, n = 3": certificate(3, "relu", sense="uniform"),
    "flattening, n = 4": certificate(4, "relu", sense="uniform"),
    "catalecticant": certificate(9, "relu", sense="uniform"),
    "border_rank": certificate(4, "relu", sense="uniform", cited=True),
    "kernel": certificate(4, "exp", sense="uniform"),
    "kernel, cos": certificate(5, "cos", "affine_skip", sense="uniform"),
    "gaussian_kernel": certificate(4, "sin", "output_bias", sense="gaussian", error="1/10"),
    "gaussian_flattening": certificate(5, "relu", sense="gaussian", error="1/3"),
    "gaussian_flattening, exact": certificate(2, "relu", sense="gaussian", error=0),
}
EACH = pytest.mark.parametrize("original", CERTIFICATES.values(), ids=CERTIFICATES)


def sealed(data: dict[str, Any]) -> dict[str, Any]:
    """The record with a digest that fits, so that a refusal is about mathematics."""
    body = {key: value for key, value in data.items() if key != "digest"}
    text = json.dumps(body, sort_keys=True)
    return {**body, "digest": hashlib.sha256(text.encode()).hexdigest()}


def mutations(tree: Any) -> Iterator[Any]:
    """Yields every tree with one part changed, removed, doubled, moved or added."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            rest = {k: v for k, v in tree.items() if k != key}
            yield rest
            yield {**rest, key + "x": value}
            for changed in mutations(value):
                yield {**tree, key: changed}
        yield {**tree, "extra": 0}
        yield [*tree]
    elif isinstance(tree, list):
        for i, value in enumerate(tree):
            yield tree[:i] + tree[i + 1 :]
            yield tree[: i + 1] + tree[i:]
            yield [*tree[:i], *reversed(tree[i : i + 2]), *tree[i + 2 :]]
            for changed in mutations(value):
                yield [*tree[:i], changed, *tree[i + 1 :]]
        yield [*tree, 0]
        yield dict(enumerate(tree))
    elif isinstance(tree, bool):
        yield from (not tree, int(tree), None)
    elif isinstance(tree, int):
        yield from (tree + 1, tree - 1, str(tree), float(tree), [tree], None)
        if tree in (0, 1):
            yield bool(tree)
    elif isinstance(tree, str):
        yield from (
            tree + "0",
            "-" + tree,
            " " + tree,
            tree[::-1],
            tree.upper(),
            "",
            0,
            [tree],
            None,
        )
    else:
        yield from (0, "", "0", False, [], {})


def changed(tree: Any) -> Iterator[Any]:
    text = json.dumps(tree, sort_keys=True)
    return (new for new in mutations(tree) if json.dumps(new, sort_keys=True) != text)


def refused(data: Any) -> bool:
    try:
        verify(data)
    except CertificateError:
        return True
    return False


def test_every_theorem_is_here():
    assert {c.theorem for c in CERTIFICATES.values()} == set(checker._THEOREMS)


@EACH
def test_accepted(original, tmp_path):
    verdict = verify(original)
    assert verdict.neurons == original.neurons
    assert verdict.rests_on == original.rests_on
    assert verify(original.to_dict()) == verdict
    path = tmp_path / "certificate.json"
    path.write_text(original.to_json(), encoding="utf-8")
    assert verify(path) == verify(str(path)) == verify(path.read_text()) == verdict
    path.write_text(json.dumps(original.to_dict(), sort_keys=True), encoding="utf-8")
    assert verify(path) == verdict  # the order of keys is not part of a record


@EACH
def test_statement(original):
    statement = verify(original).statement
    assert f"at least {original.neurons} neurons" in statement
    assert f"product of {original.target.inputs} variables" in statement
    assert f"in the {original.sense} sense" in statement
    assert f"layer of {original.activation or 'any activation'} with" in statement
    assert f"theorem: {original.theorem}" in statement
    for name in ("hidden_bias", "output_bias", "affine_skip"):
        assert (name in statement) == getattr(original.convention, name)
    assert ("no biases" in statement) == (original.convention == Convention())
    assert (f"rms error {original.error}" in statement) == (original.error is not None)


@EACH
def test_mutations_refused(original):
    data = original.to_dict()
    mutants = list(changed(data["witness"]))
    assert len(mutants) >= 8 * len(data["witness"])
    for witness in mutants:
        mutant = sealed({**data, "witness": witness})
        assert refused(mutant), witness


@EACH
def test_a_change_without_a_new_digest_is_refused_by_it(original):
    data = original.to_dict()
    if len(data["witness"]) > 2 and "rows" in data["witness"]:  # one minor is as good as all
        data = sealed({**data, "witness": {**data["witness"], "rows": [], "columns": []}})
    for mutant in changed(data):
        if isinstance(mutant, dict):
            # what is not exact plain data is refused before anything is computed from it
            with pytest.raises(CertificateError, match="^(digest|number|keys): "):
                verify(mutant)


def question(data: dict[str, Any]) -> tuple[Any, ...]:
    """What `lower_bound` has to be asked to check a claim."""
    allowed = Convention(**data["convention"])
    error = None if data["error"] is None else Fraction(data["error"])
    name = data["activation"]
    return data["target"]["inputs"], name, allowed, data["sense"], error


def is_true(data: dict[str, Any]) -> bool:
    n, name, allowed, sense, error = question(data)
    if name is None:  # true of any activation, also under the widest convention
        names = ("tanh", "cos", "silu") + ("relu",) * (sense != "taylor")
        allowed = Convention(True, allowed.output_bias, allowed.affine_skip)
    else:
        names = (name,)
    for one in names:
        try:
            best = lower_bound(
                product(n),
                one,
                convention=allowed,
                sense=sense,
                error=error,
                cited=data["theorem"] == "border_rank",
            )
        except ValueError as problem:
            if "no network of" not in str(problem):
                raise
            continue  # so any number is a lower bound
        if best.neurons < data["neurons"]:
            return False
    return True


def header_mutants(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    header = {key: value for key, value in data.items() if key not in ("witness", "digest")}
    for mutant in changed(header):
        if isinstance(mutant, dict):
            yield {**mutant, "witness": data["witness"]}
    for name in (None, "exp", "sin", "cos", "gaussian", "tanh", "erf", "sigmoid", "softplus"):
        yield {**data, "activation": name}
    for name in ("silu", "gelu", "relu", "power2", "power3", "power4", "power٤", "power04", "mish"):
        yield {**data, "activation": name}
    for theorem in checker._THEOREMS:
        yield {**data, "theorem": theorem}
    for sense in ("taylor", "uniform", "gaussian"):
        yield {**data, "sense": sense}
    for error in (None, "0", "1/4", "1/11", "1", "2/20", "-1/10", "1/0", "0.1", "١/٢", "1e9", 0.5):
        yield {**data, "error": error}
    for n in range(2, 7):
        yield {**data, "target": {"inputs": n, "terms": [[[1] * n, "1"]]}}
    yield {**data, "rests_on": "computed"}
    yield {**data, "rests_on": "cited: Oeding, Border ranks of monomials, arXiv 1608.02530"}
    for bits in range(8):
        flags = ("hidden_bias", "output_bias", "affine_skip")
        yield {**data, "convention": {f: bool(bits >> i & 1) for i, f in enumerate(flags)}}


# Which fields of a header can change without the claim becoming false or unproved: conventions that
# the theorem does not depend on (or a narrower one), another activation with the same signs of
# derivatives, an error that leads to the same number of neurons.
MAY_CHANGE = {
    "pairing": {"activation", "convention"},
    "waring": {"convention"},
    "waring_strict": {"activation", "convention"},
    "flattening": {"convention"},
    "catalecticant": {"convention"},
    "border_rank": {"convention"},
    "kernel": {"convention", "activation"},
    "gaussian_kernel": {"convention", "activation", "error"},
    "gaussian_flattening": {"convention", "error"},
}


@EACH
def test_a_header_is_refused_or_still_true(original):
    data = original.to_dict()
    seen = set()
    for mutant in header_mutants(data):
        mutant = sealed(mutant)
        if refused(mutant) or mutant == data:
            continue
        different = {key for key in data if key != "digest" and mutant[key] != data[key]}
        assert different <= MAY_CHANGE[original.theorem], mutant
        assert is_true(mutant), mutant
        seen |= different
        statement = verify(mutant).statement
        assert f"layer of {mutant['activation'] or 'any activation'} with" in statement
        assert f"needs at least {original.neurons} neurons" in statement
        for name, value in mutant["convention"].items():
            assert (name in statement) == value
    assert seen <= MAY_CHANGE[original.theorem]


# How many of the six conventions each certificate is true of: with or without hidden biases, times
# no readout, an output bias, a skip.
CONVENTIONS_TAKEN = {
    "pairing": 2,  # exp absorbs hidden biases; degree 0 is used
    "pairing, output bias": 4,  # degree 1 is used
    "pairing, affine skip": 6,
    "pairing, one parity": 2,
    "pairing, some degrees": 3,
    "pairing, absorbed biases": 2,
    "waring_strict, tanh": 4,  # degree n - 1 = 1 must not be free
    "waring_strict, erf": 4,
    "kernel": 2,  # the rank of the readout is counted
    "kernel, cos": 2,
    "gaussian_kernel": 2,
}


@pytest.mark.parametrize("name", CERTIFICATES)
def test_the_conventions_that_a_certificate_is_true_of(name):
    data = CERTIFICATES[name].to_dict()
    readouts = ((False, False), (True, False), (True, True))
    taken = sum(
        not refused(sealed({**data, "convention": flags}))
        for flags in (
            {"hidden_bias": hidden, "output_bias": output, "affine_skip": skip}
            for hidden in (False, True)
            for output, skip in readouts
        )
    )
    assert taken == CONVENTIONS_TAKEN.get(name, 6)


# --- what an adversary would try ----------------------------------------------------------------


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
        (base("pairing", target={"inputs": 10**9, "terms": []}), "target: inputs .* from 2 to 100"),
        (base("pairing", target={"inputs": 101, "terms": [[[1] * 101, "1"]]}), "from 2 to 100"),
        (base("pairing", target={"inputs": 1, "terms": [[[1], "1"]]}), "from 2 to 100"),
        (base("pairing", target={"inputs": True, "terms": [[[1], "1"]]}), "target: inputs"),
        (base("pairing", target={"inputs": "4", "terms": []}), "target: inputs"),
        (base("pairing", target={"inputs": 4, "terms": [[[True] * 4, "1"]]}), "target: not the"),
        (base("pairing", target={"inputs": 4, "terms": [[[1] * 4, 1]]}), "target: not the product"),
        (base("pairing", target={"inputs": 4, "terms": [[[1] * 4, "2/2"]]}), "target: not the"),
        (base("pairing", target=[4]), "target: malformed"),
        (base("pairing", neurons=True), "neurons: must be an integer"),
        (base("pairing", neurons=16.0), "number: float"),
        (base("pairing", neurons=float("nan")), "number: float"),
        (base("pairing", neurons=10**2000), "number: an integer of more than"),
        (base("pairing", neurons=17), "neurons: the witness proves 16, the certificate says 17"),
        (base("pairing", theorem=["pairing"]), "theorem: .* is not known"),
        (base("pairing", theorem="pairings"), "theorem: 'pairings' is not known"),
        (base("pairing", sense="uniform"), "sense: pairing is about the taylor sense"),
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
        (with_witness("flattening, n = 3", order=-1), "witness: order and wedge must be"),
        (with_witness("flattening, n = 3", wedge=3), "witness: order and wedge must be"),
        (with_witness("flattening, n = 3", order=True), "witness: order and wedge must be"),
        (with_witness("flattening, n = 3", prime=7), "witness: prime must be"),
        (with_witness("flattening, n = 3", rows=[], columns=[]), "witness: the minor is empty"),
        (with_witness("flattening, n = 3", rows={}), "witness: rows and columns must be lists"),
        (with_witness("flattening, n = 3", rows=[[[1], [1]]] * 1025), "lists of at most 1024"),
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
        (str(PACKAGE), "file: there is none at"),
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
        assert refused(path)


def test_the_largest_record_is_checked_quickly():
    for name, allowed in (("tanh", "hidden_bias"), ("exp", "bias_free"), ("gelu", "bias_free")):
        original = certificate(MOST_INPUTS, name, allowed)
        assert verify(original).neurons == original.neurons
    assert checker._MOST_INPUTS == MOST_INPUTS


def test_a_strict_bound_where_there_is_a_root_is_refused():
    # tanh'' has the root 0, so 4 neurons do it for n = 3, and 5 is a false claim
    data = certificate(3, "tanh", "hidden_bias").to_dict()
    strict = {"derivative": 2, "polynomial": [0, -2, 0, 2], "interval": [-1, 1]}
    lie = {**data, "activation": "tanh", "theorem": "waring_strict", "neurons": 5}
    with pytest.raises(CertificateError, match="witness: the polynomial has 1 roots"):
        verify(sealed({**lie, "witness": {**data["witness"], **strict}}))


# --- cited and computed -------------------------------------------------------------------------


def test_cited_and_computed_are_not_mixed():
    for original in CERTIFICATES.values():
        verdict = verify(original)
        is_cited = original.theorem == "border_rank"
        assert verdict.rests_on.startswith("cited: ") == is_cited
        assert (verdict.rests_on == "computed") != is_cited
        assert ("not recomputed here" in verdict.statement) == is_cited
        assert verdict.statement.endswith("recomputed here")
    # where the computation gives as much, nothing is cited
    for n in (2, 3):
        assert certificate(n, "relu", sense="uniform", cited=True).rests_on == "computed"
    assert certificate(6, "cos", sense="uniform", cited=True).rests_on == "computed"
    assert certificate(6, "cos", "affine_skip", sense="uniform", cited=True).neurons == 32


def test_the_maker_takes_the_better_gaussian_theorem():
    skip = Convention(False, True, True)
    assert gaussian_bound(2, "sin", skip, Fraction(0))[:2] == (2, "gaussian_flattening")
    assert gaussian_bound(4, "sin", skip, Fraction(0))[:2] == (7, "gaussian_kernel")


# --- the checker stands alone -------------------------------------------------------------------


def test_verify_imports_only_itself_and_the_standard_library():
    files = sorted(PACKAGE.rglob("*.py"))
    assert len(files) >= 5
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0
                names = [node.module or ""]
            for name in names:
                own = name == "noflat.certificates.checker"
                own = own or name.startswith("noflat.certificates.checker.")
                assert own or name.split(".")[0] in sys.stdlib_module_names, (path, name)


def test_verify_runs_with_the_standard_library_alone(tmp_path):
    # without site-packages, and with nothing of noflat but the checker
    shutil.copytree(PACKAGE, tmp_path / "noflat" / "certificates" / "checker")
    names = []
    for k, original in enumerate(CERTIFICATES.values()):
        names.append(tmp_path / f"{k}.json")
        names[-1].write_text(original.to_json(), encoding="utf-8")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from noflat.certificates.checker import verify;"
        "print(*[verify(path).neurons for path in sys.argv[2:]])"
    )
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(tmp_path), *map(str, names)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == [str(c.neurons) for c in CERTIFICATES.values()]


def test_the_checker_is_imported_alone():
    program = (
        "import sys, noflat.certificates.checker;"
        "print(*sorted(name for name in sys.modules if name.startswith('noflat')));"
        "print(*[name for name in ('jax', 'numpy', 'flint') if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    ours, others = run.stdout.split("\n")[:2]
    assert all(
        name in ("noflat", "noflat.certificates") or name.startswith("noflat.certificates.checker")
        for name in ours.split()
    )
    assert others == ""
