"""Error over depth and width for a product of many inputs, as Rolnick and Tegmark's Figure 2."""

from collections.abc import Callable
from typing import Any

from noflat.experiments.records import Row

LAWS = {"positive": 0.0, "signed": -2.0}
"""The least value of an input; the largest is 2, so that |x| has one law and E|P| = 1 in both."""

_UNSEEN = 2**14


def heat_map(
    n: int,
    depths: tuple[int, ...],
    widths: tuple[int, ...],
    *,
    restarts: int,
    steps: int,
    samples: int,
    rate: float,
    seed: int,
    progress: Callable[[], None],
) -> list[Row]:
    """Trains every shape on both laws, in float32, for the least absolute error.

    Args:
        n: The number of variables.
        depths: The numbers of hidden layers.
        widths: The neurons of each of them.
        restarts: Networks of each shape.
        steps: Of Adam, the learning rate falling to 0 as a cosine.
        samples: Points of a step, drawn anew each time.
        rate: The learning rate at the start.
        seed: Of all random numbers.
        progress: Called after every shape.

    Returns:
        A row per law, depth and width: the mean absolute error over that of the constant 0.
    """
    import jax
    import numpy as np

    rows = []
    for law, low in LAWS.items():
        for depth in depths:
            for width in widths:
                key = jax.random.fold_in(jax.random.key(seed), 1000 * depth + width)
                train = _members(n, low, depth, width, steps, samples, rate)
                errors = np.asarray(train(jax.random.split(key, restarts)), float)
                rows.append(
                    {
                        "n": n,
                        "inputs": law,
                        "hidden_layers": depth,
                        "width": width,
                        "neurons": depth * width,
                        "restarts": restarts,
                        "best": float(np.min(errors)),
                        "median": float(np.median(errors)),
                        "worst": float(np.max(errors)),
                    }
                )
                progress()
    return rows


def _members(
    n: int, low: float, depth: int, width: int, steps: int, samples: int, rate: float
) -> Any:
    """Of JAX keys, the errors of trained networks of one shape."""
    import jax
    import jax.numpy as jnp
    import optax

    from noflat.networks import init
    from noflat.training import ensemble, fit_sampled

    def batch(key: Any, count: int) -> Any:
        points = jax.random.uniform(key, (count, n), "float32", minval=low, maxval=2.0)
        return points, jnp.prod(points, axis=1)

    def one(key: Any) -> Any:
        start = init((n, *[width] * depth, 1), "tanh", dtype="float32", key=key)
        fit = fit_sampled(
            start,
            lambda key: batch(key, samples),
            optimizer=optax.adam(optax.cosine_decay_schedule(rate, steps)),
            steps=steps,
            every=steps,
            loss="absolute",
            key=jax.random.fold_in(key, 1),
        )
        points, values = batch(jax.random.fold_in(key, 2), _UNSEEN)
        outputs = jax.vmap(fit.network)(points)[:, 0]
        return jnp.mean(jnp.abs(outputs - values)) / jnp.mean(jnp.abs(values))

    return ensemble(one)


def one_neuron_error(n: int, low: float, slope: float, seed: int) -> float:
    """The mean absolute error, over that of the constant 0, of one exp neuron of that slope.

    Its factor and its constant are those of least absolute error on the points: the constant is a
    median, and the error is convex in the factor.
    """
    import numpy as np
    from scipy.optimize import minimize_scalar

    points = np.random.default_rng(seed).uniform(low, 2.0, (_UNSEEN, n))
    values = points.prod(axis=1)
    neuron = np.exp(slope * (points.sum(axis=1) - n))
    neuron /= neuron.mean()

    def error(factor: float) -> float:
        rest = values - factor * neuron
        return float(np.abs(rest - np.median(rest)).mean())

    found = minimize_scalar(error, bounds=(-1.0, 2.0), method="bounded")
    return float(found.fun) / float(np.abs(values).mean())
