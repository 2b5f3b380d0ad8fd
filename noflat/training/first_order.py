"""First-order training of a network of any depth, with any optax optimizer."""

from typing import Any, cast

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from noflat.networks import Network, apply
from noflat.training.fits import MAX_STEPS, NONFINITE, Fit


def fit_first_order(
    network: Network,
    points: Float[Array, "samples inputs"],
    values: Float[Array, " samples"],
    *,
    optimizer: optax.GradientTransformation,
    steps: int,
) -> Fit:
    r"""Minimizes the mean squared error over a fixed batch by gradient steps.

    Written for one network: vmap over the leaves of `network` trains an ensemble.

    Args:
        network: Where to start; one output.
        points: The inputs.
        values: The target at those inputs.
        optimizer: Any optax optimizer, a schedule included.
        steps: The number of full-batch steps.

    Returns:
        The fit; its status is `nonfinite` if the loss stopped being a number, and its network then
        is the last one with a finite loss.

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

    def loss(candidate: Network) -> Float[Array, ""]:
        outputs = jax.vmap(apply, in_axes=(None, 0))(candidate, points)[:, 0]
        return jnp.mean((outputs - values) ** 2)

    def step(carry: tuple, _: None) -> tuple[tuple, Float[Array, ""]]:
        current, state, finite = carry
        value, gradient = jax.value_and_grad(loss)(current)
        # optax mixes dtypes (a counter with decay rates), which a strict user's JAX refuses
        with jax.numpy_dtype_promotion("standard"):
            updates, new_state = optimizer.update(gradient, state, cast(Any, current))
            moved = cast(Network, optax.apply_updates(cast(Any, current), updates))
        finite = finite & jnp.isfinite(value) & _all_finite(moved)
        kept = jax.tree.map(lambda new, old: jnp.where(finite, new, old), moved, current)
        return (kept, new_state, finite), value

    start = (network, optimizer.init(cast(Any, network)), jnp.array(True))
    (trained, _, finite), curve = jax.lax.scan(step, start, None, length=steps)
    curve = jnp.append(curve, loss(trained))
    status = jnp.where(finite, MAX_STEPS, NONFINITE)
    return Fit(trained, curve, status, jnp.array(steps))


def _all_finite(network: Network) -> Array:
    return jnp.all(jnp.array([jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(network)]))
