"""What every command line shares: one line for what is wrong, and its status."""

import pytest

from noflat.flags import Parser, interrupted, interruptible, stop, unknown


@pytest.mark.parametrize(
    ("end", "line", "status"),
    [
        (lambda: stop("it", "this is wrong"), "it: error: this is wrong\n", 2),
        (lambda: stop("it", "this does not hold", 1), "it: error: this does not hold\n", 1),
        (lambda: interrupted("it", "all is kept"), "it: interrupted; all is kept\n", 130),
        (lambda: Parser(prog="it").parse_args(["x"]), "it: error: unrecognized arguments: x ", 2),
    ],
)
def test_an_end_is_one_line(end, line, status, capsys):
    with pytest.raises(SystemExit) as ended:
        end()
    assert ended.value.code == status
    said = capsys.readouterr().err
    assert said.startswith(line)
    assert said.count("\n") == 1


def test_an_interrupt_that_comes_through(capsys):
    with pytest.raises(SystemExit, match="130"), interruptible("it"):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == "it: interrupted; nothing more is written\n"


def test_flags_are_taken_in_full_only(capsys):
    flags = Parser(prog="it")
    flags.add_argument("--records")
    with pytest.raises(SystemExit, match="2"):
        flags.parse_args(["--rec", "x"])
    assert "unrecognized arguments: --rec x" in capsys.readouterr().err


def test_near_names_come_nearest_first():
    said = unknown("experiment", "Hamiltonien", ["depth", "hamiltonian", "hierarchy"])
    assert said == "no experiment is called 'Hamiltonien': did you mean hamiltonian?"
    assert unknown("shell", "xyz", ["bash", "fish"]).endswith("there are bash, fish")
