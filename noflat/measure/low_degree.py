r"""What the low-degree algorithm errs by, in closed form, and how many samples a degree takes.

Of a function of n uniform signs all it needs is the weight $W_j=\sum_{|T|=j}\hat f(T)^2$ of every
degree (`degree_weights`). With $D=\sum_{j\le d}\binom nj$ features, $S=\sum_{j\le d}W_j$ seen and
$\tau=\sum_{j>d}W_j$ beyond, the error is $\mathbf E(f-p)^2$ over all words, and its mean is over
the N samples that p was made of.
"""

from fractions import Fraction
from math import ceil
from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Float

from noflat.arguments import positive, whole
from noflat.training.low_degree import low_degree_features


class SampleSize(NamedTuple):
    """So many samples are enough for a mean error, and the degree to take.

    Attributes:
        degree: The degree.
        features: Its number D of features.
        samples: The least number of samples.
    """

    degree: int
    features: int
    samples: int


def averages_error(
    weights: Float[Array | np.ndarray, " degrees"],
    degree: int,
    samples: int,
    *,
    noise: float = 0.0,
) -> float:
    r"""The mean error of `low_degree_averages`, exact for every N.

    $$\mathbf E\lVert f-p\rVert^2=\tau+\frac{D(\mathbf E f^2+\sigma^2)-S}{N}.$$

    The characters are orthonormal, so that the error is $\tau+\sum_{|T|\le d}(c_T-\hat f(T))^2$,
    and $c_T$ is the mean of N independent $y\chi_T$ with mean $\hat f(T)$ and second moment
    $\mathbf E y^2\chi_T^2=\mathbf E f^2+\sigma^2$.

    Args:
        weights: The $W_j$, for j from 0 to n.
        degree: d.
        samples: N.
        noise: $\sigma$, the standard deviation of independent noise on the values.

    Returns:
        The mean error.

    Raises:
        ValueError: If the degree is not from 0 to n, or `samples` is no count.

    Example:
        >>> print(averages_error(np.array([0.0, 1.0, 0.0]), 1, 10))  # D = 3
        0.2
    """
    seen, beyond, features = _split(weights, degree)
    count = whole(samples, "samples", "the words")
    return beyond + (features * (seen + beyond + noise**2) - seen) / count


def least_squares_error(
    weights: Float[Array | np.ndarray, " degrees"], degree: int, samples: int
) -> float:
    r"""About the mean error of `low_degree_least_squares` without a ridge.

    $$\tau\Big(1+\frac D{N-D-1}\Big)\ (N>D+1),\qquad
      \tau\Big(1+\frac N{D-N-1}\Big)+S\Big(1-\frac ND\Big)\ (N<D-1),$$

    and infinite between, where $\tau>0$. It is exact for D features that are independent normal
    numbers and a rest of variance $\tau$ independent of them: then
    $\mathbf E(\Phi^\top\Phi)^{-1}=I/(N-D-1)$ by the mean of an inverse Wishart matrix. Characters
    are uncorrelated with each other and the rest, but not independent. At N = D any features
    interpolate; with a few of these the matrix is singular with positive probability, and the error
    finite.

    Args:
        weights: The $W_j$, for j from 0 to n.
        degree: d.
        samples: N.

    Returns:
        That error.

    Raises:
        ValueError: If the degree is not from 0 to n, or `samples` is no count.

    Example:
        >>> weights = np.array([0.0, 0.75, 0.25])
        >>> print(least_squares_error(weights, 1, 10), least_squares_error(weights, 1, 3))
        0.375 inf

    Reference:
        Hastie, Montanari, Rosset and Tibshirani (2022), Annals of Statistics 50(2), 949-986.
    """
    seen, beyond, features = _split(weights, degree)
    count = whole(samples, "samples", "the words")
    if count > features + 1:
        return beyond * (1 + features / (count - features - 1))
    if count < features - 1:
        left = seen * (1 - count / features)
        return beyond * (1 + count / (features - count - 1)) + left
    return float("inf") if beyond else seen * max(0.0, 1 - count / features)


def ridge_error(
    weights: Float[Array | np.ndarray, " degrees"], degree: int, samples: int, ridge: float
) -> float:
    r"""About the error of `low_degree_least_squares` with a ridge, for many samples and features.

    With $\gamma=D/N$ and m the Stieltjes transform of the Marchenko-Pastur law,

    $$\tau\big(1+\gamma(m-\lambda m')\big)+S\lambda^2m',\qquad
      m(\lambda)=\frac{\sqrt{(1-\gamma+\lambda)^2+4\gamma\lambda}-(1-\gamma+\lambda)}
                      {2\gamma\lambda},\qquad
      m'=-\frac{dm}{d\lambda},$$

    the limit for independent features as N and D grow in one ratio; as $\lambda\to0$ it is
    `least_squares_error` but for the 1 in its denominators.

    Args:
        weights: The $W_j$, for j from 0 to n.
        degree: d.
        samples: N.
        ridge: $\lambda$, positive.

    Returns:
        That error.

    Raises:
        ValueError: If the degree is not from 0 to n, `samples` is no count, or the ridge is not
            positive.

    Example:
        >>> print(f"{ridge_error(np.array([0.0, 0.75, 0.25]), 1, 3, 1 / 3):.4f}")
        0.5757

    Reference:
        Hastie, Montanari, Rosset and Tibshirani (2022), Annals of Statistics 50(2), Theorem 5.
    """
    seen, beyond, features = _split(weights, degree)
    ratio = features / whole(samples, "samples", "the words")
    weight = positive(ridge, "ridge", "the weight of the squares")
    first = 1 - ratio + weight
    root = (first**2 + 4 * ratio * weight) ** 0.5
    # the larger root of a quadratic, written so that nothing cancels
    m = 2 / (root + first) if first > 0 else (root - first) / (2 * ratio * weight)
    # of ratio weight m^2 + first m - 1 = 0, differentiated in the weight
    slope = -m * (ratio * m + 1) / (2 * ratio * weight * m + first)
    return beyond * (1 + ratio * (m + weight * slope)) - seen * weight**2 * slope


def best_ridge(weights: Float[Array | np.ndarray, " degrees"], degree: int, samples: int) -> float:
    r"""The ridge with the least `ridge_error`, $\lambda=D\tau/(NS)$.

    It knows the spectrum, as a validation set would tell it.

    Args:
        weights: The $W_j$, for j from 0 to n.
        degree: d.
        samples: N.

    Returns:
        $\lambda$; infinite where nothing is of degree d or below.

    Raises:
        ValueError: If the degree is not from 0 to n, or `samples` is no count.

    Example:
        >>> print(best_ridge(np.array([0.0, 0.75, 0.25]), 1, 3))
        0.3333333333333333
    """
    seen, beyond, features = _split(weights, degree)
    count = whole(samples, "samples", "the words")
    return features * beyond / (count * seen) if seen > 0 else float("inf")


def least_samples(weights: Float[Array | np.ndarray, " degrees"], error: float) -> SampleSize:
    r"""How many samples averages take for a mean error, at the best degree for them.

    At each degree with $\tau_d<\varepsilon$ these are $N_d=\lceil(D\,\mathbf E f^2-S_d)/
    (\varepsilon-\tau_d)\rceil$ by `averages_error`, exactly the least; here is the least of them.

    Args:
        weights: The $W_j$, for j from 0 to n.
        error: $\varepsilon$.

    Returns:
        The degree, its features, and the samples.

    Raises:
        ValueError: If the error is not positive.

    Example:
        >>> least_samples(np.array([0.0, 0.75, 0.25]), 0.5)
        SampleSize(degree=2, features=4, samples=6)
    """
    most = positive(error, "error", "the mean error that is allowed")
    n, squares = len(weights) - 1, float(np.sum(weights))
    found = []
    for degree in range(n + 1):
        seen, beyond, features = _split(weights, degree)
        if beyond < most:
            needed = np.ceil((features * squares - seen) / (most - beyond))
            found.append(SampleSize(degree, features, max(1, int(needed))))
    return min(found, key=lambda size: size.samples)


def certified_samples(
    sensitivity: float | Fraction, mean_square: float | Fraction, n: int, error: float
) -> SampleSize:
    r"""How many samples are enough where only the average sensitivity is known.

    $\tau_d\le AS/(d+1)$ for $d<n$, since every coefficient beyond d counts d + 1 times or more in
    $AS=\sum_jjW_j$, and $\tau_n=0$. By `averages_error` then

    $$N_d=\Big\lceil\frac{D\,\mathbf E f^2}{\varepsilon-AS/(d+1)}\Big\rceil$$

    samples are enough for a mean error of $\varepsilon$. Of a network with k active neurons AS is
    at most $4k^2W^2$, whatever n: the degree does not grow with n, and the samples as a power of n.

    Args:
        sensitivity: AS, or a bound on it.
        mean_square: $\mathbf E f^2$, or a bound on it.
        n: The number of signs.
        error: $\varepsilon$.

    Returns:
        The degree with the fewest samples, its features, and the samples.

    Raises:
        ValueError: If the error or `mean_square` is not positive.

    Example:
        >>> certified_samples(1.0, 1.0, 20, 0.5)
        SampleSize(degree=2, features=211, samples=1266)

    Reference:
        Linial, Mansour and Nisan (1993); Awasthi, Dikkala, Kamath and Meka (2024), Theorem 8, with
        a larger degree.
    """
    most = Fraction(positive(error, "error", "the mean error that is allowed"))
    squares = Fraction(positive(mean_square, "mean_square", "that of the function"))
    found = []
    for degree in range(whole(n, "n", "the number of signs") + 1):
        beyond = Fraction(sensitivity) / (degree + 1) if degree < n else Fraction(0)
        if beyond < most:
            features = low_degree_features(n, degree)
            needed = ceil(features * squares / (most - beyond))
            found.append(SampleSize(degree, features, needed))
    return min(found, key=lambda size: size.samples)


def _split(weights: Array | np.ndarray, degree: int) -> tuple[float, float, int]:
    """What is of a degree and below, what is beyond, and the number of features."""
    n = len(weights) - 1
    if whole(degree, "degree", "the size of the largest sets", least=0) > n:
        raise ValueError(f"`degree` must be at most the {n} signs of `weights`; got {degree}")
    found = np.asarray(weights, np.float64)
    features = low_degree_features(n, degree)
    return float(found[: degree + 1].sum()), float(found[degree + 1 :].sum()), features
