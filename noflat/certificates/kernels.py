r"""Lower bounds for exp, sin and cos, with any biases: ranks of the kernel f(x + y).

A network of m exponentials has a kernel $f(x+y)=\sum_j w_j e^{b_j}e^{a_j\cdot x}e^{a_j\cdot y}$ of
rank at most m, one of m sines or cosines of rank at most 2m; an output bias adds 1, an affine skip
2. The product's kernel $\prod_i(x_i+y_i)$ has rank $2^n$. Theorem 6 of docs/theory.md.
"""

from fractions import Fraction
from itertools import accumulate
from math import comb
from typing import Any

from noflat.conventions import Convention

RANK_PER_NEURON = {"exp": 1, "sin": 2, "cos": 2}


def free_rank(convention: Convention) -> int:
    """The rank that the readout's free parameters add to the kernel."""
    return len(convention.free_degrees)


def kernel_bound(n: int, activation: str, convention: Convention) -> tuple[int, dict[str, Any]]:
    """The bound in the uniform sense, and its witness: points where the kernel is diagonal."""
    per_neuron, free = RANK_PER_NEURON[activation], free_rank(convention)
    witness = {
        "points": ["-1/2", "1/2"],
        "kernel": [["-1", "0"], ["0", "1"]],
        "rank_per_neuron": per_neuron,
        "free_rank": free,
    }
    return max(0, -(-(2**n - free) // per_neuron)), witness


def gaussian_bound(
    n: int, activation: str, convention: Convention, error: Fraction
) -> tuple[int, str, dict[str, Any]]:
    r"""The bound at a relative rms error under standard normal inputs, any activation.

    exp, sin and cos: all $2^n$ singular values of the kernel are equal. Any other activation: the
    flattening of the n-th chaos at order a has $\binom na$ equal ones. Theorems 7 and 8.
    """
    if activation in RANK_PER_NEURON:
        count, per_neuron, free = 2**n, RANK_PER_NEURON[activation], free_rank(convention)
        theorem = "gaussian_kernel"
        witness: dict[str, Any] = {"rank_per_neuron": per_neuron, "free_rank": free}
    else:
        count, per_neuron, free = comb(n, n // 2), 1, 0
        theorem, witness = "gaussian_flattening", {"order": n // 2}
    needed = ((1 - error**2) * count - free) / per_neuron
    witness |= {"count": count, "squared_singular_value": str(Fraction(1, count))}
    return max(0, -(-needed.numerator // needed.denominator)), theorem, witness


def squared_error_floor(
    n: int, activation: str, convention: Convention, neurons: int, inputs: str
) -> Fraction:
    r"""The squared relative rms error that no network of so many neurons goes below.

    Under standard normal inputs $1 - m/\binom{n}{\lfloor n/2\rfloor}$ for any activation. For exp,
    sin and cos the tail of the squared singular values of the kernel: $2^n$ equal ones under normal
    inputs, products of 3/4 and 1/4 under inputs uniform on the cube. 0 where nothing is known.

    Args:
        n: The number of variables of the product.
        activation: The name of the activation.
        convention: Which biases and skip the network may use.
        neurons: The number of neurons m.
        inputs: `cube` or `gaussian`.

    Returns:
        The floor, exactly.

    Example:
        >>> squared_error_floor(3, "exp", Convention(), 7, "gaussian")
        Fraction(1, 8)
    """
    if activation not in RANK_PER_NEURON:
        ceiling = Fraction(neurons, comb(n, n // 2)) if inputs == "gaussian" else Fraction(1)
        return max(Fraction(0), 1 - ceiling)
    rank = RANK_PER_NEURON[activation] * neurons + free_rank(convention)
    heavy = Fraction(3, 4) if inputs == "cube" else Fraction(1, 2)
    weights = [
        heavy ** (n - light) * (1 - heavy) ** light
        for light in range(n + 1)
        for _ in range(comb(n, light))
    ]
    kept = list(accumulate(sorted(weights, reverse=True), initial=Fraction(0)))
    return 1 - kept[min(rank, 2**n)]
