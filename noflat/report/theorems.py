r"""The theorems that the pages of `docs/` state, read from their headings.

A theorem is a heading such as `### Theorem 3 (pairing)`, and what stands below it up to the next
heading of the same or a higher level: hypotheses, statement, proof, and the paragraph
``Checked by: `tests/certificates/test_taylor.py::test_pairing_corollaries`, ...``. Its anchor is
the one that GitHub gives the heading. The tables "What certificates call these theorems" of the
pages lead from the name in a certificate to the theorems that it rests on.
"""

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

from noflat.report.markdown import parts

KINDS = ("Theorem", "Lemma", "Proposition", "Corollary", "Model")
CHECKED = re.compile(r"^Checked by: .+?(?=\n\s*\n|\Z)", re.MULTILINE | re.DOTALL)
"""A paragraph that names tests."""
TEST = re.compile(r"`(?:(tests/[\w/]+\.py)::)?(test_\w+)`")
"""A test in such a paragraph: its file, if it is told, and its name."""

_TITLE = re.compile(rf"({'|'.join(KINDS)}) ([A-Z]?\d+(?:\.\d+)?)(?: \((.+)\))?")
_ROW = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \|.*\| (.+) \|$", re.MULTILINE)
_NUMBER = re.compile(r"(?<!section )\b([A-Z]?\d+(?:\.\d+)?)[a-z]?\b")


class Heading(NamedTuple):
    """A heading of a page.

    Attributes:
        level: The number of its signs `#`.
        title: Its text.
        anchor: What a link to it names after `#`.
        line: The number of its line, from 0.
    """

    level: int
    title: str
    anchor: str
    line: int


class Theorem(NamedTuple):
    """A statement of a page that has a heading of its own.

    Attributes:
        page: The stem of the page, as in `docs/theory.md`.
        kind: One of `KINDS`.
        number: Such as `3`, `5.1` or `R2`; no two of a page share it.
        name: The short name in brackets, empty where there is none.
        anchor: What a link to the heading names after `#`.
        text: Markdown from below the heading up to the next one of the same or a higher level.
        tests: The tests that check it, as pytest names them.
    """

    page: str
    kind: str
    number: str
    name: str
    anchor: str
    text: str
    tests: tuple[str, ...]


def read_theorems(folder: Path | None = None) -> list[Theorem]:
    """Reads the theorems of all pages, in the order of pages and of headings.

    A page is read once in a process.

    Args:
        folder: Where the pages are; those of noflat if left out.

    Returns:
        The theorems; those of pages that have none by a heading are left out.

    Raises:
        FileNotFoundError: If there is no page.

    Example:
        >>> [t.name for t in read_theorems() if (t.page, t.number) == ("theory", "3")]
        ['pairing']
    """
    return [theorem for page in _pages(folder) for theorem in _theorems_of(page)]


def theorem_of(certificate_theorem: str, folder: Path | None = None) -> tuple[Theorem, ...]:
    """Finds the theorems that a certificate rests on.

    Args:
        certificate_theorem: The field `theorem` of a certificate.
        folder: Where the pages are; those of noflat if left out.

    Returns:
        The theorems that the tables "What certificates call these theorems" name for it, each
        once; none if no table has it.

    Raises:
        FileNotFoundError: If there is no page.

    Example:
        >>> [(theorem.page, theorem.number) for theorem in theorem_of("waring")]
        [('theory', '4')]
    """
    theorems = read_theorems(folder)
    found = {}
    for page in _pages(folder):
        for names, by in _rows_of(page):
            if f"`{certificate_theorem}`" not in names.split(", "):
                continue
            for number in _NUMBER.findall(by):
                # numbers are those of the page itself before those of others
                same = [theorem for theorem in theorems if theorem.number == number]
                same.sort(key=lambda theorem: theorem.page != page.stem)
                found.update({(each.page, each.number): each for each in same[:1]})
    return tuple(found.values())


def headings(text: str) -> list[Heading]:
    r"""Lists the headings of a page, with the anchors that GitHub gives them.

    Args:
        text: The page in Markdown.

    Returns:
        Its headings; what looks like one in a block of code is none.

    Example:
        >>> [heading.anchor for heading in headings("# A page\n## 2. Bits, and `more`\n# A page")]
        ['a-page', '2-bits-and-more', 'a-page-1']
    """
    seen: Counter[str] = Counter()
    found = []
    lines = (
        numbered
        for part in parts(text)
        if part.kind is None
        for numbered in enumerate(part.text.splitlines(), start=part.line)
    )
    for number, line in lines:
        match = re.fullmatch(r"(#{1,6}) +(.*?)(?: +#+)?\s*", line)
        if match is None:
            continue
        slug = _slug(match[2])
        times, seen[slug] = seen[slug], seen[slug] + 1
        anchor = f"{slug}-{times}" if times else slug
        found.append(Heading(len(match[1]), match[2], anchor, number))
    return found


def named_tests(text: str) -> tuple[str, ...]:
    """Lists the tests that the paragraphs "Checked by:" of a text name.

    Args:
        text: A page in Markdown, or a part of one.

    Returns:
        The tests as pytest names them, each once; one told without a file is of the file before.

    Example:
        >>> named_tests("Checked by: `tests/a/test_b.py::test_one`, `test_two`.")
        ('tests/a/test_b.py::test_one', 'tests/a/test_b.py::test_two')
    """
    found, file = {}, ""
    for paragraph in CHECKED.findall(text):
        for named, test in TEST.findall(paragraph):
            file = named or file
            found[f"{file}::{test}"] = None
    return tuple(found)


def _slug(title: str) -> str:
    shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title)
    return re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")


@cache
def _theorems_of(page: Path) -> tuple[Theorem, ...]:
    text = _read(page)
    lines, found = text.splitlines(), headings(text)
    theorems = []
    for place, heading in enumerate(found):
        match = _TITLE.fullmatch(heading.title)
        if match is None:
            continue
        end = next(
            (later.line for later in found[place + 1 :] if later.level <= heading.level), len(lines)
        )
        body = "\n".join(lines[heading.line + 1 : end]).strip()
        kind, number, name = match[1], match[2], match[3] or ""
        tests = named_tests(body)
        theorems.append(Theorem(page.stem, kind, number, name, heading.anchor, body, tests))
    return tuple(theorems)


@cache
def _rows_of(page: Path) -> list[tuple[str, str]]:
    """Of the tables of a page on what certificates call theorems: the names, and by which."""
    return _ROW.findall(_read(page))


def _pages(folder: Path | None) -> list[Path]:
    if folder is None:
        # a wheel carries the pages inside of the package
        package = Path(__file__).parents[1]
        folder = next(
            (place for place in (package / "docs", package.parent / "docs") if place.is_dir()),
            package / "docs",
        )
    pages = sorted(folder.glob("*.md"))
    if not pages:
        raise FileNotFoundError(f"no page of theorems (*.md) in {folder}: install noflat anew")
    return pages


def _read(page: Path) -> str:
    return page.read_text(encoding="utf-8")
