"""Markdown with formulas as HTML that needs no script and no font: every formula is a drawing."""

import html
import re
from typing import Any

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from ziamath.zmath import Latex

_SIZE = 16.0
"""Of the drawings, in their own units; the page scales them with its text."""

_SYMBOL = re.compile(r'(<symbol id="([^"]+)"(?:[^>]*/>|.*?</symbol>))', re.DOTALL)
"""The shape of a letter; that of a space is empty."""

_REPLACED = (
    (r"\\[lr]vert(?![A-Za-z])", "|"),
    (r"\\[lr]Vert(?![A-Za-z])", r"\\|"),
    (r"\\(mathbb|mathcal|mathrm) ?([A-Za-z])", r"\\\1{\2}"),
)
"""What the drawing library does not read, with what it does."""


class Formulas:
    """Turns texts into HTML, and keeps the shapes of the letters, each once for a whole page.

    Attributes:
        letters: The shapes by their names.
    """

    def __init__(self) -> None:
        """Starts without letters."""
        self.letters: dict[str, str] = {}
        self._markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
        # pages have displayed formulas inside of paragraphs, too
        options = {"renderer": self._drawn, "allow_labels": False, "double_inline": True}
        self._markdown.use(dollarmath_plugin, **options)

        def displayed(renderer: Any, tokens: Any, place: int, *rest: Any) -> str:
            # what a paragraph may hold, since some are in one
            drawing = self._drawn(tokens[place].content, {"display_mode": True})
            return f'<span class="math block">{drawing}</span>'

        for rule in ("math_inline_double", "math_block"):
            self._markdown.add_render_rule(rule, displayed)

    def html(self, text: str) -> str:
        r"""Turns Markdown with `$` formulas into HTML.

        Args:
            text: The Markdown. HTML in it is shown, not obeyed. Links to other pages lose their
                targets, since those pages are elsewhere.

        Returns:
            HTML; its formulas use `sheet()`.

        Example:
            >>> from noflat.report.formulas import Formulas
            >>> Formulas().html("See *section 9* of [theory.md](theory.md) <b>.")
            '<p>See <em>section 9</em> of theory.md &lt;b&gt;.</p>\n'
        """
        shown = re.sub(r"(?<![!\\])\[([^][$]*)\]\((?!https://)[^()\s]*\)", r"\1", text)
        return self._markdown.render(shown)

    def sheet(self) -> str:
        """The shapes of all letters used, as one drawing that is not seen."""
        return f'<svg class="sheet" aria-hidden="true">{"".join(self.letters.values())}</svg>'

    def _drawn(self, latex: str, options: dict[str, bool]) -> str:
        known = latex.strip()
        for pattern, instead in _REPLACED:
            known = re.sub(pattern, instead, known)
        try:
            inline = not options["display_mode"]
            formula = Latex(known, size=_SIZE, inline=inline, color="currentColor")
            drawing = formula.svg()
        except Exception:  # the library has no error of its own: the source says it as well
            return f"<code>{html.escape(latex)}</code>"
        return self._placed(drawing, latex, formula.getyofst())

    def _placed(self, drawing: str, latex: str, below: float) -> str:
        """The drawing at the size of the text, on its line, with its letters on the sheet."""
        for symbol, name in _SYMBOL.findall(drawing):
            self.letters.setdefault(name, symbol)
        inner = _SYMBOL.sub("", drawing)
        size = re.search(r'<svg [^>]*width="([\d.]+)" height="([\d.]+)" viewBox="([^"]+)"', inner)
        if size is None:
            raise ValueError(f"the drawing of {latex!r} has no size")
        body = inner[inner.index(">") + 1 :]
        width, height = (float(number) / _SIZE for number in size.groups()[:2])
        style = f"width:{width:.3f}em;height:{height:.3f}em;vertical-align:{below / _SIZE:.3f}em"
        label = html.escape(" ".join(latex.split()))
        return (
            f'<svg class="formula" role="img" aria-label="{label}" viewBox="{size[3]}" '
            f'style="{style}">{body}'
        )
