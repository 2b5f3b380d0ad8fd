r"""Functions of signs whose sensitivity and spectrum are known in closed form.

On uniform signs a function is $f=\sum_T\hat f(T)\chi_T$, with $\chi_T$ the product of the signs in
T, and its average sensitivity is $\sum_T|T|\hat f(T)^2=E\sum_i\tfrac14(f(x)-f(x^{\oplus i}))^2$.
"""

from fractions import Fraction
from math import comb

import jax.numpy as jnp
from jaxtyping import Array, Float

from noflat.arguments import whole


def indexed(x: Float[Array, " signs"], bits: int) -> Float[Array, ""]:
    r"""The data sign at an address: of $b+2^b$ signs the first b say which of the others.

    Args:
        x: The signs; bit i of the address is 1 where sign i is.
        bits: b.

    Returns:
        The sign.

    Raises:
        ValueError: If there are not $b+2^b$ signs.

    Example:
        >>> print(indexed(jnp.array([1.0, -1.0, -1.0, 1.0, -1.0, -1.0]), 2))  # address 1
        1.0
    """
    if x.shape != (bits + 2**bits,):
        raise ValueError(f"`x` must have {bits + 2**bits} signs for {bits} bits; got {x.shape}")
    address = sum(((x[i] > 0).astype("int32") << i for i in range(bits)), jnp.int32(0))
    return jnp.take(x, bits + address)


def majority(x: Float[Array, " signs"]) -> Float[Array, ""]:
    """The sign that most of an odd number of signs have.

    Args:
        x: The signs.

    Returns:
        The sign.

    Raises:
        ValueError: If their number is even.

    Example:
        >>> print(majority(jnp.array([1.0, -1.0, -1.0])))
        -1.0
    """
    check_odd(len(x))
    return jnp.sign(jnp.sum(x))


def index_sensitivity(bits: int) -> Fraction:
    r"""The average sensitivity of `indexed`, $1+b/2$.

    The data sign counts always; an address sign does where two data signs differ, half of the time.

    Args:
        bits: b.

    Returns:
        The average sensitivity.

    Example:
        >>> print(index_sensitivity(3))
        5/2
    """
    return 1 + Fraction(whole(bits, "bits", "the signs of an address"), 2)


def index_weights(bits: int) -> tuple[Fraction, ...]:
    r"""The squares of the Fourier coefficients of `indexed` by degree: $2^{-b}\binom b{j-1}$ at j.

    $\sum_\alpha 2^{-b}\prod_i(1+\alpha_ix_i)\,y_\alpha$ has for every set A of address signs and
    every data sign one coefficient $\pm2^{-b}$, of degree $|A|+1$.

    Args:
        bits: b.

    Returns:
        From degree 0 to b + 1; higher ones are 0.

    Example:
        >>> print(*index_weights(2))
        0 1/4 1/2 1/4
    """
    b = whole(bits, "bits", "the signs of an address")
    return (Fraction(0), *(Fraction(comb(b, j), 2**b) for j in range(b + 1)))


def majority_sensitivity(n: int) -> Fraction:
    r"""The average sensitivity of `majority`, $n2^{1-n}\binom{n-1}{(n-1)/2}\approx\sqrt{2n/\pi}$.

    A sign counts where the others are half and half.

    Args:
        n: The number of signs, odd.

    Returns:
        The average sensitivity.

    Raises:
        ValueError: If `n` is even.

    Example:
        >>> print(majority_sensitivity(5))
        15/8
    """
    check_odd(n)
    return Fraction(n * comb(n - 1, (n - 1) // 2), 2 ** (n - 1))


def check_odd(n: int) -> None:
    """Refuses a number of signs that has no majority.

    Raises:
        ValueError: If it is even.

    Example:
        >>> from noflat.targets.cube import check_odd
        >>> check_odd(3)
    """
    if whole(n, "n", "the number of signs") % 2 == 0:
        raise ValueError(f"`n` must be odd, so that there is a majority; got {n}")
