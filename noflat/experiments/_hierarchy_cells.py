"""The settings of the experiment on hierarchies, as cells, and what the laws predict for each."""

from math import log
from typing import Any, NamedTuple

Chunk = dict[str, Any]

BRANCHING = 2
"""The symbols of a rule; everything that is trained has two."""
_CENTER = {"lcn": 1.3, "cnn": 1.8, "fcn": 1.0}
"""About where the sizes that are tried lie, as multiples of the laws: pilots said so."""
_MANY = 128
"""About the samples of a large batch."""
_CHECKPOINTS = tuple(round(25 * 1.25**k) for k in range(32))
"""Steps at which a training that is followed is looked at."""


class Cell(NamedTuple):
    """One setting that is trained, on sets of several sizes.

    Attributes:
        part: What it is for: `main`, `deep`, `slow` (a learning rate ten times smaller), `noise`
            (large batches), `path` (followed over training) or `told` (shown the symbols of every
            level).
        network: `lcn`, `cnn` or `fcn`.
        symbols: The number v of symbols, classes and rules.
        levels: L.
        blanks: The empty slots per symbol.
        rate: The learning rate over the width.
        batch: Samples of a batch.
    """

    part: str
    network: str
    symbols: int
    levels: int
    blanks: int
    rate: float
    batch: int

    @property
    def law(self) -> float:
        """The samples that the laws predict, up to a constant."""
        return law(self.network, self.symbols, self.levels, self.blanks)

    @property
    def rules(self) -> int:
        """The rules of a level, v m."""
        return self.symbols**BRANCHING


def law(network: str, symbols: int, levels: int, blanks: int) -> float:
    r"""The sample complexities of the paper, without their constants, for $m=n_c=v$ and $s=2$.

    $s^{L/2}(s_0+1)^Ln_cm^L$ for an LCN (its equation 3), $(s_0+1)^2n_cm^L$ for a CNN (equation 4),
    and $2^L$ times that of the LCN for an FCN.

    Example:
        >>> from noflat.experiments._hierarchy_cells import law
        >>> [law(network, 4, 2, 1) for network in ("lcn", "cnn", "fcn")]
        [512.0, 256.0, 2048.0]
    """
    deep = float(symbols ** (levels + 1))
    if network == "cnn":
        return (blanks + 1) ** 2 * deep
    local = BRANCHING ** (levels / 2) * (blanks + 1) ** levels * deep
    return local * (2**levels if network == "fcn" else 1)


def cells(settings: Any) -> list[Cell]:
    """What is trained."""
    found = []
    for symbols in settings.symbols:
        for slots in settings.slots:
            shape = (symbols, 2, slots - 1)
            for network in ("lcn", "cnn"):
                found.append(Cell("main", network, *shape, settings.rate, 4 * symbols))
            if symbols in settings.fcn_symbols and slots in settings.fcn_slots:
                found.append(Cell("main", "fcn", *shape, settings.fcn_rate, 4 * symbols))
            if symbols in settings.slow_symbols:
                for network in ("lcn", "cnn"):
                    found.append(Cell("slow", network, *shape, settings.slow_rate, 4 * symbols))
            found.append(Cell("told", "cnn", *shape, settings.rate, symbols))
    for symbols in settings.deep_symbols:
        for slots in settings.deep_slots:
            shape = (symbols, 3, slots - 1)
            for network in ("lcn", "cnn"):
                found.append(Cell("deep", network, *shape, settings.deep_rate, 4 * symbols))
            found.append(Cell("told", "cnn", *shape, settings.rate, symbols))
    for symbols in settings.noise_symbols:
        shape, batch = (symbols, 2, 1), 4 * symbols
        many = batch * max(2, round(_MANY / batch))
        found.append(Cell("noise", "cnn", *shape, settings.rate, many))
    symbols, blanks = min(settings.symbols), min(1, max(settings.slots) - 1)
    for network in ("lcn", "cnn", *(["fcn"] if settings.fcn_symbols else [])):
        rate = settings.fcn_rate if network == "fcn" else settings.rate
        found.append(Cell("path", network, symbols, 2, blanks, rate, 4 * symbols))
    return found


def sizes(cell: Cell, settings: Any) -> list[int]:
    """The training sets of a cell, whole batches."""
    if cell.part == "told":
        center = cell.rules * log(cell.rules) * (cell.blanks + 1) / 2
    else:
        center = _CENTER[cell.network] * cell.law
    factors = (settings.path_size,) if cell.part == "path" else settings.sizes
    return sorted({cell.batch * max(1, round(center * each / cell.batch)) for each in factors})


def chunks(settings: Any, shared: dict[str, Any]) -> list[Chunk]:
    """A chunk for every cell."""
    found = []
    for cell in cells(settings):
        kind = cell.part if cell.part in ("path", "told") else "curve"
        chunk = shared | {
            "kind": kind,
            "network": cell.network,
            "symbols": cell.symbols,
            "levels": cell.levels,
            "blanks": cell.blanks,
            "sparsity": "A",
            "encoding": "whitened",
            "width": settings.width,
            "rate": cell.rate,
            "batch": cell.batch,
            "goal": settings.goal,
            "most_steps": settings.most_steps,
            "tests": settings.tests // cell.symbols * cell.symbols,
            "sizes": sizes(cell, settings),
            "first": 0,
            "members": settings.members,
            "seed": settings.seed,
        }
        found.append(chunk | ({"checkpoints": list(_CHECKPOINTS)} if kind == "path" else {}))
    return found


def cost(chunk: Chunk) -> float:
    """Roughly, next to others: steps times what one of them multiplies."""
    patch = BRANCHING * (chunk["blanks"] + 1)
    inputs = patch ** chunk["levels"] if chunk["network"] == "fcn" else patch
    per_step = chunk["width"] * inputs * chunk["batch"]
    steps = chunk["symbols"] ** 1.5 / chunk["rate"] * 3 ** chunk["levels"]
    return per_step * steps * chunk["members"] * len(chunk["sizes"])
