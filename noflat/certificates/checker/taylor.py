"""Checks of the bounds in the Taylor sense: Theorems 3 and 4 of docs/theory.md."""

from math import comb

from noflat.certificates.checker.conditions import (
    CertificateError,
    Data,
    check_keys,
    check_same,
    is_int,
    require,
)
from noflat.certificates.checker.derivatives import chain, power_of, values_at_zero
from noflat.certificates.checker.roots import roots_inside


def check_pairing(data: Data, n: int, witness: Data) -> int:
    """Sizes whose subsets the product pairs with complements, and the degrees that this needs."""
    check_keys(witness, "degrees", "sizes", "signs")
    convention, name = data["convention"], data["activation"]
    require(
        not convention["hidden_bias"] or name == "exp",
        "convention: with hidden biases this theorem holds for exp alone, which absorbs them",
    )
    sizes = witness["sizes"]
    require(
        isinstance(sizes, list)
        and len(sizes) > 0
        and all(is_int(t) and 0 <= t <= n for t in sizes)
        and sorted(set(sizes)) == sizes,
        "witness: sizes must be ascending integers from 0 to n",
    )
    degrees = sorted({n - abs(s - t) for s in sizes for t in sizes})
    check_same(witness["degrees"], degrees, "degrees")
    free = {0, 1} if convention["affine_skip"] else {0} if convention["output_bias"] else set()
    require(not free & set(degrees), "witness: a degree is taken over by the free readout")
    signs = [(value > 0) - (value < 0) for _, value in values_at_zero(name, n)]
    require(all(signs[k] != 0 for k in degrees), "witness: a derivative at 0 vanishes")
    check_same(witness["signs"], {str(k): signs[k] for k in degrees}, "signs")
    return sum(comb(n, t) for t in sizes)


# --- Theorem 4: hidden biases ------------------------------------------------------------------


def check_waring(data: Data, n: int, witness: Data) -> int:
    """The pairing after one variable is held: it bounds networks of any neurons."""
    check_keys(witness, "held_variable", "sizes")
    return _held_pairing(n, witness)


def _held_pairing(n: int, witness: Data) -> int:
    """Differentiate in one variable, set it to 1: n - 1 variables, all degrees prescribed."""
    check_same(witness["held_variable"], 0, "held_variable")
    check_same(witness["sizes"], list(range(n)), "sizes")
    return sum(comb(n - 1, t) for t in range(n))


def check_waring_strict(data: Data, n: int, witness: Data) -> int:
    """One more, since the derivative of order n - 1 has no simple zero to put the biases at."""
    name, order = data["activation"], n - 1
    power = power_of(name)
    parts = ["multiplicity"] if power else ["polynomial", "interval"]
    check_keys(witness, "held_variable", "sizes", "derivative", *parts)
    convention = data["convention"]
    free = {0, 1} if convention["affine_skip"] else {0} if convention["output_bias"] else set()
    require(order not in free, "convention: the free readout takes over degree n - 1")
    check_same(witness["derivative"], order, "derivative")
    if power:  # its derivative of order n - 1 is a power too, with one zero
        check_same(witness["multiplicity"], power - order, "multiplicity")
        require(power - order > 1, "witness: the zero is simple, so the bound is not strict")
        return _held_pairing(n, witness) + 1
    if name == "erf" and order == 1:
        polynomial, interval = [1], [0, 1]
    elif name == "tanh":
        polynomial, interval = chain([0, 1], [1, 0, -1], order)[-1], [-1, 1]
    elif name == "sigmoid" or (name == "softplus" and order >= 1):
        steps = order - (name == "softplus")
        polynomial, interval = chain([0, 1], [0, 1, -1], steps)[-1], [0, 1]
    else:
        raise CertificateError(f"activation: no polynomial is known here for {name!r}")
    while len(polynomial) > 1 and polynomial[-1] == 0:
        polynomial = polynomial[:-1]
    check_same(witness["polynomial"], polynomial, "polynomial")
    check_same(witness["interval"], interval, "interval")
    roots = roots_inside(polynomial, interval)
    require(roots == 0, f"witness: the polynomial has {roots} roots, so the bound is not strict")
    return _held_pairing(n, witness) + 1
