r"""The kernel of a wide ReLU network whose biases start large and are trained.

The network $f(x)=m^{-1/2}\sum_r a_r\,\mathrm{relu}(\langle w_r,x\rangle-b_r)$ starts at
$w_r\sim N(0,I_d)$, $b_r=B$, with signs $a_r$ that stay. Its neurons are active on a share
$\Phi(-B)$ of the points. For points on the sphere, of correlations $\rho_{ij}$, gradients in w and
b have the limiting Gram matrix

$$H_{ij}=(\rho_{ij}+1)\,P(z_i\ge B,\,z_j\ge B),\qquad
  P=\Phi(-B)^2+\frac1{2\pi}\int_0^{\arcsin\rho}\exp\Big(-\frac{B^2}{1+\sin t}\Big)\,dt .$$
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.stats import norm
from jaxtyping import Array, Float, Int, Key

from noflat.arguments import positive, whole

_NODES = 64
"""Of Gauss-Legendre quadrature; theorem K1 of docs/bias_kernel.md has the accuracy."""
_CHUNK = 4096
"""Neurons that are drawn at a time."""


def sphere_points(count: int, dimension: int, *, key: Key[Array, ""]) -> Float[Array, "n d"]:
    """Points drawn uniformly from the unit sphere, in the default dtype.

    Args:
        count: How many.
        dimension: Of the space around the sphere.
        key: The JAX key.

    Returns:
        The points, each of length 1.

    Example:
        >>> points = sphere_points(5, 3, key=jax.random.key(0))
        >>> bool(jnp.allclose(jnp.sum(points**2, axis=1), 1.0))
        True
    """
    count = whole(count, "count", "the number of points")
    dimension = whole(dimension, "dimension", "that of the space around the sphere")
    drawn = jax.random.normal(key, (count, dimension))
    return drawn / jnp.linalg.norm(drawn, axis=1, keepdims=True)


def joint_activity(
    correlation: Float[Array, "*shape"], bias: Float[Array, ""] | float
) -> Float[Array, "*shape"]:
    r"""The probability that two standard normals of this correlation are both at least B.

    $$P(\rho)=\Phi(-B)^2+\frac{\arcsin\rho}{4\pi}\sum_k w_k
      \exp\Big(-\frac{B^2}{1+\sin(\frac12(1+x_k)\arcsin\rho)}\Big)$$

    with the nodes and weights of Gauss and Legendre. For $\rho\ge0$ the quadrature is off by less
    than $10^{-60}e^{-0.39B^2}$ (theorem K1 of docs/bias_kernel.md), and rounding is all that is
    left. At $\rho=\pm1$ the derivative in $\rho$ is infinite, as that of P is; that in B is good.

    Args:
        correlation: The correlations, from -1 to 1.
        bias: The threshold B.

    Returns:
        The probabilities, in the dtype of the correlations.

    Example:
        >>> print(f"{joint_activity(jnp.array(0.0), 0.0):.4f}")
        0.2500
        >>> print(f"{joint_activity(jnp.array(1.0), 2.0):.6f}")  # that of one of them
        0.022750

    Reference:
        Plackett's identity, Biometrika 41 (1954), with r = sin t.
    """
    dtype = correlation.dtype
    nodes, weights = (jnp.asarray(x, dtype) for x in np.polynomial.legendre.leggauss(_NODES))
    threshold = jnp.asarray(bias, dtype)
    angle = jnp.arcsin(correlation)
    places = jnp.multiply.outer(angle, (1 + nodes) / 2)
    # 1 + sin is 0 only by rounding; at B = 0 the integrand is 1 even there
    above = jnp.maximum(1 + jnp.sin(places), jnp.finfo(dtype).tiny)
    integral = angle / 2 * (jnp.exp(-(threshold**2) / above) @ weights)
    return norm.cdf(-threshold) ** 2 + integral / (2 * np.pi)


def bias_kernel(points: Float[Array, "n d"], bias: Float[Array, ""] | float) -> Float[Array, "n n"]:
    r"""The limiting kernel H of the module, in closed form.

    Differentiable in the points, as long as no two coincide, and in the bias. The diagonal is
    $2\Phi(-B)$.

    Args:
        points: The points, each of length 1.
        bias: The B that all biases start at.

    Returns:
        The matrix.

    Example:
        >>> points = jnp.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
        >>> print(bias_kernel(points, 0.0))
        [[1.   0.25 0.  ]
         [0.25 1.   0.25]
         [0.   0.25 1.  ]]
    """
    return _kernel(points @ points.T, bias, same=jnp.eye(len(points), dtype=bool))


def bias_kernel_between(
    points: Float[Array, "n d"], others: Float[Array, "p d"], bias: Float[Array, ""] | float
) -> Float[Array, "n p"]:
    """The same kernel between two sets of points on the sphere.

    Example:
        >>> points = sphere_points(4, 3, key=jax.random.key(0))
        >>> between = bias_kernel_between(points, points[:2], 1.0)
        >>> bool(jnp.allclose(between, bias_kernel(points, 1.0)[:, :2], atol=1e-6))
        True
    """
    gram = points @ others.T
    return _kernel(gram, bias, same=jnp.zeros(gram.shape, bool))


def _kernel(
    gram: Float[Array, "n p"], bias: Float[Array, ""] | float, *, same: Array
) -> Float[Array, "n p"]:
    apart = jnp.clip(jnp.where(same, 0, gram), -1, 1)
    each = 2 * norm.cdf(-jnp.asarray(bias, gram.dtype))
    return jnp.where(same, each, (1 + apart) * joint_activity(apart, bias))


def activity_counts(
    points: Float[Array, "n d"], bias: float, *, neurons: int, key: Key[Array, ""]
) -> Int[np.ndarray, "n n"]:
    """Of so many random neurons how many are active on both of two points.

    Args:
        points: The points.
        bias: The B of every neuron.
        neurons: How many are drawn.
        key: The JAX key.

    Returns:
        For each pair the number of neurons; on the diagonal those active on one point.

    Example:
        >>> points = sphere_points(3, 4, key=jax.random.key(0))
        >>> activity_counts(points, 0.0, neurons=1000, key=jax.random.key(1)).shape
        (3, 3)
    """
    neurons = whole(neurons, "neurons", "the neurons that are drawn")
    total = np.zeros((len(points),) * 2, np.int64)
    for first in range(0, neurons, _CHUNK):
        size = min(_CHUNK, neurons - first)
        own = jax.random.fold_in(key, first)
        weights = jax.random.normal(own, (size, points.shape[1]), points.dtype)
        active = np.asarray(weights @ points.T >= bias, np.float32)
        # exact, since counts of a chunk are far below 2^24
        total += (active.T @ active).astype(np.int64)
    return total


def sampled_bias_kernel(
    points: Float[Array, "n d"], bias: float, *, neurons: int, key: Key[Array, ""]
) -> tuple[Float[np.ndarray, "n n"], Float[np.ndarray, "n n"]]:
    r"""The kernel of so many random neurons, with the standard error of every entry.

    A count c of N neurons gives $(1+\rho)c/N$ with standard error
    $(1+\rho)\sqrt{\frac cN(1-\frac cN)/(N-1)}$.

    Args:
        points: The points, each of length 1.
        bias: The B of every neuron.
        neurons: The N above, at least 2.
        key: The JAX key.

    Returns:
        The matrix, and its standard errors: 0 where no neuron or every one counts.

    Example:
        >>> points = sphere_points(3, 4, key=jax.random.key(0))
        >>> mean, error = sampled_bias_kernel(points, 1.0, neurons=9000, key=jax.random.key(1))
        >>> bool(np.all(np.abs(mean - bias_kernel(points, 1.0)) < 5 * error))
        True
    """
    neurons = whole(neurons, "neurons", "the neurons that are drawn", least=2)
    shares = activity_counts(points, bias, neurons=neurons, key=key) / neurons
    factor = 1 + np.asarray(points @ points.T, float)
    return factor * shares, factor * np.sqrt(shares * (1 - shares) / (neurons - 1))


def linear_losses(
    kernel: Float[np.ndarray, "n n"],
    labels: Float[np.ndarray, " n"],
    steps: Int[np.ndarray, " steps"] | range,
    *,
    rate: float,
) -> Float[np.ndarray, " steps"]:
    r"""The losses $\frac12\|(I-\eta H)^ty\|^2$ of a network that its kernel describes, from f = 0.

    Args:
        kernel: The H above.
        labels: The y above.
        steps: The t above.
        rate: The learning rate, in units of one over an eigenvalue.

    Returns:
        The loss after each number of steps.

    Example:
        >>> print(linear_losses(np.eye(2), np.ones(2), range(3), rate=0.5))
        [1.     0.25   0.0625]
    """
    eigenvalues, vectors = np.linalg.eigh(np.asarray(kernel, float))
    parts = (vectors.T @ np.asarray(labels, float)) ** 2
    factors = (1 - rate * eigenvalues) ** 2
    with np.errstate(over="ignore"):  # a rate that is too large: the loss is infinite
        return factors[None] ** np.asarray(steps)[:, None] @ parts / 2


def linear_steps(
    kernel: Float[np.ndarray, "n n"],
    labels: Float[np.ndarray, " n"],
    *,
    rate: float,
    share: float = 0.01,
    most: int = 100_000,
) -> float:
    r"""The steps after which that loss has fallen to a share of its first value.

    Between two steps the logarithm of the loss is taken for linear, as `wide.fit_wide` does.

    Args:
        kernel: The kernel H.
        labels: The labels y.
        rate: The learning rate.
        share: The share, between 0 and 1.
        most: Steps that are looked at.

    Returns:
        The steps, infinity where there are more or the loss never falls so far.

    Raises:
        ValueError: If the share is not between 0 and 1.

    Example:
        >>> linear_steps(np.eye(2), np.ones(2), rate=0.9)
        1.0
    """
    if not 0 < positive(share, "share", "of the first loss") < 1:
        raise ValueError(f"`share` must be below 1, the share of the first loss; got {share}")
    if not np.any(np.asarray(labels, float)):
        raise ValueError("`labels` must not all be 0: there is nothing to learn")
    first, size = 0, 256
    while first < most:
        losses = linear_losses(kernel, labels, range(first, min(first + size, most) + 1), rate=rate)
        goal = share * float(np.sum(np.asarray(labels, float) ** 2)) / 2
        if reached := np.flatnonzero(losses <= goal)[:1].tolist():
            (last,) = reached
            before, after = losses[last - 1], max(losses[last], np.finfo(float).tiny)
            return first + last - 1 + float(np.log(before / goal) / np.log(before / after))
        if not np.all(np.isfinite(losses)):
            break
        first, size = first + size, 2 * size
    return float("inf")
