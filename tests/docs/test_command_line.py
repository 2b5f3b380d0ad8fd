"""The page on the command line: its tables are those of the code, and each row has an example."""

import re

from pages import Page, blocks, commands

from noflat import cli
from noflat.flags import EXIT_STATUSES

PAGE = Page("command_line")
EXAMPLES = [command for block in blocks(PAGE.text) for command, _ in commands(block)]


def test_every_subcommand_has_a_row_a_section_and_an_example():
    told = re.findall(r"^\| \[`(\w+)`\]\(#\1\) \|", PAGE.text, flags=re.MULTILINE)
    assert told == list(cli.SUBCOMMANDS)
    assert re.findall(r"^## (\w+)$", PAGE.text, flags=re.MULTILINE)[: len(told)] == told
    for name in told:
        assert any(f"noflat {name}" in command for command in EXAMPLES), name


def test_exit_statuses_are_those_of_help():
    said = dict(re.findall(r"^ +(\d+) +(.+)$", EXIT_STATUSES, flags=re.MULTILINE))
    assert {status: meaning for status, meaning, _ in PAGE.table("## Exit status")} == said
