"""Pages that are written by a program: only what changed, and nothing that is left over."""

from collections.abc import Mapping
from pathlib import Path


def write_pages(folder: Path, pages: Mapping[str, str]) -> None:
    """Makes a folder hold just these pages; those that are the same are not touched.

    Args:
        folder: Where to.
        pages: Texts by their paths in the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {folder / name: text for name, text in pages.items()}
    for path in folder.rglob("*"):
        if path.is_file() and path not in wanted:
            path.unlink()
    for path, text in wanted.items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def title(text: str, sign: str = "=") -> str:
    """A heading in reStructuredText."""
    return f"{text}\n{sign * len(text)}\n"
