"""Exponents and intervals: what a claim needs of repeated measurements."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

_RESAMPLES = 4000


def slope(x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray) -> float:
    r"""The least-squares slope $a$ of $y \approx a x + b$.

    Args:
        x: Numbers, at least two of them distinct.
        y: Numbers, one for each.

    Returns:
        The slope.

    Example:
        >>> from noflat.measure.fits import slope
        >>> round(slope([0, 1, 2], [1, 3, 5]), 12)
        2.0
    """
    return float(np.polyfit(np.asarray(x), np.asarray(y), 1)[0])


def log_slope(x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray) -> float:
    r"""The exponent $p$ of $y \propto x^p$: the least-squares slope of the logarithms.

    Args:
        x: Positive numbers, at least two of them distinct.
        y: Positive numbers, one for each.

    Returns:
        The slope.

    Example:
        >>> from noflat.measure.fits import log_slope
        >>> round(log_slope([1, 2, 4], [3, 12, 48]), 12)
        2.0
    """
    return slope(np.log(x), np.log(y))


def mean_interval(values: Sequence[float]) -> tuple[float, float]:
    """The ends of the 99 % interval of a mean, by a bootstrap of its own fixed seed.

    Args:
        values: The measurements.

    Returns:
        Both ends.

    Example:
        >>> from noflat.measure.fits import mean_interval
        >>> mean_interval([2.0, 2.0, 2.0])
        (2.0, 2.0)
    """
    return _ends(_resampled(np.asarray(values)).mean(axis=1))


def ratio_interval(pairs: Float[np.ndarray, "members 2"]) -> tuple[float, float]:
    """The same of the ratio of two sums over members.

    Args:
        pairs: For each member what it adds to the upper and to the lower sum.

    Returns:
        Both ends.

    Example:
        >>> from noflat.measure.fits import ratio_interval
        >>> ratio_interval(np.array([[1.0, 2.0], [2.0, 4.0]]))
        (0.5, 0.5)
    """
    sums = _resampled(pairs).sum(axis=1)
    return _ends(sums[:, 0] / sums[:, 1])


def _resampled(values: np.ndarray) -> np.ndarray:
    chosen = np.random.default_rng(0).integers(len(values), size=(_RESAMPLES, len(values)))
    return values[chosen]


def _ends(found: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(found, (0.005, 0.995))
    return float(low), float(high)
