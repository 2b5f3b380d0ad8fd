"""The number of powers of linear forms that training needs for a form: its Waring rank, measured.

Such a sum is a network of one hidden layer whose activation is the power itself. Sums of few powers
may come as near as one likes with weights that grow without bound: the form then has a border rank
below its rank, and the size of the weights tells it.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from noflat.arguments import positive, whole
from noflat.measure.members import second_order_block
from noflat.measure.widths import WidthRow, member, member_keys, width_row
from noflat.networks import Network
from noflat.targets import Polynomial
from noflat.training import Ensemble, bombieri_norm_squared, ensemble, fit_powers


class RankRow(NamedTuple):
    """What training reached with one number of powers.

    Attributes:
        trained: The errors are relative, in the Bombieri norm.
        size: The smallest largest weight, $|c_j||a_j|^d$ over the norm of the form, of the
            restarts within the tolerance; nan where there is none.
    """

    trained: WidthRow
    size: float


class MeasuredRank(NamedTuple):
    """The smallest number of powers whose best restart comes within the tolerance.

    Attributes:
        rank: That number, or None if none tried reached it.
        rows: All numbers tried, ascending.
        network: Of the restarts that reached it the one of smallest weights, or None.
    """

    rank: int | None
    rows: tuple[RankRow, ...]
    network: Network | None


def measured_rank(
    form: Polynomial,
    widths: Sequence[int],
    *,
    restarts: int = 64,
    most_restarts: int | None = None,
    steps: int = 1000,
    tolerance: float = 1e-3,
    progress: Callable[[RankRow], None] | None = None,
    key: Key[Array, ""],
) -> MeasuredRank:
    """Trains ensembles of sums of powers, ascending, until one comes within the tolerance.

    Args:
        form: A homogeneous polynomial of degree at least 2.
        widths: The numbers of powers to try.
        restarts: Networks per number.
        most_restarts: With the last number, which is mostly one that is known to do, as many more
            are trained until one succeeds, up to this; `restarts` where None.
        steps: The most Levenberg-Marquardt steps per network.
        tolerance: The relative error in the Bombieri norm that counts as success.
        progress: Called with each row as it is done.
        key: The JAX key of the initial weights.

    Returns:
        The number, and a row for every one tried.

    Raises:
        ValueError: If JAX is not in 64-bit mode, a number is out of range, or there are terms of
            several degrees.

    Example:
        >>> measured_rank(product(3), (3, 4), restarts=16, key=jax.random.key(0)).rank
        4
    """
    if not jax.config.read("jax_enable_x64"):
        raise ValueError(
            "`measured_rank` needs float64: call jax.config.update('jax_enable_x64', True) first"
        )
    whole(restarts, "restarts", "the networks per width")
    whole(steps, "steps", "the most steps per network")
    positive(tolerance, "tolerance", "the relative error that counts as success")
    tried = sorted({whole(width, "widths", "the powers to try") for width in widths})
    rows: list[RankRow] = []
    for width in tried:
        most = max(restarts, most_restarts or restarts) if width == tried[-1] else restarts
        keys = member_keys(key, width, most)
        parts = []
        for start in range(0, most, restarts):
            batch = keys[start : start + restarts]
            parts.append(train_powers(batch, width, form, tried[-1], steps, tolerance / 100))
            if np.any(np.asarray(parts[-1][1]) <= tolerance):
                break
        found = jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)
        networks, (errors, sizes, status) = found[0], map(np.asarray, found[1:])
        reached = np.where(errors <= tolerance, sizes, np.inf)
        best = int(np.argmin(reached))
        size = float(reached[best]) if np.isfinite(reached[best]) else float("nan")
        rows.append(RankRow(width_row(width, errors, status, tolerance), size))
        if progress is not None:
            progress(rows[-1])
        if np.isfinite(reached[best]):
            return MeasuredRank(width, tuple(rows), member(networks, best, width))
    return MeasuredRank(None, tuple(rows), None)


def train_powers(
    keys: Key[Array, " members"],
    active: int,
    form: Polynomial,
    width: int,
    steps: int,
    goal: float,
    near: tuple[np.ndarray, np.ndarray] | None = None,
) -> tuple[Network, np.ndarray, np.ndarray, np.ndarray]:
    """Trains an ensemble on one core; the arguments are those of `fit_powers`.

    Returns:
        Networks, relative errors in the Bombieri norm, largest weights, statuses.
    """
    shared = [np.asarray(active), *(near or ())]
    repeated = [np.broadcast_to(leaf, (len(keys), *leaf.shape)) for leaf in shared]
    return _program(form, width, steps, goal)(keys, *repeated)


@lru_cache(maxsize=64)
def _program(form: Polynomial, width: int, steps: int, goal: float) -> Ensemble:
    """Compiled once for all calls with these shapes."""

    def one(key: Array, active: Array, *near: Array) -> tuple[Network, Array, Array, Array]:
        start = (near[0], near[1]) if near else None
        fit = fit_powers(
            form, width=width, steps=steps, goal=goal, active=active, near=start, key=key
        )
        # a loss is a difference of numbers near 1, and may round below 0
        error = jnp.sqrt(jnp.maximum(fit.loss_curve[-1], 0.0))
        return fit.network, error, largest_weight(fit.network, form), fit.status

    return ensemble(one, block=second_order_block(), workers=1)


def largest_weight(network: Network, form: Polynomial) -> Float[Array, ""]:
    r"""$\max_j|c_j||a_j|^d/\|F\|$ of a network of powers."""
    nodes, readout = network.layers
    lengths = jnp.sqrt(jnp.sum(nodes.weight**2, axis=0)) ** form.degree
    return jnp.max(lengths * jnp.abs(readout.weight[:, 0])) / bombieri_norm_squared(form) ** 0.5
