r"""What one and two neurons are to a law of inputs: coordinates, and what is left beyond a degree.

With orthonormal polynomials $e_\alpha$ (Hermite's under normal inputs, Legendre's on the cube) a
neuron $f=\sigma(a\cdot x+b)$ has coordinates $\varphi_\alpha=E[f\,e_\alpha]$. Under normal inputs
integration by parts gives $E[\sigma^{(k)}(a\cdot x+b)]\,a^\alpha/\sqrt{\alpha!}$, $k=|\alpha|$, for
every activation. On the cube, exp, sin and cos have $\sigma^{(k)}(b)$ times a spherical Bessel
function of each weight. The inner product of two neurons is
$\sum_\alpha\varphi_\alpha\varphi'_\alpha$. Its part beyond degree d is the kernel less a finite
sum; wherever that difference would cancel it is computed as a sum of its own.
"""

import functools
from math import comb, factorial, pi, prod
from operator import mul
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from noflat.activations import Activation, exponent

REACH = 10.0
"""On the cube a weight may be so large; beyond it no number is given, and no step goes there."""
_LEGENDRE = 28
"""So many degrees more, and a sum over Legendre polynomials has all digits for weights in reach."""
_TERMS = 28
"""So many terms of each power series."""
_NEAR = 4.0
"""Up to here a tail of the exponential series is summed, with a few terms more."""


class Kind(NamedTuple):
    """What neurons have in common.

    Attributes:
        activation: The activation.
        inputs: The law, `cube` or `gaussian`.
        top: The degree d above.
    """

    activation: Activation
    inputs: str
    top: int


Neuron = tuple[Float[Array, " inputs"], Float[Array, ""]]
"""The weights and the bias."""


def coordinates(
    kind: Kind,
    weights: Float[Array, " inputs"],
    bias: Float[Array, ""],
    exponents: Int[np.ndarray, "degrees inputs"],
) -> Float[Array, " degrees"]:
    r"""The $\varphi_\alpha$ of one neuron.

    Args:
        kind: What the neurons have in common.
        weights: The a above.
        bias: The b above.
        exponents: The $\alpha$, a row each, of total degree at most `kind.top`.

    Returns:
        The coordinates.

    Example:
        >>> from noflat.training.closed_forms import Kind, coordinates
        >>> kind = Kind(as_activation("exp"), "gaussian", 1)
        >>> print(coordinates(kind, jnp.array([2.0]), jnp.array(-2.0), np.array([[0], [1]])))
        [1. 2.]
    """
    if kind.inputs == "gaussian":
        table = _monomials(weights, kind.top)
    else:
        table = _bessel(weights, kind.top, kind.activation.name)
    slopes = jnp.stack(_mean_slopes(kind, weights, bias))
    variables = np.arange(exponents.shape[1])[None]
    return slopes[exponents.sum(axis=1)] * table[exponents, variables].prod(axis=1)


def _monomials(weights: Array, top: int) -> Array:
    r"""$a^k/\sqrt{k!}$ for k up to the top, a row each."""
    rows = [jnp.ones_like(weights)]
    for k in range(1, top + 1):
        rows.append(rows[-1] * weights / k**0.5)
    return jnp.stack(rows)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2))
def _bessel(weights: Array, last: int, name: str) -> Array:
    r"""$\sqrt{2k+1}\,E[e^{ax}P_k(x)]$, a row for each k; for sin and cos that of $e^{iax}/i^k$.

    They are spherical Bessel functions: $a^k/(2k+1)!!$ times a series in $a^2$, here for all k at
    once and without a division by a.
    """
    orders = np.arange(last + 1)
    a = jnp.where(jnp.abs(weights) <= REACH, weights, jnp.nan)
    squared = (a**2 if name == "exp" else -(a**2))[None]
    ratios = jnp.ones_like(a)[None]
    for m in range(_TERMS, 0, -1):
        steps = jnp.asarray(1 / (2 * m * (2 * orders + 2 * m + 1)), a.dtype)
        ratios = 1 + squared * steps[:, None] * ratios
    powers = [jnp.ones_like(a)]
    for k in range(1, last + 1):
        powers.append(powers[-1] * a / (2 * k + 1))
    roots = jnp.asarray((2 * orders + 1) ** 0.5, a.dtype)
    return roots[:, None] * jnp.stack(powers) * ratios


@_bessel.defjvp
def _bessel_jvp(last: int, name: str, primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    """A derivative is the mean of x times the same, and x takes $P_k$ to its two neighbors."""
    longer = _bessel(primals[0], last + 1, name)
    k = np.arange(1, last + 2)
    step = k / ((2 * k - 1) * (2 * k + 1)) ** 0.5  # the mean of x with normalized P_(k-1), P_k
    step = jnp.asarray(step, longer.dtype)[:, None]
    up = longer[1:] * step
    down = jnp.concatenate([jnp.zeros_like(longer[:1]), longer[:last] * step[:last]])
    slopes = down + (up if name == "exp" else -up)
    return longer[: last + 1], slopes * tangents[0][None]


def _mean_slopes(kind: Kind, weights: Array, bias: Array) -> list[Array]:
    r"""The factor of the coordinates that depends on the degree k alone.

    Under normal inputs it is $E\,\sigma^{(k)}(a\cdot x+b)$, as integration by parts has it; on the
    cube $\sigma^{(k)}(b)$.
    """
    name, orders = kind.activation.name, range(kind.top + 1)
    squared = jnp.sum(weights**2)
    if name in ("exp", "sin", "cos"):
        return _turned(name, bias, [_amplitude(kind, weights)] * len(orders))
    if name == "erf":
        return [_erf_slope(k) * (1 + 2 * squared) ** (-k / 2) for k in orders]
    if name == "relu":
        return [_relu_slope(k) * squared ** ((1 - k) / 2) for k in orders]
    m = exponent(kind.activation) or 0
    return [_power_slope(m, k, squared, bias) for k in orders]


def _amplitude(kind: Kind, weights: Array) -> Array:
    """What exp, sin and cos are multiplied by on the average over normal inputs; 1 on the cube."""
    if kind.inputs == "cube":
        return jnp.ones_like(weights[0])
    half = jnp.sum(weights**2) / 2
    return jnp.exp(half if kind.activation.name == "exp" else -half)


def _turned(name: str, bias: Array, amplitudes: list[Array]) -> list[Array]:
    if name == "exp":
        return [a * jnp.exp(bias) for a in amplitudes]
    sine, cosine = jnp.sin(bias), jnp.cos(bias)
    turns = [sine, cosine, -sine, -cosine]
    return [a * turns[(k + (name == "cos")) % 4] for k, a in enumerate(amplitudes)]


def _erf_slope(k: int) -> float:
    """The k-th derivative of erf at 0."""
    half = (k - 1) // 2
    return (-1) ** half * 2 / pi**0.5 * factorial(k - 1) / factorial(half) if k % 2 else 0.0


def _relu_slope(k: int) -> float:
    """The k-th derivative of relu on the average over a standard normal number."""
    if k % 2:
        return 0.5 if k == 1 else 0.0
    odd = prod(range(1, k - 2, 2))
    return (-1.0 if k % 4 == 0 and k else 1.0) * odd / (2 * pi) ** 0.5


def _power_slope(m: int, k: int, squared: Array, bias: Array) -> Array:
    """The k-th derivative of t^m on the average over a normal number of that variance and mean."""
    total, left = jnp.zeros_like(bias), m - k
    for j in range(left // 2 + 1):
        number = factorial(m) // (factorial(left - 2 * j) * factorial(j) * 2**j)
        total = total + float(number) * squared**j * bias ** (left - 2 * j)
    return total


# --- beyond the target's degree ----------------------------------------------------------------


def rest(kind: Kind, neuron: Neuron, other: Neuron) -> Float[Array, ""]:
    r"""The inner product of two neurons less $\sum_{|\alpha|\leq d}\varphi_\alpha\varphi_\alpha'$.

    Args:
        kind: What the neurons have in common.
        neuron: Weights and bias.
        other: Likewise.

    Returns:
        What is left.

    Example:
        >>> from noflat.training.closed_forms import Kind, rest
        >>> neuron = jnp.array([1e-3]), jnp.array(0.0)
        >>> print(f"{rest(Kind(as_activation('exp'), 'gaussian', 4), neuron, neuron):.2e}")  # 1/5!
        8.33e-33
    """
    (a, b), (c, d) = neuron, other
    name, top = kind.activation.name, kind.top
    inner, sizes = jnp.sum(a * c), (jnp.sum(a**2), jnp.sum(c**2))
    if name == "exp":
        return jnp.exp(b + d) * _exp_rest(kind, a, c)
    if name in ("sin", "cos"):
        same, opposite = _exp_rest(kind, a, c), _exp_rest(kind, a, -c)
        sign = 1.0 if name == "cos" else -1.0
        return (jnp.cos(b - d) * same + sign * jnp.cos(b + d) * opposite) / 2
    if name == "erf":
        return 2 / pi * _arcsin_tail(2 * inner / jnp.prod(1 + 2 * jnp.stack(sizes)) ** 0.5, top)
    if name == "relu":
        lengths = jnp.prod(jnp.stack(sizes)) ** 0.5
        cosine = inner / lengths
        low = [_relu_slope(k) ** 2 / factorial(k) * cosine**k for k in range(top + 1)]
        return lengths * (_arc_cosine(cosine) - sum(low))
    m = exponent(kind.activation) or 0
    total = jnp.zeros_like(inner)
    for k in range(top + 1, m + 1):
        slopes = _power_slope(m, k, sizes[0], b) * _power_slope(m, k, sizes[1], d)
        total = total + slopes * inner**k / float(factorial(k))
    return total


def _exp_rest(kind: Kind, a: Array, c: Array) -> Array:
    r"""The rest of exp, no biases; for sin and cos that of $e^{ia\cdot x}$ and $e^{ic\cdot x}$."""
    top = kind.top
    if kind.inputs == "gaussian":
        amplitudes = _amplitude(kind, a) * _amplitude(kind, c)
        return amplitudes * _exp_tail(jnp.sum(a * c), top)
    tables = [_bessel(side, top + _LEGENDRE, kind.activation.name) for side in (a, c)]
    terms = tables[0] * tables[1]
    beyond_top = jnp.sum(terms[top + 1 :], axis=0)
    # of the variables so far: the sums of each degree up to the top, and of all degrees beyond
    low, beyond = [terms[k, 0] for k in range(top + 1)], beyond_top[0]
    for i in range(1, a.shape[0]):
        each, tails = [terms[k, i] for k in range(top + 1)], [beyond_top[i]]
        for term in reversed(each):  # the sum beyond top - 1, top - 2, ..., and of all
            tails.append(tails[-1] + term)
        beyond = sum(map(mul, low, tails), start=beyond * tails[-1])
        low = [sum(map(mul, low[: k + 1], each[k::-1])) for k in range(top + 1)]
    return beyond


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def _exp_tail(z: Array, top: int) -> Array:
    r"""$\sum_{k>d}z^k/k!$, by its series near 0 and by subtracting from $e^z$ elsewhere."""
    near = jnp.clip(z, -_NEAR, _NEAR)
    series = jnp.ones_like(z)
    for k in range(top + _TERMS + 7, top + 1, -1):
        series = 1 + near / k * series
    series = series * near ** (top + 1) / float(factorial(top + 1))
    far = jnp.exp(z) - sum(z**k / float(factorial(k)) for k in range(top + 1))
    return jnp.where(jnp.abs(z) <= _NEAR, series, far)


@_exp_tail.defjvp
def _exp_tail_jvp(top: int, primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    (z,), tail = primals, _exp_tail(*primals, top)
    return tail, (tail + z**top / float(factorial(top))) * tangents[0]


def _arcsin_tail(z: Array, top: int) -> Array:
    r"""The terms of arcsin beyond that degree, likewise."""
    first = top + 1 + top % 2
    size = lambda k: comb(k - 1, (k - 1) // 2) / (k * 2.0 ** (k - 1))
    near = jnp.clip(z, -0.5, 0.5)
    series = jnp.zeros_like(z)
    for k in range(first + 2 * _TERMS, first - 1, -2):
        series = series * near**2 + size(k)
    far = jnp.arcsin(z) - sum(size(k) * z**k for k in range(1, top + 1, 2))
    return jnp.where(jnp.abs(z) <= 0.5, series * near**first, far)


# The derivatives are written out: at 1, a neuron with itself, autodiff would divide zero by zero.
# They clip inside, since a clip outside would halve a derivative there.
@jax.custom_jvp
def _arc_cosine(z: Array) -> Array:
    """The kernel of relu for unit weights of that inner product."""
    z = jnp.clip(z, -1.0, 1.0)
    return (jnp.sqrt(1 - z**2) + z * (pi - jnp.arccos(z))) / (2 * pi)


@jax.custom_jvp
def _arc_cosine_slope(z: Array) -> Array:
    return (pi - jnp.arccos(jnp.clip(z, -1.0, 1.0))) / (2 * pi)


_arc_cosine.defjvps(lambda dz, _, z: _arc_cosine_slope(z) * dz)
_arc_cosine_slope.defjvps(
    lambda dz, _, z: dz / (2 * pi * jnp.sqrt(jnp.maximum(1 - z**2, jnp.finfo(z.dtype).eps)))
)
