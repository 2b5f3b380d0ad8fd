"""The rows of the experiment on rates that are about real functions as circuits."""

from collections.abc import Iterator
from math import isqrt, log, log2
from typing import Any

import flint
import numpy as np
from flint import arb

from noflat.constructions.circuits import circuit_network
from noflat.experiments.records import Row, where
from noflat.measure.fits import log_slope
from noflat.measure.gates import words_of, wrong_words
from noflat.targets.boolean import BooleanCircuit
from noflat.targets.boolean.circuits import integers
from noflat.targets.boolean.fixed_point import NAMES, horner, quantized

_FLOATS = {"square_root": np.sqrt, "exponential": np.exp, "sine": np.sin}
"""The second way to the same numbers: the machine's own, whose rounding is below 2^-50."""

FIRST_BITS = 8
"""Powers are fitted from this precision on."""


def circuit_rows(settings: Any) -> Iterator[Row]:
    """Every function at every precision, on words; beside it grids of that error on all reals."""
    for name in NAMES:
        for bits in settings.bits:
            circuit = quantized(name, bits)
            network = circuit_network(circuit)
            error, words = _error(name, bits, circuit, settings)
            wrong, compared = wrong_words(network, circuit, most=2000, seed=settings.seed)
            steps, guard, before = horner(name, bits) if name != "square_root" else (bits, 0, None)
            yield {
                "function": name,
                "bits": bits,
                "steps": steps,
                "guard": guard,
                "gates": circuit.size,
                "depth": circuit.depth,
                "neurons": network.neurons,
                "synapses": network.synapses,
                "words": words,
                "all_words": int(words == 2**bits),
                "error": error,
                "error_bound": 1.0 if before is None else 0.5 + float(before * 2**bits),
                "compared": compared,
                "wrong": wrong,
                "grid_parameters": cells_needed(name, bits) + 1,
                "graded_parameters": graded_cells(bits) + 1 if name == "square_root" else None,
            }


def _error(name: str, bits: int, circuit: BooleanCircuit, settings: Any) -> tuple[float, int]:
    """The largest error over words, in units of the last bit, and how many there were."""
    most = 2**bits if bits <= settings.exhaustive else settings.words
    worst, tried = 0.0, 0
    for words in words_of(bits, most, seed=settings.seed):
        x, y = (
            integers(array, (array.shape[1],)).ravel().astype(float)
            for array in (words, np.asarray(circuit(words)))
        )
        worst = max(worst, float(np.abs(y - 2.0**bits * _FLOATS[name](x / 2**bits)).max()))
        tried += len(words)
    return worst, tried


def cells_needed(name: str, bits: int) -> int:
    r"""The fewest equal cells on [0, 1] whose piecewise-linear interpolant is off by $2^{-b}$.

    Of the root that is $4^b/16$, since the first of G cells is off by $1/(4\sqrt G)$. Of the others
    balls decide, whose radius is far below the error.
    """
    if name == "square_root":
        return -(-(4**bits) // 16)
    high = 1
    while not _is_enough(name, high, bits):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _is_enough(name, middle, bits) else (middle, high)
    return high


def _is_enough(name: str, cells: int, bits: int) -> bool:
    found, allowed = worst_error(name, cells), arb(2) ** -bits
    if not (found <= allowed or found > allowed):
        raise ArithmeticError(f"{_PRECISION} bits do not tell the error of {cells} cells")
    return bool(found <= allowed)


_PRECISION = 256
"""Bits of a ball."""


def worst_error(name: str, cells: int) -> arb:
    """A ball with the error of so many cells: in the first one of the root, the last of others.

    In a cell the error is largest where the slope of the function is that of its chord.
    """
    with flint.ctx.workprec(_PRECISION):
        width = arb(1) / cells
        if name == "square_root":
            return width.sqrt() / 4
        function = {"exponential": arb.exp, "sine": arb.sin}[name]
        left = 1 - width
        slope = (function(arb(1)) - function(left)) / width
        at = slope.log() if name == "exponential" else slope.acos()
        return abs(function(at) - function(left) - slope * (at - left))


def graded_cells(bits: int) -> int:
    r"""The fewest G for which the root on cells between the $(i/G)^4$ is off by at most $2^{-b}$.

    Between $p^2$ and $q^2$ its interpolant is off by $(q-p)^2/(4(p+q))$, most where
    $\sqrt x=(p+q)/2$. With $p=i^2/G^2$ and $q=(i+1)^2/G^2$ that is
    $\big(2-1/(2i^2+2i+1)\big)/(4G^2)$, most in the last cell and below $1/(2G^2)$.
    """
    cells = isqrt(2 ** (bits - 1)) + 1
    while cells > 1 and _graded_is_enough(cells - 1, bits):
        cells -= 1
    return cells


def _graded_is_enough(cells: int, bits: int) -> bool:
    squares = 2 * cells * (cells - 1) + 1
    return (2 * squares - 1) * 2**bits <= 4 * cells**2 * squares


def crossing_rows(rows: list[Row], settings: Any) -> Iterator[Row]:
    """The power of the bits in the neurons, and from which precision on the circuit is smaller.

    Smaller than graded cells where those are counted, than equal cells else.
    """
    for name in NAMES:
        mine = where(rows, function=name)
        fitted = [row for row in mine if FIRST_BITS <= row["bits"] <= settings.fitted_bits]
        bits = [row["bits"] for row in fitted]
        power = log_slope(bits, [row["neurons"] for row in fitted])
        # a step is a product of b bits with b and guard bits; a digit of a root is a subtraction
        work = [row["steps"] * row["bits"] * (row["bits"] + row["guard"]) for row in fitted]
        root = name == "square_root"
        factor = float(
            np.exp(np.mean([log(r["neurons"]) - power * log(r["bits"]) for r in fitted]))
        )
        cells = "graded" if root else "grid"
        grid = [log2(row[f"{cells}_parameters"]) for row in fitted]
        growth, start = np.polyfit(bits, grid, 1)
        smaller = [row["bits"] for row in mine if row["neurons"] < row[f"{cells}_parameters"]]
        yield {
            "function": name,
            "power": power,
            "at_most": 2 if root else 3,
            "predicted": 2.0 if root else log_slope(bits, work),
            "factor": factor,
            "cells": "graded" if root else "equal",
            "grid_growth": float(growth),
            "fitted_bits": settings.fitted_bits,
            "extrapolated": _crossing(factor, power, float(growth), float(start)),
            "smaller_from": min(smaller) if smaller else None,
        }


def _crossing(factor: float, power: float, growth: float, start: float) -> int:
    """The first precision from which the one formula stays below the other."""
    above = [b for b in range(2, 200) if factor * b**power >= 2 ** (growth * b + start)]
    return max(above, default=1) + 1
