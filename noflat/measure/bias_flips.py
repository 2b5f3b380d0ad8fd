r"""How many neurons cross their threshold while a wide network learns, to first order in its width.

A network that its kernel H describes has moved, after t steps of rate $\eta$, as if it had taken
one step along $\alpha_t=H^{-1}(I-(I-\eta H)^t)\,y$: neuron r by
$a_rm^{-1/2}\sum_{j:\,z_{rj}\ge B}\alpha_jx_j$ in its weights, and alike in its bias. The share of
pairs of neuron and point that cross falls as $m^{-1/2}$, and the factor has a closed form up to one
Gaussian mean (proposition K4 of docs/bias_kernel.md).
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from noflat.arguments import whole

_ROUNDING = 1e-12
"""A factor closer to 0 than that is 0."""


def step_weights(
    kernel: Float[np.ndarray, "n n"],
    labels: Float[np.ndarray, " n"],
    steps: float,
    *,
    rate: float,
) -> Float[np.ndarray, " n"]:
    r"""The $\alpha_t$ above: what all steps together have taken of every point.

    Args:
        kernel: The kernel H, positive definite.
        labels: The labels y.
        steps: The number t of steps; need not be whole where the rate is at most one over the
            largest eigenvalue.
        rate: The $\eta$ above.

    Returns:
        A number for each point.

    Raises:
        ValueError: If the rate is larger and the number of steps not whole.

    Example:
        >>> print(step_weights(2 * np.eye(2), np.ones(2), 1, rate=0.25))
        [0.25 0.25]
    """
    eigenvalues, vectors = np.linalg.eigh(np.asarray(kernel, float))
    factors = 1 - rate * eigenvalues
    # rounding may put the factor of the largest eigenvalue just below 0
    factors = np.where(np.abs(factors) < _ROUNDING, 0, factors)
    if steps != int(steps) and np.any(factors < 0):
        raise ValueError(
            f"`rate` must be at most 1/{eigenvalues[-1]:.4g}, one over the largest eigenvalue, for "
            f"a number of steps that is not whole; got {rate} and {steps} steps"
        )
    factors = factors**steps
    return vectors @ ((1 - factors) / eigenvalues * (vectors.T @ np.asarray(labels, float)))


def flip_factor(
    points: Float[Array, "n d"],
    weights: Float[Array, " n"],
    bias: Float[Array, ""],
    *,
    draws: int = 512,
    key: Key[Array, ""],
) -> Float[Array, ""]:
    r"""The share of pairs of neuron and point that cross, times the root of a large width.

    $$\frac{\phi(B)}n\sum_iE\Big[\tfrac12|D_i|+\tfrac12|D_i+2\alpha_i|\;\Big|\;z_i=B\Big],\qquad
      D_i=\sum_{j\ne i}1\{z_j\ge B\}\,\alpha_j(1+\rho_{ij}).$$

    It is at least $\phi(B)$ times the mean of $|\alpha_i|$. Means over z are sampled. Neurons that
    two points push back and forth across the threshold end on either side of it, so that at the end
    fewer are changed than ever were.

    Args:
        points: The points, each of length 1.
        weights: The $\alpha$ above.
        bias: The B above.
        draws: Neurons on the edge of every point.
        key: The JAX key.

    Returns:
        The factor.

    Example:
        >>> one = flip_factor(jnp.eye(1, 3), jnp.ones(1), jnp.array(0.0), key=jax.random.key(0))
        >>> print(f"{float(one) * (2 * np.pi) ** 0.5:.4f}")  # no other point moves a neuron
        1.0000
    """
    draws = whole(draws, "draws", "the neurons on the edge of every point")
    pulls = (points @ points.T + 1) * weights[None, :]

    def of_point(number: Array) -> Array:
        own = points[number]
        drawn = jax.random.normal(jax.random.fold_in(key, number), (draws, len(own)), own.dtype)
        edge = drawn + (bias - drawn @ own)[:, None] * own[None, :]
        others = (edge @ points.T >= bias).at[:, number].set(False)
        moved = others.astype(own.dtype) @ pulls[number]
        return jnp.mean(jnp.abs(moved) + jnp.abs(moved + 2 * weights[number])) / 2

    density = jnp.exp(-(bias**2) / 2) / (2 * np.pi) ** 0.5
    return density * jnp.mean(jax.lax.map(of_point, jnp.arange(len(points))))
