"""The flags of what draws figures, apart from it, so that help does not wait for matplotlib."""

import argparse
from pathlib import Path


def add_flags(flags: argparse.ArgumentParser) -> None:
    """Adds --records and --out."""
    flags.add_argument(
        "--records",
        type=Path,
        default=Path("experiments"),
        help="folder of the records (default: experiments)",
    )
    flags.add_argument(
        "--out",
        type=Path,
        default=Path("paper_figures"),
        help="where to draw (default: paper_figures)",
    )
