"""The settings of the experiment on locality, as cells, and the chunks that train them."""

from collections.abc import Iterator
from typing import Any, NamedTuple

Chunk = dict[str, Any]

NETWORKS = ("lcn", "cnn", "fcn")
ONLINE = 16
"""Steps between two looks at a network that sees every sample once."""
_SMALLER = (0.15, 0.22)
"""More multiples for convolutional networks on signals, of which some members learn early."""
_BUILT_SIZE = 2.0
"""Training sets of networks of few channels, over about what many channels need."""


class Cell(NamedTuple):
    """One setting that is trained.

    Attributes:
        part: `samples` (sets of several sizes), `online` (every sample once) or `channels`.
        task: `parity`, `random` (a random balanced pattern) or `signal`.
        network: `lcn`, `cnn` or `fcn`.
        inputs: The number n of inputs.
        size: The inputs of a pattern or of a patch.
        channels: Neurons at every place.
    """

    part: str
    task: str
    network: str
    inputs: int
    size: int
    channels: int

    @property
    def places(self) -> int:
        """Where the pattern, or the signal, could be."""
        if self.task == "signal":
            return self.inputs // self.size
        return self.inputs - self.size + 1

    @property
    def neurons(self) -> int:
        """Of every network the same."""
        return self.places * self.channels


def targets(settings: Any) -> list[tuple[str, int, int]]:
    """The targets that networks are trained on: task, inputs and size of a pattern or patch."""
    found = [("parity", n, settings.signs) for n in settings.inputs]
    found += [("parity", n, k) for k in settings.other_signs for n in settings.other_inputs]
    found += [("parity", settings.middle_inputs, k) for k in settings.large_signs]
    found += [("random", n, settings.signs) for n in settings.other_inputs[1:]]
    patches = [(k, settings.middle_patch) for k in settings.patches]
    patches += [(settings.middle_patches, d) for d in settings.patch_sizes]
    found += [("signal", k * d, d) for k, d in patches]
    return list(dict.fromkeys(found))


def cells(settings: Any) -> list[Cell]:
    """What is trained."""
    found = []
    for task, inputs, size in targets(settings):
        channels = 1 if task == "signal" else settings.channels
        found += [Cell("samples", task, net, inputs, size, channels) for net in NETWORKS]
    for inputs in settings.online_inputs:
        shape = (inputs, settings.signs, settings.channels)
        found += [Cell("online", "parity", net, *shape) for net in NETWORKS]
    for size in settings.built_signs:
        for few in settings.few_channels:
            found.append(Cell("channels", "parity", "lcn", settings.built_inputs, size, few))
    return found


def center(cell: Cell) -> float:
    """About where the error falls, to place the grid of sizes: fits to pilots, no predictions."""
    k, n = cell.size, cell.inputs
    if cell.task == "signal":
        scales = {"cnn": 3.2 * (cell.places + k), "lcn": 1.2 * cell.places * (cell.places + k)}
        return scales.get(cell.network, 4.2 * cell.places**2 * k)
    if cell.network != "fcn":
        return 1.3 * n * 2 ** (k - 1)
    return 32 * (n**0.5 / 2) ** k * (0.5 if cell.task == "random" else 1)


def sizes(cell: Cell, settings: Any) -> list[int]:
    """The training sets of a cell, whole batches."""
    factors = (_BUILT_SIZE,) if cell.part == "channels" else settings.factors
    signal = cell.task == "signal"
    if signal and cell.network == "cnn":
        factors = (*_SMALLER, *factors)
    batch = settings.signal_batch if signal else settings.batch
    return sorted({batch * max(1, round(center(cell) * each / batch)) for each in factors})


def chunks(settings: Any, shared: Chunk) -> Iterator[Chunk]:
    """A chunk for every cell."""
    for cell in cells(settings):
        signal = cell.task == "signal"
        chunk = shared | cell._asdict()
        chunk |= {"noise": settings.noise, "goal": settings.goal}
        chunk["batch"] = settings.signal_batch if signal else settings.batch
        chunk["rate"] = settings.signal_rate if signal else settings.rate
        chunk["most_steps"] = settings.signal_steps if signal else settings.most_steps
        if cell.part == "online":
            chunk |= {"sizes": [], "most_steps": settings.online_steps // ONLINE * ONLINE}
        else:
            chunk["sizes"] = sizes(cell, settings)
        yield chunk | {
            "tests": settings.tests,
            "members": settings.members,
            "seed": settings.seed,
        }


def cost(chunk: Chunk) -> float:
    """Roughly, next to others: steps times what one of them multiplies."""
    signal = chunk["task"] == "signal"
    places = chunk["inputs"] // chunk["size"] if signal else chunk["inputs"]
    seen = chunk["inputs"] if chunk["network"] == "fcn" else 4 * chunk["size"]
    runs = chunk["members"] * max(1, len(chunk["sizes"]))
    steps = chunk["most_steps"] if signal or not chunk["sizes"] else 400
    return steps * runs * (200 + places * chunk["channels"] * seen / 50)
