"""Real functions at b bits: on all words, against rational arithmetic that knows no circuit."""

from decimal import Decimal, getcontext
from fractions import Fraction
from math import factorial, isqrt

import numpy as np
import pytest

from noflat.targets.boolean.circuits import integers
from noflat.targets.boolean.fixed_point import NAMES, horner, quantized

getcontext().prec = 50


def exact(name, x):
    """By Python's decimals of 50 digits: the root and exp are its own, the sine a series."""
    value = Decimal(x.numerator) / Decimal(x.denominator)
    if name == "square_root":
        return value.sqrt()
    if name == "exponential":
        return value.exp()
    terms = [value ** (2 * k + 1) / factorial(2 * k + 1) * (-1) ** k for k in range(20)]
    return sum(terms, Decimal(0))


def outputs(name, bits, numbers):
    circuit = quantized(name, bits)
    words = (np.asarray(numbers)[:, None] >> np.arange(bits)) & 1
    return integers(np.asarray(circuit(words)), circuit.output_widths).ravel().tolist()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bits", [2, 3, 5, 8, 10])
def test_errors_are_at_most_a_unit_on_all_words(name, bits):
    bound = Fraction(1)
    if name != "square_root":
        bound = horner(name, bits).error * 2**bits + Fraction(1, 2)
    assert bound <= 1
    for x, y in enumerate(outputs(name, bits, range(2**bits))):
        away = abs(y - 2**bits * exact(name, Fraction(x, 2**bits)))
        assert away <= Decimal(bound.numerator) / Decimal(bound.denominator), x


@pytest.mark.parametrize("name", NAMES)
def test_random_words_of_many_bits(name):
    bits = 18
    numbers = np.random.default_rng(0).integers(0, 2**bits, 40)
    for x, y in zip(numbers.tolist(), outputs(name, bits, numbers), strict=True):
        assert abs(y - 2**bits * exact(name, Fraction(x, 2**bits))) <= 1
        if name == "square_root":
            assert y == isqrt(x << bits)


@pytest.mark.usefixtures("unchecked")
def test_what_is_not_there_is_told():
    with pytest.raises(ValueError, match="`name` must be one of square_root"):
        quantized("tangent", 8)
    for name in ("foo", "square_root", 3):
        with pytest.raises(ValueError, match=f"`name` must be one of exponential, sine.*{name}"):
            horner(name, 8)
    for function in (quantized, horner):
        for bits in (1, "8", 8.0, True):
            with pytest.raises(ValueError, match="`bits` must be an integer of at least 2"):
                function("sine", bits)
    assert horner("sine", np.int64(8)) == horner("sine", 8)
