r"""Activations, their exact derivatives at any bias, and the zeros of those derivatives.

What a neuron can build near a bias $b$ depends on which derivatives $\sigma^{(k)}(b)$ vanish: a
multiplication gate needs $\sigma''(b) \neq 0$, and half of the hypercube multiplies $n$ inputs just
where $\sigma^{(n-1)}(b) = 0 \neq \sigma^{(n)}(b)$. A float cannot tell whether a number is zero. So
an activation carries its formula twice, for JAX and for power series over balls (a midpoint and a
proved radius; Arb, by way of python-flint), and nothing is called zero or nonzero without proof.
"""

import functools
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import flint
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

# Series are evaluated with so many bits, one after the other, until the answer is proved.
_PRECISIONS = (128, 256, 512, 1024, 2048, 4096)


@dataclass(frozen=True)
class Activation:
    r"""A scalar function $\sigma$, as a JAX function and as a formula on power series.

    It is hashable: a static argument of `jax.jit`, a static field of a pytree, a key of a cache.

    Attributes:
        name: The word used in records, flags and figures.
        function: $\sigma$ on JAX arrays, elementwise; keeps the dtype.
        series: The same formula on `flint.arb_series`, its constants made inside by `flint.arb` so
            that they have the precision in force. None: no exact derivatives.
        parity: Even or odd, if $\sigma$ has that symmetry at 0 up to a polynomial.
        parity_from: From this order on, the derivatives at 0 of the other parity vanish.
        smooth: Whether $\sigma$ has all derivatives everywhere.

    Example:
        >>> own = Activation(
        ...     "sheared",
        ...     lambda t: t**2 + jax.nn.sigmoid(t + 1),
        ...     lambda t: t**2 + sigmoid.series(t + 1),
        ... )
        >>> [round(b, 9) for b in zeros(own, 3)]
        [-2.316957897, 0.316957897]
    """

    name: str
    function: Callable = field(repr=False)
    series: Callable[[flint.arb_series], flint.arb_series] | None = field(default=None, repr=False)
    parity: Literal["even", "odd"] | None = None
    parity_from: int = 0
    smooth: bool = True

    def __call__(self, t: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        r"""Applies $\sigma$ to every entry of `t`."""
        return self.function(t)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Copies and pickles a known activation by its name, since a copied function is another."""
        if self == ACTIVATIONS.get(self.name):
            return activation, (self.name,)
        return super().__reduce_ex__(protocol)


@dataclass(frozen=True)
class _Power:
    """The formula t^k, for arrays and for series; equal by value, as a lambda is not."""

    k: int

    def __call__(self, t: Any) -> Any:
        return t**self.k


# Each sign of t has its own form, which keeps its digits in that tail.
def _sigmoid(t: flint.arb_series) -> flint.arb_series:
    return t.exp() / (1 + t.exp()) if t[0] < 0 else 1 / (1 + (-t).exp())


def _softplus(t: flint.arb_series) -> flint.arb_series:
    return (1 + t.exp()).log() if t[0] < 0 else t + (1 + (-t).exp()).log()


def _relu_squared(t: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    return jnp.square(jax.nn.relu(t))


def _relu_squared_series(t: flint.arb_series) -> flint.arb_series:
    half = _relu(t)
    return half * half


def _relu(t: flint.arb_series) -> flint.arb_series:
    if not t[0] != 0:
        raise ValueError("`bias` must not be 0 for relu, which has no derivative there: move it.")
    return t if t[0] > 0 else 0 * t


exp = Activation("exp", jnp.exp, lambda t: t.exp())
softplus = Activation("softplus", jax.nn.softplus, _softplus, "even", 2)
sigmoid = Activation("sigmoid", jax.nn.sigmoid, _sigmoid, "odd", 1)
tanh = Activation("tanh", jnp.tanh, lambda t: 2 * _sigmoid(2 * t) - 1, "odd")
silu = Activation("silu", jax.nn.silu, lambda t: t * _sigmoid(t), "even", 2)
gelu = Activation(
    "gelu",
    lambda t: jax.nn.gelu(t, approximate=False),  # JAX's default, the tanh form, has other zeros
    lambda t: t * (-t / flint.arb(2).sqrt()).erfc() / 2,
    "even",
    2,
)
r"""The erf form $t\,\Phi(t) = t\,(1 + \operatorname{erf}(t / \sqrt 2)) / 2$."""
sin = Activation("sin", jnp.sin, lambda t: t.sin(), "odd")
cos = Activation("cos", jnp.cos, lambda t: t.cos(), "even")
erf = Activation("erf", jax.scipy.special.erf, lambda t: t.erf(), "odd")
gaussian = Activation("gaussian", lambda t: jnp.exp(-t * t), lambda t: (-t * t).exp(), "even")
relu = Activation("relu", jax.nn.relu, _relu, smooth=False)
relu_squared = Activation("relu_squared", _relu_squared, _relu_squared_series, smooth=False)

ACTIVATIONS: dict[str, Activation] = {
    known.name: known
    for known in (
        *(exp, softplus, sigmoid, tanh, silu, gelu, sin, cos, erf, gaussian, relu, relu_squared),
    )
}


def power(k: int) -> Activation:
    """Returns the activation $t^k$, named `power1`, `power2` and so on.

    Raises:
        ValueError: If `k` is below 1.

    Example:
        >>> derivatives(power(3), 4, bias=2)
        (8.0, 12.0, 12.0, 6.0, 0.0)
    """
    if k < 1:
        raise ValueError(f"`k` must be at least 1, got {k}: the power 0 is a constant, no neuron.")
    return Activation(f"power{k}", _Power(k), _Power(k), "odd" if k % 2 else "even")


def exponent(activation: Activation) -> int | None:
    """The k of the power t^k, None for another activation."""
    return activation.function.k if isinstance(activation.function, _Power) else None


def activation(known: Any) -> Activation:
    """Returns the activation of that name; an activation is returned as it is.

    Args:
        known: A name such as `tanh` or `power3`, an `Activation`, or the function of JAX that one
            of those here applies. Such a function is known by identity, not by its name:
            `jax.nn.gelu` is the tanh form unless told otherwise, and not the gelu of this library.

    Raises:
        ValueError: If none is known by that.

    Example:
        >>> activation("power3") == power(3), activation(tanh) is tanh, activation(jax.nn.silu).name
        (True, True, 'silu')
    """
    if isinstance(known, Activation):
        return known
    if isinstance(known, str):
        if re.fullmatch(r"power[1-9][0-9]{0,3}", known):
            return power(int(known.removeprefix("power")))
        if known in ACTIVATIONS:
            return ACTIVATIONS[known]
    for candidate in ACTIVATIONS.values():
        if candidate.function is known:
            return candidate
    raise ValueError(
        f"`activation` must be one of {', '.join(ACTIVATIONS)}, power1, power2, ..., "
        f"got {known!r}: for another function pass an Activation."
    )


def derivative_balls(
    activation: Activation,
    order: int,
    bias: float | Fraction | int | flint.arb = 0,
    *,
    precision: int = 128,
) -> tuple[flint.arb, ...]:
    r"""Encloses $\sigma(b), \sigma'(b), \dots, \sigma^{(m)}(b)$ in balls with proved radii.

    They are $k!$ times the coefficients of $\sigma(b + x)$ as a power series in $x$, $k \leq m$.

    Args:
        activation: The $\sigma$ above.
        order: The $m$ above.
        bias: The $b$ above. A float is taken exactly; for a ball, every point of it is meant.
        precision: Bits in which the series is evaluated.

    Raises:
        ValueError: If `order` is negative, `bias` is not finite or without derivatives (0 for
            relu), or `activation` has no series or one that drops coefficients.

    Example:
        >>> value, slope, curvature = derivative_balls(sigmoid, 2, Fraction(1, 3))
        >>> slope.overlaps(value * (1 - value)), curvature < 0
        (True, True)
    """
    if order < 0:
        raise ValueError(f"`order` must not be negative, got {order}.")
    if activation.series is None:
        raise ValueError(f"`activation` {activation.name} needs a `series` for exact derivatives.")
    cap = flint.ctx.cap
    with flint.ctx.workprec(precision):
        rational = isinstance(bias, Fraction)
        point = flint.arb(flint.fmpq(*bias.as_integer_ratio()) if rational else bias)
        if not point.is_finite():
            raise ValueError(f"`bias` must be finite, got {bias}.")
        try:
            flint.ctx.cap = order + 1  # flint cuts every series here, by default at 10
            expansion = activation.series(flint.arb_series([point, 1], order + 1))
        finally:
            flint.ctx.cap = cap
        if expansion.prec <= order:  # what is cut off would read as exact zeros
            raise ValueError(f"`activation` {activation.name} has a `series` cut off at {order}.")
        return tuple(math.factorial(k) * expansion[k] for k in range(order + 1))


def derivatives(
    activation: Activation, order: int, bias: float | Fraction | int = 0.0
) -> tuple[float, ...]:
    r"""Returns the floats nearest to $\sigma(b), \sigma'(b), \dots, \sigma^{(m)}(b)$.

    Arguments and errors are those of `derivative_balls`. The precision grows until both ends of
    every ball round to one float; at bias 0 the `vanishing_orders` are exact zeros.

    Example:
        >>> derivatives(tanh, 5)
        (0.0, 1.0, 0.0, -2.0, 0.0, 16.0)
    """
    exact = vanishing_orders(activation, order) if bias == 0 else frozenset()
    for precision in _PRECISIONS:
        balls = derivative_balls(activation, order, bias, precision=precision)
        with flint.ctx.workprec(precision):
            if all(
                k in exact
                or float(ball.lower()) == float(ball.upper())
                or ball.rel_accuracy_bits() > 1000  # midway between two floats: both are nearest
                for k, ball in enumerate(balls)
            ):
                return tuple(0.0 if k in exact else float(b) + 0.0 for k, b in enumerate(balls))
    raise _undecided(activation, f"the derivatives at {bias}")


def vanishing_orders(activation: Activation, order: int) -> frozenset[int]:
    r"""Returns the orders $k \leq m$ with $\sigma^{(k)}(0) = 0$, each one proved.

    Zero is proved by parity or by an exact series coefficient, nonzero by a ball without 0.

    Args:
        activation: The $\sigma$ above.
        order: The $m$ above.

    Raises:
        ValueError: As `derivative_balls`, or if an order cannot be decided.

    Example:
        >>> sorted(vanishing_orders(silu, 6)), sorted(vanishing_orders(sigmoid, 6))
        ([0, 3, 5], [2, 4, 6])
    """
    other = {"even": 1, "odd": 0}.get(activation.parity or "")
    forced = {k for k in range(activation.parity_from, order + 1) if k % 2 == other}
    for precision in _PRECISIONS:
        balls = derivative_balls(activation, order, precision=precision)
        zero = forced | {k for k, ball in enumerate(balls) if ball.is_zero()}
        if all(k in zero or ball != 0 for k, ball in enumerate(balls)):
            return frozenset(zero)
    raise _undecided(activation, f"which derivatives up to order {order} vanish at 0")


def zeros(activation: Activation, order: int) -> tuple[float, ...]:
    r"""Returns the isolated real zeros $b$ of $\sigma^{(k)}$, ascending, none missed.

    Intervals are split until the ball of $\sigma^{(k)}$ excludes 0 (no zero) or that of
    $\sigma^{(k+1)}$ does (one zero if the ends differ in sign, else none).

    Args:
        activation: The $\sigma$ above.
        order: The $k$ above.

    Returns:
        The zeros, correct to 1e-15 (relative above 1). For sin and cos those in $(-\pi, \pi]$; none
        for relu; for an activation of your own those in $[-4 - 2k, 4 + 2k]$.

    Raises:
        ValueError: If an interval cannot be decided: a multiple zero away from 0, or a parity that
            the activation has and does not declare.

    Example:
        >>> zeros(gelu, 3), zeros(softplus, 2), zeros(power(4), 2)
        ((-2.0, 0.0, 2.0), (), (0.0,))
    """
    return tuple(float(ball) for ball in _zero_balls(activation, order))


def simple_zeros(activation: Activation, order: int) -> tuple[float, ...]:
    r"""Returns the `zeros` $b$ of $\sigma^{(k)}$ where $\sigma^{(k+1)}(b) \neq 0$ is proved.

    With $k = n - 1$ these are the biases at which half of the hypercube multiplies $n$ inputs.
    Arguments and errors are those of `zeros`.

    Example:
        >>> simple_zeros(cos, 1) == (0.0, math.pi), simple_zeros(power(4), 2)
        (True, ())
    """
    balls = _zero_balls(activation, order)
    return tuple(
        float(b) for b in balls if derivative_balls(activation, order + 1, b)[order + 1] != 0
    )


def _undecided(activation: Activation, what: str) -> ValueError:
    return ValueError(
        f"`activation` {activation.name}: {what} could not be decided. If its derivatives of one "
        "parity are exactly 0 at 0, declare `parity` and `parity_from`."
    )


@functools.cache
def _zero_balls(activation: Activation, order: int) -> tuple[flint.arb, ...]:
    """Balls that hold one zero each: all zeros with |t| <= R = 4 + 2k, and there are none beyond.

    Indeed let t > R. In the k-th derivative of sigmoid, the sum of (-1)^j e^(-jt), the terms j >= 2
    are at most e^(-(j-1)(t-k)) times the first (log j <= j - 1), together less than it; so too for
    softplus and tanh. In that of silu they are j^(k-1) (jt - k) e^(-jt) up to sign, at most twice
    as much, and 2 / (e^4 - 1) < 1. For gaussian, erf, gelu it is a Gaussian times He_k(sqrt(2) t),
    He_(k-1)(sqrt(2) t), He_k(t) - He_(k-2)(t), and He_k >= (t/2) He_(k-1) > 0 for t > 2 sqrt(k) by
    their recursion. The side -t follows by parity; the orders before it sets in are read off.
    """
    if not activation.smooth:
        return ()  # piecewise linear: no zero of a derivative is isolated
    low, high = -4.0 - 2 * order, 4.0 + 2 * order
    if activation in (sin, cos):
        low, high = -3.0, 3.3  # holds -pi/2, 0, pi/2, pi, and no other multiple of pi/2
    if _enclose(activation, order, low, high)[0].is_zero():
        return ()  # a polynomial of lower degree
    # A zero at 0 is exact and may be multiple. With multiplicity m it is alone wherever the
    # derivative m orders up has no zero (Taylor), so the search leaves that neighborhood out.
    top, near = order, 0.0
    while top in vanishing_orders(activation, top):
        top, near = top + 1, 0.5
    while near and not _enclose(activation, top, -near, near)[0] != 0:
        near /= 2
    right = _search(activation, order, near, high)
    if activation.parity and order >= activation.parity_from and low == -high:
        with flint.ctx.workprec(256):  # even a change of sign rounds to the precision in force
            left = [-ball for ball in reversed(right)]
    else:
        left = _search(activation, order, low, -near)
    return (*left, *[flint.arb(0)] * (top > order), *right)


def _enclose(activation: Activation, order: int, low: float, high: float) -> list[flint.arb]:
    """Encloses the derivatives `order` and `order + 1` on an interval."""
    ball = flint.arb(low).union(flint.arb(high))
    try:
        return list(derivative_balls(activation, order + 1, ball, precision=64)[order:])
    except (ValueError, ZeroDivisionError):  # on a wide interval a denominator may seem to be 0
        return [flint.arb(0, math.inf)] * 2


def _search(activation: Activation, order: int, low: float, high: float) -> list[flint.arb]:
    value, slope = _enclose(activation, order, low, high)
    if value != 0:
        return []
    if slope != 0:
        ends = [derivative_balls(activation, order, end)[order] for end in (low, high)]
        if ends[0] * ends[1] > 0:
            return []
        if ends[0] * ends[1] < 0:
            return [_refine(activation, order, flint.arb(low).union(flint.arb(high)))]
    if high - low < 1e-6:
        raise _undecided(activation, f"the number of zeros of order {order} near {low}")
    middle = low + 0.47 * (high - low)  # off the center, where symmetric functions have zeros
    left = _search(activation, order, low, middle)
    return left + _search(activation, order, middle, high)


def _refine(activation: Activation, order: int, ball: flint.arb) -> flint.arb:
    # Interval Newton: the next ball holds the zero too and is at most half as wide, as the slope
    # excludes 0; near the zero its width is squared.
    for _ in range(200):
        middle = ball.mid()
        if ball.rad() < 2.0**-90 * max(1.0, abs(float(middle))):
            return ball
        value = derivative_balls(activation, order, middle, precision=256)[order]
        slope = derivative_balls(activation, order + 1, ball, precision=256)[order + 1]
        with flint.ctx.workprec(256):
            ball = ball.intersection(middle - value / slope)
    raise _undecided(activation, f"the zero of order {order} in {ball}")
