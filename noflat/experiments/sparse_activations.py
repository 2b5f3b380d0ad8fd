"""Sparse activations: what follows where few neurons are active at a time.

A network with k active neurons and weights W has average sensitivity 4 k^2 W^2 at most, whatever
its number of neurons and of inputs. So its Fourier expansion is of low degree, up to an error that
is certified, and it can be learned; what training leaves is measured against the same certificate.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from noflat.experiments import _sparse_activations as exact
from noflat.experiments import _sparse_activations_learning as learning
from noflat.experiments._flags import Tables
from noflat.experiments._main import Experiment, Progressed, in_parts, silent
from noflat.experiments._sparse_activations_claims import exact_claims
from noflat.experiments._sparse_activations_learning_claims import learning_claims
from noflat.experiments._sparse_activations_rademacher import rademacher_rows
from noflat.experiments.records import Row


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
        teacher_signs: The signs n of functions to learn by low degree.
        address: The signs of an address, and of the junta, of those with few active neurons.
        degrees: At which all methods run.
        ratios: Samples over features, for least squares.
        ladder: The least and the largest exponent of 2 of samples, for averages.
        seeds: Training sets for averages.
        solver_seeds: Training sets for least squares.
        most_features: Above these no system is solved.
        level: The share of the variance at which an error counts as learned.
        growth_signs: The signs of functions whose samples grow.
        far_signs: More signs, for those of known spectrum.
        clusters: Samples, neurons and k, three by three, of random signs on clusters.
        sphere: The same for points on a sphere.
        sphere_inputs: Its dimensions.
        draws: Of random signs.
        restarts: Of a search for each.
        sweeps: Over all neurons, one at a time.
        ascent_steps: Along gradients.
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
    teacher_signs: int = 14
    address: int = 3
    degrees: tuple[int, ...] = (1, 2, 3)
    ratios: tuple[float, ...] = (0.5, 1.0, 1.5, 2.0, 4.0, 8.0, 16.0)
    ladder: tuple[int, ...] = (6, 18)
    seeds: int = 20
    solver_seeds: int = 5
    most_features: int = 2000
    level: float = 0.25
    growth_signs: tuple[int, ...] = (8, 10, 12, 14, 16)
    far_signs: tuple[int, ...] = (24, 32, 48, 64)
    clusters: tuple[int, ...] = (128, 8, 1, 256, 32, 1, 256, 32, 4, 16, 64, 2)
    sphere: tuple[int, ...] = (
        *(32, 16, 1, 64, 16, 1, 128, 16, 1, 64, 4, 1, 64, 8, 1, 64, 16, 2, 64, 16, 4),
    )
    sphere_inputs: tuple[int, ...] = (8, 32)
    draws: int = 8
    restarts: int = 4
    sweeps: int = 32
    ascent_steps: int = 100
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
        teacher_signs=6,
        address=2,
        degrees=(1, 2),
        ratios=(0.5, 1.0, 2.0, 4.0, 8.0, 16.0),
        ladder=(3, 11),
        seeds=8,
        solver_seeds=4,
        most_features=60,
        growth_signs=(5, 6),
        far_signs=(16, 32),
        clusters=(12, 4, 2),
        sphere=(16, 4, 1),
        sphere_inputs=(3,),
        draws=4,
        restarts=3,
        sweeps=4,
        ascent_steps=10,
    ),
    "default": Settings(),
    "paper": Settings(
        random_networks=1_000_000,
        climbers=256,
        growth_samples=1_000_000,
        ratios=(0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 8.0, 16.0),
        ladder=(6, 19),
        seeds=100,
        solver_seeds=20,
        draws=16,
        restarts=8,
        sweeps=256,
        ascent_steps=200,
    ),
}


def run(settings: Settings, progress: Progressed = silent) -> Tables:
    """Runs the experiment.

    Args:
        settings: What is run.
        progress: Called after every part with the numbers of parts done and in all.

    Returns:
        The tables `constructed`, certificates of networks that are written down; `random`, networks
        drawn and climbing; `closed_forms`, index, majority and parity; `lifted`, the parity of
        products; `tails`, by degree; `growth`, sensitivity against the number of signs;
        `low_degree`, learning curves, `sample_complexities` and `sample_growth`, the samples that a
        function takes; `rademacher`, how well random signs are fitted.
    """
    curves: list[Row] = []
    parts: dict[str, Callable[[], Any]] = {
        "constructed": lambda: exact.constructed_rows(settings),
        "random": lambda: exact.random_rows(settings),
        "closed_forms": lambda: exact.closed_form_rows(settings),
        "lifted": lambda: exact.lifted_rows(settings),
        "tails": lambda: exact.tail_rows(settings),
        "growth": lambda: exact.growth_rows(settings),
        "low_degree": lambda: curves.extend(learning.low_degree_rows(settings)) or curves,
        "sample_complexities": lambda: learning.sample_complexity_rows(curves, settings),
        "sample_growth": lambda: learning.sample_growth_rows(settings),
        "rademacher": lambda: rademacher_rows(settings),
    }
    return in_parts(parts, progress)


def claims(tables: Tables) -> Any:
    """What was predicted beside what was found."""
    return [*exact_claims(tables), *learning_claims(tables)]


def _check(settings: Settings) -> None:
    """Refuses pairs that are none, and functions that are not there."""
    for name in ("gated", "extremal", "climbed"):
        if len(getattr(settings, name)) % 2:
            raise ValueError(f"`{name}` must be pairs of numbers; got {getattr(settings, name)}")
    for name in ("clusters", "sphere"):
        if len(getattr(settings, name)) % 3:
            raise ValueError(
                f"`{name}` must be samples, neurons and k, three by three; got "
                f"{getattr(settings, name)}"
            )
    if any(n % 2 == 0 for n in settings.majorities):
        raise ValueError(f"`majorities` must be odd; got {settings.majorities}")


EXPERIMENT = Experiment("sparse_activations", __doc__ or "", PRESETS, run, claims, _check)


if __name__ == "__main__":
    EXPERIMENT.main()
