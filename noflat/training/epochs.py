r"""Training on a fixed set of samples, batch by batch, until its loss is small.

The batches are slices of the set, always the same ones; every epoch takes them in another order.
Training ends with the first epoch whose mean loss is below a goal. All is one program, so that it
runs for many members side by side, and sets of several sizes share it: each is the beginning of
one array.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key

from noflat.arguments import whole
from noflat.training.fits import CONVERGED, MAX_STEPS, NONFINITE

Loss = Callable[[Any, Any], Float[Array, ""]]
"""From parameters and a batch to the mean loss."""


class EpochFit(NamedTuple):
    """Parameters in training, or trained: what the next epoch needs, too.

    Attributes:
        params: Any pytree.
        state: That of the optimizer.
        loss: The mean loss over the batches of the last epoch, each before its step.
        epochs: How many there were.
        steps: How many steps they took.
        status: An index into `STATUSES`.
    """

    params: Any
    state: Any
    loss: Float[Array, ""]
    epochs: Int[Array, ""]
    steps: Int[Array, ""]
    status: Int[Array, ""]


def start_epochs(params: Any, optimizer: optax.GradientTransformation) -> EpochFit:
    """The fit before the first epoch.

    Args:
        params: Where to start.
        optimizer: Any optax optimizer.

    Returns:
        The fit; its loss is infinite.
    """
    zero = jnp.int32(0)
    return EpochFit(
        params, optimizer.init(params), jnp.float32(jnp.inf), zero, zero, jnp.int32(MAX_STEPS)
    )


def fit_epochs(
    fit: EpochFit,
    loss: Loss,
    data: Any,
    *,
    optimizer: optax.GradientTransformation,
    count: Int[Array, ""] | int,
    batch: int,
    goal: float,
    most_steps: Int[Array, ""] | int,
    key: Key[Array, ""],
) -> EpochFit:
    """Goes on with a fit, until the loss is below the goal or the steps are used up.

    Args:
        fit: Where to go on, from `start_epochs` or from here.
        loss: From the parameters and a batch of the data to the mean loss.
        data: A pytree of arrays whose leading axis is that of the samples.
        optimizer: The optax optimizer.
        count: How many of the samples are in the set: the first ones, whole batches, one at least.
            What is left over is not used.
        batch: Samples of a batch.
        goal: The mean loss of an epoch at which training ends.
        most_steps: No epoch begins after so many steps in all.
        key: The JAX key; the order of an epoch depends on it and on the number of the epoch.

    Returns:
        The fit: `converged` at the goal, `nonfinite` where the loss stopped being a number.

    Raises:
        ValueError: If there is not one whole batch of data, or `count` is a number that is less
            than a batch or more than the data; under `jit` it is brought into these bounds.

    Example:
        >>> points = jax.random.normal(jax.random.key(0), (64, 2))
        >>> def loss(weights, batch):
        ...     points, values = batch
        ...     return jnp.mean((points @ weights - values) ** 2)
        >>> data, descent = (points, points @ jnp.array([1.0, -2.0])), optax.sgd(0.1)
        >>> how = dict(count=64, batch=8, goal=1e-6, most_steps=1000, key=jax.random.key(1))
        >>> start = start_epochs(jnp.zeros(2), descent)
        >>> print(fit_epochs(start, loss, data, optimizer=descent, **how).params.round(2))
        [ 1. -2.]

    Reference:
        Robbins and Monro (1951), as optax has it.
    """
    whole(batch, "batch", "the samples of a batch")
    batches = jax.tree.leaves(data)[0].shape[0] // batch
    if batches == 0:
        raise ValueError(f"`data` must have at least `batch` = {batch} samples")
    if isinstance(count, int) and not batch <= count <= jax.tree.leaves(data)[0].shape[0]:
        raise ValueError(
            f"`count` must be between `batch` = {batch} and the samples of `data`, "
            f"{jax.tree.leaves(data)[0].shape[0]}; got {count}"
        )
    used = jnp.clip(jnp.asarray(count, "int32") // batch, 1, batches)
    slices = jax.tree.map(
        lambda leaf: leaf[: batches * batch].reshape(batches, batch, *leaf.shape[1:]), data
    )

    def step(number: Array, carry: tuple) -> tuple:
        params, state, total, order = carry
        chosen = jax.tree.map(lambda leaf: leaf[order[number]], slices)
        value, slope = jax.value_and_grad(loss)(params, chosen)
        # optax mixes dtypes (a counter with decay rates), which a strict user's JAX refuses
        with jax.numpy_dtype_promotion("standard"):
            updates, state = optimizer.update(slope, state, params)
            params = optax.apply_updates(params, cast(Any, updates))
        return params, state, total + value.astype("float32"), order

    def epoch(now: EpochFit) -> EpochFit:
        places = jax.random.uniform(jax.random.fold_in(key, now.epochs), (batches,), "float32")
        order = jnp.argsort(jnp.where(jnp.arange(batches, dtype="int32") < used, places, 2.0))
        begun = (now.params, now.state, jnp.float32(0), order.astype("int32"))
        params, state, total, _ = jax.lax.fori_loop(0, used, step, begun)
        mean = total / used.astype("float32")
        status = jnp.where(mean < goal, CONVERGED, MAX_STEPS)
        status = jnp.where(jnp.isfinite(mean), status, NONFINITE).astype("int32")
        return EpochFit(params, state, mean, now.epochs + 1, now.steps + used, status)

    def goes_on(now: EpochFit) -> Array:
        return (now.status == MAX_STEPS) & (now.steps < most_steps)

    return jax.lax.while_loop(goes_on, epoch, fit)
