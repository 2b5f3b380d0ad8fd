"""Words: the same function on Python's integers and on words, every word of bits tried."""

import operator
from itertools import product

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from noflat.targets import bit_states
from noflat.targets.boolean import concatenated, looked_up, mux, ordered, trace
from noflat.targets.boolean.circuits import integers

FAN_INS = st.sampled_from([2, 3, 4])


def agree(function, *widths, fan_in=2):
    """Whether the circuit gives what the function gives, on every word; in one batch and singly."""
    circuit = trace(function, *widths, fan_in=fan_in)
    assert circuit.fan_in <= fan_in
    words = bit_states(sum(widths))
    batched = integers(circuit(words), circuit.output_widths)
    for values, found in zip(integers(words, widths).tolist(), batched.tolist(), strict=True):
        wanted = function(*values)
        wanted = tuple(wanted) if isinstance(wanted, list | tuple) else (wanted,)
        assert tuple(found) == tuple(map(int, wanted)), values
        assert circuit.on_integers(*values) == tuple(found)


BOTH = {
    "+": operator.add,
    "*": operator.mul,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<<": operator.lshift,
    ">>": operator.rshift,
}
CONSTANTS = (0, 1, 2, 5, 13)


@pytest.mark.parametrize("fan_in", [2, 3])
@pytest.mark.parametrize("symbol", BOTH)
def test_operators_are_those_of_integers(symbol, fan_in):
    operation = BOTH[symbol]
    for widths in ((3, 3), (4, 2), (1, 3), (1, 1)):
        agree(operation, *widths, fan_in=fan_in)
    for constant in CONSTANTS:
        agree(lambda a, c=constant: operation(a, c), 4, fan_in=fan_in)
        agree(lambda a, c=constant: operation(c, a), 3, fan_in=fan_in)
        assert trace(lambda a, c=constant: operation(a, np.int64(c)), 4) == trace(
            lambda a, c=constant: operation(a, c), 4
        )


trees = st.recursive(
    st.sampled_from(["a", "b", 0, 1, 3, 6]),
    lambda parts: st.one_of(
        st.tuples(st.sampled_from(["+", "&", "|", "^", "<", ">=", "==", "*"]), parts, parts),
        st.tuples(st.just("mux"), st.tuples(st.just("<"), parts, parts), parts, parts),
        st.tuples(st.sampled_from(["<< 1", ">> 1", ">> 3", "** 2"]), parts),
    ),
    max_leaves=6,
)
SINGLE = {
    "<< 1": lambda x: x << 1,
    ">> 1": lambda x: x >> 1,
    ">> 3": lambda x: x >> 3,
    "** 2": lambda x: x**2,
}


def evaluated(tree, a, b):
    if not isinstance(tree, tuple):
        return {"a": a, "b": b}.get(tree, tree)
    parts = [evaluated(part, a, b) for part in tree[1:]]
    if tree[0] == "mux":
        return mux(*parts)
    return {**BOTH, **SINGLE}[tree[0]](*parts)


@given(trees, FAN_INS)
def test_any_expression_is_that_of_integers(tree, fan_in):
    agree(lambda a, b: evaluated(tree, a, b), 3, 2, fan_in=fan_in)


@given(st.integers(1, 70), st.integers(1, 70), st.data(), FAN_INS)
@settings(max_examples=20)
def test_long_words(m, n, data, fan_in):
    a, b = data.draw(st.integers(0, 2**m - 1)), data.draw(st.integers(0, 2**n - 1))
    f = lambda a, b: (a + b, a ^ b, a & b, a | b, a < b, a == b, mux(a > b, a, b))
    assert trace(f, m, n, fan_in=fan_in).on_integers(a, b) == tuple(map(int, f(a, b)))


@pytest.mark.parametrize(("m", "n"), [(3, 3), (4, 2), (2, 4), (1, 1)])
def test_minus_and_not_wrap_around(m, n):
    width = max(m, n)
    circuit = trace(lambda a, b: (a - b, ~a, ~b + 1), m, n)
    assert circuit.output_widths == (width, m, n + 1)
    for a, b in product(range(2**m), range(2**n)):
        low, inverted, negated = circuit.on_integers(a, b)
        assert low == (a - b) % 2**width
        assert inverted == 2**m - 1 - a
        assert negated == 2**n - b
    for a in range(2**m):
        assert trace(lambda a: 5 - a, m).on_integers(a) == ((5 - a) % 2 ** max(3, m),)
        assert trace(lambda a: a - 5, m).on_integers(a) == ((a - 5) % 2 ** max(3, m),)


def test_widths_grow_as_said():
    assert trace(lambda a, b: a + b, 3, 5).output_widths == (6,)
    assert trace(lambda a, b: a * b, 3, 5).output_widths == (8,)
    assert trace(lambda a, b: a & b, 3, 5).output_widths == (5,)
    assert trace(lambda a, b: a < b, 3, 5).output_widths == (1,)
    assert trace(lambda a: a + 0, 3).output_widths == (3,)
    assert trace(lambda a: (a << 2, a >> 2, a >> 9), 3).output_widths == (5, 1, 1)
    assert trace(lambda a: a.resized(5), 3).output_widths == (5,)


def test_bits_slices_and_lengths():
    found = trace(lambda a: (a[0], a[-1], a[1:3], a[::2], a[::-1], len(a), list(a)), 4)
    assert found.on_integers(0b1011) == (1, 1, 0b01, 0b01, 0b1101, 4, 1, 1, 0, 1)
    assert found.size == 0
    agree(lambda a, b: sum([a, b, a]), 3, 3)
    assert trace(lambda a: sum(a), 7).on_integers(0b1011011) == (5,)
    assert trace(lambda a, b: concatenated(a, b), 2, 3).on_integers(1, 5) == (21,)
    assert trace(lambda a, b: concatenated(a, b, a), 1, 1).on_integers(1, 0) == (5,)


def test_mux_on_integers_and_on_words():
    agree(lambda a, b: mux(a < b, a, b), 3, 3)
    agree(lambda a, b: mux(a == 3, 5, b), 2, 2)
    agree(lambda a, b: mux(b, a, 9), 3, 1, fan_in=3)
    agree(lambda a: mux(True, a, 7), 3)
    agree(lambda a: mux(0, a, 7), 3)
    assert mux(True, 3, 4) == 3
    assert mux(0, 3, 4) == 4


@pytest.mark.parametrize("count", range(9))
def test_ordered_sorts_any_number_of_values(count):
    for bits in product((0, 1), repeat=count):  # enough for all values: the 0-1 principle
        assert ordered(bits) == sorted(bits)
    if count:
        agree(lambda *values: ordered(values), *(1,) * count)
    assert ordered(range(count, 0, -1)) == list(range(1, count + 1))


@given(st.lists(st.integers(0, 15), max_size=7))
@settings(max_examples=20)
def test_ordered_words(values):
    circuit = trace(lambda *values: ordered(values), *(4,) * len(values))
    assert circuit.on_integers(*values) == tuple(sorted(values))


@given(st.integers(1, 4), st.data(), FAN_INS)
def test_tables_are_looked_up(n, data, fan_in):
    table = data.draw(st.lists(st.integers(0, 20), min_size=2**n, max_size=2**n))
    agree(lambda a: looked_up(table, a), n, fan_in=fan_in)


def test_tables_of_numpy_and_constant_conditions():
    table = np.array([3, 0, 9, 1])
    assert trace(lambda a: looked_up(table, a), 2).on_integers(2) == (9,)
    circuit = trace(lambda a: mux(1, a, 9), 2)  # as long as the longer one
    assert circuit.output_widths == (4,)
    assert circuit.on_integers(3) == (3,)
