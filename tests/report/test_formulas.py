"""Formulas are drawings that say what they are; Markdown is read, and HTML in it is not."""

import re
from html import unescape

import pytest

from noflat.certificates.checker import _THEOREMS
from noflat.report.formulas import Formulas
from noflat.report.theorems import theorem_of


def test_every_formula_that_certificates_rest_on_is_drawn():
    formulas = Formulas()
    proofs = {theorem for name in _THEOREMS for theorem in theorem_of(name)}
    assert len(proofs) > 10
    used = set()
    for proof in proofs:
        drawn = formulas.html(proof.text)
        prose = re.sub(r"`[^`]*`", "", proof.text)
        assert drawn.count('<svg class="formula"') == len(re.findall(r"\$\$?[^$]+\$\$?", prose))
        assert "$" not in re.sub(r"aria-label=\"[^\"]*\"", "", drawn)
        used |= set(re.findall(r'href="#([^"]+)"', drawn))
    # a letter is on the sheet once, however often it is used
    sheet = formulas.sheet()
    assert used <= set(re.findall(r'<symbol id="([^"]+)"', sheet))
    assert sheet.count("<symbol") == len(set(re.findall(r'<symbol id="([^"]+)"', sheet)))


@pytest.mark.parametrize(
    "latex",
    [r"\lvert x\rvert\le\lVert y\rVert", r"x\in\mathbb R^n", r"\lbrace\pm1\rbrace", r"\binom n2"],
)
def test_a_formula_is_told_as_it_is_written_in_the_color_of_the_text(latex):
    drawn = Formulas().html(f"${latex}$")
    said = unescape(re.search(r'aria-label="([^"]*)"', drawn)[1])
    # what is replaced for the drawing is told as it was written
    assert said == latex
    assert 'role="img"' in drawn
    assert "currentColor" in drawn
    assert "black" not in drawn


def test_a_formula_that_cannot_be_drawn_is_shown_as_it_is_written():
    drawn = Formulas().html(r"$\frac{<1}$")
    assert "<code>" in drawn
    assert "&lt;1" in drawn


def test_a_formula_of_its_own_line_is_in_its_paragraph():
    drawn = Formulas().html("So\n$$x=1$$\nholds.")
    assert re.fullmatch(r'<p>So\n<span class="math block"><svg.*</svg></span>\nholds.</p>\n', drawn)


def test_links_to_pages_lose_their_target_and_html_its_power():
    text = "[page](theory.md#a), [paper](https://arxiv.org/abs/1608.08225), <img src=x>, `<b>`"
    assert Formulas().html(text) == (
        '<p>page, <a href="https://arxiv.org/abs/1608.08225">paper</a>, &lt;img src=x&gt;, '
        "<code>&lt;b&gt;</code></p>\n"
    )
    assert "href" not in Formulas().html("[x](javascript:alert(1))")
