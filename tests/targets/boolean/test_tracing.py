"""Tracing: what cannot be traced is one error that names the line; the rest is that function."""

import functools
import inspect
import math
import re

import numpy as np
import pytest

from noflat.targets.boolean import concatenated, looked_up, mux, ordered, trace

DECIDES = "known only when the circuit runs cannot decide what Python does or become"
OTHER = "a word belongs to the circuit that it was made for"


def with_if(a):
    b = a + 1
    if b > 2:
        return a
    return b


def with_while(a):
    while a > 0:
        a = a >> 1
    return a


@pytest.mark.parametrize(
    ("function", "line"), [(with_if, "if b > 2:"), (with_while, "while a > 0")]
)
def test_the_line_is_named(function, line):
    source, first = inspect.getsourcelines(function)
    number = first + next(i for i, text in enumerate(source) if line in text)
    place = f"line {number} of {re.escape(__file__)}, `{re.escape(line)}"
    with pytest.raises(ValueError, match=f"`function` cannot be traced at {place}.*{DECIDES}"):
        trace(function, 3)


def calls_another(a):
    return with_if(a) + 1


def test_the_last_line_of_the_file_of_the_function_is_named():
    with pytest.raises(ValueError, match="`if b > 2:`"):
        trace(calls_another, 3)
    with pytest.raises(ValueError, match="`return math.sqrt"):
        trace(through_math, 3)
    wrapped = functools.wraps(with_if)(lambda a: with_if(a))
    with pytest.raises(ValueError, match="`if b > 2:`"):
        trace(wrapped, 3)
    with pytest.raises(ValueError, match="at the call of max"):
        trace(max, 3, 3)
    for called in (
        functools.partial(with_if),
        functools.partial(functools.partial(with_if)),
        functools.wraps(with_if)(functools.partial(lambda f, a: f(a), with_if)),
        Called(),
        Called().method,
        functools.partial(Called()),
    ):
        with pytest.raises(ValueError, match=f"at line .*{re.escape(__file__)}, `if b > 2:`"):
            trace(called, 3)
    with pytest.raises(ValueError, match="at the call of max"):
        trace(functools.partial(max), 3, 3)


class Called:
    def __call__(self, a):
        return with_if(a)

    def method(self, a):
        return with_if(a)


def through_math(a):
    return math.sqrt(a)


UNTRACED = {
    "and": (lambda a: a and 1, DECIDES),
    "or": (lambda a: a or 1, DECIDES),
    "not": (lambda a: not a, DECIDES),
    "chained comparison": (lambda a: 1 < a < 3, DECIDES),
    "in": (lambda a: 3 in a, DECIDES),
    "min": (lambda a: min(a, 3), DECIDES),
    "max": (lambda a: max(a, 3), DECIDES),
    "sorted": (lambda a: sorted([a, a + 1]), DECIDES),
    "int": (lambda a: int(a), DECIDES),
    "float": (lambda a: float(a), DECIDES),
    "round": (lambda a: round(a), DECIDES),
    "range": (lambda a: [*range(a)], DECIDES),
    "index of a list": (lambda a: [1, 2, 3][a], DECIDES),
    "index by a word": (lambda a: a[a], "an index must be an integer; shift by a word instead"),
    "no such bit": (lambda a: a[3], r"a word of 3 bits has no bit 3: resized\(width\) adds zeros"),
    "no such bit from above": (lambda a: a[-4], "a word of 3 bits has no bit -4"),
    "/": (lambda a: a / 2, "words are not divided"),
    "//": (lambda a: a // 2, "words are not divided"),
    "%": (lambda a: a % 2, "words are not divided"),
    "divmod": (lambda a: divmod(7, a), "words are not divided"),
    "of an integer //": (lambda a: 7 // a, "words are not divided"),
    "of an integer %": (lambda a: 7 % a, "words are not divided"),
    "unary minus": (lambda a: -a, r"words are nonnegative: use ~x \+ 1 in a fixed width"),
    "abs": (lambda a: abs(a - 1), r"words are nonnegative: use mux\(a > b, a - b, b - a\)"),
    "np.sqrt": (lambda a: np.sqrt(a), "does not support ufuncs"),
    "np.maximum": (lambda a: np.maximum(a, 3), "does not support ufuncs"),
    "np.sum": (lambda a: np.sum(a), "does not support ufuncs"),
    "np.array": (lambda a: np.array(a), "functions of NumPy do not take words"),
    "np.sort": (lambda a: np.sort(a), "functions of NumPy do not take words"),
    "np.dot": (lambda a: np.dot(a, a), "functions of NumPy do not take words"),
    "float operand": (lambda a: a + 0.5, "a word goes with words and integers; got float"),
    "float on the left": (lambda a: 0.5 * a, "a word goes with words and integers; got float"),
    "float of NumPy": (lambda a: np.float64(2) * a, "words and integers; got float64"),
    "compared with text": (lambda a: a == "1", "a word goes with words and integers; got str"),
    "negative constant": (lambda a: a + -1, "words are nonnegative; got -1: use ~x"),
    "negative comparison": (lambda a: a > -1, "words are nonnegative; got -1"),
    "negative shift": (lambda a: a << -1, "shifted by a nonnegative integer or by a word; got -1"),
    "shift by a float": (lambda a: a >> 1.0, "shifted by a nonnegative integer or by a word"),
    "power 0": (lambda a: a**0, "the exponent of a word must be a positive integer"),
    "power of a float": (lambda a: a**0.5, "the exponent of a word must be a positive integer"),
    "power by a word": (lambda a: 2**a, r"a word is no exponent: use 1 << a in place of 2\*\*a"),
    "power modulo": (lambda a: pow(a, 2, 7), "words are not divided: reduce each product"),
    "wide left shift": (
        lambda a: a << a * a * a * a * a * a,
        r"a word of 18 bits may need 2\^18 more: shift by at most 16 bits of it, as in a << b",
    ),
    "wide left shift of an integer": (lambda a: 1 << a * 2**30, "a word of 34 bits may need 2.34"),
    "key of a dict": (lambda a: {a: 1}, r"is no key: use looked_up\(table, a\)"),
    "look up in a dict": (lambda a: {0: 1}[a], r"is no key: use looked_up\(table, a\)"),
    "long condition": (lambda a: mux(a, 1, 2), "the condition of a mux must be one bit; got 3"),
    "no bit": (lambda a: mux(2, a, 1), "the condition of a mux must be one bit; got 2"),
    "no words": (lambda a: concatenated(), "`words` must be one or more words"),
    "an integer among words": (lambda a: concatenated(a, 1), "`words` must be one or more words"),
    "short table": (lambda a: looked_up((1, 2), a), "a table for 3 bits has 8 entries; got 2"),
    "ordered floats": (lambda a: ordered([a, 0.5]), "a word goes with words and integers; got flo"),
    "its own error": (lambda a: [].index(a + 1), "is not in list"),
}


@pytest.mark.parametrize("name", UNTRACED)
@pytest.mark.usefixtures("unchecked")
def test_what_cannot_be_traced(name):
    function, why = UNTRACED[name]
    place = rf"at line \d+ of {re.escape(__file__)}, `"
    with pytest.raises(ValueError, match=f"`function` cannot be traced {place}.*{why}"):
        trace(function, 3)


@pytest.mark.parametrize("returned", ["1", None, 0.5, -1, [1, None], {1: 2}])
def test_wrong_return(returned):
    with pytest.raises(ValueError, match="`function` must return words and nonnegative integers, "):
        trace(lambda a: returned, 3)


def test_words_of_another_circuit():
    kept = []
    trace(lambda a: kept.append(a) or a, 3)
    (other,) = kept
    for function in (
        lambda b: b + other,
        lambda b: b < other,
        lambda b: b << other,
        lambda b: mux(b[0], other, b),
        lambda b: mux(other[0], b, b),
        lambda b: concatenated(b, other),
        lambda b: other,
        lambda b: [b, other],
    ):
        with pytest.raises(ValueError, match=f"`function` .*{OTHER}"):
            trace(function, 3)


@pytest.mark.usefixtures("unchecked")
def test_wrong_widths():
    for function, widths in (
        (lambda a, b: a + b, (3,)),
        (lambda a: a, (3, 3)),
        (lambda a, *, b: a, (3,)),
        (lambda: 1, (3,)),
    ):
        with pytest.raises(ValueError, match="`widths` must be one per argument of `function`"):
            trace(function, *widths)
    for width in (0, -1, 2.0, True, "3"):
        with pytest.raises(ValueError, match="`widths` must be an integer of at least 1"):
            trace(lambda a: a, width)
    with pytest.raises(ValueError, match="`fan_in` must be an integer of at least 2"):
        trace(lambda a: a, 3, fan_in=1)
    for function in (5, None, "max"):
        with pytest.raises(ValueError, match=f"`function` must be a function of words.*{function}"):
            trace(function, 4)


def for_ever(a):
    return for_ever(a + 1 & 7)


def asserted(a):
    assert isinstance(a, int)
    return a


def not_made(a):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("function", "kind", "line"),
    [
        (lambda a: a + 1 // 0, ZeroDivisionError, "1 // 0"),
        (lambda a: {}["b"], KeyError, r"\['b'\]|\[\"b\"\]"),
        (lambda a: none_such + a, NameError, "none_such"),  # noqa: F821
        (for_ever, RecursionError, "return for_ever"),
        (asserted, AssertionError, "assert isinstance"),
        (not_made, NotImplementedError, "raise NotImplementedError"),
        (lambda a: [].index(a + 1), ValueError, "index"),
    ],
)
def test_a_bug_of_the_function_is_told_with_its_line_and_stays_the_cause(function, kind, line):
    with pytest.raises(ValueError, match=rf"at line \d+ of .*{line}.*`: {kind.__name__}: ") as told:
        trace(function, 3)
    assert type(told.value.__cause__) is kind


def test_what_a_word_refuses_needs_no_cause():
    with pytest.raises(ValueError, match=DECIDES) as told:
        trace(with_if, 3)
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__


def test_left_shifts_by_part_of_a_wide_word():
    circuit = trace(lambda a, b: a << b[:3], 4, 32)
    assert circuit.on_integers(9, 2**20 + 5) == (9 << 5,)
    right = trace(lambda a, b: a >> b, 4, 32)
    assert right.on_integers(9, 2) == (2,)
    assert right.on_integers(9, 2**31) == (0,)


def test_the_function_runs_once_and_its_loops_unroll():
    calls = []

    def repeated(a, b):
        calls.append(1)
        for _ in range(4):
            a, b = b, (a + b)[:4]
        return {"nested": a}["nested"], [b, (7, True)]

    circuit = trace(repeated, 4, 4)
    assert calls == [1]
    assert circuit.widths == (4, 4)
    assert circuit.output_widths == (4, 4, 3, 1)
    a, b = 3, 5
    for _ in range(4):
        a, b = b, (a + b) % 16
    assert circuit.on_integers(3, 5) == (a, b, 7, 1)


def test_functions_without_arguments_or_results():
    assert trace(lambda: 6).on_integers() == (6,)
    assert trace(lambda a: [], 2).outputs == ()
    assert trace(lambda *values: values[1], 1, 2, 3).on_integers(1, 2, 3) == (2,)
    assert trace(lambda a, b=3: a + b, 2).on_integers(2) == (5,)


def test_a_name_of_a_word_is_short():
    shown = []
    trace(lambda a: shown.append(f"{a} {a + 1!r}") or a, 3)
    assert shown == ["<word of 3 bits> <word of 4 bits>"]
