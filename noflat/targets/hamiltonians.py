r"""Local Hamiltonians on a ring: exact normalization, exact samples, exact posteriors.

A class y draws x in $[-1,1]^n$ with the density $e^{-H_y(x)}/Z_y$, where $H_y$ is a polynomial of
low order that couples neighbors only. Summing out a ring one variable at a time is a product of
integral operators (transfer operators). On Gauss-Legendre nodes these are matrices, and since the
integrand is entire their error falls faster than any power of the number of nodes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import jax
import numpy as np
from jaxtyping import Array, Float, Int, Key
from numpy.polynomial import legendre

from noflat.arguments import whole
from noflat.targets.polynomials import Polynomial

_NODES = 48
"""Twice as many change no digit where the coefficients of a bond sum to some tens."""

Points = Float[np.ndarray, "points inputs"]


def translates(pattern: Polynomial, n: int, *, closed: bool = True) -> Polynomial:
    r"""The sum of a polynomial over all its places on a ring.

    $$\sum_{i=1}^n h(x_i, x_{i+1}, \dots, x_{i+r-1}),\qquad x_{n+j}=x_j.$$

    Args:
        pattern: The $h$, in $r \le n$ variables.
        n: The number of variables of the ring.
        closed: Whether the places that go around are taken; an open chain has none of them.

    Returns:
        The polynomial in n variables.

    Raises:
        ValueError: If `n` is less than r.

    Example:
        >>> print(translates(product(2), 4))
        x1*x2 + x1*x4 + x2*x3 + x3*x4
    """
    n = whole(n, "n", "as many as the pattern has at least", least=pattern.inputs)
    return _on_ring(n, [pattern] * (n if closed else n - pattern.inputs + 1))


def _on_ring(n: int, patterns: Sequence[Polynomial]) -> Polynomial:
    """The sum of patterns, the i-th one on the variables from the i-th on."""
    terms: dict[tuple[int, ...], Fraction] = {}
    for start, pattern in enumerate(patterns):
        for exponents, c in pattern.terms:
            moved = [0] * n
            for k, e in enumerate(exponents):
                moved[(start + k) % n] += e
            terms[tuple(moved)] = terms.get(tuple(moved), Fraction(0)) + c
    return Polynomial(n, tuple(terms.items()))


@dataclass(frozen=True)
class RingHamiltonian:
    r"""$H(x)=\sum_{i=1}^n h_i(x_i,x_{i+1})$ with $x_{n+1}=x_1$; an open chain has $h_n=0$.

    Attributes:
        bonds: The $h_i$, polynomials in two variables. A term in one variable may stand in either
            of the two bonds at it.

    Example:
        >>> spins = RingHamiltonian.uniform(product(2) * -1, 3)
        >>> print(spins.polynomial)
        -x1*x2 - x1*x3 - x2*x3
    """

    bonds: tuple[Polynomial, ...]

    def __post_init__(self) -> None:
        """Checks the bonds."""
        if len(self.bonds) < 2 or any(bond.inputs != 2 for bond in self.bonds):
            raise ValueError(
                "`bonds` must be two or more polynomials in 2 variables each; got "
                f"{[bond.inputs for bond in self.bonds]}"
            )

    @classmethod
    def uniform(cls, bond: Polynomial, n: int, *, closed: bool = True) -> "RingHamiltonian":
        """The same bond everywhere: on a closed ring invariant under translations."""
        last = bond if closed else Polynomial(2, ())
        return cls((bond,) * (n - 1) + (last,))

    @property
    def inputs(self) -> int:
        """The number of variables n."""
        return len(self.bonds)

    @cached_property
    def polynomial(self) -> Polynomial:
        """All bonds together."""
        return _on_ring(self.inputs, self.bonds)

    def energies(self, points: Points) -> Float[np.ndarray, " points"]:
        """H at each point, in float64."""
        following = np.roll(points, -1, axis=1)
        values = (_bond(bond, points[:, i], following[:, i]) for i, bond in enumerate(self.bonds))
        return sum(values, np.zeros(len(points)))

    def log_partition(self, *, nodes: int = _NODES) -> float:
        r"""$\ln Z=\ln\int_{[-1,1]^n}e^{-H(x)}dx$, the trace of a product of transfer operators.

        Args:
            nodes: Of Gauss-Legendre quadrature in each variable.

        Returns:
            The logarithm.

        Example:
            >>> free = RingHamiltonian.uniform(Polynomial(2, ()), 5)
            >>> bool(abs(free.log_partition() - 5 * np.log(2)) < 1e-13)
            True
        """
        t, w = legendre.leggauss(nodes)
        product, log_size = np.eye(nodes), 0.0
        for bond in self.bonds:
            product = product @ (np.exp(-_bond(bond, t[:, None], t[None])) * w)
            size = float(product.max())  # or products of a long ring leave the range of floats
            product, log_size = product / size, log_size + np.log(size)
        return float(np.log(np.trace(product)) + log_size)

    def transport(self, uniforms: Points, *, nodes: int = _NODES) -> Points:
        r"""Turns points uniform on $[0,1]^n$ into points of the density $e^{-H}/Z$.

        The first variable is the quantile of its marginal, the diagonal of the product of all
        transfer operators, and each next one that of its law given the first and the one before
        it, all others being integrated out. A density of one variable is a polynomial through its
        values at the nodes, whose integral is inverted by Newton's method: exact up to some
        $10^{-12}$.

        Args:
            uniforms: The points, independent ones for independent samples.
            nodes: Of Gauss-Legendre quadrature in each variable.

        Returns:
            As many points.

        Example:
            >>> free = RingHamiltonian.uniform(Polynomial(2, ()), 3)
            >>> print(free.transport(np.array([[0.0, 0.25, 1.0]])).round(9))
            [[-1.  -0.5  1. ]]
        """
        t, w = legendre.leggauss(nodes)
        kernels = [np.exp(-_bond(bond, t[:, None], t[None])) for bond in self.bonds]
        first = np.tile(_diagonal(kernels, w), (len(uniforms), 1))
        points = [_quantiles(first, t, w, uniforms[:, 0])]
        # what the variables from k on weigh, given x_1, as a function of x_k
        behind = np.exp(-_bond(self.bonds[-1], t[None], points[0][:, None]))
        messages = [behind]
        for kernel in reversed(kernels[1:-1]):
            behind = (behind * w) @ kernel.T
            behind = behind / behind.max(axis=1, keepdims=True)
            messages.append(behind)
        for k, message in enumerate(reversed(messages), start=1):
            before = np.exp(-_bond(self.bonds[k - 1], points[-1][:, None], t[None]))
            points.append(_quantiles(before * message, t, w, uniforms[:, k]))
        return np.stack(points, axis=1)

    def sample(self, count: int, *, key: Key[Array, ""]) -> Points:
        """Draws independent points of the density.

        Args:
            count: The number of points.
            key: The JAX key.

        Returns:
            The points, exact up to the digits of the uniform numbers they are made of.

        Example:
            >>> spins = RingHamiltonian.uniform(product(2) * -3, 8)
            >>> points = spins.sample(500, key=jax.random.key(0))
            >>> points.shape, bool(np.mean(points[:, 0] * points[:, 1]) > 0.1)
            ((500, 8), True)
        """
        return self.transport(np.asarray(jax.random.uniform(key, (count, self.inputs)), float))


@dataclass(frozen=True)
class HamiltonianClasses:
    r"""Classes y of prior p(y), each with a Hamiltonian: a generative model with known posterior.

    Attributes:
        priors: The $p(y)$, rational numbers that sum to 1.
        hamiltonians: One per class, in the same variables.

    Example:
        >>> bonds = product(2) * -1, product(2)
        >>> rings = tuple(RingHamiltonian.uniform(bond, 4) for bond in bonds)
        >>> model = HamiltonianClasses((Fraction(1, 2), Fraction(1, 2)), rings)
        >>> print(np.exp(model.log_posteriors(np.ones((1, 4)))).round(3))
        [[1. 0.]]

    Reference:
        Lin, Tegmark and Rolnick (2017), equations (4) to (8).
    """

    priors: tuple[Fraction, ...]
    hamiltonians: tuple[RingHamiltonian, ...]

    def __post_init__(self) -> None:
        """Checks that there is one prior per Hamiltonian, and that they are a law."""
        if len(self.priors) != len(self.hamiltonians) or sum(self.priors) != 1:
            raise ValueError(
                f"`priors` must be {len(self.hamiltonians)} numbers, one per class, that sum to 1; "
                f"got {self.priors}"
            )
        if min(self.priors) <= 0 or len({one.inputs for one in self.hamiltonians}) != 1:
            raise ValueError(
                "`hamiltonians` must be in the same variables, and each of positive prior"
            )

    @cached_property
    def biases(self) -> tuple[float, ...]:
        r"""$\mu_y=-\ln p(y)+\ln Z_y$: then $p(y|x)$ is the softmax of $-H_y(x)-\mu_y$."""
        pairs = zip(self.priors, self.hamiltonians, strict=True)
        return tuple(-float(np.log(float(p))) + one.log_partition() for p, one in pairs)

    def log_posteriors(self, points: Points) -> Float[np.ndarray, "points classes"]:
        r"""$\ln p(y|x)$ at each point, in float64."""
        logits = np.stack([-one.energies(points) for one in self.hamiltonians], axis=1)
        logits = logits - np.array(self.biases)
        logits = logits - logits.max(axis=1, keepdims=True)
        return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))

    def sample(
        self, count: int, *, key: Key[Array, ""]
    ) -> tuple[Int[np.ndarray, " points"], Points]:
        """Draws labels by their priors, and a point of each label's density.

        Args:
            count: The number of points.
            key: The JAX key.

        Returns:
            The labels and the points.
        """
        n = self.hamiltonians[0].inputs
        uniforms = np.asarray(jax.random.uniform(key, (count, n + 1)), float)
        steps = np.cumsum([float(p) for p in self.priors])[:-1]
        labels = np.searchsorted(steps, uniforms[:, n], side="right")
        points = np.empty((count, n))
        for y, one in enumerate(self.hamiltonians):
            points[labels == y] = one.transport(uniforms[labels == y, :n])
        return labels, points


def _bond(bond: Polynomial, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """A bond at pairs of values, broadcast against each other."""
    parts = (float(c) * left**a * right**b for (a, b), c in bond.terms)
    return sum(parts, np.zeros(np.broadcast_shapes(left.shape, right.shape)))


def _diagonal(kernels: Sequence[np.ndarray], w: np.ndarray) -> np.ndarray:
    """The weight of each node for the first variable, the others integrated out."""
    product = np.eye(len(w))
    for kernel in kernels[:-1]:
        product = product @ (kernel * w)
        product = product / product.max()
    return np.einsum("ab,ba->a", product, kernels[-1])


def _quantiles(
    values: np.ndarray, t: np.ndarray, w: np.ndarray, uniforms: np.ndarray
) -> np.ndarray:
    """For each row of values of a density at the nodes the point below which that share lies."""
    orders = np.arange(len(t))
    basis = legendre.legvander(t, len(t) - 1) * w[:, None] * (orders + 0.5)
    density = (values @ basis).T
    density = density / (2 * density[0])
    mass = legendre.legint(density, lbnd=-1, axis=0)
    below = (legendre.legvander(t, len(t)) @ mass < uniforms).sum(axis=0)  # nodes below it
    ends = np.concatenate([[-1.0], t, [1.0]])
    low, high = ends[below], ends[below + 1]
    x = (low + high) / 2
    for _ in range(5):  # from within half a step between nodes the error is squared each time
        excess = legendre.legval(x, mass, tensor=False) - uniforms
        x = np.clip(x - excess / legendre.legval(x, density, tensor=False), low, high)
    return x
