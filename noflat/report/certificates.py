"""The certificates below a folder: what each says, and what the checker says of it now."""

import json
from pathlib import Path
from typing import NamedTuple

from noflat.certificates.checker import CertificateError, verify
from noflat.report.theorems import Theorem, theorem_of


class Checked(NamedTuple):
    """One certificate, read again.

    Attributes:
        place: Its path below the folder.
        text: The file.
        accepted: Whether the checker accepts it.
        said: The statement it proves, or the first condition that fails.
        shown: What it says of itself: neurons, activation, convention, sense, rests_on.
        theorems: What it rests on.
    """

    place: str
    text: str
    accepted: bool
    said: str
    shown: dict[str, str]
    theorems: tuple[Theorem, ...]


def check_all(folder: Path) -> list[Checked]:
    """Checks every certificate in a folder `certificates` below a folder, in the order of names.

    Args:
        folder: Where to look.

    Returns:
        The certificates, accepted or refused.
    """
    return [_checked(path, folder) for path in sorted(folder.rglob("certificates/*.json"))]


def _checked(path: Path, folder: Path) -> Checked:
    place = path.relative_to(folder).as_posix()
    try:
        text = path.read_text(encoding="utf-8")
        verdict = verify(path)
    except (CertificateError, OSError, UnicodeDecodeError) as problem:
        text = path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""
        return Checked(place, text, False, str(problem), {}, ())
    said = json.loads(text)
    allowed = [name for name, free in said["convention"].items() if free]
    shown = {
        "neurons": str(verdict.neurons),
        "activation": said["activation"] or "any",
        "convention": "+".join(allowed) or "bias_free",
        "sense": said["sense"] + (f" {said['error']}" if said["error"] else ""),
        "rests_on": verdict.rests_on,
    }
    return Checked(place, text, True, verdict.statement, shown, theorem_of(said["theorem"]))
