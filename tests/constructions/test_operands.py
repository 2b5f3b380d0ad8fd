"""The moments of what a block multiplies, against quadrature and sampling."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from noflat.constructions.operands import NONE, Operand, operands_of


def moment(inputs, order):
    if inputs == "cube":
        return quad(lambda x: x**order, 0, 1)[0]
    return 2 * quad(lambda x: x**order * math.exp(-x * x / 2), 0, 40)[0] / math.sqrt(2 * math.pi)


@pytest.mark.parametrize("inputs", ["cube", "gaussian"])
@pytest.mark.parametrize("tilt", [0.5, 2.0])
@pytest.mark.parametrize("order", [-1, 1, 2, 4])
def test_moments_by_quadrature(inputs, tilt, order):
    one, three = Operand(1, inputs, tilt), Operand(3, inputs, tilt)
    expected = moment(inputs, tilt + order) / moment(inputs, tilt)
    assert one.weighted(order) == pytest.approx(expected, rel=1e-6)  # the accuracy of `quad`
    assert three.weighted(order) == pytest.approx(expected**3, rel=1e-5)


@pytest.mark.parametrize("inputs", ["cube", "gaussian"])
def test_the_typical_size_is_a_geometric_mean(inputs):
    points = np.abs(np.random.default_rng(0).uniform(-1, 1, 2**20))
    if inputs == "gaussian":
        points = np.abs(np.random.default_rng(0).standard_normal(2**20))
    expected = np.exp(np.average(np.log(points), weights=points**2))
    # Some 2^20 points: a standard error of about a thousandth.
    assert Operand(1, inputs, 2.0).typical == pytest.approx(expected, rel=5e-3)
    assert Operand(4, inputs, 2.0).typical == pytest.approx(expected**4, rel=2e-2)


def test_few_inputs_are_tilted_fully_and_many_less():
    few = [row[0].tilt for row in operands_of((1, 1), 2, "cube")]
    many = [row[0].tilt for row in operands_of((1,) * 40, 40, "cube")]
    assert few == [2.0, 2.0, 2.0]
    assert 0 < many[0] < many[1] < many[2] < 2
    assert len(few) == len(NONE)


def test_operands_remember_what_they_multiply():
    rows = operands_of((1, 3), 4, "gaussian")
    assert [[y.count for y in row] for row in rows] == [[1, 3]] * 3
    assert all(y.inputs == "gaussian" and y.noise == 0 for row in rows for y in row)


@pytest.mark.usefixtures("unchecked")
def test_an_unknown_law_is_refused():
    with pytest.raises(ValueError, match="`inputs` must be one of cube, gaussian; got 'sphere'"):
        operands_of((1, 1), 2, "sphere")  # pyright: ignore[reportArgumentType]
