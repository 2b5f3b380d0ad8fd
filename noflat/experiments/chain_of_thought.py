"""Learnability: a composition that is built in, unknown, told step by step, or hidden by design.

Parity of k of d signs is a binary tree of products of two: as sparse as a composition can be. Built
in, it takes no samples; unknown, gradients do not see it from a few bits on; with the values in
between as a chain of thought one gradient step finds it. A toy cipher is as sparse, and no training
finds it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from noflat.experiments import _chain_of_thought as steps_of
from noflat.experiments import _chain_of_thought_fits as fits_of
from noflat.experiments._chain_of_thought_claims import claims
from noflat.experiments._chain_of_thought_prf import pseudorandom_rows
from noflat.experiments._flags import Tables
from noflat.experiments._main import Experiment, Progressed, in_parts, silent


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        dimensions: The numbers d of signs for one step on a chain of thought, with k = d/2.
        ladder: Its samples over d, multiples of the first one.
        rate: Its learning rate over d^2 ln(d).
        trees: Parities and samples drawn for each.
        tested: Fresh words for each.
        wired: The k of parities whose tree is built in.
        degrees: The k of parities and staircases for a fully connected network.
        signs: Its inputs.
        width: Neurons of each of its two hidden layers.
        steps: Steps of Adam that it takes.
        networks: Trained for each target.
        transformer: The d and k of the transformer's parity.
        transformer_steps: Its steps of Adam, with the chain of thought and without.
        rounds: Of the cipher.
        cipher_steps: Steps of Adam for its networks.
        seed: Of all random numbers.
    """

    dimensions: tuple[int, ...] = (32, 64, 128, 256)
    ladder: tuple[int, ...] = (16, 32, 48, 64, 96, 128, 192, 256)
    rate: float = 0.5
    trees: int = 12
    tested: int = 1000
    wired: tuple[int, ...] = (2, 4, 8, 16)
    degrees: tuple[int, ...] = (2, 3, 4, 5, 6, 7, 8)
    signs: int = 40
    width: int = 128
    steps: int = 8000
    networks: int = 4
    transformer: tuple[int, ...] = (16, 8)
    transformer_steps: int = 1000
    rounds: tuple[int, ...] = (1, 2, 3, 4, 6)
    cipher_steps: int = 1000
    seed: int = 0


PRESETS = {
    "smoke": Settings(
        dimensions=(16, 32),
        ladder=(16, 64, 256),
        trees=2,
        tested=200,
        wired=(2, 4),
        degrees=(2, 4),
        signs=12,
        width=16,
        steps=100,
        networks=2,
        transformer=(4, 2),
        transformer_steps=100,
        rounds=(0, 1),
        cipher_steps=50,
    ),
    "default": Settings(),
    "paper": Settings(
        ladder=(16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 256, 384, 512),
        trees=20,
        tested=10_000,
        width=256,
        steps=40_000,
        networks=16,
        transformer=(32, 16),
        transformer_steps=10_000,
        rounds=(1, 2, 3, 4, 5, 6),
        cipher_steps=10_000,
    ),
}


def run(settings: Settings, progress: Progressed = silent) -> Tables:
    """Runs the experiment.

    Args:
        settings: What is run.
        progress: Called after every part with the numbers of parts done and in all.

    Returns:
        The tables `wired`, parities whose tree is built in; `unknown`, parities and staircases for
        a fully connected network on fresh samples, and `memorized`, on the samples of the chain of
        thought; `one_step`, a row per d, samples and tree; `complexities`, a row per d; `moments`,
        signal and noise of that step; `levels`, without teacher forcing; `transformer`, its curves;
        `pseudorandom`, the cipher.
    """
    cipher = {"members": settings.networks, "steps": settings.cipher_steps, "seed": settings.seed}
    one_step = list(steps_of.one_step_rows(settings))
    parts: dict[str, Callable[[], Any]] = {
        "one_step": lambda: one_step,
        "complexities": lambda: steps_of.complexity_rows(one_step),
        "moments": lambda: steps_of.moment_rows(settings),
        "levels": lambda: steps_of.level_rows(settings),
        "wired": lambda: fits_of.wired_rows(settings),
        "unknown": lambda: fits_of.unknown_rows(settings),
        "memorized": lambda: fits_of.memorized_rows(settings),
        "transformer": lambda: fits_of.transformer_rows(settings),
        "pseudorandom": lambda: pseudorandom_rows(
            settings.rounds, train=2**15, rate=3e-3, **cipher
        ),
    }
    return in_parts(parts, progress)


def _check(settings: Settings) -> None:
    """Refuses what is no tree of products of two, and ladders that chunks do not make."""
    d, k = (*settings.transformer, 0, 0)[:2]
    for size in (*(d // 2 for d in settings.dimensions), *settings.wired, k):
        if size < 2 or size & (size - 1):
            raise ValueError(
                "`dimensions` must be powers of two from 4 on, `wired` and the second of "
                f"`transformer` from 2 on; got {settings.dimensions}, {settings.wired} and "
                f"{settings.transformer}"
            )
    if len(settings.transformer) != 2 or k > d:
        raise ValueError(f"`transformer` must be d and k, at most d; got {settings.transformer}")
    first = settings.ladder[0]
    if len(settings.ladder) < 2 or list(settings.ladder) != sorted(set(settings.ladder)):
        raise ValueError(f"`ladder` must ascend, two or more; got {settings.ladder}")
    if any(size % first for size in settings.ladder):
        raise ValueError(f"`ladder` must be multiples of its first; got {settings.ladder}")
    if max(settings.degrees) > settings.signs:
        raise ValueError(
            f"`degrees` must be at most `signs` = {settings.signs}; got {settings.degrees}"
        )


EXPERIMENT = Experiment("chain_of_thought", __doc__ or "", PRESETS, run, claims, _check)


main = EXPERIMENT.main

if __name__ == "__main__":
    main()
