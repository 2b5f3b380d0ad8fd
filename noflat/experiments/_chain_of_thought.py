"""The rows of one gradient step on a chain of thought."""

from collections.abc import Iterator
from functools import partial
from math import log
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from noflat.experiments.records import Row, where
from noflat.measure.chains import chain_moments, children_found, modeled_step
from noflat.measure.complexities import sample_complexity
from noflat.targets.parities import ParityTree, random_parity, random_signs
from noflat.training.chains import first_gradients, fit_levels, free_run

_LEVEL = 0.05
"""The share of wrong last tokens at which a parity counts as learned."""


def one_step_rows(settings: Any) -> Iterator[Row]:
    """Every d, number of samples and tree: what one step from zero logits finds."""
    first = settings.ladder[0]
    chunks = tuple(size // first for size in settings.ladder)
    for d in settings.dimensions:
        one = jax.jit(partial(_one_tree, d, first * d, chunks, settings))
        for member in range(settings.trees):
            key = jax.random.fold_in(jax.random.fold_in(jax.random.key(settings.seed), d), member)
            found = {name: np.asarray(values) for name, values in one(key).items()}
            for i, size in enumerate(settings.ladder):
                yield {
                    "d": d,
                    "k": d // 2,
                    "samples_over_d": size,
                    "samples": size * d,
                    "tree": member,
                    "tested": settings.tested,
                    "identified_from": _identified_from(d),
                    **{name: float(values[i]) for name, values in found.items()},
                }


def _one_tree(
    d: int, chunk: int, chunks: tuple[int, ...], settings: Any, key: Array
) -> dict[str, Array]:
    """For each number of chunks the shares of children found and of right last tokens."""
    k = d // 2
    rate = settings.rate * d**2 * log(d)
    draws = [jax.random.fold_in(key, i) for i in range(5)]
    tree = random_parity(d, k, key=draws[0])

    def draw(key: Array) -> Array:
        return tree.tokens(random_signs(chunk, d, key=key))

    def direct(key: Array) -> Array:
        signs = random_signs(chunk, d, key=key)
        return jnp.concatenate([signs, tree.parity(signs)[:, None]], axis=1)

    words = random_signs(settings.tested, d, key=draws[2])
    wanted = tree.tokens(words)

    def told(gradient: Array) -> dict[str, Array]:
        made = free_run(-rate * gradient, words)
        signs = free_run(-rate * gradient, words, rounded=True)
        return {
            "children_found": children_found(-gradient, tree.children),
            "accuracy": _right(made, wanted),
            "rounded_accuracy": _right(signs, wanted),
            "largest_error": jnp.max(jnp.abs(made - wanted)),
        }

    def guessed(gradient: Array) -> Array:
        return _right(free_run(-rate * gradient, words), wanted)

    def modeled(samples: Array) -> dict[str, Array]:
        step = modeled_step(tree.children, d, samples, key=draws[4]).astype(words.dtype)
        return {
            f"modeled_{name}": _right(free_run(rate * step, words, rounded=rounded), wanted)
            for name, rounded in (("accuracy", False), ("rounded_accuracy", True))
        }

    found = jax.lax.map(told, first_gradients(draw, chunks, tree.targets, key=draws[1]))
    alone = jax.lax.map(guessed, first_gradients(direct, chunks, 1, key=draws[3]))
    sizes = jnp.asarray([chunk * count for count in chunks], words.dtype)
    return found | jax.lax.map(modeled, sizes) | {"direct_accuracy": alone}


def _right(made: Array, wanted: Array) -> Array:
    return jnp.mean((made[:, -1] * wanted[:, -1] > 0).astype(made.dtype))


def _identified_from(d: int) -> float:
    """Samples from which noise puts no token of any target above its children, up to o(1)."""
    tokens, targets = d + d // 2 - 2, d // 2 - 1
    return 8 * tokens * log(tokens * targets)


def complexity_rows(rows: list[Row]) -> Iterator[Row]:
    """The samples at which 5 % of last tokens are wrong, measured and modeled, for every d."""
    for d in dict.fromkeys(row["d"] for row in rows):
        mine = where(rows, d=d)
        sizes = sorted({row["samples"] for row in mine})
        trees = sorted({row["tree"] for row in mine})
        for kind, column, rounded in _KINDS:
            errors = [
                [1 - where(mine, samples=size, tree=tree)[0][column] for size in sizes]
                for tree in trees
            ]
            found = sample_complexity(sizes, np.array(errors), _LEVEL)
            yield {
                "d": d,
                "kind": kind,
                "rounded": rounded,
                "samples": found.size,
                "low": found.low,
                "high": found.high if np.isfinite(found.high) else None,
                "censored": found.censored,
                "of_trees": " ".join(f"{one.size or 0:.4g}" for one in found.of_seeds),
            }


_KINDS = (
    ("measured", "accuracy", 0),
    ("modeled", "modeled_accuracy", 0),
    ("measured", "rounded_accuracy", 1),
    ("modeled", "modeled_rounded_accuracy", 1),
)


def moment_rows(settings: Any) -> Iterator[Row]:
    """Signal and noise of one large sample, beside their closed forms, target by target."""
    for d in settings.dimensions[:2]:
        key = jax.random.fold_in(jax.random.key(settings.seed), d)
        tree = random_parity(d, d // 2, key=jax.random.fold_in(key, 7))
        chunk, count = 4096, 16
        gradient = _large_gradient(tree, chunk, count, jax.random.fold_in(key, 8))
        children, found = np.asarray(tree.children), -np.asarray(gradient)
        for target in range(tree.targets):
            seen = d + target
            others = np.delete(found[target, :seen], children[target])
            moments = chain_moments(seen)
            yield {
                "d": d,
                "tokens": seen,
                "samples": chunk * count,
                "signal": float(found[target, children[target]].mean() - others.mean()),
                "predicted_signal": moments.signal,
                "limit_signal": 8 / seen**2,
                "noise": float(others.std(ddof=1)) * (chunk * count) ** 0.5,
                "predicted_noise": moments.noise,
                "limit_noise": 8 * 2**0.5 / seen**1.5,
            }


def _large_gradient(tree: ParityTree, chunk: int, count: int, key: Array) -> Array:
    def draw(key: Array) -> Array:
        return tree.tokens(random_signs(chunk, tree.inputs, key=key))

    return jax.jit(lambda key: first_gradients(draw, (count,), tree.targets, key=key))(key)[0]


def level_rows(settings: Any) -> Iterator[Row]:
    """Without teacher forcing: one step per level of the tree, from the model's own tokens."""
    for d in settings.dimensions[:3]:
        samples = max(settings.ladder) * d

        @jax.jit
        def one(key: Array, d: int = d, samples: int = samples) -> Array:
            tree = random_parity(d, d // 2, key=jax.random.fold_in(key, 0))
            signs = random_signs(samples, d, key=jax.random.fold_in(key, 1))
            logits = fit_levels(tree, signs, rate=settings.rate * log(d))
            words = random_signs(settings.tested, d, key=jax.random.fold_in(key, 2))
            return _right(free_run(logits, words), tree.tokens(words))

        for member in range(settings.trees):
            key = jax.random.fold_in(jax.random.fold_in(jax.random.key(settings.seed), d), member)
            yield {
                "d": d,
                "levels": (d // 2).bit_length() - 1,
                "samples": samples,
                "tree": member,
                "tested": settings.tested,
                "accuracy": float(one(key)),
            }
