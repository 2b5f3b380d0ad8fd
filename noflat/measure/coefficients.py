r"""The gradient that a parity gives a fresh neuron: a Fourier coefficient, and how it vanishes.

For the label $\prod_{i\in S}x_i$ on uniform signs and the loss $-E\,yf(x)$ a ReLU neuron
$a\sigma(\langle w,x\rangle+b)$ has the slopes $-a\,\hat{\sigma'}(S\setminus i)$ at the weights of
the pattern and $-\hat\sigma(S)$ at a. Here $w\sim N(0,I/n)$ over the n inputs that the neuron sees,
and $b\sim N(0,\beta^2)$. The law of w is the same in any order of the inputs, so all sets of one
order m have one mean square, and by Parseval squares add up to $E\,\phi^2$ over all orders and to
the variance over x from order 1 on; that of $\sigma'$, which is 0 or 1, is at most 1/4. So

$$E\,\hat{\sigma'}(T)^2 \le \tfrac14\binom nm^{-1}\ (m\ge1),\qquad
  E\,\hat\sigma(T)^2 \le \tfrac{1+\beta^2}2\binom nm^{-1}.$$
"""

from math import comb, lgamma, log

import numpy as np
from scipy.linalg import hadamard

from noflat.arguments import whole

_LISTED = 12
"""Of so many inputs all words are listed."""


def mean_squared_coefficient(
    inputs: int, order: int, *, slope: bool = False, bias: float = 1.0
) -> float:
    r"""The mean square of one Fourier coefficient of a random neuron, in closed form.

    Over w and b the product of two values of a neuron has the mean of the arc-cosine kernel. Over
    words, two of them differ in s inputs of T and in t others, and with
    $\rho=(1-2(s+t)/n+\beta^2)/(1+\beta^2)$

    $$E\,\hat\phi(T)^2=2^{-n}\sum_{s,t}(-1)^s\binom ms\binom{n-m}t\kappa(\rho),\qquad
      \kappa_{\sigma'}=\frac{\pi-\arccos\rho}{2\pi},\quad
      \kappa_\sigma=(1+\beta^2)\frac{\sqrt{1-\rho^2}+\rho(\pi-\arccos\rho)}{2\pi}.$$

    Rounding leaves about $10^{-16}$, absolutely.

    Args:
        inputs: The number n of inputs that the neuron sees.
        order: The m inputs of the set T.
        slope: Whether of the derivative $\sigma'$ of the ReLU instead of the ReLU.
        bias: $\beta$.

    Returns:
        The mean square.

    Raises:
        ValueError: If the order is more than the inputs.

    Example:
        >>> [f"{mean_squared_coefficient(n, 2, slope=True):.1e}" for n in (3, 6, 12, 24)]
        ['1.0e-02', '1.8e-03', '2.7e-04', '5.9e-05']

    Reference:
        Cho and Saul (2009), equation (6), for the kernel.
    """
    n, m = _read(inputs, order)
    s, t = np.arange(m + 1)[:, None], np.arange(n - m + 1)[None, :]
    weights = np.exp(_binomials(m)[:, None] + _binomials(n - m)[None, :] - n * log(2))
    spread = 1 + bias**2
    rho = np.clip((1 - 2 * (s + t) / n + bias**2) / spread, -1, 1)
    angle = np.pi - np.arccos(rho)
    kernel = angle if slope else spread * (np.sqrt(1 - rho**2) + rho * angle)
    return float(np.sum((-1.0) ** s * weights * kernel) / (2 * np.pi))


def sampled_squared_coefficient(
    inputs: int, order: int, *, slope: bool = False, bias: float = 1.0, draws: int, seed: int
) -> tuple[float, float]:
    r"""The same from neurons drawn at random, whose coefficients are found on all $2^n$ words.

    Args:
        inputs: The number n of inputs, at most 12.
        order: The m inputs of a set; a draw counts as the mean over all sets of so many.
        slope: As for `mean_squared_coefficient`.
        bias: As for `mean_squared_coefficient`.
        draws: How many neurons.
        seed: Of the draws.

    Returns:
        The mean over draws, and its standard error.

    Raises:
        ValueError: If there are more inputs, or fewer than two draws.

    Example:
        >>> found, error = sampled_squared_coefficient(6, 2, slope=True, draws=4000, seed=0)
        >>> abs(found - mean_squared_coefficient(6, 2, slope=True)) < 4 * error
        True
    """
    n, m = _read(inputs, order)
    if n > _LISTED:
        raise ValueError(f"`inputs` must be at most {_LISTED}, for all words are listed; got {n}")
    whole(draws, "draws", "the neurons", least=2)
    generator = np.random.default_rng(seed)
    words = 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    chosen = np.bitwise_count(np.arange(2**n)) == m
    sums = words @ generator.normal(size=(n, draws)) / n**0.5 + bias * generator.normal(size=draws)
    values = (sums > 0).astype(float) if slope else np.maximum(sums, 0)
    found = hadamard(2**n)[chosen] @ values / 2**n
    squares = np.mean(found**2, axis=0)
    return float(squares.mean()), float(squares.std(ddof=1) / draws**0.5)


def squared_coefficient_bound(
    inputs: int, order: int, *, slope: bool = False, bias: float = 1.0
) -> float:
    r"""The bound of Parseval: the most that squares of that order add up to, over their number.

    Args:
        inputs: The number n of inputs that the neuron sees.
        order: The m inputs of the set.
        slope: As for `mean_squared_coefficient`.
        bias: As for `mean_squared_coefficient`.

    Returns:
        $\tfrac{1+\beta^2}2\binom nm^{-1}$ for the ReLU; for its slope $\tfrac14\binom nm^{-1}$, and
        1/2 for the order 0.

    Example:
        >>> squared_coefficient_bound(10, 2, slope=True) == 0.25 / 45
        True

    Reference:
        Theorem L3 of `docs/locality.md`, with its proof.
    """
    n, m = _read(inputs, order)
    of_slope = 0.25 if m else 0.5
    return (of_slope if slope else (1 + bias**2) / 2) / comb(n, m)


def _read(inputs: int, order: int) -> tuple[int, int]:
    n = whole(inputs, "inputs", "the inputs that the neuron sees")
    m = whole(order, "order", "the inputs of a set", least=0)
    if m > n:
        raise ValueError(f"`order` must be at most `inputs` = {n}; got {m}")
    return n, m


def _binomials(n: int) -> np.ndarray:
    """The logarithms of the binomial coefficients of n."""
    return np.array([lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1) for i in range(n + 1)])
