"""One question, `lower_bound`, and the theorem that answers it best."""

import copy
from contextlib import suppress
from fractions import Fraction
from typing import get_args

from noflat.activations import Activation, exponent
from noflat.activations import activation as as_activation
from noflat.certificates.flattenings import flattening_bound
from noflat.certificates.hankel import MOST_CELLS
from noflat.certificates.kernels import RANK_PER_NEURON, gaussian_bound, kernel_bound
from noflat.certificates.moments import held_bound, moments_bound
from noflat.certificates.pairing import bias_free_bound, hidden_bias_bound
from noflat.certificates.partials import partials_bound
from noflat.certificates.record import Bound, Certificate, Sense
from noflat.certificates.tails import MOST_GAUSSIAN_DEGREE, gaussian_tail_bound
from noflat.conventions import Convention
from noflat.conventions import convention as as_convention
from noflat.targets import Polynomial

OEDING = "cited: Oeding, Border ranks of monomials, arXiv 1608.02530"

MOST_INPUTS = 100
"""Beyond this many variables the checker refuses to read, so no certificate is made."""

_MOST_DIGITS = 499
"""Of the numerator and of the denominator of an error, which the checker reads."""

_MOST_DEGREE = 100
_MOST_HELD_TERMS = 20_000
"""Beyond so many terms no variable is held: the flattenings are what there is time for."""

_ABOUT_ONE = {
    *("pairing", "waring_strict", "moments"),
    *("kernel", "partials", "gaussian_kernel", "kernel_tail"),
}
"""The theorems about one activation; the others hold for any, and their certificates name none."""


def lower_bound(
    target: Polynomial,
    activation: str | Activation,
    *,
    convention: str | Convention = Convention(),
    sense: Sense = "taylor",
    error: float | str | Fraction | None = None,
    cited: bool = False,
    most_cells: int = MOST_CELLS,
) -> Certificate:
    r"""The largest number of neurons that one hidden layer is proved to need.

    Args:
        target: A polynomial of degree 2 or more, in at most 100 variables.
        activation: The activation, by name or object. For one of your own, whose name the checker
            does not know, the bound is that for any activation.
        convention: Which biases and skip the network may use.
        sense: `taylor`: the Taylor polynomial at 0, of the degree of the target, is the target
            exactly; `uniform`: there is a network within every error in sup norm on a box;
            `gaussian`: the relative rms error under standard normal inputs is at most `error`.
        error: For the gaussian sense, from 0 to below 1; a decimal string or fraction is exact.
        cited: Whether a theorem from the literature may be used that is not recomputed here: in
            the uniform sense $2^{n-1}$ for any activation and the product; elsewhere none is.
        most_cells: The largest matrix whose rank is looked at; more takes longer, and may prove
            more.

    Returns:
        A certificate; `.neurons` is the bound and `verify` checks it.

    Raises:
        ValueError: If the question is none that is answered here, or no network can do it at all.

    Example:
        >>> from noflat import product
        >>> [lower_bound(product(n), "exp").neurons for n in (2, 3, 4)]
        [4, 8, 16]
        >>> lower_bound(product(8), "relu", sense="gaussian", error="0.1").neurons
        70
        >>> from noflat.targets import determinant
        >>> lower_bound(determinant(3), "exp").neurons
        20

    Reference:
        Theorems 3 to 8 of docs/theory.md, 10 to 12, 15 and 16 of docs/polynomials.md; Lin, Tegmark
        and Rolnick (2017), appendix A.
    """
    named, allowed = as_activation(activation), as_convention(convention)
    exact_error = _check(target, named, sense, error)
    known, rests_on = named if _is_known(named) else None, "computed"
    if sense == "taylor":
        bound = _taylor_bound(target, known, allowed, most_cells)
    elif exact_error is not None:
        name = known.name if known else None
        if target.is_product:
            bound = gaussian_bound(target.inputs, name, allowed, exact_error)
        else:
            bound = gaussian_tail_bound(target, name, allowed, exact_error, most_cells)
    else:
        bound = flattening_bound(target, _parts(target, allowed), most_cells)
        if cited and target.is_product and 2 ** (target.inputs - 1) > bound[0]:
            bound, rests_on = (2 ** (target.inputs - 1), "border_rank", {}), OEDING
        if known and known.name in RANK_PER_NEURON:
            computed = _kernel_bound(target, known.name, allowed, most_cells)
            if computed[0] >= bound[0]:
                bound, rests_on = computed, "computed"
    neurons, theorem, witness = bound
    subject = named.name if theorem in _ABOUT_ONE else None
    witness = copy.deepcopy(witness)  # the makers keep theirs
    return Certificate(
        target, subject, allowed, sense, exact_error, neurons, theorem, rests_on, witness
    )


def _taylor_bound(
    target: Polynomial, known: Activation | None, allowed: Convention, most_cells: int
) -> Bound:
    without_biases = known is not None and (not allowed.hidden_bias or known.name == "exp")
    found = []
    if target.is_product:
        found.append(hidden_bias_bound(target.inputs, known, allowed))
        if known and without_biases:
            found.append(bias_free_bound(target.inputs, known, allowed))
        return max(reversed(found), key=lambda bound: bound[0])
    if known and without_biases:
        found.append(moments_bound(target, known, allowed, most_cells))
    elif known and (power := exponent(known)) and power < target.degree:
        raise ValueError(
            f"no network of {known.name} matches `target`: its derivative {target.degree} vanishes "
            f"everywhere; use a power of at least {target.degree}"
        )
    if len(target.terms) <= _MOST_HELD_TERMS:
        found.append(held_bound(target, allowed, most_cells))
    first = max((bound[0] for bound in found), default=0)
    found.append(flattening_bound(target, _parts(target, allowed), most_cells, first))
    return max((b for b in found if b[2]), key=lambda bound: bound[0])  # a witness, even of 0


def _parts(target: Polynomial, allowed: Convention) -> tuple[int, ...]:
    """The degrees of the parts that no free parameter of the readout takes over."""
    return tuple(k for k in reversed(target.degrees) if k > 0 and k not in allowed.free_degrees)


def _kernel_bound(target: Polynomial, name: str, allowed: Convention, most_cells: int) -> Bound:
    if target.is_product:
        return kernel_bound(target.inputs, name, allowed)
    return partials_bound(target, name, allowed, most_cells)


def _is_known(activation: Activation) -> bool:
    """Whether it is of this library: one of the user's own may bear the name of another."""
    try:
        return activation == as_activation(activation.name)
    except ValueError:
        return False


def _check(
    target: Polynomial, activation: Activation, sense: str, error: float | str | Fraction | None
) -> Fraction | None:
    if not isinstance(target, Polynomial):
        raise ValueError(f"`target` must be a Polynomial; got {type(target).__name__}")
    if target.inputs > MOST_INPUTS:
        raise ValueError(
            f"`target` must have at most {MOST_INPUTS} variables, the most that `verify` reads; "
            f"got {target.inputs}"
        )
    if not 2 <= target.degree <= _MOST_DEGREE:
        raise ValueError(
            f"`target` must have a degree from 2 to {_MOST_DEGREE}; got {target.degree}. An affine "
            "function needs at most one neuron"
        )
    if sense == "gaussian" and not target.is_product and target.degree > MOST_GAUSSIAN_DEGREE:
        raise ValueError(
            f"`target` must have a degree of at most {MOST_GAUSSIAN_DEGREE} for sense='gaussian', "
            f"unless it is a product; got {target.degree}"
        )
    if sense not in get_args(Sense):
        raise ValueError(f"`sense` must be one of {', '.join(get_args(Sense))}; got {sense!r}")
    if sense == "taylor" and not activation.smooth:
        raise ValueError(
            f"`activation` {activation.name} has no Taylor series at 0; "
            "use sense='uniform' or 'gaussian'"
        )
    if sense != "gaussian":
        if error is not None:
            raise ValueError(f"`error` goes with sense='gaussian'; the {sense} sense has none")
        return None
    exact = Fraction(-1)
    with suppress(ValueError, TypeError, ArithmeticError):
        if error is not None:
            exact = Fraction(str(error) if isinstance(error, float) else error)
    if not 0 <= exact < 1 or exact.denominator >= 10**_MOST_DIGITS:
        raise ValueError(
            "`error` must be a relative rms error from 0 to below 1 for sense='gaussian', of at "
            f"most {_MOST_DIGITS} digits; got {error!r}"
        )
    return exact
