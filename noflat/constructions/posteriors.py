r"""Networks for the posterior of a broadcast process: one that follows the levels, and a flat one.

With $\ell=\ln\frac{1-e}{e}$ a bit whose log-odds are m tells its parent
$g(m)=2\operatorname{artanh}\big((1-2e)\tanh\tfrac m2\big)$, and the parent adds up what its
children tell. Two neurons make g at every m,

$$g(m)=\operatorname{softplus}(m+\ell)-\operatorname{softplus}(m-\ell)-\ell,$$

so that belief propagation is a network of softplus with two neurons per bit between the first and
the leaves. Any other activation that is piecewise linear needs about one for each value that m
takes. Where m takes two or three values, g is linear there by symmetry, and costs nothing.
"""

from dataclasses import dataclass
from math import log
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from noflat.activations import activation as as_activation
from noflat.networks import SparseNetwork, sparse_network
from noflat.targets.broadcast import Broadcast, census, count_classes

_MOST = 100_000
"""Neurons beyond which no flat network is written out."""


class _Profile(NamedTuple):
    r"""A function of one number, $w+\sum_j\kappa_j\sigma(t-t_j)$."""

    places: Float[np.ndarray, " neurons"]
    weights: Float[np.ndarray, " neurons"]
    constant: float


@dataclass(frozen=True)
class GroupSums:
    """What a posterior depends on: the numbers of ones among leaves that enter alike.

    Attributes:
        sums: For each configuration the number of ones in every group.
        given: Its probabilities given the bit above, 0 and 1.
    """

    sums: Int[np.ndarray, "configurations groups"]
    given: Float[np.ndarray, "2 configurations"]

    @property
    def log_odds(self) -> Float[np.ndarray, " configurations"]:
        """The log likelihood ratio of every configuration."""
        return np.log(self.given[1] / self.given[0])


def linear_height(branches: int) -> int:
    r"""Up to which height the log-odds of a bit are a multiple of a sum over its leaves.

    Height 1 is, since leaves take two values. With two branches so is height 2: the sums of
    height 1 take three values $-v,0,v$, on which the odd function g is linear.

    Example:
        >>> linear_height(2), linear_height(3)
        (2, 1)
    """
    return 2 if branches == 2 else 1


def group_sums(process: Broadcast, height: int) -> GroupSums:
    """The law of the numbers of ones in groups of leaves that the tree treats alike.

    Args:
        process: The process.
        height: How many levels the leaves lie below the bit, at least `linear_height`.

    Returns:
        All configurations of the sums, the last group changing fastest, with their probabilities.

    Raises:
        ValueError: If the height is below that.

    Example:
        >>> group_sums(Broadcast(2, 3, Fraction(1, 10)), 3).sums.shape
        (25, 2)
    """
    low, b, e = linear_height(process.branches), process.branches, float(process.flip)
    if height < low:
        raise ValueError(f"`height` must be at least {low}, where groups end; got {height}")
    laws = list(census(process, low).values())
    given = np.array(laws, dtype=float).T
    sums = np.arange(given.shape[1])[:, None]
    for _ in range(height - low):
        sent = np.stack([(1 - e) * given[0] + e * given[1], e * given[0] + (1 - e) * given[1]])
        grids = np.meshgrid(*[np.arange(len(sums))] * b, indexing="ij")
        chosen = np.stack([grid.ravel() for grid in grids])
        given = np.prod(sent[:, chosen], axis=1)
        sums = np.concatenate([sums[child] for child in chosen], axis=1)
    return GroupSums(sums, given)


def told(log_odds: Float[np.ndarray, "..."], process: Broadcast) -> Float[np.ndarray, "..."]:
    """What a bit of those log-odds tells its parent: g, by the formula of two softplus.

    Example:
        >>> print(told(np.array([0.0, np.inf]), Broadcast(2, 1, Fraction(1, 4))))
        [0.         1.09861229]
    """
    edge = _edge(process)
    finite = np.clip(log_odds, -1e3, 1e3)  # beyond them g has reached its limits in any float
    return np.logaddexp(0, finite + edge) - np.logaddexp(0, finite - edge) - edge


def _edge(process: Broadcast) -> float:
    return log(1 - process.flip) - log(process.flip)


def deep_posterior(process: Broadcast, activation: str = "softplus") -> SparseNetwork:
    r"""The log-odds of the first bit, level by level: belief propagation as a network.

    The hidden layers are the heights from `linear_height` up to $L-1$, each bit of them with the
    neurons of one g. With softplus the network is exact at every point of $\mathbb R^n$ that g is
    asked at; with relu it is on the leaves, where every bit has finitely many log-odds.

    Args:
        process: The process.
        activation: `softplus` or `relu`.

    Returns:
        A network from the leaves, zeros and ones, to $\ln P(y_0=1|x)-\ln P(y_0=0|x)$. Where the
        sum over the leaves is enough it has no hidden layer.

    Raises:
        ValueError: If the activation is another.

    Example:
        >>> network = deep_posterior(Broadcast(2, 4, Fraction(1, 10)))
        >>> network.widths, network.neurons
        ((8, 4), 12)

    Reference:
        Lin, Tegmark and Rolnick (2017), Theorem 2 and its corollaries.
    """
    _known(activation)
    low, b = linear_height(process.branches), process.branches
    heights = range(low, process.levels)
    profiles = [_profile(process, height, activation) for height in heights]
    size = b ** min(low, process.levels)
    unit = _unit(process, size)
    groups = process.leaves // size
    read = np.kron(np.eye(groups), np.full((size, 1), 2 * unit))
    layers, offset = [], np.full(groups, -unit * size)
    for profile in profiles:
        k, above = len(profile.places), len(offset) // b
        bias = np.repeat(offset, k) - np.tile(profile.places, len(offset))
        layers.append((np.repeat(read, k, axis=1), bias))
        read = np.kron(np.eye(above), np.tile(profile.weights, b)[:, None])
        offset = np.full(above, b * profile.constant)
    layers.append((read, offset + _prior(process)))
    return sparse_network(layers, as_activation(activation))


def flat_posterior(process: Broadcast) -> SparseNetwork:
    r"""The same log-odds in one hidden layer of relu, as a table.

    Below each child of the first bit there are k groups of leaves, and what counts is their sums,
    $c^k$ configurations. A linear form, the number whose digits to the base c are the sums, tells
    them all apart, and relu interpolates any function of one number.

    Args:
        process: The process.

    Returns:
        A network from the leaves, zeros and ones, to the log-odds.

    Raises:
        ValueError: If it has more than 100 000 neurons.

    Example:
        >>> flat_posterior(Broadcast(2, 4, Fraction(1, 10))).widths
        (46,)
    """
    b, low = process.branches, linear_height(process.branches)
    if process.levels <= low:
        return deep_posterior(process, "relu")
    if (needed := count_flat(b, process.levels)) > _MOST:
        raise ValueError(
            f"`process` must take at most {_MOST} neurons to be written out; {needed} are needed: "
            "take fewer `levels`"
        )
    below = group_sums(process, process.levels - 1)
    profile = _interpolated(np.arange(len(below.sums)), told(below.log_odds, process))
    groups, base, size = below.sums.shape[1], b**low + 1, b**low
    digits = np.repeat(float(base) ** np.arange(groups - 1, -1, -1), size)
    neurons = len(profile.places)
    first = np.kron(np.eye(b), digits[:, None] * np.ones(neurons))
    readout = np.tile(profile.weights, b)[:, None]
    constant = np.array([b * profile.constant + _prior(process)])
    layers = [(first, -np.tile(profile.places, b)), (readout, constant)]
    return sparse_network(layers, as_activation("relu"))


def _prior(process: Broadcast) -> float:
    return log(process.start) - log(1 - process.start)


def _unit(process: Broadcast, size: int) -> float:
    """The log-odds that a leaf adds to those of a bit at the height where groups end."""
    edge = _edge(process)
    return edge if size == process.branches else told(np.array([2 * edge]), process)[0] / 2


def _profile(process: Broadcast, height: int, activation: str) -> _Profile:
    """What makes g of the log-odds of a bit at that height."""
    edge = _edge(process)
    if activation == "softplus":
        return _Profile(np.array([-edge, edge]), np.array([1.0, -1.0]), -edge)
    ratios = process.law(height)
    values = np.sort([log(one) - log(zero) for zero, one in ratios])
    return _interpolated(values, told(values, process))


def _interpolated(places: np.ndarray, values: np.ndarray) -> _Profile:
    """A sum of relu through points that are symmetric about their middle, as the values are.

    The slopes on both sides of a middle point are then equal, and it needs no neuron.
    """
    slopes = np.diff(values) / np.diff(places)
    bends = np.concatenate([slopes[:1], np.diff(slopes)])
    kept = np.arange(len(bends)) != (len(places) // 2 if len(places) % 2 else -1)
    return _Profile(places[:-1][kept].astype(float), bends[kept], float(values[0]))


def _known(activation: str) -> None:
    if activation not in ("softplus", "relu"):
        raise ValueError(f"`activation` must be softplus or relu; got {activation!r}")


def count_deep(branches: int, levels: int, activation: str = "softplus") -> int:
    r"""The neurons of `deep_posterior`: so many per bit at the heights $h_0$ to $L-1$.

    $$\sum_{h=h_0}^{L-1}b^{L-h}w_h,\qquad w_h=2\ (\text{softplus}),\quad
      w_h=c_h-2\text{ or }c_h-1\ (\text{relu, } c_h\text{ odd or even}),$$

    with the $c_h$ classes of `count_classes`. For softplus and b = 2 it is $2^L-4$.

    Args:
        branches: The copies b of each bit.
        levels: The levels L.
        activation: `softplus` or `relu`.

    Returns:
        Their number.

    Raises:
        ValueError: If the activation is another.

    Example:
        >>> [count_deep(2, levels) for levels in (2, 3, 4, 5)]
        [0, 4, 12, 28]
    """
    _known(activation)

    def per_bit(height: int) -> int:
        classes = count_classes(branches, height)
        return 2 if activation == "softplus" else classes - 1 - classes % 2

    heights = range(linear_height(branches), levels)
    return sum(branches ** (levels - height) * per_bit(height) for height in heights)


def count_flat(branches: int, levels: int) -> int:
    r"""The neurons of `flat_posterior`.

    $b\,(c^k-2)$, and $b\,(c^k-1)$ if c is even, where $c=b^{h_0}+1$ and $k=b^{L-1-h_0}$.

    Args:
        branches: The copies b of each bit.
        levels: The levels L.

    Returns:
        Their number.

    Example:
        >>> [count_flat(2, levels) for levels in (2, 3, 4, 5)]
        [0, 6, 46, 1246]
    """
    low = linear_height(branches)
    if levels <= low:
        return 0
    table = (branches**low + 1) ** (branches ** (levels - 1 - low))
    return branches * (table - 1 - table % 2)
