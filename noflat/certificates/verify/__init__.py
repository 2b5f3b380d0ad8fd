r"""The checker: accepts or refuses a certificate, on its own.

It imports nothing else from this library and shares no code with what makes certificates: it reads plain
data, recomputes every hypothesis by another route (integer recurrences for the activations, Sturm's
count for roots, elimination modulo the prime for minors) and compares. A refusal names the first
condition that fails. What a theorem says is proved in docs/theory.md; what is checked here is that
its hypotheses hold and that its arithmetic gives the number.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from noflat.certificates.verify.conditions import CertificateError as CertificateError
from noflat.certificates.verify.conditions import Data, is_int, require
from noflat.certificates.verify.flattenings import (
    check_border_rank,
    check_catalecticant,
    check_flattening,
)
from noflat.certificates.verify.kernels import (
    check_gaussian_flattening,
    check_gaussian_kernel,
    check_kernel,
)
from noflat.certificates.verify.taylor import check_pairing, check_waring, check_waring_strict


class Verdict(NamedTuple):
    """What an accepted certificate says.

    Attributes:
        neurons: The lower bound.
        rests_on: `computed`, or the source of the cited theorem that the bound rests on.
        statement: The claim in a sentence.
    """

    neurons: int
    rests_on: str
    statement: str


def verify(certificate: Any) -> Verdict:
    """Checks a certificate.

    Args:
        certificate: A certificate, its data as a dictionary, or the path of a JSON file.

    Returns:
        The verdict. Where the bound rests on a cited theorem the verdict says so.

    Raises:
        CertificateError: If any condition fails, naming the first.

    Example:
        >>> verify(lower_bound(product(3), "exp")).neurons
        8
    """
    data = _read(certificate)
    _header(data)
    theorem = data["theorem"]
    bound = _THEOREMS[theorem](data, data["target"]["inputs"], data["witness"])
    require(
        data["neurons"] == bound,
        f"neurons: the witness proves {bound}, the certificate says {data['neurons']}",
    )
    cited = theorem in _CITED
    require(
        data["rests_on"] == _CITED.get(theorem, "computed"),
        f"rests_on: {theorem} rests on {_CITED.get(theorem, 'computed')!r}",
    )
    return Verdict(bound, data["rests_on"], _statement(data, cited))


def _read(certificate: Any) -> Data:
    if isinstance(certificate, str | Path):
        try:
            certificate = json.loads(Path(certificate).read_text())
        except (OSError, ValueError) as problem:
            raise CertificateError(f"file: not readable as JSON: {problem}") from None
    data = certificate if isinstance(certificate, dict) else certificate.to_dict()
    require(isinstance(data, dict), "file: not a JSON object")
    body = {key: value for key, value in data.items() if key != "digest"}
    expected = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    require(data.get("digest") == expected, "digest: the record was changed after it was written")
    return body


def _header(data: Data) -> None:
    keys = "format target activation convention sense error neurons theorem rests_on witness"
    require(sorted(data) == sorted(keys.split()), "keys: not those of a certificate")
    require(data["format"] == "noflat-certificate-1", "format: not noflat-certificate-1")
    target = data["target"]
    require(isinstance(target, dict) and sorted(target) == ["inputs", "terms"], "target: malformed")
    n = target["inputs"]
    require(is_int(n) and n >= 2, "target: inputs must be an integer of at least 2")
    require(target["terms"] == [[[1] * n, "1"]], "target: not the product of its inputs")
    convention = data["convention"]
    names = ["affine_skip", "hidden_bias", "output_bias"]
    require(
        isinstance(convention, dict)
        and sorted(convention) == names
        and all(isinstance(value, bool) for value in convention.values()),
        "convention: must say hidden_bias, output_bias and affine_skip",
    )
    require(
        convention["output_bias"] or not convention["affine_skip"],
        "convention: an affine skip carries an output bias",
    )
    theorem = data["theorem"]
    require(isinstance(theorem, str) and theorem in _THEOREMS, f"theorem: {theorem!r} is not known")
    sense, needs_name = _SENSES[theorem]
    require(data["sense"] == sense, f"sense: {theorem} is about the {sense} sense")
    require((data["error"] is None) == (sense != "gaussian"), "error: goes with the gaussian sense")
    named = isinstance(data["activation"], str)
    require(
        named if needs_name else named or data["activation"] is None,
        "activation: missing" if needs_name else "activation: must be a name or null",
    )
    require(
        needs_name or theorem in ("waring",) or data["activation"] is None,
        "activation: the theorem holds for any activation and names none",
    )
    require(is_int(data["neurons"]), "neurons: must be an integer")
    require(isinstance(data["witness"], dict), "witness: must be an object")


_THEOREMS: dict[str, Callable[[Data, int, Data], int]] = {
    "pairing": check_pairing,
    "waring": check_waring,
    "waring_strict": check_waring_strict,
    "flattening": check_flattening,
    "catalecticant": check_catalecticant,
    "border_rank": check_border_rank,
    "kernel": check_kernel,
    "gaussian_kernel": check_gaussian_kernel,
    "gaussian_flattening": check_gaussian_flattening,
}

_SENSES = {
    "pairing": ("taylor", True),
    "waring": ("taylor", False),
    "waring_strict": ("taylor", True),
    "flattening": ("uniform", False),
    "catalecticant": ("uniform", False),
    "border_rank": ("uniform", False),
    "kernel": ("uniform", True),
    "gaussian_kernel": ("gaussian", True),
    "gaussian_flattening": ("gaussian", False),
}
"""For each theorem its sense, and whether it is about one activation by name."""

_CITED = {"border_rank": "cited: Oeding, Border ranks of monomials, arXiv 1608.02530"}


def _statement(data: Data, cited: bool) -> str:
    activation = data["activation"] or "any activation"
    free = [name for name, value in sorted(data["convention"].items()) if value]
    error = "" if data["error"] is None else f" at relative rms error {data['error']}"
    return (
        f"one hidden layer of {activation} with {', '.join(free) or 'no biases'} needs at least "
        f"{data['neurons']} neurons for the product of {data['target']['inputs']} variables in the "
        f"{data['sense']} sense{error}; theorem: {data['theorem']}"
        + (f", {data['rests_on']}, not recomputed here" if cited else ", recomputed here")
    )
