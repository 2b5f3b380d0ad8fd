"""Blocks of code: where they begin and end is where markdown-it, another reader, has them."""

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from noflat.report.markdown import parts, prose

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
TRICKY = [
    "",
    "```",
    "```\na",
    "a\n```\n~~~\n```\nb\n~~~\nc",
    "~~~ `a`\n```\n~~~\nb\n",
    "````\n```\n````\nb",
    "```\n````\nb",
    "```python\n```python\n```  \nb",
    "```a``` b\nc",
    "   ```\n    ```\n   ```\nb",
    "```\n``\n```\n```\nc\n```",
]


def expected(text):
    fences = [token for token in MarkdownIt("commonmark").parse(text) if token.type == "fence"]
    return [(*token.map, token.info.strip()) for token in fences if token.map]


@pytest.mark.parametrize("text", [*TRICKY, *(page.read_text(encoding="utf-8") for page in PAGES)])
def test_blocks_are_those_of_another_reader(text):
    found = list(parts(text))
    assert "".join(part.text for part in found) == text
    assert [
        (part.line, part.line + len(part.text.splitlines()), part.kind)
        for part in found
        if part.kind is not None
    ] == expected(text)


def test_prose_is_what_is_in_no_block():
    assert prose("a\n```\n~~~\n```\nb\n~~~\nc") == "a\nb\n"
