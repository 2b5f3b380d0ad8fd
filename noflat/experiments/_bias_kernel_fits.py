"""The rows of gradient descent: networks beside what the kernel says of them."""

from collections.abc import Iterator
from functools import lru_cache, partial
from math import ceil, log
from statistics import median
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import ndtr

from noflat.arguments import named_key
from noflat.experiments.records import Row, where
from noflat.measure.bias_flips import flip_factor, step_weights
from noflat.measure.bias_kernels import bias_kernel, linear_steps, sphere_points
from noflat.measure.complexities import sample_complexity
from noflat.training.wide import WideFit, fit_wide

LEVELS = (2.0, 4.0)
"""Times the predicted steps at which a network is too narrow."""
_TYPE = "float32"
"""Of training; the kernel and its predictions are in float64."""


class _Task(NamedTuple):
    """The data of one member, with what the kernel says at one B."""

    points: np.ndarray
    labels: np.ndarray
    rate: float
    steps: float
    flips: float


def descent_rows(settings: Any) -> Iterator[Row]:
    """Every B, width and member; `growing` is B = sqrt(ln(m)/2)."""
    for kind, bias, width in _cells(settings):
        tasks = [_task(settings, bias, member) for member in range(settings.members)]
        fits = _trained(settings, tasks, bias, width)
        for member, task in enumerate(tasks):
            fit = jax.tree.map(lambda leaf, member=member: leaf[member], fits)
            yield _row(settings, kind, bias, width, member, task, fit)


def _cells(settings: Any) -> Iterator[tuple[str, float, int]]:
    ladder = (*settings.widths, *settings.wider)
    for bias in settings.trained:
        for width in ladder:
            if width in settings.widths or width * ndtr(-bias) <= settings.active:
                yield "fixed", bias, width
    for width in settings.widths:
        yield "growing", (log(width) / 2) ** 0.5, width


@lru_cache(maxsize=1024)
def _task(settings: Any, bias: float, member: int) -> _Task:
    n, d = settings.points[0], settings.dimensions[0]
    key = named_key(settings.seed, "descent", member)
    points, signs, edge = (jax.random.fold_in(key, part) for part in range(3))
    points = sphere_points(n, d, key=points)
    labels = np.asarray(jax.random.rademacher(signs, (n,), points.dtype))
    kernel = np.asarray(bias_kernel(points, bias))
    rate = 1 / float(np.linalg.eigvalsh(kernel)[-1])
    steps = linear_steps(kernel, labels, rate=rate)
    weights = step_weights(kernel, labels, ceil(steps), rate=rate)
    flips = _factor(points, jnp.asarray(weights), jnp.asarray(bias, points.dtype), key=edge)
    return _Task(np.asarray(points), labels, rate, steps, float(flips))


_factor = jax.jit(flip_factor)


def _trained(settings: Any, tasks: list[_Task], bias: float, width: int) -> WideFit:
    """One network for every task, one after the other in one compiled program."""
    keys = [
        named_key(settings.seed, "network", width, int(1000 * bias), member)
        for member in range(len(tasks))
    ]
    arrays = (
        jnp.asarray([task.points for task in tasks], _TYPE),
        jnp.asarray([task.labels for task in tasks], _TYPE),
        jnp.full(len(tasks), bias, _TYPE),
        jnp.asarray([task.rate for task in tasks], _TYPE),
        jnp.asarray([ceil(settings.slower * task.steps) for task in tasks]),
        jnp.stack(keys),
    )
    return jax.device_get(_all(width, *arrays))


@partial(jax.jit, static_argnums=0)
def _all(width: int, *arrays: jax.Array) -> Any:
    def one(task: tuple[jax.Array, ...]) -> WideFit:
        points, labels, bias, rate, most, key = task
        fit = fit_wide(points, labels, bias, rate, width=width, most=most, key=key)
        return fit._replace(network=None)

    return jax.lax.map(one, arrays)


def _row(
    settings: Any, kind: str, bias: float, width: int, member: int, task: _Task, fit: WideFit
) -> Row:
    steps = float(fit.steps)
    reached = bool(np.isfinite(steps))
    started = linear_steps(
        np.asarray(fit.start_kernel, float),
        task.labels,
        rate=task.rate,
        most=ceil(4 * settings.slower * task.steps),
    )
    most = settings.slower
    active = (float(fit.active_start) + float(fit.active_end)) / 2
    return {
        "kind": kind,
        "B": bias,
        "m": width,
        "member": member,
        "predicted_steps": task.steps,
        "started_steps": started if np.isfinite(started) else None,
        "steps": steps if reached else None,
        "reached": int(reached),
        "ratio": min(steps / task.steps, most),
        "started_ratio": min(started / task.steps, most),
        "loss_left": float(fit.loss) / (len(task.labels) / 2),
        "active_start": float(fit.active_start),
        "active_end": float(fit.active_end),
        "flipped": float(fit.flipped),
        "ever_flipped": float(fit.ever_flipped),
        "predicted_flips": task.flips / width**0.5,
        "work": float(fit.taken) * width * active if reached else None,
    }


def break_rows(rows: list[Row]) -> Iterator[Row]:
    """For every B and level the width from which on training is no slower than that."""
    for level in LEVELS:
        for kind, column in (("network", "ratio"), ("start kernel", "started_ratio")):
            for bias in dict.fromkeys(row["B"] for row in where(rows, kind="fixed")):
                mine = where(rows, kind="fixed", B=bias)
                widths = sorted({row["m"] for row in mine})
                ratios = [
                    [where(mine, m=width, member=member)[0][column] for width in widths]
                    for member in sorted({row["member"] for row in mine})
                ]
                found = sample_complexity(widths, np.array(ratios), level)
                active = float(ndtr(-bias))
                steps = level * median(row["predicted_steps"] for row in mine)
                neurons = found.size and found.size * active
                crossings = median(row["predicted_flips"] * row["m"] ** 0.5 for row in mine)
                yield {
                    "slower": level,
                    "of": kind,
                    "B": bias,
                    "width": found.size,
                    "low": found.low,
                    "high": found.high if np.isfinite(found.high) else None,
                    "censored": found.censored,
                    "active_neurons": neurons,
                    "squared": neurons and neurons * active,
                    "crossing_width": (crossings / active) ** 2,
                    "active_work": neurons and neurons * steps,
                    "all_work": found.size and found.size * steps,
                    "of_members": " ".join(f"{one.size or 0:.5g}" for one in found.of_seeds),
                }
