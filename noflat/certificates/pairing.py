r"""Lower bounds in the Taylor sense, from subsets of variables paired with their complements.

Matching the product in Taylor coefficients prescribes moments of the nodes $a_j$: those of degree k
wherever $\sigma^{(k)}(0)\ne0$ and no free readout parameter takes the degree over. They pair each
monomial $x^S$ with $x^{[n]\setminus S}$ alone, so the vectors $(a_j^S)_j$ are independent, and
there are at least as many neurons as subsets used. Theorems 3 and 4 of docs/theory.md.
"""

from collections.abc import Sequence
from math import comb
from typing import Any

from flint import fmpq, fmpq_poly, fmpz_poly

from noflat.activations import Activation, derivative_balls, exponent, vanishing_orders
from noflat.certificates.record import Bound
from noflat.conventions import Convention


def bias_free_bound(n: int, activation: Activation, convention: Convention) -> Bound:
    """The bound for networks whose neurons have no bias (or exp, which absorbs it).

    Raises:
        ValueError: If no number of neurons can do it.
    """
    vanishing = vanishing_orders(activation, n)
    if n in vanishing:
        raise ValueError(
            f"no network of {activation.name} without hidden biases matches a product of {n} "
            f"variables: derivative {n} vanishes at 0; use a `convention` with hidden_bias"
        )
    known = [k for k in range(n + 1) if k not in vanishing | convention.free_degrees]
    sizes = best_sizes([comb(n, t) for t in range(n + 1)], frozenset(n - k for k in known))
    used = sorted({n - abs(s - t) for s in sizes for t in sizes})
    balls = derivative_balls(activation, n)
    signs = {str(k): 1 if balls[k] > 0 else -1 for k in used}
    witness = {"degrees": used, "sizes": list(sizes), "signs": signs}
    return sum(comb(n, t) for t in sizes), "pairing", witness


def hidden_bias_bound(n: int, activation: Activation | None, convention: Convention) -> Bound:
    r"""The bound for networks with free hidden biases: $2^{n-1}$, or one more.

    One more where $\sigma^{(n-1)}$ is proved to have no simple zero: only half cubes reach
    $2^{n-1}$, and each of their neurons would have to sit at a zero of that which is none
    of $\sigma^{(n)}$. None is any activation at all.

    Raises:
        ValueError: If no number of neurons can do it.
    """
    power = 0 if activation is None else exponent(activation) or 0
    if activation is not None and 0 < power < n:
        raise ValueError(
            f"no network of {activation.name} matches a product of {n} variables: its derivative "
            f"{n} vanishes everywhere; use a power of at least {n}"
        )
    witness: dict[str, Any] = {"held_variable": 0, "sizes": list(range(n))}
    if power > n and n - 1 not in convention.free_degrees:
        strict = {"derivative": n - 1, "multiplicity": power - n + 1}
        return 2 ** (n - 1) + 1, "waring_strict", witness | strict
    polynomial = None if activation is None else _derivative_polynomial(activation.name, n - 1)
    if polynomial is None or n - 1 in convention.free_degrees or _has_root(*polynomial):
        return 2 ** (n - 1), "waring", witness
    coefficients, interval = polynomial
    strict = {"derivative": n - 1, "polynomial": coefficients, "interval": interval}
    return 2 ** (n - 1) + 1, "waring_strict", witness | strict


def best_sizes(weights: Sequence[int], allowed: frozenset[int]) -> tuple[int, ...]:
    """The sizes, pairwise at allowed distances, whose weights add up to the most."""
    best: tuple[int, tuple[int, ...]] = (0, ())

    def extend(chosen: tuple[int, ...], total: int, candidates: tuple[int, ...]) -> None:
        nonlocal best
        best = max(best, (total, tuple(sorted(chosen))))
        if total + sum(weights[t] for t in candidates) <= best[0]:
            return
        for index, size in enumerate(candidates):
            rest = tuple(t for t in candidates[index + 1 :] if abs(t - size) in allowed)
            extend((*chosen, size), total + weights[size], rest)

    # large weights first, so that the bound prunes early
    extend((), 0, tuple(sorted(range(len(weights)), key=lambda t: -weights[t])))
    return best[1]


def _derivative_polynomial(name: str, order: int) -> tuple[list[int], list[int]] | None:
    r"""$\sigma^{(k)}$ as a polynomial in $s=\text{sigmoid}$ or $t=\tanh$, with that one's range.

    None for activations of another form. Their derivatives have simple zeros, but for those of exp,
    for which the pairing gives more, and those of powers, which are looked at on their own.
    """
    if name == "erf" and order == 1:  # a Gaussian, up to a positive factor
        return [1], [0, 1]
    if name not in ("sigmoid", "softplus", "tanh"):
        return None
    if name == "softplus" and order == 0:
        return None
    step = fmpz_poly([1, 0, -1]) if name == "tanh" else fmpz_poly([0, 1, -1])
    current = fmpz_poly([0, 1])
    for _ in range(order - (name == "softplus")):
        current = current.derivative() * step
    return [int(c) for c in current.coeffs()], ([-1, 1] if name == "tanh" else [0, 1])


def _has_root(coefficients: list[int], interval: list[int]) -> bool:
    """Whether the polynomial has a root inside the open interval; by isolating its roots."""
    polynomial = fmpq_poly([fmpq(c) for c in coefficients])
    for end in interval:  # the ends are no values of the activation
        while polynomial.degree() > 0 and polynomial(fmpq(end)) == 0:
            polynomial //= fmpq_poly([-end, 1])
    if polynomial.degree() < 1:
        return False
    roots: Any = polynomial.complex_roots()  # pairs with multiplicities; its stub says otherwise
    for root, _ in roots:
        if root.imag.contains(0) and not (root.real < interval[0] or root.real > interval[1]):
            return True  # real or too close to tell: the weaker bound is the safe one
    return False
