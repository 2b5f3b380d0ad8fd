"""Rates: what an error costs deep and flat, on compositions of functions of two variables.

A table of a function of n variables pays for an error with a power n/m of its inverse; tables of
the nodes of a binary tree pay with 2/m, whatever n is. And a circuit that computes digit by digit
pays with a power of the number of digits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from noflat.experiments import _rates as rows_of
from noflat.experiments._fixed_point import circuit_rows, crossing_rows
from noflat.experiments._flags import Tables
from noflat.experiments._main import Experiment, Progressed, in_parts, silent
from noflat.experiments._rate_claims import claims


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        inputs: Leaves of the trees, powers of two.
        orders: How smooth nodes are, among 1, 2 and 4.
        cells: Of a grid on each axis, powers of two.
        more_cells: The same where the order is at most 2, besides.
        points: For each member, a fifth of them where errors of cells are largest.
        members: Sets of points, from which intervals come.
        network_cells: Networks are built and compared up to so many cells.
        bits: Precisions of circuits.
        fitted_bits: Powers are fitted up to this precision, and extrapolated beyond.
        exhaustive: A circuit is tried on all words if it has at most so many inputs.
        words: Random words otherwise.
        seed: Of all random numbers.
    """

    inputs: tuple[int, ...] = (2, 4, 8)
    orders: tuple[int, ...] = (1, 2, 4)
    cells: tuple[int, ...] = (4, 8, 16, 32, 64)
    more_cells: tuple[int, ...] = (128, 256)
    points: int = 2500
    members: int = 4
    network_cells: int = 16
    bits: tuple[int, ...] = (4, 6, 8, 10, 12, 16, 20, 24, 28, 31, 32, 33, 34)
    fitted_bits: int = 24
    exhaustive: int = 16
    words: int = 20_000
    seed: int = 0


PRESETS = {
    "smoke": Settings(
        inputs=(2, 4),
        orders=(2,),
        cells=(16, 64),
        more_cells=(),
        points=100,
        members=2,
        network_cells=16,
        bits=(8, 9),
        fitted_bits=9,
        exhaustive=8,
        words=100,
    ),
    "default": Settings(),
    "paper": Settings(
        points=25_000,
        network_cells=32,
        bits=(4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 28, 30, 31, 32, 33, 34, 36, 40),
        exhaustive=20,
        words=100_000,
    ),
}


def run(settings: Settings, progress: Progressed = silent) -> Tables:
    """Runs the experiment.

    Args:
        settings: What is run.
        progress: Called after every part with the numbers of parts done and in all.

    Returns:
        The tables `errors`, a row per kind, tree, grid and member; `exponents`, a row per kind and
        tree; `savings`, flat over deep parameters at equal errors; `networks`, triangulated trees
        as ReLU networks; `circuits`, a row per function and precision; `crossings`, a row per
        function.
    """
    found: Tables = {}

    def kept(name: str, rows: Any) -> Any:
        found[name] = list(rows)
        return found[name]

    parts: dict[str, Callable[[], Any]] = {
        "errors": lambda: kept("errors", rows_of.error_rows(settings)),
        "exponents": lambda: rows_of.exponent_rows(found["errors"]),
        "savings": lambda: rows_of.saving_rows(found["errors"]),
        "networks": lambda: rows_of.network_rows(settings),
        "circuits": lambda: kept("circuits", circuit_rows(settings)),
        "crossings": lambda: crossing_rows(found["circuits"], settings),
    }
    return in_parts(parts, progress)


def _check(settings: Settings) -> None:
    """Refuses trees and grids that are not there, and too few rungs or seeds for a fit."""
    for name in ("inputs", "cells", "more_cells"):
        if any(k < 2 or k & (k - 1) for k in getattr(settings, name)):
            raise ValueError(f"`{name}` must be powers of two; got {getattr(settings, name)}")
    if not set(settings.orders) <= {1, 2, 4}:
        raise ValueError(f"`orders` must be among 1, 2 and 4; got {settings.orders}")
    if sum(k >= rows_of.FIRST_CELLS for k in settings.cells) < 2 or settings.members < 2:
        raise ValueError(
            f"`cells` must have two from {rows_of.FIRST_CELLS} on, and `members` be two at least, "
            f"for a fit; got {settings.cells} and {settings.members}"
        )
    if sum(8 <= b <= settings.fitted_bits for b in settings.bits) < 2 or max(settings.bits) > 40:
        raise ValueError(
            "`bits` must have two from 8 to `fitted_bits`, for a fit, and be at most 40, what "
            f"float64 can judge; got {settings.bits}"
        )


EXPERIMENT = Experiment("rates", __doc__ or "", PRESETS, run, claims, _check)


main = EXPERIMENT.main

if __name__ == "__main__":
    main()
