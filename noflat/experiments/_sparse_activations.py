"""The exact rows of sparse activations: constructed and random networks, closed forms, growth."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from math import log
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from noflat.certificates import SparseActivation, certify_sparse_activation
from noflat.constructions import (
    extremal_network,
    gated_experts,
    index_network,
    junta_network,
    lifted,
    lifted_parity,
)
from noflat.experiments.records import Row
from noflat.measure.cube import (
    all_signs,
    average_sensitivity,
    degree_weights,
    exact_average_sensitivity,
    fourier_tails,
    sampled_average_sensitivity,
)
from noflat.networks import Network, init
from noflat.targets.cube import (
    index_sensitivity,
    index_weights,
    indexed,
    majority,
    majority_sensitivity,
)

_LISTED = 20
"""Of so many signs all words are listed."""
_TENTH = Fraction(1, 10)
"""The share of the mean square that a certified degree may leave out."""
_SUPPORT = 4
"""Data signs that one gated expert looks at."""


def networks(settings: Any) -> Iterator[tuple[str, Network]]:
    """Those whose weights are written down, each by a name."""
    draw = np.random.default_rng(settings.seed)
    for bits in settings.bits:
        yield f"index of {bits} bits", index_network(bits)
        yield f"index of {bits} bits, weights of the paper", index_network(bits, address_weight=1.0)
    for p in settings.juntas:
        values = draw.integers(0, 2, 2**p) * 2 - 1
        yield f"junta of {p} signs", junta_network(values)
        yield f"junta of {p} signs, weights of the paper", junta_network(values, margin=1)
    for bits, data in grouped(settings.gated, 2):
        yield f"{2**bits} gated experts of {data} signs", sparse_experts(bits, data, settings.seed)
    for p, k in grouped(settings.extremal, 2):
        yield f"extremal of {p} signs, k = {k}", extremal_network(p, k)


def sparse_experts(bits: int, data: int, seed: int) -> Network:
    r"""Gated experts that look at 4 of the data signs each, with weights $\pm\tfrac12$.

    Their norms are 1, their 1-norms 2 and the gate 1, whatever the number of signs: k = 1 and
    $W^2=1+b$ do not change with it.
    """
    draw = np.random.default_rng([seed, bits, data])
    experts = np.zeros((2**bits, data))
    for row in experts:
        at = draw.choice(data, _SUPPORT, replace=False)
        row[at] = draw.choice([-0.5, 0.5], _SUPPORT)
    return gated_experts(experts, gate=1.0)


def constructed_rows(settings: Any) -> Iterator[Row]:
    """k, W and the bounds of networks that are written down, beside what they are exactly."""
    for name, network in networks(settings):
        found = certify_sparse_activation(network)
        yield {"network": name, **certified(found), **exactly(network, found)}


def certified(found: SparseActivation) -> Row:
    """What a certificate says; the order is that of the paper, with all constants 1 and our W."""
    n, s, k = found.inputs, len(found.neurons), found.active or found.seen
    squared = float(found.weight_squared)
    bias = float(max((abs(u * b) for _, b, u in found.neurons), default=Fraction(0)))
    return {
        "inputs": n,
        "neurons": s,
        "method": found.method,
        "active": found.active,
        "is_exact": int(found.exact),
        "weight_squared": squared,
        "uniform_bound": None if found.uniform_bound is None else float(found.uniform_bound),
        "mean_bound": None if found.mean_bound is None else float(found.mean_bound),
        "signed_bound": None if found.signed_bound is None else float(found.signed_bound),
        "paper_order": k**4 * squared * n**0.5 * log(n * s) + k**3 * bias**2 * log(s) ** 0.5,
    }


def exactly(network: Network, found: SparseActivation) -> Row:
    """Sensitivity and degree from all words, where they can be listed; the weights are dyadic."""
    names = ("sensitivity", "share_of_bound", "attains", "mean_square", "degree", "true_degree")
    if network.inputs > _LISTED:
        return dict.fromkeys(names)
    values = at_all_words(network)
    sensitivity, bound = exact_average_sensitivity(values), found.uniform_bound or found.bound
    weights = np.asarray(jax.jit(degree_weights)(jnp.asarray(values)))
    square = Fraction(float(np.mean(values**2)))
    tails = np.asarray(fourier_tails(jnp.asarray(weights)))
    below = np.flatnonzero(tails <= float(_TENTH * square) + 1e-12)
    parts = (
        float(sensitivity),
        float(sensitivity / bound),
        int(sensitivity == bound),
        float(square),
        found.degree(_TENTH * square),
        int(below[0]),
    )
    return dict(zip(names, parts, strict=True))


def at_all_words(network: Network) -> np.ndarray:
    """The outputs at all words of signs."""
    x = jnp.asarray(all_signs(network.inputs), network.layers[0].weight.dtype)
    return np.asarray(jax.jit(lambda x: jax.lax.map(network, x, batch_size=2**12))(x))[:, 0]


class _Drawn(NamedTuple):
    """A network of whole numbers, as its weights, thresholds and readout."""

    weights: Array
    thresholds: Array
    readout: Array


def random_rows(settings: Any) -> Iterator[Row]:
    """Networks drawn at random, and networks improved step by step, against the bound.

    All numbers are integers: 4 * 2^n times the sensitivity is at most as many times the signed
    bound, that at most 16 * W^2 times the sum over words of the square of the active neurons, and
    that at most 16 * 2^n * k^2 * W^2.
    """
    shapes = [(n, s) for n in settings.random_inputs for s in settings.random_neurons]
    each = -(-settings.random_networks // len(shapes))
    for n, s in shapes:
        key = jax.random.fold_in(jax.random.fold_in(jax.random.key(settings.seed), n), s)
        one = partial(_measured, jnp.asarray(all_signs(n).astype(int)))
        draws = jax.jit(
            jax.vmap(lambda member, n=n, s=s, key=key, one=one: one(_draw(n, s, key, member)))
        )
        yield _summary("drawn", n, s, each, *draws(jnp.arange(each)))
    for n, s in grouped(settings.climbed, 2):
        key = jax.random.fold_in(jax.random.key(settings.seed), 100 * n + s)
        climb = partial(_climb, n, s, settings.climb_steps, key)
        ends = jax.jit(jax.vmap(climb))(jnp.arange(settings.climbers))
        yield _summary("climbed", n, s, settings.climbers * settings.climb_steps, *ends)


def _draw(n: int, s: int, key: Array, member: Array) -> _Drawn:
    """Thresholds are of one level for a network: with higher ones fewer neurons are active."""
    keys = jax.random.split(jax.random.fold_in(key, member), 4)
    level = jax.random.randint(keys[3], (), 0, 2 * n)
    return _Drawn(
        jax.random.randint(keys[0], (n, s), -3, 4),
        jax.random.randint(keys[1], (s,), -2, 3) + level,
        jax.random.randint(keys[2], (s,), -3, 4),
    )


def _measured(words: Array, drawn: _Drawn) -> tuple[Array, ...]:
    """The sum of squared differences, and the three numbers that bound it, as integers."""
    n = words.shape[1]
    sums = words @ drawn.weights - drawn.thresholds[None, :]
    values = jnp.maximum(sums, 0) @ drawn.readout
    active = jnp.sum(sums > 0, axis=1)
    squares = jnp.array(0, values.dtype)
    for i in range(n):
        pairs = values.reshape(-1, 2, 2**i)
        squares = squares + 2 * jnp.sum((pairs[:, 1] - pairs[:, 0]) ** 2)
    squared = jnp.max(drawn.readout**2 * jnp.sum(drawn.weights**2, axis=0))
    parts, on = (drawn.weights * drawn.readout[None, :]).T, (sums > 0).astype(values.dtype)
    up, down = (on @ jnp.maximum(part, 0) for part in (parts, -parts))
    signed = 16 * jnp.sum(jnp.maximum(up, down) ** 2)
    mean = 16 * squared * jnp.sum(active**2)
    return squares, signed, mean, 16 * squared * len(words) * jnp.max(active) ** 2


def _is_over(squares: Any, signed: Any, mean: Any, uniform: Any) -> Any:
    """Whether a number is above the next one, which it never may be."""
    return (squares > signed) | (signed > mean) | (mean > uniform)


def _climb(n: int, s: int, steps: int, key: Array, member: Array) -> tuple[Array, ...]:
    """Up to two numbers changed by one at a time, and kept where the share is no less."""
    words = jnp.asarray(all_signs(n).astype(int))

    def ratio(found: tuple[Array, ...]) -> Array:
        return jnp.where(found[-1] > 0, found[0] / jnp.maximum(found[-1], 1), -1.0)

    def step(carry: tuple, number: Array) -> tuple[tuple, None]:
        flat, best, over = carry
        keys = jax.random.split(jax.random.fold_in(jax.random.fold_in(key, member), number), 2)
        at = jax.random.randint(keys[0], (2,), 0, flat.size)
        by = jax.random.randint(keys[1], (2,), -1, 2)
        tried = flat.at[at].add(by)
        found = _measured(words, _unflat(tried, n, s))
        better = ratio(found) >= ratio(best)
        over = over | _is_over(*found)
        best = tuple(jnp.where(better, new, old) for new, old in zip(found, best, strict=True))
        return (jnp.where(better, tried, flat), best, over), None

    drawn = _draw(n, s, key, member)
    flat = jnp.concatenate([part.reshape(-1) for part in drawn])
    start = (flat, _measured(words, drawn), jnp.array(False))
    (_, best, over), _ = jax.lax.scan(step, start, jnp.arange(1, steps + 1))
    return *best, over


def _unflat(flat: Array, n: int, s: int) -> _Drawn:
    return _Drawn(flat[: n * s].reshape(n, s), flat[n * s : -s], flat[-s:])


def _summary(kind: str, n: int, s: int, count: int, *found: Array) -> Row:
    squares, signed, mean, uniform = (np.asarray(part) for part in found[:4])
    over = _is_over(squares, signed, mean, uniform)
    if len(found) > 4:  # on the way, too
        over |= np.asarray(found[4])
    alive = uniform > 0
    return {
        "kind": kind,
        "inputs": n,
        "neurons": s,
        "networks": count,
        "violations": int(over.sum()),
        "silent": int((~alive).sum()),
        "largest_share": _largest(squares, uniform),
        "largest_share_of_mean": _largest(squares, mean),
        "largest_share_of_signed": _largest(squares, signed),
        "attained": int((squares[alive] == uniform[alive]).sum()),
    }


def _largest(numbers: np.ndarray, bounds: np.ndarray) -> float:
    """The largest share of a bound, where that is not 0."""
    return float(np.max(numbers[bounds > 0] / bounds[bounds > 0], initial=0.0))


def closed_form_rows(settings: Any) -> Iterator[Row]:
    """Index, majority and parity: sensitivity and weights by degree, exactly and predicted."""
    cases: list[tuple[str, int, Callable, Fraction, tuple[Fraction, ...] | None]] = [
        (
            "index",
            bits + 2**bits,
            partial(indexed, bits=bits),
            index_sensitivity(bits),
            index_weights(bits),
        )
        for bits in settings.bits
        if bits + 2**bits <= _LISTED
    ]
    for n in settings.majorities:
        cases.append(("majority", n, majority, majority_sensitivity(n), None))
        weights = (*[Fraction(0)] * n, Fraction(1))
        cases.append(("parity", n, jnp.prod, Fraction(n), weights))
    for name, n, function, predicted, of_degrees in cases:
        x = jnp.asarray(all_signs(n))
        values = jax.jit(lambda x, f=function: jax.lax.map(f, x, batch_size=2**12))(x)
        exact = exact_average_sensitivity(np.asarray(values))
        weights = jax.jit(degree_weights)(values)
        off = None
        if of_degrees is not None:
            expected = np.zeros(n + 1)
            expected[: len(of_degrees)] = [float(w) for w in of_degrees]
            off = float(np.abs(np.asarray(weights) - expected).max())
        yield {
            "function": name,
            "inputs": n,
            "sensitivity": str(exact),
            "predicted": str(predicted),
            "equal": int(exact == predicted),
            "transform_off": abs(float(average_sensitivity(weights)) - float(exact)),
            "weights_off": off,
        }


def growth_rows(settings: Any) -> Iterator[Row]:
    """The sensitivity of families as the number of signs grows, from drawn words."""
    cases: list[tuple[str, int, Any, SparseActivation | None, Fraction | None]] = []
    for data in settings.growth:
        network = sparse_experts(4, data, settings.seed)
        found = certify_sparse_activation(network, method="branch_and_bound")
        cases.append(("gated experts", 4 + data, network, found, None))
        cases.append(("majority", data + 1, majority, None, majority_sensitivity(data + 1)))
        cases.append(("parity", data, jnp.prod, None, Fraction(data)))
        dense = _unit_network(data, settings.growth_neurons, settings.seed)
        found = certify_sparse_activation(dense, method="branch_and_bound", most_nodes=50)
        cases.append(("random dense", data, dense, found, None))
    for bits in settings.growth_bits:
        network = index_network(bits)
        found = certify_sparse_activation(network, method="branch_and_bound")
        cases.append(("index", bits + 2**bits, network, found, index_sensitivity(bits)))
    for number, (family, n, function, found, predicted) in enumerate(cases):
        key = jax.random.fold_in(jax.random.key(settings.seed), number)
        samples = settings.growth_samples // (10 if family == "random dense" else 1)
        mean, error = sampled_average_sensitivity(
            lambda x, f=function: jnp.reshape(f(x), ()), n, samples=samples, key=key
        )
        about = {} if found is None else certified(found)
        kept = ("neurons", "active", "is_exact", "weight_squared", "uniform_bound", "paper_order")
        yield {
            "family": family,
            "inputs": n,
            "samples": samples,
            "sensitivity": mean,
            "error": error,
            "predicted": None if predicted is None else float(predicted),
            **{name: about.get(name) for name in kept},
        }


def _unit_network(n: int, s: int, seed: int) -> Network:
    """Weights of norm 1, no threshold, readouts -1 or 1."""
    drawn = init((n, s, 1), "relu", key=jax.random.fold_in(jax.random.key(seed), n))
    first, last = drawn.layers
    weight = first.weight / jnp.linalg.norm(first.weight, axis=0, keepdims=True)
    layers = (first._replace(weight=weight), last._replace(weight=jnp.sign(last.weight)))
    return Network(layers, drawn.activation)


def lifted_rows(settings: Any) -> Iterator[Row]:
    """The parity of products, with the sum as printed and as it must be, at all words y."""
    m = settings.lifted
    y = all_signs(m)
    x = np.asarray(jax.vmap(lifted)(jnp.asarray(y)))
    for size in range(1, m + 1):
        chosen = tuple(range(size))
        wanted = np.prod(y[:, :size], axis=1) > 0
        even = [a for a in range(-size, size + 1) if a % 2 == 0]
        for kind, sums in (("corrected", None), ("printed", even)):
            network = lifted_parity(m, chosen, sums=sums)
            first = network.layers[0]
            sums_of = x @ np.asarray(first.weight) + np.asarray(first.bias)[None, :]
            values = np.maximum(sums_of, 0) @ np.asarray(network.layers[1].weight)[:, 0]
            yield {
                "signs": m,
                "chosen": size,
                "kind": kind,
                "neurons": network.neurons,
                "words": len(y),
                "wrong": int(np.sum(values != wanted)),
                "different_outputs": len(set(values.tolist())),
                "most_active": int((sums_of > 0).sum(axis=1).max()),
            }


def tail_rows(settings: Any) -> Iterator[Row]:
    """Fourier tails beyond every degree, beside what sensitivity and certificate allow."""
    for name, network in networks(settings):
        if network.inputs > _LISTED or "paper" in name:
            continue
        found = certify_sparse_activation(network)
        weights = jax.jit(degree_weights)(jnp.asarray(at_all_words(network)))
        square, tails = float(jnp.sum(weights)), np.asarray(fourier_tails(weights))
        sensitivity = float(average_sensitivity(weights))
        for degree, tail in enumerate(tails.tolist()):
            yield {
                "network": name,
                "degree": degree,
                "tail": tail / square,
                "by_sensitivity": min(1.0, sensitivity / (degree + 1) / square),
                "by_certificate": min(1.0, float(found.bound) / (degree + 1) / square),
            }


def grouped(numbers: tuple[int, ...], size: int) -> Iterator[tuple[int, ...]]:
    """A list of numbers so many at a time, as a flag hands them over."""
    return zip(*(numbers[i::size] for i in range(size)), strict=True)
