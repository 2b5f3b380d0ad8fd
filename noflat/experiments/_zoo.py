"""Forms whose number of powers is worth knowing, with what the literature says of it."""

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from noflat.targets import Polynomial


class Entry(NamedTuple):
    """A form.

    Attributes:
        name: How tables and figures call it.
        expression: It, as `polynomial` reads it, or the call that makes it, such as determinant(3).
        rank: Its real Waring rank where the literature knows it, `15..18` where it knows an
            interval, or empty.
        border: Its border rank, likewise.
        source: Where from.
    """

    name: str
    expression: str
    rank: str
    border: str
    source: str


_BCG = "Boij Carlini Geramita 2011"
_CCG = "Carlini Catalisano Geramita 2012; Oeding 2016"
_LEE = "Lee 2016"
_DET = "Conner Gesmundo Landsberg Ventura 2019; Conner Harper Landsberg 2019"
_SYLVESTER = "Sylvester 1851"

ZOO = (
    Entry("xy", "product(2)", "2", "2", "rank of the matrix"),
    Entry("xyz", "product(3)", "4", "4", _CCG),
    Entry("product of 4", "product(4)", "8", "8", _CCG),
    Entry("product of 5", "product(5)", "16", "16", _CCG),
    Entry("x^2 y", "x**2*y", "3", "2", _BCG),
    Entry("x^3 y", "x**3*y", "4", "2", _BCG),
    Entry("x^2 y^2", "x**2*y**2", "4", "3", _BCG),
    Entry("x^3 y^2", "x**3*y**2", "5", "3", _BCG),
    Entry("x y z^2", "x*y*z**2", "6", "4", _CCG),
    Entry("x y z^3", "x*y*z**3", "8", "4", _CCG),
    Entry("ab + cd", "a*b + c*d", "4", "4", "rank of the matrix"),
    Entry("a^2 + b^2 - c^2", "a**2 + b**2 - c**2", "3", "3", "rank of the matrix"),
    Entry("det_2", "determinant(2)", "4", "4", "rank of the matrix"),
    Entry("det_3", "determinant(3)", "17..18", "17", _DET),
    Entry("perm_3", "permanent(3)", "16", "16", "Glynn 2010; Conner Huang Landsberg 2020"),
    Entry("e_2(4)", "elementary_symmetric(4, 2)", "4", "4", "rank of the matrix"),
    Entry("e_3(4)", "elementary_symmetric(4, 3)", "5", "", _LEE),
    Entry("e_3(5)", "elementary_symmetric(5, 3)", "6", "", _LEE),
    Entry("e_3(6)", "elementary_symmetric(6, 3)", "7", "", _LEE),
    Entry("e_4(5)", "elementary_symmetric(5, 4)", "", "", ""),
    Entry("x^3 + y^3 + z^3", "power_sum(3, 3)", "3", "3", "linear independence"),
    Entry("x^4 + y^4 + z^4", "power_sum(3, 4)", "3", "3", "linear independence"),
    Entry("cusp y^2 z - x^3", "y**2*z - x**3", "4", "3", "Landsberg Teitler 2010"),
    Entry("node y^2 z - x^3 - x^2 z", "y**2*z - x**3 - x**2*z", "4", "4", "Landsberg Teitler 2010"),
    Entry("conic and tangent", "y*(x**2 + y*z)", "5", "3", "Landsberg Teitler 2010"),
    Entry("conic and secant", "x*(x**2 + y*z)", "4", "4", "Landsberg Teitler 2010"),
    Entry("xyz + 2 w^3", "x*y*z + 2*w**3", "5", "5", "Carlini Catalisano Chiantini 2015"),
    Entry("(x^2 + y^2)^2", "(x**2 + y**2)**2", "3", "3", "Reznick 1992"),
    Entry("(x^2 + y^2 + z^2)^2", "(x**2 + y**2 + z**2)**2", "6", "6", "Reznick 1992"),
    Entry("random binary quintic", "random(2, 5)", "", "3", _SYLVESTER),
    Entry("random ternary cubic", "random(3, 3)", "", "4", "Alexander Hirschowitz 1995"),
    Entry("random ternary quartic", "random(3, 4)", "", "6", "Alexander Hirschowitz 1995"),
    Entry("random quaternary cubic", "random(4, 3)", "", "5", "Alexander Hirschowitz 1995"),
)
"""The random forms are of key 0."""


def form(entry: Entry) -> "Polynomial":
    """The form of an entry."""
    import jax

    from noflat import targets

    called = re.fullmatch(r"([a-z_]+)\(([\d, ]+)\)", entry.expression)
    if called is None:
        return targets.polynomial(entry.expression)
    numbers = [int(number) for number in called[2].split(",")]
    if called[1] == "random":
        n, degree = numbers
        return targets.random_polynomial(n, degree, key=jax.random.key(0)).part(degree)
    return getattr(targets, called[1])(*numbers)
