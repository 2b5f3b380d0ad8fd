r"""Functions of bits as multilinear polynomials: the AND expansion, by Moebius inversion.

On $\{0,1\}^n$ every $x_i^2=x_i$, so that every function is one polynomial of degree at most 1 in
each variable, $f(x)=\sum_K c_K\prod_{i\in K}x_i$, of at most $2^n$ terms.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from jaxtyping import Int

from noflat.arguments import whole
from noflat.targets.polynomials import Polynomial

_MOST_BITS = 20


def bit_states(n: int) -> Int[np.ndarray, "states n"]:
    """All states of n bits; bit i of the number of a state is its x_i.

    Args:
        n: The number of bits, at most 20.

    Returns:
        An array of zeros and ones.

    Raises:
        ValueError: If there are more.

    Example:
        >>> print(*bit_states(2))
        [0 0] [1 0] [0 1] [1 1]
    """
    n = whole(n, "n", "the number of bits")
    if n > _MOST_BITS:
        raise ValueError(f"`n` must be at most {_MOST_BITS}, for 2^n states are listed; got {n}")
    return (np.arange(2**n)[:, None] >> np.arange(n)) & 1


def multilinear(values: Sequence[Fraction | int]) -> Polynomial:
    r"""The one multilinear polynomial with given values on $\{0,1\}^n$.

    $$c_K=\sum_{S\subseteq K}(-1)^{\lvert K\rvert-\lvert S\rvert}f(1_S),$$

    one variable at a time: $n2^{n-1}$ subtractions, exact.

    Args:
        values: The $2^n$ values in the order of `bit_states`.

    Returns:
        The polynomial.

    Raises:
        ValueError: If their number is no power of two, or 1.

    Example:
        >>> print(multilinear([0, 1, 1, 0]))  # exclusive or
        x1 + x2 - 2*x1*x2

    Reference:
        Lin, Tegmark and Rolnick (2017), equation (12).
    """
    n = len(values).bit_length() - 1
    if n < 1 or len(values) != 2**n:
        raise ValueError(
            f"`values` must be one for each of 2, 4, 8, ... states of bits; got {len(values)}"
        )
    found = [Fraction(value) for value in values]
    for i in range(n):
        for state in range(2**n):
            if state >> i & 1:
                found[state] -= found[state ^ 1 << i]
    states = bit_states(n).tolist()
    return Polynomial(n, tuple((tuple(s), c) for s, c in zip(states, found, strict=True)))
