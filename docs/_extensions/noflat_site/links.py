"""Links that leave `docs/`: to pages of the site where there is one, else to copies of files."""

import os
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from noflat.report.markdown import parts
from noflat_site.api import PACKAGE

PROJECT = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}
"""Pages of the repository that are pages of the site too."""

_TARGET = re.compile(r"(?<=\]\()([^()\s#]+)(?=[)#])")


def rewritten(text: str, at: Path, docs: Path) -> str:
    """A page whose relative links work where the site has it.

    Args:
        text: The page in Markdown.
        at: The folder that its links are relative to.
        docs: The folder of the pages of the site. Links become relative to it.

    Returns:
        The page; blocks of code, links to other hosts and links to nothing stay as they are.
    """
    return "".join(
        _TARGET.sub(lambda link: _target(link[1], at, docs), part.text)
        if part.kind is None
        else part.text
        for part in parts(text)
    )


def project_pages(root: Path) -> dict[str, str]:
    """The pages of `PROJECT`, as they are but for their links."""
    docs = root / "docs"
    found = {}
    for source, page in PROJECT.items():
        text = (root / source).read_text(encoding="utf-8")
        # these pages are two folders below docs
        found[page] = _TARGET.sub(_from_project, rewritten(text, root, docs))
    return found


def label_headings(app: Sphinx, doctree: nodes.document) -> None:
    """Lets reStructuredText refer to headings of Markdown, as `:ref:` to `page#anchor`."""
    labels = app.env.domains.standard_domain
    for section in doctree.findall(nodes.section):
        if "slug" in section:
            name = f"{app.env.docname}#{section['slug']}".lower()
            shown = section.next_node(nodes.title)
            labels.labels[name] = app.env.docname, section["slug"], shown.astext() if shown else ""
            labels.anonlabels[name] = app.env.docname, section["slug"]


def _from_project(link: re.Match[str]) -> str:
    return link[1] if ":" in link[1] else f"../../{link[1]}"


def _target(link: str, at: Path, docs: Path) -> str:
    if ":" in link:
        return link
    path, root = Path(os.path.normpath(at / link)), docs.parent
    if not path.is_relative_to(root):
        return link
    told = path.relative_to(root)
    # the library may be installed, and not beside the pages
    full = PACKAGE.parent / told if told.parts[:1] == (PACKAGE.name,) else path
    return (_page_of(told, full) or os.path.relpath(path, docs)) if full.exists() else link


def _page_of(path: Path, full: Path) -> str | None:
    """The page, by its path below docs, that shows a file or folder of the repository."""
    parts, name = path.parts, path.as_posix()
    if name in PROJECT:
        return f"reference/project/{PROJECT[name]}"
    if name in ("README.md", "docs"):
        return "index.md"
    if parts[0] == "experiments" and full.is_dir():
        return f"gallery/{parts[1] if len(parts) > 1 else 'index'}.rst"
    module = path.with_suffix("").parts
    if parts[0] == "noflat" and not any(part.startswith("_") for part in module):
        return f"reference/api/{'.'.join(module)}.rst" if full.suffix in ("", ".py") else None
    return None
