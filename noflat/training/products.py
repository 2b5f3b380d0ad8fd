"""Products at full precision; by default an accelerator rounds float32 factors to ten bits."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def times(a: Float[Array, "k m"], b: Float[Array, "m ..."]) -> Float[Array, "k ..."]:
    """The product of two matrices, or of a matrix and a vector."""
    return jnp.matmul(a, b, precision="highest")
