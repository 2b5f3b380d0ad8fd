"""The release: what an index shows, what the archives hold, what is said of the version."""

import importlib.metadata
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
ADDRESS = "https://example.org/noflat"


def load(path):
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def build(monkeypatch):
    """hatch_build.py, with stand-ins for the two classes that it takes from hatchling."""

    class Hook:
        def __init__(self, root):
            self.root = root

    for name, hook in (
        ("hatchling.metadata.plugin.interface", "MetadataHookInterface"),
        ("hatchling.builders.hooks.plugin.interface", "BuildHookInterface"),
    ):
        module = ModuleType(name)
        setattr(module, hook, Hook)
        monkeypatch.setitem(sys.modules, name, module)
    return load(ROOT / "hatch_build.py")


@pytest.fixture
def archives():
    return load(ROOT / ".ci" / "archives.py")


def addresses(markdown):
    """Where the links and images of rendered Markdown lead."""
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    return re.findall(r'(?:href|src)="([^"]*)"', html)


@pytest.mark.parametrize("urls", [{}, {"Repository": ADDRESS}, {"Repository": ADDRESS + "/"}])
def test_readme_of_the_package_has_no_relative_link(build, archives, urls):
    metadata = {"version": "0.1.0", "urls": urls}
    build.Readme(str(ROOT)).update(metadata)
    text = metadata["readme"]["text"]
    assert metadata["readme"]["content-type"] == "text/markdown"
    local = [address for address in addresses(README) if not address.startswith("https://")]
    assert len(local) > 10
    found = addresses(text)
    assert all(address.startswith("https://") for address in found)
    assert archives.dead_links(text) == []
    ours = [address for address in found if address.startswith(ADDRESS)]
    assert len(ours) == (len(local) if urls else 0)
    for address in ours:
        place = re.fullmatch(rf"{ADDRESS}/(?:blob|raw)/v0\.1\.0/(\w[^#]*)(?:#.*)?", address)
        assert place is not None, address
        assert (ROOT / place[1]).exists(), address


@pytest.mark.parametrize(
    ("written", "without", "with_address"),
    [
        ("[a page](docs/a.md#b)", "a page", f"[a page]({ADDRESS}/blob/v1/docs/a.md#b)"),
        ("[`code`](a.py)", "`code`", f"[`code`]({ADDRESS}/blob/v1/a.py)"),
        ("[two\nlines](a.md)", "two\nlines", f"[two\nlines]({ADDRESS}/blob/v1/a.md)"),
        ("[below](#use)", "below", f"[below]({ADDRESS}/blob/v1/README.md#use)"),
        ("![a curve](a.png)", "a curve", f"![a curve]({ADDRESS}/raw/v1/a.png)"),
        (
            "[![a curve](a.png)](a.md)",
            "a curve",
            f"[![a curve]({ADDRESS}/raw/v1/a.png)]({ADDRESS}/blob/v1/a.md)",
        ),
        *(
            (same, same, same)
            for same in (
                "[away](https://arxiv.org/abs/1608.08225)",
                "`table[0](row)`",
                "```python\n>>> table[0](row)\n```",
                "[sets] (of words)",
            )
        ),
    ],
)
def test_relative_links_become_addresses_or_text(build, written, without, with_address):
    assert build.published(written, None, "v1") == without
    assert build.published(written, ADDRESS, "v1") == with_address


def test_the_wheel_carries_the_pages(build):
    data = {"force_include": {}}
    build.Pages(str(ROOT)).initialize("standard", data)
    pages = {f"noflat/docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}
    assert "noflat/docs/theory.md" in pages
    assert set(data["force_include"].values()) == pages
    assert all(Path(source).is_file() for source in data["force_include"])
    editable = {"force_include": {}}
    build.Pages(str(ROOT)).initialize("editable", editable)
    assert editable == {"force_include": {}}


FILES = {
    "noflat/__init__.py": "",
    "noflat/py.typed": "",
    "docs/theory.md": "",
    "docs/notebooks/one.py": "",
    "tests/test_one.py": "",
    "LICENSE": "",
    "pyproject.toml": '[project]\nname = "noflat"\nversion = "0.1.0"\n',
}


def pack(root, *, without=(), besides=(), description=""):
    """A repository, and archives of it, less some files and with some more."""
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    for command in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", "-C", str(root), *command], check=True)
    dist = root / "dist"
    dist.mkdir()
    names = {name for name in FILES if name.startswith("noflat/")} | {"noflat/docs/theory.md"}
    info = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    names |= {f"noflat-0.1.0.dist-info/{name}" for name in info}
    with zipfile.ZipFile(dist / "noflat-0.1.0-py3-none-any.whl", "w") as wheel:
        for name in sorted((names - set(without)) | set(besides)):
            wheel.writestr(name, f"Name: noflat\n\n{description}")
    (root / "PKG-INFO").touch()
    with tarfile.open(dist / "noflat-0.1.0.tar.gz", "w:gz") as sdist:
        for name in sorted((set(FILES) | {"PKG-INFO"}) - set(without)):
            sdist.add(root / name, f"noflat-0.1.0/{name}")
    return dist


@pytest.mark.parametrize(
    ("planted", "faults"),
    [
        ({}, []),
        (
            {"without": ["noflat/py.typed"]},
            ["sdist lacks noflat-0.1.0/noflat/py.typed", "wheel lacks noflat/py.typed"],
        ),
        ({"without": ["noflat/docs/theory.md"]}, ["wheel lacks noflat/docs/theory.md"]),
        ({"without": ["tests/test_one.py"]}, ["sdist lacks noflat-0.1.0/tests/test_one.py"]),
        ({"besides": ["tests/test_one.py"]}, ["wheel should not hold tests/test_one.py"]),
        (
            {"description": "See [a](a.md), `b[0](c)`, [d](https://doi.org/d) and <img src='e'>."},
            ["the description links to a.md", "the description links to e"],
        ),
    ],
)
def test_a_fault_of_an_archive_is_named(archives, tmp_path, planted, faults):
    assert archives.faults(tmp_path, pack(tmp_path, **planted)) == faults


def test_the_version_is_told_once():
    """And the changelog has a section for it, or one for what is not released yet."""
    assert PROJECT["version"] == importlib.metadata.version("noflat")
    sections = re.findall(r"^## (.+)$", CHANGELOG, flags=re.M)
    released = rf"\[{re.escape(PROJECT['version'])}\] - \d{{4}}-\d\d-\d\d"
    assert sections[0] == "[Unreleased]" or re.fullmatch(released, sections[0])
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", s) for s in sections[1:])
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.+)$", CHANGELOG, flags=re.M)) <= kinds


def test_the_citation_file_is_one():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(cited)
    assert cited["authors"]
    assert cited["type"] == "software"
    assert cited["license"] == PROJECT["license"]
    assert str(cited["version"]) == PROJECT["version"]
    assert ("date-released" in cited) == (f"[{PROJECT['version']}]" in CHANGELOG)
    if "date-released" in cited:
        assert f"## [{PROJECT['version']}] - {cited['date-released']}\n" in CHANGELOG
    for reference in cited["references"]:
        assert {"type", "title", "authors"} <= set(reference)
        for author in reference["authors"]:
            assert {"family-names", "given-names"} <= set(author)


def test_the_package_is_typed_and_says_for_which_python():
    least = re.fullmatch(r">=3\.(\d+)", PROJECT["requires-python"])
    assert least is not None
    minors = [
        int(name.rpartition(".")[2])
        for name in PROJECT["classifiers"]
        if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", name)
    ]
    assert minors[0] == int(least[1])
    assert minors == list(range(minors[0], minors[-1] + 1))
    assert "Typing :: Typed" in PROJECT["classifiers"]
