"""The readout of a network of one hidden layer, solved for by QR."""

from typing import NamedTuple

import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular
from jaxtyping import Array, Float

from noflat.training.products import times

_INDEPENDENT = 1e-15
"""A feature nearer to the span of those before it counts as so far from it, and all stays finite.

Its weight is then as large as the residual is small; the error of such a network says what it is.
"""


class Readout(NamedTuple):
    """The readout, and what led to it.

    Attributes:
        basis: Orthonormal columns that span the features.
        inverse: Features times this are the basis.
        weights: The readout.
        residual: What it leaves of the values.
    """

    basis: Float[Array, "rows features"]
    inverse: Float[Array, "features features"]
    weights: Float[Array, " features"]
    residual: Float[Array, " rows"]


def solve_readout(
    features: Float[Array, "rows features"],
    values: Float[Array, " rows"],
    real: Float[Array, " features"],
) -> Readout:
    """Solves linear least squares.

    Args:
        features: The features; padded ones come last, so that their zero columns leave the rest
            alone.
        values: What is to be made of them.
        real: One for real features, zero for padded ones.

    Returns:
        The readout; zero for padded features.
    """
    norms = jnp.linalg.norm(features, axis=0)
    norms = jnp.where(norms > 0, norms, 1.0)
    basis, triangle = jnp.linalg.qr(features / norms[None])
    basis = basis * real[None]
    diagonal = jnp.diagonal(triangle)
    diagonal = jnp.where(jnp.abs(diagonal) < _INDEPENDENT, _INDEPENDENT, diagonal)
    diagonal = jnp.where(real > 0, diagonal, 1.0)
    triangle = triangle + jnp.diag(diagonal - jnp.diagonal(triangle))
    identity = jnp.eye(triangle.shape[0], dtype=features.dtype)
    inverse = solve_triangular(triangle, identity, lower=False) / norms[:, None]
    first = times(basis.T, values)
    residual = values - times(basis, first)
    second = times(basis.T, residual)  # once more: the first pass rounds where it cancels
    residual = residual - times(basis, second)
    return Readout(basis, inverse, times(inverse, first + second), residual)
