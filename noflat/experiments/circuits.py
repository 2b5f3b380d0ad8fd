"""Circuits as networks: what a Python function of integers costs in ReLU neurons, exactly.

What is computed in polynomial time is a circuit of polynomial size whose gates have two operands,
and every gate is a few neurons. So a deep network that follows the circuit is small where the
circuit is, and one hidden layer that holds the table is as large as the table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from noflat.experiments import _circuits as rows_of
from noflat.experiments._circuit_claims import claims
from noflat.experiments._flags import Tables
from noflat.experiments._main import Experiment, Progressed, in_parts, silent


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        sizes: Of the programs: bits of their numbers, or how many numbers are sorted.
        largest: The bits of the multiplier that is looked at closely.
        exhaustive: A network is tried on all words if it has at most so many inputs.
        words: Random words otherwise.
        python: Words on which circuits are compared with Python's own integers.
        levels: Of trees of exclusive ORs under noise.
        radii: How far off values are, in sixty-fourths.
        table_bits: Of random truth tables.
        tables: Of each size.
        seed: Of all random numbers.
    """

    sizes: tuple[int, ...] = (2, 3, 4, 6, 8, 10, 12, 16)
    largest: int = 16
    exhaustive: int = 20
    words: int = 20_000
    python: int = 20_000
    levels: tuple[int, ...] = (2, 4, 6, 8, 10)
    radii: tuple[int, ...] = (1, 4, 8, 12, 13, 14, 16, 20, 24, 28)
    table_bits: tuple[int, ...] = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
    tables: int = 10
    seed: int = 0


PRESETS = {
    "smoke": Settings(
        sizes=(2, 4),
        largest=4,
        exhaustive=8,
        words=200,
        python=50,
        levels=(2, 4),
        radii=(4, 12, 13, 20),
        table_bits=(2, 6),
        tables=2,
    ),
    "default": Settings(),
    "paper": Settings(
        sizes=(2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 24, 32),
        largest=32,
        words=100_000,
        python=100_000,
        levels=(2, 4, 6, 8, 10, 12),
        radii=tuple(range(1, 32)),
        table_bits=tuple(range(2, 16)),
        tables=30,
    ),
}


def run(settings: Settings, progress: Progressed = silent) -> Tables:
    """Runs the experiment.

    Args:
        settings: What is run.
        progress: Called after every part with the numbers of parts done and in all.

    Returns:
        The tables `programs`, a row per program, size and fan-in; `layouts`, the largest multiplier
        compiled in several ways; `dtypes`, the same in several number formats; `noise`, a row per
        network and radius; `random_tables`, a row per number of bits.
    """
    parts: dict[str, Callable[[], Any]] = {
        "programs": lambda: rows_of.program_rows(settings),
        "layouts": lambda: rows_of.layout_rows(settings),
        "dtypes": lambda: rows_of.dtype_rows(settings),
        "noise": lambda: rows_of.noise_rows(settings),
        "random_tables": lambda: rows_of.table_rows(settings),
    }
    return in_parts(parts, progress)


def _check(settings: Settings) -> None:
    """Refuses sizes too small or without the largest, and what is too large to try or list."""
    if min(settings.sizes) < 2 or settings.largest < 2:
        raise ValueError(f"`sizes` and `largest` must be at least 2; got {settings.sizes}")
    if settings.exhaustive > 24:
        raise ValueError(f"`exhaustive` must be at most 24 bits; got {settings.exhaustive}")
    if not all(1 <= bits <= 16 for bits in settings.table_bits) or max(settings.table_bits) < 6:
        raise ValueError(
            "`table_bits` must be from 1 to 16, one of them 6 or more, for counting says little "
            f"of fewer; got {settings.table_bits}"
        )
    low, high = min(settings.radii), max(settings.radii)
    if not 1 <= low <= 12 < high <= 32:
        raise ValueError(
            "`radii` must be from 1 to 32 sixty-fourths, one of them at most 12, the certified "
            f"radius, and one more; got {settings.radii}"
        )
    if max(settings.levels) > 12:
        raise ValueError(f"`levels` must be at most 12; got {settings.levels}")


EXPERIMENT = Experiment("circuits", __doc__ or "", PRESETS, run, claims, _check)


main = EXPERIMENT.main

if __name__ == "__main__":
    main()
