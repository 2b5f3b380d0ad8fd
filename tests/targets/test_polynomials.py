"""Polynomials: the float route against the exact one, and against their own derivative."""

from fractions import Fraction

import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given

from noflat.targets import Polynomial, product

fractions = st.fractions(-4, 4, max_denominator=16)


def terms_of(inputs):
    exponents = st.tuples(*[st.integers(0, 3)] * inputs)
    terms = st.dictionaries(exponents, fractions, max_size=5)
    return st.tuples(st.just(inputs), terms.map(lambda found: tuple(found.items())))


some_terms = st.integers(1, 4).flatmap(terms_of)


@given(some_terms, st.data())
def test_the_float_route_agrees_with_the_exact_one(terms, data):
    polynomial = Polynomial(*terms)
    x = data.draw(st.lists(fractions, min_size=polynomial.inputs, max_size=polynomial.inputs))
    exact = polynomial.exact(x)
    found = float(polynomial(jnp.array([float(v) for v in x])))
    # Fewer than 20 roundings in each of five terms of at most 4 * 4^12.
    size = sum(
        abs(c) * Polynomial(polynomial.inputs, ((e, Fraction(1)),)).exact([abs(v) for v in x])
        for e, c in polynomial.terms
    )
    assert abs(found - exact) <= 20 * 2.0**-53 * size


@given(some_terms)
def test_terms_are_sorted_and_nonzero(terms):
    polynomial = Polynomial(*terms)
    assert list(polynomial.terms) == sorted(polynomial.terms)
    assert all(coefficient != 0 for _, coefficient in polynomial.terms)
    assert polynomial == Polynomial(polynomial.inputs, polynomial.terms[::-1])
    assert hash(polynomial) == hash(Polynomial(polynomial.inputs, polynomial.terms))
    degrees = [sum(exponents) for exponents, _ in polynomial.terms]
    assert polynomial.degree == max(degrees, default=0)


@pytest.mark.parametrize("dtype", ["bfloat16", "float32", "float64"])
def test_the_dtype_is_kept_under_transformations(dtype):
    polynomial = Polynomial(2, (((2, 1), Fraction(1, 3)), ((0, 0), Fraction(-1, 2))))
    points = jnp.array([[1.0, 2.0], [-0.5, 3.0], [0.0, 1.0]], dtype)
    batch = jax.jit(jax.vmap(polynomial))(points)
    assert batch.dtype == dtype
    expected = [float(x[0]) ** 2 * float(x[1]) / 3 - 0.5 for x in points]
    np.testing.assert_allclose(
        np.asarray(batch, float), expected, rtol=4 * float(jnp.finfo(dtype).eps)
    )
    slopes = jax.vmap(jax.grad(polynomial))(points.astype(jnp.float64))
    x, y = np.asarray(points, float).T
    np.testing.assert_allclose(slopes, np.stack([2 * x * y / 3, x**2 / 3], axis=1), rtol=1e-15)


def test_the_zero_polynomial():
    zero = Polynomial(2, (((1, 1), Fraction(0)),))
    assert zero.terms == ()
    assert zero.degree == 0
    assert zero.exact([3, 4]) == 0
    assert isinstance(zero.exact([3, 4]), Fraction)
    assert float(zero(jnp.ones(2))) == 0.0
    assert not zero.is_product


@pytest.mark.parametrize("n", range(1, 9))
def test_product(n):
    target = product(n)
    assert target.is_product
    assert target.degree == n
    assert target.exact([Fraction(1, i + 1) for i in range(n)]) == Fraction(
        1, int(np.prod(np.arange(1, n + 1)))
    )
    assert not Polynomial(n, (((1,) * n, Fraction(2)),)).is_product


@pytest.mark.usefixtures("unchecked")
def test_wrong_arguments_are_refused():
    one = Fraction(1)
    for n in (0, -1, True, 2.0):
        with pytest.raises(ValueError, match="`n` must be an integer of at least 1, .* got"):
            product(n)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="`inputs` must be at least 1; got 0"):
        Polynomial(0, (((), one),))
    for exponents in ((1,), (1, 2, 3), (1, -1), (1, 0.5)):
        with pytest.raises(ValueError, match="`terms` must have 2 exponents each, whole numbers"):
            Polynomial(2, ((exponents, one),))  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="name each exponent vector once: add their coefficients"):
        Polynomial(2, (((1, 1), one), ((1, 1), one)))
    with pytest.raises(ValueError, match="`x` must have 3 entries; got 2"):
        product(3).exact([1, 2])
    # JAX would read the last entry again instead of one that is not there.
    for shape in ((2,), (4,), (5, 3)):
        with pytest.raises(ValueError, match=r"`x` must be one point of shape \(3,\); got"):
            product(3)(jnp.ones(shape))


# --- what is made of polynomials, against their values -------------------------------------------

pairs = st.integers(1, 3).flatmap(lambda n: st.tuples(terms_of(n), terms_of(n)))


def values(polynomial, many=4):
    """Values at some rational points that no small polynomial vanishes on by accident."""
    n = polynomial.inputs
    points = [[Fraction(3 * k + i + 2, 2 * i + 5) for i in range(n)] for k in range(many)]
    return [polynomial.exact(point) for point in points]


@given(pairs, st.integers(0, 4))
def test_arithmetic_is_that_of_the_values(both, exponent):
    p, q = (Polynomial(*terms) for terms in both)
    vp, vq = values(p), values(q)
    assert values(p + q) == [a + b for a, b in zip(vp, vq, strict=True)]
    assert values(p - q) == [a - b for a, b in zip(vp, vq, strict=True)]
    assert values(p * q) == [a * b for a, b in zip(vp, vq, strict=True)]
    assert values(-p) == [-a for a in vp]
    assert values(p**exponent) == [a**exponent for a in vp]
    third = Fraction(1, 3)
    assert values(third * p + 2 - q * third) == [
        third * a + 2 - b * third for a, b in zip(vp, vq, strict=True)
    ]
    assert values(1 - p) == [1 - a for a in vp]


@given(pairs)
def test_the_product_rule(both):
    p, q = (Polynomial(*terms) for terms in both)
    first = (1,) + (0,) * (p.inputs - 1)
    rule = p.derivative(first) * q + p * q.derivative(first)
    assert (p * q).derivative(first) == rule
    twice = tuple(2 * e for e in first)
    assert p.derivative(twice) == p.derivative(first).derivative(first)
    assert p.derivative((0,) * p.inputs) == p


@given(some_terms)
def test_the_parts_add_up(terms):
    polynomial = Polynomial(*terms)
    parts = [polynomial.part(k) for k in polynomial.degrees]
    assert sum(parts, start=Polynomial(polynomial.inputs, ())) == polynomial
    assert all(part.is_homogeneous for part in parts)
    assert polynomial.part(99).terms == ()
    for exponents, coefficient in polynomial.terms:
        assert polynomial.coefficient(exponents) == coefficient
    assert polynomial.coefficient((9,) * polynomial.inputs) == 0


@given(pairs)
def test_substitution_is_composition(both):
    p, q = (Polynomial(*terms) for terms in both)
    inner = [q + i for i in range(p.inputs)]
    rows = zip(*(values(part) for part in inner), strict=True)
    assert values(p.substitute(inner)) == [p.exact(row) for row in rows]


def hermite_polynomial(k, inputs, variable):
    """He_k by its recurrence, He_(k+1) = x He_k - k He_(k-1)."""
    x = Polynomial(inputs, ((tuple(int(i == variable) for i in range(inputs)), Fraction(1)),))
    before, current = x * 0, x * 0 + 1
    for i in range(k):
        before, current = current, x * current - before * i
    return current


@given(some_terms)
def test_the_chaos_parts_add_up(terms):
    polynomial = Polynomial(*terms)
    total = Polynomial(polynomial.inputs, ())
    for alpha, h in polynomial.hermite().items():
        part = total * 0 + h
        for i, k in enumerate(alpha):
            part = part * hermite_polynomial(k, polynomial.inputs, i)
        total = total + part
    assert total == polynomial


def test_many_terms_take_the_gathered_route():
    power = (product(2) + 1 + Polynomial(2, (((1, 0), Fraction(1)),))) ** 12
    assert len(power.terms) > 64
    x = jnp.array([0.3, -0.7])
    value, exact = jax.jit(power)(x), (0.3 * -0.7 + 1 + 0.3) ** 12
    np.testing.assert_allclose(float(value), exact, rtol=1e-12)
    slope = jax.grad(power)(x)[1]
    np.testing.assert_allclose(float(slope), 12 * 0.3 * (0.3 * -0.7 + 1 + 0.3) ** 11, rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: product(2) + product(3), "`other` must have the same 2 variables; got 3"),
        (lambda: product(2) ** -1, "`exponent` must be"),
        (lambda: product(2).derivative((1,)), "`exponents` must be 2 orders"),
        (lambda: product(2).derivative((1, -1)), "`exponents` must be 2 orders"),
        (lambda: product(2).substitute([product(2)]), "`values` must be 2 polynomials"),
        (lambda: product(2).substitute([product(2), product(3)]), "in the same variables"),
        (lambda: Polynomial(2, (), ("x", "x")), "`names` must be 2 different ones"),
    ],
)
def test_errors_of_operations(make, message):
    with pytest.raises(ValueError, match=message):
        make()
