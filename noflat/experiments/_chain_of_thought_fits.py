"""Training without a chain of thought, and a transformer with and without one."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array

from noflat.constructions.circuits import circuit_network
from noflat.experiments.records import Row
from noflat.measure.gates import wrong_words
from noflat.networks import init
from noflat.targets.bits import bit_states
from noflat.targets.boolean.programs import PROGRAMS
from noflat.targets.parities import random_parity, random_signs
from noflat.targets.staircases import staircase_values
from noflat.training import ensemble, fit_sampled
from noflat.training.epochs import fit_epochs, start_epochs
from noflat.training.shapes import fit_shape, shape_outputs, synapse_masks
from noflat.training.transformers import fit_transformer

_RATE = 3e-3
_BATCH = 256
_LEARNED = 0.05
"""The mean squared error, of a target of variance 1, at which it counts as learned."""
_CURVE = 40
"""So many losses are kept of a fit."""


def wired_rows(settings: Any) -> Iterator[Row]:
    """Parities whose tree is built in: the network written down, and its shape trained."""
    for k in settings.wired:
        circuit = PROGRAMS["parity"].circuit(k)
        network = circuit_network(circuit)
        masks = synapse_masks(network)
        wrong, words = wrong_words(network, circuit, most=2**k, seed=0)
        bits = bit_states(k)
        x = jnp.asarray(2 * bits - 1, "float32")
        signs = jnp.asarray(2.0 * circuit(bits)[:, 0] - 1, "float32")

        @jax.jit
        @jax.vmap
        def every_one(key: Array, masks: Any = masks, x: Array = x, signs: Array = signs) -> Any:
            how = {"rate": _RATE, "batch": min(_BATCH, len(x)), "steps": settings.steps // 4}
            fit = fit_shape(masks, x, signs, key=key, **how)
            return jnp.mean(shape_outputs(fit.params, masks, x)[:, 0] * signs > 0)

        for member, accuracy in enumerate(np.asarray(every_one(_keys(settings, k)))):
            yield {
                "k": k,
                "neurons": network.neurons,
                "words": words,
                "wrong": wrong,
                "member": member,
                "steps": settings.steps // 4,
                "trained_accuracy": float(accuracy),
            }


def _keys(settings: Any, number: int) -> Array:
    base = jax.random.fold_in(jax.random.key(settings.seed), number)
    return jax.vmap(partial(jax.random.fold_in, base))(jnp.arange(settings.networks))


def unknown_rows(settings: Any) -> Iterator[Row]:
    """Parities and staircases of the first k signs, fresh samples at every step."""
    kinds = [("parity", k, k) for k in settings.degrees]
    kinds += [("staircase", k, 1) for k in settings.degrees if k % 2 == 0]
    kinds += [("staircase of leap 2", k, 2) for k in settings.degrees if k % 4 == 0]
    every = max(1, settings.steps // _CURVE)
    steps = settings.steps // every * every
    sizes = (settings.signs, settings.width, settings.width, 1)

    def one(key: Array, k: Array, leap: Array) -> Any:
        """The parity is the staircase of leap k."""

        def draw(key: Array) -> tuple[Array, Array]:
            x = random_signs(_BATCH, settings.signs, key=key)
            return x, staircase_values(x, k, leap) * ((leap / k) ** 0.5).astype(x.dtype)

        start = init(sizes, "relu", dtype="float32", key=jax.random.fold_in(key, 0))
        how = {"steps": steps, "every": every, "goal": _LEARNED}
        adam = optax.adam(_RATE)
        return fit_sampled(start, draw, optimizer=adam, key=jax.random.fold_in(key, 1), **how)

    keys = [key for _, k, leap in kinds for key in _keys(settings, 100 * leap + k)]
    ks, leaps = (np.repeat([kind[i] for kind in kinds], settings.networks) for i in (1, 2))
    fits = ensemble(one, block=settings.networks)(jnp.stack(keys), ks, leaps)
    for i, (name, k, _) in enumerate(kind for kind in kinds for _ in range(settings.networks)):
        below = np.flatnonzero(fits.loss_curve[i] < _LEARNED)
        yield {
            "target": name,
            "k": k,
            "d": settings.signs,
            "member": i % settings.networks,
            "steps": steps,
            "steps_taken": int(below[0]) * every if len(below) else None,
            "last_loss": float(fits.loss_curve[i, -1]),
            "learned": int(len(below) > 0),
        }


def memorized_rows(settings: Any) -> Iterator[Row]:
    """A fully connected network on as many samples as suffice for the chain of thought."""
    d = sorted(settings.dimensions)[:2][-1]
    samples = 128 * d

    @jax.jit
    @jax.vmap
    def every_one(key: Array) -> tuple[Array, ...]:
        keys = [jax.random.fold_in(key, i) for i in range(5)]
        tree = random_parity(d, d // 2, key=keys[0])
        x = random_signs(samples, d, key=keys[1])
        network = init((d, settings.width, settings.width, 1), "relu", dtype="float32", key=keys[2])

        def loss(network: Any, batch: Any) -> Array:
            points, wanted = batch
            return jnp.mean(jax.nn.softplus(-wanted * jax.vmap(network)(points)[:, 0]))

        adam = optax.adam(_RATE)
        fit = fit_epochs(
            start_epochs(network, adam),
            loss,
            (x, tree.parity(x)),
            optimizer=adam,
            count=samples,
            batch=_BATCH,
            goal=1e-2,
            most_steps=settings.steps // 2,
            key=keys[3],
        )
        words = random_signs(settings.tested, d, key=keys[4])

        def right(points: Array) -> Array:
            return jnp.mean(jax.vmap(fit.params)(points)[:, 0] * tree.parity(points) > 0)

        return fit.loss, right(x), right(words)

    found = zip(*map(np.asarray, every_one(_keys(settings, d))), strict=True)
    for member, (loss, seen, unseen) in enumerate(found):
        yield {
            "d": d,
            "k": d // 2,
            "samples": samples,
            "member": member,
            "loss": float(loss),
            "train_accuracy": float(seen),
            "test_accuracy": float(unseen),
            "tested": settings.tested,
        }


def transformer_rows(settings: Any) -> Iterator[Row]:
    """Loss, accuracy and entropy of attention against steps, with the chain and without."""
    d, k = settings.transformer
    checks = 20
    steps = settings.transformer_steps // checks * checks
    for chain in (True, False):

        @jax.jit
        @jax.vmap
        def every_one(key: Array, chain: bool = chain) -> Any:
            tree = random_parity(d, k, key=jax.random.fold_in(key, 0))
            how = {"width": 32, "rate": _RATE, "steps": steps, "checks": checks}
            return fit_transformer(tree, chain=chain, key=jax.random.fold_in(key, 1), **how)

        fits = jax.tree.map(np.asarray, every_one(_keys(settings, d)))
        for member in range(settings.networks):
            for check in range(checks):
                yield {
                    "chain": int(chain),
                    "d": d,
                    "k": k,
                    "member": member,
                    "steps": (check + 1) * steps // checks,
                    "loss": float(fits.losses[member, check]),
                    "accuracy": float(fits.accuracies[member, check]),
                    "entropy": float(fits.entropies[member, check]),
                    "tested": 128,
                }
