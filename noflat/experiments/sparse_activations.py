"""Sparse activations: what follows where few neurons are active at a time.

A network with k active neurons and weights W has average sensitivity 4 k^2 W^2 at most, whatever
its number of neurons and of inputs. So its Fourier expansion is of low degree, up to an error that
is certified, and it can be learned; what training leaves is measured against the same certificate.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from noflat.experiments import _sparse_activations as exact
from noflat.experiments._flags import Tables
from noflat.experiments._main import Experiment, Progressed, in_parts, silent
from noflat.experiments._sparse_activations_claims import exact_claims


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        bits: The signs of an address, of the index networks.
        juntas: The signs of random juntas.
        gated: The signs of the address and of the data, pairs one after the other, of gated
            experts.
        extremal: The signs and the k, pairs one after the other, of the extremal family.
        random_inputs: The signs of networks drawn at random.
        random_neurons: Their neurons.
        random_networks: How many, of all shapes together.
        climbed: The signs and the neurons, pairs one after the other, of networks that climb.
        climbers: How many climb, of each shape.
        climb_steps: Changes tried on each.
        majorities: The signs of majority and parity, all odd.
        growth: The data signs of families that grow.
        growth_bits: The signs of an address, of the index as it grows.
        growth_neurons: Of the dense networks beside them.
        growth_samples: Words drawn for a sensitivity.
        lifted: The signs of the lifted parity.
        seed: Of all random numbers.
    """

    bits: tuple[int, ...] = (2, 3, 4, 5, 6)
    juntas: tuple[int, ...] = (4, 8)
    gated: tuple[int, ...] = (3, 11, 4, 12)
    extremal: tuple[int, ...] = (1, 1, 3, 2, 6, 3, 8, 1)
    random_inputs: tuple[int, ...] = (2, 3, 4, 5, 6, 7, 8)
    random_neurons: tuple[int, ...] = (1, 3, 7, 19)
    random_networks: int = 100_000
    climbed: tuple[int, ...] = (2, 4, 3, 8, 4, 16)
    climbers: int = 64
    climb_steps: int = 4000
    majorities: tuple[int, ...] = (3, 7, 11, 15)
    growth: tuple[int, ...] = (8, 16, 32, 64, 128, 256)
    growth_bits: tuple[int, ...] = (2, 3, 4, 5, 6, 7)
    growth_neurons: int = 256
    growth_samples: int = 100_000
    lifted: int = 6
    seed: int = 0


PRESETS = {
    "smoke": Settings(
        bits=(1, 2),
        juntas=(2,),
        gated=(1, 4),
        extremal=(1, 1, 2, 2),
        random_inputs=(2, 4),
        random_neurons=(1, 3),
        random_networks=200,
        climbed=(1, 2),
        climbers=4,
        climb_steps=50,
        majorities=(3, 5),
        growth=(4, 8),
        growth_bits=(1, 2),
        growth_neurons=8,
        growth_samples=1000,
        lifted=3,
    ),
    "default": Settings(),
    "paper": Settings(random_networks=1_000_000, climbers=256, growth_samples=1_000_000),
}


def run(settings: Settings, progress: Progressed = silent) -> Tables:
    """Runs the experiment.

    Args:
        settings: What is run.
        progress: Called after every part with the numbers of parts done and in all.

    Returns:
        The tables `constructed`, certificates of networks that are written down; `random`, networks
        drawn and climbing; `closed_forms`, index, majority and parity; `lifted`, the parity of
        products; `tails`, by degree; `growth`, sensitivity against the number of signs.
    """
    parts: dict[str, Callable[[], Any]] = {
        "constructed": lambda: exact.constructed_rows(settings),
        "random": lambda: exact.random_rows(settings),
        "closed_forms": lambda: exact.closed_form_rows(settings),
        "lifted": lambda: exact.lifted_rows(settings),
        "tails": lambda: exact.tail_rows(settings),
        "growth": lambda: exact.growth_rows(settings),
    }
    return in_parts(parts, progress)


def claims(tables: Tables) -> Any:
    """What was predicted beside what was found."""
    return exact_claims(tables)


def _check(settings: Settings) -> None:
    """Refuses pairs that are none, and functions that are not there."""
    for name in ("gated", "extremal", "climbed"):
        if len(getattr(settings, name)) % 2:
            raise ValueError(f"`{name}` must be pairs of numbers; got {getattr(settings, name)}")
    if any(n % 2 == 0 for n in settings.majorities):
        raise ValueError(f"`majorities` must be odd; got {settings.majorities}")


EXPERIMENT = Experiment("sparse_activations", __doc__ or "", PRESETS, run, claims, _check)


if __name__ == "__main__":
    EXPERIMENT.main()
