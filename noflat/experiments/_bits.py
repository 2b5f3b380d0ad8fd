"""Functions of bits: single products, whole functions, a classifier, and the cosine of a parity."""

from collections.abc import Iterator
from fractions import Fraction
from math import log, pi
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from noflat.constructions import (
    bit_error,
    bit_network,
    function_error,
    parity_neuron,
    sharpness_for,
    softmax_distance_bound,
)
from noflat.experiments.records import Row
from noflat.measure import total_variation
from noflat.networks import Network
from noflat.targets import Polynomial, bit_states, multilinear, polynomial, product, translates

PATTERNS = {
    2: ("x - 2*x*y", "-x + 2*x*y", "-x*y/2"),
    3: ("x - 2*x*y*z", "-x + 2*x*y*z", "-x*y/2"),
}
"""By order the patterns of three classes on a ring of bits."""

PRIORS = (0.5, 0.25, 0.25)


def gate_rows(settings: Any) -> Iterator[Row]:
    """The largest error of a product of k bits over all their states."""
    for k in settings.bits:
        for beta in settings.sharpness:
            found = _values(bit_network([product(k)], beta, dtype="float64"), bit_states(k))
            error = float(np.abs(found[:, 0] - bit_states(k).prod(axis=1)).max())
            yield {"bits": k, "sharpness": beta, "error": error, "formula": bit_error(beta)}


def digit_rows(settings: Any) -> Iterator[Row]:
    """The sharpness that a number of digits takes, found by bisection on the network's error."""
    for digits in settings.digits:
        low, high = 0.0, 100.0
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if _error(middle) > 10.0**-digits else (low, middle)
        yield {
            "digits": digits,
            "needed": high,
            "formula": sharpness_for(digits),
            "digits_at_half": -float(np.log10(_error(digits * log(10)))),
        }


def _error(beta: float) -> float:
    """Of a product of two bits, where one is missing: there no digit of it is lost."""
    return float(bit_network([product(2)], beta, dtype="float64")(jnp.array([1.0, 0.0]))[0])


def function_rows(settings: Any) -> Iterator[Row]:
    """Functions of n bits: their products of bits, and the error of their networks."""
    beta = sharpness_for(8)
    for n in range(2, settings.function_n + 1):
        states = bit_states(n)
        random = np.random.default_rng([settings.seed, n]).integers(0, 2, 2**n)
        functions = {
            "and": states.all(axis=1),
            "or": states.any(axis=1),
            "none": ~states.any(axis=1),
            "parity": states.sum(axis=1) % 2,
            "majority": 2 * states.sum(axis=1) > n,
            "random": random,
        }
        for name, values in functions.items():
            target = multilinear([int(value) for value in values])
            network = bit_network([target], beta, dtype="float64")
            found = _values(network, states)[:, 0]
            size = sum(abs(c) for e, c in target.terms if any(e))
            yield {
                "n": n,
                "function": name,
                "monomials": len(target.terms),
                "neurons": network.neurons,
                "states": 2**n,
                "error": float(np.abs(found - np.asarray(values, float)).max()),
                "bound": function_error(n, beta) + network.neurons * 2.0**-50 * float(size),
                "coefficients": float(size),
                "one_product": bit_error(beta),
            }


def classifier_rows(settings: Any) -> Iterator[Row]:
    """Classes with Hamiltonians on a ring of bits, checked on every state."""
    n, states = settings.bit_n, bit_states(settings.bit_n)
    for order, patterns in PATTERNS.items():
        targets = [_ring(pattern, n) for pattern in patterns]
        energies = np.stack([_on_states(target, states) for target in targets], axis=1)
        biases = np.log(np.exp(-energies).sum(axis=0)) - np.log(PRIORS)
        joint = np.exp(-energies - biases)
        exact = joint / joint.sum(axis=1, keepdims=True)
        for digits in settings.digits:
            beta = sharpness_for(digits)
            logits = _values(bit_network(targets, beta, dtype="float64"), states) + biases
            found = np.asarray(jax.nn.softmax(jnp.asarray(-logits), axis=1))
            sizes = [float(sum(abs(c) for e, c in t.terms if any(e))) for t in targets]
            accuracies = [joint[np.arange(2**n), p.argmax(axis=1)].sum() for p in (found, exact)]
            yield {
                "order": order,
                "n": n,
                "digits": digits,
                "sharpness": beta,
                "neurons": bit_network(targets, beta).neurons,
                "states": 2**n,
                "tv_max": float(total_variation(jnp.asarray(found), jnp.asarray(exact)).max()),
                "bound": softmax_distance_bound([bit_error(beta) * size for size in sizes]),
                "accuracy": float(accuracies[0]),
                "exact_accuracy": float(accuracies[1]),
                "accuracy_difference": float(accuracies[0] - accuracies[1]),
            }


def _ring(pattern: str, n: int) -> Polynomial:
    names = ("x", "y", "z") if "z" in pattern else ("x", "y")
    return translates(polynomial(pattern, variables=names), n)


def _on_states(target: Polynomial, states: np.ndarray) -> np.ndarray:
    parts = (float(c) * states[:, np.flatnonzero(e)].prod(axis=1) for e, c in target.terms)
    return sum(parts, np.zeros(len(states)))


def parity_rows(settings: Any) -> Iterator[Row]:
    """One cosine on all corners of the cube, and at random points between."""
    for n in settings.parity_n:
        corners = 1 - 2 * bit_states(n)
        network = parity_neuron(n, dtype="float64")
        wrong = np.abs(_values(network, corners)[:, 0] - corners.prod(axis=1))
        shape = (settings.repeats, settings.points)
        random = np.random.default_rng([settings.seed, n])
        inside = random.uniform(-1, 1, (settings.repeats * settings.points, n))
        differences = _values(network, inside)[:, 0] - inside.prod(axis=1)
        squares = (differences.reshape(shape) ** 2).mean(axis=1)
        yield {
            "n": n,
            "corners": 2**n,
            "corner_error": float(wrong.max()),
            "rounding": 2 * pi * n * 2.0**-53,
            "mean_square": float(squares.mean()),
            "standard_error": float(squares.std(ddof=1) / np.sqrt(len(squares))),
            "formula": float(_mean_square(n)),
            "best_share": 2 * (48 / pi**4) ** n,
        }


def _mean_square(n: int) -> float:
    """E (cos(pi/2 (sum x - n)) - prod x)^2 on the cube: 1/2 - 2 (4/pi^2)^n + 3^-n."""
    return 0.5 - 2 * (4 / pi**2) ** n + float(Fraction(1, 3**n))


def _values(network: Network, states: np.ndarray) -> np.ndarray:
    return np.asarray(_evaluated(network, jnp.asarray(states, "float64")))


@jax.jit
def _evaluated(network: Network, states: Array) -> Array:
    return jax.vmap(network)(states)
