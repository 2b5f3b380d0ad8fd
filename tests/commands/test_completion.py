"""Completion: each script, sourced by its shell, offers what the parser knows."""

import shutil
import subprocess

import pytest
from called import run

from noflat import cli
from noflat.commands.completion import script
from noflat.experiments.__main__ import stems

EXPECTED = [
    ("noflat ver", ["verify"]),
    ("noflat ", list(cli.SUBCOMMANDS)),
    ("noflat --v", ["--version"]),
    ("noflat run mul", ["multiply"]),
    ("noflat run multiply pol", ["polynomials"]),
    ("noflat run --size ", ["smoke", "default", "paper"]),
    ("noflat run depth --si", ["--size"]),
    ("noflat figure ", stems()),
    ("noflat bounds x*y --inputs ga", ["gaussian"]),
    ("noflat completion fi", ["fish"]),
]
FILES = ["noflat verify certi", "noflat report certi", "noflat run --out certi"]


def bash(line, folder):
    """What bash offers; nothing where it goes on to files."""
    program = (
        f'{script("bash", cli.parser())}\nread -ra COMP_WORDS <<< "$1"\n'
        '[[ $1 == *" " ]] && COMP_WORDS+=("")\n'
        'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _noflat; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    command = ["bash", "-c", program, "bash", line]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder).stdout


@pytest.mark.parametrize(("line", "offered"), EXPECTED)
def test_bash(line, offered, tmp_path):
    assert bash(line, tmp_path).split() == offered


@pytest.mark.parametrize("line", FILES)
def test_bash_goes_on_to_files(line, tmp_path):
    assert bash(line, tmp_path).split() == []
    assert "complete -o default -F _noflat noflat\n" in script("bash", cli.parser())


def test_zsh_takes_the_script_of_bash():
    loaded, rest = script("zsh", cli.parser()).split("\n", 1)
    assert loaded == "autoload -U +X bashcompinit && bashcompinit"
    assert rest == script("bash", cli.parser())


def fish(line, folder):
    """What fish offers, files among them."""
    program = f"{script('fish', cli.parser())}\ncomplete -C{line!r}"
    command = ["fish", "--no-config", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    return [found.partition("\t")[0] for found in done.stdout.splitlines()]


needs_fish = pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish here")


@needs_fish
@pytest.mark.parametrize(("line", "offered"), EXPECTED)
def test_fish(line, offered, tmp_path):
    assert sorted(fish(line, tmp_path)) == sorted(offered)


@needs_fish
@pytest.mark.parametrize("line", FILES)
def test_fish_goes_on_to_files(line, tmp_path):
    (tmp_path / "certificate.json").touch()
    assert fish(line, tmp_path) == ["certificate.json"]


def test_fish_has_a_line_per_flag():
    lines = script("fish", cli.parser()).splitlines()
    start = "complete -c noflat -n '__fish_seen_subcommand_from run'"
    assert f"{start} -f -a '{' '.join(stems())}'" in lines
    assert f"{start} -l size -x -a 'smoke default paper'" in lines
    assert f"{start} -l out -r" in lines
    assert f"{start} -l all" in lines


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_subcommand_prints_the_script(shell, capsys):
    assert run("completion", shell) == 0
    assert capsys.readouterr().out == script(shell, cli.parser())
