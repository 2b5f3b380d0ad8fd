"""From what a user writes to sums and products: strings, SymPy expressions, dictionaries.

One reader serves two readings: `polynomial` multiplies everything out, `circuit` keeps the way it
is written. A string is never run. It is read token by token, numbers are exact, and what would blow
up is refused before it is computed.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, NoReturn

from noflat.targets.polynomials import Polynomial

MOST_DEGREE = 100
MOST_INPUTS = 100

_MOST_CHARACTERS = 20_000
_MOST_NESTED = 50
_MOST_DEPTH = 200
_MOST_BITS = 4096

_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)|(?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*)|(?P<sign>\*\*|[-+*/^()])",
    re.ASCII,
)


class Algebra[T](ABC):
    """What a reading makes of numbers, variables, sums, products and powers."""

    @abstractmethod
    def number(self, value: Fraction) -> T:
        """A constant."""

    @abstractmethod
    def variable(self, index: int) -> T:
        """A variable."""

    @abstractmethod
    def total(self, parts: Sequence[T]) -> T:
        """A sum."""

    @abstractmethod
    def product(self, factors: Sequence[tuple[T, int]]) -> T:
        """A product of whole powers, at least 1 each; an OverflowError where it is too large."""

    @abstractmethod
    def constant(self, part: T) -> Fraction | None:
        """Its value where it is a constant."""


def is_sympy(expression: Any) -> bool:
    """Whether it is of SymPy, which is not imported to find out."""
    return type(expression).__module__.partition(".")[0] == "sympy"


def names_in(expression: Any, variables: Sequence[str] | None) -> tuple[str, ...]:
    """The variables of a string or a SymPy expression: x2 before x10, or in the order given.

    Raises:
        ValueError: If there is none, there are too many, or one that was not given.
    """
    if isinstance(expression, str):
        found = {token.text for token in _tokens(expression) if token.kind == "name"}
    else:
        found = {str(symbol) for symbol in expression.free_symbols}
    names = tuple(sorted(found, key=_natural)) if variables is None else tuple(variables)
    if len(set(names)) != len(names) or not 1 <= len(names) <= MOST_INPUTS:
        raise ValueError(
            f"`variables` must be from 1 to {MOST_INPUTS} different ones; got {len(names)}. A "
            "constant has none of its own: name them, as in variables=['x']"
        )
    if missing := sorted(found - set(names), key=_natural):
        raise ValueError(f"`variables` must name all that occur; {', '.join(missing)} is missing")
    return names


def read[T](expression: Any, names: Sequence[str], algebra: Algebra[T]) -> T:
    """Reads a string or a SymPy expression in an algebra.

    Raises:
        ValueError: If it is no polynomial, or too large to handle.
    """
    if isinstance(expression, str):
        return _Reader(expression, names, algebra).read()
    if hasattr(expression, "as_expr"):  # a Poly too
        expression = expression.as_expr()
    return _of_sympy(expression, {name: i for i, name in enumerate(names)}, algebra, 0)


def read_terms(expression: Mapping[Any, Any]) -> Polynomial:
    """Reads a dictionary from exponents to coefficients.

    Raises:
        ValueError: If it is no polynomial.
    """
    terms, inputs = [], 0
    for exponents, coefficient in expression.items():
        powers = exponents if isinstance(exponents, tuple) else (exponents,)
        inputs = inputs or len(powers)
        whole = all(type(e) is int and 0 <= e <= MOST_DEGREE for e in powers)
        if len(powers) != inputs or not inputs or not whole or sum(powers) > MOST_DEGREE:
            raise ValueError(
                "`expression` must map tuples of equally many exponents, whole numbers of at most "
                f"{MOST_DEGREE} together, to coefficients; got {exponents!r}"
            )
        terms.append((powers, as_fraction(coefficient)))
    if not terms or inputs > MOST_INPUTS:
        raise ValueError(f"`expression` must have terms, in 1 to {MOST_INPUTS} variables")
    return Polynomial(inputs, tuple(terms))


def as_fraction(value: Any) -> Fraction:
    """An exact number: whole, a fraction, or text of one such as 1/3 or 0.1.

    Raises:
        ValueError: If it is none; a float is not, for 0.1 is not what it says.
    """
    text = str(value) if isinstance(value, int | Fraction | str) else ""
    if isinstance(value, bool) or not re.fullmatch(
        r"-?([0-9]{1,1200}(/0*[1-9][0-9]{0,1199})?|[0-9]{0,600}\.[0-9]{1,600})", text, re.ASCII
    ):
        raise ValueError(
            "`expression` must have whole numbers, fractions or decimals as text for coefficients; "
            f"got {value!r:.40}"
        )
    return Fraction(text)


def _natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts names by their parts, digits as numbers."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    return tuple((0, int(p[:300]), "") if p.isdecimal() else (1, 0, p) for p in parts)


# --- strings -------------------------------------------------------------------------------------


class _Token(NamedTuple):
    kind: str
    text: str
    place: int


def _fail(text: str, place: int, what: str) -> NoReturn:
    shown = text[max(0, place - 20) : place + 20].replace("\n", " ")
    raise ValueError(
        f"`expression` {what}, at character {place + 1}, in {shown!r}. Write sums and products of "
        "variables and numbers, such as 'x*y*z + 2*w**3'"
    )


def _tokens(text: str) -> list[_Token]:
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(
            f"`expression` must have at most {_MOST_CHARACTERS} characters; got {len(text)}. "
            "A dictionary of exponents and coefficients may be longer"
        )
    tokens, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            _fail(text, place, f"has {text[place]!r}, which is none of + - * / ** ( )")
        if match.lastgroup != "space":
            tokens.append(_Token(str(match.lastgroup), match.group(), place))
        place = match.end()
    return tokens


class _Reader[T]:
    """Recursive descent: sums of products of powers of atoms."""

    def __init__(self, text: str, names: Sequence[str], algebra: Algebra[T]) -> None:
        self.text, self.algebra = text, algebra
        self.index = {name: i for i, name in enumerate(names)}
        self.tokens = [*_tokens(text), _Token("end", "", len(text))]
        self.at = self.nested = 0

    def read(self) -> T:
        found = self.sum()
        if self.token.kind != "end":
            self.fail(f"goes on with {self.token.text!r} where an operator is expected")
        return found

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def fail(self, what: str) -> NoReturn:
        _fail(self.text, self.token.place, what)

    def take(self, *signs: str) -> str:
        """The sign that comes next if it is one of these."""
        sign = self.token.text if self.token.kind == "sign" else ""
        if sign not in signs:
            return ""
        self.at += 1
        return sign

    def sum(self) -> T:
        parts = [self.product(self.signs())]
        while sign := self.take("+", "-"):
            parts.append(self.product(self.signs() * (-1 if sign == "-" else 1)))
        return self.made(self.algebra.total, parts)

    def signs(self) -> int:
        sign = 1
        while taken := self.take("+", "-"):
            sign = -sign if taken == "-" else sign
        return sign

    def product(self, sign: int) -> T:
        factors, number = [self.power()], Fraction(sign)
        while taken := self.take("*", "/"):
            number *= self.signs()
            start = self.at
            factor = self.power()
            if taken == "*":
                factors.append(factor)
                continue
            value = self.algebra.constant(factor[0])
            if not value:
                self.at = start
                self.fail("divides by what is no number other than 0")
            number /= self.bounded(value, factor[1])
        if number != 1:
            factors.insert(0, (self.algebra.number(number), 1))
        return self.made(self.algebra.product, factors)

    def power(self) -> tuple[T, int]:
        base = self.atom()
        if not self.take("**", "^"):
            return base, 1
        start = self.at
        sign = self.signs()
        self.nest()
        exponent, more = self.power()
        self.nested -= 1
        value = self.algebra.constant(exponent)
        if value is not None:
            value = sign * self.bounded(value, more)
        constant = self.algebra.constant(base)
        most = MOST_DEGREE if constant is None else _MOST_BITS
        if value is None or value.denominator != 1 or not 0 <= value <= most:
            self.at = start
            self.fail(f"has an exponent that is no whole number from 0 to {most}")
        if constant is not None:
            return self.algebra.number(self.bounded(constant, int(value))), 1
        return (base, int(value)) if value else (self.algebra.number(Fraction(1)), 1)

    def atom(self) -> T:
        kind, text, _ = self.token
        if kind == "number":
            self.at += 1
            if len(text) > _MOST_BITS // 4:
                self.fail(f"has a number of more than {_MOST_BITS // 4} digits before this")
            return self.algebra.number(Fraction(text))
        if kind == "name":
            self.at += 1
            if self.token.text == "(":
                self.fail(f"calls {text}, and there are no functions")
            return self.algebra.variable(self.index[text])
        if not self.take("("):
            self.fail(f"has {text!r} where a number or a variable is expected" if text else "ends")
        self.nest()
        found = self.sum()
        if not self.take(")"):
            self.fail("lacks a closing parenthesis")
        self.nested -= 1
        return found

    def nest(self) -> None:
        self.nested += 1
        if self.nested > _MOST_NESTED:
            self.fail(f"is nested more than {_MOST_NESTED} deep")

    def bounded(self, value: Fraction, exponent: int) -> Fraction:
        """A power of a number, unless it would fill pages."""
        size = max(value.numerator.bit_length(), value.denominator.bit_length())
        if size * exponent > _MOST_BITS and abs(value) != 1 and value != 0:
            self.fail(f"has a number of more than {_MOST_BITS} bits before this")
        return value**exponent

    def made(self, make: Any, parts: Any) -> T:
        try:
            return make(parts)
        except OverflowError as problem:
            self.fail(f"{problem} before this")


# --- SymPy ---------------------------------------------------------------------------------------


def _of_sympy[T](part: Any, index: dict[str, int], algebra: Algebra[T], depth: int) -> T:
    if depth > _MOST_DEPTH:
        raise ValueError(f"`expression` must be nested at most {_MOST_DEPTH} deep: expand it first")
    inner = lambda child: _of_sympy(child, index, algebra, depth + 1)
    try:
        if part.is_Symbol:
            return algebra.variable(index[str(part)])
        if part.is_Rational:
            return algebra.number(as_fraction(f"{part.p}/{part.q}"))
        if part.is_Float:  # as it prints: 0.1 is 1/10
            return algebra.number(Fraction(str(part)))
        if part.is_Add:
            return algebra.total([inner(child) for child in part.args])
        if part.is_Mul:
            return algebra.product([_factor(child, inner) for child in part.args])
        if part.is_Pow:
            return algebra.product([_factor(part, inner)])
    except OverflowError as problem:
        raise ValueError(f"`expression` {problem}: leave it in parts") from None
    raise ValueError(
        f"`expression` must be a polynomial with rational coefficients; it has {part!s:.60}"
    )


def _factor(part: Any, inner: Any) -> tuple[Any, int]:
    if part.is_Pow and part.exp.is_Integer and 1 <= part.exp <= MOST_DEGREE:
        return inner(part.base), int(part.exp)
    if part.is_Pow:
        raise ValueError(
            f"`expression` must have whole exponents from 1 to {MOST_DEGREE}; it has {part!s:.60}"
        )
    return inner(part), 1
