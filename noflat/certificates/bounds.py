"""One question, `lower_bound`, and the theorem that answers it best."""

from fractions import Fraction
from typing import get_args

from noflat.activations import Activation
from noflat.activations import activation as as_activation
from noflat.certificates.flattenings import flattening_bound
from noflat.certificates.kernels import RANK_PER_NEURON, gaussian_bound, kernel_bound
from noflat.certificates.pairing import bias_free_bound, hidden_bias_bound
from noflat.certificates.record import Certificate, Sense
from noflat.conventions import Convention
from noflat.conventions import convention as as_convention
from noflat.targets import Polynomial

OEDING = "cited: Oeding, Border ranks of monomials, arXiv 1608.02530"


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
        target: The product of n variables, from `product(n)`, n at least 2.
        activation: The activation, by name or object.
        convention: Which biases and skip the network may use.
        sense: `taylor`: the Taylor polynomial of degree n at 0 is the target exactly; `uniform`:
            there is a network within every error in sup norm on a box; `gaussian`: the relative
            rms error under standard normal inputs is at most `error`.
        error: For the gaussian sense, from 0 to below 1; a decimal string or fraction is exact.
        cited: Whether a theorem from the literature may be used that is not recomputed here: in
            the uniform sense $2^{n-1}$ for any activation.

    Returns:
        A certificate; `.neurons` is the bound and `verify` checks it.

    Raises:
        ValueError: If the question is none that is answered here, or no network can do it at all.

    Example:
        >>> [lower_bound(product(n), "exp").neurons for n in (2, 3, 4)]
        [4, 8, 16]
        >>> lower_bound(product(8), "relu", sense="gaussian", error="0.1").neurons
        70

    Reference:
        Theorems 3 to 8 of docs/theory.md; Lin, Tegmark and Rolnick (2017), appendix A.
    """
    named, allowed = as_activation(activation), as_convention(convention)
    exact_error = _check(target, named, sense, error)
    n, rests_on = target.inputs, "computed"
    subject: str | None = named.name
    if sense == "taylor":
        neurons, theorem, witness = hidden_bias_bound(n, named, allowed)
        if (not allowed.hidden_bias or named.name == "exp") and _is_known(named):
            paired = bias_free_bound(n, named, allowed)
            neurons, theorem, witness = max(paired, (neurons, theorem, witness), key=lambda b: b[0])
    elif sense == "gaussian":
        assert exact_error is not None  # _check saw to it
        neurons, theorem, witness = gaussian_bound(n, named.name, allowed, exact_error)
        subject = named.name if theorem == "gaussian_kernel" else None
    else:
        neurons, theorem, witness = flattening_bound(target)
        subject = None
        if cited and 2 ** (n - 1) > neurons:
            neurons, theorem, rests_on, witness = 2 ** (n - 1), "border_rank", OEDING, {}
        if named.name in RANK_PER_NEURON:
            computed, kernel = kernel_bound(n, named.name, allowed)
            if computed >= neurons:
                subject, rests_on = named.name, "computed"
                neurons, theorem, witness = computed, "kernel", kernel
    return Certificate(
        target, subject, allowed, sense, exact_error, neurons, theorem, rests_on, witness
    )


def _is_known(activation: Activation) -> bool:
    """Whether the checker knows the derivatives at 0: those of this library, not a user's own."""
    try:
        return activation == as_activation(activation.name)
    except ValueError:
        return False


def _check(
    target: Polynomial, activation: Activation, sense: str, error: float | str | Fraction | None
) -> Fraction | None:
    if not target.is_product or target.inputs < 2:
        raise ValueError(f"`target` must be product(n) with n at least 2; got {target}")
    if sense not in get_args(Sense):
        raise ValueError(f"`sense` must be one of {', '.join(get_args(Sense))}; got {sense!r}")
    if sense == "taylor" and not activation.smooth:
        raise ValueError(
            f"`activation` {activation.name} has no Taylor series; use sense='uniform' or 'gaussian'"
        )
    if sense != "gaussian":
        if error is not None:
            raise ValueError(f"`error` goes with sense='gaussian'; the {sense} sense has none")
        return None
    try:
        exact = Fraction(str(error)) if isinstance(error, float) else Fraction(error or "")
    except (ValueError, TypeError, ZeroDivisionError):
        exact = Fraction(-1)
    if not 0 <= exact < 1:
        raise ValueError(
            f"`error` must be a relative rms error from 0 to below 1 for sense='gaussian'; "
            f"got {error!r}"
        )
    return exact
