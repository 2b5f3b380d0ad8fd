r"""The most neurons that one word of signs makes active, by branching on signs.

With some signs fixed, the sum of a neuron lies in $[c-r,c+r]$, with r the sum of the absolute
weights of the free ones: it can be active if $c+r>0$, and must be if $c-r>0$. The neurons that can
be bound from above what any completion makes active; a completion that is tried bounds the most
from below. Nodes with the largest upper bound are split first, so that at the end, or whenever one
stops, the largest one left is proved. All sums are integers.
"""

import heapq
from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np


def most_active_neurons(
    neurons: Sequence[Sequence[int]], order: Sequence[int], *, most_nodes: int
) -> tuple[int, int, tuple[int, ...]]:
    r"""Bounds the most neurons that a word makes active, and finds a word with many.

    Args:
        neurons: Of each the weights, and minus the threshold at the end, as integers.
        order: The order in which signs are fixed.
        most_nodes: The nodes to split before it stops.

    Returns:
        A number that no word exceeds, the number that a word was found to attain, and the word.

    Example:
        >>> from noflat.certificates.branching import most_active_neurons
        >>> most_active_neurons([[2, 1, -2], [-2, 1, -2], [1, 1, 0]], [0, 1], most_nodes=10)
        (2, 2, (1, 1))
    """
    parts = _integers(neurons, len(order))
    weights, bias = parts[:, :-1], parts[:, -1]
    # on a scale of 1, to choose completions only: nothing is decided by it
    tilts = np.array(weights / np.maximum(np.abs(parts).sum(axis=1), 1)[:, None], float)
    slack = np.abs(weights).sum(axis=1)
    numbers, best, word = count(), -1, ()
    nodes: list[Any] = [(-int((bias + slack > 0).sum()), next(numbers), (), bias, slack)]
    for _ in range(most_nodes):
        upper, _, fixed, center, slack = nodes[0]
        tried = _completed(fixed, order, tilts, center, slack)
        found = int((weights @ tried.astype(weights.dtype) + bias > 0).sum())
        if found > best:
            best, word = found, tuple(tried.tolist())
        if -upper <= best:  # so it is at the latest where all signs are fixed
            break
        heapq.heappop(nodes)
        column = weights[:, order[len(fixed)]]
        for sign in (1, -1):
            moved, left = center + sign * column, slack - np.abs(column)
            can = int((moved + left > 0).sum())
            heapq.heappush(nodes, (-can, next(numbers), (*fixed, sign), moved, left))
    return max(-nodes[0][0], best), best, word


def _integers(neurons: Sequence[Sequence[int]], inputs: int) -> np.ndarray:
    """The neurons as rows: machine integers where all sums fit, else those of Python."""
    fits = all(sum(map(abs, parts)) < 2**62 for parts in neurons)
    return np.array(neurons, np.int64 if fits else object).reshape(-1, inputs + 1)


def _completed(
    fixed: tuple[int, ...],
    order: Sequence[int],
    tilts: np.ndarray,
    center: np.ndarray,
    slack: np.ndarray,
) -> np.ndarray:
    """The fixed signs, and the free ones as neurons that are still open would have them."""
    is_open = ((center + slack > 0) & (center - slack <= 0)).astype(bool)
    word = np.where(tilts[is_open].sum(axis=0) >= 0, 1, -1)
    word[list(order[: len(fixed)])] = fixed
    return word
