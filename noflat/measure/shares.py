r"""How much of a product one exponential neuron explains, by quadrature.

For inputs that are all positive the product is large where the sum is, and one neuron
$c\,e^{a(x_1 + \dots + x_n)}$ tells most of it. With signs, that is gone.
"""

from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

_NODES = 64
"""Of Gauss-Legendre quadrature: exact to rounding for exponentials of moderate slope."""


def one_neuron_share(n: int, low: float, high: float) -> tuple[float, float]:
    r"""The share of the variance of $P = x_1 \cdots x_n$ that $c_0 + c\,e^{a\sum_i x_i}$ explains.

    With independent inputs, uniform from `low` to `high`, all means are powers:

    $$R^2 = \max_a \frac{\mathrm{Cov}(P, e^{aS})^2}{\mathrm{Var}\,P\;\mathrm{Var}\,e^{aS}},\qquad
      \mathrm{Cov}(P, e^{aS}) = (E\,xe^{ax})^n - (E\,x)^n(E\,e^{ax})^n.$$

    Args:
        n: The number of variables.
        low: The least value of an input.
        high: The largest.

    Returns:
        $R^2$, and the slope $a$ where it is reached; other directions than the diagonal are not
        tried, so that another single neuron might explain more.

    Raises:
        ValueError: If the inputs are no interval.

    Example:
        >>> print(f"{one_neuron_share(20, 0, 2)[0]:.4f} {one_neuron_share(20, -2, 2)[0]:.1e}")
        0.7504 1.1e-07
    """
    if not low < high:
        raise ValueError(f"`low` must be below `high`; got {low} and {high}")
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    x, weights = (low + high + (high - low) * nodes) / 2, weights / 2

    of_product = (weights @ x**2) ** n - (weights @ x) ** (2 * n)

    def unexplained(a: float) -> float:
        grown = np.exp(a * x)
        covariance = (weights @ (x * grown)) ** n - (weights @ x) ** n * (weights @ grown) ** n
        of_neuron = (weights @ grown**2) ** n - (weights @ grown) ** (2 * n)
        return -float(covariance**2 / (of_neuron * of_product))

    most = 8 / max(abs(low), abs(high))
    best: Any = minimize_scalar(unexplained, bounds=(most / 1e4, most), method="bounded")
    return -float(best.fun), float(best.x)


def sampled_share(
    n: int, low: float, high: float, slope: float, *, seed: int, repeats: int, samples: int = 2**14
) -> list[float]:
    r"""The same share at a given slope, from points drawn where the neuron is large.

    Plain sampling sees nothing of a product of many inputs, whose variance lies in rare points. Of
    points drawn with density proportional to $e^{2aS}$, under which a mean is $E_q$,

    $$E\,P^2 = E\,e^{2aS}\;E_q\,P^2e^{-2aS},\qquad E\,Pe^{aS} = E\,e^{2aS}\;E_q\,Pe^{-aS}.$$

    Args:
        n: The number of variables.
        low: The least value of an input.
        high: The largest.
        slope: The $a$ above.
        seed: Of the points.
        repeats: How many independent estimates.
        samples: Points of each.

    Returns:
        The estimates.

    Example:
        >>> estimates = sampled_share(4, 0, 2, 0.83, seed=0, repeats=4)
        >>> bool(abs(np.mean(estimates) - one_neuron_share(4, 0, 2)[0]) < 0.01)
        True
    """
    generator = np.random.default_rng(seed)
    rate, width = 2 * slope, high - low
    middle = (low + high) / 2
    # E e^(rx) of one input, and of half the rate
    whole, half = (
        np.exp(r * middle) * np.sinh(r * width / 2) / (r * width / 2) for r in (rate, slope)
    )
    of_neuron = 1 - (half**2 / whole) ** n
    means = middle**n * (half / whole) ** n
    found = []
    for _ in range(repeats):
        unit = generator.random((samples, n))
        points = low + np.log1p(unit * np.expm1(rate * width)) / rate
        ratio = np.prod(points, axis=1) * np.exp(-slope * points.sum(axis=1))
        of_product = np.mean(ratio**2) - middle ** (2 * n) / whole**n
        found.append(float((np.mean(ratio) - means) ** 2 / (of_product * of_neuron)))
    return found
