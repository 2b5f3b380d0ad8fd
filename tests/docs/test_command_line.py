"""The page on the command line: examples print what is shown, tables are those of the code."""

import doctest
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

from pages import Page

from noflat import cli
from noflat.flags import EXIT_STATUSES

ROOT = Path(__file__).parents[2]
PAGE = Page("command_line")
EXAMPLES = [
    (command, shown)
    for block in re.findall(r"```console\n(.*?)```", PAGE.text, flags=re.DOTALL)
    for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, flags=re.MULTILINE)
]


def test_examples_print_what_is_shown(tmp_path):
    shim = tmp_path / "bin" / "noflat"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m noflat.cli "$@"\n')
    shim.chmod(0o755)
    (tmp_path / "experiments").symlink_to(ROOT / "experiments")
    colors = ("NO_COLOR", "FORCE_COLOR")
    environment = {name: text for name, text in os.environ.items() if name not in colors}
    environment |= {"PATH": f"{shim.parent}:{os.environ['PATH']}", "COLUMNS": "80"}
    for command, shown in EXAMPLES:
        if "noflat report" in command and importlib.util.find_spec("noflat.report") is None:
            continue
        done = subprocess.run(
            ["bash", "-c", command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=tmp_path,
            env=environment,
            check=False,
        )
        said = "".join(f"{line.rstrip()}\n" for line in done.stdout.lstrip("\n").splitlines())
        alike = doctest.OutputChecker().check_output(shown, said, doctest.ELLIPSIS)
        assert alike, f"$ {command}\n{said}"


def test_every_subcommand_has_a_row_a_section_and_an_example():
    told = re.findall(r"^\| \[`(\w+)`\]\(#\1\) \|", PAGE.text, flags=re.MULTILINE)
    assert told == list(cli.SUBCOMMANDS)
    assert re.findall(r"^## (\w+)$", PAGE.text, flags=re.MULTILINE)[: len(told)] == told
    for name in told:
        assert any(f"noflat {name}" in command for command, _ in EXAMPLES), name


def test_exit_statuses_are_those_of_help():
    said = dict(line.split(maxsplit=1) for line in EXIT_STATUSES.splitlines()[1:])
    assert {status: meaning for status, meaning, _ in PAGE.table("## Exit status")} == said
