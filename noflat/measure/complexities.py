r"""How many samples a target takes: where the test error crosses a level, of one seed and of many.

A sample complexity $P^*$ is read off a grid of training-set sizes, and it is read off as a factor:
sizes grow geometrically, so that every mean and every interval here is one of $\ln P^*$.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import ndtri, stdtrit

from noflat.arguments import whole

_TAIL = 0.005
"""Left out at either end of an interval."""


class Crossing(NamedTuple):
    """Where a curve crosses a level, or why the grid does not say.

    Attributes:
        size: The training-set size $P^*$; None where the grid does not reach it.
        censored: Empty where it does. `above`: the error of the largest size is above the level,
            and $P^*$ is larger. `below`: no error is above the level, and $P^*$ is at most the
            smallest size.
    """

    size: float | None
    censored: Literal["", "above", "below"] = ""


class SampleComplexity(NamedTuple):
    """A sample complexity over seeds.

    Attributes:
        size: The geometric mean of $P^*$ over seeds. If a seed is censored there is no honest mean:
            then the median, and None where that is censored too.
        low: The lower end of the 99 % interval; of the median the smallest seed, 0 where the grid
            begins too late.
        high: Its upper end; of the median the largest seed, infinity where the grid ends too early.
        of_seeds: The crossing of every seed.
        of_mean: The crossing of the mean curve, to be compared: where the seeds are steep and far
            apart it lies late, since the seeds that are not yet through hold the mean up.
    """

    size: float | None
    low: float
    high: float
    of_seeds: tuple[Crossing, ...]
    of_mean: Crossing

    @property
    def censored(self) -> int:
        """The number of seeds whose $P^*$ lies outside the grid."""
        return sum(bool(crossing.censored) for crossing in self.of_seeds)


def crossing(
    sizes: Sequence[float] | np.ndarray,
    errors: Sequence[float] | np.ndarray,
    level: float = 0.1,
) -> Crossing:
    r"""The training-set size at which the test error falls through a level.

    Of the last size $P_i$ whose error $e_i$ is above the level $e$ and its successor it is

    $$\ln P^* = \ln P_i + \frac{e_i - e}{e_i - e_{i+1}} \ln\frac{P_{i+1}}{P_i}.$$

    Beyond $P^*$ all measured errors are at or below the level, which is what is claimed of a target
    that was learned; the first crossing of a curve that is not monotone would claim it of a size
    after which it failed again. Noise near the level therefore moves $P^*$ up more often than down.

    Args:
        sizes: Training-set sizes, positive and ascending.
        errors: The test error at each.
        level: The $e$ above.

    Returns:
        The crossing, or on which side of the grid it lies.

    Raises:
        ValueError: If the sizes are not positive and ascending, there is not one finite error for
            each, or the level is not positive.

    Example:
        >>> print(f"{crossing([100, 400], [0.15, 0.05]).size:.1f}")
        200.0
        >>> crossing([100, 400], [0.7, 0.3])
        Crossing(size=None, censored='above')
    """
    sizes, errors = _curve(sizes, errors)
    if not 0 < level < np.inf:
        raise ValueError(f"`level` must be a positive error; got {level}")
    above = np.flatnonzero(errors > level)
    if not len(above):
        return Crossing(None, "below")
    last = above[-1]
    if last == len(sizes) - 1:
        return Crossing(None, "above")
    share = (errors[last] - level) / (errors[last] - errors[last + 1])
    logarithm = np.log(sizes[last]) + share * np.log(sizes[last + 1] / sizes[last])
    return Crossing(float(np.exp(logarithm)))


def sample_complexity(
    sizes: Sequence[float] | np.ndarray,
    errors: Float[np.ndarray, "seeds sizes"],
    level: float = 0.1,
    *,
    resamples: int = 4000,
) -> SampleComplexity:
    r"""The sample complexity over seeds, with its interval and beside that of the mean curve.

    The interval is a bootstrap over seeds, of its own fixed seed. As it stands a bootstrap of few
    seeds is too narrow: of 5 normal values its 99 % interval holds the mean in 90 % of all cases.
    Every resampled mean is therefore moved away from the mean by the factor of `widened`. Of one
    seed nothing can be said, and the interval is everything.

    Args:
        sizes: Training-set sizes, positive and ascending.
        errors: The test error of every seed at each.
        level: The error that counts as learned.
        resamples: How many resamples the interval is made of.

    Returns:
        The geometric mean with its ends, and the crossings that it was made of.

    Raises:
        ValueError: As `crossing`, if there is no seed, or `resamples` is no count.

    Example:
        >>> found = sample_complexity([100, 400], np.array([[0.15, 0.05], [0.2, 0.0]]))
        >>> print(f"{found.size:.0f} {found.of_mean.size:.0f}, censored: {found.censored}")
        200 200, censored: 0
    """
    whole(resamples, "resamples", "the resamples of the interval")
    if not len(errors):
        raise ValueError("`errors` must have a row for every seed; got none")
    of_seeds = tuple(crossing(sizes, row, level) for row in errors)
    of_mean = crossing(sizes, errors.mean(axis=0), level)
    logs = np.array([_logarithm(found) for found in of_seeds])
    if np.all(np.isfinite(logs)):
        low, high = _interval(logs, resamples)
        size = float(np.exp(logs.mean()))
    else:
        low, high = logs.min(), logs.max()
        size = _median(logs)
    low, high = (float(np.exp(end)) for end in (low, high))
    return SampleComplexity(size, low, high, of_seeds, of_mean)


def paired_ratio(
    sizes: Sequence[float] | np.ndarray,
    others: Sequence[float] | np.ndarray,
    *,
    resamples: int = 4000,
) -> tuple[float, float, float]:
    """How many times larger the sample complexities of one setting are than those of another.

    Args:
        sizes: The sample complexity of every seed in the one, positive.
        others: In the other, of the same seeds: the i-th share their rules.
        resamples: How many resamples the interval is made of.

    Returns:
        The geometric mean of the ratios, and the ends of its interval, as `sample_complexity` makes
        one: the seeds' own ratios scatter less than their sizes do.

    Raises:
        ValueError: If a size is not positive, or they do not pair off.

    Example:
        >>> print("{:.0f}".format(paired_ratio([40, 90, 160], [10, 20, 40])[0]))
        4
    """
    whole(resamples, "resamples", "the resamples of the interval")
    over, under = np.asarray(sizes, float), np.asarray(others, float)
    if over.shape != under.shape or not len(over) or not np.all((over > 0) & (under > 0)):
        raise ValueError(
            "`sizes` and `others` must be positive, one of each for every seed; got "
            f"{over.tolist()} and {under.tolist()}"
        )
    logs = np.log(over / under)
    low, high = _interval(logs, resamples)
    return float(np.exp(logs.mean())), float(np.exp(low)), float(np.exp(high))


def widened(seeds: int, freedom: int) -> float:
    r"""How much wider a bootstrap interval of few seeds must be.

    $$\sqrt{\frac{n}{n-1}}\,\frac{t_{0.995}(f)}{z_{0.995}},$$

    the root since resampling finds the variance of n values short by $(n-1)/n$, and Student's
    quantile instead of the normal one since that variance is itself known from f differences only.

    Args:
        seeds: The number n of values that were resampled, at least two.
        freedom: The degrees of freedom f.

    Returns:
        The factor on the distance of a resampled value from the value.

    Example:
        >>> print(f"{widened(5, 4):.2f} {widened(100, 99):.2f}")
        2.00 1.02

    Reference:
        Hesterberg (2015), The American Statistician 69, 371-386: the expanded percentile interval,
        which moves the quantiles by the same two factors.
    """
    return float(np.sqrt(seeds / (seeds - 1)) * stdtrit(freedom, 1 - _TAIL) / ndtri(1 - _TAIL))


def ends(found: np.ndarray) -> np.ndarray:
    """The low and the high ends of the 99 % intervals of resampled values, along the first axis."""
    return np.quantile(found, (_TAIL, 1 - _TAIL), axis=0)


def _interval(logs: np.ndarray, resamples: int) -> tuple[float, float]:
    seeds, mean = len(logs), logs.mean()
    if seeds == 1:
        return -np.inf, np.inf
    chosen = np.random.default_rng(0).integers(seeds, size=(resamples, seeds))
    away = logs[chosen].mean(axis=1) - mean
    low, high = ends(mean + widened(seeds, seeds - 1) * away)
    return float(low), float(high)


def _logarithm(found: Crossing) -> float:
    if found.size is None:
        return np.inf if found.censored == "above" else -np.inf
    return float(np.log(found.size))


def _median(logs: np.ndarray) -> float | None:
    """Of an even number the middle of the two in the middle, if both are known."""
    ordered = np.sort(logs)
    middle = ordered[[(len(logs) - 1) // 2, len(logs) // 2]]
    return float(np.exp(middle.mean())) if np.all(np.isfinite(middle)) else None


def _curve(
    sizes: Sequence[float] | np.ndarray, errors: Sequence[float] | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    grid, found = np.asarray(sizes, float), np.asarray(errors, float)
    if grid.ndim != 1 or not len(grid) or grid[0] <= 0 or np.any(np.diff(grid) <= 0):
        raise ValueError(f"`sizes` must be positive and ascending; got {grid.tolist()}: sort them")
    if found.shape != grid.shape or not np.all(np.isfinite(found)):
        raise ValueError(
            f"`errors` must hold a finite number for each of the {len(grid)} sizes; got "
            f"{found.tolist()}: leave out a size that was not measured"
        )
    return grid, found
