r"""Networks on bits: one neuron per product of bits, and one cosine for a parity.

On $\{0,1\}^n$ a product of bits is an AND, which one steep sigmoid computes: the sum of k bits is k
where all are 1, and at most $k-1$ elsewhere. On $\{-1,1\}^n$ the product of all is a parity, which
is a function of the sum alone, and has period 4 in it.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import exp, expm1, log, log1p, pi
from typing import Any

import numpy as np

from noflat.activations import cos, sigmoid
from noflat.arguments import positive, whole
from noflat.constructions.plans import layer, resolve_dtype
from noflat.networks.dense import Network
from noflat.targets import Polynomial


def bit_network(targets: Sequence[Polynomial], sharpness: float, *, dtype: Any = None) -> Network:
    r"""A network of one hidden layer for functions of bits, one neuron per product of bits.

    $$f_y(x)=\sum_K c_{yK}\prod_{i\in K}x_i\approx c_{y\emptyset}+\sum_{K\ne\emptyset}c_{yK}\,
      \sigma\Big(-\beta\big(\lvert K\rvert-\tfrac12-\sum_{i\in K}x_i\big)\Big)$$

    with the logistic $\sigma$; functions share their products. On every state of the bits the error
    of output y is at most $\sigma(-\beta/2)\sum_{K\ne\emptyset}\lvert c_{yK}\rvert$.

    Args:
        targets: The $f_y$, polynomials in the same bits; a power of a bit is the bit.
        sharpness: The $\beta$.
        dtype: Of the weights; JAX's default where None.

    Returns:
        A network with an output per function and at most $2^n-1$ neurons.

    Raises:
        ValueError: If there is no target, they are in different bits, or all are constant.

    Example:
        >>> xor = bit_network([multilinear([0, 1, 1, 0])], 30.0)
        >>> xor.neurons, print(xor(jnp.array([1.0, 0.0])).round(3))
        [1.]
        (3, None)

    Reference:
        Lin, Tegmark and Rolnick (2017), equations (12) and (13).
    """
    beta = positive(sharpness, "sharpness", "the slope of a neuron times 4")
    if len({target.inputs for target in targets}) != 1:
        raise ValueError("`targets` must be one or more polynomials in the same bits")
    tables = [_on_bits(target) for target in targets]
    sets = sorted({subset for table in tables for subset in table if subset}, key=_order)
    if not sets:
        raise ValueError("`targets` must not all be constant: a constant takes no neuron")
    n = targets[0].inputs
    members = np.array([[float(i in subset) for subset in sets] for i in range(n)])
    bias = -beta * (members.sum(axis=0) - 0.5)
    readout = np.array([[float(table.get(subset, 0)) for table in tables] for subset in sets])
    constants = np.array([float(table.get((), 0)) for table in tables])
    dtype = resolve_dtype(dtype)
    return Network((layer(beta * members, bias, dtype), layer(readout, constants, dtype)), sigmoid)


def _on_bits(target: Polynomial) -> dict[tuple[int, ...], Fraction]:
    found: dict[tuple[int, ...], Fraction] = {}
    for exponents, c in target.terms:
        subset = tuple(i for i, e in enumerate(exponents) if e)
        found[subset] = found.get(subset, Fraction(0)) + c
    return {subset: c for subset, c in found.items() if c}


def _order(subset: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    return len(subset), subset


def bit_error(sharpness: float) -> float:
    r"""The largest error of one neuron as a product of bits: $\sigma(-\beta/2)$ exactly.

    It is taken where all bits of the product are 1, and where all but one are.

    Args:
        sharpness: The $\beta$.

    Returns:
        The error, $1/(1+e^{\beta/2})$.

    Example:
        >>> gate = bit_network([product(3)], 8.0)
        >>> print(gate(jnp.array([1.0, 1.0, 0.0])), f"{bit_error(8.0):.6f}")
        [0.01798621] 0.017986
    """
    decay = exp(-positive(sharpness, "sharpness", "the slope of a neuron times 4") / 2)
    return decay / (1 + decay)


def function_error(n: int, sharpness: float, *, span: float = 1.0) -> float:
    r"""A bound on the error of `bit_network` for any function of n bits, whatever its coefficients.

    With $R=\max f-\min f$ it is

    $$R\Big(\sigma(-\tfrac\beta2)+\tfrac12e^{\beta/2}\big((1+2e^{-\beta})^n-1\big)\Big)
      \approx(n+1)\,R\,e^{-\beta/2}$$

    though the coefficients may sum to $3^n/2$: near a state they add up to differences of f.

    Args:
        n: The number of bits.
        sharpness: The $\beta$.
        span: The R.

    Returns:
        The bound.

    Example:
        >>> parity = bit_network([multilinear([0, 1, 1, 0, 1, 0, 0, 1])], 20.0)
        >>> error = float(parity(jnp.zeros(3))[0])
        >>> print(f"{error:.3g} {function_error(3, 20.0):.3g}")
        0.000136 0.000182

    Reference:
        Theorem H6 of docs/hamiltonian.md.
    """
    n = whole(n, "n", "the number of bits")
    beta = positive(sharpness, "sharpness", "the slope of a neuron times 4")
    beyond = exp(beta / 2) * expm1(n * log1p(2 * exp(-beta))) / 2
    return positive(span, "span", "of the values") * (bit_error(beta) + beyond)


def sharpness_for(digits: float) -> float:
    r"""The least $\beta$ with which a product of bits is right to so many decimal digits.

    $\sigma(-\beta/2)\le10^{-D}$ just where $\beta\ge2\ln(10^D-1)$, which is close to $2D\ln10$.

    Args:
        digits: The D.

    Returns:
        The $\beta$.

    Raises:
        ValueError: If there are too few for an error below 1/2.

    Example:
        >>> round(sharpness_for(3), 2), round(float(6 * np.log(10)), 2)
        (13.81, 13.82)

    Reference:
        Theorem H5 of docs/hamiltonian.md.
    """
    exponent = positive(digits, "digits", "of the product") * log(10)
    if exponent <= log(2):
        raise ValueError(f"`digits` must be above log10(2), for an error below 1/2; got {digits}")
    return 2 * (exponent + log(-expm1(-exponent)))  # ln(10^D - 1), also where 10^D is no float


def parity_neuron(n: int, *, dtype: Any = None) -> Network:
    r"""One cosine that multiplies n signs: $\prod x_i=\cos\big(\tfrac\pi2(\sum x_i-n)\big)$.

    It is exact on $\{-1,1\}^n$: each $-1$ takes 2 from the sum and so $\pi$ from the phase. On the
    cube between it is another function. On bits instead of signs it is `cosine_parity`.

    Args:
        n: The number of signs.
        dtype: Of the weights; JAX's default where None.

    Returns:
        A network of one neuron.

    Raises:
        ValueError: If `n` is no positive integer.

    Example:
        >>> print(parity_neuron(3)(jnp.array([1.0, -1.0, -1.0])).round(6))
        [1.]

    Reference:
        Theorem H7 of docs/hamiltonian.md.
    """
    n = whole(n, "n", "the number of signs")
    dtype = resolve_dtype(dtype)
    first = layer(np.full((n, 1), pi / 2), np.array([-pi / 2 * (n % 4)]), dtype)
    return Network((first, layer(np.ones((1, 1)), np.zeros(1), dtype)), cos)
