r"""Bounds on the eigenvalues of the kernel of `bias_kernels`, proved in docs/bias_kernel.md.

The indicator of an active neuron has the Hermite series $1\{z\ge B\}=\sum_kc_kh_k(z)$ with
$c_0=\Phi(-B)$ and $c_k=\phi(B)h_{k-1}(B)/\sqrt k$, so that with the Gram matrix G and all ones J

$$H=2\sum_{k\ge0}c_k^2N_k,\qquad N_k=\tfrac12(J+G)\circ G^{\circ k},\qquad
  \sum_kc_k^2=\Phi(-B).$$

Every $N_k$ has ones on its diagonal; its smallest eigenvalue grows with k and its largest falls.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr

from noflat.arguments import positive, whole

_TERMS = 64
"""Of the Hermite series; the tail takes the last eigenvalue."""


class Bounds(NamedTuple):
    """What the smallest and the largest eigenvalue lie between.

    Attributes:
        low: At most the smallest eigenvalue.
        high: At least the largest.
    """

    low: float
    high: float


def indicator_coefficients(bias: float, count: int) -> Float[np.ndarray, " count"]:
    r"""The first coefficients $c_k$ of $1\{z\ge B\}$ in orthonormal Hermite polynomials.

    $$c_0=\Phi(-B),\qquad c_k=\phi(B)\,h_{k-1}(B)/\sqrt k,\qquad
      \sqrt{k+1}\,h_{k+1}=B\,h_k-\sqrt k\,h_{k-1}.$$

    The recursion runs on $\phi h_k$, so that nothing overflows.

    Args:
        bias: The B above.
        count: How many.

    Returns:
        The coefficients.

    Example:
        >>> print(np.round(indicator_coefficients(0.0, 4) * (2 * np.pi) ** 0.5, 4))
        [ 1.2533  1.      0.     -0.4082]
    """
    count = whole(count, "count", "the number of coefficients")
    before, own = 0.0, float(np.exp(-(bias**2) / 2) / np.sqrt(2 * np.pi))
    found = [float(ndtr(-bias))]
    for k in range(1, count):
        found.append(own / k**0.5)
        before, own = own, (bias * own - (k - 1) ** 0.5 * before) / k**0.5
    return np.array(found)


def power_eigenvalues(
    gram: Float[np.ndarray, "n n"], terms: int = _TERMS
) -> Float[np.ndarray, "terms 2"]:
    """The smallest and the largest eigenvalues of the $N_k$ above, of all k below `terms`.

    Args:
        gram: The Gram matrix of points of length 1.
        terms: How many k.

    Returns:
        For each k both; the smallest ones ascend and the largest descend, up to rounding.

    Raises:
        ValueError: If the diagonal of the Gram matrix is not 1.

    Example:
        >>> print(power_eigenvalues(np.array([[1.0, 0.5], [0.5, 1.0]]), 3))
        [[0.25   1.75  ]
         [0.625  1.375 ]
         [0.8125 1.1875]]
    """
    terms = whole(terms, "terms", "the terms of the series")
    gram = _unit(gram)
    power, found = (1 + gram) / 2, []
    for _ in range(terms):
        eigenvalues = np.linalg.eigvalsh(power)
        found.append((max(float(eigenvalues[0]), 0.0), float(eigenvalues[-1])))
        power = power * gram
    return np.array(found)


def series_bounds(ends: Float[np.ndarray, "terms 2"], bias: float) -> Bounds:
    r"""Bounds from the Hermite series (theorem K2).

    With $\nu_k$, $\Lambda_k$ the smallest and the largest eigenvalue of $N_k$,

    $$\lambda_{\min}(H)\ge2\sum_{k<K}c_k^2\nu_k+2\nu_{K-1}\Big(\Phi(-B)-\sum_{k<K}c_k^2\Big),$$

    and the same with $\Lambda_k$ and $\le$ for the largest eigenvalue.

    Args:
        ends: What `power_eigenvalues` returns; it depends on the points alone.
        bias: The B above.

    Returns:
        Both bounds.

    Example:
        >>> ends = power_eigenvalues(np.array([[1.0, 0.5], [0.5, 1.0]]))
        >>> print("{:.4f} {:.4f}".format(*series_bounds(ends, 0.0)))  # 1/2 and 3/2 exactly
        0.5000 1.5000
    """
    weights = indicator_coefficients(bias, len(ends)) ** 2
    tail = max(float(ndtr(-bias)) - float(weights.sum()), 0.0)
    low, high = 2 * (weights @ ends + tail * ends[-1])
    return Bounds(float(low), float(high))


def decoupling_bounds(gram: Float[np.ndarray, "n n"], bias: float) -> Bounds:
    r"""Bounds from correlations and B alone, explicit and good for large B (theorem K3).

    $$2\Phi(-B)(1\mp\varepsilon),\qquad\varepsilon=\max_i\sum_{j\ne i}\frac{1+\rho_{ij}}2
      \exp\Big(-\frac{B^2}2\,\frac{1-\rho_{ij}}{1+\rho_{ij}}\Big).$$

    Args:
        gram: The Gram matrix of points of length 1.
        bias: The B above, not negative.

    Returns:
        Both bounds; the lower one is 0 where the sum is above 1.

    Raises:
        ValueError: If the bias is negative, or the diagonal of the Gram matrix is not 1.

    Example:
        >>> gram = np.array([[1.0, 0.5], [0.5, 1.0]])
        >>> low, high = decoupling_bounds(gram, 5.0)
        >>> print(f"{low / high:.4f}")
        0.9770
    """
    if not 0 <= bias < np.inf:
        raise ValueError(f"`bias` must be 0 or more, for this bound; got {bias}")
    gram = _unit(gram)
    np.fill_diagonal(gram, -1)
    with np.errstate(divide="ignore"):
        odds = np.where(gram > -1, (1 - gram) / (1 + gram), np.inf)
        joint = np.exp(-0.5 * bias**2 * odds) if bias else np.ones_like(gram)
    most = float(np.max(np.sum((1 + gram) / 2 * joint, axis=1)))
    each = 2 * float(ndtr(-bias))
    return Bounds(each * max(1 - most, 0.0), each * (1 + most))


def separation(gram: Float[np.ndarray, "n n"]) -> float:
    r"""The least distance of two points, or of one and the opposite of another.

    $$\delta=\min_{i\ne j}\min(|x_i-x_j|,|x_i+x_j|).$$

    Example:
        >>> print(f"{separation(np.array([[1.0, 0.5], [0.5, 1.0]])):.4f}")
        1.0000
    """
    gram = _unit(gram)
    off = gram[~np.eye(len(gram), dtype=bool)]
    return float(np.sqrt(max(2 - 2 * np.abs(off).max(), 0.0)))


def least_angle(gram: Float[np.ndarray, "n n"]) -> float:
    r"""The least angle between two of the points, in radians.

    $$\theta=\arccos\max_{i\ne j}\rho_{ij}.$$

    Args:
        gram: The Gram matrix of points of length 1.

    Returns:
        The angle, from 0 to $\pi$.

    Raises:
        ValueError: If there is one point only, or the diagonal of the Gram matrix is not 1.

    Example:
        >>> print(f"{least_angle(np.array([[1.0, 0.5], [0.5, 1.0]])) * 3 / np.pi:.4f}")
        1.0000
    """
    gram = _unit(_of_pairs(gram, "gram"))
    return float(np.arccos(gram[~np.eye(len(gram), dtype=bool)].max()))


def pair_bound(kernel: Float[np.ndarray, "n n"]) -> float:
    r"""An upper bound on the smallest eigenvalue, from the nearest pair (theorem K5).

    The Rayleigh quotient of $(e_i-e_j)/\sqrt2$ is the bracket in

    $$\lambda_{\min}(H)\le\min_{i<j}\Big[\tfrac12(H_{ii}+H_{jj})-H_{ij}\Big].$$

    In the kernel of `bias_kernels` the least one is that of the two points at the least angle
    $\theta$, and for $B\ge0$ at most $(\theta/\pi+\theta^2/4)\,e^{-B^2/2}$.

    Args:
        kernel: A symmetric matrix H.

    Returns:
        The least quotient of a pair.

    Raises:
        ValueError: If the matrix has one row only.

    Example:
        >>> kernel = np.array([[1.0, 0.25, 0.0], [0.25, 1.0, 0.25], [0.0, 0.25, 1.0]])
        >>> print(f"{pair_bound(kernel)}, above {np.linalg.eigvalsh(kernel)[0]:.3f}")
        0.75, above 0.646
    """
    kernel = _of_pairs(kernel, "kernel")
    diagonal = np.diag(kernel)
    quotients = (diagonal[:, None] + diagonal) / 2 - kernel
    return float(quotients[np.triu_indices(len(kernel), 1)].min())


def worst_case_bound(gram: Float[np.ndarray, "n n"], bias: float) -> float:
    r"""An older bound on the smallest eigenvalue that knows the separation only.

    $$\lambda_{\min}\ge\frac{\delta\,e^{-B^2/2}}{100\,n^2}.$$

    As quoted of Song, Yang and Zhang (2021); not proved here. It is not for all B: above
    $80\,n^2/\delta$ it exceeds the diagonal $2\Phi(-B)$, and so the smallest eigenvalue.

    Example:
        >>> print(f"{worst_case_bound(np.array([[1.0, 0.5], [0.5, 1.0]]), 0.0):.4f}")
        0.0025
    """
    return separation(gram) * float(np.exp(-(bias**2) / 2)) / (100 * len(gram) ** 2)


def constancy(ratios: Float[np.ndarray, " biases"]) -> float:
    """How far positive numbers are from being one: half their range over its middle.

    Numbers within 10 % of some constant are those with at most 0.1.

    Example:
        >>> print(f"{constancy(np.array([0.9, 1.0, 1.1])):.2f}")
        0.10
    """
    least = positive(np.min(ratios), "ratios", "the least of them")
    most = float(np.max(ratios))
    return (most - least) / (most + least)


def _of_pairs(matrix: Float[np.ndarray, "n n"], name: str) -> Float[np.ndarray, "n n"]:
    """A matrix of two points or more, in float64."""
    if len(matrix) < 2:
        raise ValueError(
            f"`{name}` must be that of 2 points or more, for a pair of them; got {len(matrix)}"
        )
    return np.asarray(matrix, float)


def _unit(gram: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """A copy in float64 whose diagonal is 1 exactly."""
    gram = np.array(gram, float)
    if not np.allclose(np.diag(gram), 1, atol=1e-5):
        raise ValueError(
            "`gram` must be that of points of length 1; got a diagonal from "
            f"{np.diag(gram).min():.4g} to {np.diag(gram).max():.4g}: divide by the lengths"
        )
    np.fill_diagonal(gram, 1)
    return np.clip(gram, -1, 1)
