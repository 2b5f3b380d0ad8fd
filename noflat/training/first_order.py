"""First-order training of a network of any depth, with any optax optimizer.

The points are fixed or drawn anew for every step. Either way one step costs one pass forward and
one back, in closed form; see `noflat.training.sensitivities`.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, cast, get_args

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key

from noflat.arguments import whole
from noflat.networks import Network, padding_mask
from noflat.training.fits import CONVERGED, MAX_STEPS, NONFINITE, Fit
from noflat.training.sensitivities import check_batch, forward, gradient, rows

Loss = Literal["squared", "absolute"]
"""Of the errors at the points the mean of their squares, or of their absolute values."""

Batch = tuple[Float[Array, "samples inputs"], Float[Array, " samples"]]


def fit_first_order(
    network: Network,
    points: Float[Array, "samples inputs"],
    values: Float[Array, " samples"],
    *,
    optimizer: optax.GradientTransformation,
    steps: int,
    every: int = 1,
    loss: Loss = "squared",
    goal: float = 0.0,
    active: Sequence[Int[Array, ""] | int] | None = None,
) -> Fit:
    r"""Minimizes the mean squared error, or the absolute one, over a fixed batch by gradient steps.

    Written for one network: `ensemble` trains thousands.

    Args:
        network: Where to start; one output.
        points: The inputs.
        values: The target at those inputs.
        optimizer: Any optax optimizer, a schedule included.
        steps: The number of full-batch steps.
        every: Of so many losses one is kept; it divides `steps`.
        loss: The mean of the squared errors, or of the absolute ones.
        goal: Training ends `every` steps after the first kept loss below it.
        active: How many neurons of each hidden layer are real, as for `init`; all where None.

    Returns:
        The fit; its status is `converged` if the goal was reached, and `nonfinite` if the loss
        stopped being a number: its network then is the last one with a finite loss.

    Raises:
        ValueError: If the network has more outputs than one, the shapes do not fit it, `loss` is
            not known, or `every` does not divide `steps`.

    Example:
        >>> points = jax.random.uniform(jax.random.key(0), (64, 2), minval=-1, maxval=1)
        >>> start = init((2, 8, 1), "tanh", dtype=points.dtype, key=jax.random.key(1))
        >>> fit = fit_first_order(
        ...     start, points, points.prod(axis=1), optimizer=optax.adam(0.01), steps=300
        ... )
        >>> bool(fit.loss_curve[-1] < fit.loss_curve[0] / 10)
        True

    Reference:
        Kingma and Ba (2015) for Adam, as optax has it.
    """
    check_batch(network, points, values)
    columns = points.T
    how = (optimizer, steps, every, loss, goal, active)
    return _descend(network, lambda step: (columns, values), *how)


def fit_sampled(
    network: Network,
    draw: Callable[[Key[Array, ""]], Batch],
    *,
    optimizer: optax.GradientTransformation,
    steps: int,
    every: int = 1,
    loss: Loss = "squared",
    goal: float = 0.0,
    active: Sequence[Int[Array, ""] | int] | None = None,
    key: Key[Array, ""],
) -> Fit:
    r"""Minimizes the mean squared error, or the absolute one, with fresh points for every step.

    Args:
        network: Where to start; one output.
        draw: From a JAX key to points and the values of the target there.
        optimizer: Any optax optimizer, a schedule included.
        steps: The number of steps.
        every: Of so many losses one is kept; it divides `steps`.
        loss: The mean of the squared errors, or of the absolute ones.
        goal: Training ends `every` steps after the first kept loss below it.
        active: As for `fit_first_order`.
        key: The JAX key; the points of a step depend on it and on the number of the step.

    Returns:
        The fit; each loss is that of the points of its step, the last one of points not trained on.
        Its status and its steps are those of `fit_first_order`.

    Raises:
        ValueError: As `fit_first_order`.

    Example:
        >>> def draw(key):
        ...     points = jax.random.uniform(key, (64, 2), minval=-1, maxval=1)
        ...     return points, points.prod(axis=1)
        >>> start = init((2, 8, 1), "tanh", key=jax.random.key(1))
        >>> fit = fit_sampled(
        ...     start, draw, optimizer=optax.adam(0.01), steps=300, key=jax.random.key(2)
        ... )
        >>> bool(fit.loss_curve[-1] < fit.loss_curve[0] / 10)
        True
    """
    points, values = jax.eval_shape(draw, key)
    check_batch(network, points, values)

    def batch(step: Array) -> tuple[Array, Array]:
        points, values = draw(jax.random.fold_in(key, step))
        return points.T, values

    return _descend(network, batch, optimizer, steps, every, loss, goal, active)


def _descend(
    network: Network,
    batch: Callable[[Int[Array, ""]], tuple[Array, Array]],
    optimizer: optax.GradientTransformation,
    steps: int,
    every: int,
    loss: Loss,
    goal: float,
    active: Sequence[Int[Array, ""] | int] | None,
) -> Fit:
    """Gradient steps; all weights are held a row per neuron meanwhile."""
    if whole(steps, "steps", "the steps to take") % whole(every, "every", "steps per kept loss"):
        raise ValueError(f"`every` must divide `steps` = {steps}; got {every}")
    if loss not in get_args(Loss):
        raise ValueError(f"`loss` must be one of {', '.join(get_args(Loss))}; got {loss!r}")
    trained = None if active is None else rows(padding_mask(network, active))

    def masked(change: Network) -> Network:
        return change if trained is None else jax.tree.map(jnp.multiply, change, trained)

    def mean_loss(residual: Array) -> Float[Array, ""]:
        return jnp.mean(residual**2 if loss == "squared" else jnp.abs(residual))

    def slopes(residual: Array) -> Array:
        return (2 * residual if loss == "squared" else jnp.sign(residual)) / residual.size

    def step(carry: tuple, number: Array) -> tuple[tuple, Float[Array, ""]]:
        current, good, state, finite = carry
        columns, values = batch(number)
        passed = forward(current, columns)
        residual = passed.outputs - values
        value = mean_loss(residual)
        finite = finite & jnp.isfinite(value) & _all_finite(current)
        good = jax.tree.map(lambda new, old: jnp.where(finite, new, old), current, good)
        slope = masked(gradient(current, passed, slopes(residual)))
        # optax mixes dtypes (a counter with decay rates), which a strict user's JAX refuses
        with jax.numpy_dtype_promotion("standard"):
            updates, state = optimizer.update(cast(Any, slope), state, cast(Any, current))
            # an optimizer may move a weight without a gradient, by noise for one
            moved = optax.apply_updates(cast(Any, current), cast(Any, masked(cast(Any, updates))))
        return (cast(Network, moved), good, state, finite), value

    def stretch(now: tuple) -> tuple:
        number, carry, curve, _ = now
        carry, losses = jax.lax.scan(step, carry, number * every + jnp.arange(every))
        return number + 1, carry, curve.at[number].set(losses[0]), losses[0] < goal

    def goes_on(now: tuple) -> Array:
        return (now[0] < steps // every) & (jnp.logical_not(now[3]) if goal else True)

    start = rows(network)
    carry = (start, start, optimizer.init(cast(Any, start)), jnp.array(True))
    curve = jnp.zeros(steps // every, jax.eval_shape(batch, jnp.array(0))[1].dtype)
    begun = (jnp.array(0), carry, curve, jnp.array(False))
    number, (end, good, _, finite), curve, reached = jax.lax.while_loop(goes_on, stretch, begun)
    columns, values = batch(number * every)
    last = mean_loss(forward(end, columns).outputs - values)
    finite = finite & jnp.isfinite(last) & _all_finite(end)
    kept = jax.tree.map(lambda new, old: jnp.where(finite, new, old), end, good)
    curve = jnp.append(jnp.where(jnp.arange(len(curve)) < number, curve, last), last)
    status = jnp.where(finite, jnp.where(reached, CONVERGED, MAX_STEPS), NONFINITE)
    return Fit(rows(kept), curve, status, number * every)


def _all_finite(network: Network) -> Array:
    return jnp.all(jnp.array([jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(network)]))
