"""What the site has beyond its written pages: the gallery, theorems with tests, and the API.

These pages are written anew from what is there, before Sphinx looks for pages: a new experiment,
theorem or module needs no line here.
"""

import zlib
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

from noflat_site import api, docstrings, formulas, gallery, links, proofs
from noflat_site.files import write_pages


def _write(app: Sphinx, config: Config) -> None:
    docs = Path(app.srcdir)
    root = docs.parent
    write_pages(docs / "reference" / "api", api.pages(root))
    write_pages(docs / "reference" / "tests", proofs.test_pages(root))
    write_pages(docs / "reference" / "project", links.project_pages(root))
    write_pages(docs / "reference" / "theorems", {"index.md": proofs.index(docs)})
    gallery.write_scripts(root, docs / "_gallery")


def _rewrite(app: Sphinx, page: str, source: list[str]) -> None:
    """Leads the links of a written page to pages of the site, and its tests to their code."""
    docs = Path(app.srcdir)
    if "/" not in page and (docs / f"{page}.md").is_file():
        source[0] = links.rewritten(proofs.linked_tests(source[0]), docs, docs)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connects all of this to Sphinx."""
    app.connect("config-inited", _write, priority=1)  # before the gallery looks for its scripts
    app.connect("source-read", _rewrite)
    app.connect("doctree-read", links.label_headings)
    app.connect("autodoc-process-docstring", docstrings.process, priority=1)  # before napoleon
    app.connect("doctree-read", formulas.keep_as_written)
    app.connect("build-finished", formulas.copy_renderer)
    app.connect("autodoc-skip-member", docstrings.skip)
    # pages that were read by other code than this are read again
    code = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    return {
        "env_version": zlib.crc32(code),
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
