"""The rows on random signs: how well networks with few active neurons fit them."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from noflat.arguments import named_key, numbered_keys
from noflat.experiments._sparse_activations import grouped
from noflat.experiments.records import Row
from noflat.measure.bias_kernels import sphere_points
from noflat.measure.rademacher import (
    cluster_sizes,
    clustered_asymptotic,
    clustered_points,
    clustered_rademacher,
    clustered_supremum,
    rademacher_orders,
)
from noflat.measure.rademacher_ascents import (
    correlation,
    gradient_ascent,
    most_active,
    neuron_ascent,
)


def rademacher_rows(settings: Any) -> Iterator[Row]:
    """Random signs fitted by networks of the class: on clusters, and on the sphere."""
    for kind, m, s, k, n in _cells(settings):
        key = named_key(settings.seed, kind, m, s, k, n)
        if kind == "clusters":
            points = jnp.asarray(clustered_points(m, s, k, n))
        else:
            # the same points for all s and k
            points = sphere_points(m, n, key=named_key(settings.seed, "sphere", m, n))
        signs, found = _searched(points, s, k, settings, key)
        best = {name: values.max(axis=1) for name, (values, _) in found.items()}
        every = np.maximum(best["neurons"], best["gradient_neurons"])
        orders = rademacher_orders(m, s, k, n)
        row: Row = {"sample": kind, "m": m, "s": s, "k": k, "n": n, "draws": settings.draws}
        row |= {"restarts": settings.restarts, "exact": None, "supremum": None}
        if kind == "clusters":
            suprema = [clustered_supremum(one, s, k) for one in signs]
            row |= {"exact": float(clustered_rademacher(m, s, k)), "supremum": np.mean(suprema)}
        row |= {
            "asymptotic": clustered_asymptotic(m, s, k) if kind == "clusters" else None,
            "estimate": every.mean(),
            "standard_error": every.std(ddof=1) / len(every) ** 0.5,
        }
        for name, (values, _) in found.items():
            row |= {f"{name}_best": best[name].mean(), f"{name}_median": _median(values)}
        row |= {"most_active": max(int(active) for _, active in found.values())}
        yield {name: _plain(value) for name, value in row.items()} | orders._asdict()


def _cells(settings: Any) -> Iterator[tuple[str, int, int, int, int]]:
    for m, s, k in grouped(settings.clusters, 3):
        yield "clusters", m, s, k, len(cluster_sizes(m, s, k))
    for m, s, k in grouped(settings.sphere, 3):
        for n in settings.sphere_inputs:
            yield "sphere", m, s, k, n


def _searched(
    points: Array, s: int, k: int, settings: Any, key: Array
) -> tuple[np.ndarray, dict[str, tuple[np.ndarray, int]]]:
    """Signs, and what each search reached for each draw of them and each restart."""
    draws = numbered_keys(jax.random.fold_in(key, 0), range(settings.draws))
    signs = jax.vmap(lambda one: jax.random.rademacher(one, (len(points),), "float64"))(draws)
    keys = numbered_keys(jax.random.fold_in(key, 1), range(settings.restarts))

    def searched(zeta: Array, one: Array) -> dict[str, Any]:
        apart = partial(jax.random.fold_in, one)
        slope = gradient_ascent(points, zeta, s, k, steps=settings.ascent_steps, key=apart(0))
        nothing = (jnp.zeros_like(slope.weights), jnp.zeros_like(slope.thresholds))
        silent = slope._replace(weights=nothing[0], thresholds=nothing[1])

        # both starts at once, so that the search is compiled once
        def improved(start: Any, own: Array) -> Any:
            return neuron_ascent(points, zeta, s, k, start=start, sweeps=settings.sweeps, key=own)

        starts = jax.tree.map(lambda *parts: jnp.stack(parts), silent, slope)
        ends = jax.vmap(improved)(starts, jax.vmap(apart)(jnp.arange(1, 3)))
        fits = {
            "gradient": slope,
            "neurons": jax.tree.map(lambda part: part[0], ends),
            "gradient_neurons": jax.tree.map(lambda part: part[1], ends),
        }
        return {
            name: (correlation(fit, points, zeta), most_active(fit, points))
            for name, fit in fits.items()
        }

    found = jax.jit(jax.vmap(jax.vmap(searched, (None, 0)), (0, None)))(signs, keys)
    return np.asarray(signs), {
        name: (np.asarray(values), int(jnp.max(active))) for name, (values, active) in found.items()
    }


def _median(values: np.ndarray) -> float:
    """Over restarts, and then the mean over signs."""
    return float(np.median(values, axis=1).mean())


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, np.floating) else value
