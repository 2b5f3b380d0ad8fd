"""The gallery: a script per figure, which sphinx-gallery runs, and how it takes the figure."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst

from noflat.experiments.__main__ import docstring, stems
from noflat.experiments._claims import verdicts
from noflat.experiments.records import Record, read
from noflat_site.api import PACKAGE
from noflat_site.docstrings import converted
from noflat_site.files import title, write_pages

_ALT = r"!\[([^\]]*)\]\((?:\.\./)?paper_figures/{}\.png\)"
_COLUMNS = {"claim": 38, "predicted": 16, "measured": 14, "verdict": 8, "note": 24}
"""What the table of claims shows, and of a hundred parts of its width how many."""

_HEADER = """\
Gallery
=======

A page per experiment: the figure, what was predicted and what was measured, and the commands that
draw it and run it again. Every figure here was drawn from the committed record when this site was
built.
"""

_CODE = """\
from pathlib import Path

import matplotlib as mpl

from noflat.experiments.records import read
from noflat.figures._drawing import STYLE
from noflat.figures.{stem} import draw

record = read(Path("experiments/{stem}"), "{stem}")
with mpl.rc_context(STYLE):
    figure = draw(record)
"""


def write_scripts(root: Path, folder: Path) -> None:
    """Writes a script for each experiment that has a record.

    Args:
        root: The repository.
        folder: Where to; the scripts find the records below it.
    """
    kept = [stem for stem in stems() if (root / "experiments" / stem).is_dir()]
    scripts = {f"{stem}.py": _script(root, stem) for stem in kept}
    write_pages(folder, {"GALLERY_HEADER.rst": _HEADER, **scripts})
    # a script runs where it lies, and its reader in the repository
    if not (folder / "experiments").exists():
        (folder / "experiments").symlink_to(root.resolve() / "experiments")


def take_figures(block: Any, variables: dict[str, Any], settings: dict[str, Any]) -> str:
    """Takes the figure that a script made, which is none of pyplot.

    Args:
        block: The part of the script that ran.
        variables: What sphinx-gallery knows of the script, with the names that it has made.
        settings: Those of sphinx-gallery.

    Returns:
        The image in reStructuredText.
    """
    script = Path(variables["src_file"])
    words = _alternative(Path(settings["src_dir"]).parent, script.stem)
    made = variables["example_globals"].values()
    figures = [value for value in made if isinstance(value, Figure)]
    shown = []
    for figure, path in zip(figures, variables["image_path_iterator"], strict=False):
        figure.savefig(path, dpi=160, bbox_inches="tight")
        shown.append(figure_rst([path], settings["src_dir"], fig_titles=words))
    return "\n".join(shown)


def _script(root: Path, stem: str) -> str:
    record = read(root / "experiments" / stem, stem)
    question, _, rest = docstring(stem).partition("\n")
    head = [title(converted(question.rstrip("."))), converted(rest.strip()), ""]
    head += [*_about(root, stem, record), "", f".. drawn from {_digest(root, stem)}", ""]
    below = "\n".join([*_claims(stem, record), *_files(root, stem)])
    text = [f"# {line}".rstrip() for line in below.splitlines()]
    return "\n".join([f'r"""{"\n".join(head)}"""\n', _CODE.format(stem=stem), "# %%", *text, ""])


def _about(root: Path, stem: str, record: Record) -> Iterator[str]:
    """The pages that explain the record, the commands, and how long it took."""
    run, cores = record.run, record.run["cores"]
    pages = "; ".join(f":doc:`/{page}`" for page in _pages(root, stem))
    spent = f"{run['wall_seconds']:,.0f} seconds on {cores} core{'s' if cores > 1 else ''}"
    machine = f"{spent}, {run['environment']['backend']}"
    yield f"- Drawn by ``noflat figure {stem}`` or ``python -m noflat.figures.{stem}``."
    yield f"- Run again by ``noflat run {stem}`` or ``make {stem}``. The record took {machine};"
    yield "  its settings and versions are in ``run.json`` below. Code:"
    yield f"  :mod:`noflat.experiments.{stem}`."
    if pages:
        yield f"- Explained in {pages}."


def _claims(stem: str, record: Record) -> list[str]:
    rows = verdicts(stem, record)
    held = sum(row["verdict"] == "pass" for row in rows)
    lines = [title("Claims", "-"), f"{held} of {len(rows)} hold.", "", ".. list-table::"]
    lines += ["   :header-rows: 1", f"   :widths: {' '.join(map(str, _COLUMNS.values()))}", ""]
    for cells in [{name: name for name in _COLUMNS}, *rows]:
        told = [_plain(str(cells[name])) for name in _COLUMNS]
        lines += [f"   {'  ' if place else '* '}- {cell}" for place, cell in enumerate(told)]
    return [*lines, ""]


def _files(root: Path, stem: str) -> list[str]:
    """The files of the record, to be downloaded."""
    folder = root / "experiments" / stem
    paths = [*folder.glob("*.*"), *folder.glob("certificates/*.json")]
    files = [
        path.relative_to(folder).as_posix()
        for path in sorted(paths)
        if path.suffix in (".csv", ".json", ".parquet")
    ]
    links = [f":download:`{name} </../experiments/{stem}/{name}>`" for name in files]
    return [title("Record", "-"), ", ".join(links), ""]


def _pages(root: Path, stem: str) -> list[str]:
    """The pages that show the figure or link to the record, the one of the same name first."""
    found = []
    for path in sorted((root / "docs").glob("*.md"), key=lambda path: (path.stem != stem, path)):
        text = path.read_text(encoding="utf-8")
        if path.stem == stem or re.search(rf"(?:paper_figures|experiments)/{stem}\b", text):
            found.append(path.stem)
    return found


def _alternative(root: Path, stem: str) -> str:
    """What a page says in place of the figure."""
    for path in [root / "README.md", *sorted((root / "docs").glob("*.md"))]:
        found = re.search(_ALT.format(stem), path.read_text(encoding="utf-8"))
        if found:
            return " ".join(found[1].split())
    return f"The figure of {stem}."


def _digest(root: Path, stem: str) -> str:
    """Changes with the record and with the code that draws, so that the figure is drawn again."""
    record = sorted((root / "experiments" / stem).glob("*.*"))
    code = sorted((PACKAGE / "figures").glob("*.py"))
    data = b"".join(path.read_bytes() for path in [*record, *code])
    return hashlib.sha256(data).hexdigest()


def _plain(text: str) -> str:
    """Text in which no sign is a mark."""
    return re.sub(r"([\\*`_|<>])", r"\\\1", text)
