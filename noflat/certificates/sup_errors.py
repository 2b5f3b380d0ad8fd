r"""Proved bounds on the error of a network in sup norm on a box: Taylor models of whole networks.

A Taylor model of a function on $[-1,1]^n$ is a polynomial and a radius that holds the rest. Its
coefficients are whole multiples of $2^{-P}$, so that every operation is one of whole numbers whose
rounding goes into the radius; what is below $2^{-P}$ is dropped into it. A neuron takes
$\sigma(c+t)=\sum_{k\le K}\sigma^{(k)}(c)\,t^k/k!$ with derivatives in balls, and a rest by Lagrange
with $\sigma^{(K+1)}$ in a ball over the whole range. Nothing cancels in floating point, and the sum
of the absolute coefficients of network less target is the bound. The network meant is that of its
weights as they are, in real arithmetic; rounding while it runs is not part of the bound.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from math import factorial, inf, nextafter
from typing import Any, NamedTuple

import flint
import numpy as np
from flint import arb, fmpq, fmpz_mpoly, fmpz_mpoly_ctx

from noflat.activations import Activation, derivative_balls
from noflat.arguments import positive
from noflat.networks.dense import Network
from noflat.targets import Polynomial, polynomial

_BITS = (56, 64, 72, 80, 88, 96, 112, 128, 192, 256, 384)
"""The P above, one after the other until the radius hardly matters."""

_NOTHING = 1e-20
"""A bound so small beside the target is small enough: an exact network has no other."""

_MOST_ORDER = 80
_SMALL_REST = 4
"""Units of the rest of a Taylor polynomial for which no more terms are worth while."""

_MOST_TERMS = 1_000_000
"""Terms of all products of one evaluation: some seconds."""


class _TooLongError(ValueError):
    """More terms than there is time for, and more bits have more of them."""


class SupError(NamedTuple):
    """A proved bound on the largest error on a box.

    Attributes:
        bound: No point of the box has a larger error.
        remainder: How much of it is the radius of the Taylor model.
        bits: The precision P it took.
    """

    bound: float
    remainder: float
    bits: int


class _Ring(NamedTuple):
    """What all models of one evaluation share: variables, the P above, and terms handled so far."""

    context: fmpz_mpoly_ctx
    bits: int
    spent: list[int]


class _Model(NamedTuple):
    """A polynomial and a radius, both in units of 2^-P."""

    polynomial: fmpz_mpoly
    radius: int


def sup_error_bound(network: Network, target: Any, *, radius: float = 1.0) -> SupError:
    r"""Bounds $|N(x)-p(x)|$ for all x of the box $[-r,r]^n$, with proof.

    Args:
        network: A network with one output and a smooth activation.
        target: A `Polynomial`, or what `polynomial` takes, in the variables of the network.
        radius: The r of the box.

    Returns:
        The bound. It is some small factor above the true maximum, since it adds up the absolute
        values of the coefficients of the error.

    Raises:
        ValueError: If the network is of another kind, or its arguments range too far for a Taylor
            polynomial on the box.

    Example:
        >>> tree = product_tree(4, "exp", dtype="float64")
        >>> sup_error_bound(tree, product(4)).bound < 1e-7
        True

    Reference:
        Theorem 17 of docs/polynomials.md; Makino and Berz (2003), Taylor models and other validated
        functional inclusion methods.
    """
    asked = polynomial(target)
    _check(network, asked)
    box = Fraction(positive(radius, "radius", "of the box"))
    found, problem = SupError(inf, inf, 0), None
    size = sum(abs(c) * box ** sum(e) for e, c in asked.terms)
    for bits in _BITS:
        try:
            model = _difference(network, asked, box, bits)
        except _TooLongError as refusal:
            problem = refusal
            break
        except ValueError as refusal:  # with few bits the radius alone may leave the range
            problem = refusal
            continue
        found = SupError(
            _above(Fraction(_norm(model.polynomial) + model.radius, 2**bits)),
            _above(Fraction(model.radius, 2**bits)),
            bits,
        )
        if 8 * found.remainder <= found.bound or found.bound <= _NOTHING * size:
            break
    if problem and not found.bits:
        raise problem
    return found


def _check(network: Any, target: Polynomial) -> None:
    if not isinstance(network, Network) or network.layers[-1].weight.ndim != 2:
        raise ValueError(f"`network` must be one Network; got {type(network).__name__}")
    if network.layers[-1].weight.shape[1] != 1 or network.inputs != target.inputs:
        raise ValueError(
            f"`network` must have one output and the {target.inputs} inputs of the target; got "
            f"{network.layers[-1].weight.shape[1]} and {network.inputs}"
        )
    if not network.activation.smooth:
        raise ValueError(
            f"`network` has the activation {network.activation.name}, which has no Taylor series: "
            "take a smooth one"
        )


def _difference(network: Network, target: Polynomial, box: Fraction, bits: int) -> _Model:
    ring = _Ring(fmpz_mpoly_ctx.get(("x", network.inputs), "degrevlex"), bits, [0])
    scale = 2**bits
    inputs = [
        _rounded({_unit(i, network.inputs): box * scale}, ring) for i in range(network.inputs)
    ]
    values = inputs
    for layer in network.layers[:-1]:
        sums = _affine(values, np.asarray(layer.weight), layer.bias, ring)
        values = [_applied(network.activation, model, ring) for model in sums]
    last = network.layers[-1]
    (out,) = _affine(values, np.asarray(last.weight), last.bias, ring)
    if network.skip is not None:
        (skip,) = _affine(inputs, np.asarray(network.skip), None, ring)
        out = _Model(out.polynomial + skip.polynomial, out.radius + skip.radius)
    wanted = _rounded({e: c * box ** sum(e) * scale for e, c in target.terms}, ring)
    return _Model(out.polynomial - wanted.polynomial, out.radius + wanted.radius)


def _unit(i: int, n: int) -> tuple[int, ...]:
    return tuple(int(k == i) for k in range(n))


def _rounded(terms: Mapping[tuple[int, ...], Fraction], ring: _Ring) -> _Model:
    """Coefficients in units, rounded; each loses less than one."""
    whole = {e: c.numerator // c.denominator for e, c in terms.items()}
    lost = sum(c.denominator != 1 for c in terms.values())
    return _Model(ring.context.from_dict(whole), lost)


def _norm(polynomial: fmpz_mpoly) -> int:
    """The sum of the absolute coefficients: no value on the box is larger."""
    return sum((abs(int(c)) for c in polynomial.coeffs()), 0)


def _shifted(polynomial: fmpz_mpoly, bits: int, ring: _Ring, *, least: int = 1) -> _Model:
    """Divided by a power of two; each term loses less than one unit, and all below `least`."""
    terms = [(e, int(c)) for e, c in polynomial.terms()]
    ring.spent[0] += len(terms)
    if ring.spent[0] > _MOST_TERMS:
        raise _TooLongError(
            f"`network` has Taylor models of more than {_MOST_TERMS} terms: take fewer variables, "
            "or a smaller `radius`"
        )
    shifted = {e: c >> bits for e, c in terms}
    kept = {e: c for e, c in shifted.items() if abs(c) >= least}
    lost = sum(abs(c) for c in shifted.values() if abs(c) < least)
    return _Model(ring.context.from_dict(kept), len(terms) + lost)


def _affine(
    models: Sequence[_Model],
    weight: np.ndarray,
    bias: Any,
    ring: _Ring,
) -> list[_Model]:
    """Sums of models with weights that are floats, and so whole numbers times a power of two."""
    found = []
    for j in range(weight.shape[1]):
        entries = [(i, Fraction(float(weight[i, j]))) for i in range(len(models)) if weight[i, j]]
        places = max((w.denominator.bit_length() - 1 for _, w in entries), default=0)
        total, radius = ring.context.constant(0), 0
        for i, w in entries:
            factor = w.numerator * (2**places // w.denominator)
            total += models[i].polynomial * factor
            radius += abs(factor) * models[i].radius
        shifted = _shifted(total, places, ring)
        offset = Fraction(0) if bias is None else Fraction(float(bias[j])) * 2**ring.bits
        constant = _rounded({(0,) * ring.context.nvars(): offset}, ring)
        found.append(
            _Model(
                shifted.polynomial + constant.polynomial,
                shifted.radius + (radius >> places) + 1 + constant.radius,
            )
        )
    return found


def _product(a: _Model, b: _Model, sup_b: int, ring: _Ring, least: int) -> _Model:
    """The product of two models; sup_b bounds the second."""
    shifted = _shifted(a.polynomial * b.polynomial, ring.bits, ring, least=least)
    rest = _norm(a.polynomial) * b.radius + a.radius * sup_b
    return _Model(shifted.polynomial, shifted.radius + (rest >> ring.bits) + 1)


def _applied(activation: Activation, model: _Model, ring: _Ring) -> _Model:
    """A neuron: Horner's rule on the Taylor polynomial about the constant term."""
    zero = (0,) * ring.context.nvars()
    center = int(model.polynomial.to_dict().get(zero, 0))
    moved = _Model(model.polynomial - center, model.radius)
    reach = _norm(moved.polynomial) + moved.radius
    coefficients, rest = _series(activation, center, reach, ring.bits)
    found = _Model(ring.context.constant(0), 0)
    for k, (value, error) in reversed([*enumerate(coefficients)]):
        # what is still to be multiplied k times by t need not be known to a unit
        least = max(1, 2 ** (ring.bits * k) // max(1, reach) ** k)
        found = _product(found, moved, reach, ring, least)
        found = _Model(found.polynomial + value, found.radius + error)
    return _Model(found.polynomial, found.radius + rest)


@lru_cache(maxsize=4096)
def _series(
    activation: Activation, center: int, reach: int, bits: int
) -> tuple[list[tuple[int, int]], int]:
    """The Taylor coefficients about a point, each with its error, and the rest within reach."""
    precision = bits + 64
    with flint.ctx.workprec(precision):
        middle, span = arb(fmpq(center, 2**bits)), arb(fmpq(reach, 2**bits))
        rests = {}
        for order in (*range(2, 12, 2), *range(12, _MOST_ORDER, 6)):
            rests[order] = _rest(activation, order, middle, span, bits)
            if rests[order] <= _SMALL_REST:
                break
        order = min(rests, key=rests.__getitem__)
        if not rests[order] < 2**bits:
            raise ValueError(
                "`network` has a neuron whose argument ranges too far for a Taylor polynomial, "
                f"over +-{reach / 2**bits:.2g}: take a smaller `radius`"
            )
        point = Fraction(center, 2**bits)
        balls = derivative_balls(activation, order, point, precision=precision)
        found = []
        for k, ball in enumerate(balls):
            value = ball / factorial(k) * 2**bits
            low = int(value.lower().floor().unique_fmpz())
            high = int(value.upper().ceil().unique_fmpz())
            found.append((low, high - low))
    return found, int(rests[order])


def _rest(activation: Activation, order: int, middle: arb, span: arb, bits: int) -> float | int:
    """Lagrange's rest in units, rounded up; infinite where no ball holds the derivative."""
    try:
        around = middle + arb(0, 1) * span
        last = derivative_balls(activation, order + 1, around, precision=bits + 64)[order + 1]
    except (ValueError, ZeroDivisionError):  # on a wide ball a denominator may seem to be 0
        return inf
    top = (abs(last) / factorial(order + 1) * span ** (order + 1) * 2**bits).upper()
    return int(top.ceil().unique_fmpz()) if top.is_finite() else inf


def _above(value: Fraction) -> float:
    """A float that is no smaller."""
    return nextafter(float(value), inf)
