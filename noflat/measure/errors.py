"""How far a network is from its target."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from noflat.networks import apply


def relative_rms_error(
    network: Any,
    target: Callable[[Float[Array, " inputs"]], Float[Array, ""]],
    points: Float[Array, "samples inputs"],
) -> Float[Array, ""]:
    r"""$\sqrt{\sum_x (N(x)-p(x))^2 / \sum_x p(x)^2}$: 1 is what a network of zeros reaches.

    Args:
        network: A network with one output.
        target: The target, for one point.
        points: Where to compare, in the dtype of the network.

    Returns:
        The error. The target is evaluated in the same dtype.

    Example:
        >>> points = jax.random.normal(jax.random.key(0), (64, 2), "float64")
        >>> gate = multiplication_gate("silu")
        >>> bool(relative_rms_error(gate, product(2), points) < 1e-9)
        True
    """
    wanted = jax.vmap(target)(points)
    difference = jax.vmap(apply, in_axes=(None, 0))(network, points)[:, 0] - wanted
    return jnp.sqrt(jnp.sum(difference**2) / jnp.sum(wanted**2))


def sup_error(
    network: Any,
    target: Callable[[Float[Array, " inputs"]], Float[Array, ""]],
    points: Float[Array, "samples inputs"],
) -> Float[Array, ""]:
    """The largest absolute difference over the points: a lower estimate of the sup norm."""
    outputs = jax.vmap(apply, in_axes=(None, 0))(network, points)[:, 0]
    return jnp.max(jnp.abs(outputs - jax.vmap(target)(points)))
