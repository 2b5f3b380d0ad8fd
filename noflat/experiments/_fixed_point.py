"""The rows of the experiment on rates that are about real functions as circuits."""

from collections.abc import Iterator
from math import log, log2
from typing import Any

import numpy as np

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
    """Every function at every precision, beside a grid of as small an error."""
    for name in NAMES:
        for bits in settings.bits:
            circuit = quantized(name, bits)
            network = circuit_network(circuit)
            error, words = _error(name, bits, circuit, settings)
            wrong, compared = wrong_words(network, circuit, most=2000, seed=settings.seed)
            steps, guard, before = horner(name, bits) if name != "square_root" else (bits, 0, None)
            cells = cells_needed(name, 2.0**-bits)
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
                "grid_parameters": cells + 1,
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


def cells_needed(name: str, error: float) -> int:
    """The fewest equal cells on [0, 1] whose piecewise-linear interpolant has that sup error."""
    high = 1
    while worst_error(name, high) > error:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if worst_error(name, middle) <= error else (middle, high)
    return high


def worst_error(name: str, cells: int) -> float:
    """Of the interpolant on that many cells: in the first one of the root, in the last of others.

    In a cell the error is largest where the slope of the function is that of its chord.
    """
    width = 1 / cells
    left = 0.0 if name == "square_root" else 1 - width
    function = _FLOATS[name]
    slope = (function(left + width) - function(left)) / width
    at = {
        "square_root": lambda: 1 / (4 * slope**2),
        "exponential": lambda: np.log(slope),
        "sine": lambda: np.arccos(slope),
    }[name]()
    return float(abs(function(at) - function(left) - slope * (at - left)))


def crossing_rows(rows: list[Row], settings: Any) -> Iterator[Row]:
    """The power of the bits in the neurons, and from which precision on the circuit is smaller."""
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
        grid = [log2(row["grid_parameters"]) for row in fitted]
        growth, start = np.polyfit(bits, grid, 1)
        smaller = [row["bits"] for row in mine if row["neurons"] < row["grid_parameters"]]
        yield {
            "function": name,
            "power": power,
            "at_most": 2 if root else 3,
            "predicted": 2.0 if root else log_slope(bits, work),
            "factor": factor,
            "grid_growth": float(growth),
            "fitted_bits": settings.fitted_bits,
            "extrapolated": _crossing(factor, power, float(growth), float(start)),
            "smaller_from": min(smaller) if smaller else None,
        }


def _crossing(factor: float, power: float, growth: float, start: float) -> int:
    """The first precision from which the one formula stays below the other."""
    above = [b for b in range(2, 200) if factor * b**power >= 2 ** (growth * b + start)]
    return max(above, default=1) + 1
