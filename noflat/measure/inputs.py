"""Input points: mean-zero laws, scrambled Sobol points.

All-positive inputs such as U[0, 2] make the product nearly a single exponential, so that little is
left to measure; here every input has mean zero.
"""

from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float, Key
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
    _check(inputs)
    if count < 1 or count & (count - 1):
        raise ValueError(f"`count` must be a power of two, for Sobol points; got {count}")
    unit = qmc.Sobol(n, rng=seed).random(count)
    if inputs == "cube":
        return 2 * unit - 1
    # Sobol points may touch 0: half a cell away the quantile is finite
    return ndtri(np.clip(unit, 0.5 / count / 2**10, 1 - 0.5 / count / 2**10))


def draw_points(
    inputs: str, shape: tuple[int, ...], *, dtype: Any, key: Key[Array, ""]
) -> Float[Array, "*shape"]:
    """Draws independent points, also within a compiled function.

    Args:
        inputs: `cube` or `gaussian`, as for `sample`.
        shape: The shape, the number of variables last.
        dtype: Of the points.
        key: The JAX key.

    Returns:
        The points.

    Raises:
        ValueError: If the law is not known.

    Example:
        >>> draw_points("cube", (8, 3), dtype="float32", key=jax.random.key(0)).shape
        (8, 3)
    """
    _check(inputs)
    if inputs == "cube":
        return jax.random.uniform(key, shape, dtype, minval=-1, maxval=1)
    return jax.random.normal(key, shape, dtype)


def _check(inputs: str) -> None:
    if inputs not in INPUTS:
        raise ValueError(f"`inputs` must be one of {', '.join(INPUTS)}; got {inputs!r}")
