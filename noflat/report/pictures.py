"""The figure of a record as an image that a page carries in itself."""

import base64
import importlib.util
import io
from importlib import import_module

import matplotlib as mpl

from noflat.experiments.records import Record
from noflat.figures._drawing import STYLE

_DPI = 120


def picture(name: str, record: Record) -> str | None:
    """Draws a record as its experiment's figure.

    Args:
        name: The experiment.
        record: What it wrote.

    Returns:
        A `data:` address of a PNG; None where no figure is known by that name, or where the record
        has not what the figure needs.
    """
    if name.startswith("_") or importlib.util.find_spec(f"noflat.figures.{name}") is None:
        return None
    with mpl.rc_context(STYLE):
        try:
            figure = import_module(f"noflat.figures.{name}").draw(record)
        except (KeyError, IndexError, TypeError, ValueError):
            return None  # a record of another version: its tables are shown all the same
        data = io.BytesIO()
        figure.savefig(data, format="png", dpi=_DPI, metadata={"Software": None})
    return f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"
