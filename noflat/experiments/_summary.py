"""The table of the README: each experiment, its question, and how many of its claims hold."""

from itertools import dropwhile
from pathlib import Path

from noflat.experiments.records import Row, write_whole

MARK = "<!-- verdicts: written by `make verdicts` -->"
"""What stands over the table."""


def summary(rows: list[Row], questions: dict[str, str]) -> str:
    """The verdicts of all experiments, a row each, as a table in Markdown.

    Args:
        rows: The table of all verdicts.
        questions: The first line of each experiment's docstring.

    Returns:
        The table; each experiment is linked to its page.

    Example:
        >>> from noflat.experiments._summary import summary
        >>> rows = [{"experiment": "depth", "verdict": word} for word in ("pass", "fail")]
        >>> print(summary(rows, {"depth": "What each layer saves."}).splitlines()[-1])
        | [depth](docs/depth.md) | What each layer saves | 1 of 2 |
    """
    lines = ["| experiment | question | claims that hold |", "|---|---|---|"]
    for name, question in questions.items():
        verdicts = [row["verdict"] for row in rows if row["experiment"] == name]
        if verdicts:
            count = f"{verdicts.count('pass')} of {len(verdicts)}"
            lines.append(f"| [{name}](docs/{name}.md) | {question.rstrip('.')} | {count} |")
    return "\n".join(lines)


def write_summary(table: str, path: Path) -> None:
    """Puts the table under its mark in a file, in place of the one that is there.

    Raises:
        ValueError: If the file cannot be read or has no mark.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as problem:
        raise ValueError(f"`--readme` {path} cannot be read: {problem.strerror}") from None
    before, mark, after = text.partition(f"{MARK}\n")
    if not mark:
        raise ValueError(f"`--readme` {path} needs a line {MARK}, under which the table goes")
    rest = dropwhile(lambda line: not line.strip() or line.startswith("|"), after.splitlines())
    write_whole(path, "\n".join([f"{before}{mark}", table, "", *rest, ""]).encode())
