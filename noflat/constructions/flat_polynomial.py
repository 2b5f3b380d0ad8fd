r"""Flat networks for any polynomial: one hidden layer, and as few neurons as are found.

Each part of the polynomial takes nodes with weights that leave nothing else of lower degree; with
the scale $\lambda\to0$ on the nodes and $\lambda^{-k}$ on the weights of the part of degree k the
network tends to the polynomial. A bias at which derivatives vanish, and a free readout, leave fewer
moments to prescribe, and so fewer nodes.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from noflat.activations import Activation
from noflat.activations import activation as as_activation
from noflat.arguments import positive
from noflat.constructions.blocks import block_derivatives
from noflat.constructions.coordinates import Forms, essential, pulled_back
from noflat.constructions.operands import Inputs, drawn, operands_of
from noflat.constructions.pieces import FlatSense, Piece, blocked, ways
from noflat.constructions.plans import layer, resolve_dtype, rounded
from noflat.conventions import Convention
from noflat.conventions import convention as as_convention
from noflat.networks.dense import Network
from noflat.targets import Polynomial, polynomial

_SCALES = 2.0 ** (np.arange(-60, 11) / 2)
_POINTS = 1024


class FlatPlan(NamedTuple):
    """What `flat_polynomial` will build.

    Attributes:
        target: The polynomial.
        activation: The activation.
        convention: The biases and skip that are free.
        pieces: The neurons.
    """

    target: Polynomial
    activation: Activation
    convention: Convention
    pieces: tuple[Piece, ...]

    @property
    def neurons(self) -> int:
        """Their number."""
        return sum(len(piece.nodes.points) for piece in self.pieces)

    @property
    def way(self) -> str:
        """How the nodes were found, in a word or two."""
        return ", ".join(dict.fromkeys(piece.way for piece in self.pieces)) or "readout"


def flat_polynomial(
    target: Any,
    activation: str | Activation,
    *,
    convention: str | Convention = Convention(),
    sense: FlatSense = "uniform",
    scale: float | None = None,
    inputs: Inputs = "cube",
    error: float | None = None,
    dtype: Any = None,
) -> Network:
    r"""A flat network for a polynomial, of as few neurons as are found.

    Monomials take $\prod(r_i+1)$ neurons on a product grid, a quadratic form of rank r takes r + 2,
    and less where the convention or a zero of a derivative helps; other polynomials a few of a pool
    of nodes, found by linear programs, or $\binom{n+d}d$ nodes that always do. All nodes and
    weights are exact until they are written down.

    Args:
        target: A `Polynomial`, or what `polynomial` takes.
        activation: The activation, by name or object.
        convention: Which biases and skip the network may use.
        sense: `uniform`: the network tends to the polynomial as the scale falls. `taylor`: besides,
            its Taylor polynomial at 0, of the degree of the target, is the target.
        scale: The factor on the nodes; that of least error where None.
        inputs: The law that the scale is meant for: uniform on $[-1,1]^n$, or standard normal.
        error: The relative rms error that it must not exceed at 1024 points of that law, or None.
        dtype: Of the weights; JAX's default where None.

    Returns:
        The network.

    Raises:
        ValueError: If the activation or the convention leaves no way, the error is out of reach,
            the nodes are too many, or rounding leaves a relative rms error of 1 or more.

    Example:
        >>> from noflat.constructions import flat_polynomial
        >>> flat_polynomial("x*a + y*b", "exp").neurons
        6

    Reference:
        Theorems 13 and 14 of docs/polynomials.md; Rolnick and Tegmark (2018), Theorem 4.1.
    """
    dtype = resolve_dtype(dtype)
    operands_of((1,), 1, inputs)  # the law is known
    plan = plan_flat_polynomial(target, activation, convention=convention, sense=sense)
    if scale is not None:
        return _built(plan, positive(scale, "scale", "the factor on the nodes"), dtype)
    points = drawn(plan.target.inputs, inputs, _POINTS)
    exact = np.asarray(jax.vmap(plan.target)(jnp.asarray(points)), float)
    errors = [_error(plan, scale, points, exact, dtype) for scale in _SCALES]
    best = int(np.argmin(errors))
    if error is not None and not errors[best] <= positive(error, "error", "or None"):
        raise ValueError(
            f"`error`={error:g} is out of reach in {dtype.name} for {plan.neurons} flat neurons: "
            f"the relative rms error is {errors[best]:.2g}. Use a wider dtype, or deep_polynomial"
        )
    if not errors[best] < 1:
        raise ValueError(
            f"`target` is out of reach in {dtype.name} for {plan.neurons} flat neurons: at no "
            "scale is the relative rms error below 1. Use a wider dtype, or deep_polynomial"
        )
    return _built(plan, float(_SCALES[best]), dtype)


def plan_flat_polynomial(
    target: Any,
    activation: str | Activation,
    *,
    convention: str | Convention = Convention(),
    sense: FlatSense = "uniform",
) -> FlatPlan:
    """Plans `flat_polynomial`: its neurons, at no cost of weights.

    Arguments and errors are those of `flat_polynomial`.

    Example:
        >>> from noflat.constructions.flat_polynomial import plan_flat_polynomial
        >>> plan_flat_polynomial("x**2*y + y**3", "exp").neurons
        6
    """
    asked, named, allowed = polynomial(target), as_activation(activation), as_convention(convention)
    if asked.degree < 2:
        raise ValueError(
            "`target` must have a degree of at least 2; an affine one takes no neurons"
        )
    if not named.smooth:
        raise ValueError(
            f"`activation` {named.name} has no Taylor series: take a smooth one for a polynomial"
        )
    fewer, forms = essential(asked)
    plans = [
        FlatPlan(asked, named, allowed, tuple(_pulled_back(piece, forms) for piece in pieces))
        for pieces in ways(fewer, named, allowed, sense)
    ]
    if not plans and (degrees := blocked(asked, named, allowed)):
        raise ValueError(
            f"`convention` {allowed.name} leaves no way for {named.name}: its derivatives of "
            f"orders {', '.join(map(str, degrees))} vanish"
            + ("" if allowed.hidden_bias else "; allow hidden_bias")
        )
    if not plans:
        raise ValueError(
            f"`target` has too many terms, {len(asked.terms)} in {asked.inputs} variables: no flat "
            "network of at most 4096 neurons is found. Use deep_polynomial"
        )
    return min(plans, key=lambda plan: plan.neurons)


def _pulled_back(piece: Piece, forms: Forms) -> Piece:
    points = tuple(pulled_back(point, forms) for point in piece.nodes.points)
    return piece._replace(nodes=piece.nodes._replace(points=points))


class Weights(NamedTuple):
    """The weights at one scale, in float64."""

    first: Float[np.ndarray, "inputs neurons"]
    bias: Float[np.ndarray, " neurons"]
    readout: Float[np.ndarray, " neurons"]
    constant: float
    skip: Float[np.ndarray, " inputs"]


def _weights(plan: FlatPlan, scale: float) -> Weights:
    """The nodes and their weights at one scale; what the free readout has to set right."""
    first, bias, readout = [], [], []
    constant = plan.target.coefficient((0,) * plan.target.inputs)
    offset, skip = float(constant), _linear(plan.target.part(1))
    for piece in plan.pieces:
        points, rows = _floats(piece)
        at_bias = block_derivatives(plan.activation, max(1, *piece.degrees), piece.bias)
        weights = np.zeros(len(points))
        for degree, (row, total, first_moments) in zip(piece.degrees, rows, strict=True):
            factor = 1 / (at_bias[degree] * scale**degree)
            weights = weights + factor * row
            offset -= factor * at_bias[0] * total
            skip = skip - factor * scale * at_bias[1] * first_moments
        first.append(scale * points)
        bias.append(np.full(len(points), piece.bias))
        readout.append(weights)
    allowed = plan.convention
    return Weights(
        np.concatenate(first).T,
        np.concatenate(bias),
        np.concatenate(readout),
        offset if allowed.output_bias else 0.0,
        skip if allowed.affine_skip else 0 * skip,
    )


@lru_cache(maxsize=16)
def _floats(piece: Piece) -> tuple[np.ndarray, list[tuple[np.ndarray, float, np.ndarray]]]:
    """The nodes, and of each set of weights they, their sum and first moments: exact, so 0 is 0."""
    columns = [*zip(*piece.nodes.points, strict=True)]
    rows = []
    for row in piece.nodes.weights:
        moments = [
            sum((w * a for w, a in zip(row, column, strict=True)), Fraction(0))
            for column in columns
        ]
        rows.append((_array(row), float(sum(row, Fraction(0))), _array(moments)))
    return np.array([_array(point) for point in piece.nodes.points]), rows


def _array(values: Sequence[Fraction]) -> np.ndarray:
    return np.array([float(v) for v in values])


def _linear(part: Polynomial) -> Float[np.ndarray, " inputs"]:
    found = np.zeros(part.inputs)
    for exponents, c in part.terms:
        found[exponents.index(1)] = float(c)
    return found


def _error(
    plan: FlatPlan,
    scale: float,
    points: Float[np.ndarray, "points inputs"],
    exact: Float[np.ndarray, " points"],
    dtype: jnp.dtype,
) -> float:
    """The relative rms error at the points; infinite where a weight or value leaves the range."""
    unit = 2.0 ** np.frexp(np.max(np.abs(exact)))[1]  # a power of two, so that nothing is rounded
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        cast = [jnp.asarray(value, dtype) for value in _weights(plan, scale)]
        found = np.asarray(_values(plan.activation, jnp.asarray(points, dtype), *cast), float)
        squares = np.mean(((found - exact) / unit) ** 2) / np.mean((exact / unit) ** 2)
    error = float(np.sqrt(squares))
    return error if np.isfinite(error) else float("inf")


@partial(jax.jit, static_argnums=0)
def _values(
    activation: Activation,
    points: Float[Array, "points inputs"],
    first: Float[Array, "inputs neurons"],
    bias: Float[Array, " neurons"],
    readout: Float[Array, " neurons"],
    constant: Float[Array, ""],
    skip: Float[Array, " inputs"],
) -> Float[Array, " points"]:
    hidden = activation(points @ first + bias[None])
    return hidden @ readout + constant + points @ skip


def _built(plan: FlatPlan, scale: float, dtype: jnp.dtype) -> Network:
    weights = _weights(plan, scale)
    layers = (
        layer(weights.first, weights.bias, dtype),
        layer(weights.readout[:, None], np.array([weights.constant]), dtype),
    )
    skip = rounded(weights.skip[:, None], dtype) if np.any(weights.skip) else None
    return Network(layers, plan.activation, skip)
