"""The command, called as from a shell."""

from pathlib import Path

import pytest

from noflat import cli

RECORDS = str(Path(__file__).parents[2] / "experiments")


def run(*arguments):
    """The exit status of `noflat` with these words."""
    with pytest.raises(SystemExit) as ended:
        cli.main([*arguments])
    return ended.value.code
