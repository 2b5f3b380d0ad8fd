r"""The checker: accepts or refuses a certificate, on its own.

It imports nothing else from this library and shares no code with what makes certificates: it reads
plain data, recomputes every hypothesis by another route (integer recurrences for the activations,
Sturm's count for roots, elimination modulo the prime for minors) and compares. A refusal names the
first condition that fails. What a theorem says is proved in docs; what is checked here is
that its hypotheses hold and that its arithmetic gives the number. `verify` reads lower bounds;
upper bounds on errors of trees are read by `check_tree_error`, in a module of their own.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from noflat.certificates.checker.conditions import CertificateError as CertificateError
from noflat.certificates.checker.conditions import Data, canonical, is_int, plain, require
from noflat.certificates.checker.flattenings import (
    check_border_rank,
    check_catalecticant,
    check_flattening,
)
from noflat.certificates.checker.kernels import (
    check_gaussian_flattening,
    check_gaussian_kernel,
    check_kernel,
)
from noflat.certificates.checker.moments import (
    check_held_variable,
    check_moments,
    check_partials,
)
from noflat.certificates.checker.tails import check_chaos_tail, check_kernel_tail
from noflat.certificates.checker.targets import Target, read_target
from noflat.certificates.checker.taylor import check_pairing, check_waring, check_waring_strict

_MOST_BYTES = 2**24
"""No file is read that is longer than 16 MiB."""


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
        certificate: A certificate, its data as a dictionary, its JSON text, or the path of a file.

    Returns:
        The verdict. Where the bound rests on a cited theorem the verdict says so.

    Raises:
        CertificateError: If any condition fails, naming the first.

    Example:
        >>> from noflat import lower_bound, product
        >>> verify(lower_bound(product(3), "exp")).neurons
        8
    """
    data = _read(certificate)
    _header(data)
    theorem = data["theorem"]
    target = read_target(data["target"])
    require(target.degree >= 2, "target: an affine function needs no certificate")
    if theorem in _OF_PRODUCTS:
        n = target.inputs
        require(
            target.terms == {(1,) * n: 1}, f"target: {theorem} is about the product of its inputs"
        )
        bound = _OF_PRODUCTS[theorem](data, n, data["witness"])
    else:
        bound = _OF_POLYNOMIALS[theorem](data, target, data["witness"])
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
    if isinstance(certificate, str) and certificate.lstrip().startswith("{"):
        certificate = _parse(certificate)
    elif isinstance(certificate, str | Path):
        certificate = _parse(_content(Path(certificate)))
    elif not isinstance(certificate, dict):
        write = getattr(certificate, "to_dict", None)
        require(callable(write), "file: neither a certificate nor its data nor a path")
        try:
            certificate = write()  # pyright: ignore[reportOptionalCall]
        except (AttributeError, TypeError, ValueError, RecursionError) as problem:
            raise CertificateError(f"file: cannot be written as data: {problem}") from None
    require(type(certificate) is dict, "file: not a JSON object")
    data = plain(certificate)
    found = data.pop("digest", None)
    expected = hashlib.sha256(canonical(data).encode()).hexdigest()
    require(found == expected, "digest: the record was changed after it was written")
    return data


def _content(path: Path) -> str:
    try:
        require(not path.is_dir(), f"file: {path} is a folder")
        require(path.is_file(), f"file: there is none at {path}")
        require(path.stat().st_size <= _MOST_BYTES, f"file: longer than {_MOST_BYTES} bytes")
        return path.read_text(encoding="utf-8")
    except CertificateError:
        raise
    except (OSError, ValueError) as problem:
        raise CertificateError(f"file: not readable as text: {problem}") from None


def _parse(text: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> Data:
        require(len(dict(pairs)) == len(pairs), "keys: one occurs twice")
        return dict(pairs)

    require(len(text) <= _MOST_BYTES, f"file: longer than {_MOST_BYTES} bytes")
    try:
        return json.loads(text, object_pairs_hook=once)
    except CertificateError:
        raise
    except (ValueError, RecursionError) as problem:
        raise CertificateError(f"file: not readable as JSON: {problem}") from None


def _header(data: Data) -> None:
    keys = "format target activation convention sense error neurons theorem rests_on witness"
    require(sorted(data) == sorted(keys.split()), "keys: not those of a certificate")
    require(data["format"] == "noflat-certificate-1", "format: not noflat-certificate-1")
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
    senses, needs_name = _THEOREMS[theorem]
    require(data["sense"] in senses, f"sense: {theorem} is about the sense {' or '.join(senses)}")
    gaussian = data["sense"] == "gaussian"
    require((data["error"] is None) != gaussian, "error: goes with the gaussian sense")
    named = isinstance(data["activation"], str)
    require(named or not needs_name, "activation: the theorem is about one and none is named")
    require(
        needs_name or data["activation"] is None,
        "activation: the theorem holds for any activation and names none",
    )
    require(is_int(data["neurons"]), "neurons: must be an integer")
    require(isinstance(data["witness"], dict), "witness: must be an object")


_OF_PRODUCTS: dict[str, Callable[[Data, int, Data], int]] = {
    "pairing": check_pairing,
    "waring": check_waring,
    "waring_strict": check_waring_strict,
    "catalecticant": check_catalecticant,
    "border_rank": check_border_rank,
    "kernel": check_kernel,
    "gaussian_kernel": check_gaussian_kernel,
    "gaussian_flattening": check_gaussian_flattening,
}

_OF_POLYNOMIALS: dict[str, Callable[[Data, Target, Data], int]] = {
    "moments": check_moments,
    "held_variable": check_held_variable,
    "flattening": check_flattening,
    "partials": check_partials,
    "chaos_tail": check_chaos_tail,
    "kernel_tail": check_kernel_tail,
}

_THEOREMS = {
    "pairing": (("taylor",), True),
    "waring": (("taylor",), False),
    "waring_strict": (("taylor",), True),
    "moments": (("taylor",), True),
    "held_variable": (("taylor",), False),
    "flattening": (("taylor", "uniform"), False),
    "catalecticant": (("uniform",), False),
    "border_rank": (("uniform",), False),
    "kernel": (("uniform",), True),
    "partials": (("uniform",), True),
    "gaussian_kernel": (("gaussian",), True),
    "gaussian_flattening": (("gaussian",), False),
    "chaos_tail": (("gaussian",), False),
    "kernel_tail": (("gaussian",), True),
}
"""For each theorem its senses, and whether it is about one activation by name."""

_CITED = {"border_rank": "cited: Oeding, Border ranks of monomials, arXiv 1608.02530"}


def _statement(data: Data, cited: bool) -> str:
    activation = data["activation"] or "any activation"
    free = [name for name, value in sorted(data["convention"].items()) if value]
    error = "" if data["error"] is None else f" at relative rms error {data['error']}"
    return (
        f"one hidden layer of {activation} with {', '.join(free) or 'no biases'} needs at least "
        f"{data['neurons']} neurons for {_named(data['target'])} in the {data['sense']} sense"
        f"{error}; theorem: {data['theorem']}"
        + (f", {data['rests_on']}, not recomputed here" if cited else ", recomputed here")
    )


def _named(target: Data) -> str:
    n, terms = target["inputs"], target["terms"]
    if canonical(terms) == canonical([[[1] * n, "1"]]):
        return f"the product of {n} variables"
    degree = max(sum(exponents) for exponents, _ in terms)
    return f"a polynomial of degree {degree} in {n} variables with {len(terms)} terms"
