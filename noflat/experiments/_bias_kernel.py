"""The rows of the kernel itself: sampled, its eigenvalues between bounds, on new points."""

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import binom

from noflat.arguments import named_key
from noflat.experiments.records import Row
from noflat.measure.bias_kernels import (
    activity_counts,
    bias_kernel,
    bias_kernel_between,
    sphere_points,
)
from noflat.measure.bias_spectra import (
    decoupling_bounds,
    least_angle,
    pair_bound,
    power_eigenvalues,
    separation,
    series_bounds,
    worst_case_bound,
)

_LEVEL = 0.01
"""The probability with which the largest of all deviations is called too large."""
_NORMAL = 25
"""Neurons expected to be active on a pair, from which on a deviation is taken for normal."""


def sampled_rows(settings: Any) -> Iterator[Row]:
    """The kernel of random neurons: counts against the binomial law of the closed form."""
    n, d = settings.points[0], settings.dimensions[0]
    pairs = np.triu_indices(n)
    for bias in settings.sampled:
        points = sphere_points(n, d, key=named_key(settings.seed, "sampled", "points"))
        key = named_key(settings.seed, "sampled", int(1000 * bias))
        counts = activity_counts(points, bias, neurons=settings.neurons, key=key)[pairs]
        factor = (1 + np.asarray(points @ points.T))[pairs]
        exact = np.asarray(bias_kernel(points, bias))[pairs]
        chance = exact / factor
        errors = np.sqrt(chance * (1 - chance) / settings.neurons)
        z = np.abs(counts / settings.neurons - chance) / errors
        usual = chance * settings.neurons >= _NORMAL
        tails = binom(settings.neurons, chance)
        p = 2 * np.minimum(tails.cdf(counts), tails.sf(counts - 1))
        yield {
            "n": n,
            "d": d,
            "B": bias,
            "neurons": settings.neurons,
            "entries": len(counts),
            "largest_error": float(np.max(factor * errors * z)),
            "normal_entries": int(usual.sum()),
            "largest_z": float(z[usual].max()),
            "allowed_z": float(ndtri(1 - _LEVEL / (2 * usual.sum()))),
            "smallest_p": float(min(p.min(), 1.0)),
        }


def eigenvalue_rows(settings: Any) -> Iterator[Row]:
    """Every data set, draw and B: the extreme eigenvalues between their bounds."""
    for n, d in zip(settings.points, settings.dimensions, strict=True):
        for draw in range(settings.draws):
            points = sphere_points(n, d, key=named_key(settings.seed, "eigenvalues", n, d, draw))
            gram = np.asarray(points @ points.T)
            ends = power_eigenvalues(gram)
            for bias in settings.biases:
                kernel = np.asarray(bias_kernel(points, bias))
                eigenvalues = np.linalg.eigvalsh(kernel)
                series, apart = series_bounds(ends, bias), decoupling_bounds(gram, bias)
                yield {
                    "n": n,
                    "d": d,
                    "draw": draw,
                    "B": bias,
                    "separation": separation(gram),
                    "least_angle": least_angle(gram),
                    "smallest": float(eigenvalues[0]),
                    "largest": float(eigenvalues[-1]),
                    "condition": float(eigenvalues[-1] / eigenvalues[0]),
                    "over_gauss": float(eigenvalues[0] / np.exp(-(bias**2) / 2)),
                    "over_diagonal": float(eigenvalues[0] / (2 * ndtr(-bias))),
                    "series_low": series.low,
                    "series_high": series.high,
                    "apart_low": apart.low,
                    "apart_high": apart.high,
                    "diagonal": float(2 * ndtr(-bias)),
                    "worst_case": worst_case_bound(gram, bias),
                    "nearest_pair": pair_bound(kernel),
                }


def generalization_rows(settings: Any) -> Iterator[Row]:
    """The network of infinite width, trained to the end, on new points."""
    n, d = settings.points[0], settings.dimensions[0]
    for draw in range(settings.draws):
        key = named_key(settings.seed, "generalization", draw)
        points, new, direction, signs = (jax.random.fold_in(key, part) for part in range(4))
        points = sphere_points(n, d, key=points)
        new = sphere_points(settings.tested, d, key=new)
        beta = sphere_points(1, d, key=direction)[0] * d**0.5
        for labels, y, wanted in (
            ("linear", points @ beta, np.asarray(new @ beta)),
            ("random", jax.random.rademacher(signs, (n,), points.dtype), np.zeros(len(new))),
        ):
            for bias in settings.trained:
                kernel = np.asarray(bias_kernel(points, bias))
                alpha = np.linalg.solve(kernel, np.asarray(y))
                said = np.asarray(bias_kernel_between(new, points, bias)) @ alpha
                yield {
                    "n": n,
                    "d": d,
                    "draw": draw,
                    "labels": labels,
                    "B": bias,
                    "complexity": float(np.asarray(y) @ alpha) / n,
                    "scaled_complexity": 2 * float(ndtr(-bias)) * float(np.asarray(y) @ alpha) / n,
                    "rms_output": float(np.sqrt(np.mean(said**2))),
                    "rms_error": float(np.sqrt(np.mean((said - wanted) ** 2)))
                    if labels == "linear"
                    else None,
                }
