r"""Arithmetic circuits: the products that an expression takes, each done once.

A circuit keeps the way a polynomial is written: $(x+y)^8$ is three squares, not nine terms. Its
gates multiply two affine forms in the inputs and the gates before them; sums cost nothing. Products
are shared where they agree up to a number, powers go by squaring, and long products are balanced so
that they are shallow.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from noflat.targets.expressions import polynomial
from noflat.targets.parser import Algebra, is_sympy, names_in, read
from noflat.targets.polynomials import Polynomial


class Form(NamedTuple):
    r"""An affine form $c + \sum_i a_i v_i$ in the inputs and the gates.

    Attributes:
        constant: $c$.
        terms: Pairs of index i and $a_i \neq 0$, ascending; gate g has the index n + g.
    """

    constant: Fraction
    terms: tuple[tuple[int, Fraction], ...]


class Gate(NamedTuple):
    """A product of two forms; a square where they are the same."""

    left: Form
    right: Form

    @property
    def is_square(self) -> bool:
        """Whether it multiplies a form with itself."""
        return self.left == self.right


@dataclass(frozen=True)
class Circuit:
    """Products of affine forms, one after the other, and an affine form of them all.

    Attributes:
        inputs: The number of variables n.
        gates: The products; each takes inputs and gates before it.
        output: The value.
        names: What the variables are called.

    Example:
        >>> from noflat.targets.circuits import circuit
        >>> power = circuit("(x + y)**8")
        >>> power.squares, power.products, power.depth
        (3, 0, 3)
    """

    inputs: int
    gates: tuple[Gate, ...]
    output: Form
    names: tuple[str, ...] = ()

    @property
    def squares(self) -> int:
        """The number of gates that square."""
        return sum(gate.is_square for gate in self.gates)

    @property
    def products(self) -> int:
        """The number of the other gates."""
        return len(self.gates) - self.squares

    @cached_property
    def depths(self) -> tuple[int, ...]:
        """How many gates lie one above the other, up to each input and gate."""
        found = [0] * self.inputs
        for gate in self.gates:
            found.append(1 + max(found[i] for form in gate for i, _ in form.terms))
        return tuple(found)

    @property
    def depth(self) -> int:
        """The most gates one above the other."""
        return max(self.depths)

    def expand(self) -> Polynomial:
        """The polynomial, multiplied out."""
        n = self.inputs
        ones = [tuple(int(i == j) for j in range(n)) for i in range(n)]
        start = [Polynomial(n, ((e, Fraction(1)),), self.names) for e in ones]
        zero = Polynomial(n, (), self.names)
        return list(self._values(start, lambda total: zero + total))[-1]

    def exact(self, x: Sequence[Fraction | int]) -> Fraction:
        """Evaluates at one rational point in exact arithmetic."""
        return list(self.exact_values(x))[-1]

    def exact_values(self, x: Sequence[Fraction | int]) -> Iterator[Fraction]:
        """The exact value of every input and gate at a point, then that of the output."""
        if len(x) != self.inputs:
            raise ValueError(f"`x` must have {self.inputs} entries; got {len(x)}")
        return self._values([Fraction(v) for v in x], Fraction)

    def __call__(self, x: Float[Array, " inputs"]) -> Float[Array, ""]:
        """Evaluates at one point in the dtype of `x`, gate by gate; runs under jit and vmap."""
        x = jnp.asarray(x)
        if x.shape != (self.inputs,):
            raise ValueError(
                f"`x` must be one point of shape ({self.inputs},); got {x.shape}. "
                "For a batch use jax.vmap"
            )
        return list(self._values(list(x), lambda c: jnp.asarray(float(c), x.dtype)))[-1]

    def _values(self, start: list[Any], constant: Any) -> Iterator[Any]:
        values = list(start)

        def value(form: Form) -> Any:
            total = constant(form.constant)
            for i, c in form.terms:
                total = total + values[i] * (c if isinstance(constant, type) else _like(c, total))
            return total

        for gate in self.gates:
            left = value(gate.left)
            values.append(left * (left if gate.is_square else value(gate.right)))
        yield from values
        yield value(self.output)


def _like(c: Fraction, total: Any) -> Any:
    return c if isinstance(total, Polynomial) else float(c)


def circuit(expression: Any, *, variables: Sequence[str] | None = None) -> Circuit:
    """A circuit that computes an expression with few products.

    A string or SymPy expression keeps its sums, products and powers. What comes multiplied out, and
    what takes fewer products so, is factored by Horner's rule, in the variable that most terms
    share; of the ways found the one of fewest products is taken.

    Args:
        expression: As for `polynomial`.
        variables: The names of the variables in order.

    Returns:
        The circuit.

    Raises:
        ValueError: As for `polynomial`.

    Example:
        >>> from noflat.targets.circuits import circuit
        >>> circuit("x*y*z*w").products
        3
    """
    found = []
    if isinstance(expression, str) or is_sympy(expression):
        names = names_in(expression, variables)
        builder = _Builder(len(names))
        found.append(builder.finished(read(expression, names, builder), names))
    target = polynomial(expression, variables=variables)
    if len(target.terms) <= _MOST_TERMS:
        for way in (_horner, _monomials):
            builder = _Builder(target.inputs)
            found.append(builder.finished(way(builder, dict(target.terms)), target.names))
    if not found:
        raise ValueError(
            f"`expression` must have at most {_MOST_TERMS} terms, or be a string that is factored"
        )
    return min(found, key=lambda one: (2 * one.products + one.squares, one.depth))


_MOST_TERMS = 5_000
"""Beyond so many terms no network of them is written out."""


class _Builder(Algebra[Form]):
    """Makes gates, each once."""

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        self.gates: list[Gate] = []
        self.known: dict[Gate, int] = {}
        self.depths = [0] * inputs

    def number(self, value: Fraction) -> Form:
        return Form(value, ())

    def variable(self, index: int) -> Form:
        return Form(Fraction(0), ((index, Fraction(1)),))

    def constant(self, part: Form) -> Fraction | None:
        return None if part.terms else part.constant

    def total(self, parts: Sequence[Form]) -> Form:
        terms: dict[int, Fraction] = {}
        for part in parts:
            for i, c in part.terms:
                terms[i] = terms.get(i, Fraction(0)) + c
        constant = sum((part.constant for part in parts), Fraction(0))
        return Form(constant, tuple(sorted((i, c) for i, c in terms.items() if c)))

    def product(self, factors: Sequence[tuple[Form, int]]) -> Form:
        """The powers of one form together, then the shallowest two at a time."""
        number, exponents = Fraction(1), {}
        for factor, exponent in factors:
            if not factor.terms:
                number *= factor.constant**exponent
                continue
            size, unit = _normal(factor)
            number *= size**exponent
            exponents[unit] = exponents.get(unit, 0) + exponent
        if not exponents or not number:
            return self.number(number)
        forms = [self.power(unit, exponent) for unit, exponent in exponents.items()]
        while len(forms) > 1:
            forms.sort(key=self.depth, reverse=True)
            forms.append(self.multiplied(forms.pop(), forms.pop()))
        return _scaled(forms[0], number)

    def power(self, form: Form, exponent: int) -> Form:
        """By squaring; 15 is the third power of the fifth, and not seven products."""
        if exponent == 1:
            return form
        divisor = next((k for k in (2, 3, 5) if exponent % k == 0), 0)
        if divisor == 2:
            half = self.power(form, exponent // 2)
            return self.multiplied(half, half)
        if divisor and divisor < exponent:
            return self.power(self.power(form, exponent // divisor), divisor)
        return self.multiplied(self.power(form, exponent - 1), form)

    def multiplied(self, left: Form, right: Form) -> Form:
        (size, one), (more, other) = _normal(left), _normal(right)
        gate = Gate(*sorted((one, other)))
        if gate not in self.known:
            self.known[gate] = self.inputs + len(self.gates)
            self.depths.append(1 + max(self.depth(one), self.depth(other)))
            self.gates.append(gate)
        return Form(Fraction(0), ((self.known[gate], size * more),))

    def depth(self, form: Form) -> int:
        return max((self.depths[i] for i, _ in form.terms), default=0)

    def finished(self, output: Form, names: Sequence[str]) -> Circuit:
        """The circuit, without gates that the output does not need."""
        needed = set()
        waiting = [i for i, _ in output.terms]
        while waiting:
            i = waiting.pop()
            if i >= self.inputs and i not in needed:
                needed.add(i)
                waiting += [j for form in self.gates[i - self.inputs] for j, _ in form.terms]
        place = {i: i for i in range(self.inputs)}
        place |= {old: self.inputs + new for new, old in enumerate(sorted(needed))}
        moved = lambda form: Form(form.constant, tuple((place[i], c) for i, c in form.terms))
        gates = (self.gates[i - self.inputs] for i in sorted(needed))
        kept = tuple(Gate(moved(gate.left), moved(gate.right)) for gate in gates)
        return Circuit(self.inputs, kept, moved(output), tuple(names))


def _normal(form: Form) -> tuple[Fraction, Form]:
    """A number and the form with first coefficient 1: 2x and x are one factor."""
    size = form.terms[0][1]
    return size, _scaled(form, 1 / size)


def _scaled(form: Form, by: Fraction) -> Form:
    return form if by == 1 else Form(form.constant * by, tuple((i, c * by) for i, c in form.terms))


def _horner(builder: _Builder, terms: dict[tuple[int, ...], Fraction]) -> Form:
    """Writes p = x q + r with the x, or the power of it, that most terms have."""
    counts = [sum(exponents[i] > 0 for exponents in terms) for i in range(builder.inputs)]
    i = max(range(builder.inputs), key=counts.__getitem__)
    if not terms or counts[i] <= 1:
        return _monomials(builder, terms)
    with_it = {e: c for e, c in terms.items() if e[i]}
    power = min(e[i] for e in with_it)
    left = {(*e[:i], e[i] - power, *e[i + 1 :]): c for e, c in with_it.items()}
    rest = {e: c for e, c in terms.items() if not e[i]}
    inner = _horner(builder, left)
    outer = builder.product([(builder.variable(i), power), (inner, 1)])
    return builder.total([outer, _horner(builder, rest)] if rest else [outer])


def _monomials(builder: _Builder, terms: dict[tuple[int, ...], Fraction]) -> Form:
    """Term by term."""
    parts = [builder.number(Fraction(0))]
    for exponents, coefficient in terms.items():
        powers = [(builder.variable(i), e) for i, e in enumerate(exponents) if e]
        parts.append(builder.product([(builder.number(coefficient), 1), *powers]))
    return builder.total(parts)
