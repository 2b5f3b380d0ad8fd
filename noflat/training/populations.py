r"""The population loss of a network of one hidden layer in closed form: no samples, no quadrature.

For a law of inputs let $e_\alpha$ be its orthonormal polynomials (Legendre's on the cube, Hermite's
under normal inputs) and d the degree of the target p. A neuron $f_\theta=\sigma(a\cdot x+b)$ has
coordinates $\varphi_\alpha(\theta)=E[f_\theta e_\alpha]$, and two neurons what is left of their
inner product beyond degree d, $\rho(\theta,\theta')=E[f_\theta f_{\theta'}]
-\sum_{|\alpha|\leq d}\varphi_\alpha(\theta)\varphi_\alpha(\theta')$. With them

$$E(N-p)^2=\sum_{|\alpha|\leq d}\Bigl(\sum_jc_j\varphi_\alpha(\theta_j)-p_\alpha\Bigr)^2
+\sum_{ij}c_ic_j\,\rho(\theta_i,\theta_j) ,$$

and an output bias or a skip takes the degrees 0 and 1 out of the first sum. That is the textbook
$c^\top Kc-2c^\top t+E\,p^2$ without its cancellation: there terms of the size of
$(\sum_j|c_j|\,\|f_j\|)^2$ add up to the loss, and a relative rms error below
$\sqrt u\sum_j|c_j|\,\|f_j\|/\|p\|$ is noise, u the unit roundoff. For the product of n variables,
where $c_j\sim|a|^{-n}$ and the error is about $|a|^2$, that is $u^{1/(n+2)}$ at best. Here the
first sum is subtracted before it is squared and $\rho\sim|a|^{2d+2}$: the best is $u^{2/(n+2)}$.
"""

import functools
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement
from itertools import product as cartesian
from math import factorial, prod

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from noflat.activations import Activation, exponent
from noflat.activations import activation as as_activation
from noflat.conventions import Convention
from noflat.conventions import convention as as_convention
from noflat.targets import Polynomial
from noflat.targets.polynomials import Exponents
from noflat.training.closed_forms import Kind, coordinates, rest

_KNOWN = {
    "cube": ("exp", "sin", "cos"),
    "gaussian": ("exp", "sin", "cos", "power", "erf", "relu"),
}
_MOST = 64
"""The largest power."""


@dataclass(frozen=True)
class Population:
    r"""A target, a kind of neuron and a law of inputs; hashable, a static argument of `jax.jit`.

    A neuron $\theta$ is the vector of its weights a, then its bias b where the convention has one.

    Attributes:
        target: The p above.
        activation: The $\sigma$ above.
        convention: Which biases and skip the network has.
        inputs: The law: `cube`, uniform on $[-1,1]^n$, or `gaussian`, standard normal.
    """

    target: Polynomial
    activation: Activation
    convention: Convention
    inputs: str

    @property
    def neuron_size(self) -> int:
        """The number of parameters of a neuron, its readout aside."""
        return self.target.inputs + self.convention.hidden_bias

    @functools.cached_property
    def norm_squared(self) -> float:
        r"""$E\,p^2$, rounded once.

        Example:
            >>> population(product(2), "exp", "bias_free", "cube").norm_squared  # 1/9
            0.1111111111111111
        """
        return float(sum(c**2 * _size(self.inputs, alpha) for alpha, c in self._expansion.items()))

    @functools.cached_property
    def coordinates(self) -> Float[np.ndarray, " degrees"]:
        r"""The $p_\alpha$ above, those of free degrees left out."""
        return self._coordinates(self._kept)

    @functools.cached_property
    def affine_coordinates(self) -> Float[np.ndarray, " free"]:
        r"""The $p_\alpha$ of the free degrees: the constant, then the variables."""
        return self._coordinates(self._free)

    def features(self, neuron: Float[Array, " size"]) -> Float[Array, " degrees"]:
        r"""The $\varphi_\alpha(\theta)$ above, in the order of `coordinates`."""
        return self._features(neuron, self._kept)

    def affine_features(self, neuron: Float[Array, " size"]) -> Float[Array, " free"]:
        r"""The $\varphi_\alpha(\theta)$ of the free degrees."""
        return self._features(neuron, self._free)

    def rest(self, neuron: Float[Array, " size"], other: Float[Array, " size"]) -> Float[Array, ""]:
        r"""The $\rho(\theta,\theta')$ above, with the digits of a sum of its own size."""
        return rest(self._kind, self._split(neuron), self._split(other))

    def kernel(
        self, neuron: Float[Array, " size"], other: Float[Array, " size"]
    ) -> Float[Array, ""]:
        r"""$E[f_\theta f_{\theta'}]$, less what an output bias or a skip takes from both."""
        return jnp.sum(self.features(neuron) * self.features(other)) + self.rest(neuron, other)

    def on_target(self, neuron: Float[Array, " size"]) -> Float[Array, ""]:
        r"""$E[f_\theta\,p]$, less what an output bias or a skip takes from both."""
        return jnp.sum(self.features(neuron) * jnp.asarray(self.coordinates, neuron.dtype))

    @functools.cached_property
    def _expansion(self) -> dict[Exponents, Fraction]:
        """The target in Hermite's or Legendre's polynomials, exactly."""
        return self.target.hermite() if self.inputs == "gaussian" else _legendre(self.target)

    @functools.cached_property
    def _kept(self) -> np.ndarray:
        free = self.convention.free_degrees
        degrees = [k for k in range(self.target.degree + 1) if k not in free]
        return _exponents(self.target.inputs, degrees)

    @functools.cached_property
    def _free(self) -> np.ndarray:
        return _exponents(self.target.inputs, sorted(self.convention.free_degrees))

    @property
    def _kind(self) -> Kind:
        # up to the target's degree and the free ones all coordinates are written out
        top = max(self.target.degree, *self.convention.free_degrees, 0)
        return Kind(self.activation, self.inputs, top)

    def _coordinates(self, exponents: np.ndarray) -> np.ndarray:
        rows = [tuple(map(int, alpha)) for alpha in exponents]
        return np.array(
            [float(self._expansion.get(a, 0)) * float(_size(self.inputs, a)) ** 0.5 for a in rows]
        )

    def _features(self, neuron: Array, exponents: np.ndarray) -> Array:
        return coordinates(self._kind, *self._split(neuron), exponents)

    def _split(self, neuron: Array) -> tuple[Array, Array]:
        n = self.target.inputs
        return neuron[:n], neuron[n] if self.convention.hidden_bias else jnp.zeros_like(neuron[0])


def population(
    target: Polynomial, activation: str | Activation, convention: str | Convention, inputs: str
) -> Population:
    r"""Names a population whose loss is known in closed form.

    Known are exp, sin and cos under both laws; under normal inputs also the powers $t^k$, and
    without hidden biases erf (the arcsine kernel) and relu (the arc-cosine kernel).

    Args:
        target: The polynomial, not zero.
        activation: The activation, by name or object.
        convention: Which biases and skip the network has.
        inputs: The law, `cube` or `gaussian`.

    Returns:
        The population.

    Raises:
        ValueError: If the target is zero, the law is another, or no closed form is known.

    Example:
        >>> kernel = population(product(2), "exp", "bias_free", "gaussian").kernel
        >>> print(f"{kernel(jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])):.6f}")  # the number e
        2.718282

    Reference:
        Williams (1996), arcsine kernel; Cho and Saul (2009), equation (6), arc-cosine kernel.
    """
    activation, convention = as_activation(activation), as_convention(convention)
    if not target.terms:
        raise ValueError("`target` must not be zero: a relative error has no meaning for it")
    if inputs not in _KNOWN:
        raise ValueError(f"`inputs` must be one of {', '.join(_KNOWN)}; got {inputs!r}")
    kind = "power" if exponent(activation) else activation.name
    if as_activation(activation.name) != activation or kind not in _KNOWN[inputs]:
        raise ValueError(
            f"`activation` must be one of {', '.join(_KNOWN[inputs])} for `inputs` {inputs!r}; "
            f"got {activation.name}: for others train on a sample, fit_separable"
        )
    if (exponent(activation) or 0) > _MOST:
        raise ValueError(
            f"`activation` must be at most power{_MOST}: moments of higher powers leave the range "
            f"of a float; got {activation.name}"
        )
    if kind in ("erf", "relu") and convention.hidden_bias:
        raise ValueError(
            f"`convention` must have no hidden bias for {kind}, whose kernel is then elementary; "
            f"got {convention.name}: with biases train on a sample, fit_separable"
        )
    return Population(target, activation, convention, inputs)


# --- coordinates -------------------------------------------------------------------------------


def _exponents(n: int, degrees: list[int]) -> np.ndarray:
    """All exponents of those total degrees, a row each."""
    chosen = [c for k in degrees for c in combinations_with_replacement(range(n), k)]
    return np.array([np.bincount(c, minlength=n) for c in chosen], int).reshape(-1, n)


def _size(inputs: str, alpha: Exponents) -> Fraction:
    """The mean square of a product of Hermite's or Legendre's polynomials."""
    if inputs == "gaussian":
        return Fraction(prod(map(factorial, alpha)))
    return Fraction(1, prod(2 * k + 1 for k in alpha))


def _legendre(target: Polynomial) -> dict[Exponents, Fraction]:
    """The coefficients of products of Legendre polynomials."""
    total: dict[Exponents, Fraction] = {}
    for alpha, c in target.terms:
        for beta in cartesian(*(range(e % 2, e + 1, 2) for e in alpha)):
            factor = prod((_in_legendre(e, k) for e, k in zip(alpha, beta, strict=True)), start=c)
            total[beta] = total.get(beta, Fraction(0)) + factor
    return total


def _in_legendre(e: int, k: int) -> Fraction:
    """The coefficient of P_k in x^e, for e - k even."""
    half = (e - k) // 2
    odd = prod(range(1, e + k + 2, 2))
    return Fraction((2 * k + 1) * factorial(e), 2**half * factorial(half) * odd)
