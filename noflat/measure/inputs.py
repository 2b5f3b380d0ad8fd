"""Input points: mean-zero laws, scrambled Sobol points.

All-positive inputs such as U[0, 2] make the product nearly a single exponential, so that little is
left to measure; here every input has mean zero.
"""

import numpy as np
from jaxtyping import Float
from scipy.special import ndtri
from scipy.stats import qmc

INPUTS = ("cube", "gaussian")


def sample(inputs: str, n: int, count: int, *, seed: int) -> Float[np.ndarray, "samples inputs"]:
    """Draws points in float64.

    Args:
        inputs: `cube`: uniform on [-1, 1]^n; `gaussian`: standard normal.
        n: The number of variables.
        count: The number of points, a power of two: Sobol points are balanced then.
        seed: Of the scrambling; another seed gives points that are independent of these.

    Returns:
        The points.

    Raises:
        ValueError: If the law is not known or `count` is no power of two.

    Example:
        >>> sample("cube", 3, 8, seed=0).shape
        (8, 3)
    """
    if inputs not in INPUTS:
        raise ValueError(f"`inputs` must be one of {', '.join(INPUTS)}; got {inputs!r}")
    if count < 1 or count & (count - 1):
        raise ValueError(f"`count` must be a power of two, for Sobol points; got {count}")
    unit = qmc.Sobol(n, rng=seed).random(count)
    if inputs == "cube":
        return 2 * unit - 1
    # Sobol points may touch 0: half a cell away the quantile is finite
    return ndtri(np.clip(unit, 0.5 / count / 2**10, 1 - 0.5 / count / 2**10))
