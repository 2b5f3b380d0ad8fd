"""Checks of the bounds for exp, sin and cos, and for Gaussian inputs: Theorems 6 to 8."""

import re
from fractions import Fraction
from itertools import combinations
from math import comb

from noflat.certificates.checker.conditions import Data, check_keys, check_same, require

_RANK_PER_NEURON = {"exp": 1, "sin": 2, "cos": 2}

_MOST_DIGITS = 1000
"""The longest error that is read, as text."""


def ranks(data: Data, witness: Data) -> tuple[int, int]:
    """What a neuron and the free readout add to the rank of the kernel."""
    name = data["activation"]
    require(name in _RANK_PER_NEURON, "activation: the theorem is about exp, sin and cos")
    per_neuron = _RANK_PER_NEURON[name]
    convention = data["convention"]
    free = convention["output_bias"] + convention["affine_skip"]
    check_same(witness["rank_per_neuron"], per_neuron, "rank_per_neuron")
    check_same(witness["free_rank"], free, "free_rank")
    return per_neuron, free


def check_kernel(data: Data, n: int, witness: Data) -> int:
    """Points at which the kernel of the product is a diagonal matrix of signs."""
    check_keys(witness, "points", "kernel", "rank_per_neuron", "free_rank")
    per_neuron, free = ranks(data, witness)
    check_same(witness["points"], ["-1/2", "1/2"], "points")
    points = [Fraction(text) for text in witness["points"]]
    kernel = [[str(x + y) for y in points] for x in points]
    check_same(witness["kernel"], kernel, "kernel")
    (a, b), (c, d) = [[x + y for y in points] for x in points]
    # the kernel of the product on the grid of these points is the n-fold Kronecker power
    require(a * d - b * c != 0, "witness: the kernel of one variable is singular")
    return max(0, -(-(2**n - free) // per_neuron))


def read_error(data: Data) -> Fraction:
    """The relative rms error, exactly."""
    text = data["error"]
    # first the form, so that no exponent is expanded and no digit is of another script
    require(
        isinstance(text, str)
        and len(text) <= _MOST_DIGITS
        and re.fullmatch("0|[1-9][0-9]*/[1-9][0-9]*", text) is not None,
        f"error: must be 0 or a fraction as text, of at most {_MOST_DIGITS} characters",
    )
    error = Fraction(text)
    require(error < 1 and str(error) == text, "error: must be below 1 and in lowest terms")
    return error


def check_gaussian_kernel(data: Data, n: int, witness: Data) -> int:
    """The squared singular values of the kernel under normal inputs: all equal."""
    check_keys(witness, "rank_per_neuron", "free_rank", "count", "squared_singular_value")
    per_neuron, free = ranks(data, witness)
    # x + y with x, y normal of variance 1/2: sqrt(2) times (u v' + v u')/2 in unit vectors, so
    # each variable has two equal singular values and the product 2^n of them
    check_same(witness["count"], 2**n, "count")
    check_same(
        witness["squared_singular_value"], str(Fraction(1, 2) ** n), "squared_singular_value"
    )
    needed = ((1 - read_error(data) ** 2) * 2**n - free) / per_neuron
    return max(0, -(-needed.numerator // needed.denominator))


def check_gaussian_flattening(data: Data, n: int, witness: Data) -> int:
    """The squared singular values of the middle flattening of the n-th chaos: one per subset."""
    check_keys(witness, "order", "count", "squared_singular_value")
    order = n // 2
    check_same(witness["order"], order, "order")
    subsets = sum(1 for _ in combinations(range(n), order)) if n <= 12 else comb(n, order)
    check_same(witness["count"], subsets, "count")
    check_same(
        witness["squared_singular_value"], str(Fraction(1, subsets)), "squared_singular_value"
    )
    needed = (1 - read_error(data) ** 2) * subsets
    return max(0, -(-needed.numerator // needed.denominator))
