"""The bytes of an AIGER file: its header, its lines of numbers, its deltas and its names."""

import re
from os import PathLike
from pathlib import Path
from typing import NamedTuple

_NUMBER = re.compile(rb"0|[1-9][0-9]{0,9}")
_SYMBOL = re.compile(rb"([ilobc])(0|[1-9][0-9]{0,9}) [ -~]+")
_MOST_VALUES = 2**31 - 1
"""So that a literal fits 32 bits, as in the tools of the format."""


class Counts(NamedTuple):
    """The header: how many there are of each."""

    values: int
    inputs: int
    latches: int
    outputs: int
    ands: int
    bad: int = 0
    constraints: int = 0
    justice: int = 0
    fairness: int = 0

    @property
    def of_outputs(self) -> tuple[int, int, int]:
        """Outputs, bad states and constraints, which all become outputs."""
        return self.outputs, self.bad, self.constraints


class AigerFile:
    """The bytes of a file, read from the front."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = path
        try:
            self.data = Path(path).read_bytes()
        except (OSError, TypeError, ValueError) as problem:  # no path at all, or one with a null
            said = getattr(problem, "strerror", None) or problem
            raise ValueError(
                f"`path` must be an AIGER file: {path!r} cannot be read: {said}"
            ) from None
        self.at = 0
        self.line = 0

    def broken(self, what: str, place: str | None = None) -> ValueError:
        """The one error of a file that is none."""
        return ValueError(
            f"`path` must be an AIGER file: {self.path}, {place or f'line {self.line}'}: {what}"
        )

    def text(self, wanted: str) -> bytes:
        """The next line."""
        self.line += 1
        if self.at >= len(self.data):
            raise self.broken(f"the file ends where {wanted} must stand")
        end = self.data.find(b"\n", self.at)
        end = len(self.data) if end < 0 else end
        found, self.at = self.data[self.at : end], end + 1
        return found.removesuffix(b"\r")

    def numbers(self, wanted: str, least: int, most: int) -> list[int]:
        """The numbers of the next line."""
        text = self.text(wanted)
        parts = text.split(b" ")
        if not least <= len(parts) <= most or not all(map(_NUMBER.fullmatch, parts)):
            raise self.broken(f"{wanted} must stand there, one space between; got {shown(text)}")
        return [int(part) for part in parts]

    def delta(self, gate: int) -> int:
        """The next binary number, seven bits to a byte, the lowest first."""
        found = 0
        for places in range(0, 35, 7):
            if self.at >= len(self.data):
                raise self.broken(f"the file ends within AND {gate}", f"byte {self.at}")
            byte = self.data[self.at]
            self.at += 1
            found |= (byte & 127) << places
            if byte < 128:
                return found
        raise self.broken(
            f"a number of AND {gate} goes on for more than 5 bytes", f"byte {self.at}"
        )


def header(file: AigerFile) -> tuple[Counts, bool]:
    """The counts, and whether the file is binary; no more than a file of that length can hold."""
    start = file.data[:4]
    if start not in (b"aag ", b"aig "):
        raise file.broken(f"it must begin with aag or aig; got {shown(start)}", "line 1")
    binary = start == b"aig "
    file.at = len(start)
    counts = Counts(*file.numbers("aag or aig and 5 to 9 numbers M I L O A B C J F", 5, 9))
    defined = counts.inputs + counts.latches + counts.ands
    if counts.justice or counts.fairness:
        raise file.broken("justice and fairness are of infinite runs; a circuit has none")
    if counts.values > _MOST_VALUES:
        raise file.broken(f"M must be at most {_MOST_VALUES}; got {counts.values}")
    if counts.values < defined or binary and counts.values > defined:
        raise file.broken(
            f"M must be {'' if binary else 'at least '}I + L + A = {defined}; got {counts.values}"
        )
    lines = counts.latches + sum(counts.of_outputs)
    # a digit and a line end each; an AND is two bytes or more
    least = 2 * (lines + counts.ands + (0 if binary else counts.inputs)) - (not binary)
    if least > len(file.data) - file.at:
        raise file.broken(
            f"what it announces takes at least {least} bytes; only "
            f"{max(0, len(file.data) - file.at)} follow"
        )
    return counts, binary


def check_symbols(file: AigerFile, counts: Counts) -> None:
    """Refuses what is neither a name nor a comment; both may be left out."""
    most = {
        b"i": counts.inputs,
        b"l": counts.latches,
        b"o": counts.outputs,
        b"b": counts.bad,
        b"c": counts.constraints,
    }
    named = set()
    while file.at < len(file.data):
        place = f"byte {file.at}"  # deltas have no lines
        line = file.text("a name")
        if line == b"c":
            return
        symbol = _SYMBOL.fullmatch(line)
        kind, number = symbol.groups() if symbol else (b"", b"")
        if symbol is None or int(number) >= most[kind] or (kind, number) in named:
            raise file.broken(
                "after the ANDs come names, as `i0 carry`, each of something there is and once, "
                f"then a line `c` and comments; got {shown(line)}",
                place,
            )
        named.add((kind, number))


def shown(text: bytes) -> str:
    """The beginning of a line, whatever bytes it has."""
    return repr(text[:40])[1:]
