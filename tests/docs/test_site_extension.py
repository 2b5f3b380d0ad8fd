"""What the site adds to its written pages: links, docstrings, theorems, the gallery, the API."""

import ast
import re

import pytest
from noflat_site import api, gallery, links, proofs
from noflat_site.docstrings import converted
from noflat_site.files import write_pages
from pages import DOCS, ROOT

import noflat
from noflat.experiments.__main__ import experiments


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The `n` of $x^n$.", "The ``n`` of :math:`x^n`."),
        ("The $n$th, `a`s, and 2$x$.", ":math:`n`\\ th, ``a``\\ s"),
        ("of $a +\n    b$", "of :math:`a + b`"),
        ("Sum\n\n    $$\\sum_i x_i,$$\n\n    here", "    .. math::\n\n       \\sum_i x_i,\n"),
        ("- so\n  $$x$$, then", "  .. math::\n\n     x,\n\n  then"),
        ("Already :math:`x` and ``code``.", "Already :math:`x` and ``code``."),
        ("Such as ``so: `a`, ...``.", "Such as ``so: `a`, ...``."),
        (">>> f('$x$ `y`')\n'$x$'", ">>> f('$x$ `y`')\n'$x$'"),
        ("`a`\n\n>>> '`b`'\n\n`c`", "``a``\n\n>>> '`b`'\n\n``c``"),
        ("See docs/rates.md.", "See :doc:`rates </rates>`."),
        ("See `docs/rates.md`.", "See :doc:`rates </rates>`."),
        (
            "Theorems 3 and 4 of docs/theory.md.",
            "Theorems :ref:`3 <theory#theorem-3-pairing>` and "
            ":ref:`4 <theory#theorem-4-hidden-biases>` of :doc:`theory </theory>`.",
        ),
        ("Theorem 99 of docs/theory.md.", "Theorem 99 of :doc:`theory </theory>`."),
    ],
)
def test_docstrings_become_restructuredtext(text, shown):
    assert shown in converted(text)


@pytest.mark.parametrize(
    ("link", "leads_to"),
    [
        ("depth.md", "depth.md"),
        ("depth.md#counts", "depth.md#counts"),
        ("#counts", "#counts"),
        ("https://arxiv.org/abs/1608.08225", "https://arxiv.org/abs/1608.08225"),
        ("../experiments/depth", "gallery/depth.rst"),
        ("../experiments", "gallery/index.rst"),
        ("../experiments/verdicts.csv", "../experiments/verdicts.csv"),
        ("../paper_figures/depth.png", "../paper_figures/depth.png"),
        ("../README.md#use", "index.md#use"),
        ("../CONTRIBUTING.md", "reference/project/contributing.md"),
        ("../noflat/activations.py", "reference/api/noflat.activations.rst"),
        ("../noflat/targets", "reference/api/noflat.targets.rst"),
        ("../noflat/experiments/_claims.py", "../noflat/experiments/_claims.py"),
        ("../none.md", "../none.md"),
    ],
)
def test_links_lead_to_pages_of_the_site(link, leads_to):
    text = f"[words]({link})\n```\n[code]({link})\n```\n[words]({link})"
    expected = f"[words]({leads_to})\n```\n[code]({link})\n```\n[words]({leads_to})"
    assert links.rewritten(text, DOCS, DOCS) == expected


@pytest.mark.parametrize("mark", ["~~~", "``", "    ```", "```python"])
def test_links_after_a_block_that_shows_a_fence_lead_to_pages_of_the_site(mark):
    text = f"```\n{mark}\n[code](../README.md)\n```\n"
    expected = f"{text}[words](index.md)"
    assert links.rewritten(f"{text}[words](../README.md)", DOCS, DOCS) == expected


def test_pages_of_the_project_link_from_where_they_are():
    page = links.project_pages(ROOT)["contributing.md"]
    assert "](../../how_to_target.md)" in page
    assert "](#an-experiment-in-one-sitting)" in page
    changes = links.project_pages(ROOT)["changelog.md"]
    assert "](https://keepachangelog.com" in changes


def test_tests_of_theorems_lead_to_their_code():
    text = "Words `test_no`.\n\nChecked by: `tests/a/test_b.py::test_c`,\n`test_d`.\n\n`test_e`"
    assert proofs.linked_tests(text) == (
        "Words `test_no`.\n\n"
        "Checked by: [`tests/a/test_b.py::test_c`](reference/tests/a/test_b.md#test_c),\n"
        "[`test_d`](reference/tests/a/test_b.md#test_d).\n\n`test_e`"
    )


def test_the_code_of_a_test_is_shown_whole_with_its_marks():
    pages = proofs.test_pages(ROOT)
    name = "test_every_test_that_a_page_names_exists"
    file = "tests/docs/test_theorems.py"
    page = proofs._code(ROOT, file, [name])
    (node,) = [
        node
        for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == name
    ]
    assert f":lineno-start: {node.lineno - 1}\n\n@EACH_PAGE\ndef {name}(page):\n" in page
    assert page.rstrip().endswith(f"{ast.unparse(node.body[-1])}\n```")
    for theorem in proofs.read_theorems():
        for test in theorem.tests:
            file, _, name = test.partition("::")
            assert f"\n## {name}\n" in pages[proofs._page(file)]


def test_the_index_has_every_theorem():
    page = proofs.index(DOCS)
    for theorem in proofs.read_theorems():
        assert f"](../../{theorem.page}.md#{theorem.anchor}) | " in page


def test_every_experiment_has_a_page_in_the_gallery(tmp_path):
    gallery.write_scripts(ROOT, tmp_path)
    assert {path.stem for path in tmp_path.glob("*.py")} == set(experiments())
    for stem, question in experiments().items():
        script = (tmp_path / f"{stem}.py").read_text(encoding="utf-8")
        ast.parse(script)
        rows = gallery.verdicts(stem, gallery.read(ROOT / "experiments" / stem, stem))
        for row in rows:
            for column in ("claim", "predicted", "measured", "verdict", "note"):
                assert f"- {gallery._plain(str(row[column]))}".rstrip() in script
        shown = converted(question.rstrip("."))
        assert f'r"""{shown}\n{"=" * len(shown)}\n' in script
        assert re.search(rf"^- Explained in :doc:`/{stem}`", script, re.MULTILINE), stem
        assert f"noflat figure {stem}" in script
        assert f"noflat run {stem}" in script
        for file in (ROOT / "experiments" / stem).rglob("*.*"):
            assert f"</../{file.relative_to(ROOT).as_posix()}>`" in script


def test_only_files_of_the_record_are_offered(tmp_path):
    folder = tmp_path / "experiments" / "depth"
    for part in ("certificates", "chunks"):
        (folder / part).mkdir(parents=True)
    for name in ("a.csv", "certificates/b.json", "chunks/c.json", "report.html"):
        (folder / name).touch()
    _, links, _ = gallery._files(tmp_path, "depth")
    assert re.findall("`([^`]*) <", links) == ["a.csv", "certificates/b.json"]


def test_the_script_changes_with_the_record(tmp_path):
    copy = tmp_path / "experiments" / "depth"
    copy.mkdir(parents=True)
    (copy / "run.json").write_text("{}", encoding="utf-8")
    before = gallery._digest(tmp_path, "depth")
    assert gallery._digest(tmp_path, "depth") == before
    (copy / "run.json").write_text("{ }", encoding="utf-8")
    assert gallery._digest(tmp_path, "depth") != before


def test_every_public_name_and_module_is_in_the_api():
    pages = api.pages(ROOT)
    index = pages["index.rst"]
    for name in noflat.__all__[1:]:
        assert re.search(rf"^   ~noflat\..*\b{name}$", index, re.MULTILINE), name
    for path in api.PACKAGE.rglob("*.py"):
        module = ".".join(path.relative_to(api.PACKAGE.parent).with_suffix("").parts).removesuffix(
            ".__init__"
        )
        private = any(part.startswith("_") for part in module.split("."))
        assert (f"{module}.rst" in pages) is (module != "noflat" and not private), module
    assert "   :members: multiplication_gate" in pages["noflat.constructions.gates.rst"]
    assert api.exports()["noflat.constructions.gates.multiplication_gate"] == "noflat"
    home = "noflat.certificates.checker.sparse_activations.verify_activation"
    assert api.exports()[home] == "noflat.certificates"


def test_a_room_without_a_floor_is_refused(tmp_path):
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (tmp_path / "CONTRIBUTING.md").write_text(text.replace("`doctor`, ", ""), encoding="utf-8")
    with pytest.raises(ValueError, match=r"noflat\.doctor has no floor: put it into the table"):
        api.pages(tmp_path)


def test_pages_that_are_the_same_are_not_written_again(tmp_path):
    write_pages(tmp_path, {"a.md": "one", "b/c.md": "two"})
    before = (tmp_path / "a.md").stat().st_mtime_ns
    write_pages(tmp_path, {"a.md": "one", "d.md": "three"})
    assert (tmp_path / "a.md").stat().st_mtime_ns == before
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["a.md", "d.md"]
