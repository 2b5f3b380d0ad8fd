r"""The parity of n bits: circuits of threshold gates of every depth, and where there is no wall.

Parity is the sawtooth of the number of ones, $s = \sum_i x_i$. With skips every gate sees $s$, and
a layer of gates subtracts an even number from it that leaves a smaller residue of the same parity,
as one reads off the digits of a number from the first to the last. Neurons are gates $[t \ge 0]$
with whole weights and an affine readout, which gives the parity itself, so that all of it is exact.
"""

from itertools import product as words
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Shaped

from noflat.arguments import whole
from noflat.constructions.folds import fold_sizes
from noflat.constructions.plans import resolve_dtype
from noflat.networks.sparse import SparseNetwork, sparse_network


def step(t: Shaped[Array | np.ndarray, "*shape"]) -> Shaped[Array | np.ndarray, "*shape"]:
    r"""The threshold gate $[t \ge 0]$, as 0 or 1 in the dtype of `t`; arrays of NumPy stay that.

    Example:
        >>> print(step(jnp.array([-1, 0, 2])))
        [0 1 1]
    """
    return (t >= 0).astype(t.dtype)


def flat_parity(n: int) -> SparseNetwork:
    r"""One hidden layer of n gates and no skip: $\sum_{j=1}^n (-1)^{j+1} [s \ge j]$.

    Args:
        n: The number of bits, at least 1.

    Returns:
        The network; of gates that see only the sum, none fewer do without a skip.

    Raises:
        ValueError: If `n` is below 1.

    Example:
        >>> net = flat_parity(3)
        >>> count_neurons(net), int(net(jnp.array([1, 0, 1]))[0]), int(net(jnp.array([1, 1, 1]))[0])
        (3, 0, 1)
    """
    n = whole(n, "n", "the number of bits")
    counts = np.arange(1, n + 1)
    signs = (-1) ** (counts + 1)
    return sparse_network(
        [(np.ones((n, n)), -counts), (signs[:, None], None)], step, dtype=_integers()
    )


def folded_parity(n: int, hidden_layers: int) -> SparseNetwork:
    r"""Parity in so many hidden layers with skips, digit by digit.

    With $\prod_i N_i \ge \lceil (n + 1)/2 \rceil$ and the even block sizes $B_i = 2 N_{i+1} \cdots
    N_k$, layer $i$ has the gates $g_{i,j} = [r_{i-1} \ge j B_i]$, $j < N_i$, where $r_0 = s$ and
    $r_i = r_{i-1} - B_i \sum_j g_{i,j}$. Since $B_k = 2$, the readout $r_k$ is the parity.

    Args:
        n: The number of bits, at least 2.
        hidden_layers: The number of layers of gates, at most $\lceil \log_2 \lceil (n+1)/2 \rceil
            \rceil$. A circuit whose output is a gate too has a depth of one more.

    Returns:
        The network of $\sum_i (N_i - 1)$ gates, about $k\,(n/2)^{1/k}$; one gate per layer at the
        largest depth, and $\lfloor n/2 \rfloor$ gates in one layer.

    Raises:
        ValueError: If `n` is below 2, or `hidden_layers` out of range.

    Example:
        >>> [count_neurons(folded_parity(64, k)) for k in (1, 2, 3, 6)]
        [32, 10, 7, 6]
        >>> print(folded_parity(5, 2)(jnp.array([1, 1, 0, 1, 0])))
        [1]

    Reference:
        Siu, Roychowdhury and Kailath (1994), for the tradeoff between depth and size.
    """
    n = whole(n, "n", "the number of bits", least=2)
    folds = fold_sizes((n + 2) // 2, hidden_layers)
    residue, layers = np.ones(n, np.int64), []
    for i, fold in enumerate(folds):
        block = 2 * int(np.prod(folds[i + 1 :], dtype=np.int64))
        gates = np.arange(1, fold)
        layers.append((np.outer(residue, np.ones(fold - 1, np.int64)), -block * gates))
        residue = np.append(residue, np.full(fold - 1, -block))
    return sparse_network([*layers, (residue[:, None], None)], step, skips=True, dtype=_integers())


def parity_tree(n: int, *, skips: bool = False) -> SparseNetwork:
    r"""Parity as a tree of exclusive ors of two values.

    Without skips $a \oplus b = [a + b \ge 1] - [a + b \ge 2]$, two gates, and a value that waits
    takes one; with skips $a \oplus b = a + b - 2\,[a + b \ge 2]$, one gate, and nothing waits. The
    values are affine in the gates, so that no gate is spent on handing them on.

    Args:
        n: The number of bits, at least 2.
        skips: Whether every layer sees the inputs and all earlier layers.

    Returns:
        The network in $\lceil \log_2 n \rceil$ hidden layers: $n - 1$ gates with skips, without
        them $2(n - 1)$ and one for every level of an odd number of values.

    Raises:
        ValueError: If `n` is below 2.

    Example:
        >>> parity_tree(8).widths, parity_tree(8, skips=True).widths
        ((8, 4, 2), (4, 2, 1))
    """
    n = whole(n, "n", "the number of bits", least=2)
    values, layers = np.eye(n, dtype=np.int64), []  # a column for each value that is left
    while values.shape[1] > 1:
        pairs, waiting = divmod(values.shape[1], 2)
        sums = values[:, : 2 * pairs : 2] + values[:, 1 : 2 * pairs : 2]
        rest = values[:, 2 * pairs :]
        ones = np.ones(pairs, np.int64)
        if skips:
            layers.append((sums, -2 * ones))
            kept = np.concatenate([sums, rest], axis=1)
            gates = np.concatenate(
                [-2 * np.eye(pairs, dtype=np.int64), np.zeros((pairs, waiting), np.int64)], axis=1
            )
            values = np.concatenate([kept, gates])
        else:
            layers.append((np.concatenate([sums, sums, rest], axis=1), -_counts(pairs, waiting)))
            both = np.concatenate([np.eye(pairs), -np.eye(pairs)]).astype(np.int64)
            values = np.zeros((2 * pairs + waiting, pairs + waiting), np.int64)
            values[: 2 * pairs, :pairs] = both
            values[2 * pairs :, pairs:] = 1
    return sparse_network([*layers, (values, None)], step, skips=skips, dtype=_integers())


def parity_of_terms(n: int) -> SparseNetwork:
    r"""Parity as a sum of $2^{n-1}$ conjunctions, one for every word with an odd number of ones.

    Every term of parity needs all $n$ literals, since flipping a missing one would flip the value;
    so an OR of ANDs needs all of these, and no two are true at once.

    Args:
        n: The number of bits, from 1 to 16.

    Returns:
        One hidden layer of gates, each 1 for its own word only.

    Raises:
        ValueError: If `n` is out of range.

    Example:
        >>> count_neurons(parity_of_terms(4))
        8
    """
    n = whole(n, "n", "the number of bits")
    if n > 16:
        raise ValueError(f"`n` must be at most 16 for 2^(n-1) terms; got {n}: use `folded_parity`")
    odd = np.array([word for word in words((0, 1), repeat=n) if sum(word) % 2])
    layers = [(2 * odd.T - 1, -odd.sum(axis=1)), (np.ones((len(odd), 1)), None)]
    return sparse_network(layers, step, dtype=_integers())


def cosine_parity(n: int, *, dtype: Any = None) -> SparseNetwork:
    r"""One neuron: $(1 - \cos \pi s)/2$. The wall is one of monotone gates, not of one layer.

    On signs instead of bits it is `parity_neuron`.

    Args:
        n: The number of bits, at least 1.
        dtype: Of the weights; JAX's default where None.

    Returns:
        The network, exact up to the rounding of $\pi s$.

    Raises:
        ValueError: If `n` is below 1 or `dtype` is not a float.

    Example:
        >>> print(f"{cosine_parity(3)(jnp.array([1.0, 1.0, 1.0]))[0]:.3f}")
        1.000
    """
    n = whole(n, "n", "the number of bits")
    parts = [(np.full((n, 1), np.pi), None), (np.full((1, 1), -0.5), np.full(1, 0.5))]
    return sparse_network(parts, jnp.cos, dtype=resolve_dtype(dtype))


def _counts(pairs: int, waiting: int) -> np.ndarray:
    """From how many ones on the gates of a level say yes."""
    return np.concatenate([np.ones(pairs), np.full(pairs, 2), np.ones(waiting)]).astype(np.int64)


def _integers() -> jnp.dtype:
    """JAX's default dtype of integers: weights are whole."""
    return jnp.zeros(0, int).dtype
