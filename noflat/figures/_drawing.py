"""What every figure shares: its style, and how it is drawn from the command line."""

import argparse
import io
import sys
from collections.abc import Callable, Mapping
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from noflat.experiments._claims import judged
from noflat.experiments.records import Record, Row, check_folder, write_whole
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


_FILES = {
    "pdf": {"metadata": {"CreationDate": None}},
    "png": {"dpi": 160, "metadata": {"Software": None}},
}
"""What is drawn of each record; without dates and versions, so that bytes stay the same."""

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
        records = {stem: judged(asked.records / stem, stem)[0] for stem in draws}
        check_folder(asked.out)
        for path in (asked.out / f"{stem}.{kind}" for stem in draws for kind in _FILES):
            if path.is_dir():
                raise ValueError(f"`out` {path} cannot be written to: it is a folder; move it")
        files = {}
        for stem, draw in draws.items():
            try:
                files[stem] = drawn(draw, records[stem], _FILES)
            except ValueError as problem:
                raise ValueError(f"the record in {asked.records / stem} {problem}") from problem
    except ValueError as problem:
        stop(command, problem)
    for stem, images in files.items():
        for kind, data in images.items():
            path = asked.out / f"{stem}.{kind}"
            try:
                write_whole(path, data)
            except OSError as problem:
                stop(command, f"`out` {path} cannot be written to: {problem.strerror}")
        sys.stdout.write(f"drawn: {asked.out / stem}.pdf and .png\n")


def drawn(
    draw: Callable[[Record], Figure], record: Record, kinds: Mapping[str, Mapping[str, Any]]
) -> dict[str, bytes]:
    """Draws a record, whose tables may be amiss in any way.

    Args:
        draw: What draws it.
        record: The record.
        kinds: The kinds of image that are wanted, each with what `savefig` takes for it.

    Returns:
        The images by their kinds.

    Raises:
        ValueError: If a table or column is missing, or it cannot be drawn for another reason. The
            message is what is to be said of the record.
    """
    images = {}
    try:
        with mpl.rc_context(STYLE):
            figure = draw(record)
            for kind, settings in kinds.items():
                image = io.BytesIO()
                figure.savefig(image, format=kind, **settings)
                images[kind] = image.getvalue()
    except KeyError as missing:
        raise ValueError(f"lacks `{missing.args[0]}`, which its figure shows") from missing
    except Exception as problem:  # tables of another version can be amiss in any way
        raise ValueError(f"cannot be drawn ({problem!r})") from problem
    return images


def main(stem: str, draw: Callable[[Record], Figure], arguments: list[str] | None = None) -> None:
    """Draws one record from the command line."""
    flags = Parser(prog=f"python -m noflat.figures.{stem}")
    add_flags(flags)
    with interruptible(stem):
        draw_records({stem: draw}, flags.parse_args(arguments), stem)
