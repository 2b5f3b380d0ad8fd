"""Bounds in the uniform sense: their values, any units, and the kernel of exp, sin and cos."""

from fractions import Fraction
from itertools import product
from math import ceil, comb, prod

import numpy as np
import pytest
from flint import fmpq, fmpq_mat

from noflat import conventions, targets
from noflat.activations import ACTIVATIONS, Activation
from noflat.certificates import lower_bound, verify
from noflat.certificates.kernels import squared_error_floor
from noflat.constructions import flat_product
from noflat.conventions import Convention, convention

CONVENTIONS = tuple(allowed.name for allowed in conventions.CONVENTIONS)
# Ranks of Koszul flattenings divided by those of a power: Theorem 5.2.
KOSZUL = {2: 2, 3: 4, 4: 7, 5: 13, 6: 22, 7: 42, 8: 72}


def free(name: str) -> int:
    return 2 if "affine_skip" in name else 1 if "output_bias" in name else 0


def least(n: int, activation: str, allowed: str) -> int:
    """The bounds of Theorems 5 and 6, without those that are cited."""
    universal = KOSZUL.get(n, comb(n, n // 2))
    if activation == "exp":
        return 2**n - free(allowed)
    if activation in ("sin", "cos"):
        return max(universal, ceil(Fraction(2**n - free(allowed), 2)))
    return universal


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 7, 8, 20, 24])
def test_values(n):
    for allowed in CONVENTIONS:
        for name in (*ACTIVATIONS, "power2"):
            question = targets.product(n), name
            certificate = lower_bound(*question, convention=allowed, sense="uniform")
            assert certificate.neurons == least(n, name, allowed)
            assert certificate.rests_on == "computed"
            cited = lower_bound(*question, convention=allowed, sense="uniform", cited=True)
            assert cited.neurons == max(least(n, name, allowed), 2 ** (n - 1))
            if name in ("exp", "sin", "relu"):
                assert verify(certificate).neurons == certificate.neurons
                assert verify(cited).neurons == cited.neurons


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_meets_constructions(n):
    for allowed in CONVENTIONS:
        for name in ("exp", "sin", "cos", "tanh", "silu", "gelu", "softplus", "gaussian"):
            try:
                built = flat_product(n, name, convention=allowed, scale=1.0).neurons
            except ValueError:  # the convention leaves this activation no way
                continue
            question = targets.product(n), name
            bound = lower_bound(*question, convention=allowed, sense="uniform").neurons
            cited = lower_bound(*question, convention=allowed, sense="uniform", cited=True).neurons
            assert bound <= cited <= built
            if name == "exp":
                assert bound == built
            if name in ("sin", "cos") and free(allowed) < 2:
                assert bound == 2 ** (n - 1) == cited
                assert built == bound or "hidden_bias" not in allowed


def test_a_name_of_your_own_is_any_activation():
    own = Activation("exp", lambda t: t**2)
    certificate = lower_bound(targets.product(2), own, sense="uniform")
    assert (certificate.neurons, certificate.activation) == (2, None)


@pytest.mark.parametrize(
    "unit", [lambda t: np.maximum(t, 0), lambda t: np.abs(t - 0.1), lambda t: np.tanh(3 * t)]
)
def test_a_smoothed_unit_bends_along_its_weights_only(unit):
    # Theorem 5: convolved with a bump, a unit of a . x has a multiple of a a^T for its Hessian, an
    # affine function has none, and xy keeps its own; by the midpoint rule, the second derivatives
    # put on the bump, whose integral is 1
    steps = 600
    z = (np.arange(steps) + 0.5) * 2 / steps - 1
    x, y = np.meshgrid(z, z, indexing="ij")
    line = (1 - z**2) ** 4
    first, second = -8 * z * (1 - z**2) ** 3, -8 * (1 - z**2) ** 2 * (1 - 7 * z**2)
    mass = line.sum() ** 2

    def hessian(values):
        pairs = ((second, line), (first, first), (line, second))
        return np.array([np.sum(np.outer(*pair) * values) for pair in pairs]) / mass

    a = np.array([0.8, -1.3])
    squares = np.array([a[0] ** 2, a[0] * a[1], a[1] ** 2])
    found = hessian(unit(0.2 - a[0] * x - a[1] * y))
    assert np.abs(found).max() > 0.1
    # off by the square of the step
    np.testing.assert_allclose(found, found @ squares / (squares @ squares) * squares, atol=1e-4)
    np.testing.assert_allclose(hessian(0.5 + 2 * x - y), 0, atol=1e-4)
    np.testing.assert_allclose(hessian((0.2 - x) * (0.1 - y)), [0, 1, 0], atol=1e-4)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_too_narrow_a_first_layer_is_constant_where_the_product_is_not(n):
    # Theorem D1: along a direction that the first layer does not see, from the point of halves
    random, t = np.random.default_rng(n), np.linspace(-0.5, 0.5, 101)[:, None]
    for _ in range(200):
        weights = random.normal(size=(n, n - 1))
        hidden = random.normal(size=n - 1)
        direction = np.linalg.svd(weights)[0][:, -1]
        line = 0.5 + t * direction
        seen = np.tanh(line @ weights + hidden)
        np.testing.assert_allclose(seen, seen[:1].repeat(101, 0), atol=1e-12)
        values = line.prod(axis=1)
        assert np.ptp(values) > 2.0 ** -(n + 2)


def test_relu_floor():
    random = np.random.default_rng(0)
    for m in range(1, 6):
        floor = Fraction(1, 2 * (m + 1) ** 2)
        # the polygon through the knots of t^2, lowered by the floor, is as close at all of them
        h = Fraction(2, m + 1)
        assert h**2 / 8 == floor
        for k in range(m + 1):
            left, right = -1 + k * h, -1 + (k + 1) * h
            chord = (left**2 + right**2) / 2 - floor
            assert abs(chord - ((left + right) / 2) ** 2) == abs(left**2 - floor - left**2) == floor
        t = np.linspace(-1, 1, 4001)
        for _ in range(20):  # the best readout of random knots, in the mean: no better in the sup
            hidden = np.maximum(random.normal(size=m) * t[:, None] + random.normal(size=m), 0)
            features = np.column_stack([hidden, t, np.ones_like(t)])
            readout = np.linalg.lstsq(features, t**2, rcond=None)[0]
            # between grid points t^2 moves by less than 1e-3, and its polygons by less than 1e-6
            assert np.max(np.abs(features @ readout - t**2)) > float(floor) - 1e-6


# --- the kernel f(x + y) ------------------------------------------------------------------------

HALF = Fraction(1, 2)


def grid(n: int) -> list[tuple[Fraction, ...]]:
    return list(product((-HALF, HALF), repeat=n))


def kernel(function, n: int) -> fmpq_mat:
    points = grid(n)
    values = [
        Fraction(function([a + b for a, b in zip(x, y, strict=True)]))
        for x in points
        for y in points
    ]
    return fmpq_mat(len(points), len(points), [fmpq(v.numerator, v.denominator) for v in values])


@pytest.mark.parametrize("n", [2, 3, 4])
def test_point_witness(n):
    assert abs(kernel(prod, n).det()) == 1
    witness = lower_bound(targets.product(n), "exp", sense="uniform").witness
    points = [Fraction(p) for p in witness["points"]]
    assert [[str(x + y) for x in points] for y in points] == witness["kernel"]
    one = fmpq_mat(2, 2, [fmpq(int(x + y)) for x in points for y in points])
    whole = fmpq_mat(1, 1, [fmpq(1)])
    for _ in range(n):
        whole = kronecker(whole, one)
    assert whole == kernel(prod, n)


def kronecker(a: fmpq_mat, b: fmpq_mat) -> fmpq_mat:
    rows, columns = a.nrows() * b.nrows(), a.ncols() * b.ncols()
    entries = [
        a[i // b.nrows(), j // b.ncols()] * b[i % b.nrows(), j % b.ncols()]
        for i in range(rows)
        for j in range(columns)
    ]
    return fmpq_mat(rows, columns, entries)


@pytest.mark.parametrize(
    ("allowed", "extra"), [("bias_free", 0), ("output_bias", 1), ("affine_skip", 2)]
)
def test_a_network_of_m_neurons_has_a_kernel_of_small_rank(allowed, extra):
    # exp and cos at rational values: e^a = q for exp, e^(ia) on the circle for cos
    n, random = 3, np.random.default_rng(1)
    circle = [(Fraction(3, 5), Fraction(4, 5)), (Fraction(5, 13), Fraction(12, 13))]
    assert len(convention(allowed).free_degrees) == extra

    def affine(z: list[Fraction]) -> Fraction:
        return (extra > 0) * Fraction(7, 3) + (extra > 1) * sum(
            (2 + i) * t for i, t in enumerate(z)
        )

    for m in (1, 2, 3):
        bases = [[Fraction(int(q), 7) for q in row] for row in random.integers(1, 20, (m, n))]
        turns = [[circle[int(c)] for c in row] for row in random.integers(0, 2, (m, n))]

        def exponentials(z, bases=bases):
            # z is a sum of two halves, so its entries are integers
            powers = [prod(q ** int(t) for q, t in zip(row, z, strict=True)) for row in bases]
            return sum((j + 2) * v for j, v in enumerate(powers)) + affine(z)

        def cosines(z, turns=turns):
            total = Fraction(0)
            for row in turns:
                real, imaginary = circle[1]  # the hidden bias
                for (c, s), t in zip(row, z, strict=True):
                    for _ in range(abs(int(t))):
                        turn = s if t > 0 else -s
                        real, imaginary = real * c - imaginary * turn, real * turn + imaginary * c
                total += real
            return total + affine(z)

        assert kernel(exponentials, n).rank() <= m + extra
        assert kernel(cosines, n).rank() <= 2 * m + extra
    assert kernel(exponentials, n).rank() == 3 + extra  # and not less: the count is sharp


def sup_rank_bound(n: int, eta: float) -> float:
    """Theorem 7a."""
    return 2**n * (1 - eta) ** 2 / ((1 + eta) ** 2 + (2**n - 1) * eta**2)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_sup_rank_bound(n):
    random, diagonal = (
        np.random.default_rng(n),
        np.diag([float(prod(2 * t for t in x)) for x in grid(n)]),
    )
    for rank in range(1, 2**n + 1):
        for _ in range(20):
            # start near the diagonal, or nowhere near it: the inequality holds for every matrix
            left = random.normal(size=(2**n, rank))
            right = np.linalg.lstsq(left, diagonal, rcond=None)[0]
            eta = np.max(np.abs(left @ right - diagonal))
            if eta < 1:
                assert rank >= sup_rank_bound(n, eta) - 1e-9
    assert sup_rank_bound(n, 0.0) == 2**n
    points = np.array(list(product((-1.0, 0.0, 1.0), repeat=n)))
    for scale in (1.0, 0.5, 0.1):
        # Theorem 1f: 2^n exponentials of scale s make prod sinh(s x_i) / s^n
        eta = np.max(np.abs(np.prod(np.sinh(scale * points) / scale, 1) - np.prod(points, 1)))
        assert eta >= 1 or sup_rank_bound(n, eta) <= 2**n


@pytest.mark.parametrize("n", [2, 3])
def test_cube_weights(n):
    # z = x + y with x = +-1/2 and y uniform on [-1/2, 1/2]: P is linear in y, two nodes are exact
    nodes, weights = np.polynomial.legendre.leggauss(2)
    x, y = (
        np.array(list(product((-0.5, 0.5), repeat=n))),
        np.array(list(product(nodes / 2, repeat=n))),
    )
    mass = np.prod(list(product(weights / 2, repeat=n)), 1)
    matrix = np.prod(x[:, None] + y[None], 2) * np.sqrt(mass)[None] / 2 ** (n / 2)
    squared = np.linalg.svd(matrix, compute_uv=False) ** 2 * 3**n
    np.testing.assert_allclose(squared.sum(), 1)
    for activation, per_neuron in (("exp", 1), ("sin", 2), ("cos", 2)):
        for allowed in CONVENTIONS:
            for m in range(2**n + 2):
                floor = squared_error_floor(n, activation, convention(allowed), m, "cube")
                tail = squared[per_neuron * m + free(allowed) :].sum()
                np.testing.assert_allclose(float(floor), tail, atol=1e-14)


def test_cube_weights_of_many_variables():
    floors = [squared_error_floor(40, "exp", Convention(), 2**k, "cube") for k in range(41)]
    assert all(a > b for a, b in zip(floors, floors[1:], strict=False))
    assert floors[-1] == 0
    assert floors[0] == 1 - Fraction(3, 4) ** 40
    assert squared_error_floor(5, "tanh", Convention(), 0, "cube") == 0  # nothing is known
