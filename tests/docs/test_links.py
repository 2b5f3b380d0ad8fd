"""Links in the pages as they are in the repository: each file and each heading is there."""

import re
from pathlib import Path

import pytest
from pages import DOCS, PAGES, ROOT

from noflat.report.markdown import prose
from noflat.report.theorems import headings

EVERY = [*PAGES, ROOT / "CHANGELOG.md"]
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(([^()\s]+)\)")


def anchors(path):
    return {heading.anchor for heading in headings(path.read_text(encoding="utf-8"))}


def dead_links(text, page):
    """The relative links of a page that lead nowhere, and whole addresses without encryption."""
    dead = []
    for link in _LINK.findall(_CODE.sub("", prose(text))):
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        if ":" in target:
            alive = target.startswith("https://")
        else:
            alive = path.exists() and path.is_relative_to(ROOT)
        if alive and anchor and path.suffix == ".md":
            alive = anchor in anchors(path)
        if not alive:
            dead.append(link)
    return dead


@pytest.mark.parametrize("page", EVERY, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page):
    assert dead_links(page.read_text(encoding="utf-8"), page) == []


def test_the_first_page_links_to_every_page():
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    stems = {page.stem for page in DOCS.glob("*.md")} - {"index"}
    assert {link.removesuffix(".md") for link in _LINK.findall(text) if "/" not in link} == stems
    # and so do the contents of the site
    listed = re.findall(r"^(\w+)$", text, flags=re.MULTILINE)
    assert sorted(listed) == sorted(stems)


@pytest.mark.parametrize(
    "link",
    ["none.md", "../none", "theory.md#none", "#none", "http://arxiv.org", "../../etc"],
)
def test_dead_links_are_found(link):
    page = DOCS / "theory.md"
    text = f"See [this]({link}), not [that](depth.md), `[code](none)`.\n```\n[code](none)\n```\n"
    assert dead_links(text, page) == [link]


def test_live_links_are_not():
    text = "[a](depth.md) [b](theory.md#theorem-3-pairing) [c](../experiments) [d](https://doi.org)"
    assert dead_links(text, Path(DOCS / "depth.md")) == []
