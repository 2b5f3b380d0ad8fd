r"""What one step of the chain of thought finds, and what can be known of it beforehand.

At zero logits a target $x_m=x_ax_b$ sees $T$ tokens, and its gradient in the logit of token j is,
up to a shift of all logits, $-\frac1T\,\overline{r\,x_j}$ with $r=(\varphi(z)-x_m)\varphi'(z)$.
Taking all tokens but $x_a$, $x_b$, $x_m$ for independent, z is a mean of signs and every moment is
a sum over one binomial law. For large T

$$E\Big[-\frac{r\,x_a}T\Big]-E\Big[-\frac{r\,x_j}T\Big]\sim\frac8{T^2},\qquad
  \operatorname{sd}\frac{r\,x_j}T\sim\frac{8\sqrt2}{T^{3/2}},\qquad
  \operatorname{sd}\frac{r\,(x_a-x_b)}T\sim\frac{32\sqrt{30}}{T^{5/2}} .$$

The last is smaller than the one before by a factor of order T: where $x_a\ne x_b$ the residual is
of third order, since $\varphi(0)=-1$ is the right answer. The two children move together.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key
from scipy.stats import binom

from noflat.arguments import whole
from noflat.training.chains import link, link_slope, seen


class ChainMoments(NamedTuple):
    """Of one sample's part in the negative gradient of one target.

    Attributes:
        signal: The mean on a child less that on any other token.
        noise: The standard deviation on any other token.
        common: That of the mean of both children.
        split: That of the difference of both children.
    """

    signal: float
    noise: float
    common: float
    split: float


def chain_moments(tokens: int) -> ChainMoments:
    """The moments for a target that sees so many tokens, exact if the others are independent.

    Args:
        tokens: The T above, at least 3.

    Returns:
        The moments; of n samples the standard deviations are smaller by the root of n.

    Example:
        >>> found = chain_moments(1000)
        >>> print(f"{found.signal * 1000**2:.2f} {found.noise * 1000**1.5:.2f}")
        7.98 11.22
        >>> print(f"{found.split * 1000**2.5 / (32 * 30**0.5):.2f}")
        0.99

    Reference:
        Lemma on the signal in the proof of theorem 5 of Kim and Suzuki (2025), arXiv:2410.08633,
        which has its order; the constants are derived here.
    """
    tokens = whole(tokens, "tokens", "the tokens that a target sees", least=3)
    rest = tokens - 2
    ups = np.arange(rest + 1)
    weights = binom.pmf(ups, rest, 0.5)
    sums = 2 * ups - rest
    on_child = on_other = square = equal = 0.0
    for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        z = (a + b + sums) / tokens
        r = np.asarray((link(z) - a * b) * link_slope(z))
        on_child += np.sum(weights * r) * a / 4
        on_other += np.sum(weights * r * sums) / rest / 4
        square += np.sum(weights * r**2) / 4
        equal += np.sum(weights * r**2) / 4 if a == b else 0.0
    return ChainMoments(
        (on_other - on_child) / tokens,
        np.sqrt(square - on_other**2) / tokens,
        np.sqrt(equal - on_child**2) / tokens,
        np.sqrt(4 * (square - equal)) / tokens,
    )


def modeled_step(
    children: Array, inputs: int, samples: Array | float, *, key: Key[Array, ""]
) -> Float[Array, "targets positions"]:
    """The negative gradient of one step as signal and Gaussian noise, nothing learned.

    Args:
        children: The positions of the two children of every target.
        inputs: The tokens before the first target.
        samples: The samples that the gradient is a mean over.
        key: The JAX key of the noise.

    Returns:
        Numbers of which each row may be shifted, which changes no attention.

    Example:
        >>> tree = random_parity(8, 4, key=jax.random.key(0))
        >>> modeled_step(tree.children, 8, 1e9, key=jax.random.key(1)).shape
        (3, 11)
    """
    targets = len(children)
    found = [chain_moments(inputs + target) for target in range(targets)]
    signal, noise, common, split = (jnp.asarray(column) for column in zip(*found, strict=True))
    root = jnp.sqrt(jnp.asarray(samples, signal.dtype))
    others, both, between = jax.random.split(key, 3)
    steps = jax.random.normal(others, (targets, inputs + targets), signal.dtype)
    steps = steps * noise[:, None] / root
    middle = signal + common * jax.random.normal(both, (targets,), signal.dtype) / root
    apart = split * jax.random.normal(between, (targets,), signal.dtype) / root / 2
    rows = jnp.arange(targets)
    steps = steps.at[rows, children[:, 0]].set(middle + apart)
    return steps.at[rows, children[:, 1]].set(middle - apart)


def children_found(logits: Float[Array, "targets positions"], children: Array) -> Float[Array, ""]:
    """The share of targets whose two largest logits are those of their children.

    Args:
        logits: Of every target and token; only tokens before a target count.
        children: The positions of the two children of every target.

    Returns:
        The share.

    Example:
        >>> float(children_found(jnp.array([[0.0, 2.0, 1.0, 9.0]]), jnp.array([[2, 1]])))
        1.0
    """
    largest = jax.lax.top_k(jnp.where(seen(*logits.shape), logits, -jnp.inf), 2)[1]
    same = jnp.sort(largest, axis=1) == jnp.sort(children, axis=1).astype(largest.dtype)
    return jnp.mean(jnp.all(same, axis=1).astype(logits.dtype))
