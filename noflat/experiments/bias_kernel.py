"""Sparse activation by large biases: the kernel, its least eigenvalue, and gradient descent.

Biases that start at B leave a share Phi(-B) of the neurons active. The kernel that describes wide
networks then has a small least eigenvalue, and yet a condition number near 1: training takes few
steps, of few neurons each. What it takes is width.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from noflat.experiments import _bias_kernel as rows_of
from noflat.experiments import _bias_kernel_fits as fits_of
from noflat.experiments._bias_kernel_claims import claims
from noflat.experiments._flags import Tables
from noflat.experiments._main import Experiment, Progressed, in_parts, silent


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        points: Points on the sphere, of each data set.
        dimensions: The dimension of each data set.
        draws: How often each data set is drawn.
        biases: The B at which eigenvalues are taken, ascending.
        sampled: The B at which the kernel is sampled.
        neurons: That are drawn for it.
        trained: The B at which networks are trained, ascending.
        widths: Of networks, ascending, at every B.
        wider: Further widths, at those B that leave at most `active` neurons active on a point.
        active: The most neurons that may be active on a point of those.
        members: Data sets, labels and networks, each of its own, for every B and width.
        slower: Training ends at so many times the steps that the kernel predicts.
        tested: Points on which the kernel is tested.
        seed: Of all random numbers.
    """

    points: tuple[int, ...] = (60, 30, 30, 120, 240, 60, 120, 60)
    dimensions: tuple[int, ...] = (10, 5, 10, 10, 10, 30, 30, 100)
    draws: int = 10
    biases: tuple[float, ...] = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0)
    sampled: tuple[float, ...] = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
    neurons: int = 200_000
    trained: tuple[float, ...] = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5)
    widths: tuple[int, ...] = (64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)
    wider: tuple[int, ...] = (32768, 65536, 131072, 262144, 524288)
    active: int = 4096
    members: int = 10
    slower: float = 10.0
    tested: int = 2000
    seed: int = 0


PRESETS = {
    "smoke": Settings(
        points=(20, 20),
        dimensions=(5, 10),
        draws=2,
        biases=(0.0, 1.0, 2.0, 4.0),
        sampled=(0.0, 1.0),
        neurons=5000,
        trained=(0.0, 1.0),
        widths=(64, 256, 1024),
        wider=(2048,),
        active=400,
        members=2,
        tested=100,
    ),
    "default": Settings(),
    "paper": Settings(
        draws=50,
        neurons=2_000_000,
        wider=(32768, 65536, 131072, 262144, 524288, 1048576),
        active=8192,
        members=40,
        tested=20_000,
    ),
}


def run(settings: Settings, progress: Progressed = silent) -> Tables:
    """Runs the experiment.

    Args:
        settings: What is run.
        progress: Called after every part with the numbers of parts done and in all.

    Returns:
        The tables `sampled`, the kernel of random neurons beside the closed form; `eigenvalues`, a
        row per data set, draw and B; `descent`, a row per network; `breaks`, the widths from which
        on training is as fast as the kernel says; `generalization`, the kernel on new points.
    """
    descent = list(fits_of.descent_rows(settings))
    parts: dict[str, Callable[[], Any]] = {
        "descent": lambda: descent,
        "breaks": lambda: fits_of.break_rows(descent),
        "sampled": lambda: rows_of.sampled_rows(settings),
        "eigenvalues": lambda: rows_of.eigenvalue_rows(settings),
        "generalization": lambda: rows_of.generalization_rows(settings),
    }
    return in_parts(parts, progress)


def _check(settings: Settings) -> None:
    """Refuses what is no list of data sets, and lists that do not ascend."""
    if len(settings.points) != len(settings.dimensions):
        raise ValueError(
            "`points` and `dimensions` must have one number for each data set; got "
            f"{settings.points} and {settings.dimensions}"
        )
    if min(settings.points) < 2 or min(settings.dimensions) < 2:
        raise ValueError(
            "`points` and `dimensions` must be at least 2, for kernels that are no number; got "
            f"{settings.points} and {settings.dimensions}"
        )
    ladder = (*settings.widths, *settings.wider)
    for name, values in (
        ("biases", settings.biases),
        ("trained", settings.trained),
        ("widths", ladder),
    ):
        if list(values) != sorted(set(values)) or not values:
            raise ValueError(f"`{name}` must ascend; got {values}")
    if any(width % 2 for width in ladder):
        raise ValueError(f"`widths` must be even, for neurons in pairs; got {ladder}")
    if settings.members < 2:
        raise ValueError(f"`members` must be at least 2, for intervals; got {settings.members}")


EXPERIMENT = Experiment("bias_kernel", __doc__ or "", PRESETS, run, claims, _check)


main = EXPERIMENT.main

if __name__ == "__main__":
    main()
