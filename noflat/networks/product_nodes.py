r"""A flat network of $2^n$ neurons, evaluated without ever holding $2^n \times n$ weights.

The flat networks for the product put one neuron at every vertex of a box: the first-layer weights
of a neuron are $\lambda(t_1, \dots, t_n)$ with each $t_i$ one of two numbers, and its readout
weight is a product of one factor per variable. Such a network is described by a handful of
numbers. Evaluating it needs the sums $t \cdot x$ only, and those split: the sums over the first
half of the variables plus the sums over the second half, streamed block by block.
"""

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from noflat.activations import Activation
from noflat.networks.dense import Layer, Network, one_point

_BLOCK = 12
"""Variables held at once: blocks of 2^12 sums stay in cache."""

DENSE_BYTES = 2**30
"""The largest weight matrix that `dense` builds."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ProductNodes:
    r"""The flat network $c + w\sum_t \big(\prod_i f(t_i)\big)\,\sigma(b + \lambda\, t \cdot x)$.

    Each $t_i$ runs over two `nodes` with the two `factors` $f$; the first variable is held at the
    second node where `half` is set, and the vertex $t=0$ is left out where `nodes` contain 0.

    Attributes:
        scale: $\lambda$.
        bias: $b$, or None for a network without hidden biases.
        weight: $w$.
        output_bias: $c$, or None.
        inputs: $n$; static.
        nodes: The two values of each $t_i$; static.
        factors: Their factors; static.
        half: Whether the first variable is held at the second node; static.
        activation: $\sigma$; static.
    """

    scale: Float[Array, ""]
    bias: Float[Array, ""] | None
    weight: Float[Array, ""]
    output_bias: Float[Array, ""] | None
    inputs: int = field(metadata={"static": True})
    nodes: tuple[float, float] = field(metadata={"static": True})
    factors: tuple[float, float] = field(metadata={"static": True})
    half: bool = field(metadata={"static": True})
    activation: Activation = field(metadata={"static": True})

    hidden_layers = 1

    @property
    def neurons(self) -> int:
        """$2^n$, halved by `half`, less the vertex at the origin."""
        return 2 ** (self.inputs - self.half) - (0.0 in self.nodes)

    @property
    def widths(self) -> tuple[int, ...]:
        """The neurons of the one hidden layer."""
        return (self.neurons,)

    @property
    def synapses(self) -> int:
        """Nonzero weights: a node at 0 leaves half of the first-layer weights out."""
        vertices = 2 ** (self.inputs - self.half)
        first = vertices * self.inputs // (2 if 0.0 in self.nodes else 1)
        return first + self.neurons

    def __call__(self, x: Float[Array, " inputs"]) -> Float[Array, " outputs"]:
        """Evaluates at one point, streaming over the neurons."""
        x = one_point(x, self.inputs)
        low, low_factor = self._vertices(min(self.inputs, _BLOCK), x.dtype)
        low_sum = _dot(low, x[: low.shape[1]])
        total = self._stream(x[low.shape[1] :], low_sum, low_factor)
        if 0.0 in self.nodes:  # the vertex at the origin is the output bias, not a neuron
            total = total - self.factors[self.nodes.index(0.0)] ** self.inputs * self._neuron(
                jnp.zeros((), x.dtype)
            )
        out = self.weight * total
        return (out if self.output_bias is None else out + self.output_bias)[None]

    def _stream(self, rest: Array, low_sum: Array, low_factor: Array) -> Array:
        count = rest.shape[0]

        def block(total: Array, index: Array) -> tuple[Array, None]:
            bits = (index >> jnp.arange(count, dtype=index.dtype)) & 1
            t = jnp.where(bits == 1, self.nodes[1], self.nodes[0]).astype(rest.dtype)
            f = jnp.where(bits == 1, self.factors[1], self.factors[0]).astype(rest.dtype)
            values = self._neuron(low_sum + _dot(t, rest))
            return total + jnp.prod(f) * _dot(low_factor, values), None

        start = jnp.zeros((), rest.dtype)
        return jax.lax.scan(block, start, jnp.arange(2**count, dtype=jnp.int32))[0]

    def _neuron(self, sums: Array) -> Array:
        argument = self.scale * sums
        return self.activation(argument if self.bias is None else argument + self.bias)

    def _vertices(self, count: int, dtype: np.dtype) -> tuple[Array, Array]:
        bits = (np.arange(2**count)[:, None] >> np.arange(count)) & 1
        if self.half:
            bits = bits[bits[:, 0] == 1]
        t = np.where(bits == 1, self.nodes[1], self.nodes[0]).astype(dtype)
        f = np.where(bits == 1, self.factors[1], self.factors[0])
        return jnp.asarray(t), jnp.asarray(f.prod(axis=1), dtype)

    def dense(self) -> Network:
        """The same network with its weights written out.

        Returns:
            A `Network`.

        Raises:
            ValueError: If the first-layer weights would take more than a gibibyte.
        """
        dtype = self.scale.dtype
        needed = 2 ** (self.inputs - self.half) * self.inputs * 8  # they are written in float64
        if needed > DENSE_BYTES:
            raise ValueError(
                f"`dense` would need {needed / 2**30:.3g} GiB for the first layer of "
                f"{self.neurons} neurons; evaluate the streamed network as it is"
            )
        t, f = self._vertices(self.inputs, dtype)
        if 0.0 in self.nodes:
            keep = t.any(axis=1)
            t, f = t[keep], f[keep]
        hidden_bias = None if self.bias is None else jnp.full(len(t), self.bias, dtype)
        output_bias = None if self.output_bias is None else self.output_bias[None]
        hidden = Layer(self.scale * t.T, hidden_bias)
        readout = Layer(self.weight * f[:, None], output_bias)
        return Network((hidden, readout), self.activation)


def _dot(left: Array, right: Array) -> Array:
    # By default an accelerator rounds float32 factors to ten bits or fewer: too few to cancel.
    return jnp.matmul(left, right, precision="highest")
