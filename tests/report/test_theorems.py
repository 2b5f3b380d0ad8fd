"""Theorems read from pages: what is found, where it ends, its tests, and what certificates name."""

import pytest

from noflat.report import theorems
from noflat.report.theorems import Theorem, headings, read_theorems, theorem_of

PAGE = """# A page

### Theorem 1 (a *name*, (in) brackets)

Let $x$ be. **(a)** One.

```python
# Theorem 9 (of code)
## Theorem 8 (of code)
```

*Proof.* Said. $\\square$

Checked by: `tests/one/test_a.py::test_first`, `test_second`;
`tests/one/test_b.py::test_third`.

#### Corollary 1.1 (within)

Checked by: `tests/one/test_a.py::test_first`.

### Remark on theorems

Not one.

## Lemma B2

Cited.

Checked by: `tests/one/test_c.py`.

## What certificates call these theorems

| `theorem` of a certificate | sense | by |
|---|---|---|
| `one` | taylor | Theorem 1a |
| `two`, `three` | uniform | Lemma B2 with 1.1, and Theorem 7: section 1 |
"""

OTHER = """## Theorem 1 (other)

### Theorem 7 (seven)

| `one` | taylor | Theorem 7 |
| `three` | taylor | Theorem 99 |
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "first.md").write_text(PAGE, encoding="utf-8")
    (tmp_path / "other.md").write_text(OTHER, encoding="utf-8")
    (tmp_path / "plain.md").write_text("**Theorem 4.** Not by a heading.", encoding="utf-8")
    return tmp_path


def test_theorems_are_headings_and_what_stands_below(folder):
    first, within, lemma, other, seven = read_theorems(folder)
    assert (first.page, first.kind, first.number) == ("first", "Theorem", "1")
    assert first.name == "a *name*, (in) brackets"
    assert first.anchor == "theorem-1-a-name-in-brackets"
    assert first.text.startswith("Let $x$ be.")
    assert "## Theorem 8 (of code)" in first.text
    # what is below a deeper heading belongs to both
    assert first.text.endswith("#### Corollary 1.1 (within)\n\n" + within.text)
    assert "Remark" not in first.text
    assert lemma == Theorem(
        "first", "Lemma", "B2", "", "lemma-b2", "Cited.\n\nChecked by: `tests/one/test_c.py`.", ()
    )
    assert (other.page, other.number, seven.name) == ("other", "1", "seven")


def test_tests_without_a_file_are_of_the_one_before(folder):
    first, within, *_ = read_theorems(folder)
    assert first.tests == (
        "tests/one/test_a.py::test_first",
        "tests/one/test_a.py::test_second",
        "tests/one/test_b.py::test_third",
    )
    assert within.tests == ("tests/one/test_a.py::test_first",)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("one", [("first", "1"), ("other", "7")]),
        ("two", [("first", "B2"), ("first", "1.1"), ("other", "7")]),
        ("three", [("first", "B2"), ("first", "1.1"), ("other", "7")]),
        ("thre", []),
        ("", []),
    ],
)
def test_certificates_name_theorems(folder, name, expected):
    # a letter is a part of a theorem; a section and a number without a theorem lead nowhere
    assert [(found.page, found.number) for found in theorem_of(name, folder)] == expected


def test_a_page_is_read_once(folder):
    found = read_theorems(folder)
    (folder / "first.md").write_text("changed", encoding="utf-8")
    assert read_theorems(folder) == found


def test_anchors_are_those_of_github():
    text = (
        "# Two `words`, [linked](to.md)\n# A-b_c: d/e?\n"
        "~~~\n# code\n```\n# code\n~~~\n#no\n# A-b_c: d/e?"
    )
    found = [heading.anchor for heading in headings(text)]
    assert found == ["two-words-linked", "a-b_c-de", "a-b_c-de-1"]


def test_pages_of_a_wheel_are_inside_of_the_package(folder, monkeypatch):
    inside = folder / "noflat"
    (inside / "report").mkdir(parents=True)
    monkeypatch.setattr(theorems, "__file__", str(inside / "report" / "theorems.py"))
    with pytest.raises(FileNotFoundError, match="no page of theorems"):
        read_theorems()
    (folder / "docs").mkdir()
    (folder / "other.md").rename(folder / "docs" / "other.md")
    assert {theorem.page for theorem in read_theorems()} == {"other"}
    (inside / "docs").mkdir()
    (folder / "first.md").rename(inside / "docs" / "first.md")
    assert {theorem.page for theorem in read_theorems()} == {"first"}
