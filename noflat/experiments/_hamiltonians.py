"""Rings of variables on the cube: their classes, their classifiers, and what both cost."""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import product as cartesian
from math import comb, log10
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from noflat.certificates import sup_error_bound
from noflat.constructions import (
    bayes_classifier,
    count_weights,
    deep_polynomial,
    deepened,
    plan_deep,
    ring_sum,
    softmax_classifier,
    softmax_distance_bound,
    unrolled,
)
from noflat.experiments.records import Row
from noflat.measure import total_variation
from noflat.networks import Network
from noflat.targets import HamiltonianClasses, Polynomial, RingHamiltonian, polynomial

BONDS = {
    2: ("x**2 - 2*x*y", "x**2 + 2*x*y", "x**2/2 - x/2 + x*y/2"),
    3: ("x**2 - 2*x*y", "x**2 + 2*x*y", "2*x**2*y - x/2"),
    4: ("x**4 - 2*x*y", "x**4 + 2*x*y", "2*x**2*y**2 - x/2"),
}
"""By order the bonds of three classes: neighbors alike, neighbors unlike, and a field."""

PRIORS = (Fraction(1, 2), Fraction(1, 4), Fraction(1, 4))
ACTIVATION = "silu"
DTYPES = ("float64", "float32")

_SLOPE = 1.1
"""No slope of silu is larger; and |silu(t)| <= |t|."""

_ULPS = 8
"""Units of roundoff that one silu may be off, taken generously."""


@cache
def bond(order: int, y: int) -> Polynomial:
    """What couples two neighbors in class y."""
    return polynomial(BONDS[order][y], variables=("x", "y"))


@cache
def model(order: int, n: int) -> HamiltonianClasses:
    """The three classes of that order on a ring of n variables."""
    rings = (RingHamiltonian.uniform(bond(order, y), n) for y in range(len(PRIORS)))
    return HamiltonianClasses(PRIORS, tuple(rings))


def posterior_rows(settings: Any) -> Iterator[Row]:
    """Softmax of -H - mu by transfer operators, and Bayes' rule by quadrature over the cube."""
    t, w = np.polynomial.legendre.leggauss(24)
    for order, n in cartesian(settings.orders, (2, 3)):
        grid = np.stack(np.meshgrid(*[t] * n), axis=-1).reshape(-1, n)
        weights = np.prod(np.stack(np.meshgrid(*[w] * n), axis=-1).reshape(-1, n), axis=1)
        classes = model(order, n)
        targets = [one.polynomial for one in classes.hamiltonians]
        sizes = np.array([weights @ np.exp(-_at(one, grid)) for one in targets])
        points = np.random.default_rng(settings.seed).uniform(-1, 1, (256, n))
        densities = np.exp([-_at(one, points) for one in targets])
        joint = densities.T / sizes * np.array([float(p) for p in PRIORS])
        bayes = joint / joint.sum(axis=1, keepdims=True)
        by_transfer = np.array([one.log_partition() for one in classes.hamiltonians])
        finer = np.array([one.log_partition(nodes=96) for one in classes.hamiltonians])
        yield {
            "order": order,
            "n": n,
            "log_partition_difference": float(np.abs(by_transfer - np.log(sizes)).max()),
            "nodes_difference": float(np.abs(by_transfer - finer).max()),
            "posterior_difference": float(
                np.abs(np.exp(classes.log_posteriors(points)) - bayes).max()
            ),
        }


def _at(target: Polynomial, points: np.ndarray) -> np.ndarray:
    return np.asarray(jax.jit(jax.vmap(target))(jnp.asarray(points)))


def classifier(order: int, n: int, way: str, dtype: str, scale: float | None = None) -> Network:
    """The network for the posterior: each Hamiltonian compiled, or its site network n times."""
    classes = model(order, n)
    if way == "compiled":
        targets = [one.polynomial for one in classes.hamiltonians]
        return bayes_classifier(targets, classes.biases, ACTIVATION, scale=scale, dtype=dtype)
    rings = [unrolled(one, n) for one in sites(order, dtype, scale)]
    return softmax_classifier(rings, classes.biases)


@cache
def site(order: int, y: int, dtype: str = "float64", scale: float | None = None) -> Network:
    """The network of one bond."""
    return deep_polynomial(bond(order, y), ACTIVATION, scale=scale, dtype=dtype)


def sites(order: int, dtype: str, scale: float | None = None) -> list[Network]:
    """The networks of the bonds of all classes, with as many hidden layers each."""
    found = [site(order, y, dtype, scale) for y in range(len(PRIORS))]
    deepest = max(one.hidden_layers for one in found)
    return [deepened(one, deepest, scale=scale) for one in found]


def classifier_rows(settings: Any) -> Iterator[tuple[list[Row], list[Row]]]:
    """For each order and n: the classifiers with their distances, and the counts per repeat."""
    key = jax.random.key(settings.seed)
    for order, n in cartesian(settings.orders, settings.n):
        count = settings.repeats * settings.points
        here = jax.random.fold_in(jax.random.fold_in(key, order), n)
        labels, points = model(order, n).sample(count, key=here)
        exact = np.exp(model(order, n).log_posteriors(points))
        hits: dict[str, np.ndarray] = {"exact": exact.argmax(axis=1) == labels}
        rows = []
        for way, dtype in cartesian(("compiled", "convolution"), DTYPES):
            network = classifier(order, n, way, dtype)
            found = probabilities(network, points)
            hits[f"{way}_{dtype}"] = found.argmax(axis=1) == labels
            other = found.argmax(axis=1) != exact.argmax(axis=1)
            shape = {"order": order, "n": n, "way": way, "dtype": dtype}
            sizes = {"neurons": network.neurons, "hidden_layers": network.hidden_layers}
            errors = distances(found, exact) | {"other_argmax": int(other.sum())}
            right = {"accuracy": float(np.mean(hits[f"{way}_{dtype}"]))}
            right |= {"exact_accuracy": float(np.mean(hits["exact"])), "points": count}
            rows.append(shape | sizes | errors | right)
        split = {name: hit.reshape(settings.repeats, -1).sum(axis=1) for name, hit in hits.items()}
        expected = exact.max(axis=1).reshape(settings.repeats, -1).sum(axis=1)
        repeats = [
            {"order": order, "n": n, "repeat": k, "points": settings.points}
            | {f"{name}_correct": int(of[k]) for name, of in split.items()}
            | {"excess": float(split["exact"][k] - expected[k])}
            for k in range(settings.repeats)
        ]
        yield rows, repeats


def probabilities(network: Network, points: np.ndarray) -> np.ndarray:
    """The softmax of the outputs at each point, computed in the dtype of the network."""
    found = values(network, points)
    return np.asarray(jax.nn.softmax(found, axis=1), float)


def values(network: Network, points: np.ndarray) -> Array:
    """The outputs at each point, computed in the dtype of the network."""
    return _evaluated(network, jnp.asarray(points, network.layers[0].weight.dtype))


@jax.jit
def _evaluated(network: Network, points: Array) -> Array:
    return jax.vmap(network)(points)


def distances(found: np.ndarray, exact: np.ndarray) -> Row:
    """The total variation distance, its mean and its largest value."""
    tv = np.asarray(total_variation(jnp.asarray(found), jnp.asarray(exact)))
    return {"tv_mean": float(tv.mean()), "tv_max": float(tv.max())}


def scale_rows(settings: Any) -> Iterator[Row]:
    """The classifier of the highest order at many scales, with the proved bound of its weights."""
    order, n = max(settings.orders), settings.scale_n
    key = jax.random.fold_in(jax.random.key(settings.seed), 2**20)
    _, points = model(order, n).sample(settings.points, key=key)
    exact = np.exp(model(order, n).log_posteriors(points))
    for dtype, scale in [(dtype, scale) for dtype in DTYPES for scale in settings.scales]:
        found = probabilities(classifier(order, n, "convolution", dtype, scale), points)
        parts = sites(order, dtype, scale)
        errors = [n * proved_error(one, bond(order, y)) for y, one in enumerate(parts)]
        noise = [rounding_estimate(unrolled(one, n), points) for one in parts]
        both = [error + rounding for error, rounding in zip(errors, noise, strict=True)]
        shape = {"order": order, "n": n, "dtype": dtype, "scale": scale}
        other = int((found.argmax(axis=1) != exact.argmax(axis=1)).sum())
        bounds = {
            "proved": softmax_distance_bound(errors),
            "with_rounding": softmax_distance_bound(both),
        }
        yield shape | distances(found, exact) | bounds | {"other_argmax": other}


def proved_error(one: Network, target: Polynomial) -> float:
    """The proved bound on the error of a site network; infinite where none is found."""
    try:
        return sup_error_bound(one, target).bound
    except ValueError:  # its neurons reach too far for Taylor polynomials
        return float("inf")


def rounding_estimate(network: Network, points: np.ndarray) -> float:
    """What rounding can do to the output at most, given how large its values are at the points.

    Each sum of m terms errs by at most m + 1 units of roundoff of the sum of their sizes, each
    neuron by some units more; silu stretches an error by 1.1 at most.
    """
    dtype = network.layers[0].weight.dtype
    unit = float(jnp.finfo(dtype).eps) / 2
    values, error = np.asarray(points, float), np.full(network.inputs, unit)
    for depth, part in enumerate(network.layers):
        weight = np.asarray(part.weight, float)
        bias = np.zeros(weight.shape[1]) if part.bias is None else np.asarray(part.bias, float)
        sizes = np.max(np.abs(values), axis=0) @ np.abs(weight) + np.abs(bias)
        error = error @ np.abs(weight) + (len(weight) + 1) * unit * sizes
        values = values @ weight + bias
        if depth < network.hidden_layers:
            error = _SLOPE * error + _ULPS * unit * np.max(np.abs(values), axis=0)
            values = values / (1 + np.exp(-values))
    return float(error[0])


def count_rows(settings: Any) -> Iterator[Row]:
    """Neurons and weights of every class, against those of a generic polynomial."""
    for order, y, n in cartesian(settings.orders, range(len(PRIORS)), settings.count_n):
        target, one = model(order, n).hamiltonians[y].polynomial, site(order, y)
        ring = unrolled(one, n)
        yield {
            "order": order,
            "class": y,
            "n": n,
            "terms": len(target.terms),
            "compiled_neurons": plan_deep(target, ACTIVATION, dtype="float64").neurons,
            "site_neurons": one.neurons,
            "convolution_neurons": ring.neurons,
            "convolution_weights": count_weights(one),
            "distinct_weights": _distinct(ring),
            "generic_coefficients": comb(n + order, order),
            "table_digits": n * log10(settings.values),
        }


def _distinct(ring: Network) -> int:
    """How many numbers other than zero its weights and biases are, layer by layer."""
    parts = [part for one in ring.layers for part in one if part is not None]
    return sum(len(np.setdiff1d(np.asarray(part), [0.0])) for part in parts)


def convolution_rows(settings: Any) -> Iterator[Row]:
    """The convolution, the same weights not shared, and the compiled ring, at random points."""
    for order, y, n in cartesian(settings.orders, range(len(PRIORS)), settings.n):
        target, one = model(order, n).hamiltonians[y].polynomial, site(order, y)
        points = np.random.default_rng(settings.seed).uniform(-1, 1, (256, n))
        ring, x = unrolled(one, n), jnp.asarray(points)
        shared = np.asarray(_convolved(one, x))[:, 0]
        compiled = deep_polynomial(target, ACTIVATION, dtype="float64")
        energies = model(order, n).hamiltonians[y].energies(points)
        yield {
            "order": order,
            "class": y,
            "n": n,
            "from_unrolled": _farthest(shared, values(ring, points)[:, 0]),
            "rounding": rounding_estimate(ring, points),
            "from_compiled": _farthest(shared, values(compiled, points)[:, 0]),
            "from_energies": _farthest(shared, energies),
            "proved": n * proved_error(one, bond(order, y)),
        }


@jax.jit
def _convolved(one: Network, points: Array) -> Array:
    return jax.vmap(lambda x: ring_sum(one, x))(points)


def _farthest(left: Any, right: Any) -> float:
    return float(np.abs(np.asarray(left) - np.asarray(right)).max())
