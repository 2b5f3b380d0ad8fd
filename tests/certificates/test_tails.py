"""Bounds at an error under normal inputs for any polynomial: spectra by three other routes."""

from fractions import Fraction
from itertools import product as cartesian
from math import factorial, prod

import numpy as np
import pytest
from sample_certificates import sealed

from noflat.certificates import CertificateError, lower_bound, verify
from noflat.certificates.checker.tails import _eigenvalues
from noflat.certificates.kernels import gaussian_bound
from noflat.certificates.tails import gaussian_tail_bound
from noflat.conventions import CONVENTIONS, Convention
from noflat.targets import elementary_symmetric, monomial, polynomial, product

TARGETS = ["x*y + z", "x**2*y - y**3", "x*y*z + 2*w**3 - x*w", "x**4 + y**2 - 3", "x**2*y**2 + x*y"]
ERRORS = [Fraction(k, 20) for k in (0, 1, 3, 7, 12, 19)]


def chaos_spectra(target):
    """The squared singular values of every chaos part, as a full tensor split in the middle."""
    chaos = target.hermite()
    found = []
    for degree in range(2, target.degree + 1):
        tensor = np.zeros((target.inputs,) * degree)
        for indices in cartesian(range(target.inputs), repeat=degree):
            alpha = tuple(indices.count(i) for i in range(target.inputs))
            entry = chaos.get(alpha, Fraction(0)) * prod(map(factorial, alpha))
            tensor[indices] = float(entry) / np.sqrt(factorial(degree))
        matrix = tensor.reshape(target.inputs ** (degree // 2), -1)
        found.append(np.linalg.svd(matrix, compute_uv=False) ** 2)
    return found


def kernel_spectrum(target):
    """The squared singular values of p((x + y) / sqrt 2), by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(target.degree + 1)
    weights = weights / weights.sum()
    grid = np.array([*cartesian(nodes, repeat=target.inputs)])
    mass = np.sqrt(np.prod([*cartesian(weights, repeat=target.inputs)], axis=1))
    sums = (grid[:, None, :] + grid[None, :, :]) / np.sqrt(2)
    values = sum(
        float(c) * np.prod(sums ** np.array(e)[None, None], axis=2) for e, c in target.terms
    )
    return np.linalg.svd(mass[:, None] * values * mass[None], compute_uv=False) ** 2


def least_rank(spectra, allowed):
    rank = 0
    while sum(values[rank:].sum() for values in spectra) > allowed * (1 + 1e-9) + 1e-12:
        rank += 1
    return rank


def mean_square(target):
    return float(sum(h**2 * prod(map(factorial, a)) for a, h in target.hermite().items()))


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("text", TARGETS)
def test_any_activation_against_full_tensors(text, error):
    target = polynomial(text)
    allowed = float(error) ** 2 * mean_square(target)
    certificate = lower_bound(target, "relu", sense="gaussian", error=error)
    assert certificate.neurons == least_rank(chaos_spectra(target), allowed)
    assert verify(certificate).neurons == certificate.neurons


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("text", TARGETS)
def test_kernels_against_quadrature(text, error):
    target = polynomial(text)
    spectrum = kernel_spectrum(target)
    assert spectrum.sum() == pytest.approx(mean_square(target))
    rank = least_rank([spectrum], float(error) ** 2 * mean_square(target))
    for allowed in CONVENTIONS:
        for name, per_neuron in (("exp", 1), ("cos", 2)):
            certificate = lower_bound(
                target, name, convention=allowed, sense="gaussian", error=error
            )
            any_activation = lower_bound(target, "relu", sense="gaussian", error=error)
            by_kernel = -(-(rank - len(allowed.free_degrees)) // per_neuron)
            assert certificate.neurons == max(0, by_kernel, any_activation.neurons)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_the_product_has_what_its_own_theorems_say(n):
    for error in ERRORS:
        for name in ("relu", "exp", "cos"):
            own = gaussian_bound(n, name, Convention(), error)
            general = gaussian_tail_bound(product(n), name, Convention(), error, 10**6)
            assert general[0] == own[0]


def test_a_network_at_the_bound_is_no_closer():
    """The best exponential of one variable for x, by its kernel: no draw of m is below the tail."""
    target, random = polynomial("x**2 - 1"), np.random.default_rng(0)
    points, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = np.sqrt(weights / weights.sum())
    exact = points**2 - 1
    for m in (1, 2):
        errors = []
        for _ in range(300):
            hidden = np.exp(points[:, None] * random.normal(0, 1, (1, m)))
            fit = np.linalg.lstsq(hidden * weights[:, None], exact * weights, rcond=None)[0]
            errors.append(np.linalg.norm((hidden @ fit - exact) * weights) / np.sqrt(2))
        proved = lower_bound(target, "exp", sense="gaussian", error=str(min(errors)))
        assert proved.neurons <= m


def test_many_rows():
    certificate = lower_bound(elementary_symmetric(9, 4), "relu", sense="gaussian", error="1/100")
    assert certificate.neurons == verify(certificate).neurons == 36


def test_high_degrees_lose_nothing_to_rounding():
    """Weights beyond 2^90; eigenvalues below 1e-9 of the largest are not looked at."""
    found = []
    for degree in (12, 20, 28):
        certificate = lower_bound(monomial((degree,)), "exp", sense="gaussian", error=0)
        found.append(verify(certificate).neurons)
    assert 12 <= found[0] <= found[1] <= found[2]


def test_blocks_that_are_too_large_leave_what_is_left():
    """A cube of sixteen variables: no block of the kernel is small, that of a chaos part is."""
    everything = sum((monomial(tuple(int(i == j) for i in range(16))) for j in range(16)), zero(16))
    certificate = lower_bound(everything**3, "exp", sense="gaussian", error="0.9")
    assert certificate.neurons == verify(certificate).neurons


def test_no_matrix_is_larger_than_asked_for():
    small = lower_bound(
        elementary_symmetric(20, 5), "exp", sense="gaussian", error="0.1", most_cells=1000
    )
    assert small.neurons == verify(small).neurons == 0


def zero(n):
    return monomial((0,) * n) * 0


def test_a_degree_beyond_the_target_is_refused_before_its_factorial():
    data = lower_bound(polynomial("x**3 + y"), "relu", sense="gaussian", error=0).to_dict()
    data["witness"]["parts"][0]["degree"] = 2**70
    with pytest.raises(CertificateError, match="ascend in degree"):
        verify(sealed(data))


def test_a_vector_that_is_no_proof_is_refused():
    certificate = lower_bound(polynomial("x**2*y + y**3"), "exp", sense="gaussian", error="1/10")
    data = certificate.to_dict()
    data["witness"]["blocks"][0]["vectors"][0] = [1] * 2
    with pytest.raises(CertificateError):
        verify(data)


def test_a_degree_that_is_too_large_is_said():
    with pytest.raises(ValueError, match="degree of at most 30"):
        lower_bound(polynomial("x**31 + y"), "exp", sense="gaussian", error=0)


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.1, 0.3])
def test_eigenvalues_are_at_least_what_whole_vectors_prove(noise):
    # Lemma 16.1: any vectors prove something true, and eigenvectors nearly everything
    random, scale, proofs = np.random.default_rng(5), 2**30, 0
    for _ in range(40):
        matrix, weights = random.integers(-3, 4, (4, 6)), random.integers(1, 9, 4)
        roots = np.sqrt(weights)[:, None]
        exact, basis = np.linalg.eigh((matrix @ matrix.T) / (roots * roots.T))
        drawn = (basis[:, :1:-1] + noise * random.normal(size=(4, 2))) / roots
        drawn *= np.sign(drawn[0])
        rows = [{(j,): v for j, v in enumerate(row) if v} for row in matrix.tolist()]
        vectors = np.rint(scale * drawn).astype(int).T.tolist()
        factors = {(j,): 1 for j in range(6)}
        try:
            values, norm = _eigenvalues(rows, factors, weights.tolist(), vectors, scale)
        except CertificateError:  # so far off that nothing is proved, or in another order
            continue
        proofs += 1
        proved = np.array([value / norm for value in values])
        assert np.all(proved <= exact[:1:-1] * (1 + 1e-12))
        if not noise:
            np.testing.assert_allclose(proved, exact[:1:-1], rtol=1e-6)
    assert proofs >= (40 if noise < 0.01 else 10)
