r"""A wide layer of ReLU whose weights and biases are trained and whose readout is fixed.

$$f(x)=m^{-1/2}\sum_ra_r\,\mathrm{relu}(\langle w_r,x\rangle-b_r),\qquad
  w_r\sim N(0,I_d),\quad b_r=B,\quad a_r=\pm1 .$$

Neurons come in pairs of equal weights and opposite signs, so that f = 0 at the start. Full-batch
gradient descent on $L=\frac12\sum_i(f(x_i)-y_i)^2$ moves w and b. One network is trained; many are
a `jax.lax.map` or `jax.vmap` over this.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from noflat.arguments import positive, whole


class Wide(NamedTuple):
    """The network.

    Attributes:
        weights: A column for each neuron, its bias in the last row.
        readout: The signs over the root of the width.
    """

    weights: Float[Array, "d_plus_one m"]
    readout: Float[Array, " m"]


class WideFit(NamedTuple):
    """What training gave.

    Attributes:
        network: At the end.
        steps: Steps after which the loss has fallen to the share that was asked for, between two
            steps as if its logarithm were linear; infinity where it has not.
        taken: How many steps were taken.
        loss: The last one.
        start_kernel: The Gram matrix of the gradients at the start.
        active_start: The share of pairs of neuron and point that are active at the start.
        active_end: The same at the end.
        flipped: The share of pairs that are active at one of the two and not at the other.
        ever_flipped: The share that was at some step other than at the start.
    """

    network: Wide
    steps: Float[Array, ""]
    taken: Int[Array, ""]
    loss: Float[Array, ""]
    start_kernel: Float[Array, "n n"]
    active_start: Float[Array, ""]
    active_end: Float[Array, ""]
    flipped: Float[Array, ""]
    ever_flipped: Float[Array, ""]


class _Going(NamedTuple):
    """The state of training."""

    weights: Float[Array, "d_plus_one m"]
    sums: Float[Array, "n m"]
    taken: Int[Array, ""]
    before: Float[Array, ""]
    loss: Float[Array, ""]
    ever: Bool[Array, "n m"]


def start_wide(width: int, dimension: int, bias: Float[Array, ""], *, key: Key[Array, ""]) -> Wide:
    """A network that is 0 everywhere, in the dtype of the bias.

    Args:
        width: The number m of neurons, even.
        dimension: Of the inputs.
        bias: The B that all start with.
        key: The JAX key of the weights.

    Returns:
        The network.

    Raises:
        ValueError: If the width is odd.

    Example:
        >>> network = start_wide(8, 3, jnp.array(1.0), key=jax.random.key(0))
        >>> print(wide_outputs(network, jnp.eye(3)))
        [0. 0. 0.]
    """
    width = whole(width, "width", "the number of neurons", least=2)
    if width % 2:
        raise ValueError(f"`width` must be even, for pairs of opposite signs; got {width}")
    dtype, half = bias.dtype, width // 2
    drawn = jax.random.normal(key, (dimension, half), dtype)
    own = jnp.concatenate([drawn, jnp.full((1, half), bias)])
    readout = jnp.full(half, width**-0.5, dtype)
    return Wide(jnp.tile(own, (1, 2)), jnp.concatenate([readout, -readout]))


def wide_outputs(network: Wide, points: Float[Array, "n d"]) -> Float[Array, " n"]:
    """The f of the module at every point."""
    return jnp.maximum(_extended(points) @ network.weights, 0) @ network.readout


def fit_wide(
    points: Float[Array, "n d"],
    labels: Float[Array, " n"],
    bias: Float[Array, ""],
    rate: Float[Array, ""],
    *,
    width: int,
    share: float = 0.01,
    most: Int[Array, ""] | int = 1000,
    key: Key[Array, ""],
) -> WideFit:
    """Trains one network until its loss has fallen to a share of the first one.

    Args:
        points: The inputs.
        labels: What the network should be there.
        bias: The B that all biases start with.
        rate: The learning rate.
        width: The number of neurons, even.
        share: Of the first loss, at which training ends.
        most: The most steps.
        key: The JAX key of the weights.

    Returns:
        The network and how it came about, in the dtype of the points.

    Raises:
        ValueError: If the width is odd, or the share is not between 0 and 1.

    Example:
        >>> points, labels = jnp.eye(4, dtype="float32"), jnp.ones(4, "float32")
        >>> fit = fit_wide(points, labels, jnp.float32(0), jnp.float32(0.5), width=256,
        ...                key=jax.random.key(0))
        >>> bool(fit.loss < 0.01 * 2), bool(fit.flipped < 0.1)
        (True, True)
    """
    if not positive(share, "share", "of the first loss") < 1:
        raise ValueError(f"`share` must be below 1, the share of the first loss; got {share}")
    network = start_wide(width, points.shape[1], bias, key=key)
    inputs, readout = _extended(points), network.readout
    sums = inputs @ network.weights
    first = jnp.sum(labels**2) / 2
    goal = share * first

    def going(state: _Going) -> Array:
        return (state.taken < most) & (state.loss > goal) & jnp.isfinite(state.loss)

    def step(state: _Going) -> _Going:
        return _stepped(state, inputs, labels, readout, rate, active)

    active = sums > 0
    start = _Going(network.weights, sums, jnp.array(0), first, first, jnp.zeros_like(active))
    end = jax.lax.while_loop(going, step, start)
    return WideFit(
        network=Wide(end.weights, readout),
        steps=_crossed(end, goal),
        taken=end.taken,
        loss=end.loss,
        start_kernel=activity_kernel(points, active),
        active_start=_share(active),
        active_end=_share(end.sums > 0),
        flipped=_share(active != (end.sums > 0)),
        ever_flipped=_share(end.ever),
    )


def _stepped(
    state: _Going, inputs: Array, labels: Array, readout: Array, rate: Array, active: Array
) -> _Going:
    """One step of gradient descent, and the loss after it."""
    left = jnp.maximum(state.sums, 0) @ readout - labels
    slopes = (inputs.T * left[None]) @ (state.sums > 0).astype(left.dtype) * readout[None]
    weights = state.weights - rate * slopes
    sums = inputs @ weights
    loss = jnp.sum((jnp.maximum(sums, 0) @ readout - labels) ** 2) / 2
    ever = state.ever | ((sums > 0) != active)
    return _Going(weights, sums, state.taken + 1, state.loss, loss, ever)


def _crossed(end: _Going, goal: Array) -> Float[Array, ""]:
    """When the loss fell to its goal, its logarithm taken for linear in the last step."""
    least = jnp.maximum(end.loss, jnp.finfo(goal.dtype).tiny)
    part = jnp.log(end.before / goal) / jnp.log(end.before / least)
    return jnp.where(end.loss <= goal, end.taken.astype(goal.dtype) - 1 + part, jnp.inf)


def activity_kernel(points: Float[Array, "n d"], active: Bool[Array, "n m"]) -> Float[Array, "n n"]:
    r"""The Gram matrix of gradients, $\langle x_i,x_j\rangle+1$ times the share active on both."""
    on = active.astype(points.dtype)
    return (points @ points.T + 1) * (on @ on.T / active.shape[1])


def _extended(points: Float[Array, "n d"]) -> Float[Array, "n d_plus_one"]:
    """The points with -1 beside them, what a bias is multiplied by."""
    return jnp.concatenate([points, jnp.full((len(points), 1), -1, points.dtype)], axis=1)


def _share(holds: Array) -> Float[Array, ""]:
    return jnp.sum(holds, dtype=jnp.int32) / holds.size
