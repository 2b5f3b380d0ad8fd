"""What every figure shares: its style, and how it is drawn from the command line."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from noflat.experiments.records import Record, Row, read

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


def main(stem: str, draw: Callable[[Record], Figure], arguments: list[str] | None = None) -> None:
    """Draws a record to a PDF and a PNG, the same bytes whenever it is drawn again."""
    flags = argparse.ArgumentParser(prog=f"python -m noflat.figures.{stem}", allow_abbrev=False)
    flags.add_argument("--records", type=Path, default=Path("experiments"), help="their folder")
    flags.add_argument("--out", type=Path, default=Path("paper_figures"), help="where to draw")
    asked = flags.parse_args(arguments)
    try:
        record = read(asked.records / stem, stem)
    except ValueError as problem:
        sys.exit(f"{stem}: error: {problem}")
    with mpl.rc_context(STYLE):
        figure = draw(record)
        asked.out.mkdir(parents=True, exist_ok=True)
        figure.savefig(asked.out / f"{stem}.pdf", metadata={"CreationDate": None})
        figure.savefig(asked.out / f"{stem}.png", dpi=160, metadata={"Software": None})
    sys.stdout.write(f"drawn: {asked.out / stem}.pdf and .png\n")
