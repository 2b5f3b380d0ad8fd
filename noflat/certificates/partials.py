r"""Lower bounds for exp, sin and cos and any polynomial: the space of its partial derivatives.

A network of m exponentials has a kernel $f(x+y)$ of rank at most m, one of m sines or cosines of
rank at most 2m; an output bias adds 1, an affine skip 2. The kernel $p(x+y)$ has the rank of the
matrix $[(\beta+\gamma)!\,c_{\beta+\gamma}]$, the dimension of the span of all derivatives of p, and
ranks do not fall in a limit from below. Theorem 12 of docs/polynomials.md.
"""

from typing import Any

from noflat.certificates.hankel import (
    PRIME,
    derivative_moments,
    dividing,
    hankel,
    minor,
    variables_of,
)
from noflat.certificates.kernels import RANK_PER_NEURON, free_rank
from noflat.certificates.record import Bound
from noflat.conventions import Convention
from noflat.targets import Polynomial


def partials_bound(
    target: Polynomial, activation: str, convention: Convention, most_cells: int
) -> Bound:
    """The bound in the uniform sense.

    Args:
        target: The polynomial.
        activation: exp, sin or cos.
        convention: Which readout parameters are free.
        most_cells: The largest matrix that is looked at.

    Returns:
        Neurons, theorem and witness: blocks of rows and columns below which there are zeros.
    """
    # a form's own blocks; of another polynomial the whole matrix, or the blocks of its top form
    tried = [[_block(target, None)]] if not target.is_homogeneous else []
    top = target.part(target.degree)
    tried.append([_block(top, order) for order in range(target.degree + 1)])
    best: list[dict[str, Any]] = []
    for blocks in tried:
        found = [_written(target, *block) for block in blocks if _cells(block) <= most_cells]
        found = [block for block in found if block["rows"]]
        best = max(best, found, key=lambda blocks: sum(len(block["rows"]) for block in blocks))
    rank = sum(len(block["rows"]) for block in best)
    per_neuron, free = RANK_PER_NEURON[activation], free_rank(convention)
    witness = {
        "prime": PRIME,
        "blocks": best,
        "rank_per_neuron": per_neuron,
        "free_rank": free,
    }
    return max(0, -(-(rank - free) // per_neuron)), "partials", witness


def _block(part: Polynomial, order: int | None) -> tuple[list, list]:
    """The rows and columns of one order; of all orders where None."""
    support = [alpha for alpha, _ in part.terms]
    if order is None:
        every = [b for s in range(part.degree + 1) for b in dividing(support, s)]
        return every, every
    return dividing(support, order), dividing(support, part.degree - order)


def _cells(block: tuple[list, list]) -> int:
    return len(block[0]) * len(block[1])


def _written(target: Polynomial, rows: list, columns: list) -> dict[str, Any]:
    found = minor(hankel(derivative_moments(target), rows, columns))
    return {
        "rows": [variables_of(rows[i]) for i in found.rows],
        "columns": [variables_of(columns[j]) for j in found.columns],
        "minor": found.value,
    }
