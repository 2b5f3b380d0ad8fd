"""The fewest coordinates: what is put in for them gives the polynomial again."""

import pytest
from hypothesis import given
from sample_expressions import expressions

from noflat.constructions.coordinates import essential, pulled_back
from noflat.constructions.flat_polynomial import plan_flat_polynomial
from noflat.targets import Polynomial, determinant, monomial, polynomial


def put_in(q, forms):
    n = len(forms[0])
    unit = [monomial(tuple(int(k == j) for k in range(n))) for j in range(n)]
    rows = [sum((u * c for u, c in zip(unit, row, strict=True)), unit[0] * 0) for row in forms]
    return q.substitute(rows)


@given(expressions)
def test_the_forms_put_in_give_the_polynomial(text):
    target = polynomial(text, variables=("x", "y", "z1", "z2"))
    if target.degree < 1:
        return
    q, forms = essential(target)
    assert q.inputs == len(forms) <= target.inputs
    assert put_in(q, forms).terms == target.terms
    again, _ = essential(q)
    assert again.inputs == q.inputs


@pytest.mark.parametrize(
    ("text", "variables"),
    [("(x + y)**4", 1), ("(x - y)**2 + (y - z)**2 + (z - x)**2", 2), ("x*y + z", 3), ("x*x", 1)],
)
def test_their_number(text, variables):
    assert essential(polynomial(text))[0].inputs == variables


def test_a_determinant_needs_all():
    assert essential(determinant(3))[0] == determinant(3)


def test_a_power_of_a_sum_takes_what_one_variable_takes():
    for name in ("exp", "gelu"):
        sums, one = (plan_flat_polynomial(t, name).neurons for t in ("(x + 2*y - z)**4", "x**4"))
        assert sums == one


def test_a_node_is_pulled_back():
    target = polynomial("(x + 2*y)**2")
    _, forms = essential(target)
    assert isinstance(target, Polynomial)
    assert [*map(int, pulled_back(forms[0][:1], forms))] == [1, 2]
