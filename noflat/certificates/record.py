"""A certificate: a lower bound together with the data that proves it.

The record is plain data that goes to JSON and back. It says what it bounds (target, activation,
convention, sense, error), by which theorem, whether that theorem is proved and recomputed here or
cited from the literature, and it carries the witness that `noflat.verify` checks.
"""

import copy
import hashlib
import json
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from noflat.conventions import Convention
from noflat.targets import Polynomial

FORMAT = "noflat-certificate-1"

Sense = Literal["taylor", "uniform", "gaussian"]

Bound = tuple[int, str, dict[str, Any]]
"""What a maker finds: neurons, theorem and witness."""


@dataclass(frozen=True)
class Certificate:
    """No network of one hidden layer with fewer neurons does it.

    Attributes:
        target: The function to be represented.
        activation: The name of the activation, or None for any activation at all.
        convention: Which biases and skip the network may use.
        sense: `taylor`: exact Taylor coefficients at 0; `uniform`: every error in sup norm on a
            box; `gaussian`: relative rms error at most `error` under standard normal inputs.
        error: The relative rms error, for the gaussian sense.
        neurons: The bound: at least so many.
        theorem: The name of the theorem; the last sections of docs/theory.md and of
            docs/polynomials.md list them.
        rests_on: `computed`, or the source of a theorem that is cited and not recomputed.
        witness: The data that proves it; integers, strings and lists only.
    """

    target: Polynomial
    activation: str | None
    convention: Convention
    sense: Sense
    error: Fraction | None
    neurons: int
    theorem: str
    rests_on: str
    witness: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """The record as plain data, with a digest that tells a damaged file."""
        data = {
            "format": FORMAT,
            "target": {
                "inputs": self.target.inputs,
                "terms": [[list(exponents), str(c)] for exponents, c in self.target.terms],
            },
            "activation": self.activation,
            "convention": {
                "hidden_bias": self.convention.hidden_bias,
                "output_bias": self.convention.output_bias,
                "affine_skip": self.convention.affine_skip,
            },
            "sense": self.sense,
            "error": None if self.error is None else str(self.error),
            "neurons": self.neurons,
            "theorem": self.theorem,
            "rests_on": self.rests_on,
            "witness": copy.deepcopy(self.witness),
        }
        return {**data, "digest": digest(data)}

    def to_json(self) -> str:
        """The record as JSON text.

        Example:
            >>> from noflat import lower_bound, product
            >>> certificate = lower_bound(product(2), "exp")
            >>> Certificate.from_json(certificate.to_json()) == certificate
            True
        """
        return json.dumps(self.to_dict(), indent=1) + "\n"

    def save(self, path: str | Path) -> None:
        """Writes the record to a JSON file, for `verify` and `from_json` to read.

        Args:
            path: The file; an existing one is replaced, and only once the new one is whole.

        Raises:
            ValueError: If it cannot be written there.
        """
        target = Path(path)
        partial = target.with_name(target.name + ".partial")
        try:
            partial.write_text(self.to_json(), encoding="utf-8")
            partial.replace(target)
        except OSError as problem:
            partial.unlink(missing_ok=True)
            raise ValueError(
                f"`path` {path} cannot be written to: {problem.strerror or problem}"
            ) from None

    @staticmethod
    def from_dict(data: dict[str, Any]) -> "Certificate":
        """Reads plain data; says nothing yet about whether it holds: that is for `verify`.

        Raises:
            ValueError: If the data is no certificate, or not as it was written.
        """
        try:
            if data["format"] != FORMAT:
                raise ValueError(f"the format is {data['format']!r}, not {FORMAT!r}")
            terms = tuple((tuple(e), _fraction(c)) for e, c in data["target"]["terms"])
            read = Certificate(
                target=Polynomial(data["target"]["inputs"], terms),
                activation=data["activation"],
                convention=Convention(**data["convention"]),
                sense=data["sense"],
                error=None if data["error"] is None else _fraction(data["error"]),
                neurons=data["neurons"],
                theorem=data["theorem"],
                rests_on=data["rests_on"],
                witness=copy.deepcopy(data["witness"]),
            )
            # a digest that differs, a key too many, 2/4 for 1/2: nothing is lost in silence
            if json.dumps(read.to_dict(), sort_keys=True) != json.dumps(data, sort_keys=True):
                raise ValueError("it was changed after it was written")
            return read
        except KeyError as problem:
            raise ValueError(f"`data` is not a certificate: it has no {problem}") from None
        except (TypeError, ValueError, RecursionError) as problem:
            raise ValueError(f"`data` is not a certificate: {problem}") from None

    @staticmethod
    def from_json(text: str | Path) -> "Certificate":
        """Reads JSON text, or a file of it where given a path: what begins with no brace is one.

        Raises:
            ValueError: If it is no certificate, or not as it was written.
        """
        try:
            if isinstance(text, str) and text.lstrip().startswith("{"):
                content = text
            elif Path(text).is_file():
                content = Path(text).read_text(encoding="utf-8")
            else:
                raise ValueError("it is neither JSON of one nor a file")
            data = json.loads(content)
        except (OSError, ValueError, RecursionError) as problem:
            raise ValueError(f"`text` is not a certificate: {problem}") from None
        if not isinstance(data, dict):
            raise ValueError("`text` is not a certificate: it is JSON, and no object")
        return Certificate.from_dict(data)


_FRACTION = "-?[0-9]{1,2000}(/[1-9][0-9]{0,1999})?"


def _fraction(text: Any) -> Fraction:
    # an exponent, as in 1e999999999, would be written out
    if not isinstance(text, str) or not re.fullmatch(_FRACTION, text):
        raise ValueError(f"{text!r} is not a fraction")
    return Fraction(text)


def digest(data: dict[str, Any]) -> str:
    """The SHA-256 of the record's canonical JSON."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
