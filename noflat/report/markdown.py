"""Markdown cut into prose and blocks of code, where fences begin and end as CommonMark has it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)")


class Part(NamedTuple):
    """A piece of a page.

    Attributes:
        text: Its lines as they are, of a block of code with the fences around.
        line: The number of its first line, from 0.
        kind: What the fence says of a block of code, such as `python` or nothing; None for prose.
    """

    text: str
    line: int
    kind: str | None


def parts(text: str) -> Iterator[Part]:
    r"""Cuts a page into prose and fenced blocks of code.

    Args:
        text: The page in Markdown.

    Yields:
        The parts, whose texts make up the page; a block without an end goes on to that of the page.

    Example:
        >>> [(part.kind, part.line) for part in parts("So:\n```python\n~~~\n```\nThen.")]
        [(None, 0), ('python', 1), (None, 4)]
    """
    lines = text.splitlines(keepends=True)
    start, fence, kind = 0, "", None
    for number, line in enumerate(lines):
        mark = _FENCE.match(line)
        if fence and re.fullmatch(rf" {{0,3}}{fence}+\s*", line):
            yield Part("".join(lines[start : number + 1]), start, kind)
            start, fence, kind = number + 1, "", None
        elif not fence and mark is not None:
            if start < number:
                yield Part("".join(lines[start:number]), start, None)
            start, fence, kind = number, mark[1], mark[2].strip()
    if start < len(lines):
        yield Part("".join(lines[start:]), start, kind)


def prose(text: str) -> str:
    r"""A page without its blocks of code.

    Args:
        text: The page in Markdown.

    Returns:
        What is left of it.

    Example:
        >>> prose("So:\n```\ncode\n```\nThen.")
        'So:\nThen.'
    """
    return "".join(part.text for part in parts(text) if part.kind is None)
