"""The moments of what a block multiplies, against quadrature and sampling."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import logsumexp

from noflat.constructions.operands import mean, operands_of


def moment(inputs, order):
    if inputs == "cube":
        return quad(lambda x: x**order, 0, 1)[0]
    return 2 * quad(lambda x: x**order * math.exp(-x * x / 2), 0, 40)[0] / math.sqrt(2 * math.pi)


def size(inputs, shape, seed):
    draw = np.random.default_rng(seed)
    return np.abs(draw.uniform(-1, 1, shape) if inputs == "cube" else draw.standard_normal(shape))


@pytest.mark.parametrize("inputs", ["cube", "gaussian"])
@pytest.mark.parametrize("powers", [(-2, 0), (-1, -1), (2, 0), (2, 2), (4, -2)])
def test_few_inputs_have_their_expectations(inputs, powers):
    one, two = operands_of((1, 2), 3, inputs)[-1]
    expected = moment(inputs, 2 + powers[0]) * moment(inputs, 2 + powers[1]) ** 2
    expected /= moment(inputs, 2) ** 3
    found = mean((one, powers[0]), (two, powers[1]))
    assert found == pytest.approx(expected, rel=1e-6)  # the accuracy of `quad`


@pytest.mark.parametrize("inputs", ["cube", "gaussian"])
@pytest.mark.parametrize("power", [-2, 2, 4])
@pytest.mark.parametrize("own", [8, 32])
def test_many_inputs_have_the_mean_over_as_many_points(inputs, power, own):
    n = 64
    operand = operands_of((own, n - own), n, inputs)[1][0]
    drawn = []
    for seed in range(31):
        points = np.log(size(inputs, (2**14, n), seed))
        whole = 2 * points.sum(axis=1)
        parts = whole + power * points[:, :own].sum(axis=1)
        drawn.append(float(logsumexp(parts) - logsumexp(whole)))
    # Such means hang on a few points and scatter by some nats; the expectation is far off.
    expectation = own * np.log(moment(inputs, 2 + power) / moment(inputs, 2))
    found, median = np.log(mean((operand, power))), np.median(drawn)
    assert abs(found - median) < abs(expectation - median) / 3


def test_operands_remember_what_they_multiply():
    rows = operands_of((1, 3), 4, "gaussian")
    assert [[y.count for y in row] for row in rows] == [[1, 3]] * 3
    assert all(y.inputs == "gaussian" and y.noise == 0 for row in rows for y in row)


@pytest.mark.usefixtures("unchecked")
def test_an_unknown_law_is_refused():
    with pytest.raises(ValueError, match="`inputs` must be one of cube, gaussian; got 'sphere'"):
        operands_of((1, 1), 2, "sphere")  # pyright: ignore[reportArgumentType]
