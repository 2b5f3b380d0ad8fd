"""What a dtype leaves of a product: gates, flat networks and trees against the scale.

A smaller scale makes a gate a better product in exact arithmetic and its output weights larger, so
that rounding counts more. The relative rms error is predicted to be A scale^q + B u scale^-(n-z),
with a floor that falls as u^(q/(n-z+q)). Here it is measured in bfloat16, float32 and float64, for
gates, flat products and trees, on several independent sets of points.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from noflat.experiments._flags import Tables
from noflat.experiments._floor_claims import claims
from noflat.experiments._floors import DTYPES, case, exponents, roundings, stepwise, swept
from noflat.experiments._growth import COMBINED, FLAT, flat_row, tree_row, weight_rows
from noflat.experiments._main import Experiment, Progressed, silent
from noflat.experiments.records import Row

GATES = (
    "sigmoid cube 2 at 1.317",
    "sigmoid cube 2",
    "softplus cube 2 at 0",
    "silu cube 2 at 0",
    "gelu cube 2 at 0",
    "tanh cube 2 at 0.6585",
    "softplus corner 2 at 0",
    "exp corner 2 at 0",
    "silu half 2",
    "gelu half 2",
    "cos half 2 at 0",
)
FLATS = (
    "tanh half 3 at 0",
    "exp cube 3 at 0",
    "silu half 4 at 0",
    "cos half 4 at 0",
    "exp cube 4 at 0",
    "silu half 6 at 0",
    "cos half 6 at 0",
    "silu half 8 at 0",
    "cos half 8 at 0",
    "cos half 10 at 0",
)
RICHARDSON = (
    "softplus cube 2 at 0 x2",
    "softplus cube 2 at 0 x3",
    "silu cube 2 at 0 x2",
    "silu cube 2 at 0 x3",
    "exp cube 4 at 0 x2",
    "exp cube 4 at 0 x3",
)


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        networks: Gates and flat products that are measured at many scales: activation, kind and
            number of inputs, then `at` and a bias, and `x` with a number of Richardson scales.
        points: The number of points in a set, a power of two.
        sets: The number of independent sets of points.
        flat: The numbers of inputs of the flat products that are measured at the chosen scale.
        combined: The same for flat products of three Richardson scales.
        walls: Up to so many inputs the error of a flat product is predicted.
        trees: The numbers of inputs of the trees, powers of two.
        weights: Up to so many inputs output weights are compared with their formula.
        memory: The GiB that the weights of a flat product may take.
        seed: Of the points.
    """

    networks: tuple[str, ...] = GATES + FLATS + RICHARDSON
    points: int = 2048
    sets: int = 5
    flat: tuple[int, ...] = (*range(2, 15), 16, 18)
    combined: tuple[int, ...] = tuple(range(2, 11))
    walls: int = 30
    trees: tuple[int, ...] = (2, 4, 8, 16, 32, 64)
    weights: int = 12
    memory: int = 16
    seed: int = 0


PRESETS = {
    "smoke": Settings(
        ("silu cube 2 at 0", "cos half 4 at 0", "softplus cube 2 at 0 x2"),
        points=256,
        sets=2,
        flat=(2, 3, 4),
        combined=(2,),
        walls=6,
        trees=(2, 8),
        weights=3,
    ),
    "default": Settings(),
    "paper": Settings(
        points=8192,
        sets=9,
        flat=(*range(2, 19), 20, 22),
        combined=tuple(range(2, 12)),
    ),
}

_MOST_FLAT = {"bfloat16": 12, "float32": 18, "float64": 30}
"""Beyond so many inputs nothing is left of a flat product in that dtype."""

_ROUNDED = ("sigmoid", "softplus", "silu", "gelu", "tanh", "cos", "sin", "exp")


def run(settings: Settings, progress: Progressed = silent) -> Tables:
    """Runs the experiment.

    Args:
        settings: What is run.
        progress: Called with the networks done and in all.

    Returns:
        The tables `results`, a row per network and dtype; `curves`, a row per scale besides;
        `exponents`, a row per network; `flat` and `trees`, a row per size and dtype; `memory`, the
        most inputs whose weights fit; `weights`; `activations`, how each rounds; `bfloat16`,
        whether it rounds as stated.
    """
    drawn = (settings.points, settings.sets, settings.seed)
    flat = [(FLAT, n) for n in range(2, settings.walls + 1)]
    flat += [(COMBINED, n) for n in settings.combined]
    trees = [(name, n) for n in settings.trees for name in ("silu", "cos")]
    total = len(settings.networks) + len(flat) + len(trees)
    done = iter(range(1, total + 1))

    def each(parts: Sequence[Any], make: Callable[[Any], Any]) -> list[Any]:
        made = []
        for part in parts:
            made.append(make(part))
            progress(next(done), total)
        return made

    found = each(settings.networks, lambda name: {d: swept(name, d, *drawn) for d in DTYPES})
    measured = each(flat, lambda part: [_flat(part[0], part[1], d, settings) for d in DTYPES])
    grown = each(trees, lambda part: [tree_row(part[0], part[1], d, *drawn) for d in DTYPES])
    sweeps = [sweep for of in found for sweep in of.values()]
    return {
        "results": [sweep.row for sweep in sweeps],
        "curves": [row for sweep in sweeps for row in sweep.curve],
        "exponents": [exponents(*pair) for pair in zip(settings.networks, found, strict=True)],
        "flat": [row for rows in measured for row in rows],
        "trees": [row for rows in grown for row in rows],
        "memory": [_memory(dtype, settings.memory) for dtype in DTYPES],
        "weights": [row for n in range(2, settings.weights + 1) for row in weight_rows(n, -4)],
        "activations": [roundings(name, d, 256) for name in _ROUNDED for d in DTYPES],
        "bfloat16": [stepwise(n, settings.points, settings.seed) for n in settings.networks],
    }


def _check(settings: Settings) -> None:
    """Tells what cannot be run before anything runs."""
    for name in settings.networks:
        case(name)
    if uneven := [n for n in settings.trees if n < 2 or n & (n - 1)]:
        raise ValueError(
            f"`trees` must be powers of two, so that one gate can serve all levels; got {uneven[0]}"
        )
    if settings.weights < 2:
        raise ValueError(
            f"`weights` must be at least 2, the inputs of a gate; got {settings.weights}"
        )


def _flat(family: str, n: int, dtype: str, settings: Settings) -> Row:
    asked = settings.combined if family == COMBINED else settings.flat
    ran = n in asked and n <= _MOST_FLAT[dtype]
    return flat_row(family, n, dtype, ran, settings.points, settings.sets, settings.seed)


def _memory(dtype: str, gibibytes: int) -> Row:
    """The most inputs of a flat product whose weights fit: (n + 1) 2^(n-1) numbers."""
    size = {"bfloat16": 2, "float32": 4, "float64": 8}[dtype]
    fits = [n for n in range(2, 100) if (n + 1) * 2 ** (n - 1) * size <= gibibytes * 2**30]
    return {"dtype": dtype, "gibibytes": gibibytes, "n": max(fits)}


EXPERIMENT = Experiment("precision", str(__doc__), PRESETS, run, claims, _check)
main = EXPERIMENT.main

if __name__ == "__main__":
    main()
