"""Theorems with the tests that check them: an index, and the code of these tests."""

import ast
import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from noflat.report.theorems import CHECKED, TEST, Theorem, headings, named_tests, read_theorems


def index(docs: Path) -> str:
    """The page that lists all theorems, each with links to its statement and to its tests."""
    theorems = read_theorems(docs)
    lines = [
        "# All theorems",
        "",
        f"{len(theorems)} statements, each with its hypotheses, its proof or where one is printed,",
        "and the tests that check it on cases. A model is a prediction without a proof.",
    ]
    for page, group in groupby(theorems, key=lambda theorem: theorem.page):
        lines += ["", f"## {_title(docs / f'{page}.md')}", "", "| | statement | checked by |"]
        lines += ["|---|---|---|", *map(_row, group)]
    return "\n".join([*lines, ""])


def linked_tests(text: str) -> str:
    """A page on which each test that a paragraph "Checked by:" names leads to its code."""
    return CHECKED.sub(lambda paragraph: _linked(paragraph[0]), text)


def test_pages(root: Path) -> dict[str, str]:
    """The code of all tests that pages name: a page per file, a heading per test."""
    found: dict[str, list[str]] = {}
    for page in sorted((root / "docs").glob("*.md")):
        for named in named_tests(page.read_text(encoding="utf-8")):
            file, _, test = named.partition("::")
            if (root / file).is_file() and test not in found.setdefault(file, []):
                found[file].append(test)
    return {_page(file): _code(root, file, tests) for file, tests in found.items()}


test_pages.__test__ = False  # pyright: ignore[reportFunctionMemberAccess]


def _row(theorem: Theorem) -> str:
    statement = f"[{theorem.kind} {theorem.number}](../../{theorem.page}.md#{theorem.anchor})"
    named = (test.partition("::") for test in theorem.tests)
    tests = "; ".join(_link(file, test, "../tests") for file, _, test in named)
    return f"| {statement} | {theorem.name.replace('|', '&#124;')} | {tests} |"


def _linked(paragraph: str) -> str:
    file = ""

    def link(named: re.Match[str]) -> str:
        nonlocal file
        file = named[1] or file
        return _link(file, named[2], "reference/tests", shown=named[0].strip("`"))

    return TEST.sub(link, paragraph)


def _link(file: str, test: str, folder: str, shown: str | None = None) -> str:
    return f"[`{shown or test}`]({folder}/{_page(file)}#{test})"


def _page(file: str) -> str:
    """The page of a file of tests, below that of all."""
    return file.removeprefix("tests/").removesuffix(".py") + ".md"


def _code(root: Path, file: str, tests: Iterable[str]) -> str:
    source = (root / file).read_text(encoding="utf-8")
    code = source.splitlines()
    places = {
        node.name: (min([node.lineno, *(mark.lineno for mark in node.decorator_list)]), node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name in tests
    }
    up = "../" * (file.count("/") + 2)
    lines = ["---", "orphan: true", "---", f"# `{file}`", ""]
    lines += [f"Those tests that theorems name; [the whole file]({up}{file})."]
    for test, (first, node) in sorted(places.items(), key=lambda place: place[1][0]):
        lines += ["", f"## {test}", "", "```{code-block} python", f":lineno-start: {first}", ""]
        lines += [*code[first - 1 : node.end_lineno], "```"]
    return "\n".join([*lines, ""])


def _title(page: Path) -> str:
    return headings(page.read_text(encoding="utf-8"))[0].title
