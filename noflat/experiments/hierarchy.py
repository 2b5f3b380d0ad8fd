"""How many samples a network needs that must find a hierarchy, and what its structure saves.

Classes are rewritten as symbols, and these as symbols, by random rules; in the sparse model they
lie among empty slots. Locally connected, convolutional and fully connected networks are trained on
sets of growing size, many draws of rules and weights for each, and the size at which a tenth of
fresh strings is still misread stands beside the laws of the paper. Whatever the networks then are
insensitive to is measured with it. Shown the symbols of every level, they need hardly more than
each rule once or twice. Written down, a network reads every string exactly; a flat one for the same
needs exponentially many neurons, and for some kinds of neurons that is proved.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from noflat.experiments._flags import Tables
from noflat.experiments._hierarchy_cells import cells, cost
from noflat.experiments._hierarchy_cells import chunks as _chunks
from noflat.experiments._hierarchy_claims import claims
from noflat.experiments._hierarchy_exact import (
    correlation_rows,
    decoder_rows,
    flat_rows,
    tree_rows,
)
from noflat.experiments._hierarchy_rows import (
    complexity_rows,
    curve_rows,
    path_rows,
    scaling_rows,
    sensitivity_rows,
    told_rows,
)
from noflat.experiments._hierarchy_runs import train
from noflat.experiments._main import Experiment, Sweep, in_parts
from noflat.experiments._sweep import provenance
from noflat.experiments.records import Row


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        symbols: Numbers of symbols v at two levels; there are as many classes and rules.
        slots: Slots per symbol, one more than there are empty ones.
        fcn_symbols: Those of them that fully connected networks are trained on, too.
        fcn_slots: Slots per symbol there.
        slow_symbols: Those of them that are trained on at the slow rate, too.
        deep_symbols: Numbers of symbols at three levels.
        deep_slots: Slots per symbol there.
        noise_symbols: Those of them that convolutional networks are trained on in large batches.
        members: Draws of rules, strings and weights.
        width: Channels of every layer.
        rate: The learning rate over the width, at two levels.
        deep_rate: The same at three levels.
        slow_rate: A learning rate with less noise, that of the paper for LCN.
        fcn_rate: That of fully connected networks.
        sizes: Training sets, as multiples of about where the laws put the crossing.
        path_size: The same of the trainings that are followed.
        goal: The training loss at which training ends.
        most_steps: The most steps of a training.
        tests: Strings of an independent sample that a network is tested on.
        rule_sets: Hierarchies that networks are written down for.
        strings: Fresh strings that each of these reads.
        draws: Draws of rules whose correlations are averaged.
        flat_strings: Flat networks are bounded for hierarchies of at most so many strings.
        seed: Of all random numbers.
    """

    symbols: tuple[int, ...] = (4,)
    slots: tuple[int, ...] = (1, 2, 3)
    fcn_symbols: tuple[int, ...] = (4,)
    fcn_slots: tuple[int, ...] = (1, 2)
    slow_symbols: tuple[int, ...] = ()
    deep_symbols: tuple[int, ...] = ()
    deep_slots: tuple[int, ...] = (1, 2)
    noise_symbols: tuple[int, ...] = ()
    members: int = 5
    width: int = 128
    rate: float = 0.1
    deep_rate: float = 0.03
    slow_rate: float = 0.01
    fcn_rate: float = 0.01
    sizes: tuple[float, ...] = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8)
    path_size: float = 2.0
    goal: float = 1e-3
    most_steps: int = 60000
    tests: int = 4000
    rule_sets: int = 20
    strings: int = 100000
    draws: int = 200
    flat_strings: int = 10**7
    seed: int = 0


PRESETS = {
    "smoke": Settings(
        symbols=(3,),
        slots=(2,),
        fcn_symbols=(),
        members=2,
        width=32,
        most_steps=2000,
        sizes=(0.5, 2.0, 8.0),
        tests=300,
        rule_sets=10,
        strings=1000,
        draws=20,
        flat_strings=1000,
    ),
    "default": Settings(),
    "paper": Settings(
        symbols=(4, 6, 8),
        fcn_slots=(1, 2, 3),
        slow_symbols=(4, 6),
        deep_symbols=(4,),
        noise_symbols=(6,),
        members=6,
        sizes=(0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0),
        most_steps=200000,
    ),
}


def check(settings: Settings) -> None:
    """Refuses settings that would fail later.

    Raises:
        ValueError: If two cells are the same, or there is too little to measure on.
    """
    if settings.members < 2:
        raise ValueError("`members` must be at least 2, so that there is an interval; got 1")
    found = [cell._replace(part="") for cell in cells(settings) if cell.part in _CURVES]
    if len(set(found)) < len(found):
        raise ValueError(
            "`symbols`, `slots` and the rates must make different cells: leave out what comes "
            "twice, and let `slow_rate` differ from `rate`"
        )
    symbols = (*settings.symbols, *settings.deep_symbols, *settings.noise_symbols)
    if min(symbols) < 2 or settings.tests < max(symbols):
        raise ValueError(
            f"`symbols` must be at least 2 and at most `tests` = {settings.tests}; got {symbols}"
        )


_CURVES = ("main", "deep", "slow", "noise")
"""The parts whose networks are trained on sets of several sizes."""


def chunks(settings: Settings) -> list[dict[str, Any]]:
    """What is trained, a cell at a time."""
    shared = provenance("_hierarchy_runs")
    return _chunks(settings, shared)


def run(
    settings: Settings, progress: Callable[[int, int], None], found: list[dict[str, Any]]
) -> Tables:
    """Runs the experiment.

    Args:
        settings: What is run.
        progress: Called after every part with the numbers done and in all.
        found: The arrays of the chunks.

    Returns:
        Tables: `curves`, a row per cell, member and size; `complexities`, a row per cell;
        `scaling`, of the laws fitted to them; `sensitivities`, a row per cell, size, layer and
        level; `paths`, a row per network, member and checkpoint; `told`, of networks that are shown
        the symbols of every level; `decoders` and `flat`, of networks written down and bounds;
        `correlations`, of tuples with classes; `trees`, some strings with where they come from.
    """
    trained = list(zip(cells(settings), found, strict=True))
    tables: Tables = {"curves": curve_rows(trained, settings)}
    parts: dict[str, Callable[[], list[Row]]] = {
        "sensitivities": lambda: sensitivity_rows(trained, settings),
        "complexities": lambda: complexity_rows(trained, settings),
        "paths": lambda: path_rows(trained, settings),
        "told": lambda: told_rows(trained, settings),
        "decoders": lambda: decoder_rows(settings),
        "flat": lambda: flat_rows(settings),
        "correlations": lambda: correlation_rows(settings),
        "trees": lambda: tree_rows(settings),
    }
    tables |= in_parts(parts, progress)
    return tables | {"scaling": scaling_rows(tables)}


EXPERIMENT = Experiment(
    "hierarchy", str(__doc__), PRESETS, run, claims, check, Sweep(chunks, train, cost)
)
main = EXPERIMENT.main

if __name__ == "__main__":
    main()
