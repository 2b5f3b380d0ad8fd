r"""Laws of sample complexity: exponents of several factors at once, and the collapse of curves.

A law $P^* = C \prod_j F_j^{\alpha_j}$ is tested twice. The fit gives the exponents from where the
curves cross one level; the collapse asks whether dividing by the law brings whole curves together.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from noflat.arguments import whole
from noflat.measure.complexities import crossing, ends, widened


class Estimate(NamedTuple):
    """A number with the ends of its 99 % interval."""

    value: float
    low: float
    high: float


class ScalingFit(NamedTuple):
    r"""A power law of several factors.

    Attributes:
        exponents: Of each factor.
        prefactor: The $C$ above.
        residual: The root mean square over cells of what the law leaves of $\ln P^*$.
        noise: What it would be of a law that holds exactly, from the spread of the seeds. A
            residual far above it says that the law is not the whole truth; the intervals, which
            know of the seeds only, are then too narrow.
    """

    exponents: dict[str, Estimate]
    prefactor: Estimate
    residual: float
    noise: float


class Collapse(NamedTuple):
    r"""How far curves lie apart.

    Attributes:
        spread: The root mean square distance in $\ln P$ of the rescaled curves from their mean.
        unscaled: The same of the curves as they were measured.
    """

    spread: float
    unscaled: float

    @property
    def share_left(self) -> float:
        """How much of the variance between curves is left."""
        return (self.spread / self.unscaled) ** 2


def scaling_fit(
    sizes: Sequence[Sequence[float]],
    factors: Mapping[str, Sequence[float]],
    *,
    paired: bool = False,
    resamples: int = 4000,
) -> ScalingFit:
    r"""The exponents of a power law, by least squares over cells of several seeds.

    $$\ln P^*_c = \ln C + \sum_j \alpha_j \ln F_{jc},$$

    where the left-hand side is the mean over the seeds of a cell c, so that all cells count the
    same. The intervals are a bootstrap, of its own fixed seed, that resamples the seeds within
    every cell and moves a resampled mean away from the mean by the factor of
    `complexities.widened`.

    Args:
        sizes: For each cell the sample complexity $P^*$ of its seeds, at least two.
        factors: For each name its positive value in every cell.
        paired: Whether the i-th seeds of all cells belong together, as when they share their rules
            or their initial weights: all cells are then resampled by the same numbers, which keeps
            what they have in common. Otherwise every cell is resampled on its own.
        resamples: How many resamples the intervals are made of.

    Returns:
        The law, with intervals.

    Raises:
        ValueError: If a cell has one seed, a size or a factor is not positive, a factor does not
            have one value for each cell, the factors do not determine their exponents, or paired
            cells differ in their number of seeds.

    Example:
        >>> found = scaling_fit([[20, 20], [80, 80], [180, 180]], {"blanks + 1": [1, 2, 3]})
        >>> print(f"{found.exponents['blanks + 1'].value:.6f} {found.prefactor.value:.6f}")
        2.000000 20.000000
    """
    whole(resamples, "resamples", "the resamples of the intervals")
    cells = [_logarithms("sizes", cell) for cell in sizes]
    _check_cells(cells, paired)
    design = _design(factors, len(cells))
    solve = np.linalg.pinv(design)
    means = np.array([cell.mean() for cell in cells])
    fitted = solve @ means
    low, high = ends(_resampled(cells, means, paired, resamples) @ solve.T)
    found = [Estimate(*map(float, row)) for row in zip(fitted, low, high, strict=True)]
    left = np.eye(len(cells)) - design @ solve
    return ScalingFit(
        dict(zip(factors, found[1:], strict=True)),
        Estimate(*(float(np.exp(end)) for end in found[0])),
        float(np.sqrt(np.mean((left @ means) ** 2))),
        float(np.sqrt(np.trace(left @ _covariance(cells, paired) @ left.T) / len(cells))),
    )


def collapse(
    curves: Sequence[tuple[Sequence[float], Sequence[float]]],
    scales: Sequence[float],
    *,
    levels: Sequence[float] = (0.1, 0.2, 0.3, 0.4),
) -> Collapse:
    r"""How well learning curves fall onto one another once sizes are divided by their scales.

    A curve is read sideways: $u_c(e) = \ln(P_c(e)/S_c)$, with $P_c(e)$ where `crossing` finds the
    error e. The spread is

    $$\Big(\operatorname{mean}_{c,e}\,(u_c(e) - \operatorname{mean}_{c'} u_{c'}(e))^2\Big)^{1/2}.$$

    Sideways, since the curves as they were measured seldom have sizes in common, while all go
    through the same errors: so the two spreads can be compared. A common factor on all scales
    changes nothing. A spread of 0.1 means that curves lie about 10 % apart in size.

    Args:
        curves: Sizes, positive and ascending, and the test error at each; at least two curves.
        scales: For each curve its positive scale $S_c$, as a law predicts it.
        levels: The errors at which curves are compared, those of chance excluded.

    Returns:
        The spread, and that of the curves as they are.

    Raises:
        ValueError: If there are fewer than two curves, there is not one positive scale for each, or
            a curve does not cross a level.

    Example:
        >>> curves = [([10, 100], [0.5, 0.0]), ([40, 400], [0.5, 0.0])]
        >>> found = collapse(curves, [1, 4])
        >>> print(f"{found.spread:.3f} {found.unscaled:.3f} {found.share_left:.3f}")
        0.000 0.693 0.000
    """
    shifts = _logarithms("scales", scales)
    if not len(curves) == len(shifts) > 1:
        raise ValueError(
            f"`scales` must be one for each of at least two curves; got {len(shifts)} for "
            f"{len(curves)}"
        )
    found = np.array([[_crossed(curve, level) for level in levels] for curve in curves])
    return Collapse(_spread(found - shifts[:, None]), _spread(found))


def _resampled(
    cells: list[np.ndarray], means: np.ndarray, paired: bool, resamples: int
) -> np.ndarray:
    """For every resample the mean of each cell, as far from the mean as it must be."""
    generator = np.random.default_rng(0)
    freedom = len(cells[0]) - 1 if paired else sum(len(cell) - 1 for cell in cells)
    columns, chosen = [], None
    for cell, mean in zip(cells, means, strict=True):
        seeds = len(cell)
        if chosen is None or not paired:
            chosen = generator.integers(seeds, size=(resamples, seeds))
        away = cell[chosen].mean(axis=1) - mean
        columns.append(mean + widened(seeds, freedom) * away)
    return np.stack(columns, axis=1)


def _covariance(cells: list[np.ndarray], paired: bool) -> np.ndarray:
    """Of the means of the cells."""
    if paired:
        return np.atleast_2d(np.cov(np.stack(cells))) / len(cells[0])
    return np.diag([cell.var(ddof=1) / len(cell) for cell in cells])


def _design(factors: Mapping[str, Sequence[float]], cells: int) -> np.ndarray:
    columns = [np.ones(cells)]
    for name, values in factors.items():
        column = _logarithms("factors", values)
        if len(column) != cells:
            raise ValueError(
                f"`factors` must have one value for each of the {cells} cells; got {len(column)} "
                f"of {name!r}"
            )
        columns.append(column)
    design = np.stack(columns, axis=1)
    if np.linalg.matrix_rank(design) < len(columns):
        raise ValueError(
            f"`factors` must determine their exponents; {cells} cells do not tell "
            f"{list(factors)} and the prefactor apart: vary them, or leave one out"
        )
    return design


def _check_cells(cells: list[np.ndarray], paired: bool) -> None:
    counts = [len(cell) for cell in cells]
    if min(counts, default=0) < 2:
        raise ValueError(
            f"`sizes` must have at least two seeds in every cell; got {counts}: of one seed no "
            "interval can be made"
        )
    if paired and len(set(counts)) > 1:
        raise ValueError(f"`sizes` of paired cells must have equally many seeds; got {counts}")


def _logarithms(name: str, values: Sequence[float]) -> np.ndarray:
    found = np.asarray(values, float)
    if not np.all((found > 0) & (found < np.inf)):
        raise ValueError(f"`{name}` must be positive numbers; got {found.tolist()}")
    return np.log(found)


def _crossed(curve: tuple[Sequence[float], Sequence[float]], level: float) -> float:
    found = crossing(*curve, level)
    if found.size is None:
        raise ValueError(
            f"`levels` must be crossed by every curve; at {level} one is {found.censored} on all "
            "its sizes that count: leave out the level, or measure the curve further"
        )
    return float(np.log(found.size))


def _spread(found: np.ndarray) -> float:
    return float(np.sqrt(np.mean((found - found.mean(axis=0)) ** 2)))
