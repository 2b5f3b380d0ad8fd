r"""Sawtooth, square and product by folding: ReLU networks whose pieces multiply with depth.

The zigzag $Z_N$ maps $[0, 1]$ onto itself with $N$ affine pieces, up first; $Z_M \circ Z_N =
Z_{MN}$, and $Z_2$ is the tent map. A hidden layer of $N - 1$ neurons folds its input by $Z_N$ where
skips carry the input along, one of $N$ neurons without skips. A square is what is left of $x$ after
subtracting folded copies of $t - I_N(t)$, where $I_N$ interpolates $t^2$ at $N + 1$ equidistant
nodes. Flat and deep are the same formula: one layer, or many.

Every neuron is a ReLU; inputs of `sawtooth` and `folded_square` are meant in $[0, 1]$.
"""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from noflat.arguments import positive, whole
from noflat.constructions.folds import check_folds
from noflat.constructions.plans import resolve_dtype
from noflat.networks.sparse import SparseNetwork, sparse_network

Matrix = Float[np.ndarray, "_ _"]
Vector = Float[np.ndarray, " _"]
Hidden = tuple[Matrix, Vector]
Affine = tuple[Matrix, Vector | None]


def sawtooth(folds: Sequence[int], *, skips: bool = False, dtype: Any = None) -> SparseNetwork:
    r"""The zigzag of $\prod_i N_i$ pieces on $[0, 1]$, folded by $N_i$ in layer $i$.

    Without skips, layer $i$ has the $N_i$ neurons $u_0 = \sigma(t)$ and $u_j = \sigma(t - j/N_i)$,
    and hands on $t' = N_i\,(u_0 + 2\sum_j (-1)^j u_j)$: no weight exceeds $2N_i$. With skips $u_0$
    falls away: $v_{i,j} = \sigma(x + 2\sum_{l<i,j'} (-1)^{j'} v_{l,j'} - j/P_i)$ with $P_i = N_1
    \cdots N_i$, weights at most 2, and the readout multiplies by $P_k$. With dyadic folds it is
    exact in floating point, as far as the digits go.

    Args:
        folds: The $N_i$, each at least 2. `(2,) * k` is the k-fold tent map, $2^{k-1}$ teeth;
            `(2**k,)` is the same function in one hidden layer.
        skips: Whether every layer sees the input and all earlier layers.
        dtype: Of the weights; JAX's default where None.

    Returns:
        The network: $\sum_i N_i$ neurons, with skips $\sum_i (N_i - 1)$.

    Raises:
        ValueError: If `folds` is empty or has an entry below 2, or `dtype` is not a float.

    Example:
        >>> deep, flat = sawtooth((2, 2, 2)), sawtooth((8,))
        >>> deep.widths, flat.widths, sawtooth((2, 2, 2), skips=True).widths
        ((2, 2, 2), (8,), (1, 1, 1))
        >>> print([float(net(jnp.array([0.1875]))[0]) for net in (deep, flat)])
        [0.5, 0.5]

    Reference:
        Telgarsky (2015), arXiv:1509.08101, for the tent map iterated.
    """
    folds, products = check_folds(folds)
    if skips:
        layers = _folding(folds, products)
        readout = products[-1] * _position(folds)
    else:
        layers = _carrying(folds)
        readout = _turned(folds[-1])
    return sparse_network(
        [*layers, (readout[:, None], None)], jax.nn.relu, skips=skips, dtype=resolve_dtype(dtype)
    )


def alternating_classifier(points: int, neurons: int, *, dtype: Any = None) -> SparseNetwork:
    r"""The flat network that gets most of the alternating labels right with so few neurons.

    It is above 1/2 at $x_i = i/n$ for odd $i$ and below for even $i$, for all $i \le m + 1$: the
    zigzag up to its $m$th kink and straight on. Of the other points every second one is wrong,
    $\lceil (n - m - 2)/2 \rceil$ in all, and no function of $m + 1$ affine pieces does better.

    Args:
        points: The number of points $n$, at least 2.
        neurons: The $m$ above, from 1.
        dtype: Of the weights; JAX's default where None.

    Returns:
        One hidden layer with an affine skip.

    Raises:
        ValueError: If `points` or `neurons` is out of range.

    Example:
        >>> net = alternating_classifier(8, 2)
        >>> print([int(net(jnp.array([i / 8]))[0] > 0.5) for i in range(8)])
        [0, 1, 0, 1, 1, 1, 1, 1]

    Reference:
        Telgarsky (2015), arXiv:1509.08101, for the problem and a bound.
    """
    points = whole(points, "points", "the number of points", least=2)
    neurons = whole(neurons, "neurons", "the neurons of the hidden layer")
    kinks = np.arange(1, neurons + 1)
    turns = points * np.append(1.0, 2.0 * (-1.0) ** kinks)
    return sparse_network(
        [(np.ones((1, neurons)), -kinks / points), (turns[:, None], None)],
        jax.nn.relu,
        skips=True,
        dtype=resolve_dtype(dtype),
    )


def folded_square(
    folds: Sequence[int], *, skips: bool = False, centered: bool = False, dtype: Any = None
) -> SparseNetwork:
    r"""The piecewise affine function that interpolates $x^2$ at $P + 1$ equidistant nodes.

    With $P = \prod_i N_i$ and $t_i = Z_{P_i}(x)$,

    $$I_P(x) = x - \sum_{i=1}^k P_{i-1}^{-2}\,\big(t_{i-1} - I_{N_i}(t_{i-1})\big),$$

    above $x^2$ by at most $1/(4P^2)$, which is attained in the middle of every piece. Lowered by
    half of that (`centered`) the error is $1/(8P^2)$, the least of any function of $P$ affine
    pieces. With skips no weight exceeds 2, without them none exceeds $2N_i$.

    Args:
        folds: The $N_i$, each at least 2. `(2,) * m` is Yarotsky's network, of error $4^{-(m+1)}$;
            `(P,)` is flat.
        skips: Whether every layer sees the input and all earlier layers.
        centered: Whether to lower it by half its largest error, with a bias of the output.
        dtype: Of the weights; JAX's default where None.

    Returns:
        The network: $\sum_i (N_i - 1)$ neurons with skips; without them $\sum_i N_i + k - 1$, one
        in every layer but the first being the sum so far.

    Raises:
        ValueError: If `folds` is empty or has an entry below 2, or `dtype` is not a float.

    Example:
        >>> deep = folded_square((2, 2, 2))
        >>> count_neurons(deep), count_neurons(folded_square((2, 2, 2), skips=True))
        (8, 3)
        >>> float(deep(jnp.array([0.4375]))[0]) - 0.4375**2 == 4.0**-4
        True

    Reference:
        Yarotsky (2017), arXiv:1610.01145, Proposition 2, for folds of two.
    """
    folds, products = check_folds(folds)
    layers, readout = _square(folds, products, skips)
    bias = np.array([-1 / (8 * products[-1] ** 2)]) if centered else None
    return sparse_network(
        [*layers, (readout[:, None], bias)], jax.nn.relu, skips=skips, dtype=resolve_dtype(dtype)
    )


def folded_product(
    folds: Sequence[int], *, bound: float = 1.0, skips: bool = False, dtype: Any = None
) -> SparseNetwork:
    r"""Multiplies two numbers of $[-M, M]$ as a difference of two folded squares.

    $$xy = M^2\left(\Big|\frac{x + y}{2M}\Big|^2 - \Big|\frac{x - y}{2M}\Big|^2\right)$$

    Both squares err upward, by at most $1/(4P^2)$. So the sup error is $M^2/(4P^2)$ and not twice
    that, and it is attained where $x = y$.

    Args:
        folds: As for `folded_square`; $P$ is their product.
        bound: The $M$ above.
        skips: Whether every layer sees the inputs and all earlier layers.
        dtype: Of the weights; JAX's default where None.

    Returns:
        The network of one hidden layer more than `folds` has: $2 + 2\sum_i (N_i - 1)$ neurons with
        skips, $4 + 2(\sum_i N_i + k - 1)$ without.

    Raises:
        ValueError: If `folds` is empty or has an entry below 2, `bound` is not positive, or `dtype`
            is not a float.

    Example:
        >>> gate = folded_product((2,) * 8)
        >>> count_neurons(gate), abs(float(gate(jnp.array([0.5, -0.75]))[0]) + 0.375) <= 4.0**-9
        (50, True)

    Reference:
        Yarotsky (2017), arXiv:1610.01145, Proposition 3; with two squares instead of three.
    """
    folds, products = check_folds(folds)
    half = 1 / (2 * positive(bound, "bound", "the largest absolute value of a factor"))
    layers, readout = _square(folds, products, skips)
    forms = half * np.array([[1.0, 1.0], [1.0, -1.0]])
    if skips:
        # |u| = 2 relu(u) - u; what is seen are x, y and the two neurons
        first = forms
        lengths = np.concatenate([-forms, 2 * np.eye(2)])
    else:
        first = np.stack([forms[:, 0], -forms[:, 0], forms[:, 1], -forms[:, 1]], axis=1)
        lengths = np.kron(np.eye(2), np.ones((2, 1)))
    built: list[Affine] = [(first, None)]
    widths: list[int] = []
    for weight, bias in layers:
        built.append((_twice(weight, lengths, widths, skips), np.tile(bias, 2)))
        widths.append(weight.shape[1])
    signs = float(bound) ** 2 * np.array([[1.0], [-1.0]])
    built.append((_twice(readout[:, None], lengths, widths, skips) @ signs, None))
    return sparse_network(built, jax.nn.relu, skips=skips, dtype=resolve_dtype(dtype))


def _twice(weight: Matrix, lengths: Matrix, widths: list[int], skips: bool) -> Matrix:
    """Two copies of a layer of the square side by side, the input of each being an absolute value.

    Values are seen in the order: those that make the absolute values, then layer by layer the
    neurons of the first copy and of the second.
    """
    pair = np.eye(2)
    if not skips:
        return np.kron(pair, weight) if widths else lengths @ np.kron(pair, weight)
    parts = np.split(weight[1:], np.cumsum(widths)[:-1]) if widths else []
    return np.concatenate(
        [lengths @ np.kron(pair, weight[:1]), *(np.kron(pair, part) for part in parts)]
    )


def _turned(fold: int) -> Vector:
    """The zigzag in its carried input and its kinks."""
    return fold * np.append(1.0, 2.0 * (-1.0) ** np.arange(1, fold))


def _position(folds: Sequence[int]) -> Vector:
    r"""The zigzag over its slope, $t_i/P_i$, in the input and the kinks of all layers so far."""
    signs = [2.0 * (-1.0) ** np.arange(1, fold) for fold in folds]
    return np.concatenate([np.ones(1), *signs])


def _folding(folds: Sequence[int], products: Sequence[int]) -> list[Hidden]:
    """The hidden layers with skips."""
    return [
        (np.outer(_position(folds[:i]), np.ones(fold - 1)), -np.arange(1, fold) / products[i])
        for i, fold in enumerate(folds)
    ]


def _carrying(folds: Sequence[int]) -> list[Hidden]:
    """The hidden layers without skips: the carried input first, then the kinks."""
    before = [np.ones(1), *map(_turned, folds)]
    return [
        (np.outer(before[i], np.ones(fold)), -np.arange(fold) / fold)
        for i, fold in enumerate(folds)
    ]


def _square(
    folds: Sequence[int], products: Sequence[int], skips: bool
) -> tuple[list[Hidden], Vector]:
    """The hidden layers and the readout of the interpolant."""
    if skips:
        return _folding(folds, products), _interpolant(folds, products)
    layers, done = [], np.ones(0)
    for i, (weight, bias) in enumerate(_carrying(folds)):
        fold, scale = folds[i], (products[i] / folds[i]) ** -2
        part = scale * np.append(-(1 - 1 / fold), np.full(fold - 1, 2 / fold))
        if i == 0:
            part[0] += 1.0  # the input itself is the sum of nothing
            layers.append((weight, bias))
            done = part
            continue
        rows = weight if i == 1 else np.concatenate([weight, np.zeros((1, fold))])
        layers.append((np.concatenate([rows, done[:, None]], axis=1), np.append(bias, 0.0)))
        done = np.append(part, 1.0)
    return layers, done


def _interpolant(folds: Sequence[int], products: Sequence[int]) -> Vector:
    """The readout with skips: the formula of `folded_square`, collected kink by kink."""
    last = 1 / products[-1]
    kinks = [
        np.where(np.arange(1, fold) % 2 == 1, 4 / done - 2 * last, 2 * last)
        for fold, done in zip(folds, products, strict=True)
    ]
    return np.concatenate([np.full(1, last), *kinks])
