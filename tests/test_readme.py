"""README: its numbers are what the library says."""

import re
import shutil
from pathlib import Path

import pytest

import noflat
from noflat import Convention, flat_product, lower_bound, product, product_tree
from noflat.experiments.__main__ import experiments, main
from noflat.experiments._claims import collect
from noflat.experiments._summary import MARK, summary, write_summary

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_pages_show_the_public_names():
    guides = [ROOT / "docs" / "tutorial.md", *(ROOT / "docs").glob("how_to_*.md")]
    shown = " ".join([README, *(page.read_text(encoding="utf-8") for page in guides)])
    for name in noflat._MODULES:
        if name not in ("Certificate", "Convention", "Network", "grouped_product"):
            assert re.search(rf"\b{name}\b", shown), name


def test_table_of_minima():
    rows = {
        cells[0].strip(): [int(number) for number in cells[2].split(",")]
        for cells in re.findall(
            r"^\| ([^|]+)\|([^|]+)\|([ \d,]+)\|[^|]+\|$", README, flags=re.MULTILINE
        )
    }
    biases = Convention(hidden_bias=True, output_bias=True)
    conventions = {
        "exp, no biases: taylor, uniform": ("exp", Convention()),
        "exp, output bias: taylor, uniform": ("exp", Convention(output_bias=True)),
        "exp, affine skip: taylor, uniform": ("exp", Convention(affine_skip=True)),
        "gelu, silu, hidden biases: taylor": ("gelu silu", Convention(hidden_bias=True)),
        "tanh, hidden and output biases: taylor": ("tanh", biases),
    }
    for name, (activations, allowed) in conventions.items():
        for activation in activations.split():
            senses = ("taylor", "uniform") if "uniform" in name else ("taylor",)
            built = [flat_product(n, activation, convention=allowed).neurons for n in (2, 3, 4)]
            assert built == rows[name], name
            for sense in senses:
                certified = [
                    lower_bound(product(n), activation, convention=allowed, sense=sense).neurons
                    for n in (2, 3, 4)
                ]
                assert certified == built, name
    cited = re.search(r"any activation: uniform, \[cited\].*\| ([ \d,]+) \| [^|]+\|", README)
    assert cited is not None
    universal = {
        allowed: [
            lower_bound(product(n), "tanh", sense="uniform", cited=allowed).neurons
            for n in (2, 3, 4)
        ]
        for allowed in (True, False)
    }
    assert universal[True] == list(map(int, cited[1].split(",")))
    assert universal[False] == rows["any activation: uniform, computed here"]
    tree = re.search(r"takes \[4\(n - 1\) neurons\]\S+ ([\d, ]+),\s+or half", README)
    assert tree is not None
    built = [product_tree(n, "exp").neurons for n in (2, 3, 4)]
    assert built == list(map(int, tree[1].split(",")))
    halved = [product_tree(n, "silu", halved=True).neurons for n in (2, 3, 4)]
    assert [2 * neurons for neurons in halved] == built


def test_lazy_names_equal_the_imports():
    """The public names are those imported for type checkers, and each one loads."""
    source = Path(noflat.__file__).read_text(encoding="utf-8")
    imported = re.findall(r"from noflat\.(\w+) import (\w+) as \2", source)
    assert {name: module for module, name in imported} == noflat._MODULES
    for name in noflat._MODULES:
        assert getattr(noflat, name) is not None
    assert len(noflat._MODULES) <= 32


def test_verdicts_are_those_of_the_records(tmp_path):
    questions = experiments()
    table = summary(collect(ROOT / "experiments", list(questions)), questions)
    assert len(table.splitlines()) == 2 + len(questions)
    copy = tmp_path / "README.md"
    copy.write_text(README.replace("| 5 of 5 |", "| 4 of 5 |"), encoding="utf-8")
    write_summary(table, copy)
    assert copy.read_text(encoding="utf-8") == README


def test_the_command_writes_the_table(tmp_path, capsys):
    shutil.copytree(ROOT / "experiments" / "depth", tmp_path / "depth")
    copy = tmp_path / "README.md"
    copy.write_text(f"# One\n\n{MARK}\n\n## Two\n", encoding="utf-8")
    words = ["--verdicts", "--out", str(tmp_path), "--readme"]
    main([*words, str(copy)])
    assert "12 of 12 claims pass" in capsys.readouterr().out
    (row,) = re.findall(r"^\| \[.*$", copy.read_text(encoding="utf-8"), flags=re.M)
    assert row.startswith("| [depth](docs/depth.md) | What each hidden layer more saves")
    assert copy.read_text(encoding="utf-8").endswith(f"{row}\n\n## Two\n")
    for wrong in ([*words, str(tmp_path / "absent.md")], ["--readme", str(copy)]):
        with pytest.raises(SystemExit, match="2"):
            main(wrong)


def test_a_table_needs_its_mark(tmp_path):
    with pytest.raises(ValueError, match="cannot be read"):
        write_summary("", tmp_path / "README.md")
    (tmp_path / "README.md").write_text("# Something else\n", encoding="utf-8")
    with pytest.raises(ValueError, match="under which the table goes"):
        write_summary("", tmp_path / "README.md")


def test_citation_is_that_of_the_file():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    for word in ("volume: 168", "year: 2017", "2018", "1705.05502"):
        assert word in citation
    said = README[README.index("## Cite") : README.index("## More")]
    assert all(word in said for word in ("168 (2017)", "ICLR 2018", "1705.05502"))


def test_short_enough():
    assert len(README.splitlines()) < 120


def test_links_exist():
    for target in re.findall(r"\]\(([^)]+)\)", README):
        path = ROOT / target.partition("#")[0]
        assert target.startswith("https://arxiv.org/") or path.exists(), target
