"""`polynomial`: what it reads, against SymPy; what it refuses, with one clear error."""

import time
from fractions import Fraction

import hypothesis.strategies as st
import jax.numpy as jnp
import pytest
import sympy
from hypothesis import given
from sample_expressions import expressions

from noflat.targets import Polynomial, elementary_symmetric, polynomial, product


@given(expressions)
def test_against_sympy(text):
    found = polynomial(text, variables=["x", "y", "z1", "z2"])
    exact = sympy.sympify(text, rational=True).expand()
    point = dict(zip(("x", "y", "z1", "z2"), (Fraction(2, 3), -3, 5, Fraction(-1, 7)), strict=True))
    value = exact.subs({k: sympy.Rational(str(v)) for k, v in point.items()})
    assert found.exact([*point.values()]) == Fraction(int(value.p), int(value.q))
    assert polynomial(exact, variables=["x", "y", "z1", "z2"]) == found


@given(expressions)
def test_what_is_printed_is_read_again(text):
    found = polynomial(text, variables=["x", "y", "z1", "z2"])
    assert polynomial(str(found), variables=["x", "y", "z1", "z2"]) == found


def test_other_ways_to_say_it():
    x, y = sympy.symbols("x y")
    expected = polynomial("x**2*y - 1/3")
    assert polynomial(x**2 * y - sympy.Rational(1, 3)) == expected
    assert polynomial(sympy.Poly(x**2 * y - sympy.Rational(1, 3), x, y)) == expected
    assert polynomial({(2, 1): 1, (0, 0): "-1/3"}) == expected
    assert polynomial({(2, 1): Fraction(1), (0, 0): Fraction(-1, 3)}) == expected
    assert polynomial(expected) is expected
    assert polynomial("x^2*y-1/3") == expected
    assert polynomial("x1*x2*x3*x4") == product(4)
    assert (
        polynomial("0.1*x").coefficient((1,))
        == Fraction(1, 10)
        == polynomial(0.1 * x).coefficient((1,))
    )


def test_variables_have_names_and_an_order():
    assert polynomial("x10 + x2 + b + a1").names == ("a1", "b", "x2", "x10")
    ordered = polynomial("x - y", variables=["y", "x", "unused"])
    assert ordered.exact([1, 10, 100]) == 9
    assert str(ordered) == "-y + x"
    assert polynomial({(1, 1): 2}, variables=["u", "v"]).names == ("u", "v")
    assert polynomial("7", variables=["x"]) == Polynomial(1, (((0,), Fraction(7)),))
    assert str(elementary_symmetric(3, 2)) == "x1*x2 + x1*x3 + x2*x3"


def test_it_runs_under_jit():
    assert float(polynomial("(x - y)*(x + y)")(jnp.array([3.0, 2.0]))) == 5.0


BAD = [
    ("", "`variables` must be from 1 to 100"),
    ("x +", "ends, at character 4"),
    ("x y", "goes on with 'y'.* character 3"),
    ("2x", "goes on with 'x'"),
    ("(x", "lacks a closing parenthesis"),
    ("x)", r"goes on with '\)'"),
    ("x**-1", "exponent that is no whole number from 0 to 100"),
    ("x**0.5", "exponent that is no whole number"),
    ("x**y", "exponent that is no whole number"),
    ("x**101", "exponent that is no whole number"),
    ("x/0", "divides by what is no number other than 0"),
    ("x/y", "divides by what is no number"),
    ("x + 9**9**9", "has an exponent that is no whole number from 0 to 4096"),
    ("x*7**4000", "a number of more than 4096 bits"),
    ("x*" + "9" * 5000, "a number of more than 1024 digits"),
    ("x" * 30_000, "at most 20000 characters"),
    ("(" * 60 + "x" + ")" * 60, "nested more than 50 deep"),
    ("x**" * 60 + "1", "nested more than 50 deep"),
    ("(x+y+z)**1000", "exponent that is no whole number from 0 to 100"),
    ("(a+b+c+d+e+f+g+h+i+j)**20", "may have more than 50000 terms"),
    ("*".join(f"(a{i}+b{i}+c{i})" for i in range(20)), "may have more than 50000 terms"),
    ("x*" * 100 + "x", "a degree above 100"),
    ("f(x)", "calls f, and there are no functions"),
    ("__import__('os').system('true')", 'has "\'", which is none of'),
    ("x.__class__", r"has '\.', which is none of"),
    ("lambda: x", "has ':'"),
    ("[x]", r"has '\['"),
    ("x if x else y", "goes on with 'if'"),
    ("x; y", "has ';'"),
    ("é", "has 'é'"),
    ("x*٣", "has '٣'"),
    ("x\x00", "has '"),
    ("1e9999999*x", "goes on with 'e9999999'"),
    ("x + inf/0", "divides by"),
    ({}, "`expression` must have terms"),
    ({(1,): 0.5}, "fractions or decimals as text"),
    ({(1,): "1e9"}, "fractions or decimals as text"),
    ({(1,): "1/0"}, "fractions or decimals as text"),
    ({(1,): True}, "fractions or decimals as text"),
    ({(1, 2): 1, (1,): 1}, "equally many exponents"),
    ({(-1,): 1}, "equally many exponents"),
    ({(101,): 1}, "equally many exponents"),
    ({(): 1}, "equally many exponents"),
    ({"x": 1}, "equally many exponents"),
    (5, "must be a string, a SymPy expression"),
    (None, "got NoneType"),
    (sympy.sin(sympy.Symbol("x")), r"it has sin\(x\)"),
    (sympy.sqrt(2) * sympy.Symbol("x"), "whole exponents"),
    (1 / sympy.Symbol("x"), "whole exponents"),
    (sympy.pi * sympy.Symbol("x"), "it has pi"),
    (sympy.I * sympy.Symbol("x"), "it has I"),
]


@pytest.mark.parametrize(("text", "message"), BAD, ids=lambda v: str(v)[:30])
def test_one_error_at_once(text, message):
    start = time.perf_counter()
    with pytest.raises(ValueError, match=message) as caught:
        polynomial(text)
    assert time.perf_counter() - start < 5  # nothing is computed that is refused
    assert caught.value.__cause__ is None
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "variables", [["x", "x"], ["y"], [], ["x"] + [f"v{i}" for i in range(100)]]
)
def test_bad_variables(variables):
    with pytest.raises(ValueError, match="`variables` must"):
        polynomial("x", variables=variables)


@given(st.text(alphabet="xy+-*/^() 01239._", max_size=12))
def test_any_text_is_read_or_refused(text):
    try:
        found, message = polynomial(text), ""
    except ValueError as problem:
        found, message = None, str(problem)
    assert (found is None) == message.startswith(("`expression` ", "`variables` "))
