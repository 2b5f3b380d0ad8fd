r"""Sums of powers of linear forms that are near a form, and the proof that one is equal to it.

A decomposition $F=\sum_jc_j(a_j\cdot x)^d$ that a search has found in floats is rarely rational.
That there is an exact one nearby is proved by the interval Newton method of Krawczyk: with the
weights $c_j$ fixed, as many entries of the nodes are unknowns as F has coefficients, the others are
fixed too, and a map whose fixed points are solutions takes a small box into itself. All of that is
in balls. It fails for forms whose rank is below what counting parameters says.
"""

from collections.abc import Sequence
from itertools import combinations_with_replacement
from math import factorial, prod
from typing import NamedTuple

import flint
import numpy as np
from flint import arb, arb_mat, fmpq
from jaxtyping import Float
from scipy.linalg import qr

from noflat.targets import Polynomial

_BITS = 192
_NEWTON_STEPS = 12
_MOST_COEFFICIENTS = 220


class ProvedPowers(NamedTuple):
    """An exact decomposition into m powers, known up to a radius.

    Attributes:
        nodes: The $a_j$, rounded to floats.
        weights: The $c_j$, exactly.
        radius: No entry of the exact nodes is farther than this from what is rounded here, the
            rounding aside.
    """

    nodes: Float[np.ndarray, "powers inputs"]
    weights: Float[np.ndarray, " powers"]
    radius: float


def proved_powers(
    form: Polynomial,
    nodes: Float[np.ndarray, "powers inputs"],
    weights: Float[np.ndarray, " powers"],
) -> ProvedPowers | None:
    """Proves that a form is exactly a sum of as many powers, near an approximate one.

    Args:
        form: A homogeneous polynomial.
        nodes: The approximate nodes.
        weights: Their weights, which are kept.

    Returns:
        The decomposition, or None where the proof fails.

    Example:
        >>> import numpy as np
        >>> from noflat.constructions.waring import proved_powers
        >>> from noflat.targets import polynomial
        >>> form = polynomial("x**3 + 2*y**3")
        >>> found = proved_powers(form, np.array([[1.01, 0], [0, 1.25]]), np.ones(2))
        >>> found is not None and found.radius < 1e-30, round(float(found.nodes[1, 1]) ** 3, 9)
        (True, 2.0)

    Reference:
        Krawczyk (1969); Neumaier, Interval methods for systems of equations (1990), section 5.1.
    """
    d, n, m = form.degree, form.inputs, len(nodes)
    monomials = [
        tuple(chosen.count(i) for i in range(n))
        for chosen in combinations_with_replacement(range(n), d)
    ]
    size = len(monomials)
    if m * n < size or size > _MOST_COEFFICIENTS:
        return None
    system = _System(form, monomials, np.asarray(weights, float))
    start = system.polished(np.asarray(nodes, float))
    jacobian = system.jacobian(start)
    if not np.isfinite(jacobian).all():
        return None
    factors = qr(jacobian, mode="economic", pivoting=True)
    triangle, order = np.asarray(factors[1]), np.asarray(factors[2])  # pyright: ignore
    if abs(triangle[size - 1, size - 1]) < 1e-8 * abs(triangle[0, 0]):
        return None
    chosen = sorted(order[:size].tolist())
    with flint.ctx.workprec(_BITS):
        return system.krawczyk(start, chosen, np.linalg.inv(jacobian[:, chosen]))


class _System:
    """The coefficients of the sum of powers less those of the form, as functions of the nodes."""

    def __init__(
        self, form: Polynomial, monomials: Sequence[tuple[int, ...]], weights: np.ndarray
    ) -> None:
        self.monomials, self.weights = monomials, weights
        self.degree, self.inputs = form.degree, form.inputs
        self.factors = [
            factorial(self.degree) // prod(map(factorial, alpha)) for alpha in monomials
        ]
        self.wanted = [form.coefficient(alpha) for alpha in monomials]

    def jacobian(self, nodes: np.ndarray) -> np.ndarray:
        """In floats; a column per entry of the nodes, node by node."""
        columns = []
        for a, c in zip(nodes, self.weights, strict=True):
            columns += [
                [
                    c * f * alpha[p] * np.prod(a ** _lowered(alpha, p)) if alpha[p] else 0.0
                    for alpha, f in zip(self.monomials, self.factors, strict=True)
                ]
                for p in range(self.inputs)
            ]
        return np.array(columns).T

    def residual(self, nodes: np.ndarray) -> np.ndarray:
        """In floats."""
        sums = [
            f * np.sum(self.weights * np.prod(nodes ** np.array(alpha)[None], axis=1))
            for alpha, f in zip(self.monomials, self.factors, strict=True)
        ]
        return np.array(sums) - np.array([float(c) for c in self.wanted])

    def polished(self, nodes: np.ndarray) -> np.ndarray:
        """A few Gauss-Newton steps of least length, in floats."""
        for _ in range(_NEWTON_STEPS):
            step = np.linalg.lstsq(self.jacobian(nodes), self.residual(nodes), rcond=1e-12)[0]
            if not np.isfinite(step).all():
                break
            nodes = nodes - step.reshape(nodes.shape)
        return nodes

    def krawczyk(
        self, nodes: np.ndarray, chosen: Sequence[int], inverse: np.ndarray
    ) -> ProvedPowers | None:
        """Newton in balls from the float solution, then the test on a box around it."""
        point = [arb(float(v)) for v in nodes.ravel()]
        near = arb_mat([[arb(float(v)) for v in row] for row in inverse])
        for _ in range(6):
            step = near * self._residual_balls(point)
            for row, k in enumerate(chosen):
                point[k] = (point[k] - step[row, 0]).mid()
        defect = near * self._residual_balls(point)
        reach = 2 * max(float(abs(defect[i, 0]).upper()) for i in range(len(chosen))) + 2.0**-150
        box = [*point]
        for k in chosen:
            box[k] = point[k] + arb(0, reach)
        around = near * self._jacobian_balls(box, chosen)
        worst = arb(0)
        for i in range(len(chosen)):
            row = sum((abs(around[i, j] - int(i == j)) for j in range(len(chosen))), arb(0))
            total = abs(defect[i, 0]) + row * arb(reach)
            worst = worst.max(total)
        if not worst < arb(reach):
            return None
        rounded = np.array([float(v) for v in point]).reshape(nodes.shape)
        return ProvedPowers(rounded, self.weights, reach)

    def _residual_balls(self, point: Sequence[arb]) -> arb_mat:
        rows = [point[i : i + self.inputs] for i in range(0, len(point), self.inputs)]
        found = []
        for alpha, f, c in zip(self.monomials, self.factors, self.wanted, strict=True):
            total = arb(0)
            for a, w in zip(rows, self.weights, strict=True):
                total += _power(a, alpha) * float(w)
            found.append([total * f - arb(fmpq(c.numerator, c.denominator))])
        return arb_mat(found)

    def _jacobian_balls(self, box: Sequence[arb], chosen: Sequence[int]) -> arb_mat:
        rows = []
        for alpha, f in zip(self.monomials, self.factors, strict=True):
            row = []
            for k in chosen:
                j, p = divmod(k, self.inputs)
                a = box[j * self.inputs : (j + 1) * self.inputs]
                value = arb(0)
                if alpha[p]:
                    value = _power(a, _lowered(alpha, p)) * (f * alpha[p]) * float(self.weights[j])
                row.append(value)
            rows.append(row)
        return arb_mat(rows)


def _lowered(alpha: Sequence[int], p: int) -> tuple[int, ...]:
    return tuple(e - (i == p) for i, e in enumerate(alpha))


def _power(a: Sequence[arb], alpha: Sequence[int]) -> arb:
    value = arb(1)
    for t, e in zip(a, alpha, strict=True):
        for _ in range(e):  # a ball that holds 0 has no `**` here
            value *= t
    return value
