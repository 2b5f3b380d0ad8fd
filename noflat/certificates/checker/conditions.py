"""What every check is made of: conditions that hold or name themselves, and plain data."""

import json
from typing import Any

Data = dict[str, Any]

_DEPTH = 8
"""The deepest a certificate nests: record, witness, parts, part, blocks, block, two of vectors."""

_BITS = 4096
"""No integer of a witness is longer: the derivatives of tanh up to order 99 have 550 bits."""


class CertificateError(ValueError):
    """A certificate that does not hold; the message names the first condition that fails."""


def require(condition: bool, message: str) -> None:
    """Raises a CertificateError with that message unless the condition holds."""
    if not condition:
        raise CertificateError(message)


def plain(value: Any, depth: int = 1) -> Any:
    """Copies data of null, booleans, integers, strings, lists and objects; refuses anything else.

    No float is among them: a bound is never decided by one.
    """
    if value is None or type(value) in (bool, str):
        return value
    if type(value) is int:
        require(value.bit_length() <= _BITS, f"number: an integer of more than {_BITS} bits")
        return value
    require(type(value) in (list, dict), f"number: {type(value).__name__} is not exact plain data")
    require(depth <= _DEPTH, "keys: nested more deeply than any certificate")
    if type(value) is list:
        return [plain(part, depth + 1) for part in value]
    require(all(type(key) is str for key in value), "keys: must be strings")
    return {key: plain(part, depth + 1) for key, part in value.items()}


def canonical(data: Any) -> str:
    """The text of plain data, in which true is not 1 and the order of keys does not matter."""
    return json.dumps(data, sort_keys=True)


def is_int(value: Any) -> bool:
    """Whether this is an integer and not a boolean."""
    return isinstance(value, int) and not isinstance(value, bool)


def check_keys(witness: Data, *names: str) -> None:
    """Requires that the witness holds exactly those keys."""
    require(sorted(witness) == sorted(names), f"witness: must hold {', '.join(sorted(names))}")


def check_same(found: Any, expected: Any, what: str) -> None:
    """Requires that a part of the witness is exactly this, types included."""
    require(canonical(found) == canonical(expected), f"witness: {what} must be {expected!r}")
