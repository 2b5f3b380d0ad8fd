r"""Docstrings as reStructuredText: their formulas, their code, and the theorems that they name."""

import re
from functools import cache
from typing import Any

from noflat.report.theorems import KINDS, read_theorems
from noflat_site.api import exports

_EXAMPLE = re.compile(r"^ *>>> .*?(?=^ *$|\Z)", re.MULTILINE | re.DOTALL)
_BULLET = re.compile(r" *(?:(?:[-*]|\d+\.) +)?")
_MARK = re.compile(
    r"(?P<kept>``(?:[^`]|`(?!`))+``)"
    r"|\$\$(?P<display>.+?)\$\$(?P<after>[.,;:]?)\s*"
    r"|\$(?P<inline>[^$]+?)\$"
    rf"|(?:(?P<theorems>\b(?:{'|'.join(KINDS)})s?\s[^.;:()`$]*?)(?P<of>\s+of\s+))?"
    r"`?\bdocs/(?P<page>\w+)\.md`?"
    r"|(?<![:`])`(?P<code>[^`]+)`(?!`)",
    re.DOTALL,
)
_NUMBER = re.compile(r"\b[A-Z]?\d+\b")


def process(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Turns the docstring of an object, in place, and says where to import the object from."""
    lines[:] = converted("\n".join(lines)).splitlines()
    if name in exports():
        lines += ["", f"Import: ``from {exports()[name]} import {name.rpartition('.')[2]}``", ""]


def skip(app: Any, what: str, name: str, obj: Any, skipped: bool, options: Any) -> bool | None:
    """Leaves out the fields of named tuples: they stand in the docstring of the class."""
    return True if type(obj).__name__ == "_tuplegetter" else None


def converted(text: str) -> str:
    r"""A docstring in reStructuredText; examples stay as they are.

    Example:
        >>> converted("The `n` of $x^n$, see docs/theory.md.")
        'The ``n`` of :math:`x^n`, see :doc:`theory </theory>`.'
    """
    parts, end = [], 0
    for example in _EXAMPLE.finditer(text):
        parts += [_MARK.sub(_marked, text[end : example.start()]), example[0]]
        end = example.end()
    return "".join([*parts, _MARK.sub(_marked, text[end:])])


def _marked(mark: re.Match[str]) -> str:
    if mark["kept"]:
        return mark["kept"]
    if mark["display"]:
        return _display(mark)
    if mark["page"]:
        page = mark["page"]
        named = _named(mark["theorems"], page) + mark["of"] if mark["theorems"] else ""
        return f"{named}:doc:`{page} </{page}>`"
    role = f":math:`{' '.join(mark['inline'].split())}`" if mark["inline"] else None
    return _apart(mark, role or f"``{' '.join(mark['code'].split())}``")


def _display(mark: re.Match[str]) -> str:
    """A formula of its own, as far to the right as the text around it."""
    line = mark.string[mark.string.rfind("\n", 0, mark.start()) + 1 :]
    indent = " " * len(_BULLET.match(line)[0])  # pyright: ignore[reportOptionalSubscript]
    body = [f"{indent}   {part.strip()}" for part in mark["display"].strip().splitlines()]
    body[-1] += mark["after"]
    return "\n".join(["", "", f"{indent}.. math::", "", *body, "", indent])


def _apart(mark: re.Match[str], role: str) -> str:
    """Marks end only before a space or a sign, so a letter beside them is set apart."""
    before, after = mark.string[mark.start() - 1 : mark.start()], mark.string[mark.end() :][:1]
    left = "\\ " if before and (before.isalnum() or before in "_)") else ""
    right = "\\ " if after and (after.isalnum() or after in "_(") else ""
    return f"{left}{role}{right}"


def _named(words: str, page: str) -> str:
    """The words that name theorems, each number a link to its statement."""
    known = _anchors()

    def link(number: re.Match[str]) -> str:
        anchor = known.get((page, number[0]))
        return f":ref:`{number[0]} <{page}#{anchor}>`" if anchor else number[0]

    return _NUMBER.sub(link, words)


@cache
def _anchors() -> dict[tuple[str, str], str]:
    return {(theorem.page, theorem.number): theorem.anchor for theorem in read_theorems()}
