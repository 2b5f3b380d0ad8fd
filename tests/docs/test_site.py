"""The site as `make docs` builds it: no warning, no dead link, formulas drawn, nothing fetched."""

import os
import re
import shutil
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from pages import ROOT

import noflat

pytestmark = pytest.mark.timeout(900)

HOSTS = {"arxiv.org", "doi.org", "keepachangelog.com"}
ADDRESSES = {"https://github.com/pradyunsg/furo"}
"""What pages may link to elsewhere: papers, and the theme that the site is set in."""

_FETCHED = {"script", "img", "iframe", "source", "video", "audio", "embed", "object", "link"}
_IN_STYLES = re.compile(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//")


class Links(HTMLParser):
    """Of a page: what it links to, what it loads, and the anchors that it has."""

    def __init__(self, text):
        super().__init__()
        self.links, self.loaded, self.anchors = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.anchors |= {named[name] for name in ("id", "name") if named.get(name)}
        for name in ("href", "src", "srcset", "data"):
            if not named.get(name):
                continue
            found = [part.split()[0] for part in named[name].split(",")]
            (self.loaded if tag in _FETCHED else self.links).extend(
                found if name == "srcset" else [named[name]]
            )


def build(tree, out, *settings):
    """Builds the site of a tree in an environment of its own."""
    (tree / "home").mkdir()
    package = str(Path(noflat.__file__).parents[1])
    environment = {"PATH": os.environ["PATH"], "HOME": str(tree / "home"), "PYTHONPATH": package}
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    return subprocess.run(
        [*command, *settings, "docs", str(out)],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The site, of whose figures one is drawn: tests of figures draw the others."""
    tree = tmp_path_factory.mktemp("site")
    made = shutil.ignore_patterns("_gallery", "gallery", "reference", "__pycache__")
    shutil.copytree(ROOT / "docs", tree / "docs", ignore=made)
    for path in ROOT.iterdir():
        if path.name not in ("docs", "noflat", "build") and not path.name.startswith("."):
            (tree / path.name).symlink_to(path)
    (tree / "noflat").symlink_to(Path(noflat.__file__).parent)
    done = build(tree, tree / "build", "-D", r"sphinx_gallery_conf.filename_pattern=/depth\.py$")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return tree / "build"


@pytest.fixture(scope="session")
def pages(site):
    return {path: Links(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def dead(pages, path, link):
    """Whether a link of a page leads nowhere."""
    target, _, anchor = link.partition("#")
    file = (path.parent / unquote(target.partition("?")[0])).resolve() if target else path
    if not file.is_file():
        return True
    return bool(anchor) and file in pages and unquote(anchor) not in pages[file].anchors


def test_every_link_and_every_anchor_is_there(pages):
    assert len(pages) > 300
    assert [
        (path.name, link)
        for path, page in pages.items()
        for link in [*page.links, *page.loaded]
        if ":" not in link and not link.startswith("//") and dead(pages, path, link)
    ] == []


def test_links_to_elsewhere_are_known(pages):
    found = {link for page in pages.values() for link in page.links if ":" in link}
    assert {link for link in found if link.split("/")[2] not in HOSTS} - ADDRESSES == set()
    assert all(link.startswith("https://") for link in found)


def test_nothing_is_loaded_from_elsewhere(site, pages):
    assert [
        (path.name, link)
        for path, page in pages.items()
        for link in page.loaded
        if re.match(r"(?!data:)\w+:|//", link)
    ] == []
    styles = [*site.rglob("*.css"), *pages]
    assert [path for path in styles if _IN_STYLES.search(path.read_text(encoding="utf-8"))] == []


def test_a_page_of_the_gallery_has_its_figure_and_files(site, pages):
    page = pages[site / "gallery" / "depth.html"]
    names = {link.rpartition("/")[2] for link in [*page.links, *page.loaded]}
    assert {"sphx_glr_depth_001.png", "run.json", "claims.csv", "depth.html", "depth.py"} <= names
    drawn = site / "_images" / "sphx_glr_depth_001.png"
    assert drawn.read_bytes().startswith(b"\x89PNG")
    text = (site / "gallery" / "depth.html").read_text(encoding="utf-8")
    assert 'alt="Neurons against n for each depth; best error of training' in text


def test_the_proof_and_the_tests_of_a_theorem_are_one_link_away(site, pages):
    links = pages[site / "reference" / "theorems" / "index.html"].links
    assert "../../theory.html#theorem-3-pairing" in links
    assert "../tests/certificates/test_taylor.html#test-pairing-corollaries" in links
    stated = pages[site / "theory.html"].links
    assert "reference/tests/certificates/test_taylor.html#test-pairing-corollaries" in stated


def words(page):
    """What a page says, without its code and its signatures."""
    text = re.sub(r"<(pre|code|script|style|dt)\b.*?</\1>", "", page.read_text("utf-8"), flags=re.S)
    return unescape(re.sub(r"<[^>]+>", "", text))


def test_docstrings_are_set_as_they_read(site):
    api = site / "reference" / "api"
    page = words(api / "noflat.constructions.gates.html")
    assert r"\[\frac{\sigma(b+\lambda(x_0+x_1))" in page
    assert "Import: " in page
    told = {path.stem: words(path) for path in api.glob("*.html")}
    # these would be marks that were not understood, and fields without a word on them
    marks = r".{0,20}(?:\$|`|\*\*|Alias for field).{0,20}"
    assert [(name, found) for name, text in told.items() for found in re.findall(marks, text)] == []


def test_no_formula_of_a_page_is_left_as_text(site):
    told = {page.stem: words(site / f"{page.stem}.html") for page in (ROOT / "docs").glob("*.md")}
    assert [
        (name, found)
        for name, text in told.items()
        for found in re.findall(r".{0,30}\$.{0,30}", text)
    ] == []


def watched(browser, **settings):
    """A tab that writes down what it asks for, and what goes wrong in it."""
    tab = browser.new_context(**settings).new_page()
    tab.asked, tab.problems = [], []
    tab.on("request", lambda request: tab.asked.append(request.url))
    tab.on("requestfailed", lambda request: tab.problems.append(request.url))
    tab.on("pageerror", lambda error: tab.problems.append(str(error)))
    return tab


def formulas(site):
    """The formulas of all pages as MathJax is given them, without the signs around."""
    mark = re.compile(r'class="math[^>]*>\s*(?:<span.*?</span>)?\\[([](.*?)\\[])]', re.DOTALL)
    texts = [path.read_text(encoding="utf-8") for path in site.rglob("*.html")]
    found = {formula for text in texts for formula in mark.findall(text)}
    return [unescape(formula) for formula in found]


def test_formulas_are_drawn_and_nothing_is_fetched(site, browser):
    tab = watched(browser)
    tab.goto((site / "theory.html").as_uri())
    tab.evaluate("MathJax.startup.promise")
    assert tab.locator(".math").count() == tab.locator(".math > mjx-container").count() > 100
    assert tab.locator("mjx-merror").count() == 0
    assert any(url.endswith(".woff") for url in tab.asked)
    every = formulas(site)
    assert len(every) > 1000
    drawn = "every => every.filter(tex => MathJax.tex2chtml(tex).querySelector('mjx-merror'))"
    assert tab.evaluate(drawn, every) == []
    assert {url.partition(":")[0] for url in tab.asked} == {"file"}
    assert tab.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_phone(site, browser, scheme):
    tab = watched(browser, viewport={"width": 390, "height": 844}, color_scheme=scheme)
    for name in (
        "index",
        "theory",
        "multiply",
        "gallery/index",
        "gallery/depth",
        "reference/api/index",
    ):
        tab.goto((site / f"{name}.html").as_uri())
        tab.evaluate("window.MathJax?.startup?.promise")
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390, name
    assert tab.problems == []
