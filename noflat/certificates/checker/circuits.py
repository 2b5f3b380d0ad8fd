"""Checks that an output of a circuit depends on inputs, by its gates and two words for each."""

from typing import Any

from noflat.certificates.checker.conditions import require

_OPERANDS = {"and": None, "or": None, "xor": None, "majority": 3, "mux": 3}
"""The kinds of gates, and how many operands they have; None is two or more."""


def verify_dependence(bound: Any) -> int:
    """Checks a bound by its witness, with nothing of what made it.

    The gates are run on whole integers, one bit for each word, with and without its input flipped.

    Args:
        bound: The bound. Whether its gates are those that you ask about is for you to compare.

    Returns:
        The number of inputs on which the output is proved to depend.

    Raises:
        CertificateError: If a condition does not hold; a ValueError that names the first such.

    Example:
        >>> bound = dependence_bound(trace(lambda a, b: a + b, 4, 4))
        >>> verify_dependence(bound._replace(words=((0, 0), (0, 1))))
        Traceback (most recent call last):
            ...
        noflat.certificates.checker.conditions.CertificateError: words: inputs must ascend
    """
    require(isinstance(bound, tuple) and len(bound) == 4, "bound: must have four fields")
    inputs, gates, output, words = bound
    require(type(inputs) is int and inputs >= 0, "inputs: no number of them")
    require(type(gates) is tuple, "gates: no tuple")
    for number, gate in enumerate(gates):
        _check_gate(gate, 2 * (inputs + 1 + number))
    known = 2 * (inputs + 1 + len(gates))
    require(type(output) is int and 0 <= output < known, "output: there is no such literal")
    _check_words(words, inputs)
    plain = [word for _, word in words]
    flipped = [word ^ (1 << i) for i, word in words]
    one, other = (_outputs(inputs, gates, output, on) for on in (plain, flipped))
    for at, (i, _) in enumerate(words):
        require(
            (one ^ other) >> at & 1 == 1, f"words: the output is the same with input {i} flipped"
        )
    return len(words)


def _check_gate(gate: Any, known: int) -> None:
    require(isinstance(gate, tuple) and len(gate) == 2, "gates: one is no kind with literals")
    kind, literals = gate
    require(isinstance(kind, str) and kind in _OPERANDS, "gates: one is of no known kind")
    require(isinstance(literals, tuple), "gates: the literals of one are no tuple")
    wanted = _OPERANDS[kind]
    fits = len(literals) == wanted if wanted else len(literals) >= 2
    require(fits, f"gates: a gate {kind} has {len(literals)} literals")
    legal = all(type(literal) is int and 0 <= literal < known for literal in literals)
    require(legal, "gates: one takes what does not come before it")


def _check_words(words: Any, inputs: int) -> None:
    require(type(words) is tuple, "words: no tuple")
    for pair in words:
        two = isinstance(pair, tuple) and len(pair) == 2
        require(
            two and all(type(part) is int for part in pair), "words: one is no input with a word"
        )
        require(0 <= pair[0] < inputs, "words: there is no such input")
        require(0 <= pair[1] < 1 << inputs, "words: one is of more bits than there are inputs")
    numbers = [i for i, _ in words]
    require(numbers == sorted(set(numbers)), "words: inputs must ascend")


def _outputs(inputs: int, gates: Any, output: int, words: list[int]) -> int:
    """The output on each word, as the bits of one integer."""
    every = (1 << len(words)) - 1
    values = [0]
    for i in range(inputs):
        values.append(sum((word >> i & 1) << at for at, word in enumerate(words)))

    def read(literal: int) -> int:
        return values[literal // 2] ^ (every if literal % 2 else 0)

    for kind, literals in gates:
        first, *others = map(read, literals)
        if kind == "mux":
            chosen, otherwise = others
            value = (first & chosen) | ((every ^ first) & otherwise)
        elif kind == "majority":
            a, b = others
            value = (first & a) | (first & b) | (a & b)
        else:
            value = first
            for operand in others:
                value = _PAIRS[kind](value, operand)
        values.append(value)
    return read(output)


_PAIRS = {
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
}
