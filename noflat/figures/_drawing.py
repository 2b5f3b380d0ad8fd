"""What every figure shares: its style, and how it is drawn from the command line."""

import argparse
import io
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from noflat.experiments.records import Record, Row, check_folder, read, write_whole
from noflat.figures._flags import add_flags
from noflat.flags import Parser, interruptible, stop

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "pdf.fonttype": 42,
    "savefig.bbox": "tight",
}

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Told apart by people with any color vision (Okabe and Ito)."""


_FEW = 2
"""So many failed claims are named in a title."""


def headline(claims: list[Row], held: str) -> str:
    """The title of a figure: what it shows, and which claims of its record fail, if few do."""
    failed = [row["claim"] for row in claims if row["verdict"] != "pass"]
    if not failed:
        return held
    told = f"{len(failed)} of {len(claims)} claims fail"
    return told if len(failed) > _FEW else f"{told}: {'; '.join(failed)}"


def draw_records(
    draws: Mapping[str, Callable[[Record], Figure]], asked: argparse.Namespace, command: str
) -> None:
    """Draws each record to a PDF and a PNG, the same bytes whenever it is drawn again.

    Args:
        draws: For each stem what draws its record.
        asked: The values of the flags --records and --out.
        command: What was called, for the line that says what is wrong. Then nothing is drawn.
    """
    try:
        records = {stem: read(asked.records / stem, stem) for stem in draws}
        check_folder(asked.out)
    except ValueError as problem:
        stop(command, problem)
    for stem, draw in draws.items():
        with mpl.rc_context(STYLE):
            figure = draw(records[stem])
            _save(figure, asked.out / f"{stem}.pdf", metadata={"CreationDate": None})
            _save(figure, asked.out / f"{stem}.png", dpi=160, metadata={"Software": None})
        sys.stdout.write(f"drawn: {asked.out / stem}.pdf and .png\n")


def _save(figure: Figure, path: Path, **settings: Any) -> None:
    """Writes a figure whole or not at all."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format=path.suffix[1:], **settings)
    write_whole(path, drawn.getvalue())


def main(stem: str, draw: Callable[[Record], Figure], arguments: list[str] | None = None) -> None:
    """Draws one record from the command line."""
    flags = Parser(prog=f"python -m noflat.figures.{stem}")
    add_flags(flags)
    with interruptible(stem):
        draw_records({stem: draw}, flags.parse_args(arguments), stem)
