"""A ReLU network on an interval, exactly: its affine pieces, and what they say.

Floats are rationals, so a network of one input is a piecewise affine function with rational kinks.
It is followed from layer to layer by the values of all neurons at all kinks found so far; nothing
is sampled and nothing is rounded.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import flint
import jax
import numpy as np

from noflat.activations import relu
from noflat.networks.sparse import SparseLayer, SparseNetwork

Rows = list[list[flint.fmpq]]
"""For every knot what is known there."""

_ZERO = flint.fmpq(0)


class Pieces(NamedTuple):
    """A continuous piecewise affine function.

    Attributes:
        knots: The ends of the interval, and between them the points where the slope changes.
        values: The function there.
    """

    knots: tuple[Fraction, ...]
    values: tuple[Fraction, ...]

    @property
    def count(self) -> int:
        """The number of affine pieces."""
        return len(self.knots) - 1


def affine_pieces(
    network: SparseNetwork, low: Fraction | int = 0, high: Fraction | int = 1
) -> Pieces:
    """The affine pieces of a ReLU network of one input and one output, in rational arithmetic.

    Args:
        network: With `jax.nn.relu` between its layers, with or without skips.
        low: Where the interval begins.
        high: Where it ends.

    Returns:
        The function on that interval; neighboring pieces have different slopes.

    Raises:
        ValueError: If the network has more inputs or outputs or another activation, or the interval
            is empty.

    Example:
        >>> found = affine_pieces(sawtooth((2, 2)))
        >>> [str(knot) for knot in found.knots], [int(value) for value in found.values]
        (['0', '1/4', '1/2', '3/4', '1'], [0, 1, 0, 1, 0])
    """
    _check(network, low, high)
    knots = [_rational(low), _rational(high)]
    seen = [[knot] for knot in knots]  # for each knot what the next layer sees
    for layer, width in zip(network.layers[:-1], network.widths, strict=True):
        hidden = _sums(layer, width, seen)
        knots, seen, hidden = _with_kinks(knots, seen, hidden)
        active = [[value if value > 0 else _ZERO for value in row] for row in hidden]
        seen = (
            [old + new for old, new in zip(seen, active, strict=True)] if network.skips else active
        )
    outputs = [row[0] for row in _sums(network.layers[-1], 1, seen)]
    return _merged(knots, outputs)


def square_sup_error(pieces: Pieces) -> Fraction:
    r"""The largest distance of a piecewise affine function from $x^2$ on its interval.

    On a piece of slope $a$ the difference is extreme at the ends and at $a/2$, if that lies inside.

    Args:
        pieces: The function.

    Returns:
        The error, exactly.

    Example:
        >>> square_sup_error(affine_pieces(folded_square((2, 2))))
        Fraction(1, 64)
    """
    worst = Fraction(0)
    points = zip(pairwise(pieces.knots), pairwise(pieces.values), strict=True)
    for (left, right), (start, end) in points:
        slope = (end - start) / (right - left)
        middle = min(max(slope / 2, left), right)
        for x in (left, middle, right):
            worst = max(worst, abs(start + slope * (x - left) - x * x))
    return worst


def fewest_mistakes(labels: Sequence[int]) -> tuple[int, ...]:
    """How many labels the best classifier of so many runs gets wrong, by dynamic programming.

    The points are in order on a line and a run is a set of neighbors that get one answer; the
    answers of neighboring runs differ.

    Args:
        labels: 0 or 1 for each point.

    Returns:
        At place s the mistakes of the best classifier of at most s + 1 runs, until one makes none.

    Raises:
        ValueError: If there is no label or another one than 0 and 1.

    Example:
        >>> fewest_mistakes([0, 1, 0, 1, 0])
        (2, 2, 1, 1, 0)
    """
    if not len(labels) or not set(labels) <= {0, 1}:
        raise ValueError(f"`labels` must be 0 and 1, at least one of them; got {labels}")
    # by answer of the last run, and the runs so far
    least = np.zeros((2, len(labels)), dtype=int)
    for label in labels:
        switched = least[::-1, :-1]
        least[:, 1:] = np.minimum(least[:, 1:], switched)
        least[1 - label] += 1
    best = least.min(axis=0)
    last = int(np.argmin(best))
    return tuple(int(mistakes) for mistakes in best[: last + 1])


def _check(network: SparseNetwork, low: Fraction | int, high: Fraction | int) -> None:
    if network.activation not in (jax.nn.relu, relu):
        raise ValueError(
            f"`network` must have the activation jax.nn.relu; got {network.activation}: "
            "only piecewise affine functions have pieces"
        )
    if (network.sizes[0], network.sizes[-1]) != (1, 1):
        raise ValueError(
            f"`network` must have one input and one output; got sizes {network.sizes}: "
            "restrict it to a line first"
        )
    if not low < high:
        raise ValueError(f"`low` must be below `high`; got {low} and {high}")


def _sums(layer: SparseLayer, width: int, seen: Rows) -> Rows:
    """What the neurons of a layer sum up, at every knot."""
    weights = [_rational(weight) for weight in np.asarray(layer.weights).tolist()]
    bias = [0] * width if layer.bias is None else np.asarray(layer.bias).tolist()
    synapses = list(
        zip(
            np.asarray(layer.rows).tolist(),
            np.asarray(layer.columns).tolist(),
            weights,
            strict=True,
        )
    )
    starts = [_rational(start) for start in bias]
    sums = [list(starts) for _ in seen]
    for total, values in zip(sums, seen, strict=True):
        for row, column, weight in synapses:
            if values[row]:
                total[column] += weight * values[row]
    return sums


def _with_kinks(
    knots: list[flint.fmpq], seen: Rows, hidden: Rows
) -> tuple[list[flint.fmpq], Rows, Rows]:
    """Adds the knots where a neuron begins or ends to be active; all is affine in between."""
    places, values, sums = [knots[0]], [seen[0]], [hidden[0]]
    for i in range(1, len(knots)):
        before, after = hidden[i - 1], hidden[i]
        shares = {a / (a - b) for a, b in zip(before, after, strict=True) if a * b < 0}
        for share in sorted(shares):
            places.append(_between(knots[i - 1], knots[i], share))
            values.append(_row_between(seen[i - 1], seen[i], share))
            sums.append(_row_between(before, after, share))
        places.append(knots[i])
        values.append(seen[i])
        sums.append(after)
    return places, values, sums


def _rational(value: float | Fraction) -> flint.fmpq:
    return flint.fmpq(*value.as_integer_ratio())


def _between(left: flint.fmpq, right: flint.fmpq, share: flint.fmpq) -> flint.fmpq:
    return left + share * (right - left)


def _row_between(
    left: list[flint.fmpq], right: list[flint.fmpq], share: flint.fmpq
) -> list[flint.fmpq]:
    return [_between(a, b, share) for a, b in zip(left, right, strict=True)]


def _merged(knots: list[flint.fmpq], values: list[flint.fmpq]) -> Pieces:
    """Leaves out the knots at which the slope does not change."""
    slopes = [
        (after - before) / (right - left)
        for (left, right), (before, after) in zip(pairwise(knots), pairwise(values), strict=True)
    ]
    kept = [i for i in range(1, len(knots) - 1) if slopes[i - 1] != slopes[i]]
    chosen = [0, *kept, len(knots) - 1]
    return Pieces(
        tuple(Fraction(int(knots[i].p), int(knots[i].q)) for i in chosen),
        tuple(Fraction(int(values[i].p), int(values[i].q)) for i in chosen),
    )
