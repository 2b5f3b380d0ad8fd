"""Sparse but not learnable: a toy cipher compiled exactly, and its shape trained from samples."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from noflat.constructions.circuits import circuit_network, flat_neurons
from noflat.experiments.records import Row
from noflat.measure.gates import wrong_words
from noflat.targets.bits import bit_states
from noflat.targets.boolean import truth_table
from noflat.targets.boolean.ciphers import BITS, cipher_circuit, encrypted, round_keys
from noflat.training.shapes import fit_shape, shape_outputs, synapse_masks

_BATCH = 256


def pseudorandom_rows(
    rounds: Sequence[int],
    *,
    train: int,
    steps: int,
    rate: float,
    members: int,
    seed: int,
) -> Iterator[Row]:
    """One output bit of the cipher after so many rounds: built, and learned by its own shape.

    Args:
        rounds: Numbers of rounds.
        train: Of all words so many are trained on, and all others are the test.
        steps: Steps of Adam of each network.
        rate: Its learning rate.
        members: Networks, each with weights, an order and words of its own.
        seed: Of keys and all else.

    Returns:
        For each number of rounds, a row per shape and member: `synapses` has those of the circuit,
        `full` all that its layers have room for. As a control the fewest rounds are learned by the
        synapses of the most, too: `last`.
    """
    secret = round_keys(max(rounds), key=jax.random.key(seed))
    largest = circuit_network(cipher_circuit(secret, outputs=1))
    words = bit_states(BITS)
    for count in rounds:
        keys = secret[: count + 1]
        circuit = cipher_circuit(keys, outputs=1)
        network = circuit_network(circuit)
        table = truth_table(circuit)[:, 0]
        exact = np.array([encrypted(word, keys) & 1 for word in range(2**BITS)], bool)
        about = {
            "rounds": count,
            "gates": circuit.size,
            "depth": circuit.depth,
            "neurons": network.neurons,
            "synapses": network.synapses,
            "flat_neurons": flat_neurons(circuit),
            "wrong": wrong_words(network, circuit, most=2**BITS, seed=0)[0]
            + int((table != exact).sum()),
            **_correlations(1 - 2 * exact.astype(float)),
        }
        shapes = {
            "synapses": synapse_masks(network),
            "full": synapse_masks(network, full=True),
        }
        if count == min(rounds):
            shapes["last"] = synapse_masks(largest)
        for shape, masks in shapes.items():
            how = {"train": train, "steps": steps, "rate": rate}
            for member, found in enumerate(
                _trained(masks, words, exact, members=members, seed=seed, **how)
            ):
                yield about | {"shape": shape, "member": member, **how, **found}


def _trained(
    masks: Any,
    words: np.ndarray,
    labels: np.ndarray,
    *,
    train: int,
    steps: int,
    rate: float,
    members: int,
    seed: int,
) -> Iterator[Row]:
    """Loss and accuracies of each member, all trained at once."""
    x = jnp.asarray(2 * words - 1, "float32")
    signs = jnp.asarray(2.0 * labels - 1, "float32")

    @jax.jit
    @jax.vmap
    def every_one(key: jax.Array) -> tuple:
        order = jax.random.permutation(jax.random.fold_in(key, 0), len(x))
        seen, unseen = order[:train], order[train:]
        fit = fit_shape(
            masks,
            x[seen],
            signs[seen],
            rate=rate,
            batch=_BATCH,
            steps=steps,
            key=jax.random.fold_in(key, 1),
        )

        def right(chosen: jax.Array) -> jax.Array:
            return jnp.mean(shape_outputs(fit.params, masks, x[chosen])[:, 0] * signs[chosen] > 0)

        return fit.loss, fit.steps, right(seen), right(unseen)

    keys = jax.vmap(partial(jax.random.fold_in, jax.random.key(seed)))(jnp.arange(members))
    for loss, taken, seen, unseen in zip(*map(np.asarray, every_one(keys)), strict=True):
        yield {
            "loss": float(loss),
            "steps_taken": int(taken),
            "train_accuracy": float(seen),
            "test_accuracy": float(unseen),
            "tested": 2**BITS - train,
        }


def _correlations(signs: np.ndarray) -> Row:
    """The largest correlation with a parity of at most two inputs, and of any number; exact."""
    values = signs.copy()
    for i in range(BITS):
        pairs = values.reshape(-1, 2, 2**i)
        values = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1).ravel()
    found = np.abs(values) / 2**BITS
    sizes = np.array([number.bit_count() for number in range(2**BITS)])
    return {
        "largest_correlation": float(found.max()),
        "low_correlation": float(found[sizes <= 2].max()),
    }
