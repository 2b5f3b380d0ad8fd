"""The command line: what each subcommand prints, what it says of a mistake, and its status."""

import json
import os
import pty
import re
import subprocess
import sys
import types
import webbrowser
from importlib.metadata import version
from pathlib import Path

import pytest
from called import RECORDS, run

from noflat import cli
from noflat.certificates import lower_bound
from noflat.experiments import depth
from noflat.experiments.__main__ import stems
from noflat.flags import EXIT_STATUSES
from noflat.targets import product

COMMAND = [sys.executable, "-m", "noflat.cli"]
# what a color is told by; other codes make text bold or move the cursor
COLOR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-9]|4[0-9]|9[0-7]|10[0-7])[;m]")


def environment(**variables):
    """Without what a user says about colors."""
    said = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "TTY_COMPATIBLE", "COLUMNS")
    return {name: text for name, text in os.environ.items() if name not in said} | variables


@pytest.mark.parametrize("words", [[], *([name] for name in cli.SUBCOMMANDS)])
def test_help_waits_for_nothing(words):
    program = (
        "import sys; from noflat import cli\n"
        "try: cli.main(sys.argv[1:])\nexcept SystemExit as end: assert not end.code\n"
        "slow = {'jax', 'numpy', 'scipy', 'flint', 'matplotlib', 'rich', 'importlib.metadata'}\n"
        "assert not slow & set(sys.modules), slow & set(sys.modules)"
    )
    command = [sys.executable, "-c", program, *words, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: {' '.join(['noflat', *words])} [-h]")


def test_help_lists_all_subcommands_and_exit_statuses(capsys):
    assert run("--help") == 0
    said = capsys.readouterr().out
    assert EXIT_STATUSES in said
    for name in cli.SUBCOMMANDS:
        assert re.search(rf"^    {name}\b", said, flags=re.MULTILINE)


def test_the_version(capsys):
    assert run("--version") == 0
    assert capsys.readouterr().out == f"noflat {version('noflat')}\n"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "noflat: error: name a subcommand, of bounds, verify, list, run, "),
        (["verfy"], "noflat: error: no subcommand is called 'verfy': did you mean verify?"),
        (["--bogus"], "noflat: error: "),
        (["doctor", "--bogus"], "noflat: error: unrecognized arguments: --bogus"),
        (["bounds"], "noflat bounds: error: the following arguments are required: EXPRESSION"),
        (
            ["bounds", "-x*y"],
            "noflat bounds: error: the following arguments are required: "
            "EXPRESSION; one that begins with a minus comes last, after -- (see --help)",
        ),
        (["verify"], "noflat verify: error: the following arguments are required: FILE"),
        (["verify", "/dev/null"], "noflat verify: error: /dev/null is no file that is on a disk"),
        *(
            ([*words, "n" * 300], f"noflat {words[0]}: error: {'n' * 300}")
            for words in (["verify"], ["list", "--records"], ["report"])
        ),
        (["list", "--records", "/nowhere"], "noflat list: error: there is no folder /nowhere"),
        (["run", "dept"], "noflat run: error: no experiment is called 'dept': did you mean depth?"),
        (["run", "--size", "huge"], "noflat run: error: argument --size: invalid choice: 'huge'"),
        (["run", "depth", "--near", "3"], "noflat run depth: error: `near` takes"),
        (["run", "depth", "--out"], "noflat run depth: error: argument --out: expected one"),
        (["run", "depth", "--sizes", "2"], "noflat run depth: error: unrecognized arguments"),
        (["run", "multiply", "--inputs", "9"], "noflat run multiply: error: --inputs takes"),
        (
            ["run", "linear", "--out", "/dev/null/x"],
            "noflat run linear: error: `out` /dev/null/x/linear cannot",
        ),
        *(
            ([*words, "--out", "/dev/null/x"], f"noflat run {words[1]}: error: `out` /dev/null/x/")
            for words in (["run", "multiply"], ["run", "polynomials"], ["run", "threshold"])
        ),
        (["run", "--verdicts", "--out", "/nowhere"], "noflat run: error: `out` /nowhere has no"),
        (["figure"], "noflat figure: error: name experiments, or give --all (see noflat list)"),
        (["figure", "depth", "--all"], "noflat figure: error: name experiments, or give --all"),
        (["figure", "dept"], "noflat figure: error: no experiment is called 'dept': did you mean"),
        (
            ["figure", "depth", "--records", "/nowhere"],
            "noflat figure: error: there is no record in /nowhere/depth: write it with `noflat run",
        ),
        (
            ["figure", "depth", "--records", RECORDS, "--out", "/dev/null/x"],
            "noflat figure: error: `out` /dev/null/x cannot be written to",
        ),
        (
            ["completion", "tcsh"],
            "noflat completion: error: argument shell: invalid choice: 'tcsh'",
        ),
    ],
)
def test_a_mistake_is_one_line_and_status_2(words, line, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(*words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    (said,) = shown.err.splitlines()
    assert said.startswith(line)


def test_verify_refuses(capsys, tmp_path):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    lower_bound(product(3), "exp").save(good)
    bad.write_text(good.read_text().replace('"neurons": 8', '"neurons": 9'))
    assert run("verify", str(good)) == 0
    capsys.readouterr()
    assert run("verify", str(good), str(bad)) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert "good.json: accepted: one hidden layer of exp" in first
    assert "bad.json: refused: digest" in second
    # what is no file was not checked, and the others are
    assert run("verify", str(tmp_path / "none.json"), str(tmp_path), str(good), str(bad)) == 2
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [first, second]
    none, folder = shown.err.splitlines()
    assert none == f"noflat verify: error: no file {tmp_path / 'none.json'}"
    assert folder == f"noflat verify: error: {tmp_path} is a folder: name files"


def test_verify_loads_none_of_the_makers(tmp_path):
    path = tmp_path / "certificate.json"
    lower_bound(product(3), "exp").save(path)
    program = (
        "import sys; from noflat import cli\n"
        "try: cli.main(['verify', sys.argv[1]])\nexcept SystemExit as end: assert end.code == 0\n"
        "loaded = [m for m in sys.modules if m.startswith('noflat.')]\n"
        "checker = 'noflat.certificates.checker'\n"
        "allowed = ('noflat.cli', 'noflat.flags', 'noflat.certificates',"
        " 'noflat.figures', 'noflat.figures._flags')\n"
        "assert all(m in allowed or m.startswith(checker) for m in loaded), loaded\n"
        "assert not {'jax', 'numpy', 'sympy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=True, capture_output=True)


def test_list_says_what_the_records_say(capsys, tmp_path):
    assert run("list", "--records", RECORDS, str(tmp_path), "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["experiment"] for row in rows] == stems()
    assert all(row["records"][RECORDS]["claims"] > 0 for row in rows)
    assert all(row["records"][str(tmp_path)] is None for row in rows)
    assert run("list", "--records", str(tmp_path)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{'experiment':20}claims that hold  question")
    assert len(lines) == 1 + len(rows)
    assert all("no record" in line for line in lines[1:])


@pytest.mark.parametrize("word", ["list", "run"])
def test_a_list_without_records_says_so_once(word, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(word) == 0
    head, *lines, empty, last = capsys.readouterr().out.splitlines()
    assert head.split() == ["experiment", "question"]
    assert [line.split()[0] for line in lines] == stems()
    assert (empty, last[:35]) == ("", "There is no folder experiments here")


def test_run_hands_the_words_on(monkeypatch, capsys, tmp_path):
    asked = []
    monkeypatch.setattr(depth, "main", lambda words, prog: asked.append((words, prog)))
    assert run("run", "depth", "--near", "4", "6", "--out", str(tmp_path)) == 0
    words = ["--near", "4", "6", "--out", str(tmp_path / "depth")]
    assert asked == [(words, "noflat run depth")]
    assert run("run", "--verdicts", "--out", RECORDS) == 0
    passed = (Path(RECORDS) / "verdicts.csv").read_text().count(",pass,")
    assert f"{passed} of " in capsys.readouterr().out


def test_an_experiment_tells_its_own_flags(capsys):
    assert run("run", "depth", "--help") == 0
    said = capsys.readouterr().out
    assert said.startswith("usage: noflat run depth [-h]")
    assert "--near NEAR" in said


def test_run_alone_lists(capsys):
    assert run("run") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + len(stems())


@pytest.mark.parametrize(
    ("words", "package", "extra"),
    [(["figure", "depth"], "matplotlib", "figures"), (["report", RECORDS], "altair", "report")],
)
def test_a_missing_extra_is_one_line(words, package, extra, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    loaded = [m for m in sys.modules if m.startswith(("noflat.figures", "noflat.report"))]
    for module in loaded:  # what is imported here is not to stay in the packages
        parent, _, name = module.rpartition(".")
        monkeypatch.setattr(sys.modules[parent], name, sys.modules[module])
    for module in loaded:
        monkeypatch.delitem(sys.modules, module)
    assert run(*words) == 2
    line = f"noflat {words[0]}: error: {package} is not installed: pip install 'noflat[{extra}]'\n"
    assert capsys.readouterr().err == line


def test_a_missing_module_of_noflat_is_no_missing_extra():
    with pytest.raises(ModuleNotFoundError, match="noflat.nothing"):
        with cli._extra("figures", "noflat figure"):
            __import__("noflat.nothing")


@pytest.fixture
def written(monkeypatch):
    """A stand-in for what writes the report: the folders and files it was asked for."""
    asked = []

    def write_report(folder, out):
        if not folder.is_dir():
            raise ValueError(f"there is no folder {folder}")
        asked.append((folder, out))

    module = types.ModuleType("noflat.report")
    module.write_report = write_report
    monkeypatch.setitem(sys.modules, "noflat.report", module)
    return asked


def test_report(written, capsys, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    out = tmp_path / "page.html"
    assert run("report", RECORDS) == 0
    assert run("report", RECORDS, "--out", str(out), "--open") == 0
    assert written == [(Path(RECORDS), Path("report.html")), (Path(RECORDS), out)]
    assert opened == [out.as_uri()]
    shown = capsys.readouterr()
    assert shown.out.splitlines()[1] == f"written: {out}"
    assert shown.err == f"noflat report: no browser opened; open {out} in yours\n"
    assert run("report", str(tmp_path / "none")) == 2
    assert capsys.readouterr().err.startswith("noflat report: error: there is no folder")


def test_doctor_tells_by_its_status(monkeypatch, capsys):
    assert run("doctor") == 0
    assert "jaxlib" in capsys.readouterr().out
    monkeypatch.setattr("noflat.doctor.miscompile_self_test", lambda: 7)
    assert str(run("doctor")).startswith("jaxlib")  # which Python prints, and exits with 1


def test_an_interrupt_is_one_line_and_status_130(monkeypatch, capsys):
    def stopped():
        raise KeyboardInterrupt

    monkeypatch.setattr("noflat.doctor.main", stopped)
    assert run("doctor") == 130
    assert capsys.readouterr().err == "noflat doctor: interrupted; nothing more is written\n"


@pytest.mark.parametrize("words", [["list"], ["--version"]])
def test_a_closed_pipe_is_no_traceback(words):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, *words], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk here that is full")
def test_a_full_disk_is_one_line():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "list"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr == "noflat list: error: the output: No space left on device\n"


BOUNDS = ["bounds", "x*y", "--activation", "exp", "--convention", "bias_free"]


@pytest.mark.parametrize(
    "words",
    [
        BOUNDS,
        ["bounds", "x*y*("],
        ["verify", "none.json"],
        ["list"],
        ["run", "--verdicts", "--out", RECORDS],
        ["figure", "none"],
        ["report", "none"],
        ["doctor"],
        ["completion", "bash"],
        ["--help"],
    ],
)
def test_no_codes_where_no_terminal_is(words):
    done = subprocess.run([*COMMAND, *words], capture_output=True, check=False, env=environment())
    assert done.stdout + done.stderr
    assert b"\x1b" not in done.stdout + done.stderr


def on_a_terminal(words, **variables):
    """What a terminal gets to show."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *words],
        stdout=theirs,
        stderr=theirs,
        env=environment(TERM="xterm-256color", **variables),
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # how Linux says that the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait() == 0
    return shown.decode()


def test_colors_on_a_terminal_unless_unwanted():
    assert COLOR.search(on_a_terminal(BOUNDS))
    shown = on_a_terminal(BOUNDS, NO_COLOR="1")
    assert "bias_free" in shown
    assert not COLOR.search(shown)


def test_colors_without_a_terminal_where_asked_for():
    done = subprocess.run(
        [*COMMAND, *BOUNDS],
        capture_output=True,
        text=True,
        check=True,
        env=environment(FORCE_COLOR="1", TERM="xterm-256color"),
    )
    assert COLOR.search(done.stdout + done.stderr)
