"""The rows on learning networks with few active neurons by the low-degree algorithm."""

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from noflat.activations import relu
from noflat.arguments import generator, named_key, numbered_keys
from noflat.certificates import SparseActivation, certify_sparse_activation
from noflat.constructions import (
    dense_parity,
    gated_experts,
    index_network,
    junta_network,
    majority_network,
)
from noflat.experiments.records import Row, where
from noflat.measure.bias_kernels import sphere_points
from noflat.measure.complexities import crossing, sample_complexity
from noflat.measure.cube import (
    all_signs,
    average_sensitivity,
    degree_weights,
    fourier_coefficients,
    walsh_sums,
)
from noflat.measure.low_degree import (
    averages_error,
    best_ridge,
    certified_samples,
    least_samples,
    least_squares_error,
    ridge_error,
)
from noflat.networks import Layer, Network
from noflat.training.low_degree import (
    gram_of_sums,
    low_degree_features,
    low_degree_sets,
    solve_low_degree,
)

_RIDGES = 1e-9, 1e9
"""In place of none, where a degree shows everything, and of an infinite one, where nothing."""


class Teacher(NamedTuple):
    """A function of all words of n signs, of variance 1, and the network that it is.

    Attributes:
        name: What it is.
        sparse: Whether few neurons are active at a time by construction.
        network: The network before it was divided by the standard deviation.
        deviation: That.
        values: The function at all words.
        weights: Its squared Fourier coefficients by degree.
        certificate: How many neurons of the network are active, proved for k itself.
    """

    name: str
    sparse: bool
    network: Network
    deviation: float
    values: np.ndarray
    weights: np.ndarray
    certificate: SparseActivation

    @property
    def bound(self) -> float:
        """What the average sensitivity is at most, 4 k^2 W^2."""
        return float(self.certificate.uniform_bound or 0) / self.deviation**2

    @property
    def n(self) -> int:
        """The number of signs."""
        return self.network.inputs

    def columns(self) -> Row:
        """Those that name it."""
        return {
            "teacher": self.name,
            "sparse": int(self.sparse),
            "n": self.n,
            "s": self.network.neurons,
        }


def teachers(settings: Any) -> list[Teacher]:
    """Networks with few active neurons, and others, each of variance 1."""
    n, b = settings.teacher_signs, settings.address
    key = named_key(settings.seed, "junta")
    junta = generator(key).choice([-1.0, 1.0], size=2**b)
    odd = n - 1 + n % 2
    sparse = {
        f"gated experts, b = {b}": _experts(n, b, settings.seed),
        f"index, b = {b}": index_network(b),
        f"junta of {b} signs": junta_network(junta, inputs=n),
    }
    others = {
        f"random dense, s = {2**b}": _random_dense(n, 2**b, settings.seed),
        f"majority of {odd} signs": majority_network(odd),
        f"parity of {2**b} signs": dense_parity(min(2**b, n), inputs=n),
        f"parity of {n} signs": dense_parity(n),
    }
    return [
        *(_teacher(name, True, network) for name, network in sparse.items()),
        *(_teacher(name, False, network) for name, network in others.items()),
    ]


def low_degree_rows(settings: Any) -> Iterator[Row]:
    """Learning curves: every teacher, method, degree and sample size, over seeds."""
    ladder = [2**i for i in range(settings.ladder[0], settings.ladder[1] + 1)]
    for teacher in teachers(settings):
        best = least_samples(teacher.weights, settings.level).degree
        degrees = sorted({*settings.degrees, best})
        for samples in ladder:
            yield from _average_rows(teacher, degrees, samples, settings)
        for degree in degrees:
            features = low_degree_features(teacher.n, degree)
            for ratio in settings.ratios if features <= settings.most_features else ():
                samples = max(1, round(ratio * features))
                yield from _solver_rows(teacher, degree, samples, settings)


def sample_complexity_rows(rows: list[Row], settings: Any) -> Iterator[Row]:
    """The samples for an error of the level: in closed form, measured, and certified."""
    for teacher in teachers(settings):
        sensitivity = float(average_sensitivity(jnp.asarray(teacher.weights)))
        found, bound = teacher.certificate, teacher.bound
        squares = float(teacher.weights.sum())
        exact = least_samples(teacher.weights, settings.level)
        by_sensitivity, by_bound = (
            certified_samples(known, squares, teacher.n, settings.level)
            for known in (sensitivity, bound)
        )
        mine = where(rows, teacher=teacher.name)
        curve = where(mine, method="averages", degree=exact.degree)
        averages, solved = _measured(curve, settings.level), _best_ridge(mine, settings.level)
        sizes, predicted = ([row[name] for row in curve] for name in ("samples", "predicted"))
        yield teacher.columns() | {
            "active": found.active,
            "largest_weight": float(found.weight_squared) ** 0.5,
            "deviation": teacher.deviation,
            "level": settings.level,
            "sensitivity": sensitivity,
            "sensitivity_bound": bound,
            "degree": exact.degree,
            "features": exact.features,
            "samples": exact.samples,
            "measured_samples": averages.size,
            "low": averages.low if averages.size else None,
            "high": averages.high if np.isfinite(averages.high) else None,
            "interpolated_samples": crossing(sizes, predicted, settings.level).size,
            **solved,
            "certified_degree": by_sensitivity.degree,
            "certified_samples": by_sensitivity.samples,
            "bound_degree": by_bound.degree,
            "bound_samples": by_bound.samples,
        }


def sample_growth_rows(settings: Any) -> Iterator[Row]:
    """How the samples grow with n for the same sizes, in closed form; parity beside it."""
    b, level = settings.address, settings.level
    names = [f"gated experts, b = {b}", f"junta of {b} signs", "parity of all signs"]
    key = named_key(settings.seed, "junta")
    values = generator(key).choice([-1.0, 1.0], size=2**b)
    junta = _teacher(names[1], True, junta_network(values, inputs=b))
    for n in settings.growth_signs:
        gated = _teacher(names[0], True, _experts(n, b, settings.seed))
        yield _growth_row(names[0], n, 2**b, gated.weights, gated.bound, level)
    for n in (*settings.growth_signs, *settings.far_signs):
        spectrum = np.append(junta.weights, np.zeros(n - b))
        yield _growth_row(names[1], n, 2**b, spectrum, junta.bound, level)
        bound = float(_certified(dense_parity(n)).uniform_bound or 0)
        yield _growth_row(names[2], n, n, np.append(np.zeros(n), 1.0), bound, level)


# --- teachers ------------------------------------------------------------------------------------


def _teacher(name: str, sparse: bool, network: Network) -> Teacher:
    words = jnp.asarray(all_signs(network.inputs))
    values = np.asarray(jax.jit(jax.vmap(network))(words)[:, 0])
    deviation = float(values.std())
    scaled = values / deviation
    weights = np.asarray(jax.jit(degree_weights)(jnp.asarray(scaled)))
    return Teacher(name, sparse, network, deviation, scaled, weights, _certified(network))


def _experts(n: int, b: int, seed: int) -> Network:
    return gated_experts(np.asarray(sphere_points(2**b, n - b, key=named_key(seed, "experts", n))))


def _random_dense(n: int, s: int, seed: int) -> Network:
    key = named_key(seed, "dense", n)
    readout = jax.random.rademacher(jax.random.fold_in(key, 1), (s, 1), "float64")
    first = Layer(sphere_points(s, n, key=key).T, jnp.zeros(s))
    return Network((first, Layer(readout)), relu)


def _certified(network: Network) -> SparseActivation:
    """How many neurons are active and what follows, proved for k itself; else an error."""
    found = certify_sparse_activation(network, method="branch_and_bound")
    if not found.exact:
        raise ValueError(f"k of a teacher is only known to be {found.seen} to {found.active}")
    return found


# --- learning curves -----------------------------------------------------------------------------


def _average_rows(
    teacher: Teacher, degrees: list[int], samples: int, settings: Any
) -> Iterator[Row]:
    values, key = jnp.asarray(teacher.values), named_key(settings.seed, teacher.name, samples)
    sums = [
        np.asarray(_summed(values, _counts(teacher.n, samples, one))[1])
        for one in numbered_keys(key, range(settings.seeds))
    ]
    spectrum = np.asarray(_spectrum(values))
    for degree in degrees:
        sets = low_degree_sets(teacher.n, degree)
        beyond = teacher.weights[degree + 1 :].sum()
        errors = [beyond + np.sum((found[sets] - spectrum[sets]) ** 2) for found in sums]
        predicted = averages_error(teacher.weights, degree, samples)
        yield _curve_row(teacher, "averages", degree, samples, errors, predicted)


def _solver_rows(teacher: Teacher, degree: int, samples: int, settings: Any) -> Iterator[Row]:
    values, key = jnp.asarray(teacher.values), named_key(settings.seed, teacher.name, samples)
    ridge = float(np.clip(best_ridge(teacher.weights, degree, samples), *_RIDGES))
    counts = [
        _counts(teacher.n, samples, one) for one in numbered_keys(key, range(settings.solver_seeds))
    ]
    if degree in settings.degrees:
        errors = [float(_solved(values, one, None, degree)) for one in counts]
        predicted = least_squares_error(teacher.weights, degree, samples)
        finite = predicted if np.isfinite(predicted) else None
        yield _curve_row(teacher, "least squares", degree, samples, errors, finite)
    errors = [float(_solved(values, one, jnp.asarray(ridge), degree)) for one in counts]
    told = ridge_error(teacher.weights, degree, samples, ridge)
    yield _curve_row(teacher, "ridge", degree, samples, errors, told)


def _counts(n: int, samples: int, key: Array) -> np.ndarray:
    """How often each word was drawn."""
    drawn = generator(key).integers(2**n, size=samples)
    return np.bincount(drawn, minlength=2**n) / samples


_spectrum = jax.jit(fourier_coefficients)


@jax.jit
def _summed(values: Array, counts: Array) -> tuple[Array, Array]:
    return walsh_sums(counts), walsh_sums(counts * values)


@partial(jax.jit, static_argnums=3)
def _solved(values: Array, counts: Array, ridge: Array | None, degree: int) -> Array:
    """The error over all words; without a ridge where that is None."""
    n = len(values).bit_length() - 1
    sets = jnp.asarray(low_degree_sets(n, degree))
    sums, products = _summed(values, counts)
    weight = 0.0 if ridge is None else ridge
    found = solve_low_degree(gram_of_sums(sums, n, degree), products[sets], weight)
    return jnp.sum(fourier_coefficients(values).at[sets].add(-found) ** 2)


def _curve_row(
    teacher: Teacher, method: str, degree: int, samples: int, errors: Any, predicted: Any
) -> Row:
    found = np.asarray(errors)
    return teacher.columns() | {
        "method": method,
        "degree": degree,
        "features": low_degree_features(teacher.n, degree),
        "samples": samples,
        "seeds": len(found),
        "error": float(found.mean()),
        "standard_error": float(found.std(ddof=1) / len(found) ** 0.5),
        "median_error": float(np.median(found)),
        "predicted": predicted,
        "tail": float(teacher.weights[degree + 1 :].sum()),
        "of_seeds": " ".join(f"{error:.6g}" for error in found),
    }


def _measured(rows: list[Row], level: float) -> Any:
    ordered = sorted(rows, key=lambda row: row["samples"])
    errors = np.array([[float(one) for one in str(row["of_seeds"]).split()] for row in ordered])
    return sample_complexity([row["samples"] for row in ordered], errors.T, level)


def _best_ridge(rows: list[Row], level: float) -> Row:
    """The degree at which a ridge takes the fewest samples, and these."""
    mine = where(rows, method="ridge")
    found = {
        degree: _measured(where(mine, degree=degree), level).size
        for degree in sorted({row["degree"] for row in mine})
    }
    reached = {degree: size for degree, size in found.items() if size is not None}
    best = min(reached, key=lambda degree: reached[degree], default=None)
    return {"ridge_degree": best, "ridge_samples": reached.get(best) if reached else None}


def _growth_row(name: str, n: int, s: int, weights: np.ndarray, bound: float, level: float) -> Row:
    exact = least_samples(weights, level)
    certified = certified_samples(bound, float(weights.sum()), n, level)
    return {
        "teacher": name,
        "n": n,
        "s": s,
        "level": level,
        "sensitivity": float(average_sensitivity(jnp.asarray(weights))),
        "sensitivity_bound": bound,
        "degree": exact.degree,
        "features": exact.features,
        "samples": exact.samples,
        "bound_degree": certified.degree,
        "bound_samples": certified.samples,
    }
