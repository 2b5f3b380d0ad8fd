r"""How well networks with few active neurons fit random signs: exactly on clusters, and as orders.

The class has $h(x)=\sum_{j\le s}u_j\sigma(\langle w_j,x\rangle-b_j)$ with $|u_j|\lVert w_j\rVert\le
A$, thresholds $b_j\ge0$, and at most k neurons active at every point of the sample, of length 1 or
less. The Rademacher complexity is $\mathbf E_\zeta\sup_h\frac1m\sum_i\zeta_ih(x_i)$, of fair signs.
"""

from fractions import Fraction
from math import comb, log, pi
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from noflat.arguments import positive, whole


class RademacherOrders(NamedTuple):
    r"""What is claimed of the complexity of this class; but for `most`, up to constant factors.

    Attributes:
        most: $kA$, the largest value of a network: a bound.
        dense: $As/\sqrt m$, of networks without any limit on what is active.
        published: $(A+B)\sqrt{snk\ln(km(1+B))/m}$.
        conjectured: $A\sqrt{sk/m}$.
    """

    most: float
    dense: float
    published: float
    conjectured: float


def mean_absolute_sum(t: int) -> Fraction:
    r"""The mean of $|S_t|=|\zeta_1+\dots+\zeta_t|$ over fair signs.

    $$\mathbf E|S_t|=\frac t{2^{t-1}}\binom{t-1}{\lfloor(t-1)/2\rfloor}\approx\sqrt{2t/\pi}.$$

    $|S_t|=\sum_i\zeta_i\operatorname{sign}S_t$. On the average over $\zeta_i$ a term is 1 where the
    other t - 1 signs add up to 0, 1/2 where they add up to $\pm1$, and else 0: of t odd the
    probability of the first, of t even half of the second.

    Args:
        t: The number of signs, from 0 on.

    Returns:
        The mean.

    Raises:
        ValueError: If `t` is no such number.

    Example:
        >>> print(*(mean_absolute_sum(t) for t in range(6)))
        0 1 1 3/2 3/2 15/8
    """
    if whole(t, "t", "the number of signs", least=0) == 0:
        return Fraction(0)
    return Fraction(t * comb(t - 1, (t - 1) // 2), 2 ** (t - 1))


def cluster_sizes(m: int, s: int, k: int) -> Int[np.ndarray, " clusters"]:
    r"""The points of each of $q=\min(\lfloor s/k\rfloor,m)$ clusters, as even as can be.

    Args:
        m: The points of the sample.
        s: The neurons.
        k: How many may be active at a point, at most s.

    Returns:
        The sizes, the larger ones first; they add up to m.

    Raises:
        ValueError: If an argument is no count, or k is above s.

    Example:
        >>> print(cluster_sizes(10, 8, 2))
        [3 3 2 2]
    """
    m, s, k = _sizes(m, s, k)
    q = min(s // k, m)
    return np.array([m // q + (c < m % q) for c in range(q)])


def clustered_points(m: int, s: int, k: int, n: int) -> Float[np.ndarray, "m n"]:
    r"""A sample of which all points of a cluster are one unit vector $e_c$.

    Args:
        m: The points.
        s: The neurons.
        k: How many may be active at a point.
        n: The inputs, at least one for each cluster.

    Returns:
        The points, cluster after cluster.

    Raises:
        ValueError: If there are fewer inputs than clusters.

    Example:
        >>> print(clustered_points(3, 4, 2, 2))
        [[1. 0.]
         [1. 0.]
         [0. 1.]]
    """
    sizes = cluster_sizes(m, s, k)
    if whole(n, "n", "the inputs") < len(sizes):
        raise ValueError(
            f"`n` must be at least {len(sizes)}, one direction for each cluster; got {n}"
        )
    return np.repeat(np.eye(len(sizes), n), sizes, axis=0)


def clustered_supremum(
    signs: Float[np.ndarray, " m"], s: int, k: int, *, bound: float = 1.0
) -> float:
    r"""The best correlation of a network of the class with signs on `clustered_points`.

    $$\sup_h\frac1m\sum_i\zeta_ih(x_i)=\frac{kA}m\sum_c|S_c|,\qquad S_c=\sum_{i\in c}\zeta_i.$$

    No network does better: at $e_c$ at most k neurons are active, each with a value of at most
    $|u_j|(\langle w_j,e_c\rangle-b_j)\le A$, so that $|h(e_c)|\le kA$, and the sum is
    $\sum_cS_ch(e_c)$. One attains it: k neurons $w=Ae_c$, $u=\operatorname{sign}S_c$, $b=0$ for
    every cluster. They have the sum 0 at all others, so that k are active at a time; there are
    $qk\le s$ of them, for any s and k at most s.

    Args:
        signs: $\zeta$, in the order of the points.
        s: The neurons.
        k: How many may be active at a point.
        bound: A.

    Returns:
        The supremum, which is a maximum.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> clustered_supremum(np.array([1.0, 1.0, -1.0, 1.0]), 4, 2)
        1.0
    """
    m = len(signs)
    ends = np.cumsum(cluster_sizes(m, s, k))
    sums = np.diff(np.cumsum(np.asarray(signs, np.float64))[ends - 1], prepend=0.0)
    return k * positive(bound, "bound", "A") * float(np.sum(np.abs(sums))) / m


def clustered_rademacher(m: int, s: int, k: int) -> Fraction:
    r"""The Rademacher complexity of the class on `clustered_points`, over A: a rational number.

    $$\frac km\sum_c\mathbf E|S_c|\approx\sqrt{\tfrac2\pi}\sqrt{\tfrac{sk}m}\qquad(k\ll s\ll mk),$$

    the mean of `clustered_supremum`. With more neurons than $mk$ it is k.

    Args:
        m: The points.
        s: The neurons.
        k: How many may be active at a point.

    Returns:
        The complexity for A = 1.

    Raises:
        ValueError: If an argument is no count, or k is above s.

    Example:
        >>> print(clustered_rademacher(8, 4, 1), clustered_rademacher(4, 64, 2))
        1/2 2

    Reference:
        Awasthi, Dikkala, Kamath and Meka (2024), Conjecture 20, which this matches from below.
    """
    sizes = cluster_sizes(m, s, k)
    return k * sum((mean_absolute_sum(int(t)) for t in sizes), Fraction(0)) / m


def clustered_asymptotic(m: int, s: int, k: int, *, bound: float = 1.0) -> float:
    r"""What `clustered_rademacher` is near for large clusters, $\sqrt{2/\pi}A\sqrt{sk/m}$.

    Args:
        m: The points.
        s: The neurons.
        k: How many may be active at a point.
        bound: A.

    Returns:
        That number.

    Example:
        >>> print(f"{clustered_asymptotic(4096, 64, 1):.4f}")
        0.0997
    """
    return (2 / pi) ** 0.5 * rademacher_orders(m, s, k, 1, bound=bound).conjectured


def rademacher_orders(
    m: int, s: int, k: int, n: int, *, bound: float = 1.0, threshold: float = 0.0
) -> RademacherOrders:
    r"""The known bounds and the conjecture for points of length 1 or less.

    Args:
        m: The points.
        s: The neurons.
        k: How many may be active at a point.
        n: The inputs.
        bound: A.
        threshold: The largest $|u_jb_j|$, B.

    Returns:
        Them, without the constant factors, which are not stated.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> orders = rademacher_orders(4096, 64, 1, 16)
        >>> orders.most, orders.dense, orders.conjectured, round(orders.published, 3)
        (1.0, 1.0, 0.125, 1.442)

    Reference:
        Awasthi, Dikkala, Kamath and Meka (2024), Theorem 19 and Conjecture 20.
    """
    m, s, k = _sizes(m, s, k)
    a = positive(bound, "bound", "A")
    if not threshold >= 0:
        raise ValueError(f"`threshold` must be at least 0; got {threshold}")
    inner = max(log(k * m * (1 + threshold)), 0.0)
    return RademacherOrders(
        most=k * a,
        dense=a * s / m**0.5,
        published=(a + threshold) * (s * whole(n, "n", "the inputs") * k * inner / m) ** 0.5,
        conjectured=a * (s * k / m) ** 0.5,
    )


def _sizes(m: int, s: int, k: int) -> tuple[int, int, int]:
    return whole(m, "m", "the points of the sample"), *neurons_and_active(s, k)


def neurons_and_active(s: int, k: int) -> tuple[int, int]:
    """Reads the neurons of a class, and how many of them may be active at a point.

    Raises:
        ValueError: If one is no count, or k is above s.

    Example:
        >>> from noflat.measure.rademacher import neurons_and_active
        >>> neurons_and_active(8, 2)
        (8, 2)
    """
    s = whole(s, "s", "the neurons")
    k = whole(k, "k", "the neurons that may be active at a point")
    if k > s:
        raise ValueError(f"`k` must be at most `s` = {s}, the neurons; got {k}")
    return s, k
