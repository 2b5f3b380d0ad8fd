r"""How many neurons fold a line often enough: one count behind three depth separations.

A hidden layer of $w$ neurons cuts every piece of what it sees into at most $w + 1$, so $k$ layers
make at most $\prod_i (w_i + 1)$ pieces. The sawtooth, the square and the parity of bits all need a
number of pieces and nothing else; layer $i$ with $N_i - 1$ neurons folds $N_i$ times, and the
fewest neurons are those of the smallest sum $\sum_i (N_i - 1)$ with $\prod_i N_i$ large enough.
"""

from collections.abc import Sequence
from itertools import accumulate
from operator import mul

from noflat.arguments import whole


def fold_sizes(pieces: int, hidden_layers: int) -> tuple[int, ...]:
    r"""The numbers of pieces per layer that cost the fewest neurons.

    They minimize $\sum_i (N_i - 1)$ over all $N_1, \dots, N_k$ with $\prod_i N_i \ge P$. Of two
    that differ by two or more, moving one unit from the larger to the smaller keeps the sum and
    raises the product; so the best are equal to within one.

    Args:
        pieces: The $P$ above, at least 2.
        hidden_layers: The $k$ above.

    Returns:
        The $N_i$, largest first.

    Raises:
        ValueError: If `pieces` is below 2, or so many layers would leave one without a neuron.

    Example:
        >>> fold_sizes(16, 2), fold_sizes(100, 3), fold_sizes(16, 4)
        ((4, 4), (5, 5, 4), (2, 2, 2, 2))
    """
    pieces = whole(pieces, "pieces", "the number of pieces", least=2)
    hidden_layers = whole(hidden_layers, "hidden_layers", "the layers of neurons")
    most = (pieces - 1).bit_length()
    if hidden_layers > most:
        raise ValueError(
            f"`hidden_layers` must be from 1 to {most} for {pieces} pieces; got {hidden_layers}: "
            "with one neuron each, fewer layers do it"
        )
    small = next(n for n in range(1, pieces + 1) if (n + 1) ** hidden_layers > pieces)
    larger = next(
        j
        for j in range(hidden_layers + 1)
        if small ** (hidden_layers - j) * (small + 1) ** j >= pieces
    )
    return (small + 1,) * larger + (small,) * (hidden_layers - larger)


def check_folds(folds: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    r"""Reads the $N_i$ and their products $P_i = N_1 \cdots N_i$.

    Raises:
        ValueError: If there are none, or one is below 2.

    Example:
        >>> from noflat.constructions.folds import check_folds
        >>> check_folds((2, 3))
        ((2, 3), (2, 6))
    """
    if not isinstance(folds, Sequence) or not folds:
        raise ValueError(
            f"`folds` must be the pieces per hidden layer, such as (2, 2, 2); got {folds!r}"
        )
    read = tuple(whole(fold, "folds", "the pieces of a hidden layer", least=2) for fold in folds)
    return read, tuple(accumulate(read, mul))
