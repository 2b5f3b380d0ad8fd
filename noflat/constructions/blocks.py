r"""The one building block: a hidden layer that multiplies a few operands.

Put a neuron at each vertex $t$ of a box and read it out with a product of one factor per operand.
The sum is a divided difference of the activation, and all monomials but the wanted one cancel:

$$c + \sum_t w_t\,\sigma(b + \lambda\,t\cdot x) = x_1\cdots x_r\,(1 + O(\lambda)).$$

Four sets of vertices do it: the `cube` $\{-1,1\}^r$; its `half` with $t_1 = 1$; the `corner`
$\{0,1\}^r$, whose vertex at the origin is a constant and no neuron; and the `short` grid of
$(\pm\sqrt{|S|}, 1_S)$ for $\emptyset\ne S\subseteq\{2,\dots,r\}$, which leaves its linear term to a
skip. Every construction is made of these. Theorem 1 of docs/theory.md.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

import numpy as np
from jaxtyping import Float

from noflat.activations import Activation, derivatives

Kind = Literal["cube", "half", "corner", "short"]


@dataclass(frozen=True)
class Block:
    r"""A hidden layer with one output, close to the product of its operands.

    Attributes:
        activation: $\sigma$.
        kind: Which box the vertices come from.
        operands: Their number $r$.
        bias: $b$.
        scale: $\lambda$.
        richardson: The number $K$ of scales $\lambda, 2\lambda, \dots, 2^{K-1}\lambda$ combined so
            that the error of a cube falls as $\lambda^{2K}$; it takes $K$ times the neurons.
        skip: Whether a linear skip takes the linear term of a half cube of two, or of a short grid.
    """

    activation: Activation
    kind: Kind
    operands: int
    bias: float
    scale: float = 1.0
    richardson: int = 1
    skip: bool = False

    @property
    def neurons(self) -> int:
        """The number of vertices, times the number of scales."""
        return self.richardson * count(self.kind, self.operands)

    @cached_property
    def vertices(self) -> Float[np.ndarray, "neurons operands"]:
        """The first-layer weights divided by the scale."""
        base = _vertices(self.kind, self.operands)
        return np.concatenate([2.0**k * base for k in range(self.richardson)])

    @property
    def weight(self) -> float:
        r"""What the factors of the vertices are multiplied by.

        It is $1/(\sigma^{(r)}(b)\lambda^r)$, over $2^r$ for a cube, over $2^{r-1}$ for a half cube.
        """
        vertices = {"cube": 2.0**self.operands, "half": 2.0 ** (self.operands - 1)}
        leading = block_derivatives(self.activation, self.operands, self.bias)[-1]
        return 1 / (vertices.get(self.kind, 1.0) * leading * self.scale**self.operands)

    @property
    def weights(self) -> Float[np.ndarray, " neurons"]:
        """The readout weights $w_t$."""
        base = _factors(self.kind, self.operands)
        parts = [
            gamma * 2.0 ** (-k * self.operands) * base
            for k, gamma in enumerate(richardson_coefficients(self.richardson))
        ]
        return self.weight * np.concatenate(parts)

    @property
    def constant(self) -> float:
        r"""The output bias: for a corner the vertex at the origin, $(-1)^r\sigma(b)$, weighted."""
        if self.kind != "corner":
            return 0.0
        return (
            (-1.0) ** self.operands
            * self.weight
            * block_derivatives(self.activation, 0, self.bias)[0]
        )

    @property
    def skip_weights(self) -> Float[np.ndarray, " operands"]:
        r"""The linear skip: minus the linear term that the vertices leave."""
        if not self.skip:
            return np.zeros(self.operands)
        slope = block_derivatives(self.activation, 1, self.bias)[1]
        return -slope * self.scale * (self.weights @ self.vertices)


def count(kind: Kind, operands: int) -> int:
    """The neurons of a block of that kind: 2^r, 2^(r-1), 2^r - 1 or 2^r - 2."""
    fewer = {"cube": 0, "half": 2 ** (operands - 1), "corner": 1, "short": 2}
    return 2**operands - fewer[kind]


@cache
def block_derivatives(activation: Activation, order: int, bias: float) -> tuple[float, ...]:
    r"""$\sigma^{(0)}(b), \dots, \sigma^{(r)}(b)$; for the squared ReLU those of its even part.

    A cube pairs every vertex with its negative, so that at bias 0 only the even part of the
    activation acts: $t^2/2$ for $\max(t,0)^2$, whose gate is therefore exact.
    """
    if activation.name == "relu_squared":
        if bias != 0:
            raise ValueError(f"`bias` must be 0 for relu_squared, which bends there; got {bias}")
        return tuple(float(k == 2) for k in range(order + 1))
    return derivatives(activation, order, bias)


def richardson_coefficients(scales: int) -> tuple[float, ...]:
    r"""The $\gamma_k$ with $\sum\gamma_k=1$ and $\sum_k\gamma_k 4^{kp}=0$ for $1\le p<K$.

    Example:
        >>> richardson_coefficients(2)
        (1.3333333333333333, -0.3333333333333333)
    """
    nodes = [4.0**k for k in range(scales)]
    return tuple(
        float(np.prod([other / (other - node) for other in nodes if other != node]))
        for node in nodes
    )


def _vertices(kind: Kind, operands: int) -> Float[np.ndarray, "vertices operands"]:
    if kind == "short":
        subsets = _vertices("corner", operands - 1)
        roots = np.sqrt(subsets.sum(axis=1, keepdims=True))
        return np.concatenate([np.hstack([roots, subsets]), np.hstack([-roots, subsets])])
    bits = (np.arange(2**operands)[:, None] >> np.arange(operands)) & 1
    if kind == "corner":
        return bits[1:].astype(float)
    signs = 2.0 * bits - 1
    return signs[signs[:, 0] > 0] if kind == "half" else signs


def _factors(kind: Kind, operands: int) -> Float[np.ndarray, " vertices"]:
    """The products of one factor per variable: the sign of a node, -1 for a node at 0."""
    vertices = _vertices(kind, operands)
    if kind == "short":
        signs = np.where(vertices[:, 1:] > 0, 1.0, -1.0).prod(axis=1)
        return signs / (2 * vertices[:, 0])
    return np.where(vertices > 0, 1.0, -1.0).prod(axis=1)
