r"""Training with a price on weights or on activity, and how many neurons are active meanwhile.

For one hidden layer $h(x)=c+\sum_ju_j\sigma(\langle w_j,x\rangle-b_j)$ what is minimized is

$$E(h(x)-f(x))^2+\frac\lambda2\sum_j\big(u_j^2+\lVert w_j\rVert^2\big)
+\mu\,E\sum_j|u_j|\,\sigma(\langle w_j,x\rangle-b_j).$$

At its minimum over scales the second term is $\lambda\sum_j|u_j|\lVert w_j\rVert$, so that it pays
for what the bounds of `noflat.measure.activity` are made of. The third pays for what neurons add
to the output, and no change of scale from $w_j$ to $u_j$ gets around it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Key

from noflat.arguments import whole
from noflat.networks import Network
from noflat.networks.dense import check_flat_relu
from noflat.training.first_order import Batch
from noflat.training.sensitivities import check_batch


class PenalizedFit(NamedTuple):
    """A trained network, and what was seen at the beginning and at equal distances.

    Attributes:
        network: Its weights at the end.
        losses: The mean squared error on fresh points, penalties aside.
        counts: How many neurons are active there, the mean over points.
        most: The same, the largest over points.
    """

    network: Network
    losses: Float[Array, " checks_plus_one"]
    counts: Float[Array, " checks_plus_one"]
    most: Float[Array, " checks_plus_one"]


def fit_penalized(
    network: Network,
    draw: Callable[[Key[Array, ""]], Batch],
    *,
    rate: float | Array,
    decay: float | Array = 0.0,
    cost: float | Array = 0.0,
    steps: int,
    checks: int = 20,
    key: Key[Array, ""],
) -> PenalizedFit:
    r"""Adam on fresh points, its rate falling linearly to zero.

    Args:
        network: Where to start: one hidden layer and one output.
        draw: From a JAX key to points and the values of the target there.
        rate: The learning rate at the beginning.
        decay: $\lambda$, on weights and not on biases.
        cost: $\mu$.
        steps: The number of steps; a multiple of `checks`.
        checks: How often it is looked at, after the first time.
        key: The JAX key; the points of a step depend on it and on the number of the step.

    Returns:
        The fit.

    Raises:
        ValueError: If `checks` does not divide `steps`, or the network is of another
            kind or has a skip.

    Example:
        >>> def draw(key):
        ...     x = random_signs(64, 4, key=key)
        ...     return x, x[:, 0] * x[:, 1]
        >>> start = init((4, 16, 1), "relu", dtype="float32", key=jax.random.key(0))
        >>> fit = fit_penalized(start, draw, rate=0.01, steps=400, checks=2, key=jax.random.key(1))
        >>> bool(fit.losses[-1] < fit.losses[0] / 10), fit.counts.shape
        (True, (3,))

    Reference:
        Kingma and Ba (2015) for Adam, as optax has it.
    """
    if whole(steps, "steps", "to take") % whole(checks, "checks", "of the curves"):
        raise ValueError(f"`checks` must divide `steps` = {steps}; got {checks}")
    check_flat_relu(network)
    check_batch(network, *jax.eval_shape(draw, key))
    dtype = network.layers[0].weight.dtype
    lam, mu, first_rate = (jnp.asarray(number, dtype) for number in (decay, cost, rate))
    adam = optax.scale_by_adam()

    def loss(network: Network, batch: Batch) -> tuple[Array, tuple]:
        sums, outputs = _evaluate(network, batch[0])
        error = jnp.mean(jnp.square(outputs - batch[1]))
        sizes = sum(jnp.sum(jnp.square(layer.weight)) for layer in network.layers)
        added = network.activation(sums) @ jnp.abs(network.layers[1].weight[:, 0])
        counts = jnp.sum(sums > 0, axis=1).astype(dtype)
        seen = (error, jnp.mean(counts), jnp.max(counts))
        return error + lam / 2 * sizes + mu * jnp.mean(added), seen

    def step(carry: tuple, number: Array) -> tuple[tuple, None]:
        network, state = carry
        slope = jax.grad(loss, has_aux=True)(network, draw(jax.random.fold_in(key, number)))[0]
        now = first_rate * (1 - number.astype(dtype) / steps)
        with jax.numpy_dtype_promotion("standard"):
            change, state = adam.update(cast(Any, slope), state)
        moved = jax.tree.map(lambda w, d: w - now * d.astype(dtype), network, change)
        return (moved, state), None

    def look(network: Network, check: Array) -> tuple:
        return loss(network, draw(jax.random.fold_in(key, steps + check)))[1]

    def stretch(carry: tuple, check: Array) -> tuple[tuple, tuple]:
        each = steps // checks
        carry, _ = jax.lax.scan(step, carry, check * each + jnp.arange(each))
        return carry, look(carry[0], check + 1)

    begun = look(network, jnp.array(0))
    start = (network, adam.init(cast(Any, network)))
    (end, _), seen = jax.lax.scan(stretch, start, jnp.arange(checks))
    curves = (jnp.concatenate([a[None], b]) for a, b in zip(begun, seen, strict=True))
    return PenalizedFit(end, *curves)


def _evaluate(network: Network, points: Array) -> tuple[Array, Array]:
    """The sums of the neurons and the output at all points."""
    first, last = network.layers
    sums = jnp.matmul(points, first.weight, precision="highest")
    sums = sums if first.bias is None else sums + first.bias[None]
    outputs = jnp.matmul(network.activation(sums), last.weight, precision="highest")[:, 0]
    return sums, outputs if last.bias is None else outputs + last.bias[0]
