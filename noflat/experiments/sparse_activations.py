"""Sparse activations: what follows where few neurons are active at a time.

A network with k active neurons and weights W has average sensitivity 4 k^2 W^2 at most, whatever
its number of neurons and of inputs. So its Fourier expansion is of low degree, up to an error that
is certified, and it can be learned; what training leaves is measured against the same certificate.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from noflat.experiments import _sparse_activations as exact
from noflat.experiments import _sparse_activations_learning as learning
from noflat.experiments import _sparse_activations_students as learners
from noflat.experiments import _sparse_activations_training as training
from noflat.experiments._flags import Tables
from noflat.experiments._main import Experiment, Progressed, in_parts, silent
from noflat.experiments._sparse_activations_claims import exact_claims
from noflat.experiments._sparse_activations_learning_claims import learning_claims
from noflat.experiments._sparse_activations_rademacher import rademacher_rows
from noflat.experiments._sparse_activations_training_claims import training_claims
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
        student_inputs: The signs that students see, at most 32.
        student_signs: The signs of the majority and of the random network that are learned.
        student_bits: The signs of an address, of the index networks that are.
        student_gated: The signs of the address and of the data, pairs, of gated experts that are.
        student_parities: The signs of parities that are.
        student_width: The neurons of a student.
        student_steps: Its steps of Adam.
        students: For each teacher.
        widths: The neurons of networks whose activity is followed.
        decays: What the squares of weights cost there.
        costs: What activity costs there.
        activity_inputs: The signs of the parity of 3 that they learn.
        activity_steps: Their steps of Adam, a multiple of 20.
        activity_networks: For each target, width and cost.
        transformer_bits: The signs of an address, of the index that a transformer learns.
        transformer_parity: The d and k of the parity that it learns.
        transformer_widths: Entries of its embeddings.
        transformer_layers: Its layers.
        transformer_steps: Its steps of Adam, a multiple of 20.
        transformers: For each task and width.
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
    student_inputs: int = 32
    student_signs: int = 20
    student_bits: tuple[int, ...] = (3, 4)
    student_gated: tuple[int, ...] = (3, 11, 3, 17)
    student_parities: tuple[int, ...] = (3, 4, 6, 8, 10, 12)
    student_width: int = 128
    student_steps: int = 4000
    students: int = 5
    widths: tuple[int, ...] = (32, 64, 128, 256)
    decays: tuple[float, ...] = (1e-4, 1e-3, 1e-2)
    costs: tuple[float, ...] = (3e-3, 3e-2)
    activity_inputs: int = 12
    activity_steps: int = 2000
    activity_networks: int = 5
    transformer_bits: int = 2
    transformer_parity: tuple[int, ...] = (8, 4)
    transformer_widths: tuple[int, ...] = (32,)
    transformer_layers: int = 2
    transformer_steps: int = 600
    transformers: int = 5
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
        student_inputs=12,
        student_signs=5,
        student_bits=(1, 2),
        student_gated=(1, 4),
        student_parities=(2, 3),
        student_width=16,
        student_steps=200,
        students=2,
        widths=(12,),
        decays=(1e-3,),
        costs=(3e-2,),
        activity_inputs=5,
        activity_steps=200,
        activity_networks=2,
        transformer_bits=1,
        transformer_parity=(4, 2),
        transformer_widths=(8,),
        transformer_steps=40,
        transformers=2,
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
        student_parities=(3, 4, 5, 6, 7, 8, 10, 12),
        student_steps=40_000,
        students=16,
        widths=(32, 64, 128, 256, 512),
        activity_steps=8000,
        activity_networks=16,
        transformer_parity=(16, 8),
        transformer_widths=(32, 64, 128),
        transformer_steps=5000,
        transformers=8,
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
        function takes; `rademacher`, how well random signs are fitted; `students` and
        `student_curves`, dense networks that learn; `activity`, active neurons as training goes on,
        `trained`, what is exact of those networks, and `transformer_activity`.
    """
    curves = cache(lambda: list(learning.low_degree_rows(settings)))
    students = cache(lambda: learners.student_fits(settings))
    trained = cache(lambda: training.activity_fits(settings))
    parts: dict[str, Callable[[], Any]] = {
        "constructed": lambda: exact.constructed_rows(settings),
        "random": lambda: exact.random_rows(settings),
        "closed_forms": lambda: exact.closed_form_rows(settings),
        "lifted": lambda: exact.lifted_rows(settings),
        "tails": lambda: exact.tail_rows(settings),
        "growth": lambda: exact.growth_rows(settings),
        "low_degree": curves,
        "sample_complexities": lambda: learning.sample_complexity_rows(curves(), settings),
        "sample_growth": lambda: learning.sample_growth_rows(settings),
        "rademacher": lambda: rademacher_rows(settings),
        "students": lambda: learners.student_rows(settings, students()),
        "student_curves": lambda: learners.student_curve_rows(settings, students()),
        "activity": lambda: training.activity_rows(trained()),
        "trained": lambda: training.trained_rows(trained()),
        "transformer_activity": lambda: training.transformer_activity_rows(settings),
    }
    return in_parts(parts, progress)


def claims(tables: Tables) -> list[Row]:
    """What was predicted beside what was found."""
    return [*exact_claims(tables), *learning_claims(tables), *training_claims(tables)]


def _check(settings: Settings) -> None:
    """Refuses pairs that are none, and functions that are not there."""
    for name in ("gated", "extremal", "climbed", "student_gated"):
        if len(getattr(settings, name)) % 2:
            raise ValueError(f"`{name}` must be pairs of numbers; got {getattr(settings, name)}")
    for name in ("clusters", "sphere"):
        if len(getattr(settings, name)) % 3:
            raise ValueError(
                f"`{name}` must be samples, neurons and k, three by three; got "
                f"{getattr(settings, name)}"
            )
    for name in ("activity_steps", "transformer_steps"):
        if getattr(settings, name) % 20:
            raise ValueError(
                f"`{name}` must be a multiple of 20, the checks; got {getattr(settings, name)}"
            )
    if settings.student_inputs > 32:
        raise ValueError(f"`student_inputs` must be at most 32; got {settings.student_inputs}")
    if any(n % 2 for n in settings.growth):
        raise ValueError(f"`growth` must be even, one below a majority; got {settings.growth}")
    if any(n % 2 == 0 for n in settings.majorities):
        raise ValueError(f"`majorities` must be odd; got {settings.majorities}")


EXPERIMENT = Experiment("sparse_activations", __doc__ or "", PRESETS, run, claims, _check)


main = EXPERIMENT.main

if __name__ == "__main__":
    main()
