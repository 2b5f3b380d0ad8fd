"""One question, `lower_bound`, and the theorem that answers it best."""

import copy
from contextlib import suppress
from fractions import Fraction
from typing import get_args

from noflat.activations import Activation
from noflat.activations import activation as as_activation
from noflat.certificates.flattenings import flattening_bound
from noflat.certificates.kernels import RANK_PER_NEURON, gaussian_bound, kernel_bound
from noflat.certificates.pairing import bias_free_bound, hidden_bias_bound
from noflat.certificates.record import Bound, Certificate, Sense
from noflat.conventions import Convention
from noflat.conventions import convention as as_convention
from noflat.targets import Polynomial

OEDING = "cited: Oeding, Border ranks of monomials, arXiv 1608.02530"

MOST_INPUTS = 100
"""Beyond this many variables the checker refuses to read, so no certificate is made."""

_MOST_DIGITS = 499
"""Of the numerator and of the denominator of an error, which the checker reads."""

_ABOUT_ONE = {"pairing", "waring_strict", "kernel", "gaussian_kernel"}
"""The theorems about one activation; the others hold for any, and their certificates name none."""


def lower_bound(
    target: Polynomial,
    activation: str | Activation,
    *,
    convention: str | Convention = Convention(),
    sense: Sense = "taylor",
    error: float | str | Fraction | None = None,
    cited: bool = False,
) -> Certificate:
    r"""The largest number of neurons that one hidden layer is proved to need.

    Args:
        target: The product of n variables, from `product(n)`, n from 2 to 100.
        activation: The activation, by name or object. For one of your own, whose name the checker
            does not know, the bound is that for any activation.
        convention: Which biases and skip the network may use.
        sense: `taylor`: the Taylor polynomial of degree n at 0 is the target exactly; `uniform`:
            there is a network within every error in sup norm on a box; `gaussian`: the relative
            rms error under standard normal inputs is at most `error`.
        error: For the gaussian sense, from 0 to below 1; a decimal string or fraction is exact.
        cited: Whether a theorem from the literature may be used that is not recomputed here: in
            the uniform sense $2^{n-1}$ for any activation; elsewhere none is.

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

    Reference:
        Theorems 3 to 8 of docs/theory.md; Lin, Tegmark and Rolnick (2017), appendix A.
    """
    named, allowed = as_activation(activation), as_convention(convention)
    exact_error = _check(target, named, sense, error)
    n, known, rests_on = target.inputs, named if _is_known(named) else None, "computed"
    if sense == "taylor":
        bound = _taylor_bound(n, known, allowed)
    elif exact_error is not None:
        bound = gaussian_bound(n, known.name if known else None, allowed, exact_error)
    else:
        bound = flattening_bound(target)
        if cited and 2 ** (n - 1) > bound[0]:
            bound, rests_on = (2 ** (n - 1), "border_rank", {}), OEDING
        if known and known.name in RANK_PER_NEURON:
            computed = kernel_bound(n, known.name, allowed)
            if computed[0] >= bound[0]:
                bound, rests_on = computed, "computed"
    neurons, theorem, witness = bound
    subject = named.name if theorem in _ABOUT_ONE else None
    witness = copy.deepcopy(witness)  # the makers keep theirs
    return Certificate(
        target, subject, allowed, sense, exact_error, neurons, theorem, rests_on, witness
    )


def _taylor_bound(n: int, known: Activation | None, allowed: Convention) -> Bound:
    bound = hidden_bias_bound(n, known, allowed)
    if known and (not allowed.hidden_bias or known.name == "exp"):
        return max(bias_free_bound(n, known, allowed), bound, key=lambda b: b[0])
    return bound


def _is_known(activation: Activation) -> bool:
    """Whether it is of this library: one of the user's own may bear the name of another."""
    try:
        return activation == as_activation(activation.name)
    except ValueError:
        return False


def _check(
    target: Polynomial, activation: Activation, sense: str, error: float | str | Fraction | None
) -> Fraction | None:
    if not isinstance(target, Polynomial) or not target.is_product or target.inputs < 2:
        raise ValueError(f"`target` must be product(n) with n at least 2; got {target!r}")
    if target.inputs > MOST_INPUTS:
        raise ValueError(
            f"`target` must have at most {MOST_INPUTS} variables, the most that `verify` reads; "
            f"got {target.inputs}"
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
