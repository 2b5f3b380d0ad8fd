"""Flat products: Theorem 1 for any number of inputs, and what each convention allows."""

from fractions import Fraction
from math import factorial, prod

import flint
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noflat import Convention, apply, count_neurons, flat_product, product
from noflat.activations import activation, derivatives, simple_zeros
from noflat.constructions import plan_flat
from noflat.constructions.blocks import Block, Kind
from noflat.measure import relative_rms_error, sample
from noflat.networks import Network, ProductNodes

X = (Fraction(3, 4), Fraction(-2, 5), Fraction(7, 8), Fraction(1, 3), Fraction(-5, 9))
SCALE = 2.0**-40
# How much the next order may move a leading error: a small multiple of the scale, or its square.
FIRST, SECOND = 2.0**-35, 1e-14


def ratio(name, bias, over, under):
    values = derivatives(activation(name), max(over, under), bias)
    return values[over] / values[under]


@pytest.mark.parametrize(("name", "bias"), [("exp", 0.0), ("silu", 0.5), ("sigmoid", 0.75)])
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_cube(name, bias, n, exact_error):
    x = X[:n]
    error = float(exact_error(Block(activation(name), "cube", n, bias, SCALE), x))
    leading = ratio(name, bias, n + 2, n) / 6 * SCALE**2 * float(sum(v * v for v in x))
    assert error == pytest.approx(leading, rel=SECOND)


@pytest.mark.parametrize(("name", "n"), [("gelu", 4), ("tanh", 3), ("cos", 2), ("sin", 5)])
def test_half_cube(name, n, exact_error):
    x = X[:n]
    error = float(exact_error(Block(activation(name), "half", n, 0.0, SCALE), x))
    # The activation has the parity of n at 0, and the error is that of the cube.
    leading = ratio(name, 0.0, n + 2, n) / 6 * SCALE**2 * float(sum(v * v for v in x))
    assert error == pytest.approx(leading, rel=SECOND)


def test_half_cube_off_center(exact_error):
    bias, scale, x = simple_zeros(activation("gelu"), 2)[1], 2.0**-16, X[:3]
    error = float(exact_error(Block(activation("gelu"), "half", 3, bias, scale), x))
    spread = float((x[0] ** 2 / 2 + x[1] ** 2 / 6 + x[2] ** 2 / 6) / x[0])
    leading = ratio("gelu", bias, 4, 3) * scale * spread
    # The next order, and the bias rounded to a float.
    assert error == pytest.approx(leading, rel=20 * scale)


@pytest.mark.parametrize(("name", "bias"), [("exp", 0.0), ("silu", 0.0), ("sigmoid", 0.75)])
@pytest.mark.parametrize("n", [1, 2, 4])
def test_corner_grid(name, bias, n, exact_error):
    if name == "silu" and n == 1:
        bias = 0.25
    x = X[:n]
    error = float(exact_error(Block(activation(name), "corner", n, bias, SCALE), x))
    leading = ratio(name, bias, n + 1, n) / 2 * SCALE * float(sum(x))
    assert error == pytest.approx(leading, rel=FIRST, abs=100 * SCALE**2)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_short_grid(n, exact_error):
    x = X[:n]
    error = float(exact_error(Block(activation("exp"), "short", n, 0.0, SCALE, skip=True), x))
    # The terms of degree n + 1 in the generating function, summed over the subsets as they stand.
    total = Fraction(0)
    for mask in range(2 ** (n - 1)):
        chosen = [i for i in range(n - 1) if mask >> i & 1]
        inside = sum((x[1 + i] for i in chosen), Fraction(0))
        for j in range(1, n + 2, 2):
            term = x[0] ** j * Fraction(len(chosen)) ** ((j - 1) // 2) * inside ** (n + 1 - j)
            term /= factorial(j) * factorial(n + 1 - j)
            total += (-1) ** (n - 1 - len(chosen)) * term
    leading = SCALE * float(total / prod(x))
    assert error == pytest.approx(leading, rel=FIRST * 10)


def test_sines():
    # Theorem 1f: the half cube of cosines, shifted by n quarter turns, is the product of sines.
    for n, name in ((2, "cos"), (3, "sin"), (4, "cos"), (5, "sin")):
        network = flat_product(n, name, kind="half", scale=1.0, bias=0.0, convention="hidden_bias")
        assert count_neurons(network) == 2 ** (n - 1)
        x = jnp.linspace(0.3, 1.2, n)
        np.testing.assert_allclose(apply(network, x)[0], jnp.prod(jnp.sin(x)), rtol=1e-12)


@pytest.mark.parametrize("kind", ["cube", "corner"])
def test_exponentials_in_closed_form(kind):
    network = flat_product(6, "exp", kind=kind, scale=0.75, convention="output_bias")
    x = jnp.linspace(-1.5, 1.5, 6)
    factors = jnp.sinh(0.75 * x) if kind == "cube" else jnp.expm1(0.75 * x)
    np.testing.assert_allclose(apply(network, x)[0], jnp.prod(factors / 0.75), rtol=1e-11)


def test_rescaling_converges(exact_error):
    # Lemma 0: one network that is right in the sense of Taylor, shrunk, tends to the product.
    errors = []
    for delta in (2.0**-k for k in (4, 8, 12)):
        shrunk = [Fraction(delta) * v for v in X[:3]]
        errors.append(abs(float(exact_error(Block(activation("exp"), "corner", 3, 0.0), shrunk))))
    np.testing.assert_allclose(np.array(errors[:-1]) / errors[1:], 16, rtol=0.1)


@pytest.mark.parametrize("n", range(1, 9))
def test_neurons_of_every_convention(n):
    free = Convention(hidden_bias=True, output_bias=True)
    for given_convention, neurons in (
        (Convention(), 2**n),
        (Convention(output_bias=True), 2**n - 1),
        (Convention(affine_skip=True), max(1, 2**n - 2)),
        (free, 2**n - 1),
    ):
        network = flat_product(n, "exp", convention=given_convention)
        assert count_neurons(network) == neurons
        assert allowed_by(network, given_convention)
    assert count_neurons(flat_product(n, "cos", convention=free)) == 2 ** (n - 1)
    if n in (4, 6, 8):  # all odd derivatives from the third on vanish at 0
        assert count_neurons(flat_product(n, "gelu")) == 2 ** (n - 1)


def allowed_by(network, convention):
    first, last = network.layers
    return (
        (first.bias is None or convention.hidden_bias)
        and (last.bias is None or convention.output_bias)
        and (network.skip is None or convention.affine_skip)
    )


@settings(max_examples=30)
@given(
    n=st.integers(1, 5),
    name=st.sampled_from(["exp", "softplus", "sigmoid", "tanh", "silu", "gelu", "cos", "gaussian"]),
    switches=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_no_network_uses_more_than_its_convention(n, name, switches):
    convention = Convention(*switches)
    try:
        network = flat_product(n, name, convention=convention)
    except ValueError as refusal:  # with biases each of these can multiply
        extra = str(refusal).partition("allow ")[2].split(" and ")
        convention = Convention(**{**vars(convention), **dict.fromkeys(extra, True)})
        network = flat_product(n, name, convention=convention)
    assert allowed_by(network, convention)
    points = jnp.asarray(sample("cube", n, 64, seed=2))
    assert float(relative_rms_error(network, product(n), points)) < 0.05


def test_one_variable_under_a_skip_is_not_skipped_away():
    network = flat_product(1, "tanh", convention="affine_skip")
    np.testing.assert_allclose(apply(network, jnp.array([0.5]))[0], 0.5, rtol=1e-12)


def test_large_products_are_streamed():
    assert isinstance(flat_product(12, "exp"), Network)
    streamed = flat_product(13, "gelu", convention="hidden_bias+output_bias")
    assert isinstance(streamed, ProductNodes)
    assert isinstance(flat_product(13, "exp", richardson=2), Network)
    assert isinstance(flat_product(13, "exp", convention="affine_skip"), Network)


@pytest.mark.parametrize("n", [20, 24, 30])
def test_many_inputs_are_planned_at_once(n):
    for name in ("exp", "gelu", "sin", "sigmoid"):
        plan = plan_flat(n, name, convention="hidden_bias+output_bias", dtype="float32")
        expected = 2**n - 1 if name == "exp" else 2 ** (n - 1)
        if name == "sigmoid":  # odd, and so of the wrong parity for half a cube at 0
            expected = 2**n - 1
        assert plan.neurons == expected


def test_the_dtype_decides_the_scale():
    scales = {}
    for dtype in ("float64", "float32", "bfloat16"):
        network = flat_product(2, "exp", dtype=dtype)
        assert isinstance(network, Network)
        scales[dtype] = float(jnp.abs(network.layers[0].weight).max())
        assert {leaf.dtype.name for leaf in jax.tree.leaves(network)} == {dtype}
    assert scales["float64"] < scales["float32"] < scales["bfloat16"]


def test_impossible_conventions_say_what_to_allow():
    cases: list[tuple[int, str, Kind | None, str]] = [
        (2, "tanh", None, "allow hidden_bias$"),
        (3, "exp", "short", "allow affine_skip$"),
        (3, "exp", "corner", "allow output_bias$"),
        (2, "tanh", "corner", "allow hidden_bias and output_bias$"),
        (2, "exp", "half", "allow affine_skip$"),
    ]
    for n, name, kind, freedom in cases:
        with pytest.raises(ValueError, match=f"leaves no way to multiply {n} .*: {freedom}"):
            flat_product(n, name, kind=kind)
    with pytest.raises(ValueError, match="with exp as `kind`='half', nor does any other"):
        flat_product(3, "exp", kind="half", convention="hidden_bias")


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("n", "wanted", "message"),
    [
        (0, {}, "`n` must be an integer of at least 1, .* got 0"),
        (True, {}, "`n` must be an integer of at least 1, .* got True"),
        (2.0, {}, "`n` must be an integer of at least 1, .* got 2.0"),
        (31, {}, r"2\^31 neurons.*the most that is evaluated is 30. product_tree\(31, ...\) takes"),
        (3, {"kind": "pyramid"}, "`kind` must be None or one of half, .*; got 'pyramid'"),
        (
            2,
            {"activation": "silu", "bias": 50.0, "convention": "hidden_bias"},
            "multiply 2 variables with silu at that `bias`: leave it out",
        ),
        (
            4,
            {"activation": "silu", "bias": 0.5, "kind": "half", "convention": "hidden_bias"},
            "with silu as `kind`='half' at that `bias`: leave it out",
        ),
        (3, {"bias": 0.5}, "`bias`=0.5 is not free under bias_free: allow hidden_bias"),
        (3, {"bias": float("nan"), "convention": "hidden_bias"}, "`bias` must be finite"),
        (3, {"scale": 0.0}, "`scale` must be a positive number, .* got 0.0"),
        (3, {"scale": -1.0}, "`scale` must be a positive number, .* got -1.0"),
        (3, {"scale": float("inf")}, "`scale` must be a positive number, .* got inf"),
        (3, {"scale": 1e-100}, "`scale`=1e-100 to the power 3 is beyond float64"),
        (3, {"richardson": 0}, "`richardson` must be an integer of at least 1"),
        (
            3,
            {"richardson": 2, "kind": "corner"},
            "`richardson` combines cubes; got `kind`='corner'",
        ),
        (3, {"inputs": "sphere"}, "`inputs` must be one of cube, gaussian"),
        (3, {"dtype": "int32"}, "`dtype` must be one of floating-point numbers; got int32"),
        (3, {"convention": "bias"}, "`convention` must be 'bias_free' or some of"),
        (8, {"error": 1e-6}, "`error`=1e-06 is below the floor of float64 for a flat product of 8"),
    ],
)
def test_wrong_arguments_are_refused(n, wanted, message):
    with pytest.raises(ValueError, match=message):
        flat_product(n, **{"activation": "exp", **wanted})


def test_the_context_of_flint_is_left_alone():
    before = flint.ctx.prec, flint.ctx.cap
    plan_flat(9, "silu", convention="hidden_bias")
    assert (flint.ctx.prec, flint.ctx.cap) == before
