r"""Checks of errors of interpolants of trees: Theorems R1 to R3 and R6 of docs/rates.md.

The target is read anew: a node is two polynomials in $u=(3a-3b+2)/8$ that meet at $u=0$, and its
derivatives along any direction are largest where theirs are. Constants of interpolation are bounds
if certain polynomials are not negative, which Sturm's counts decide; and errors go up the tree one
level, or one axis, after the other.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import factorial, prod
from typing import Any

from noflat.certificates.checker.conditions import Data, is_int, plain, require
from noflat.certificates.checker.derivatives import value_at
from noflat.certificates.checker.roots import is_nonnegative, roots_inside
from noflat.certificates.checker.targets import read_fraction

MOST_INPUTS = 256
MOST_SMOOTHNESS = 16
_MOST_BITS = 32  # of a number of cells, and of what a constant is a quotient of
"""Beyond these nothing is checked, so that no file can ask for hours."""

_KEYS = """format kind smoothness inputs cells derivatives diagonal lipschitz remainder lebesgue
 table_errors bound"""

Polynomial = list[Fraction]
"""Lowest coefficient first."""

Direction = tuple[int, int]


def check_tree_error(certificate: Any) -> Fraction:
    """Checks that no point of the box has a larger error than a certificate says.

    Args:
        certificate: Its plain data.

    Returns:
        The bound.

    Raises:
        CertificateError: If any condition fails, naming the first.
    """
    require(type(certificate) is dict, "file: not an object")
    data = plain(certificate)
    require(sorted(data) == sorted(_KEYS.split()), "keys: not those of a tree error")
    require(data["format"] == "noflat-tree-error-1", "format: not noflat-tree-error-1")
    kind, m, levels = data["kind"], *_target(data)
    _check_node(data, m)
    cells = data["cells"]
    require(
        isinstance(cells, list)
        and all(is_int(count) and 1 <= count < 2**_MOST_BITS for count in cells)
        and len(cells) == (1 if kind == "flat" else levels),
        f"cells: must be one for each table of a path to the root, from 1 to 2^{_MOST_BITS} - 1",
    )
    errors = [read_fraction(text, "table_errors: one") for text in _list(data, "table_errors")]
    require(len(errors) == len(cells), "table_errors: must be one for each of `cells`")
    widths = [Fraction(2, count) for count in cells]
    if kind == "triangulated":
        _check_triangles(data, m, widths, errors)
    else:
        _check_tables(data, m, levels, widths, errors)
    total, lipschitz = Fraction(0), Fraction(data["lipschitz"])
    for error in errors:
        total = error + lipschitz * total
    _same(data["bound"], total, "bound")
    return total


def _target(data: Data) -> tuple[int, int]:
    """The smoothness and the levels."""
    kind, m, n = data["kind"], data["smoothness"], data["inputs"]
    require(kind in ("deep", "flat", "triangulated"), "kind: must be deep, flat or triangulated")
    require(
        is_int(m) and 1 <= m <= MOST_SMOOTHNESS,
        f"smoothness: must be an integer from 1 to {MOST_SMOOTHNESS}",
    )
    levels = n.bit_length() - 1 if is_int(n) and n >= 2 else 0
    require(
        levels > 0 and n == 2**levels and n <= MOST_INPUTS,
        f"inputs: must be a power of two from 2 to {MOST_INPUTS}",
    )
    return m, levels


def _check_node(data: Data, m: int) -> None:
    """What is said of the node is so, and is the least that can be said."""
    size = _largest(_pieces(m))
    require(size <= 1, "smoothness: the node has values beyond 1")  # its plane is at most 1/3
    said = _list(data, "derivatives")
    require(len(said) == m, f"derivatives: must be of the orders 1 to {m}")
    for j, text in enumerate(said, start=1):
        found = max(_steepest(m, (1, 0), j), _steepest(m, (0, 1), j))
        _same(text, found, f"derivatives: that of order {j}")
    if m == 1:
        require(data["diagonal"] is None, "diagonal: there is none where smoothness is 1")
    else:
        _same(data["diagonal"], _steepest(m, (1, 1), 2), "diagonal")
    # |da|, |db| <= 1 change h most where both are 1 in size
    _same(data["lipschitz"], max(_steepest(m, (1, 1), 1), _steepest(m, (1, -1), 1)), "lipschitz")


def _pieces(m: int) -> list[Polynomial]:
    """The bent power s(u) where u is negative, |u| = -u, and where it is positive, |u| = u."""
    if m % 2 == 0:  # u^(m-1) |u|
        return [[Fraction(0)] * m + [Fraction(sign)] for sign in (-1, 1)]
    # 2 |u|^m - 1
    return [[Fraction(-1)] + [Fraction(0)] * (m - 1) + [Fraction(2 * sign)] for sign in (-1, 1)]


def _steepest(m: int, along: Direction, order: int) -> Fraction:
    """The largest size of a derivative of h = (a + b)/6 + 2 s(u)/3 along a direction."""
    a, b = along
    rate = Fraction(3 * a - 3 * b, 8)  # of u
    found = []
    for piece in _pieces(m):
        for _ in range(order):
            piece = [i * c for i, c in enumerate(piece)][1:] or [Fraction(0)]
        slopes = [Fraction(2, 3) * rate**order * c for c in piece]
        if order == 1:
            slopes[0] += Fraction(a + b, 6)
        found.append(slopes)
    return _largest(found)


def _largest(pieces: list[Polynomial]) -> Fraction:
    """The largest size of two polynomials in u, one below 0 and one above, over the box.

    Each is a constant and a power, which rises or falls from end to end.
    """
    corners = [Fraction(3 * a - 3 * b + 2, 8) for a, b in product((-1, 1), repeat=2)]
    found = []
    for piece, end in zip(pieces, (min(corners), max(corners)), strict=True):
        require(sum(map(bool, piece[1:])) <= 1, "smoothness: a derivative is not monotone")
        found += [abs(value_at(piece, u)) for u in (Fraction(0), end)]
    return max(found)


def _check_tables(
    data: Data, m: int, levels: int, widths: list[Fraction], errors: list[Fraction]
) -> None:
    """Theorem R1, an axis after the other."""
    points = [Fraction(1, 2)] if m == 1 else [Fraction(j, m - 1) for j in range(m)]
    require(m <= 4, "smoothness: of tables nothing is checked beyond 4")
    remainder, lebesgue = (_constant(data, name) for name in ("remainder", "lebesgue"))
    nodal = _from_roots(points)
    for sign in (-1, 1):  # of the product of the distances, over m!
        room = [sign * c for c in nodal]
        room[0] += remainder * factorial(m)
        require(is_nonnegative(room), "remainder: the product of a cell is larger somewhere")
    cardinal = [_cardinal(points, p) for p in points]
    for signs in product((-1, 1), repeat=m):  # the sum of sizes is the largest of these sums
        room = [
            -sum((s * c for s, c in zip(signs, terms, strict=True)), Fraction(0))
            for terms in zip(*cardinal, strict=True)
        ]
        room[0] += lebesgue
        require(is_nonnegative(room), "lebesgue: the sum of sizes is larger somewhere")
    bounds = [Fraction(text) for text in data["derivatives"]]
    flat = data["kind"] == "flat"
    last = _composed(bounds, levels) if flat else bounds[-1]
    for width, said in zip(widths, errors, strict=True):
        found = Fraction(0)
        for _ in range(2**levels if flat else 2):
            found = remainder * last * width**m + lebesgue * found
        require(said == found, f"table_errors: one must be {found}, which follows; got {said}")


def _constant(data: Data, name: str) -> Fraction:
    value = read_fraction(data[name], name)
    parts = (value.numerator, value.denominator)
    require(max(parts) < 2**_MOST_BITS, f"{name}: a quotient of more than {_MOST_BITS} bits")
    return value


def _from_roots(roots: list[Fraction]) -> Polynomial:
    found = [Fraction(1)]
    for root in roots:
        found = [
            above - root * here
            for above, here in zip([Fraction(0), *found], [*found, Fraction(0)], strict=True)
        ]
    return found


def _cardinal(points: list[Fraction], at: Fraction) -> Polynomial:
    """The polynomial that is 1 at one point and 0 at the others."""
    others = [p for p in points if p != at]
    return [c / prod((at - p for p in others), start=Fraction(1)) for c in _from_roots(others)]


def _composed(bounds: list[Fraction], levels: int) -> Fraction:
    """The last derivative of a composition: a sum over all partitions of a set (Faa di Bruno)."""
    m, found = len(bounds), list(bounds)
    for _ in range(levels - 1):
        found = [
            sum(
                (
                    bounds[len(blocks) - 1] * prod(found[size - 1] for size in blocks)
                    for blocks in _partitions(order)
                ),
                Fraction(0),
            )
            for order in range(1, m + 1)
        ]
    return found[-1]


def _partitions(order: int) -> Iterator[list[int]]:
    """For every partition of a set the sizes of its blocks."""
    if order == 0:
        yield []
        return
    for sizes in _partitions(order - 1):
        yield [*sizes, 1]
        for i in range(len(sizes)):
            yield [size + (k == i) for k, size in enumerate(sizes)]


def _check_triangles(data: Data, m: int, widths: list[Fraction], errors: list[Fraction]) -> None:
    """Theorem R6: w^2/2 (b t(1-t) + d t^2/4) is at most the error, t the share of the long edge."""
    require(m >= 2, "smoothness: must be at least 2 for triangles")
    for name in ("remainder", "lebesgue"):
        require(data[name] is None, f"{name}: there is none of triangles")
    second, diagonal = Fraction(data["derivatives"][1]), Fraction(data["diagonal"])
    for width, said in zip(widths, errors, strict=True):
        room = [2 * said / width**2, -second, second - diagonal / 4]
        require(is_nonnegative(room), f"table_errors: {said} is exceeded in a triangle")
        met = not (value_at(room, Fraction(0)) and value_at(room, Fraction(1)))
        require(met or roots_inside(room, [0, 1]) > 0, f"table_errors: {said} is met nowhere")


def _list(data: Data, name: str) -> list[Any]:
    require(isinstance(data[name], list), f"{name}: must be a list")
    return data[name]


def _same(text: Any, value: Fraction, what: str) -> None:
    require(text == str(value), f"{what} must be {value}, which follows; got {text}")
