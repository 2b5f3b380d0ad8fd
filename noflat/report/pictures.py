"""The figure of a record as an image that a page carries in itself."""

import base64
from importlib import import_module
from typing import NamedTuple

from noflat.experiments.__main__ import stems
from noflat.experiments.records import Record
from noflat.figures._drawing import drawn

_WEBP = {"webp": {"dpi": 144, "pil_kwargs": {"lossless": True}}}
"""Less than half as long as a PNG."""


class Picture(NamedTuple):
    """A figure, or why there is none.

    Attributes:
        address: A `data:` address of the image, empty where there is none.
        problem: Why it could not be drawn, empty where it was.
    """

    address: str
    problem: str = ""


def picture(experiment: str, record: Record) -> Picture:
    """Draws a record as the figure of its experiment.

    Args:
        experiment: Its name.
        record: What it wrote.

    Returns:
        The figure; one without an address where this version has none by that name, or where it
        cannot be drawn from this record.
    """
    if experiment not in stems():
        return Picture("", f"this version of noflat draws no figure of {experiment}")
    draw = import_module(f"noflat.figures.{experiment}").draw
    try:
        data = drawn(draw, record, _WEBP)["webp"]
    except ValueError as problem:
        return Picture("", f"the record {problem}")
    return Picture(f"data:image/webp;base64,{base64.b64encode(data).decode()}")
