"""Whether a command that a page names is one: its program, its subcommand, its flags and names."""

import contextlib
import importlib
import re
import shlex
from pathlib import Path

import pages

from noflat import activation, cli
from noflat.conventions import convention
from noflat.experiments.__main__ import stems
from noflat.report.markdown import prose
from noflat.targets import polynomial

ROOT = pages.ROOT
OTHERS = {"cd", "echo", "git", "head", "ls", "sbatch", "sed", "source", "squeue", "tail", "wait"}
"""Programs that are not of this project, and whose words are not looked at."""
PARSER = cli.parser()
SUBCOMMANDS = next(a.choices for a in PARSER._actions if isinstance(a.choices, dict))


def block_commands(text):
    """The commands of the blocks for the shell, but those that are run."""
    for block in pages.blocks(text):
        if block.kind == "console" and not pages.shows_output(block):
            yield from (command for command, _ in pages.commands(block))
        elif not block.kind:
            yield from block.text.splitlines()


def sentence_commands(text):
    """The commands in the sentences of a page; they may lack what follows them."""
    for span in re.findall(r"`([^`]+)`", prose(text)):
        words = " ".join(span.split())
        if re.match(r"make |noflat |python (-m|benchmarks)|pip install ", words):
            yield words


def check(command, *, whole=True):
    """Refuses a command that would not be understood, or if it is not whole, what there is of it.

    Raises:
        AssertionError: If a name in it is wrong.
        SystemExit: If a command line of this project refuses it.
    """
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    part, file = [], False
    for word in [*lexer, ";"]:
        if set(word) <= set("|;&()<>"):
            file = word[-1] in "<>"  # of a redirection; `<(` begins a command
            if not file:
                _check_words([w for w in part if not re.match(r"[A-Z_]+=", w)], whole)
                part = []
        elif not file:
            part.append(word)
        else:
            file = False


def _check_words(words, whole):
    if not words or set(words) & {"..."} or any(_placeholder(word) for word in words):
        return
    program, *rest = words
    program = Path(program).name
    if program == "make":
        _check_make(rest)
    elif program == "noflat" and not whole and rest[0] != "run":
        _check_flags(rest)
    elif program == "noflat":
        _check_noflat(rest)
    elif program == "pip":
        _check_pip(rest)
    elif program in ("python", "python3"):
        _check_python(rest)
    else:
        assert program in OTHERS, f"nothing checks {program}: {words}"


def _placeholder(word):
    return re.search(r"\b[A-Z]{2,}\b", word) and not Path(ROOT / word).exists()


def _check_make(words):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z][\w-]*):", makefile, flags=re.MULTILINE)
    for word in words:
        environment = re.fullmatch(r"\.venv/installed-(\w+)", word)
        if environment:
            _check_pip([f"[{environment[1]}]"])
            continue
        assert word.startswith("-") or word in targets or word in stems(), f"make {word}"


def _check_pip(words):
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for extra in re.findall(r"\[([\w,]+)\]", " ".join(words)):
        for name in extra.split(","):
            assert re.search(rf"^{name} = \[", project, flags=re.MULTILINE), f"the extra {name}"


def _check_python(words):
    if words[0] != "-m":
        assert (ROOT / words[0]).is_file(), words[0]
        return
    module, rest = words[1], words[2:]
    if module == "noflat.cli":
        _check_noflat(rest)
    elif module == "noflat.experiments":
        _check_noflat(["run", *rest])
    elif module.startswith("noflat.experiments."):
        assert rest.count("--out") < 2
        _asked_of(module.rpartition(".")[2], rest)
    elif module.startswith("noflat.figures."):
        name = module.rpartition(".")[2]
        assert name in stems(), name
        _check_noflat(["figure", name, *rest])
    elif module == "pytest":
        for word in rest:
            file, _, test = word.partition("::")
            if "/" in file:
                assert (ROOT / file).exists(), file
                assert f"\ndef {test}" in (ROOT / file).read_text(encoding="utf-8"), word
    else:
        assert module in ("pip", "venv"), f"nothing checks python -m {module}"


def _check_noflat(words):
    with contextlib.suppress(Understood):
        if words[0] == "run":
            _check_run(words[1:])
            return
        with _help_is_fine():
            asked = cli.parser(words[:1]).parse_args(words)
            if asked.command == "bounds":
                polynomial(asked.expression)
                assert [activation(name) for name in asked.activation]
                assert all(convention(name) for name in asked.convention)
            if asked.command == "figure":
                assert all(name in stems() for name in asked.names), words


def _check_flags(words):
    """That there is such a subcommand, with such flags."""
    named = SUBCOMMANDS[words[0]] if words[0] in SUBCOMMANDS else PARSER
    for word in words[named is not PARSER :]:
        assert word in named._option_string_actions or not word.startswith("-"), words


class Understood(Exception):
    """A command line that only asks for help."""


@contextlib.contextmanager
def _help_is_fine():
    try:
        yield
    except SystemExit as ended:
        if ended.code:
            raise
        raise Understood from None


def _check_run(words):
    names = [word for word in words if word in stems()]
    if len(names) == 1 and words[0] == names[0]:
        _asked_of(names[0], words[1:])
    else:
        with _help_is_fine():
            importlib.import_module("noflat.experiments.__main__")._asked(words, "noflat run")


def _asked_of(name, words):
    """Reads the flags of an experiment."""
    assert name in stems(), name
    module = importlib.import_module(f"noflat.experiments.{name}")
    read = module.EXPERIMENT._asked if hasattr(module, "EXPERIMENT") else module.settings_from
    with _help_is_fine():
        read(words)
