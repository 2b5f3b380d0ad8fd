"""Every page: its Python runs, its commands are commands, and what both print is what it shows.

A page that tells its reader to write files is a guide, and is followed word by word in a copy of
the repository.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from page_commands import block_commands, check, sentence_commands
from pages import PAGES, ROOT, blocks, check_commands, edit, environment, make_edit, shows_output

import noflat

RUN_PAGE = Path(__file__).with_name("run_page.py")
SOURCES = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in PAGES}
GUIDES = [name for name, text in SOURCES.items() if any(map(edit, blocks(text)))]
COPIED = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "conftest.py",
    "docs",
    "experiments",
    "pyproject.toml",
)
"""What a guide may change or a test of it read, besides the package and its tests."""


def runs(block):
    return (block.kind == "python" and not edit(block)) or shows_output(block)


@pytest.mark.parametrize(
    "name",
    [name for name in SOURCES if name not in GUIDES and any(map(runs, blocks(SOURCES[name])))],
)
def test_a_page_prints_what_it_shows(name, tmp_path):
    variables = environment(tmp_path)
    (tmp_path / "experiments").symlink_to(ROOT / "experiments")
    run_page(name, tmp_path, variables)  # first: commands read what it saves
    for block in filter(shows_output, blocks(SOURCES[name])):
        check_commands(block, tmp_path, variables)


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_can_be_followed(name, tmp_path):
    copy = tmp_path / "noflat"
    copy.mkdir()
    shutil.copytree(Path(noflat.__file__).parent, copy / "noflat")
    shutil.copytree(ROOT / "tests", copy / "tests")
    for part in COPIED:
        whole = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        whole(ROOT / part, copy / part)
    variables = environment(tmp_path, PYTHONPATH=str(copy))
    for block in blocks(SOURCES[name]):
        change = edit(block)
        if change:
            make_edit(change, copy)
        elif shows_output(block):
            check_commands(block, copy, variables)
    run_page(name, copy, variables)


def run_page(name, folder, variables):
    """Runs the Python of a page, which must print what it shows."""
    done = subprocess.run(
        [sys.executable, "-W", "error", RUN_PAGE, ROOT / name],
        capture_output=True,
        text=True,
        cwd=folder,
        env=variables,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", SOURCES)
def test_every_command_is_understood(name):
    for command in block_commands(SOURCES[name]):
        check(command)
    for command in sentence_commands(SOURCES[name]):
        check(command, whole=False)
