"""Students of sparse activations: dense networks learn from teachers whose sensitivity is exact."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array

from noflat.activations import relu
from noflat.arguments import named_key, numbered_keys
from noflat.certificates import certify_sparse_activation
from noflat.constructions import (
    dense_parity,
    index_network,
    junta_network,
    majority_network,
)
from noflat.experiments._sparse_activations import at_all_words, grouped, sparse_experts
from noflat.experiments.records import Row
from noflat.measure.cube import all_signs, average_sensitivity, degree_weights
from noflat.networks import Layer, Network, init
from noflat.training import Fit, ensemble, fit_sampled

_RATE = 3e-3
_BATCH = 256
_LEARNED = 0.1
"""The mean squared error, of a target of variance 1, at which it counts as learned."""
_VISIBLE, _MOST = 0.01, 0.9
"""The shares of the variance from which on a degree counts as there, and as nearly all."""
_CURVE = 40
"""So many losses are kept of a fit."""


class Teacher(NamedTuple):
    """A network of mean 0 and variance 1 to learn from.

    Attributes:
        name: In the rows.
        network: One hidden layer of relu, on the signs that count: others that students see change
            nothing in what is exact of it.
    """

    name: str
    network: Network


def teachers(settings: Any) -> list[Teacher]:
    """All of them: with one active neuron, with many, and drawn at random."""
    seed, n = settings.seed, settings.student_signs
    found = [(f"index of {b} bits", index_network(b)) for b in settings.student_bits]
    for b, data in grouped(settings.student_gated, 2):
        found.append((f"{2**b} gated experts of {data} signs", sparse_experts(b, data, seed)))
    most = max(network.neurons for _, network in found)
    for p in settings.student_parities:
        sparse = 2**p <= most
        network = junta_network(np.prod(all_signs(p), axis=1)) if sparse else dense_parity(p)
        found.append((f"parity of {p} signs", network))
    odd = n - 1 + n % 2
    found.append((f"majority of {odd} signs", majority_network(odd)))
    drawn = init((n, most, 1), "relu", key=named_key(seed, "dense teacher"))
    found.append((f"{most} random neurons", drawn))
    return [Teacher(name, standardized(network)) for name, network in found]


def standardized(network: Network) -> Network:
    """The same, with mean 0 and variance 1 on uniform signs."""
    values = at_all_words(network)
    first, last = network.layers
    bias = 0.0 if last.bias is None else last.bias
    shifted = jnp.zeros(1) + (bias - values.mean()) / values.std()
    return Network((first, Layer(last.weight / values.std(), shifted)), network.activation)


def padded(network: Network, inputs: int, neurons: int) -> Network:
    """The same with more inputs and neurons, of weight 0 and in float32.

    Such an input has weights 0, and a neuron like that is never active and has no gradient.
    """
    first, last = network.layers
    more = (inputs - network.inputs, neurons - network.neurons)
    bias = jnp.zeros(network.neurons) if first.bias is None else first.bias
    out = jnp.zeros(1) if last.bias is None else last.bias
    layers = (
        Layer(jnp.pad(first.weight, ((0, more[0]), (0, more[1]))), jnp.pad(bias, (0, more[1]))),
        Layer(jnp.pad(last.weight, ((0, more[1]), (0, 0))), out),
    )
    return jax.tree.map(lambda leaf: leaf.astype("float32"), Network(layers, relu))


def stacked(networks: list[Network]) -> Network:
    """Networks of one shape as one, whose leaves have them along the first axis."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *networks)


def real_signs(samples: int, most: int, n: Array, *, key: Array) -> Array:
    """Fair words of n signs, at most 32, and zeros from there on: a word is one random number.

    Example:
        >>> from noflat.experiments._sparse_activations_students import real_signs
        >>> print(jnp.abs(real_signs(2, 4, jnp.array(3), key=jax.random.key(0))))
        [[1. 1. 1. 0.]
         [1. 1. 1. 0.]]
    """
    places = jnp.arange(most, dtype="uint32")[None]
    bits = jax.random.bits(key, (samples, 1), "uint32") >> places & 1
    return jnp.where(places < n.astype("uint32"), 2 * bits.astype("float32") - 1, 0)


def real_start(most: int, n: Array, width: int, *, key: Array) -> Network:
    """A random network on n of so many inputs: the weights of the others are zero."""
    network = init((most, width, 1), "relu", dtype="float32", key=key)
    first, last = network.layers
    real = (jnp.arange(most) < n).astype("float32")[:, None]
    scale = (most / n.astype("float32")) ** 0.5
    return Network((first._replace(weight=first.weight * real * scale), last), relu)


def student_fits(settings: Any) -> list[tuple[Teacher, Fit]]:
    """Every teacher, and its students: the same number for each, fresh words at every step."""
    found, inputs = teachers(settings), settings.student_inputs
    size = max(teacher.network.neurons for teacher in found)
    every = max(1, settings.student_steps // _CURVE)
    steps = settings.student_steps // every * every

    def one(key: Array, teacher: Network) -> Fit:
        def draw(key: Array) -> tuple[Array, Array]:
            x = real_signs(_BATCH, inputs, jnp.array(inputs), key=key)
            return x, jax.vmap(teacher)(x)[:, 0]

        sizes = (inputs, settings.student_width, 1)
        start = init(sizes, "relu", dtype="float32", key=jax.random.fold_in(key, 0))
        how = {"steps": steps, "every": every, "goal": _LEARNED}
        key = jax.random.fold_in(key, 1)
        return fit_sampled(start, draw, optimizer=optax.adam(_RATE), key=key, **how)

    count = settings.students
    keys = [
        numbered_keys(named_key(settings.seed, teacher.name), range(count)) for teacher in found
    ]
    given = stacked([padded(teacher.network, inputs, size) for teacher in found])
    given = jax.tree.map(lambda leaf: np.repeat(np.asarray(leaf), count, axis=0), given)
    fits = ensemble(one, block=count)(jnp.concatenate(keys), given)
    return [
        (teacher, jax.tree.map(lambda leaf, i=i: leaf[i * count : (i + 1) * count], fits))
        for i, teacher in enumerate(found)
    ]


def student_rows(settings: Any, fits: list[tuple[Teacher, Fit]]) -> Iterator[Row]:
    """A row per teacher and student: what is exact of the teacher, and when it was learned."""
    every = max(1, settings.student_steps // _CURVE)
    for teacher, fit in fits:
        exact = about(teacher)
        for member, curve in enumerate(fit.loss_curve):
            below = np.flatnonzero(curve < _LEARNED)
            yield {
                **exact,
                "inputs": settings.student_inputs,
                "width": settings.student_width,
                "member": member,
                "steps": settings.student_steps // every * every,
                "steps_taken": int(below[0]) * every if len(below) else None,
                "last_loss": float(curve[-1]),
                "learned": int(len(below) > 0),
            }


def student_curve_rows(settings: Any, fits: list[tuple[Teacher, Fit]]) -> Iterator[Row]:
    """Loss against steps, of each teacher's students the median and the ends.

    A student stops once it has learned; its last loss is carried on.
    """
    every = max(1, settings.student_steps // _CURVE)
    for teacher, fit in fits:
        for i, losses in enumerate(np.asarray(fit.loss_curve).T):
            yield {
                "target": teacher.name,
                "steps": i * every,
                "loss": float(np.median(losses)),
                "low": float(losses.min()),
                "high": float(losses.max()),
                "members": len(losses),
            }


def about(teacher: Teacher) -> Row:
    """Size, activity and spectrum of a teacher, from all words."""
    network = teacher.network
    found = certify_sparse_activation(network, method="branch_and_bound")
    weights = jax.jit(degree_weights)(jnp.asarray(at_all_words(network)))
    energy = np.cumsum(np.asarray(weights)[1:]) / float(jnp.sum(weights[1:]))
    return {
        "target": teacher.name,
        "signs": network.inputs,
        "neurons": network.neurons,
        "active": found.active,
        "is_exact": int(found.exact),
        "uniform_bound": float(4 * (found.active or 0) ** 2 * found.weight_squared),
        "sensitivity": float(average_sensitivity(weights)),
        "first_degree": 1 + int(np.flatnonzero(energy > _VISIBLE)[0]),
        "degree": 1 + int(np.flatnonzero(energy >= _MOST)[0]),
    }
