"""Formulas, drawn in the reader's browser by a program that is part of the site."""

import importlib.util
import shutil
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

SCRIPT = "mathjax/tex-chtml.js"
_FONTS = "mathjax/output/chtml/fonts/woff-v2"


def copy_renderer(app: Sphinx, problem: Exception | None) -> None:
    """Copies MathJax and its fonts to the site.

    Raises:
        ModuleNotFoundError: If the package that carries them is not installed.
    """
    if problem is not None or app.builder.format != "html":
        return
    package = importlib.util.find_spec("sphinx-mathjax-offline")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("sphinx-mathjax-offline: run `make docs`, which installs it")
    source, to = Path(package.origin).parent / "static", Path(app.outdir) / "_static"
    shutil.copytree(source / _FONTS, to / _FONTS, dirs_exist_ok=True)
    shutil.copy(source / SCRIPT, to / SCRIPT)


def keep_as_written(app: Sphinx, doctree: nodes.document) -> None:
    r"""Passes formulas of several lines on as they are.

    Sphinx would set them in an environment of its own, in which no line may have a `\tag`.
    """
    for block in doctree.findall(nodes.math_block):
        if r"\\" in block.astext() and not block.get("no-wrap"):
            block["no-wrap"] = True
            block.children = [nodes.Text(rf"\[{block.astext()}\]")]
