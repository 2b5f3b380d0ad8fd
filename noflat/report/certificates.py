"""The certificates below a folder: what each says, and what the checker says of it now."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from noflat.certificates.checker import CertificateError, verify
from noflat.report.numbers import Numbers
from noflat.report.theorems import Theorem, theorem_of

_MOST_BYTES = 2**24
"""What is longer is refused by the checker, and not carried in a page."""


class Checked(NamedTuple):
    """One certificate, read again.

    Attributes:
        place: Its path below the folder.
        text: The file, empty where it cannot be read.
        accepted: Whether the checker accepts it.
        said: The statement it proves, or the first condition that fails.
        neurons: What it proves, or None.
        rests_on: `computed`, or the source of the theorem that it cites.
        data: What it says of itself, empty where it is refused.
        theorems: What it rests on.
    """

    place: str
    text: str
    accepted: bool
    said: str
    neurons: int | None
    rests_on: str
    data: dict[str, Any]
    theorems: tuple[Theorem, ...]

    @property
    def file(self) -> str:
        """Its name as a download, in which the folder above tells it from others."""
        return self.place.replace("certificates/", "").replace("/", "-")

    def proves(self, numbers: Numbers) -> bool:
        """Whether it proves the certified number of a setting, which is about the product of n."""
        row, data, n = numbers.row, self.data, numbers.n
        if not self.accepted or "form" in row:
            return False
        allowed = [name for name, free in sorted(data["convention"].items()) if free]
        return (
            self.neurons == numbers.certified
            and data["target"] == {"inputs": n, "terms": [[[1] * n, "1"]]}
            and data["activation"] in (None, row.get("activation"))
            and (allowed or ["bias_free"]) == sorted(str(row.get("convention")).split("+"))
            # a record need not name these
            and all(row.get(name, data[name]) == data[name] for name in ("theorem", "sense"))
        )


def check_all(folder: Path) -> list[Checked]:
    """Checks every certificate in a folder `certificates`, in the order of names.

    Args:
        folder: Where to look: such a folder itself, or what has some below it.

    Returns:
        The certificates, accepted or refused.
    """
    # at any depth, and of records that are links
    found = {*folder.rglob("certificates/*.json"), *folder.glob("*/certificates/*.json")}
    if folder.resolve().name == "certificates":
        found |= {*folder.glob("*.json")}
    return [_checked(path, folder) for path in sorted(found)]


def _checked(path: Path, folder: Path) -> Checked:
    place = path.relative_to(folder).as_posix()
    text = _text(path)
    try:
        verdict = verify(path)
        data = json.loads(text)
    except (CertificateError, ValueError) as problem:
        return Checked(place, text, False, str(problem), None, "", {}, ())
    rests_on, found = verdict.rests_on, theorem_of(data["theorem"])
    return Checked(place, text, True, verdict.statement, verdict.neurons, rests_on, data, found)


def _text(path: Path) -> str:
    """The file, if it is one that a page should carry."""
    try:
        return path.read_bytes().decode() if path.stat().st_size <= _MOST_BYTES else ""
    except (OSError, ValueError):
        return ""
