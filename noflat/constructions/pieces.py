r"""The nodes of a flat network, part by part: which way takes the fewest.

A neuron at a node gives all degrees at once, in the ratios of the derivatives at its bias. Those
that the polynomial does not want have to cancel, unless the derivative vanishes there or the
readout takes the degree over; so the bias decides how many moments are prescribed.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from math import comb, isclose, prod
from typing import Literal, NamedTuple

from noflat.activations import Activation, exponent, vanishing_orders, zeros
from noflat.constructions.node_search import pools, searched
from noflat.constructions.nodes import (
    Moments,
    Nodes,
    Point,
    diagonalized,
    dropped,
    grid,
    part_moments,
    quadratic,
    simplex_grid,
    solved,
    without_origin,
)
from noflat.conventions import Convention
from noflat.targets import Polynomial

FlatSense = Literal["taylor", "uniform"]

_MOST_NODES = 4096
_MOST_SHARED = 100_000
"""Of the nodes of all grids together, before those that they share are counted once."""
_MOST_MOMENTS = 500
_BIAS = 1.0
"""Where no derivative of any activation here vanishes, of those that do not vanish everywhere."""


class Piece(NamedTuple):
    """Neurons with one bias.

    Attributes:
        bias: It.
        degrees: The degrees of the parts that they are for.
        nodes: The nodes, with weights for each of these parts.
        way: How they were found.
    """

    bias: float
    degrees: tuple[int, ...]
    nodes: Nodes
    way: str


def needed(target: Polynomial, allowed: Convention) -> list[int]:
    """The degrees of the parts that neurons have to make."""
    return [k for k in target.degrees if k not in allowed.free_degrees]


def ways(
    target: Polynomial, named: Activation, allowed: Convention, sense: FlatSense
) -> Iterator[tuple[Piece, ...]]:
    """All parts at one bias, or each at its own."""
    degrees, biases = needed(target, allowed), _biases(named, allowed, target.degree)
    together = [_piece(target, degrees, named, allowed, bias, sense) for bias in biases]
    yield from ((piece,) for piece in together if piece is not None)
    if len(degrees) > 1:
        apart = []
        for degree in degrees:
            found = [_piece(target, [degree], named, allowed, bias, sense) for bias in biases]
            kept = [piece for piece in found if piece is not None]
            if not kept:
                return
            apart.append(min(kept, key=lambda piece: len(piece.nodes.points)))
        yield tuple(apart)


def blocked(target: Polynomial, named: Activation, allowed: Convention) -> list[int]:
    """The degrees that no neuron can make: at every bias tried their derivative vanishes."""
    top = target.degree
    vanishing = [_vanishing(named, bias, top) for bias in _biases(named, allowed, top)]
    return [k for k in needed(target, allowed) if all(k in orders for orders in vanishing)]


def _biases(named: Activation, allowed: Convention, top: int) -> list[float]:
    """0; where free, a point where nothing vanishes, and zeros of the derivatives below the top."""
    if not allowed.hidden_bias:
        return [0.0]
    found = [0.0, _BIAS]
    for order in range(max(0, top - 3), top):
        found += sorted((zero for zero in zeros(named, order) if zero), key=abs)[:1]
    return found


def _vanishing(named: Activation, bias: float, top: int) -> frozenset[int]:
    if bias == 0:
        return vanishing_orders(named, top)
    near = partial(isclose, bias, rel_tol=1e-12)
    return frozenset(
        k for k in range(top + 1) if _is_power_below(named, k) or any(map(near, zeros(named, k)))
    )


def _is_power_below(named: Activation, order: int) -> bool:
    """Whether that derivative vanishes everywhere, which only those of powers do."""
    return order > (exponent(named) or order)


def _piece(
    target: Polynomial,
    degrees: list[int],
    named: Activation,
    allowed: Convention,
    bias: float,
    sense: FlatSense,
) -> Piece | None:
    """The fewest nodes at one bias for the parts of these degrees."""
    top = target.degree if sense == "taylor" else max(degrees)
    vanishing = _vanishing(named, bias, top)
    if vanishing & set(degrees):
        return None
    prescribed = frozenset(range(top + 1)) - vanishing - allowed.free_degrees
    wanted = [part_moments(target.part(k), prescribed) for k in degrees]
    zero_is_free = allowed.output_bias or 0 in vanishing
    best: Piece | None = None
    for way, nodes in _candidates(target, degrees, wanted, prescribed, zero_is_free):
        if nodes is None:
            continue
        if zero_is_free:  # a neuron at the origin is a constant, and that is free or 0
            nodes = without_origin(nodes)
        if best is None or len(nodes.points) < len(best.nodes.points):
            best = Piece(bias, tuple(degrees), nodes, way)
    return best


def _candidates(
    target: Polynomial,
    degrees: list[int],
    wanted: Sequence[Moments],
    prescribed: frozenset[int],
    zero_is_free: bool,
) -> Iterator[tuple[str, Nodes | None]]:
    n, top = target.inputs, max(prescribed)
    if len(degrees) == 1:
        part = target.part(degrees[0])
        if part.is_monomial and part.degree == top and _grid_size(part) <= _MOST_NODES:
            yield "grid", grid(part, zero=zero_is_free)
        if part.degree == top == 2:
            diagonal = diagonalized(part)
            squares = Nodes(
                tuple(form for _, form in diagonal), (tuple(2 * c for c, _ in diagonal),)
            )
            if 1 not in prescribed:
                yield "squares", squares if 0 not in prescribed else _balanced(squares)
            yield "quadratic", quadratic(part)
    moments = sum(comb(n - 1 + k, k) for k in prescribed)
    if moments <= _MOST_MOMENTS:
        parts = sum((target.part(k) for k in degrees[1:]), target.part(degrees[0]))
        movable = degrees == [top] and prescribed == frozenset(range(1, top + 1))
        balanced = [part_moments(parts, frozenset(range(top + 1)))]
        for points in pools(parts):
            yield "search", searched(wanted, points, origin_is_free=zero_is_free)
            if movable:
                yield "search", _moved(searched(balanced, points))
        yield "simplex", solved(simplex_grid(n, top), wanted)
    elif all(k == top for k in degrees):
        for zero in (True, False):  # with 0 the grids share faces, without they are symmetric
            yield "grids", _grids(target.part(top), zero)


def _grid_size(part: Polynomial) -> int:
    """The nodes of the grids of all terms, those that they share counted twice."""
    return sum(prod(e + 1 for e in exponents) for exponents, _ in part.terms)


def _grids(part: Polynomial, zero: bool) -> Nodes | None:
    """A grid per term; on the same nodes the weights add up."""
    if _grid_size(part) > _MOST_SHARED:
        return None
    sums: dict[Point, Fraction] = {}
    for exponents, c in part.terms:
        found = grid(Polynomial(part.inputs, ((exponents, c),)), zero=zero)
        for point, weight in zip(found.points, found.weights[0], strict=True):
            sums[point] = sums.get(point, Fraction(0)) + weight
    return dropped([*sums], [[*sums.values()]]) if len(sums) <= _MOST_NODES else None


def _moved(nodes: Nodes | None) -> Nodes | None:
    """With the first node moved to the origin: no moment changes where all lower ones are 0."""
    if nodes is None:
        return None
    first = nodes.points[0]
    moved = [tuple(a - b for a, b in zip(point, first, strict=True)) for point in nodes.points]
    return Nodes(tuple(moved), nodes.weights)


def _balanced(nodes: Nodes) -> Nodes:
    """With a node at the origin that makes the weights add up to 0."""
    origin = (Fraction(0),) * len(nodes.points[0])
    weights = [(*row, -sum(row, Fraction(0))) for row in nodes.weights]
    return dropped((*nodes.points, origin), weights)
