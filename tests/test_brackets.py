"""Both bounds side by side: what a bracket says, and that its halves never cross."""

from fractions import Fraction

import jax
import pytest
import sympy
from hypothesis import given, settings
from sample_expressions import expressions

from noflat.activations import relu
from noflat.brackets import bounds
from noflat.certificates import verify
from noflat.conventions import CONVENTIONS
from noflat.targets import determinant, elementary_symmetric, polynomial


def test_the_product_of_three():
    found = bounds("x*y*z", "exp")
    flat = {(b.convention.name, b.sense): b for b in found if b.hidden_layers == 1}
    assert len(flat) == 2 * len(CONVENTIONS)
    for name, neurons in (("bias_free", 8), ("output_bias", 7), ("hidden_bias", 8)):
        for sense in ("taylor", "uniform"):
            assert flat[name, sense].lower_bound == flat[name, sense].constructed == neurons
    assert {b.sense for b in found if b.hidden_layers == 2} == {"uniform"}
    assert all(b.lower_bound is None for b in found if b.hidden_layers > 1)


def test_all_depths_of_a_product():
    found = bounds("a*b*c*d*e", "exp", conventions=["hidden_bias"], prove_errors=False)
    assert [b.hidden_layers for b in found] == [1, 1, 2, 3]
    # groups of 3 and 2; then pairs, where the fifth variable waits for its turn
    assert [b.constructed for b in found] == [32, 32, 8 + 4 + 4, 4 * 4 + 2]


@settings(max_examples=5)
@given(expressions)
def test_the_halves_never_cross(text):
    target = polynomial(text, variables=("x", "y", "z1", "z2"))
    if not 2 <= target.degree <= 4:
        return
    for bracket in bounds(target, "exp", conventions=["hidden_bias+output_bias"]):
        if bracket.certificate is not None and bracket.network is not None:
            assert verify(bracket.certificate).neurons <= bracket.network.neurons
        if bracket.sup_error is not None:
            assert bracket.relative_error is not None


def test_the_gaussian_sense_comes_with_normal_inputs_and_an_error():
    question = {"conventions": ["bias_free"], "inputs": "gaussian", "prove_errors": False}
    found = bounds("x*y + z**2", "exp", error="1/10", **question)
    assert [b.sense for b in found] == ["taylor", "uniform", "gaussian", "uniform"][: len(found)]
    gaussian = found[2]
    assert gaussian.certificate is not None
    assert gaussian.certificate.error == Fraction(1, 10)
    assert gaussian.relative_error is not None
    assert gaussian.relative_error <= 0.1
    assert "gaussian" not in {b.sense for b in bounds("x*y + z**2", "exp", **question)}


def test_what_cannot_be_built_says_why():
    for bracket in bounds("x*y", relu, conventions=["bias_free"]):
        assert bracket.network is None
        assert "relu" in bracket.remark
    unreachable = bounds("x*y*z*w", "exp", conventions=["bias_free"], error=1e-12)
    assert all("out of reach" in b.remark or "floor" in b.remark for b in unreachable)
    assert all(b.lower_bound == 16 for b in unreachable if b.hidden_layers == 1)


def test_where_rounding_leaves_no_flat_network_the_bound_stays():
    flat, _, deep = bounds("x**40", "exp", conventions=["bias_free"], prove_errors=False)
    assert (flat.lower_bound, flat.network) == (41, None)
    assert "out of reach in float64 for 41 flat neurons" in flat.remark
    assert deep.relative_error < 1e-4


def test_only_the_conventions_asked_for():
    """silu multiplies pairs without biases and triples with: groups of three have no place here."""
    for allowed in ("bias_free", "hidden_bias"):
        found = bounds("a*b*c*d*e", "silu", conventions=[allowed], prove_errors=False)
        assert {b.convention.name for b in found} == {allowed}


def test_an_error_that_cannot_be_proved_loses_nothing():
    """In float32 the arguments of some neurons range beyond every Taylor polynomial."""
    with jax.enable_x64(False):
        found = bounds("(x + y)**8", "silu", conventions=["hidden_bias+output_bias"])
    assert found[0].lower_bound is not None
    unproved = [b for b in found if b.network is not None and b.sup_error is None]
    assert unproved
    assert all("no error is proved" in bracket.remark for bracket in unproved)


def test_every_kind_of_target():
    x, y = sympy.symbols("x y")
    for target in (x * y + x**2, {(1, 1): 1, (2, 0): 1}, polynomial("x*y + x**2")):
        found = bounds(target, "exp", conventions=["bias_free"], prove_errors=False)
        assert [b.lower_bound for b in found[:2]] == [4, 4]
    for form, neurons in ((determinant(3), 20), (elementary_symmetric(4, 2), 6)):
        found = bounds(form, "exp", conventions=["bias_free"], prove_errors=False)
        assert found[0].lower_bound == neurons


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        ("x + 1", {}, "degree of at least 2"),
        ("x*y*", {}, "expression"),
        ("x*y", {"conventions": ["biased"]}, "`convention` must be"),
        ("x*y", {"error": "2"}, "`error` must be"),
        ("10^99*10^99*10^3*x*y", {}, "from 1e-200 to 1e200"),
        ("x*y + 1/10^99/10^99/10^3*x", {}, "from 1e-200 to 1e200"),
    ],
)
def test_wrong_questions(target, options, message):
    with pytest.raises(ValueError, match=message):
        bounds(target, "exp", **options)
