r"""A chain of thought learned in one gradient step: one layer of attention, on parities.

Tokens are signs $x_1,\dots,x_P$, the first d of them inputs. Target m is predicted from the $T_m$
tokens before it, whose positions alone decide how much each counts:

$$z_m=\sum_{j\le T_m}\operatorname{softmax}(w_m)_j\,x_j,\qquad \hat x_m=\varphi(z_m),\qquad
  \varphi(t)=1-2(1-t^2)^2 .$$

$\varphi$ is the product of two signs read off their mean: $\varphi(0)=-1$, $\varphi(\pm1)=1$, flat
at all three. The loss is $\frac1{2n}\sum_m\sum_i(\hat x_{mi}-x_{mi})^2$. At $w=0$ all tokens count
the same, and the gradient is a covariance of tokens with residuals $r=(\varphi(z)-x_m)\varphi'(z)$,

$$\frac{\partial L}{\partial w_{mj}}=\frac1{nT_m}\sum_i r_{mi}\,(x_{ji}-z_{mi}),$$

so that it needs no differentiation, and samples may come in chunks.
"""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Key

from noflat.targets.parities import ParityTree

Draw = Callable[[Key[Array, ""]], Float[Array, "samples positions"]]
"""From a JAX key to a chunk of tokens."""


def link(t: Array | np.ndarray) -> Array | np.ndarray:
    r"""The $\varphi(t)=1-2(1-t^2)^2$ that reads the product of two signs off their mean.

    Example:
        >>> print(link(jnp.array([-1.0, 0.0, 1.0])))
        [ 1. -1.  1.]
    """
    return 1 - 2 * (1 - t * t) ** 2


def link_slope(t: Array | np.ndarray) -> Array | np.ndarray:
    r"""Its derivative, $8t(1-t^2)$."""
    return 8 * t * (1 - t * t)


def seen(targets: int, positions: int) -> Bool[np.ndarray, "targets positions"]:
    """Which positions come before each target: target m is token `positions - targets + m`."""
    first = positions - targets
    return np.arange(positions)[None] < first + np.arange(targets)[:, None]


def attention(
    logits: Float[Array, "targets positions"],
) -> Float[Array, "targets positions"]:
    """How much every target looks at each token before it; 0 at all others."""
    return jax.nn.softmax(jnp.where(seen(*logits.shape), logits, -jnp.inf), axis=1)


def chain_loss(
    logits: Float[Array, "targets positions"], tokens: Float[Array, "samples positions"]
) -> Float[Array, ""]:
    """The loss with teacher forcing: every target is predicted from the right tokens before it.

    Args:
        logits: The w above, all that is trained.
        tokens: The inputs and the targets.

    Returns:
        Half the mean over samples of the sum over targets of squared errors.

    Example:
        >>> tokens = random_parity(8, 4, key=jax.random.key(0)).tokens(jnp.ones((1, 8)))
        >>> float(chain_loss(jnp.zeros((3, 11)), tokens))  # all tokens are 1, and so is their mean
        0.0
    """
    means = tokens @ attention(logits).T
    left = link(means) - tokens[:, tokens.shape[1] - logits.shape[0] :]
    return jnp.sum(left**2) / (2 * len(tokens))


def first_gradient(
    tokens: Float[Array, "samples positions"], targets: int
) -> Float[Array, "targets positions"]:
    """The gradient of `chain_loss` at zero logits, in closed form.

    Args:
        tokens: The inputs and the targets.
        targets: How many tokens are targets, the last ones.

    Returns:
        The gradient; 0 at tokens that a target does not see.

    Example:
        >>> tree = random_parity(8, 4, key=jax.random.key(0))
        >>> tokens = tree.tokens(random_signs(64, 8, key=jax.random.key(1)))
        >>> exact = jax.grad(chain_loss)(jnp.zeros((3, 11), "float32"), tokens)
        >>> bool(jnp.allclose(first_gradient(tokens, 3), exact, atol=1e-6))
        True
    """
    samples, positions = tokens.shape
    first = positions - targets
    counts = jnp.arange(first, positions, dtype=tokens.dtype)[None]
    means = jnp.cumsum(tokens, axis=1)[:, first - 1 : positions - 1] / counts
    residual = (link(means) - tokens[:, first:]) * link_slope(means) / counts
    slopes = residual.T @ tokens - jnp.sum(residual * means, axis=0)[:, None]
    return jnp.where(seen(targets, positions), slopes / samples, 0)


def first_gradients(
    draw: Draw, chunks: Sequence[int], targets: int, *, key: Key[Array, ""]
) -> Float[Array, "sizes targets positions"]:
    """The same for samples of several sizes, each the beginning of the next, chunk by chunk.

    Args:
        draw: Makes one chunk of tokens from its key.
        chunks: The sizes as numbers of chunks, ascending.
        targets: As for `first_gradient`.
        key: The JAX key; that of a chunk depends on its number alone.

    Returns:
        A gradient for each size; memory is that of one chunk.

    Example:
        >>> tree = random_parity(8, 4, key=jax.random.key(0))
        >>> def draw(key):
        ...     return tree.tokens(random_signs(64, 8, key=key))
        >>> first_gradients(draw, (1, 4), 3, key=jax.random.key(1)).shape
        (2, 3, 11)
    """
    like = jax.eval_shape(draw, key)

    def add(number: Array, total: Array) -> Array:
        return total + first_gradient(draw(jax.random.fold_in(key, number)), targets)

    def size(carry: Array, ends: Array) -> tuple[Array, Array]:
        total = jax.lax.fori_loop(ends[0], ends[1], add, carry)
        return total, total / ends[1].astype(total.dtype)

    ends = np.stack([np.r_[0, list(chunks)[:-1]], chunks], axis=1).astype("int32")
    start = jnp.zeros((targets, like.shape[1]), like.dtype)
    return jax.lax.scan(size, start, jnp.asarray(ends))[1]


def free_run(
    logits: Float[Array, "targets positions"], signs: Float[Array, "samples inputs"]
) -> Float[Array, "samples positions"]:
    """The tokens that the model makes by itself, each from its own earlier ones, not rounded.

    Args:
        logits: The w above.
        signs: The inputs.

    Returns:
        Inputs and targets, as real numbers from -1 to 1.

    Example:
        >>> free_run(jnp.zeros((3, 11)), jnp.ones((5, 8))).shape
        (5, 11)
    """
    targets, positions = logits.shape
    shares = attention(logits).astype(signs.dtype)
    # a token is a row here, so that writing one is writing one stretch of memory
    rows = jnp.zeros((positions, len(signs)), signs.dtype).at[: signs.shape[1]].set(signs.T)

    def write(target: Array, rows: Array) -> Array:
        return rows.at[signs.shape[1] + target].set(link(shares[target] @ rows))

    return jax.lax.fori_loop(0, targets, write, rows).T


def fit_levels(
    tree: ParityTree, signs: Float[Array, "samples inputs"], *, rate: float
) -> Float[Array, "targets positions"]:
    r"""Learns the chain without teacher forcing: one step per level, $\log_2k$ in all.

    Level by level from below, targets are predicted from the inputs and from what the model itself
    made of the levels below, rounded to signs; tokens of the same level and above are masked. A
    level takes one gradient step from zero and is then fixed. The labels of a level are used in
    its own loss only.

    Args:
        tree: The parity.
        signs: The inputs to learn from.
        rate: The learning rate over $d^2$.

    Returns:
        The logits, with $-\infty$ where masked.

    Example:
        >>> tree = random_parity(16, 4, key=jax.random.key(0))
        >>> signs = random_signs(16384, 16, key=jax.random.key(1))
        >>> made = free_run(fit_levels(tree, signs, rate=2.0), signs)
        >>> bool(jnp.mean(made[:, -1] * tree.parity(signs) > 0) > 0.99)
        True

    Reference:
        After theorem 7 of Kim and Suzuki (2025), arXiv:2410.08633, whose filter of inconsistent
        samples is replaced by the mask.
    """
    right, own = tree.tokens(signs)[:, tree.inputs :], signs
    positions = tree.inputs + tree.targets
    rows, first = [], 0
    for count in tree.levels:
        known = own.shape[1]
        means = jnp.mean(own, axis=1, keepdims=True)
        residual = (link(means) - right[:, first : first + count]) * link_slope(means)
        slopes = residual.T @ (own - means) / (known * len(signs))
        steps = -rate * tree.inputs**2 * slopes
        made = link(own @ jax.nn.softmax(steps, axis=1).T)
        own = jnp.concatenate([own, jnp.where(made > 0, 1, -1).astype(own.dtype)], axis=1)
        blank = jnp.full((count, positions - known), -jnp.inf, steps.dtype)
        rows.append(jnp.concatenate([steps, blank], axis=1))
        first += count
    return jnp.concatenate(rows)
