"""Bounds at a fixed error under standard normal inputs: Theorems 7c and 8, by second methods."""

from fractions import Fraction
from itertools import permutations, product
from math import ceil, comb, factorial, prod

import numpy as np
import pytest
from flint import fmpq, fmpq_mat

from noflat import conventions, targets
from noflat.activations import ACTIVATIONS, Activation
from noflat.certificates import lower_bound, verify
from noflat.certificates.kernels import squared_error_floor
from noflat.conventions import Convention, convention

CONVENTIONS = tuple(allowed.name for allowed in conventions.CONVENTIONS)
ERRORS = (Fraction(0), Fraction(1, 10**9), Fraction(1, 10), Fraction(1, 2), Fraction(99, 100))


def free(name: str) -> int:
    return 2 if "affine_skip" in name else 1 if "output_bias" in name else 0


def least(n: int, activation: str, allowed: str, error: Fraction) -> int:
    share = 1 - error**2
    universal = ceil(share * comb(n, n // 2))
    if activation == "exp":
        return max(universal, ceil(share * 2**n - free(allowed)))
    if activation in ("sin", "cos"):
        return max(universal, ceil((share * 2**n - free(allowed)) / 2))
    return universal


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 7, 8, 20, 24])
def test_values(n):
    for allowed in CONVENTIONS:
        for name in (*ACTIVATIONS, "power2"):
            for error in ERRORS:
                certificate = lower_bound(
                    targets.product(n), name, convention=allowed, sense="gaussian", error=error
                )
                assert certificate.neurons == least(n, name, allowed, error)
                if name in ("exp", "sin", "relu"):
                    assert verify(certificate).neurons == certificate.neurons


def test_monotone_in_the_error():
    for name in ("relu", "exp", "cos"):
        bounds = [
            lower_bound(targets.product(6), name, sense="gaussian", error=Fraction(k, 100)).neurons
            for k in range(100)
        ]
        assert bounds == sorted(bounds, reverse=True)
        assert bounds[0] == {"relu": 20, "exp": 64, "cos": 32}[name]
        assert bounds[-1] > 0


@pytest.mark.parametrize(
    ("error", "exact"),
    [
        (0.1, Fraction(1, 10)),  # the number that was written, not the nearest float
        ("0.1", Fraction(1, 10)),
        ("1/10", Fraction(1, 10)),
        (1e-3, Fraction(1, 1000)),
        (0, Fraction(0)),
        (0.0, Fraction(0)),
        ("0", Fraction(0)),
        (Fraction(2, 7), Fraction(2, 7)),
        (5e-324, Fraction(5, 10**324)),
    ],
)
def test_the_error_is_read_exactly(error, exact):
    certificate = lower_bound(targets.product(3), "relu", sense="gaussian", error=error)
    assert certificate.error == exact
    assert verify(certificate).neurons == 3


@pytest.mark.parametrize(
    "error", [None, -0.1, 1, 1.0, float("nan"), float("inf"), "", "a", "1/0", Fraction(1, 10**499)]
)
def test_errors(error):
    with pytest.raises(ValueError, match="`error` must be a relative rms error from 0 to below 1"):
        lower_bound(targets.product(3), "exp", sense="gaussian", error=error)


def test_a_name_of_your_own_is_any_activation():
    own = Activation("exp", lambda t: t**2)
    certificate = lower_bound(targets.product(4), own, sense="gaussian", error=0)
    assert (certificate.neurons, certificate.activation) == (6, None)


# --- Theorem 7c: the kernel ---------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 3])
def test_exp_trig_ceiling(n):
    # z = x + y, both normal of variance 1/2; P is linear in x and in y, two nodes are exact
    nodes, weights = np.polynomial.hermite_e.hermegauss(2)
    points = np.array(list(product(nodes / np.sqrt(2), repeat=n)))
    mass = np.prod(list(product(weights / weights.sum(), repeat=n)), 1)
    matrix = np.prod(points[:, None] + points[None], 2) * np.sqrt(np.outer(mass, mass))
    squared = np.linalg.svd(matrix, compute_uv=False) ** 2
    np.testing.assert_allclose(squared, 2.0**-n)
    for activation, per_neuron in (("exp", 1), ("sin", 2), ("cos", 2)):
        for allowed in CONVENTIONS:
            for m in range(2**n + 2):
                tail = squared[per_neuron * m + free(allowed) :].sum()
                universal = max(0.0, 1 - m / comb(n, n // 2))
                floor = squared_error_floor(n, activation, convention(allowed), m, "gaussian")
                np.testing.assert_allclose(float(floor), max(tail, universal), atol=1e-14)


@pytest.mark.parametrize("n", [2, 3])
def test_no_exponentials_exceed_the_ceiling(n):
    # E e^(ax) e^(bx) = e^(|a+b|^2/2) and E e^(ax) P = e^(|a|^2/2) prod a: the best readout
    random = np.random.default_rng(n)
    for m in range(1, 2**n + 1):
        for _ in range(20):
            a = random.normal(size=(m, n))
            gram = np.exp(np.sum((a[:, None] + a[None]) ** 2, 2) / 2)
            against = np.exp(np.sum(a**2, 1) / 2) * np.prod(a, 1)
            readout = np.linalg.lstsq(gram, against, rcond=None)[0]
            assert against @ readout <= m / 2**n + 1e-6
            floor = squared_error_floor(n, "exp", Convention(), m, "gaussian")
            assert 1 - against @ readout >= float(floor) - 1e-6


def test_floor_and_bound_agree():
    for n in range(2, 7):
        for name in ("exp", "cos", "tanh"):
            for allowed in CONVENTIONS:

                def floor(m: int, n=n, name=name, allowed=allowed) -> Fraction:
                    return squared_error_floor(n, name, convention(allowed), m, "gaussian")

                for error in ERRORS:
                    m = lower_bound(
                        targets.product(n), name, convention=allowed, sense="gaussian", error=error
                    ).neurons
                    assert floor(m) <= error**2
                    assert m == 0 or floor(m - 1) > error**2


def test_floor_of_many_variables():
    assert squared_error_floor(100, "exp", Convention(), 2**99, "gaussian") == Fraction(1, 2)
    assert squared_error_floor(100, "relu", Convention(), 0, "gaussian") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, "exp", Convention(), 1, "cube"), "`n` must be at least 2"),
        ((3, "exp", Convention(), -1, "cube"), "`neurons` must not be negative; got -1"),
        ((3, "exp", Convention(), 1, "sphere"), "`inputs` must be cube or gaussian; got 'sphere'"),
    ],
)
def test_errors_of_the_floor(arguments, message):
    with pytest.raises(ValueError, match=message):
        squared_error_floor(*arguments)


# --- Theorem 8: the flattening ------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 3, 4])
def test_flattening_singular_values(n):
    # the symmetrized tensor of e_1 ... e_n, entry by entry, flattened at every order
    entry = {p: fmpq(1, factorial(n)) for p in permutations(range(n))}
    for order in range(1, n):
        rows = list(product(range(n), repeat=order))
        columns = list(product(range(n), repeat=n - order))
        flat = [entry.get((*r, *c), fmpq(0)) for r in rows for c in columns]
        matrix = fmpq_mat(len(rows), len(columns), flat)
        gram = matrix * matrix.transpose()
        squared = fmpq(factorial(order) * factorial(n - order), factorial(n) ** 2)
        # a multiple of a projection of that rank: so many equal singular values, and no others
        assert gram * gram == gram * squared
        assert gram.rank() == comb(n, order)
        assert comb(n, order) * factorial(n) * squared == 1
    witness = lower_bound(targets.product(n), "relu", sense="gaussian", error=0).witness
    count = Fraction(factorial(n) * factorial(n // 2) * factorial(n - n // 2), factorial(n) ** 2)
    assert witness["squared_singular_value"] == str(count)
    assert (witness["order"], witness["count"]) == (n // 2, comb(n, n // 2))


@pytest.mark.parametrize("n", [2, 3, 4])
def test_ceiling(n):
    # the best readout of m Hermite ridges, exactly: with E h_j h_k = n! (u_j u_k)^n and
    # E h_j P = n! prod u_j
    random = np.random.default_rng(n)
    for m in range(1, comb(n, n // 2) + 1):
        for _ in range(10):
            u = random.integers(-4, 5, size=(m, n)).tolist()
            gram = fmpq_mat(m, m, [fmpq(dot(a, b) ** n * factorial(n)) for a in u for b in u])
            against = fmpq_mat(m, 1, [fmpq(factorial(n) * prod(a)) for a in u])
            if gram.rank() < m:
                continue
            share = (against.transpose() * gram.solve(against))[0, 0]
            assert 0 <= share <= fmpq(m, comb(n, n // 2))
            assert share <= fmpq(m, 2 ** (n - 1))  # Conjecture 8.1
    signs = [(1, *s) for s in product((-1, 1), repeat=n - 1)]
    gram = fmpq_mat(
        len(signs), len(signs), [fmpq(dot(a, b) ** n * factorial(n)) for a in signs for b in signs]
    )
    against = fmpq_mat(len(signs), 1, [fmpq(factorial(n) * prod(a)) for a in signs])
    assert (against.transpose() * gram.solve(against))[0, 0] == 1  # the half cube is exact


def dot(a: list[int] | tuple[int, ...], b: list[int] | tuple[int, ...]) -> int:
    return sum(s * t for s, t in zip(a, b, strict=True))


@pytest.mark.parametrize("unit", [np.tanh, lambda t: np.maximum(t, 0) ** 2, lambda t: t > 0.3])
def test_ridge_chaos_is_rank_one(unit):
    # a unit's coefficients of degree k are those of (u x)^k, up to one factor; by quadrature in a
    # rotated plane, where the unit depends on one coordinate and the polynomials are exact in both
    n, nodes_and_weights = 2, np.polynomial.hermite_e.hermegauss(60)
    nodes, weights = nodes_and_weights[0], nodes_and_weights[1] / nodes_and_weights[1].sum()
    u = np.array([0.6, -0.8])
    plane = np.array(list(product(nodes, repeat=n))) @ np.array([u, [0.8, 0.6]])
    mass = np.prod(list(product(weights, repeat=n)), 1)
    for k in (1, 2, 3, 4):
        alphas = [(k - i, i) for i in range(k + 1)]
        hermite = [
            np.prod(
                [
                    np.polynomial.hermite_e.hermeval(plane[:, i], np.eye(k + 1)[a[i]])
                    for i in (0, 1)
                ],
                0,
            )
            for a in alphas
        ]
        found = np.array([np.sum(mass * unit(plane @ u) * h) for h in hermite])
        powers = np.array([np.prod(u ** np.array(a)) for a in alphas])
        np.testing.assert_allclose(found, found @ powers / (powers @ powers) * powers, atol=1e-10)


def test_the_conjecture_is_not_what_is_certified():
    # 8.1 would give 8
    assert lower_bound(targets.product(4), "tanh", sense="gaussian", error=0).neurons == 6
