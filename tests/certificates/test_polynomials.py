"""Bounds for any polynomial: known values, other code for the same numbers, and constructions."""

from fractions import Fraction
from itertools import product as cartesian
from math import ceil, comb, factorial, prod

import hypothesis.strategies as st
import jax
import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings

from noflat.certificates import lower_bound, verify
from noflat.targets import (
    Polynomial,
    determinant,
    elementary_symmetric,
    monomial,
    permanent,
    power_sum,
    product,
    quadratic_form,
    random_polynomial,
)


def neurons(target, activation, allowed="bias_free", **rest):
    """The bound, once the checker has accepted it."""
    certificate = lower_bound(target, activation, convention=allowed, **rest)
    assert verify(certificate).neurons == certificate.neurons
    return certificate.neurons


def monomials(n, degree):
    return [e for e in cartesian(range(degree + 1), repeat=n) if sum(e) <= degree]


def rank(moments, rows, columns):
    """The rank of a Hankel matrix over the rationals."""
    if not rows or not columns:
        return 0
    entries = [
        [
            moments.get(tuple(b + g for b, g in zip(beta, gamma, strict=True)), 0)
            for gamma in columns
        ]
        for beta in rows
    ]
    return fmpq_mat([[fmpq(e.numerator, e.denominator) for e in row] for row in entries]).rank()


def ranks_of_levels(target, derivatives):
    """The sum over s of rank M(s, d - s) - rank M(s - 1, d - s), where no derivative vanishes."""
    degree, every = target.degree, monomials(target.inputs, target.degree)
    moments = {
        alpha: c * prod(map(factorial, alpha)) / derivatives[sum(alpha)]
        for alpha, c in target.terms
    }
    upto = lambda k: [e for e in every if sum(e) <= k]
    return sum(
        rank(moments, upto(s), upto(degree - s)) - rank(moments, upto(s - 1), upto(degree - s))
        for s in range(degree + 1)
    )


FORMS = [
    # form, without biases, with hidden biases, any activation in the uniform sense
    (product(3), 8, 4, 4),
    (monomial((2, 1)), 6, 3, 2),
    (monomial((2, 2)), 9, 3, 3),
    (monomial((1, 1, 2)), 12, 6, 4),
    (monomial((1, 2, 3)), 24, 12, 6),
    (monomial((2, 2, 2)), 27, 9, 7),
    (monomial((5,)), 6, 1, 1),
    (power_sum(3, 3), 8, 3, 3),
    (power_sum(4, 5), 18, 4, 4),
    (elementary_symmetric(4, 3), 10, 5, 4),
    (elementary_symmetric(5, 3), 12, 6, 6),
    (elementary_symmetric(4, 2), 6, 4, 4),
    (determinant(2), 6, 4, 4),
    (product(3) + monomial((0, 0, 3)), 8, 4, 4),
    (monomial((1, 1, 0)) + monomial((0, 0, 3)), 6, 2, 2),
]


@pytest.mark.parametrize(("form", "free", "biased", "any_activation"), FORMS, ids=lambda f: str(f))
def test_known_values(form, free, biased, any_activation):
    assert neurons(form, "exp") >= free
    assert neurons(form, "tanh", "hidden_bias+output_bias") >= biased
    assert neurons(form, "relu", sense="uniform") >= any_activation


@pytest.mark.parametrize("form", [determinant(3), permanent(3)], ids=["det", "perm"])
def test_matrix_forms(form):
    assert neurons(form, "exp", most_cells=10_000) == 20
    assert neurons(form, "relu", sense="uniform", most_cells=1_000_000) == 13


def test_known_values_are_not_overstated():
    # no bound may exceed what is known to do it
    for form, _, _, _ in FORMS[:7]:
        (exponents, _) = form.terms[0]
        assert neurons(form, "exp") == prod(e + 1 for e in exponents)
        least = min((e for e in exponents if e), default=0)
        waring = prod(e + 1 for e in exponents) // (least + 1)
        assert neurons(form, "tanh", "hidden_bias+output_bias") <= max(waring, 1) + (
            len(exponents) > 1 and least > 1
        ) * prod(e + least for e in exponents)
    assert neurons(power_sum(5, 4), "exp") == 2 + 5 * 3
    assert neurons(power_sum(5, 4), "tanh", "hidden_bias+output_bias") == 5
    assert neurons(power_sum(5, 4), "relu", sense="uniform") == 5


@pytest.mark.parametrize("signature", [(1, 0), (2, 0), (1, 1), (3, 2), (0, 4)])
def test_quadratic_forms_meet_their_rank(signature):
    plus, minus = signature
    r = plus + minus
    diagonal = [1] * plus + [-1] * minus + [0]
    form = quadratic_form([[v * (i == j) for j in range(r + 1)] for i, v in enumerate(diagonal)])
    assert neurons(form, "exp") == r + 2
    assert neurons(form, "exp", "output_bias") == r + 1
    assert neurons(form, "exp", "affine_skip") == r
    assert neurons(form, "gelu") == r + 1  # its derivative of order 0 vanishes
    assert neurons(form, "cos") == max(r, 2)  # a difference of two where r = 1
    assert neurons(form, "sigmoid", "hidden_bias+output_bias") == r
    assert neurons(form, "relu", sense="uniform") == r
    assert neurons(form, "exp", sense="uniform") == r + 2
    assert neurons(form, "cos", sense="uniform") == max(r, ceil((r + 2) / 2))


@pytest.mark.parametrize("n", [3, 4, 5, 6])
def test_elementary_symmetric_of_odd_degree_meets_lee(n):
    for d in range(3, n + 1, 2):
        lee = sum(comb(n, i) for i in range((d - 1) // 2 + 1))
        if d < n:
            assert neurons(elementary_symmetric(n, d), "tanh", "hidden_bias+output_bias") == lee


whole_terms = st.integers(1, 3).flatmap(
    lambda n: st.dictionaries(
        st.tuples(*[st.integers(0, 2)] * n), st.integers(-3, 3).filter(bool), min_size=1, max_size=5
    )
)


def with_a_square(found):
    """The polynomial of those terms, of degree 2 or more."""
    n = len(next(iter(found)))
    target = Polynomial(n, tuple((e, Fraction(c)) for e, c in found.items()))
    return target if target.degree >= 2 else target + power_sum(n, 2)


@settings(deadline=None)
@given(whole_terms)
def test_against_ranks_over_the_rationals(found):
    target = with_a_square(found)
    exponential = ranks_of_levels(target, [1] * (target.degree + 1))
    bound = neurons(target, "exp")
    assert bound >= exponential
    if target.is_homogeneous:
        assert bound == exponential
    moments = {alpha: c * prod(map(factorial, alpha)) for alpha, c in target.terms}
    every = monomials(target.inputs, target.degree)
    assert neurons(target, "exp", sense="uniform") == rank(moments, every, every)
    assert bound <= comb(target.inputs + target.degree, target.degree)


@settings(deadline=None)
@given(whole_terms)
def test_more_freedom_is_never_more_neurons(found):
    target = with_a_square(found)
    readouts = ("bias_free", "output_bias", "affine_skip")
    plain, biased, skipped = (neurons(target, "exp", allowed) for allowed in readouts)
    assert plain >= biased >= skipped
    assert plain == neurons(target, "exp", "hidden_bias")
    uniform = neurons(target, "relu", sense="uniform")
    assert uniform <= neurons(target, "exp", sense="uniform")
    assert neurons(target, "tanh", "hidden_bias+output_bias") <= max(
        plain, neurons(target, "exp", sense="uniform")
    )


@pytest.mark.parametrize("seed", range(4))
def test_random_forms_have_generic_ranks(seed):
    form = random_polynomial(4, 4, homogeneous=True, key=jax.random.key(seed))
    assert neurons(form, "exp") == 1 + 4 + 10 + 4 + 1
    assert neurons(form, "relu", sense="uniform") == 10


def test_one_neuron_matches_what_it_is():
    # 1 + x + x^2/2 is the Taylor polynomial of one exp, and no derivative of a kernel of rank 1
    square = monomial((2,)) * Fraction(1, 2) + monomial((1,)) + 1
    assert neurons(square, "exp") == 1
    assert neurons(square, "exp", sense="uniform") == 3
    assert neurons((monomial((1, 0)) + 1) * (monomial((0, 1)) + 1), "exp") == 3


@pytest.mark.parametrize(
    ("target", "activation", "message"),
    [
        (monomial((2,)) + monomial((3,)), "tanh", "it has terms of degree 2"),
        (monomial((2, 1)), "cos", "it has terms of degree 3"),
        (power_sum(2, 5), "power4", "it has terms of degree 5"),
    ],
)
def test_no_network_at_all(target, activation, message):
    with pytest.raises(ValueError, match=message):
        lower_bound(target, activation)


def test_a_power_below_the_degree_does_not_do_it_with_biases():
    with pytest.raises(ValueError, match="no network of power2 matches `target`"):
        lower_bound(monomial((2, 1)), "power2", convention="hidden_bias")


def test_small_matrices_prove_less_and_quickly():
    form = random_polynomial(5, 4, homogeneous=True, key=jax.random.key(0))
    whole = neurons(form, "relu", sense="uniform")
    little = neurons(form, "relu", sense="uniform", most_cells=30)
    assert 1 <= little < whole == 15
