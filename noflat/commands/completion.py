"""Scripts that let a shell complete `noflat`: its subcommands, their flags, choices and names."""

import argparse
from collections.abc import Iterable, Iterator
from shlex import quote
from typing import NamedTuple

from noflat.experiments.__main__ import stems


class _Flag(NamedTuple):
    """A flag as it is typed, the words that may follow it, and whether anything does."""

    name: str
    choices: tuple[str, ...]
    takes: bool


class _Subcommand(NamedTuple):
    """A subcommand, in a line what it does, the words it takes, and its flags."""

    name: str
    line: str
    words: tuple[str, ...]
    flags: tuple[_Flag, ...]


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """A script to be sourced by a shell.

    Args:
        shell: One of bash, zsh, fish.
        parser: The command line, with a subcommand for each thing to do.

    Returns:
        The script. A file name is completed wherever no word of it fits.
    """
    subcommands = list(_subcommands(parser))
    if shell == "fish":
        return _fish(parser.prog, subcommands, list(_flags(parser)))
    load = "autoload -U +X bashcompinit && bashcompinit\n" if shell == "zsh" else ""
    return load + _bash(parser.prog, subcommands, list(_flags(parser)))


def _subcommands(parser: argparse.ArgumentParser) -> Iterator[_Subcommand]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, flags in action.choices.items():
                yield _Subcommand(
                    name, flags.description or "", tuple(_words(flags)), tuple(_flags(flags))
                )


def _words(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if not action.option_strings:
            yield from stems() if action.dest == "names" else map(str, action.choices or ())


def _flags(parser: argparse.ArgumentParser) -> Iterator[_Flag]:
    for action in parser._actions:
        if action.option_strings:
            choices = tuple(map(str, action.choices or ()))
            yield _Flag(action.option_strings[-1], choices, action.nargs != 0)


def _bash(command: str, subcommands: list[_Subcommand], flags: list[_Flag]) -> str:
    """The case that fits first decides which words are offered; with none, bash offers files."""
    after, first = [], []
    for subcommand in subcommands:
        for flag in subcommand.flags:
            if flag.takes:
                words = " ".join(flag.choices)
                after.append(f"    '{subcommand.name} {flag.name}') words='{words}' ;;")
        words = _offered(subcommand.words, subcommand.flags)
        first.append(f"    '{subcommand.name} '*) {words} ;;")
    return "\n".join(
        [
            f"_{command}() {{",
            '  local word="${COMP_WORDS[COMP_CWORD]}" words=""',
            '  case "${COMP_WORDS[1]} ${COMP_WORDS[COMP_CWORD-1]}" in',
            *after,
            *first,
            "  esac",
            f"  if ((COMP_CWORD == 1)); then {_offered([s.name for s in subcommands], flags)}; fi",
            '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
            "}",
            f"complete -o default -F _{command} {command}",
            "",
        ]
    )


def _offered(words: Iterable[str], flags: Iterable[_Flag]) -> str:
    """Flags where a word begins with a hyphen, else the others."""
    names = " ".join(flag.name for flag in flags)
    return f"words='{' '.join(words)}'; [[ $word == -* ]] && words='{names}'"


def _fish(command: str, subcommands: list[_Subcommand], flags: list[_Flag]) -> str:
    """A line per word and flag, each with the subcommand after which it is offered."""
    first = f"complete -c {command} -n __fish_use_subcommand"
    lines = [f"{first}{_typed(flag)}" for flag in flags]
    for subcommand in subcommands:
        lines.append(f"{first} -f -a {subcommand.name} -d {quote(subcommand.line)}")
        after = f"complete -c {command} -n '__fish_seen_subcommand_from {subcommand.name}'"
        if subcommand.words:
            lines.append(f"{after} -f -a '{' '.join(subcommand.words)}'")
        lines += [f"{after}{_typed(flag)}" for flag in subcommand.flags]
    return "\n".join([*lines, ""])


def _typed(flag: _Flag) -> str:
    """A flag for fish: alone, with words to choose from, or with a file."""
    values = f" -x -a '{' '.join(flag.choices)}'" if flag.choices else " -r"
    return f" -l {flag.name.removeprefix('--')}{values if flag.takes else ''}"
