"""Every theorem of docs/: under a heading, proved or cited, and checked by tests that exist."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import noflat
from noflat.certificates import checker
from noflat.report.theorems import KINDS, Theorem, headings, named_tests, read_theorems, theorem_of

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
THEOREMS = read_theorems()
EACH_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


@cache
def known_tests(file):
    """The names of the tests in a file, without running it."""
    path = ROOT / file
    tree = ast.parse(path.read_text(encoding="utf-8") if path.is_file() else "")
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def missing(names):
    return [name for name in names if name.split("::")[1] not in known_tests(name.split("::")[0])]


def settled(theorem):
    """Whether there is a proof to its end, or the theorem says why there is none."""
    if theorem.kind == "Model":
        return re.search(r"\b[Aa] model(,| and) no", theorem.text) is not None
    proof = theorem.text.rfind("*Proof")
    return 0 <= proof < theorem.text.rfind(r"$\square$") or theorem.text.startswith("Cited: ")


def defects(theorem):
    """What is wrong with a theorem, in words."""
    return [
        *([] if theorem.name else ["no name"]),
        *([] if settled(theorem) else ["neither a proof nor a word on why there is none"]),
        *([] if theorem.tests else ["checked by no test"]),
        *(f"no such test: {name}" for name in missing(theorem.tests)),
    ]


def stray(text):
    """Theorems that are stated in bold and have no heading."""
    return re.findall(rf"^(?:[-*] |\d+\. )?\*\*(?:{'|'.join(KINDS)})\b.*", text, re.MULTILINE)


def read(page):
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("theorem", THEOREMS, ids=lambda t: f"{t.page}-{t.number}")
def test_each_is_settled_and_checked(theorem):
    assert defects(theorem) == []


def test_there_are_many():
    assert len(THEOREMS) > 90
    assert {theorem.kind for theorem in THEOREMS} == set(KINDS)


@EACH_PAGE
def test_none_is_stated_beside_a_heading(page):
    assert stray(read(page)) == []


@EACH_PAGE
def test_anchors_and_numbers_are_each_one_s_own(page):
    anchors = Counter(heading.anchor for heading in headings(read(page)))
    numbers = Counter(theorem.number for theorem in THEOREMS if theorem.page == page.stem)
    # as one looks for it: a second heading of the same words has a number at its end
    assert [anchor for anchor, times in (anchors + numbers).items() if times > 1] == []
    titles = Counter(heading.title for heading in headings(read(page)))
    assert [title for title, times in titles.items() if times > 1] == []


@EACH_PAGE
def test_every_test_that_a_page_names_exists(page):
    assert missing(named_tests(read(page))) == []


def test_every_erratum_is_checked():
    text = read(ROOT / "docs" / "errata.md")
    parts = re.split(r"^## ", text, flags=re.MULTILINE)
    errata = [part for part in parts if re.match(r"E\d", part)]
    assert len(errata) >= 8
    for number, part in enumerate(errata, start=1):
        assert part.startswith(f"E{number}: ")
        assert named_tests(part) != (), number
        said = re.findall(r"^\*\*(.+?)\.\*\*", part, flags=re.MULTILINE)
        assert said == ["Printed", "Instead", "Why", "What it changes"], number


@pytest.mark.parametrize("name", checker._THEOREMS)
def test_the_pages_lead_from_a_certificate_to_its_theorems(name):
    found = theorem_of(name)
    assert found
    assert {theorem.page for theorem in found} <= {"theory", "polynomials"}


def test_what_the_code_cites_is_on_the_page():
    stated = {(theorem.page, theorem.number) for theorem in THEOREMS}
    cited = set()
    for path in Path(noflat.__file__).parent.rglob("*.py"):
        words = " ".join(read(path).split())
        for names, page in re.findall(
            rf"(?:{'|'.join(KINDS)})s? ([^.;:()`]*?) of `?docs/(\w+)\.md", words
        ):
            cited |= {(page, number) for number in re.findall(r"\b[A-Z]?\d+\b", names)}
    assert len(cited) >= 20
    assert cited - stated == set()


def test_what_is_amiss_is_found():
    sound = Theorem(
        "page", "Theorem", "1", "name", "theorem-1-name", "So. *Proof.* As. $\\square$",
        ("tests/docs/test_theorems.py::test_what_is_amiss_is_found",),
    )  # fmt: skip
    assert defects(sound) == []
    assert defects(sound._replace(name="")) == ["no name"]
    for text in ("So. *Proof.* As.", "So. $\\square$", "$\\square$ *Proof.* As.", "As is cited."):
        assert defects(sound._replace(text=text)) == [
            "neither a proof nor a word on why there is none"
        ]
    assert defects(sound._replace(text="Cited: elsewhere.")) == []
    assert defects(sound._replace(kind="Model", text="A model and no theorem.")) == []
    assert len(defects(sound._replace(kind="Model"))) == 1
    assert defects(sound._replace(tests=())) == ["checked by no test"]
    for name in ("tests/docs/test_theorems.py::test_none", "tests/none.py::test_none"):
        assert defects(sound._replace(tests=(name,))) == [f"no such test: {name}"]
    for line in ("**Theorem 1.** So.", "- **Lemma 2 (name).** So.", "1. **Model 9.** So."):
        assert stray(f"So.\n{line}\n") == [line]
    assert stray("### Theorem 1 (name)\nBy **Theorem** we mean.\n**The model.** It.") == []
