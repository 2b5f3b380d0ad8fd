"""The smallest width at which training succeeds, with what speaks for it and against it.

For every width an ensemble of restarts is trained; the width is reached when its best member comes
within the tolerance on points that it was not trained on. One member decides, because the question
is what a network of that width can do; how many of the restarts got there says how hard that is to
find, and it comes with a confidence interval.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key
from scipy.stats import binomtest

from noflat.activations import Activation
from noflat.activations import activation as as_activation
from noflat.arguments import numbered_keys, positive, whole
from noflat.constructions import plan_flat
from noflat.conventions import Convention
from noflat.conventions import convention as as_convention
from noflat.measure.inputs import sample
from noflat.measure.members import separable_members
from noflat.networks import Network
from noflat.targets import Polynomial
from noflat.training import STATUSES

_EVALUATION = 8192
_NARROW = 9
"""Widths up to this are padded to one program."""
_BEYOND = 100
"""A member stops early once it is so many times better than the tolerance."""


class WidthRow(NamedTuple):
    """What training reached at one width.

    Attributes:
        width: The number of neurons.
        restarts: How many networks were trained.
        best_error: The least relative rms error, on points not trained on. Training stops at a
            hundredth of the tolerance, so that this tells success from failure and is no floor.
        median_error: The median of them.
        reached: How many of the restarts came within the tolerance.
        share_low: Lower end of the 95 % interval (Clopper-Pearson) for that share.
        share_high: Upper end.
        converged: How many ended because the loss stalled or that hundredth was reached.
        max_steps: How many used all steps.
        nonfinite: How many diverged.
    """

    width: int
    restarts: int
    best_error: float
    median_error: float
    reached: int
    share_low: float
    share_high: float
    converged: int
    max_steps: int
    nonfinite: int


class MinimalWidth(NamedTuple):
    """The smallest width whose best member reaches the tolerance.

    Attributes:
        width: That width, or None if no width tried reached it.
        tolerance: The relative rms error that counts as success.
        error_below: The best error at any smaller width tried; nan if there is none.
        error_at: The best error at `width`; nan if there is none.
        rows: All widths tried, ascending.
        network: The best network at `width`, or None.
    """

    width: int | None
    tolerance: float
    error_below: float
    error_at: float
    rows: tuple[WidthRow, ...]
    network: Network | None


def minimal_width(
    target: Polynomial,
    activation: str | Activation,
    *,
    convention: str | Convention = Convention(),
    inputs: str = "cube",
    widths: Sequence[int] | None = None,
    restarts: int = 48,
    steps: int = 1000,
    tolerance: float = 0.02,
    workers: int | None = None,
    progress: Callable[[WidthRow], None] | None = None,
    key: Key[Array, ""],
) -> MinimalWidth:
    """Trains ensembles of every width and finds the smallest that succeeds.

    Args:
        target: The function to be represented.
        activation: The activation, by name or object.
        convention: Which biases and skip the networks have.
        inputs: The law of the inputs: uniform on [-1, 1]^n, or standard normal.
        widths: The widths to try. Where None, for a product: `widths_to_try` of the neurons of its
            flat construction.
        restarts: Networks per width.
        steps: The most Levenberg-Marquardt steps per network.
        tolerance: The relative rms error that counts as success.
        workers: How many blocks of networks a CPU trains at once; one per core where None.
        progress: Called with each row as it is done.
        key: The JAX key of the initial weights and the points.

    Returns:
        The width, and a row for every width tried.

    Raises:
        ValueError: If JAX is not in 64-bit mode, or a number is out of range.

    Example:
        >>> measured = minimal_width(
        ...     product(2), "exp", widths=(3, 4), restarts=8, steps=100, key=jax.random.key(0)
        ... )
        >>> measured.width
        4
    """
    named, allowed = as_activation(activation), as_convention(convention)
    tried = _check(target, named, allowed, widths, restarts, steps, tolerance, key)
    n = target.inputs
    per_neuron = n + allowed.hidden_bias + 1
    # at least five points per parameter of the widest network
    count = max(128, 1 << int(np.ceil(np.log2(5 * per_neuron * tried[-1]))))
    train_seed, test_seed, member_key = _seeds(key)
    points = jnp.asarray(sample(inputs, n, count, seed=train_seed))
    unseen = jnp.asarray(sample(inputs, n, _EVALUATION, seed=test_seed))
    rows, networks, programs = [], {}, {}
    for width in tried:
        padded = _padded(width, tried[-1])
        if padded not in programs:
            programs[padded] = separable_members(
                target,
                named,
                allowed,
                points,
                unseen,
                width=padded,
                steps=steps,
                goal=tolerance / _BEYOND,
                workers=workers,
            )
        keys = member_keys(member_key, width, restarts)
        fits, errors = programs[padded](keys, np.full(restarts, width))
        rows.append(width_row(width, np.asarray(errors), np.asarray(fits.status), tolerance))
        networks[width] = member(fits.network, int(np.argmin(finite(errors))), width)
        if progress is not None:
            progress(rows[-1])
    return _conclude(rows, networks, tolerance)


def _padded(width: int, widest: int) -> int:
    """The width of the program that serves this one: at most two programs for a sweep."""
    narrow = min(max(_NARROW, widest // 2), widest)
    return narrow if width <= narrow else widest


def _seeds(key: Array) -> tuple[int, int, Array]:
    """Independent seeds for training points, evaluation points and members."""
    bits = [int(jax.random.bits(jax.random.fold_in(key, role), dtype="uint32")) for role in (0, 1)]
    return bits[0], bits[1], jax.random.fold_in(key, 2)


def member_keys(key: Array, width: int, restarts: int) -> Array:
    """Keys by width and number, so that a member is the same whatever else is trained."""
    return numbered_keys(jax.random.fold_in(key, width), range(restarts))


def finite(errors: Any) -> np.ndarray:
    """The errors, infinite where they are no numbers."""
    values = np.asarray(errors)
    return np.where(np.isfinite(values), values, np.inf)


def member(networks: Network, index: int, width: int) -> Network:
    """One network of an ensemble, without its padding."""
    network = jax.tree.map(lambda leaf: leaf[index], networks)
    hidden, readout = network.layers
    bias = None if hidden.bias is None else hidden.bias[:width]
    layers = (
        hidden._replace(weight=hidden.weight[:, :width], bias=bias),
        readout._replace(weight=readout.weight[:width]),
    )
    return Network(layers, network.activation, network.skip)


def width_row(width: int, errors: np.ndarray, status: np.ndarray, tolerance: float) -> WidthRow:
    """What an ensemble of one width reached, from its errors and statuses."""
    errors = finite(errors)
    reached = int(np.sum(errors <= tolerance))
    interval = binomtest(reached, len(errors)).proportion_ci(0.95, method="exact")
    endings = {name: int(np.sum(status == code)) for code, name in enumerate(STATUSES)}
    return WidthRow(
        width=width,
        restarts=len(errors),
        best_error=float(errors.min()),
        median_error=float(np.median(errors)),
        reached=reached,
        share_low=float(interval.low),
        share_high=float(interval.high),
        **endings,
    )


def _conclude(rows: list[WidthRow], networks: dict[int, Network], tolerance: float) -> MinimalWidth:
    first = next((row for row in rows if row.best_error <= tolerance), None)
    below = [row.best_error for row in rows if first is None or row.width < first.width]
    return MinimalWidth(
        width=None if first is None else first.width,
        tolerance=tolerance,
        error_below=min(below, default=float("nan")),
        error_at=float("nan") if first is None else first.best_error,
        rows=tuple(rows),
        network=None if first is None else networks[first.width],
    )


def _check(
    target: Polynomial,
    activation: Activation,
    convention: Convention,
    widths: Sequence[int] | None,
    restarts: int,
    steps: int,
    tolerance: float,
    key: Any,
) -> list[int]:
    if not jax.config.read("jax_enable_x64"):
        raise ValueError(
            "`minimal_width` needs float64, in float32 the cliff drowns in rounding: call "
            "jax.config.update('jax_enable_x64', True) first"
        )
    if not isinstance(target, Polynomial):
        raise ValueError(f"`target` must be a Polynomial, such as product(4); got {target!r}")
    whole(restarts, "restarts", "the networks per width")
    whole(steps, "steps", "the most steps per network")
    if not positive(tolerance, "tolerance", "the relative rms error that counts as success") < 1:
        raise ValueError(f"`tolerance` must lie between 0 and 1; got {tolerance}")
    if not isinstance(key, Array) or not jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
        raise ValueError(f"`key` must be a JAX key, such as jax.random.key(0); got {key!r}")
    if widths is None:
        if not target.is_product:
            raise ValueError("`widths` must be given for a target that is no product of all inputs")
        return widths_to_try(plan_flat(target.inputs, activation, convention=convention).neurons)
    if not isinstance(widths, Sequence) or not widths:
        raise ValueError(f"`widths` must be one or more integers of at least 1; got {widths!r}")
    return sorted({whole(width, "widths", "the neurons to try") for width in widths})


def widths_to_try(constructed: int) -> list[int]:
    """All widths up to one beyond the construction's, or some of them where these are many.

    The best possible error cannot rise with the width, since a narrow network is a wide one with
    zero weights: what is left out in between decides nothing.

    Args:
        constructed: The neurons of the construction.

    Returns:
        The widths, ascending; that of the construction and the one below it among them.

    Example:
        >>> widths_to_try(4), widths_to_try(16)
        ([1, 2, 3, 4, 5], [1, 2, 4, 8, 15, 16])
    """
    if constructed <= 8:
        return list(range(1, constructed + 2))
    doubling = (2**k for k in range((constructed - 2).bit_length()))
    return sorted({*doubling, constructed - 1, constructed})
