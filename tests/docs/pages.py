"""What tests of pages share: what a page says, the cells of its tables, and what it shows."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from noflat.experiments.records import where
from noflat.report.markdown import parts

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]


class Page:
    """A page of docs/."""

    def __init__(self, stem):
        self.name = f"docs/{stem}.md"
        self.text = (ROOT / self.name).read_text(encoding="utf-8")
        self.words = " ".join(self.text.split())

    def told(self, text, *numbers):
        """Whether the page says this, its numbers filled in."""
        said = " ".join(text.format(*numbers).split())
        assert said in self.words, f"{self.name} does not say: {said}"

    def table(self, start):
        """The cells of the table that follows some words."""
        lines = self.text[self.text.index(start) :].splitlines()
        first = next(place for place, line in enumerate(lines) if line.startswith("| ")) + 2
        last = next(
            place for place in range(first, len(lines)) if not lines[place].startswith("| ")
        )
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[first:last]]


class Block(NamedTuple):
    """A fenced block: its language, its text, the line it starts at, and the paragraph above it."""

    kind: str
    text: str
    line: int
    above: str


class Edit(NamedTuple):
    """What a guide tells its reader to write: into which file, where in it, and what."""

    file: str
    place: str
    first: bool
    anchor: str
    text: str


def blocks(text):
    """The fenced blocks of a page."""
    found, above = [], ""
    for part in parts(text):
        if part.kind is None:
            above = " ".join(part.text.rstrip().rpartition("\n\n")[2].split())
        else:
            _, *lines, _ = part.text.splitlines(keepends=True)
            found.append(Block(part.kind, "".join(lines), part.line + 1, above))
    return found


def edit(block):
    """What a block is to be written into, where the words above it say so, or None.

    These words end with: Create `FILE`: Append to `FILE`: or, with a line of the file, the only one
    that reads so or the first, In `FILE`, below `LINE`: above the first `LINE`: instead of `LINE`:
    """
    new = re.search(r"(Create|Append to) `([^`]+)`:$", block.above)
    if new:
        return Edit(new[2], new[1].lower(), False, "", block.text)
    old = re.search(
        r"\b[Ii]n `([^`]+)`, (below|above|instead of)( the first)? (`+) ?(.+?) ?\4:$", block.above
    )
    return old and Edit(old[1], old[2], bool(old[3]), old[5], block.text)


def make_edit(change, folder):
    """Does what an edit says, in a copy of the repository."""
    path = folder / change.file
    if change.place == "create":
        assert not path.exists(), f"{change.file} is there already"
        path.parent.mkdir(exist_ok=True)
        path.write_text(change.text, encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    if change.place == "append to":
        path.write_text(text.rstrip("\n") + "\n\n\n" + change.text, encoding="utf-8")
        return
    lines = text.splitlines(keepends=True)
    places = [number for number, line in enumerate(lines) if line.strip() == change.anchor]
    assert places, f"{change.file} has no line {change.anchor}, where a guide writes something"
    assert change.first or len(places) == 1, f"{change.file} has {change.anchor} more than once"
    place = places[0]
    new = {
        "below": [lines[place], change.text],
        "above": [change.text, lines[place]],
        "instead of": [change.text],
    }
    lines[place : place + 1] = new[change.place]
    path.write_text("".join(lines), encoding="utf-8")


def commands(block):
    """The commands of a block for the shell, each with what is printed below it."""
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, flags=re.MULTILINE)


def shows_output(block):
    """Whether a block shows what its commands print; all of them are then run."""
    return block.kind == "console" and any(shown.strip() for _, shown in commands(block))


def environment(folder, **more):
    """That of somebody's shell: `noflat` and `python` on the path, and nothing that tests set."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    for name, words in {"noflat": "-m noflat.cli", "python": ""}.items():
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
        program.chmod(0o755)
    ours = ("NO_COLOR", "FORCE_COLOR", "XLA_FLAGS", "JAX_ENABLE_X64")
    theirs = {name: text for name, text in os.environ.items() if name not in ours}
    return theirs | {"PATH": f"{programs}:{os.environ['PATH']}", "COLUMNS": "80", **more}


def check_commands(block, folder, variables):
    """Runs the commands of a block in a folder; they print what is shown, `...` for anything."""
    for command, shown in commands(block):
        done = subprocess.run(
            ["bash", "-c", command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            env=variables,
            check=False,
        )
        said = "".join(f"{line.rstrip()}\n" for line in done.stdout.lstrip("\n").splitlines())
        alike = doctest.OutputChecker().check_output(shown, said, doctest.ELLIPSIS)
        assert alike, f"$ {command}\n{said}"


def plain(value, digits=4):
    """So many digits, without an exponent."""
    return f"{float(f'{value:.{digits}g}'):.12g}"


def claim(record, start):
    """The one claim that starts so."""
    (row,) = [row for row in record.tables["claims"] if row["claim"].startswith(start)]
    return row


def only(rows, **cells):
    """The one row with these cells."""
    (row,) = where(rows, **cells)
    return row
