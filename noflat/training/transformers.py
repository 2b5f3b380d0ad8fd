r"""Training a transformer on tokens that are given step by step, or on the last one alone.

With a chain of thought every target is predicted from the right tokens before it, in one pass;
without, the last target is predicted from the inputs. Batches are fresh, so that nothing can be
memorized, and both see the same inputs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jaxtyping import Array, Float, Key

from noflat.arguments import whole
from noflat.networks.transformers import Transformer
from noflat.targets.parities import random_signs


@runtime_checkable
class Task(Protocol):
    """What is predicted: tokens after those that are drawn, as a `ParityTree` has them."""

    @property
    def inputs(self) -> int:
        """The signs that are drawn."""
        ...

    @property
    def targets(self) -> int:
        """The tokens after them."""
        ...

    def tokens(self, signs: Float[Array, "samples inputs"]) -> Float[Array, "samples positions"]:
        """The signs and the tokens after them."""
        ...


@dataclass(frozen=True)
class OneToken:
    """The sign that a function makes of all signs before it.

    Attributes:
        inputs: The signs that are drawn.
        function: Of one word, to a sign.

    Example:
        >>> print(OneToken(3, majority).tokens(jnp.array([[1.0, -1.0, 1.0]])))
        [[ 1. -1.  1.  1.]]
    """

    inputs: int
    function: Callable[[Array], Array]

    @property
    def targets(self) -> int:
        """One."""
        return 1

    def tokens(self, signs: Float[Array, "samples inputs"]) -> Float[Array, "samples positions"]:
        """The signs and that of the function."""
        return jnp.concatenate([signs, jax.vmap(self.function)(signs)[:, None]], axis=1)


class TransformerFit(NamedTuple):
    """What was seen along the way, at as many steps as were asked for.

    Attributes:
        losses: The mean logistic loss of a fresh batch, on what is trained.
        accuracies: The share of fresh inputs whose last token is right, made by the model itself
            from its own tokens.
        entropies: That of the attention of the last layer, in bits, at the positions that predict;
            the mean over them and the batch.
        active: Of the neurons of each MLP the share that is active, the mean over all tokens that
            are seen and the batch; before the first step too.
    """

    losses: Float[Array, " checks"]
    accuracies: Float[Array, " checks"]
    entropies: Float[Array, " checks"]
    active: Float[Array, "checks_plus_one layers"]


def fit_transformer(
    tree: Task,
    *,
    chain: bool,
    layers: int = 1,
    width: int = 64,
    batch: int = 128,
    rate: float = 1e-3,
    steps: int,
    checks: int = 20,
    key: Key[Array, ""],
) -> TransformerFit:
    """Trains on fresh words by Adam, and looks at equal distances how well it does.

    Args:
        tree: The parity and its tokens, or another task.
        chain: Whether the tokens in between are given; else only the parity is.
        layers: Of attention.
        width: Of an embedding.
        batch: Words of a step.
        rate: The learning rate.
        steps: How many; a multiple of `checks`.
        checks: How often it is looked at.
        key: The JAX key, of weights and words.

    Returns:
        The curves.

    Raises:
        ValueError: If `checks` does not divide `steps`.

    Example:
        >>> tree = random_parity(4, 2, key=jax.random.key(0))
        >>> fit = fit_transformer(
        ...     tree, chain=True, width=16, steps=400, checks=2, rate=0.01, key=jax.random.key(1)
        ... )
        >>> bool(fit.accuracies[-1] > 0.9)
        True

    Reference:
        The comparison of Wen, Zhang, Lin and Zhang (2025), arXiv:2410.05459, and of Kim and Suzuki
        (2025), arXiv:2410.08633, at a small size.
    """
    if whole(steps, "steps", "to take") % whole(checks, "checks", "of the curves"):
        raise ValueError(f"`checks` must divide `steps` = {steps}; got {checks}")
    targets = tree.targets if chain else 1
    network = Transformer(
        tree.inputs + tree.targets - 1, layers=layers, width=width, key=jax.random.fold_in(key, 0)
    )
    graph, weights = nnx.split(network, nnx.Param)
    adam = optax.adam(rate)

    def tokens(number: Array | int) -> Array:
        signs = random_signs(batch, tree.inputs, key=jax.random.fold_in(key, 1 + number))
        made = tree.tokens(signs)
        return made if chain else jnp.concatenate([signs, made[:, -1:]], axis=1)

    def seen(weights: Any, given: Array) -> Any:
        return nnx.merge(graph, weights)(given[:, :-1])

    def loss(weights: Any, given: Array) -> Array:
        outputs = seen(weights, given).outputs[:, tree.inputs - 1 :]
        return jnp.mean(jax.nn.softplus(-outputs * given[:, tree.inputs :]))

    def step(carry: tuple, number: Array) -> tuple[tuple, None]:
        weights, state = carry
        slope = jax.grad(loss)(weights, tokens(number))
        with jax.numpy_dtype_promotion("standard"):
            updates, state = adam.update(slope, state, weights)
            weights = optax.apply_updates(weights, updates)
        return (weights, state), None

    def free(weights: Any, signs: Array) -> Array:
        """The tokens of the model itself, each the likelier sign."""
        rows = jnp.concatenate([signs, jnp.ones((batch, targets), signs.dtype)], axis=1)

        def write(rows: Array, target: Array) -> tuple[Array, None]:
            outputs = seen(weights, rows).outputs
            place = tree.inputs + target
            made = jnp.where(jnp.take(outputs, place - 1, axis=1) > 0, 1, -1).astype(rows.dtype)
            return rows.at[:, place].set(made), None

        return jax.lax.scan(write, rows, jnp.arange(targets))[0]

    def check(carry: tuple, first: Array) -> tuple[tuple, TransformerFit]:
        each = steps // checks
        carry, _ = jax.lax.scan(step, carry, first * each + jnp.arange(each))
        given = tokens(steps + first)
        looked = seen(carry[0], given)
        shares = looked.shares[-1][:, tree.inputs - 1 :]
        entropy = -jnp.sum(shares * jnp.log2(jnp.maximum(shares, 1e-12)), axis=2)
        right = free(carry[0], given[:, : tree.inputs])[:, -1] == given[:, -1]
        return carry, TransformerFit(
            loss(carry[0], given),
            jnp.mean(right.astype("float32")),
            jnp.mean(entropy),
            jnp.mean(looked.active, axis=(1, 2)),
        )

    start = (weights, adam.init(weights))
    before = jnp.mean(seen(weights, tokens(steps + checks)).active, axis=(1, 2))
    fit = jax.lax.scan(check, start, jnp.arange(checks))[1]
    return fit._replace(active=jnp.concatenate([before[None], fit.active]))
