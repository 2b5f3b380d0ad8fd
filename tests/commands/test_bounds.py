"""`noflat bounds`: what it prints, what it writes, and what it says of a mistake."""

import json

import pytest
from called import run

from noflat import load
from noflat.certificates import lower_bound
from noflat.targets import polynomial

BOUNDS = ("bounds", "x*y + z**2", "--activation", "exp", "--convention", "bias_free", "output_bias")


def test_an_interrupt_is_one_line(capsys, monkeypatch):
    def stopped(*arguments, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr("noflat.commands.bounds.bounds", stopped)
    assert run(*BOUNDS) == 130
    assert capsys.readouterr().err == "noflat bounds: interrupted; nothing was written\n"


def test_the_table(capsys):
    assert run(*BOUNDS) == 0
    out = capsys.readouterr().out
    assert "degree 2, 3 variables, 2 terms" in out
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines() if "bias" in line}
    assert rows["bias_free"][:4] == ["5", "5", "=", "5"]
    assert rows["output_bias"][:4] == ["4", "4", "=", "4"]
    assert all(len(line) <= 80 for line in out.splitlines())


def test_json_and_files(capsys, tmp_path):
    folder = tmp_path / "new" / "saved"
    assert run(*BOUNDS, "--json", "--save", str(folder)) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((folder / "bounds.json").read_text())
    target = polynomial("x*y + z**2")
    assert printed["degree"] == 2
    for row in printed["rows"]:
        if row["hidden_layers"] == 1:
            certificate = lower_bound(
                target, "exp", convention=row["convention"], sense=row["sense"]
            )
            assert (folder / row["certificate"]).read_text() == certificate.to_json()
            assert certificate.neurons == row["lower_bound"]
        assert load(folder / row["network"]).neurons == row["constructed"]
    # and `verify` takes what was written
    files = sorted(str(path) for path in (folder / "certificates").iterdir())
    assert run("verify", *files) == 0
    assert capsys.readouterr().out.count(": accepted: ") == len(files) == 4


def test_normal_inputs(capsys):
    assert run(*BOUNDS, "--inputs", "gaussian", "--error", "0.3") == 0
    out = capsys.readouterr().out
    assert "gaussian" in out
    assert "rms" in out


def test_a_network_that_exceeds_the_error_is_left_out(capsys):
    words = ("bounds", "x*y", "--activation", "exp", "--convention", "bias_free", "--json")
    for error, constructed in (("0.9", 4), ("1e-15", None)):
        assert run(*words, "--error", error) == 0
        rows = json.loads(capsys.readouterr().out)["rows"]
        assert {row["constructed"] for row in rows if row["hidden_layers"] == 1} == {constructed}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("bounds", "x*y*("), "`expression` ends"),
        (("bounds", "__import__('os')"), "`expression`"),
        (("bounds", " "), "the expression is empty"),
        (("bounds", "3"), "a constant, here 3, takes no neurons"),
        (("bounds", "x - x"), "a constant, here 0, takes no neurons"),
        (("bounds", "x + y"), "degree of at least 2"),
        (("bounds", "x*y", "--activation", "mish"), "`activation` must be one of"),
        (("bounds", "x*y", "--convention", "biased"), "`convention` must be"),
        (("bounds", "x*y", "--error", "1e9"), "`error` must be"),
        (("bounds", "x*y", "--error", "0"), "`error` must be"),
        (("bounds", "x*y", "--error", "1e-400"), "`error` must be"),
        (("bounds", "x*y", "--error", "1e-999999999"), "`error` must be"),
        (("bounds", ":cat:"), "in ':cat:'"),
        (("bounds", "x*y", "--save", "/dev/null/new"), "cannot be written to"),
        (("bounds", "x*y", "--save", "."), "is the current folder"),
        (("bounds", "x*y", "--save", "n" * 300), "File name too long"),
    ],
)
def test_a_mistake_is_one_line(capsys, arguments, message):
    assert run(*arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err
    assert shown.err.count("\n") == 1


def test_a_narrow_terminal_loses_no_digit(capsys, monkeypatch):
    def table():
        assert run(*BOUNDS) == 0
        return [line for line in capsys.readouterr().out.splitlines() if "bias" in line]

    wide = table()
    monkeypatch.setenv("COLUMNS", "20")
    assert table() == wide


def test_who_is_named_twice_is_asked_once(capsys):
    once = ("--activation", "exp", "--convention", "bias_free", "--json")
    twice = ("--activation", "exp", "exp", "--convention", "bias_free", "bias_free", "--json")
    assert run("bounds", "x*y", *once) == run("bounds", "x*y", *twice) == 0
    first, _, second = capsys.readouterr().out.partition("}\n{")
    assert first[1:].strip() == second[:-2].strip()


@pytest.mark.parametrize("words", [("--activation", "mish"), ("--error", "0")])
def test_a_mistake_leaves_no_folder(words, tmp_path):
    assert run("bounds", "x*y", *words, "--save", str(tmp_path / "a" / "b" / "c")) == 2
    assert [*tmp_path.iterdir()] == []


def test_a_link_is_followed(tmp_path):
    (tmp_path / "link").symlink_to("there")
    assert run(*BOUNDS, "--save", str(tmp_path / "link")) == 0
    assert (tmp_path / "there" / "bounds.json").is_file()


def test_a_folder_that_holds_something_is_left_alone(capsys, tmp_path):
    (tmp_path / "mine").write_text("kept")
    assert run(*BOUNDS, "--save", str(tmp_path)) == 2
    assert "exists already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
