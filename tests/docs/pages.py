"""What tests of pages share: what a page says, and the cells of its tables."""

from pathlib import Path

from noflat.experiments.records import where

DOCS = Path(__file__).parents[2] / "docs"


class Page:
    """A page of docs/."""

    def __init__(self, stem):
        self.text = (DOCS / f"{stem}.md").read_text(encoding="utf-8")
        self.words = " ".join(self.text.split())

    def told(self, text, *numbers):
        """Whether the page says this, its numbers filled in."""
        said = " ".join(text.format(*numbers).split())
        assert said in self.words, said

    def table(self, start):
        """The cells of the table that follows some words."""
        lines = self.text[self.text.index(start) :].splitlines()
        first = next(place for place, line in enumerate(lines) if line.startswith("| ")) + 2
        last = next(
            place for place in range(first, len(lines)) if not lines[place].startswith("| ")
        )
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[first:last]]


def plain(value, digits=4):
    """So many digits, without an exponent."""
    return f"{float(f'{value:.{digits}g}'):.12g}"


def claim(record, start):
    """The one claim that starts so."""
    (row,) = [row for row in record.tables["claims"] if row["claim"].startswith(start)]
    return row


def only(rows, **cells):
    """The one row with these cells."""
    (row,) = where(rows, **cells)
    return row
