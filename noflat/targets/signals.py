r"""A dynamic signal: one of k patches holds a signal with its sign, the others hold noise.

$$x^{(i)} = \sigma z^{(i)} + y\,w\,[i = j],\qquad z^{(i)}\sim N(0, I_d),\quad \lVert w\rVert = 1,$$

with a label $y=\pm1$ and a place j that are uniform, the place drawn anew for every point. It is a
mixture of 2k Gaussians. Samples hold both labels by turns, so that a set of even size is balanced.
"""

from math import erf, sqrt
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from noflat.arguments import positive, whole


class DynamicSignal(NamedTuple):
    r"""The law of the points and labels.

    Attributes:
        signal: The unit vector w, of d numbers.
        patches: k.
        noise: The standard deviation $\sigma$ of every input.
    """

    signal: Float[Array, " size"]
    patches: int
    noise: float


class Signals(NamedTuple):
    """Points with their labels.

    Attributes:
        inputs: Patch by patch, k d numbers a point.
        labels: 1 and -1 by turns.
    """

    inputs: Float[Array, "samples inputs"]
    labels: Float[Array, " samples"]


def random_signal(
    patches: int, size: int, noise: float, *, key: Key[Array, ""], dtype: str = "float32"
) -> DynamicSignal:
    """A law whose signal is uniform on the sphere.

    Args:
        patches: k.
        size: The numbers d of a patch.
        noise: The standard deviation of every input.
        key: The JAX key.
        dtype: Of the signal.

    Returns:
        The law.

    Raises:
        ValueError: If a number is not positive.

    Example:
        >>> law = random_signal(4, 8, 0.25, key=jax.random.key(0))
        >>> print(f"{jnp.linalg.norm(law.signal):.3f}")
        1.000

    Reference:
        Lahoti, Karp, Winston, Singh and Li (2024), arXiv:2403.15707, section 4.
    """
    whole(patches, "patches", "the places of the signal")
    drawn = jax.random.normal(key, (whole(size, "size", "the numbers of a patch"),), dtype)
    noise = positive(noise, "noise", "the standard deviation of every input")
    return DynamicSignal(drawn / jnp.linalg.norm(drawn), patches, noise)


def sample_signals(law: DynamicSignal, count: int, *, key: Key[Array, ""]) -> Signals:
    """Points of the law, with equally many of both labels if their number is even.

    Args:
        law: The law.
        count: How many.
        key: The JAX key.

    Returns:
        The points and their labels, in the dtype of the signal.

    Example:
        >>> law = random_signal(4, 8, 0.25, key=jax.random.key(0))
        >>> sample_signals(law, 10, key=jax.random.key(1)).inputs.shape
        (10, 32)
    """
    placing, drawing = jax.random.split(key)
    dtype, size = law.signal.dtype, len(law.signal)
    labels = jnp.where(jnp.arange(count) % 2 == 0, 1.0, -1.0).astype(dtype)
    places = jax.random.randint(placing, (count,), 0, law.patches)
    held = jax.nn.one_hot(places, law.patches, dtype=dtype) * labels[:, None]
    drawn = jax.random.normal(drawing, (count, law.patches, size), dtype)
    points = jnp.asarray(law.noise, dtype) * drawn + held[:, :, None] * law.signal[None, None, :]
    return Signals(points.reshape(count, -1), labels)


def signal_log_odds(law: DynamicSignal, x: Float[Array, " inputs"]) -> Float[Array, ""]:
    r"""The logarithm of the odds that the label is 1: the classifier that no other can beat.

    $$\ln\frac{\sum_i e^{\langle w, x^{(i)}\rangle/\sigma^2}}
      {\sum_i e^{-\langle w, x^{(i)}\rangle/\sigma^2}},$$

    since all 2k Gaussians have one norm of the mean.

    Args:
        law: The law.
        x: One point.

    Returns:
        The logarithm.

    Example:
        >>> law = random_signal(4, 8, 0.25, key=jax.random.key(0))
        >>> points, labels = sample_signals(law, 2000, key=jax.random.key(1))
        >>> odds = jax.vmap(lambda x: signal_log_odds(law, x))(points)
        >>> bool(jnp.mean(jnp.sign(odds) == labels) > 0.98)
        True
    """
    seen = x.reshape(law.patches, -1) @ law.signal / jnp.asarray(law.noise**2, x.dtype)
    return jax.nn.logsumexp(seen) - jax.nn.logsumexp(-seen)


def signal_linear_accuracy(patches: int, noise: float) -> float:
    r"""The largest share of labels that a linear classifier gets right.

    $$\Phi\big(1/(\sigma\sqrt k)\big).$$

    Equal weights along the signal in every patch attain it, without a bias.

    Args:
        patches: k.
        noise: $\sigma$.

    Returns:
        The share.

    Example:
        >>> print(f"{signal_linear_accuracy(16, 0.25):.4f}")
        0.8413

    Reference:
        Theorem L2 of `docs/locality.md`, with its proof.
    """
    reach = 1 / (positive(noise, "noise", "the standard deviation") * sqrt(patches))
    return (1 + erf(reach / sqrt(2))) / 2
