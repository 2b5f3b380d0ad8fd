r"""Networks with few active neurons that fit given signs: lower estimates of a supremum.

Every search here ends with a network of the class of `noflat.measure.rademacher`, so that what it
reaches is at most the supremum. How far below is not known, but on a sample of clusters.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from noflat.arguments import positive, whole
from noflat.measure.rademacher import neurons_and_active
from noflat.training.products import times


class SparseFit(NamedTuple):
    r"""A network $\sum_ju_j\sigma(\langle w_j,x\rangle-b_j)$, each neuron with a threshold.

    Attributes:
        weights: The $w_j$.
        thresholds: The $b_j$.
        readout: The $u_j$, each -1 or 1.
    """

    weights: Float[Array, "s n"]
    thresholds: Float[Array, " s"]
    readout: Float[Array, " s"]


def correlation(
    fit: SparseFit, points: Float[Array, "m n"], signs: Float[Array, " m"]
) -> Float[Array, ""]:
    r"""The correlation $\frac1m\sum_i\zeta_ih(x_i)$ of a network with signs.

    Args:
        fit: The network.
        points: The $x_i$.
        signs: The $\zeta_i$.

    Returns:
        The correlation.

    Example:
        >>> fit = SparseFit(jnp.eye(2), jnp.zeros(2), jnp.array([1.0, -1.0]))
        >>> print(correlation(fit, jnp.eye(2), jnp.array([1.0, -1.0])))
        1.0
    """
    sums = jnp.maximum(_sums(fit, points), 0)
    return jnp.mean(signs * times(sums, fit.readout))


def most_active(fit: SparseFit, points: Float[Array, "m n"]) -> Int[Array, ""]:
    """How many neurons are active at the point with the most of them.

    Args:
        fit: The network.
        points: The points.

    Returns:
        The number.

    Example:
        >>> fit = SparseFit(jnp.ones((3, 1)), jnp.array([0.0, 1.0, 2.0]), jnp.ones(3))
        >>> print(most_active(fit, jnp.array([[0.5], [1.5]])))
        2
    """
    return jnp.max(jnp.sum((_sums(fit, points) > 0).astype("int32"), axis=1))


def repaired(fit: SparseFit, points: Float[Array, "m n"], k: int) -> SparseFit:
    r"""Raises thresholds until at most k neurons are active at every point.

    At each point with more, all but the k with the largest sums are to be silent there: their
    thresholds become the largest $\langle w_j,x\rangle$ of the points where they must be. Raised
    thresholds wake no neuron, so that one pass is enough. Each is raised by a few roundings more,
    so that it does not matter in which order a sum is added up.

    Args:
        fit: Any network.
        points: The sample.
        k: How many may be active.

    Returns:
        The network with other thresholds.

    Example:
        >>> fit = SparseFit(jnp.array([[1.0], [2.0]]), jnp.zeros(2), jnp.ones(2))
        >>> print(repaired(fit, jnp.array([[0.5], [-1.0]]), 1).thresholds.round(9))
        [0.5 0. ]
    """
    sums = _sums(fit, points)
    ranks = jnp.argsort(jnp.argsort(-sums, axis=1), axis=1)
    excess = (sums > 0) & (ranks >= k)
    inner = times(points, fit.weights.T)
    least = jnp.max(jnp.where(excess, inner, -jnp.inf), axis=0)
    raised = jnp.maximum(fit.thresholds, least + _rounding(fit.weights))
    return fit._replace(thresholds=jnp.where(jnp.any(excess, axis=0), raised, fit.thresholds))


@partial(jax.jit, static_argnames=("s", "k", "sweeps", "bound"))
def neuron_ascent(
    points: Float[Array, "m n"],
    signs: Float[Array, " m"],
    s: int,
    k: int,
    *,
    start: Any = None,
    sweeps: int = 8,
    bound: float = 1.0,
    key: Key[Array, ""],
) -> SparseFit:
    r"""Improves one neuron at a time, the others fixed.

    With the others fixed a neuron must be silent at the points where k others are active: its
    threshold is at least the largest sum there. For any direction the best threshold is exact, as
    the gain is linear between the sums of the points. Four directions are tried: that of
    $\sum\zeta_ix_i$ over where it is active, which is the best one for these points alone; a
    point with room, drawn at random; that of $\sum\zeta_ix_i$ over some points near it, of its
    sign and with room; and the direction it has, a little turned. The best of them is taken if it
    is better than what was there, so that the correlation never falls, and the network is in the
    class at every moment.

    Args:
        points: The sample.
        signs: The $\zeta_i$.
        s: The neurons.
        k: How many may be active at a point.
        start: A `SparseFit` of the class; one of silent neurons where None.
        sweeps: How often each neuron is visited.
        bound: The largest length A of the weights of a neuron.
        key: The JAX key.

    Returns:
        The network.

    Raises:
        ValueError: If an argument is no count, or k is above s.

    Example:
        >>> points, signs = jnp.eye(4), jnp.array([1.0, -1.0, 1.0, 1.0])
        >>> fit = neuron_ascent(points, signs, 4, 1, key=jax.random.key(0))
        >>> print(correlation(fit, points, signs).round(9), most_active(fit, points))
        1.0 1
    """
    _check(s, k, bound)
    steps = s * whole(sweeps, "sweeps", "the visits to each neuron")

    def visit(step: Array, fit: SparseFit) -> SparseFit:
        j = step % s
        return _better(fit, j, points, signs, k, bound, jax.random.fold_in(key, step))

    if start is None:
        none = jnp.zeros_like(points, shape=(s,))
        start = SparseFit(jnp.zeros_like(points, shape=(s, points.shape[1])), none, none + 1)
    return jax.lax.fori_loop(0, steps, visit, start)


def _better(
    fit: SparseFit, j: Array, points: Array, signs: Array, k: int, bound: float, key: Array
) -> SparseFit:
    """The network with neuron j replaced by the best of some candidates, or as it was."""
    active = _sums(fit, points) > 0
    others = jnp.sum((active & (jnp.arange(len(fit.readout)) != j)[None]).astype("int32"), axis=1)
    room = others < k
    directions = _directions(fit, j, active[:, j], room, points, signs, key)
    lengths = jnp.sqrt(jnp.sum(directions**2, axis=1, keepdims=True))
    weights = bound * directions / jnp.where(lengths > 0, lengths, 1)
    weights = weights * (1 - 4 * float(jnp.finfo(points.dtype).eps))  # not longer by a rounding
    found = jax.vmap(partial(_threshold, points=points, signs=signs, room=room))(weights)
    best = jnp.argmax(found[0])
    now = fit.readout[j] * jnp.sum(signs * jnp.maximum(_sums(fit, points)[:, j], 0))
    gains = jnp.append(found[0][best], now)
    better = gains[0] > gains[1]
    return SparseFit(
        fit.weights.at[j].set(jnp.where(better, weights[best], fit.weights[j])),
        fit.thresholds.at[j].set(jnp.where(better, found[1][best], fit.thresholds[j])),
        fit.readout.at[j].set(jnp.where(better, found[2][best], fit.readout[j])),
    )


def _directions(
    fit: SparseFit,
    j: Array,
    active: Array,
    room: Array,
    points: Array,
    signs: Array,
    key: Array,
) -> Float[Array, "candidates n"]:
    draw, near, turn, size = jax.random.split(key, 4)
    kind = points.dtype
    mean = fit.readout[j] * times((signs * active.astype(kind))[None], points)[0]
    scores = jax.random.uniform(draw, room.shape, kind) + room.astype(kind)
    chosen = jnp.argmax(scores)
    point = points[chosen]
    inner = times(points, point[:, None])[:, 0]
    close = (inner > jax.random.uniform(near, (), kind)) & room & (signs == signs[chosen])
    center = jnp.sum(points * close[:, None].astype(kind), axis=0)
    noise = jax.random.normal(turn, point.shape, kind)
    noise = noise * jnp.sqrt(jnp.sum(fit.weights[j] ** 2) / points.shape[1])
    small = 10.0 ** -jax.random.uniform(size, (), kind, minval=0.0, maxval=2.0)
    return jnp.stack([mean, point, center, fit.weights[j] + small * noise])


def _threshold(
    weights: Array, *, points: Array, signs: Array, room: Array
) -> tuple[Array, Array, Array]:
    """The best threshold of one neuron and either readout: gain, threshold and readout.

    With the sums in falling order, at the threshold of the r-th the gain is that of the points
    before it, a difference of two running sums.
    """
    inner = times(points, weights[:, None])[:, 0]
    least = jnp.max(jnp.where(room, 0.0, inner), initial=0.0)
    order = jnp.argsort(-inner)
    sums, ordered = inner[order], signs[order]
    totals, counts = jnp.cumsum(ordered * sums), jnp.cumsum(ordered)
    allowed = sums > least
    gains = jnp.where(allowed, totals - counts * sums, 0.0)
    # at the least threshold itself all allowed points count
    last = jnp.sum(jnp.where(allowed, ordered * (sums - least), 0.0))
    gains, levels = jnp.append(gains, last), jnp.append(sums, least)
    best = jnp.argmax(jnp.abs(gains))
    margin = jnp.where(levels[best] > 0, _rounding(weights[None])[0], 0.0)
    return jnp.abs(gains[best]), levels[best] + margin, jnp.where(gains[best] < 0, -1.0, 1.0)


@partial(jax.jit, static_argnames=("s", "k", "steps", "bound", "rate"))
def gradient_ascent(
    points: Float[Array, "m n"],
    signs: Float[Array, " m"],
    s: int,
    k: int,
    *,
    steps: int = 100,
    rate: float = 0.3,
    bound: float = 1.0,
    key: Key[Array, ""],
) -> SparseFit:
    r"""Ascent along the gradient, with lengths cut to A and thresholds `repaired` after each step.

    Half of the readouts are 1, half -1; the first directions are points of that sign. The gradient
    of each neuron is scaled to the length of the step, which falls to 0 linearly. What it returns
    is the best network of all steps.

    Args:
        points: The sample.
        signs: The $\zeta_i$.
        s: The neurons.
        k: How many may be active at a point.
        steps: The number of steps.
        rate: The first step over A.
        bound: The largest length A of the weights of a neuron.
        key: The JAX key.

    Returns:
        The network.

    Raises:
        ValueError: If an argument is no count, or k is above s.

    Example:
        >>> points, signs = jnp.eye(2), jnp.array([1.0, -1.0])
        >>> fit = gradient_ascent(points, signs, 2, 1, key=jax.random.key(1))
        >>> print(most_active(fit, points), correlation(fit, points, signs) <= 1)
        1 True
    """
    _check(s, k, bound)
    whole(steps, "steps", "the steps of ascent")
    readout = jnp.where(jnp.arange(s) % 2 == 0, 1.0, -1.0).astype(points.dtype)
    scores = jax.random.uniform(key, (s, len(points)), points.dtype)
    scores = scores + (readout[:, None] == signs[None, :]).astype(points.dtype)
    start = SparseFit(points[jnp.argmax(scores, axis=1)], jnp.zeros_like(readout), readout)
    first = repaired(_in_ball(start, bound), points, k)
    value = partial(correlation, points=points, signs=signs)

    def step(i: Array, state: tuple[Any, Any]) -> tuple[Any, Any]:
        fit, best = state
        slope = jax.grad(value)(fit)
        lengths = jnp.sqrt(jnp.sum(slope.weights**2, axis=1) + slope.thresholds**2)
        size = rate * bound * (1 - i.astype(points.dtype) / steps)
        size = size / jnp.where(lengths > 0, lengths, 1)
        moved = fit._replace(
            weights=fit.weights + size[:, None] * slope.weights,
            thresholds=jnp.maximum(fit.thresholds + size * slope.thresholds, 0),
        )
        fit = repaired(_in_ball(moved, bound), points, k)
        better = value(fit) > value(best)
        return fit, jax.tree.map(lambda new, old: jnp.where(better, new, old), fit, best)

    return jax.lax.fori_loop(0, steps, step, (first, first))[1]


def _in_ball(fit: SparseFit, bound: float) -> SparseFit:
    lengths = jnp.sqrt(jnp.sum(fit.weights**2, axis=1, keepdims=True))
    most = bound * (1 - 4 * float(jnp.finfo(fit.weights.dtype).eps))
    return fit._replace(weights=fit.weights * jnp.minimum(1, most / jnp.maximum(lengths, 1e-30)))


def _sums(fit: SparseFit, points: Array) -> Float[Array, "m s"]:
    return times(points, fit.weights.T) - fit.thresholds[None]


def _rounding(weights: Array) -> Array:
    """More than an inner product of a point of length 1 is off, for each neuron; shape (s,)."""
    lengths = jnp.sqrt(jnp.sum(weights**2, axis=1))
    return (weights.shape[1] + 8) * float(jnp.finfo(weights.dtype).eps) * lengths


def _check(s: Any, k: Any, bound: Any) -> None:
    positive(bound, "bound", "the length of the weights")
    neurons_and_active(s, k)
