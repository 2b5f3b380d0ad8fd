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
        The error, in that dtype. The target is evaluated in float64 where JAX has it, and both are
        divided by the largest target value, so that small ones do not underflow.

    Raises:
        ValueError: If the network has more outputs than one.

    Example:
        >>> points = jax.random.normal(jax.random.key(0), (64, 2), "float64")
        >>> gate = multiplication_gate("silu")
        >>> bool(relative_rms_error(gate, product(2), points) < 1e-9)
        True
    """
    difference, wanted = _difference(network, target, points)
    largest = jnp.max(jnp.abs(wanted))
    ratio = jnp.sum((difference / largest) ** 2) / jnp.sum((wanted / largest) ** 2)
    return jnp.sqrt(ratio).astype(points.dtype)


def sup_error(
    network: Any,
    target: Callable[[Float[Array, " inputs"]], Float[Array, ""]],
    points: Float[Array, "samples inputs"],
) -> Float[Array, ""]:
    r"""$\max_x|N(x)-p(x)|$ over the points: a lower estimate of the error in sup norm.

    Args:
        network: A network with one output.
        target: The target, for one point.
        points: Where to compare, in the dtype of the network.

    Returns:
        The error, in that dtype.

    Raises:
        ValueError: If the network has more outputs than one.

    Example:
        >>> points = jax.random.uniform(jax.random.key(0), (64, 2), "float64")
        >>> bool(sup_error(multiplication_gate("silu"), product(2), points) < 1e-9)
        True
    """
    difference, _ = _difference(network, target, points)
    return jnp.max(jnp.abs(difference)).astype(points.dtype)


def total_variation(
    left: Float[Array, "*points classes"], right: Float[Array, "*points classes"]
) -> Float[Array, "*points"]:
    r"""$\tfrac12\sum_y\lvert p_y-q_y\rvert$, the largest difference in the probability of any set.

    Args:
        left: Class probabilities, the classes last.
        right: Others.

    Returns:
        The distance at each point.

    Example:
        >>> print(total_variation(jnp.array([0.5, 0.5]), jnp.array([0.9, 0.1])))
        0.4
    """
    return jnp.sum(jnp.abs(left - right), axis=-1) / 2


def _difference(network: Any, target: Callable, points: Array) -> tuple[Array, Array]:
    """Network less target, and the target, in the widest dtype that JAX has here."""
    outputs = jax.vmap(apply, in_axes=(None, 0))(network, points)
    if outputs.shape[1] != 1:
        raise ValueError(f"`network` must have one output; got {outputs.shape[1]}")
    widest = jnp.zeros(0).dtype
    wanted = jax.vmap(target)(points.astype(widest))
    return outputs[:, 0].astype(widest) - wanted, wanted
