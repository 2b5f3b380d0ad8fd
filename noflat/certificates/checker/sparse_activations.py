"""Checks how many neurons of a network are active at a time, and the bound that follows."""

from fractions import Fraction
from math import lcm
from typing import Any

from noflat.certificates.checker.conditions import require

_NODES = 2**22
"""After so many prefixes of words the check is given up."""
LISTED = 2**27
"""So many parts of sums of neurons at words are listed."""


def verify_activation(bound: Any) -> Fraction:
    r"""Checks a bound on the average sensitivity, with nothing of what made it.

    Signs are fixed in the order that the bound gives. A prefix is left where the neurons that can
    still be active are no more than k; where that happens on all branches, no word has more.

    Args:
        bound: A `SparseActivation`. Whether its neurons are those of your network is for you to
            compare.

    Returns:
        The smallest bound on the average sensitivity: $4k^2W^2$, or from all words less.

    Raises:
        CertificateError: If a condition does not hold; a ValueError that names the first such.

    Example:
        >>> found = certify_sparse_activation(index_network(2))
        >>> verify_activation(found._replace(active=0))
        Traceback (most recent call last):
            ...
        noflat.certificates.checker.conditions.CertificateError: active: a word has more than 0
    """
    require(isinstance(bound, tuple) and len(bound) == 12, "bound: must have twelve fields")
    inputs, neurons, method, active, seen, word, order, squared, mean, *rest = bound
    signed, samples, doubt = rest
    require(type(inputs) is int and inputs >= 1, "inputs: no number of them")
    _check_neurons(neurons, inputs)
    proved = isinstance(method, str) and method in ("exhaustive", "branch_and_bound")
    require(proved, f"method: k is not proved by {method!r}")
    require(samples is None and doubt is None, "samples: goes with words that were drawn")
    require(type(active) is int and active >= 0, "active: no number of neurons")
    _check_signs(word, order, inputs)
    if method == "exhaustive":
        require(len(neurons) << inputs <= LISTED, "mean_square: too many words to list")
    rows = [_whole(weights, threshold) for weights, threshold, _ in neurons]
    require(type(seen) is int and seen == _count(rows, word), "seen: the word has another number")
    require(seen <= active, f"active: a word has more than {active}")
    require(_none_above(rows, order, active), f"active: a word has more than {active}")
    largest = max((u**2 * sum(w**2 for w in ws) for ws, _, u in neurons), default=Fraction(0))
    require(type(squared) is Fraction and squared == largest, "weight_squared: is another number")
    bounds = [active**2 * squared]
    if method == "branch_and_bound":
        require(mean is None and signed is None, "mean_square: goes with all words")
    else:
        require(seen == active, "active: no word has so many")
        bounds += _of_all_words(inputs, neurons, rows, squared, mean, signed)
    return 4 * min(bounds)


def _of_all_words(
    inputs: int, neurons: Any, rows: list[list[int]], squared: Fraction, mean: Any, signed: Any
) -> list[Fraction]:
    changes = [[u * w for w in weights] for weights, _, u in neurons] if signed is not None else []
    require(len(changes) * inputs << inputs <= LISTED, "signed_square: too many words to list")
    unit = Fraction(1, lcm(*(part.denominator for row in changes for part in row)))
    parts = [[int(part / unit) for part in row] for row in changes]
    total = most = 0
    for active in _words(rows, 0, [row[-1] for row in rows], inputs):
        total += sum(active) ** 2
        most += _most(parts, active) if parts else 0
    right = type(mean) is Fraction and mean == Fraction(total, 2**inputs)
    require(right, "mean_square: is another number")
    if signed is None:
        return [mean * squared]
    large = type(signed) is Fraction and signed >= most * unit**2 / 2**inputs
    require(large, "signed_square: is below what active neurons can change")
    return [mean * squared, signed]


def _most(parts: list[list[int]], active: list[bool]) -> int:
    """The sum of squares of the most that active neurons change with each sign, in units."""
    on = [row for row, is_on in zip(parts, active, strict=True) if is_on]
    total = 0
    for column in zip(*on, strict=True):
        up = sum(part for part in column if part > 0)
        total += max(up, up - sum(column)) ** 2
    return total


def _check_neurons(neurons: Any, inputs: int) -> None:
    require(type(neurons) is tuple, "neurons: no tuple")
    for neuron in neurons:
        three = isinstance(neuron, tuple) and len(neuron) == 3
        require(three and type(neuron[0]) is tuple, "neurons: one has not three parts")
        weights, threshold, readout = neuron
        require(len(weights) == inputs, "neurons: one has not a weight for each input")
        exact = all(type(part) is Fraction for part in (*weights, threshold, readout))
        require(exact, "neurons: a weight is no fraction")


def _check_signs(word: Any, order: Any, inputs: int) -> None:
    require(type(word) is tuple and len(word) == inputs, "word: has not a sign for each input")
    require(all(type(x) is int and x in (-1, 1) for x in word), "word: not of -1 and 1")
    require(
        type(order) is tuple and all(type(i) is int for i in order), "order: no tuple of inputs"
    )
    require(sorted(order) == list(range(inputs)), "order: not each input once")


def _whole(weights: tuple[Fraction, ...], threshold: Fraction) -> list[int]:
    """Integers with the same signs of sums: the weights, and minus the threshold."""
    common = 1
    for part in (*weights, threshold):
        if common % part.denominator:
            common *= part.denominator
    return [int(part * common) for part in (*weights, -threshold)]


def _count(rows: list[list[int]], word: tuple[int, ...]) -> int:
    return sum(
        bias + sum(w * x for w, x in zip(weights, word, strict=True)) > 0 for *weights, bias in rows
    )


def _none_above(rows: list[list[int]], order: tuple[int, ...], most: int) -> bool:
    """Whether no word makes more than `most` neurons active."""
    left = [
        [sum(abs(row[i]) for i in order[depth:]) for row in rows] for depth in range(len(order))
    ]
    left.append([0] * len(rows))
    stack, looked = [(0, [row[-1] for row in rows])], 0
    while stack:
        depth, sums = stack.pop()
        looked += 1
        require(looked <= _NODES, f"active: more than {_NODES} prefixes would have to be looked at")
        can = sum(c + r > 0 for c, r in zip(sums, left[depth], strict=True))
        if can <= most:
            continue
        if depth == len(order):
            return False
        i = order[depth]
        stack.append((depth + 1, [c - row[i] for c, row in zip(sums, rows, strict=True)]))
        stack.append((depth + 1, [c + row[i] for c, row in zip(sums, rows, strict=True)]))
    return True


def _words(rows: list[list[int]], i: int, sums: list[int], inputs: int) -> Any:
    """Which neurons are active at every word, word by word."""
    if i == inputs:
        yield [c > 0 for c in sums]
        return
    for sign in (-1, 1):
        moved = [c + sign * row[i] for c, row in zip(sums, rows, strict=True)]
        yield from _words(rows, i + 1, moved, inputs)
