"""What local connectivity saves, and what sharing weights saves, at equal neurons.

The label is a function of k consecutive signs somewhere among n, or the sign of a signal in one of
k patches. Convolutional, locally connected and fully connected networks of one hidden layer and of
equally many neurons are trained on the same sets of growing size. Beside them stand what theory
says of their numbers of samples, the gradients that fresh neurons are given, in closed form, and
locally connected networks that are written down.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from noflat.experiments import _locality_rows as rows_of
from noflat.experiments._flags import Tables
from noflat.experiments._locality_cells import cells, cost, targets
from noflat.experiments._locality_cells import chunks as _chunks
from noflat.experiments._locality_claims import claims
from noflat.experiments._locality_exact import best_rows, built_rows, gradient_rows
from noflat.experiments._locality_runs import parameters, train
from noflat.experiments._main import Experiment, Sweep, in_parts
from noflat.experiments._sweep import provenance
from noflat.experiments.records import Row


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        signs: The signs k of the pattern whose inputs vary the most.
        inputs: Numbers n of inputs there.
        other_signs: Other k.
        other_inputs: Numbers of inputs there, and all but the first of random patterns of `signs`
            signs.
        large_signs: Signs of patterns of one number of inputs.
        middle_inputs: That number.
        channels: Neurons at every place.
        patches: Numbers of places of a signal.
        middle_patch: The numbers of a patch there.
        patch_sizes: Other numbers of a patch.
        middle_patches: The places there.
        noise: The standard deviation of every input beside a signal of norm 1.
        factors: Training sets, as multiples of about where the error falls.
        members: Draws of target, samples and weights.
        batch: Samples of a batch, on patterns.
        rate: The learning rate of Adam, on patterns.
        goal: The training loss at which training ends.
        most_steps: The most steps of a training on patterns.
        signal_rate: The learning rate of gradient descent with momentum, on signals.
        signal_steps: The most steps there.
        signal_batch: Samples of a batch there.
        tests: Points of an independent sample.
        online_inputs: Numbers of inputs of networks that see every sample once.
        online_steps: Their steps.
        built_inputs: The inputs of networks of few channels.
        built_signs: The signs of their patterns.
        few_channels: Their channels.
        seen_inputs: Numbers of inputs that fresh neurons see.
        draws: Fresh neurons whose slopes are averaged.
        listed_inputs: Inputs of networks that are written down; all words are tried.
        longest: The most signs of their patterns.
        best_samples: Points on which the best classifiers are tried.
        seed: Of all random numbers.
    """

    signs: int = 3
    inputs: tuple[int, ...] = (12, 16, 24, 32, 48)
    other_signs: tuple[int, ...] = (2, 4)
    other_inputs: tuple[int, ...] = (12, 24, 48)
    large_signs: tuple[int, ...] = (5,)
    middle_inputs: int = 24
    channels: int = 16
    patches: tuple[int, ...] = (10, 14, 20)
    middle_patch: int = 8
    patch_sizes: tuple[int, ...] = (4, 16)
    middle_patches: int = 14
    noise: float = 0.25
    factors: tuple[float, ...] = (0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8)
    members: int = 6
    batch: int = 16
    rate: float = 0.01
    goal: float = 0.02
    most_steps: int = 20000
    signal_rate: float = 0.03
    signal_steps: int = 16000
    signal_batch: int = 8
    tests: int = 4000
    online_inputs: tuple[int, ...] = (16, 32, 64)
    online_steps: int = 1024
    built_inputs: int = 12
    built_signs: tuple[int, ...] = (3, 4)
    few_channels: tuple[int, ...] = (2, 3, 4, 6, 8)
    seen_inputs: tuple[int, ...] = (8, 12, 16, 24, 32, 48, 64)
    draws: int = 4000
    listed_inputs: tuple[int, ...] = (8, 12)
    longest: int = 6
    best_samples: int = 200000
    seed: int = 0


PRESETS = {
    "smoke": Settings(
        inputs=(8,),
        other_signs=(2,),
        other_inputs=(),
        large_signs=(),
        channels=8,
        patches=(10,),
        middle_patch=4,
        patch_sizes=(),
        factors=(0.5, 2.0),
        members=2,
        signal_steps=300,
        tests=300,
        online_inputs=(),
        built_inputs=8,
        built_signs=(3,),
        few_channels=(8,),
        seen_inputs=(6, 8, 24, 48),
        draws=500,
        listed_inputs=(6,),
        longest=3,
        best_samples=20000,
    ),
    "default": Settings(),
    "paper": Settings(
        inputs=(12, 16, 24, 32, 48, 64, 96),
        other_inputs=(12, 16, 24, 32, 48, 64),
        large_signs=(5, 6),
        patches=(10, 12, 14, 17, 20, 24, 28),
        patch_sizes=(4, 6, 12, 16, 24, 32),
        factors=(0.18, 0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0),
        members=16,
        signal_steps=60000,
        online_inputs=(16, 24, 32, 48, 64, 96),
        online_steps=8192,
        built_signs=(2, 3, 4, 5),
        few_channels=(1, 2, 3, 4, 5, 6, 8, 12, 16),
    ),
}


def check(settings: Settings) -> None:
    """Refuses settings that would fail later.

    Raises:
        ValueError: If there is one member, a pattern does not fit, or is named twice.
    """
    if settings.members < 2:
        raise ValueError("`members` must be at least 2, so that there is an interval; got 1")
    for task, inputs, size in targets(settings):
        if size > inputs or (task == "random" and size < 2):
            raise ValueError(
                f"`inputs` must be at least the signs of a pattern, 2 or more; got {inputs} inputs "
                f"for {size} signs"
            )
    if settings.signs in settings.other_signs or not settings.inputs:
        raise ValueError(
            f"`other_signs` must not hold `signs` = {settings.signs}, nor `inputs` be empty"
        )


def chunks(settings: Settings) -> list[dict[str, Any]]:
    """What is trained, a cell at a time."""
    shared = provenance("_locality_runs", "_locality_cells")
    return list(_chunks(settings, shared))


def run(
    settings: Settings, progress: Callable[[int, int], None], found: list[dict[str, Any]]
) -> Tables:
    """Runs the experiment.

    Args:
        settings: What is run.
        progress: Called after every part with the numbers done and in all.
        found: The arrays of the chunks.

    Returns:
        Tables: `curves`, a row per cell and size; `complexities`, a row per cell; `online` and
        `once`, of networks that see every sample once; `channels`, of networks of few neurons;
        `gradients`, a row per slope of a fresh neuron; `built`, of networks written down; `best`,
        of the best classifiers; `ratios` of two networks, and `scaling`, of the laws fitted.
    """
    learned = [parameters(chunk) for chunk in _chunks(settings, {})]
    trained = list(zip(cells(settings), found, learned, strict=True))
    parts: dict[str, Callable[[], list[Row]]] = {
        "curves": lambda: rows_of.curve_rows(trained, settings),
        "complexities": lambda: rows_of.complexity_rows(trained, settings),
        "online": lambda: rows_of.online_rows(trained),
        "once": lambda: rows_of.once_rows(trained, settings),
        "channels": lambda: rows_of.channel_rows(trained, settings),
        "gradients": lambda: gradient_rows(settings),
        "built": lambda: built_rows(settings),
        "best": lambda: best_rows(settings),
    }
    tables = in_parts(parts, progress)
    return tables | {
        "ratios": rows_of.ratio_rows(tables),
        "scaling": rows_of.scaling_rows(tables),
    }


EXPERIMENT = Experiment(
    "locality", str(__doc__), PRESETS, run, claims, check, Sweep(chunks, train, cost)
)
main = EXPERIMENT.main

if __name__ == "__main__":
    main()
