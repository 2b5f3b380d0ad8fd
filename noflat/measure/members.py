"""Restarts of one setting: ensembles that say how far each trained network is from its target.

What is compared is the error on points that were not trained on, by one rule for every way of
training.
"""

from collections.abc import Callable

import jax
import optax
from jaxtyping import Array, Float, Int

from noflat.activations import Activation
from noflat.conventions import Convention
from noflat.measure.errors import relative_rms_error
from noflat.measure.inputs import draw_points
from noflat.networks import Network, init
from noflat.targets import Polynomial
from noflat.training import (
    Ensemble,
    Fit,
    ensemble,
    fit_sampled,
    fit_second_order,
    fit_separable,
)

_CHUNK = 8
"""Networks side by side on a CPU: their Jacobians stay in cache."""

WARM_UP = 0.02
"""The share of the steps in which Adam's learning rate rises; it falls to 0 after them."""


def second_order_block() -> int | None:
    """The block of a second-order ensemble: few on a CPU, what fits on an accelerator."""
    return _CHUNK if on_cpu() else None


def on_cpu() -> bool:
    """Whether blocks have a fixed size, so that rows do not depend on the number of cores."""
    return jax.default_backend() == "cpu"


def separable_members(
    target: Polynomial,
    activation: Activation,
    convention: Convention,
    points: Float[Array, "samples inputs"],
    unseen: Float[Array, "more inputs"],
    *,
    width: int,
    steps: int,
    goal: float,
    workers: int | None = None,
) -> Ensemble:
    """Restarts by separable Levenberg-Marquardt.

    Args:
        target: The function to be represented.
        activation: The activation.
        convention: Which biases and skip the networks have.
        points: Where they are trained.
        unseen: Where their error is measured.
        width: The number of neurons, padded ones included.
        steps: The most steps per network.
        goal: The relative rms error on the points at which a network stops early.
        workers: As for `ensemble`.

    Returns:
        Of keys and numbers of real neurons, the fits and their relative rms errors.
    """
    values = jax.vmap(target)(points)

    def one(key: Array, active: Array) -> tuple[Fit, Array]:
        fit = fit_separable(
            points,
            values,
            activation,
            convention,
            width=width,
            steps=steps,
            goal=goal,
            active=active,
            key=key,
        )
        return fit, relative_rms_error(fit.network, target, unseen)

    return ensemble(one, block=second_order_block(), workers=workers)


def adam_members(
    target: Polynomial,
    activation: Activation,
    convention: Convention,
    unseen: Float[Array, "more inputs"],
    *,
    inputs: str,
    samples: int,
    width: int,
    steps: int,
    workers: int | None = None,
) -> Ensemble:
    """Restarts by Adam on points drawn anew for every step, so that none can be learned by heart.

    The learning rate rises for the first steps and then falls to 0 as a cosine.

    Args:
        target: The function to be represented.
        activation: The activation.
        convention: Which biases and skip the networks have.
        unseen: Where their error is measured; training has the same dtype.
        inputs: The law of the points, `cube` or `gaussian`.
        samples: How many points a step has.
        width: The number of neurons, padded ones included.
        steps: The steps of each network.
        workers: As for `ensemble`.

    Returns:
        Of keys, numbers of real neurons and highest learning rates, the fits and their relative
        rms errors.
    """
    n, dtype = target.inputs, unseen.dtype

    def draw(key: Array) -> tuple[Array, Array]:
        points = draw_points(inputs, (samples, n), dtype=dtype, key=key)
        return points, jax.vmap(target)(points)

    def one(key: Array, active: Array, rate: Array) -> tuple[Fit, Array]:
        roles = jax.random.split(key)
        start = init(
            (n, width, 1),
            activation,
            convention=convention,
            dtype=dtype,
            active=(active,),
            key=roles[0],
        )
        fit = fit_sampled(
            start,
            draw,
            optimizer=optax.adam(_schedule(rate, steps)),
            steps=steps,
            every=steps,
            active=(active,),
            key=roles[1],
        )
        return fit, relative_rms_error(fit.network, target, unseen)

    return ensemble(one, block=2 * _CHUNK if on_cpu() else None, workers=workers)


def second_order_members(
    target: Polynomial,
    points: Float[Array, "samples inputs"],
    unseen: Float[Array, "more inputs"],
    *,
    steps: int,
    goal: float,
    workers: int | None = None,
) -> Ensemble:
    """Networks of any depth, trained by second order from where they are.

    Args:
        target: The function to be represented.
        points: Where they are trained.
        unseen: Where their error is measured.
        steps: The most steps of each network.
        goal: The relative rms error on the points at which to stop early.
        workers: As for `ensemble`.

    Returns:
        Of networks and the numbers of real neurons of their hidden layers, one column for each, the
        fits and their relative rms errors.
    """
    values = jax.vmap(target)(points)

    def one(network: Network, active: Int[Array, " layers"]) -> tuple[Fit, Array]:
        fit = fit_second_order(
            network, points, values, steps=steps, goal=goal, active=tuple(active)
        )
        return fit, relative_rms_error(fit.network, target, unseen)

    return ensemble(one, block=second_order_block(), workers=workers)


def _schedule(rate: Array, steps: int) -> Callable:
    """The learning rate over time."""
    unit = optax.warmup_cosine_decay_schedule(0.0, 1.0, max(1, round(WARM_UP * steps)), steps)
    return lambda count: (rate * unit(count)).astype(rate.dtype)
