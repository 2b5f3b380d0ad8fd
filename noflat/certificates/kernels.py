r"""Lower bounds for exp, sin and cos, with any biases: ranks of the kernel f(x + y).

A network of m exponentials has a kernel $f(x+y)=\sum_j w_j e^{b_j}e^{a_j\cdot x}e^{a_j\cdot y}$ of
rank at most m, one of m sines or cosines of rank at most 2m; an output bias adds 1, an affine skip
2. The product's kernel $\prod_i(x_i+y_i)$ has rank $2^n$. Theorem 6 of docs/theory.md.
"""

from fractions import Fraction
from math import ceil, comb
from typing import Any

from noflat.certificates.record import Bound
from noflat.conventions import Convention

RANK_PER_NEURON = {"exp": 1, "sin": 2, "cos": 2}


def free_rank(convention: Convention) -> int:
    """The rank that the readout's free parameters add to the kernel."""
    return len(convention.free_degrees)


def kernel_bound(n: int, activation: str, convention: Convention) -> Bound:
    """The bound in the uniform sense; its witness is points where the kernel is diagonal."""
    per_neuron, free = RANK_PER_NEURON[activation], free_rank(convention)
    witness = {
        "points": ["-1/2", "1/2"],
        "kernel": [["-1", "0"], ["0", "1"]],
        "rank_per_neuron": per_neuron,
        "free_rank": free,
    }
    return max(0, -(-(2**n - free) // per_neuron)), "kernel", witness


def gaussian_bound(
    n: int, activation: str | None, convention: Convention, error: Fraction
) -> Bound:
    r"""The bound at a relative rms error under standard normal inputs; None is any activation.

    For any activation: the flattening of the n-th chaos at order a has $\binom na$ equal singular
    values. For exp, sin and cos: so has the kernel $2^n$ of them, which is mostly the better bound.
    Theorems 7 and 8.
    """
    subsets = comb(n, n // 2)
    witness: dict[str, Any] = {
        "order": n // 2,
        "count": subsets,
        "squared_singular_value": str(Fraction(1, subsets)),
    }
    best = ceil((1 - error**2) * subsets), "gaussian_flattening", witness
    if activation not in RANK_PER_NEURON:
        return best
    per_neuron, free = RANK_PER_NEURON[activation], free_rank(convention)
    neurons = max(0, ceil(((1 - error**2) * 2**n - free) / per_neuron))
    if neurons < best[0]:  # few variables and an affine skip
        return best
    witness = {
        "rank_per_neuron": per_neuron,
        "free_rank": free,
        "count": 2**n,
        "squared_singular_value": str(Fraction(1, 2**n)),
    }
    return neurons, "gaussian_kernel", witness


def squared_error_floor(
    n: int, activation: str, convention: Convention, neurons: int, inputs: str
) -> Fraction:
    r"""The squared relative rms error that no network of so many neurons goes below.

    Under standard normal inputs $1 - m/\binom{n}{\lfloor n/2\rfloor}$ for any activation. For exp,
    sin and cos the tail of the squared singular values of the kernel: $2^n$ equal ones under normal
    inputs, products of 3/4 and 1/4 under inputs uniform on the cube. 0 where nothing is known.

    Args:
        n: The number of variables of the product, at least 2.
        activation: The name of the activation.
        convention: Which biases and skip the network may use.
        neurons: The number of neurons m.
        inputs: `cube` or `gaussian`.

    Returns:
        The floor, exactly.

    Raises:
        ValueError: If `n` or `neurons` is too small or `inputs` is no known law.

    Example:
        >>> squared_error_floor(3, "exp", Convention(), 7, "gaussian")
        Fraction(1, 8)
    """
    if n < 2:
        raise ValueError(f"`n` must be at least 2, the number of variables; got {n}")
    if neurons < 0:
        raise ValueError(f"`neurons` must not be negative; got {neurons}")
    if inputs not in ("cube", "gaussian"):
        raise ValueError(f"`inputs` must be cube or gaussian; got {inputs!r}")
    floor = Fraction(0)
    if inputs == "gaussian":
        floor = max(floor, 1 - Fraction(neurons, comb(n, n // 2)))
    if activation in RANK_PER_NEURON:
        rank = RANK_PER_NEURON[activation] * neurons + free_rank(convention)
        heavy = Fraction(3, 4) if inputs == "cube" else Fraction(1, 2)
        floor = max(floor, _tail(n, heavy, rank))
    return floor


def _tail(n: int, heavy: Fraction, rank: int) -> Fraction:
    """What the `rank` largest products of n weights, `heavy` or the rest of 1, leave of 1."""
    left, kept = rank, Fraction(0)
    for light in range(n + 1):  # the largest come first: `heavy` is at least 1/2
        taken = min(left, comb(n, light))
        kept += taken * heavy ** (n - light) * (1 - heavy) ** light
        left -= taken
    return 1 - kept
