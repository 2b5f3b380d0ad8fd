"""What every check is made of: conditions that hold or name themselves."""

import json
from typing import Any

Data = dict[str, Any]


class CertificateError(ValueError):
    """A certificate that does not hold; the message names the first condition that fails."""


def require(condition: bool, message: str) -> None:
    if not condition:
        raise CertificateError(message)


def is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def check_keys(witness: Data, *names: str) -> None:
    require(sorted(witness) == sorted(names), f"witness: must hold {', '.join(sorted(names))}")


def check_same(found: Any, expected: Any, what: str) -> None:
    # bool == int in Python, and 1.0 == 1: the types must agree as well
    require(json.dumps(found) == json.dumps(expected), f"witness: {what} must be {expected!r}")
