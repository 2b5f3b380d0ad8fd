"""The checker: it accepts what is true, refuses every mutation, and never falls over."""

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from mutations import changed
from sample_certificates import CERTIFICATES, EACH, certificate, sealed

from noflat.certificates import CertificateError, checker, lower_bound, verify
from noflat.certificates.bounds import MOST_INPUTS
from noflat.certificates.checker import targets
from noflat.certificates.kernels import gaussian_bound
from noflat.conventions import Convention
from noflat.targets import Polynomial, polynomial

PACKAGE = Path(checker.__file__).parent


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
    target = original.target
    subject = f"product of {target.inputs}" if target.is_product else f"degree {target.degree} in"
    assert subject in statement
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
    terms = tuple((tuple(e), Fraction(c)) for e, c in data["target"]["terms"])
    return Polynomial(data["target"]["inputs"], terms), name, allowed, data["sense"], error


def is_true(data: dict[str, Any]) -> bool:
    target, name, allowed, sense, error = question(data)
    if name is None:  # true of any activation, also under the widest convention
        names = ("tanh", "cos", "silu") + ("relu",) * (sense != "taylor")
        allowed = Convention(True, allowed.output_bias, allowed.affine_skip)
    else:
        names = (name,)
    for one in names:
        try:
            best = lower_bound(
                target,
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
# derivatives, an error that leads to the same number of neurons, a target with the same minor.
MAY_CHANGE = {
    "pairing": {"activation", "convention"},
    "waring": {"convention"},
    "waring_strict": {"activation", "convention"},
    "moments": {"activation", "convention", "target"},
    "held_variable": {"convention", "target"},
    "flattening": {"convention", "sense", "target"},
    "partials": {"convention", "activation", "target"},
    "catalecticant": {"convention"},
    "border_rank": {"convention"},
    "kernel": {"convention", "activation"},
    "gaussian_kernel": {"convention", "activation", "error"},
    "gaussian_flattening": {"convention", "error"},
    "chaos_tail": {"convention", "error", "target"},
    "kernel_tail": {"convention", "activation", "error", "target"},
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
    "moments": 2,
    "moments, parts": 4,
    "moments, tests": 2,
    "moments, density": 3,
    "partials": 2,
    "partials, parts": 2,
    "kernel": 2,  # the rank of the readout is counted
    "kernel, cos": 2,
    "gaussian_kernel": 2,
    "kernel_tail": 2,
    "kernel_tail, cos": 2,
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


def test_the_largest_record_is_checked_quickly():
    for name, allowed in (("tanh", "hidden_bias"), ("exp", "bias_free"), ("gelu", "bias_free")):
        original = certificate(MOST_INPUTS, name, allowed)
        assert verify(original).neurons == original.neurons
    assert targets.MOST_INPUTS == MOST_INPUTS


def test_no_exponent_overflows_into_the_next_variable():
    """x1^a times x1^(256 - a) is not x2, which it would be as eight bits each."""
    data = lower_bound(polynomial("x**2 + y"), "exp", sense="uniform").to_dict()
    for orders in (range(56, 201), range(90, 100), range(3, 5)):
        block = {
            "rows": [" ".join(["0"] * a) for a in orders],
            "columns": [" ".join(["0"] * min(100, 256 - a)) for a in orders],
            "minor": 1,
        }
        data["witness"]["blocks"] = [block]
        with pytest.raises(CertificateError, match="too high a degree|higher degree|twice"):
            verify(sealed({**data, "neurons": len(orders)}))


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
                # a minor that would take Python minutes is FLINT's, and only that
                large = name == "flint" and path.name == "minors.py"
                standard = name.split(".")[0] in sys.stdlib_module_names
                assert own or large or standard, (path, name)


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
