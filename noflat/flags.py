"""What every command line here shares: a parser, one line for what is wrong, and exit statuses."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

REFUSED = 1
WRONG = 2
INTERRUPTED = 130
CLOSED = 141

EXIT_STATUSES = """\
exit status:
  0    done
  1    what was checked does not hold: a certificate, or the sums of this JAX
  2    what was asked for is wrong: a name, a flag, a missing record or file, a folder
  130  interrupted
  141  the output is no longer read, as by `head`"""
"""What these numbers say, as `noflat --help` says it."""


class Parser(argparse.ArgumentParser):
    """An argument parser that takes flags in full only, and says what is wrong in one line."""

    missing = ""
    """What is said besides where an argument is missing."""

    def __init__(self, **settings: Any) -> None:
        """Takes what `argparse.ArgumentParser` takes."""
        super().__init__(**{"allow_abbrev": False, **settings})

    def error(self, message: str) -> NoReturn:
        """Exits with status 2 and one line."""
        if message.startswith("the following arguments are required"):
            message += self.missing
        stop(self.prog, f"{message} (see --help)")


def stop(command: str, problem: object, status: int = WRONG) -> NoReturn:
    """Ends the program with one line on the standard error.

    Args:
        command: What was called.
        problem: What is wrong, and what to do.
        status: The exit status.

    Raises:
        SystemExit: Always.
    """
    sys.stderr.write(f"{command}: error: {problem}\n")
    sys.exit(status)


def interrupted(command: str, kept: str) -> NoReturn:
    """Ends the program after an interrupt, with one line on the standard error.

    Args:
        command: What was called.
        kept: What is kept of what was done.

    Raises:
        SystemExit: Always, with status 130.
    """
    sys.stderr.write(f"{command}: interrupted; {kept}\n")
    sys.exit(INTERRUPTED)


@contextmanager
def interruptible(command: str) -> Iterator[None]:
    """Ends the program with one line and status 130 where an interrupt comes through.

    Args:
        command: What was called.

    Yields:
        Nothing.
    """
    try:
        yield
    except KeyboardInterrupt:
        interrupted(command, "nothing more is written")


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Says that there is no such name, and which ones are near it, or else which there are.

    Args:
        kind: What it would be the name of.
        name: What was asked for.
        known: The names there are.

    Returns:
        One line.

    Example:
        >>> unknown("experiment", "multipyl", ["depth", "multiply"])
        "no experiment is called 'multipyl': did you mean multiply?"
        >>> unknown("experiment", "xyz", ["depth", "multiply"])
        "no experiment is called 'xyz': there are depth, multiply"
    """
    from difflib import get_close_matches  # only where something is wrong already

    names = list(known)
    near = get_close_matches(name.lower(), names)
    said = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(names)}"
    return f"no {kind} is called {name!r}: {said}"
