r"""How sensitive a network can be in which few neurons are active at a time.

Of $h(x)=c+\sum_ju_j\sigma(\langle w_j,x\rangle-b_j)$ on uniform signs let $k_x$ neurons be active,
$W=\max_j|u_j|\lVert w_j\rVert_2$ and $k=\max_xk_x$. Then, with $\hat h$ the Fourier coefficients,

$$\sum_T|T|\,\hat h(T)^2\le4E\sum_i\max(P_i,N_i)^2\le4W^2E\,k_x^2\le4k^2W^2,\qquad
  P_i-N_i=\sum_{j\text{ active}}u_jw_{ji}$$

(Theorem S1 of docs/sparse_activations.md, with its proof), P the sum of the positive terms. Beyond
degree d is at most that over d + 1. All are rational numbers here, and k is found on all words, or
by branching with intervals, in integers; or words are drawn, and the bound holds up to a
probability that is said.
"""

from fractions import Fraction
from math import ceil, isqrt
from typing import Any, Literal, NamedTuple

import numpy as np

from noflat.arguments import whole
from noflat.certificates.branching import most_active_neurons
from noflat.certificates.checker.sparse_activations import LISTED
from noflat.certificates.checker.sparse_activations import verify_activation as verify_activation
from noflat.networks import Network
from noflat.networks.dense import check_flat_relu

Method = Literal["exhaustive", "branch_and_bound", "sampled"]

_LISTED = 20
"""Of so many signs all words are listed."""
_CHUNK = 2**12
"""Words that are looked at together."""
_BITS = 16
"""Of the largest product of a weight and the readout; the others are rounded up to its unit."""
_LN2 = Fraction(69_314_719, 100_000_000)
"""A little more than the natural logarithm of 2."""

Neuron = tuple[tuple[Fraction, ...], Fraction, Fraction]
"""Weights, threshold b, and weight of the readout, exactly as the network has them."""


class SparseActivation(NamedTuple):
    r"""A bound on the average sensitivity of a network, with what proves it.

    Attributes:
        inputs: The number n of signs.
        neurons: Of the network.
        method: How k was found: on all words (`exhaustive`), by branching on signs with intervals
            (`branch_and_bound`), or not: words were drawn (`sampled`).
        active: k: no word makes more neurons active. None where words were drawn.
        seen: The most that a word was found to make active; k where that is proved.
        word: Such a word, of -1 and 1.
        order: In which order signs are fixed to see that there is none with more.
        weight_squared: $W^2$.
        mean_square: $E\,k_x^2$: exactly from all words; where words were drawn, a number that it
            exceeds with a probability of at most `doubt`; None by branching.
        signed_square: $E\sum_i\max(P_i,N_i)^2$, rounded up in the last of 16 bits of the largest
            $u_jw_{ji}$; from all words where they are few enough to check, else None.
        samples: The words that were drawn, or None.
        doubt: The probability that the drawn words mislead about `mean_square`, or None; about
            `share_above` it is the same again.
    """

    inputs: int
    neurons: tuple[Neuron, ...]
    method: Method
    active: int | None
    seen: int
    word: tuple[int, ...]
    order: tuple[int, ...]
    weight_squared: Fraction
    mean_square: Fraction | None
    signed_square: Fraction | None = None
    samples: int | None = None
    doubt: Fraction | None = None

    @property
    def exact(self) -> bool:
        """Whether `active` is k itself: a word attains it."""
        return self.active == self.seen

    @property
    def uniform_bound(self) -> Fraction | None:
        r"""$4k^2W^2$, at least the average sensitivity; None where words were drawn."""
        return None if self.active is None else 4 * self.active**2 * self.weight_squared

    @property
    def mean_bound(self) -> Fraction | None:
        r"""$4W^2E\,k_x^2$, at least the average sensitivity; None by branching."""
        return None if self.mean_square is None else 4 * self.mean_square * self.weight_squared

    @property
    def signed_bound(self) -> Fraction | None:
        r"""$4E\sum_i\max(P_i,N_i)^2$, at least the average sensitivity, where it is there."""
        return None if self.signed_square is None else 4 * self.signed_square

    @property
    def bound(self) -> Fraction:
        """The smallest one of the bounds that there are."""
        bounds = (self.uniform_bound, self.mean_bound, self.signed_bound)
        return min(bound for bound in bounds if bound is not None)

    @property
    def share_above(self) -> Fraction | None:
        r"""Of drawn words: at most this share of all words has more active neurons than `seen`.

        If the share is p, no drawn word shows it with a probability of $(1-p)^N\le e^{-pN}$, which
        is the `doubt` at $p=\ln(1/\text{doubt})/N$.
        """
        if self.doubt is None or self.samples is None:
            return None
        return (self.doubt.denominator.bit_length() - 1) * _LN2 / self.samples

    def degree(self, error: Fraction | float) -> int:
        r"""The certified degree: so much of the Fourier expansion leaves at most `error` out.

        Args:
            error: $\varepsilon$, in units of the output squared.

        Returns:
            $d=\lceil\text{bound}/\varepsilon\rceil-1$, or n where that is less:
            $\sum_{|T|>d}\hat h(T)^2\le\varepsilon$.

        Raises:
            ValueError: If `error` is not positive.
        """
        return certified_degree(self.bound, error, self.inputs)


def certified_degree(sensitivity: Fraction | float, error: Fraction | float, n: int) -> int:
    r"""The degree beyond which little can be, of a function whose average sensitivity is bounded.

    Args:
        sensitivity: The bound D.
        error: $\varepsilon$, in units of the function squared.
        n: The number of signs.

    Returns:
        $d=\lceil D/\varepsilon\rceil-1$, or n where that is less.

    Raises:
        ValueError: If `error` is not positive.

    Example:
        >>> certified_degree(3, Fraction(1, 2), 20)
        5

    Reference:
        Corollary S2 of docs/sparse_activations.md.
    """
    exact = Fraction(error)
    if exact <= 0:
        raise ValueError(f"`error` must be positive, a mean square; got {error}")
    return min(n, max(0, ceil(Fraction(sensitivity) / exact) - 1))


def certify_sparse_activation(
    network: Network,
    *,
    method: Method | None = None,
    most_nodes: int = 20_000,
    samples: int = 100_000,
    doubt_bits: int = 20,
    seed: int = 0,
) -> SparseActivation:
    r"""Finds how many neurons of a network are active at a time, and what follows from it.

    Drawn words bound $E\,k_x^2$ by the empirical Bernstein inequality: with probability
    $1-\delta$, of the mean M and the variance V of N draws of $k_x^2\le R$,

    $$E\,k_x^2\le M+\sqrt{\frac{2V\ln(2/\delta)}N}+\frac{7R\ln(2/\delta)}{3(N-1)} ,$$

    rounded up in rationals; R is the square of the number of neurons that any word makes active.

    Args:
        network: One hidden layer of ReLU neurons and one output; weights are taken as the rational
            numbers that they are.
        method: As in `SparseActivation`; where None, all words up to 20 signs and 2^27 sums of
            neurons, and beyond that branching.
        most_nodes: After so many nodes branching ends with what is proved then: `active` may be
            more than k.
        samples: Words that are drawn.
        doubt_bits: The doubt is 2 to minus this.
        seed: Of the drawn words.

    Returns:
        The bound, for `verify_activation` to check where k is proved.

    Raises:
        ValueError: If the network is of another kind or has a weight that is no number, or an
            argument is out of range.

    Example:
        >>> found = certify_sparse_activation(index_network(3))
        >>> found.method, found.active, str(found.bound), found.degree(0.5)
        ('exhaustive', 1, '8', 11)
        >>> print(verify_activation(found), found.mean_bound, found.uniform_bound)
        8 8 16

    Reference:
        Awasthi, Dikkala, Kamath and Meka (2024), arXiv:2406.17989, for k and W; Maurer and Pontil
        (2009), arXiv:0907.3740, Theorem 4, for the inequality.
    """
    neurons = _neurons(network)
    n = network.inputs
    listed = n <= _LISTED and len(neurons) << n <= LISTED  # what the checker lists as well
    chosen = method or ("exhaustive" if listed else "branch_and_bound")
    squared = max((u**2 * sum(w**2 for w in weights) for weights, _, u in neurons), default=0)
    sums = _Sums(neurons)
    if chosen == "exhaustive":
        found = _exhaustive(neurons, sums, n)
    elif chosen == "branch_and_bound":
        nodes = whole(most_nodes, "most_nodes", "the nodes to branch at")
        active, seen, word = most_active_neurons(sums.whole, sums.order(), most_nodes=nodes)
        found = {"active": active, "seen": seen, "word": word, "mean_square": None}
    elif chosen == "sampled":
        found = _sampled(sums, n, samples, doubt_bits, seed)
    else:
        raise ValueError(
            f"`method` must be exhaustive, branch_and_bound or sampled; got {method!r}"
        )
    return SparseActivation(
        inputs=n,
        neurons=neurons,
        method=chosen,
        order=sums.order(),
        weight_squared=Fraction(squared),
        **found,
    )


def _exhaustive(neurons: tuple[Neuron, ...], sums: "_Sums", n: int) -> dict[str, Any]:
    """What all words say."""
    if n > _LISTED:
        raise ValueError(
            f"`method` exhaustive lists 2^n words, up to n = {_LISTED}; the network has {n} "
            "inputs: use branch_and_bound or sampled"
        )
    found = sums.seen(_all_words(n, start) for start in range(0, 2**n, _CHUNK))
    # n squares of sums of s parts of at most 2^17 units must fit a machine word
    few = n * len(neurons) << n <= LISTED and len(neurons) ** 2 * n < 2**29
    return {
        "active": found.most,
        "seen": found.most,
        "word": found.word,
        "mean_square": Fraction(found.squares, 2**n),
        "signed_square": _signed_square(neurons, sums, n) if few else None,
    }


def _sampled(sums: "_Sums", n: int, samples: int, doubt_bits: int, seed: int) -> dict[str, Any]:
    """What drawn words say, but for a doubt."""
    count = whole(samples, "samples", "the words to draw", least=2)
    bits = whole(doubt_bits, "doubt_bits", "minus the logarithm of the doubt")
    found = sums.seen(_drawn_words(n, count, seed))
    return {
        "active": None,
        "seen": found.most,
        "word": found.word,
        "mean_square": _bernstein(found, count, sums.reach() ** 2, bits),
        "samples": count,
        "doubt": Fraction(1, 2**bits),
    }


def _neurons(network: Network) -> tuple[Neuron, ...]:
    """Weights, thresholds and readout as rational numbers."""
    check_flat_relu(network)
    first, last = network.layers
    width = first.weight.shape[1]
    bias = np.zeros(width) if first.bias is None else np.asarray(first.bias, float)
    weights, readout = (np.asarray(layer.weight, float) for layer in (first, last))
    if not all(np.isfinite(part).all() for part in (weights, bias, readout)):
        raise ValueError("`network` has a weight that is no number: training may have diverged")
    return tuple(
        (tuple(map(Fraction, weights[:, j].tolist())), Fraction(-bias[j]), Fraction(readout[j, 0]))
        for j in range(width)
    )


class _Seen(NamedTuple):
    """What words showed: most neurons, such a word, and sums of squares and of fourth powers."""

    most: int
    word: tuple[int, ...]
    squares: int
    fourths: int


class _Sums:
    """Which neurons are active at words, decided in integers."""

    def __init__(self, neurons: tuple[Neuron, ...]):
        """Scales every neuron to integers: weights, and minus the threshold at the end."""
        self.whole = []
        for weights, threshold, _ in neurons:
            parts = (*weights, -threshold)
            common = max(part.denominator for part in parts)  # all are powers of two
            self.whole.append([int(part * common) for part in parts])
        totals = [sum(map(abs, parts)) or 1 for parts in self.whole]
        # sums of floats are exact where all parts and their total are integers below 2^53
        self._exact = np.array([total < 2**53 for total in totals])
        scales = [1 if total < 2**53 else total for total in totals]
        self._parts = np.array(
            [[part / s for part in parts] for parts, s in zip(self.whole, scales, strict=True)]
        ).T
        # else each of n + 1 parts is rounded, and so is each of n sums: at most 2(n + 2) 2^-53
        self._radius = np.where(self._exact, 0.0, 2 * (len(self._parts) + 1) * 2.0**-53)

    def active(self, words: np.ndarray) -> np.ndarray:
        """Whether each neuron (a column) is active at each word (a row)."""
        sums = words @ self._parts[:-1] + self._parts[-1]
        found = sums > 0
        for row, column in zip(*np.nonzero(np.abs(sums) < self._radius), strict=True):
            *weights, bias = self.whole[column]
            signs = words[row].astype(int).tolist()
            found[row, column] = bias + sum(w * x for w, x in zip(weights, signs, strict=True)) > 0
        return found

    def seen(self, chunks: Any) -> _Seen:
        """What all of these words show together."""
        most, word, squares, fourths = -1, (), 0, 0
        for words in chunks:
            counts = self.active(words).sum(axis=1)
            if counts.max() > most:
                most = int(counts.max())
                word = tuple(words[counts.argmax()].astype(int).tolist())
            for k, words_of_k in enumerate(np.bincount(counts).tolist()):
                squares += words_of_k * k**2
                fourths += words_of_k * k**4
        return _Seen(most, word, squares, fourths)

    def order(self) -> tuple[int, ...]:
        """The signs, first those that move the neurons most, each neuron on a scale of 1."""
        weights = np.abs(self._parts[:-1])
        scale = np.abs(self._parts).sum(axis=0)
        moved = (weights / np.where(scale > 0, scale, 1)).sum(axis=1)
        return tuple(np.argsort(-moved, kind="stable").tolist())

    def reach(self) -> int:
        """The neurons that some word makes active."""
        return sum(sum(map(abs, weights)) + bias > 0 for *weights, bias in self.whole)


def _all_words(n: int, start: int) -> np.ndarray:
    numbers = np.arange(start, min(start + _CHUNK, 2**n))
    return 2.0 * (numbers[:, None] >> np.arange(n) & 1) - 1


def _signed_square(neurons: tuple[Neuron, ...], sums: _Sums, n: int) -> Fraction:
    """The mean over words of the squares of what active neurons can change, rounded up."""
    changes = [[u * w for w in weights] for weights, _, u in neurons]
    largest = max((abs(part) for row in changes for part in row), default=Fraction(0))
    if not largest:
        return Fraction(0)
    # a power of two, so that numbers of few bits are not rounded; at most 2^17 units each
    exponent = largest.numerator.bit_length() - largest.denominator.bit_length() - _BITS
    unit = Fraction(2) ** exponent
    parts = [
        np.array([[float(ceil(max(sign * part, 0) / unit)) for part in row] for row in changes])
        for sign in (1, -1)
    ]
    total = 0
    for start in range(0, 2**n, _CHUNK):
        on = sums.active(_all_words(n, start)).astype(float)
        most = np.maximum(on @ parts[0], on @ parts[1]).astype(np.int64)
        total += sum((most**2).sum(axis=1).tolist())
    return total * unit**2 / 2**n


def _drawn_words(n: int, count: int, seed: int) -> Any:
    draw = np.random.default_rng([seed, n])
    for start in range(0, count, _CHUNK):
        yield 2.0 * draw.integers(0, 2, (min(_CHUNK, count - start), n)) - 1


def _bernstein(found: _Seen, count: int, largest: int, bits: int) -> Fraction:
    """What the mean of the squares exceeds with a probability of at most 2^-bits."""
    mean = Fraction(found.squares, count)
    variance = (found.fourths - found.squares * mean) / (count - 1)
    logarithm = (bits + 1) * _LN2
    return (
        mean
        + _root_above(2 * variance * logarithm / count)
        + 7 * largest * logarithm / (3 * (count - 1))
    )


def _root_above(value: Fraction) -> Fraction:
    """A rational number that is at least the square root, and by less than 2^-40 more."""
    scaled = -(-value.numerator * 2**80 // value.denominator)
    return Fraction(isqrt(scaled) + 1, 2**40)
