"""Every page: its Python runs, its commands are commands, and what both print is what it shows."""

import subprocess
import sys
from pathlib import Path

import pytest
from page_commands import check, named_commands
from pages import PAGES, ROOT, blocks, check_commands, edit, environment, make_edit, shows_output

SESSION = Path(__file__).with_name("session.py")
SOURCES = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in PAGES}


def with_any(wanted):
    """The names of the pages with a block of that kind."""
    return [name for name, text in SOURCES.items() if any(map(wanted, blocks(text)))]


def is_guide(text):
    return any(map(edit, blocks(text)))


@pytest.mark.parametrize(
    "name", with_any(lambda block: block.kind == "python" and not edit(block))
)
def test_python_runs_and_prints_what_is_shown(name, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", SESSION, ROOT / name],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(tmp_path),
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", SOURCES)
def test_every_command_is_understood(name):
    for command in named_commands(SOURCES[name]):
        check(command)
