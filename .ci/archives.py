"""Checks the archives of a release: each holds the files of the repository that it should, only."""

import argparse
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from html.parser import HTMLParser
from pathlib import Path

from markdown_it import MarkdownIt

DIST_INFO = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")


def tracked(root: Path) -> set[str]:
    """The files of the repository."""
    run = ["git", "-C", str(root), "ls-files", "-z"]
    listed = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    return set(listed.split("\0")) - {""}


def wheel_files(files: set[str], stem: str) -> set[str]:
    """What the wheel should hold: the package, the pages, and what an installer needs."""
    package = {name for name in files if name.startswith("noflat/")}
    pages = {f"noflat/{name}" for name in files if re.fullmatch(r"docs/[^/]+\.md", name)}
    return package | pages | {f"{stem}.dist-info/{name}" for name in DIST_INFO}


def sdist_files(files: set[str], stem: str) -> set[str]:
    """What the sdist should hold: everything, below one folder."""
    return {f"{stem}/{name}" for name in files | {"PKG-INFO"}}


def differences(archive: str, held: set[str], due: set[str]) -> list[str]:
    """What is missing from an archive, and what it should not hold."""
    return [
        *(f"{archive} lacks {name}" for name in sorted(due - held)),
        *(f"{archive} should not hold {name}" for name in sorted(held - due)),
    ]


class Addresses(HTMLParser):
    """Where the links and images of a page lead."""

    def __init__(self, html: str) -> None:
        """Reads the page."""
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Adds those of a tag."""
        self.found += [text or "" for name, text in attrs if name in ("href", "src", "srcset")]


def dead_links(description: str) -> list[str]:
    """Addresses in a description that lead nowhere once it is rendered far from its files."""
    html = MarkdownIt("commonmark").enable("table").render(description)
    found = Addresses(html).found
    return [f"the description links to {a}" for a in found if not a.startswith("https://")]


def faults(root: Path, dist: Path) -> list[str]:
    """All that is wrong with the archives of this version in a folder."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    stem = f"{project['name']}-{project['version']}"
    files = tracked(root)
    with tarfile.open(dist / f"{stem}.tar.gz") as sdist:
        held = {member.name for member in sdist if member.isfile()}
    found = differences("sdist", held, sdist_files(files, stem))
    with zipfile.ZipFile(dist / f"{stem}-py3-none-any.whl") as wheel:
        metadata = message_from_bytes(wheel.read(f"{stem}.dist-info/METADATA"))
        found += differences("wheel", set(wheel.namelist()), wheel_files(files, stem))
    return found + dead_links(str(metadata.get_payload()))


def main() -> None:
    """Prints what is wrong and ends with status 1, or says that nothing is."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("dist", type=Path, help="the folder of the archives")
    found = faults(Path(__file__).resolve().parents[1], flags.parse_args().dist)
    sys.stdout.writelines(f"{fault}\n" for fault in found or ["archives: as they should be"])
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
