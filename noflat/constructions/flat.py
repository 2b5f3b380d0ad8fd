r"""Flat products: one hidden layer, and as few neurons as the convention lets be.

With vertices $s\in\{-1,1\}^n$ every monomial that misses a variable cancels, which leaves

$$\sum_s \Big(\prod_i s_i\Big)\,\sigma(b + \lambda s\cdot x)
  = 2^n\sigma^{(n)}(b)\lambda^n x_1\cdots x_n + \dots$$

A bias at a zero of $\sigma^{(n-1)}$ makes half of the vertices do; an output bias saves the one at
the origin of $\{0,1\}^n$.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from itertools import combinations
from math import log2
from typing import Any, get_args

from noflat.activations import Activation
from noflat.activations import activation as as_activation
from noflat.arguments import positive, whole
from noflat.constructions.blocks import Kind
from noflat.constructions.operands import Inputs, operands_of
from noflat.constructions.plans import Plan, build, check_error, resolve_dtype, stream
from noflat.constructions.precision import predicted_error
from noflat.constructions.search import best_block
from noflat.conventions import Convention
from noflat.conventions import convention as as_convention
from noflat.networks.dense import Network
from noflat.networks.product_nodes import ProductNodes

DENSE_INPUTS = 12
"""Up to this many variables `flat_product` writes its weights out."""

MOST_INPUTS = 30
"""Beyond this many variables one evaluation would take hours."""

_ORDER: tuple[Kind, ...] = ("half", "short", "corner", "cube")
"""Fewest neurons first."""


def flat_product(
    n: int,
    activation: str | Activation,
    *,
    convention: str | Convention = Convention(),
    kind: Kind | None = None,
    bias: float | None = None,
    scale: float | None = None,
    richardson: int = 1,
    inputs: Inputs = "cube",
    error: float | None = None,
    dtype: Any = None,
) -> Network | ProductNodes:
    r"""The flat network that multiplies `n` variables: of four boxes the one of fewest neurons.

    The half cube takes $2^{n-1}$ neurons and a bias with $\sigma^{(n-1)}(b)=0\neq\sigma^{(n)}(b)$;
    the short grid takes $2^n-2$ and an affine skip; the corner $2^n-1$ and an output bias (or
    $\sigma(b)=0$); the cube takes $2^n$. All neurons share one bias. With biases of their own three
    neurons do for n = 2 in a convention where four are built here: section 3 of docs/theory.md.

    Args:
        n: The number of variables.
        activation: The activation, by name or object.
        convention: Which biases and skip the network may use.
        kind: The box of vertices; the one with the fewest neurons where None, of those that reach
            the `error` asked for.
        bias: The hidden bias; chosen where None.
        scale: The factor on the inputs; chosen for the dtype where None.
        richardson: How many scales to combine for an error of order $\lambda^{2K}$, at K times the
            neurons; the cube only.
        inputs: The law that the error is meant for: uniform on $[-1,1]^n$, or standard normal.
        error: The relative rms error that must be in reach, or None.
        dtype: Of the weights; JAX's default where None.

    Returns:
        A `Network` up to n = 12 and a streamed `ProductNodes` network beyond: the same neurons,
        evaluated without weights of shape $2^n \times n$.

    Raises:
        ValueError: If the convention leaves no way, the error is below the floor of the dtype, n is
            beyond what a machine can evaluate, or another argument is out of range.

    Example:
        >>> flat_product(4, "exp").neurons
        16
        >>> flat_product(4, "gelu", convention="hidden_bias+output_bias").neurons
        8

    Reference:
        Lin, Tegmark and Rolnick (2017), section III H; Theorem 1 of docs/theory.md.
    """
    dtype = resolve_dtype(dtype)
    plan = plan_flat(
        n,
        activation,
        convention=convention,
        kind=kind,
        bias=bias,
        scale=scale,
        richardson=richardson,
        inputs=inputs,
        error=error,
        dtype=dtype,
    )
    check_error(plan, error, dtype, f"a flat product of {n} variables", given=scale is not None)
    block = plan.levels[0][0]
    if n > DENSE_INPUTS and richardson == 1 and block.kind != "short":
        return stream(block, dtype)
    return build(plan, dtype)


def plan_flat(
    n: int,
    activation: str | Activation,
    *,
    convention: str | Convention = Convention(),
    kind: Kind | None = None,
    bias: float | None = None,
    scale: float | None = None,
    richardson: int = 1,
    inputs: Inputs = "cube",
    error: float | None = None,
    dtype: Any = None,
) -> Plan:
    """Plans `flat_product`: its neurons and the error to expect, at no cost.

    Arguments and errors are those of `flat_product`, but an `error` out of reach is none: the plan
    is then that of least error.

    Example:
        >>> plan_flat(20, "exp").neurons
        1048576
    """
    dtype, named = resolve_dtype(dtype), as_activation(activation)
    allowed = as_convention(convention)
    n = whole(n, "n", "the number of variables")
    richardson = whole(richardson, "richardson", "the number of scales")
    _check(n, kind, bias, scale, richardson, allowed)
    kinds = ("cube",) if richardson > 1 else _ORDER if kind is None else (kind,)
    operands = operands_of((1,) * n, n, inputs)

    def plans(convention: Convention, bias: float | None) -> list[Plan]:
        found = []
        for candidate in kinds:
            block = best_block(
                named,
                candidate,
                operands,
                dtype,
                hidden_bias=convention.hidden_bias,
                bias=bias,
                scale=scale,
                richardson=richardson,
                skip=convention.affine_skip,
            )
            if block is not None and (convention.output_bias or block.constant == 0):
                found.append(Plan(((block,),), predicted_error([(block, operands)], dtype)))
                if error is None:
                    break
        return found

    found = plans(allowed, bias)
    if not found:
        works = partial(plans, bias=bias)
        raise ValueError(
            f"`convention` {allowed.name} leaves no way to multiply {n} variables with {named.name}"
            + (f" as `kind`={kind!r}" if kind else "")
            + _way_out(allowed, works, bias is not None and bool(plans(allowed, None)))
        )
    reached = (plan for plan in found if error is None or plan.predicted_error <= error)
    return next(reached, min(found, key=lambda plan: plan.predicted_error))


def _way_out(
    allowed: Convention, works: Callable[[Convention], list[Plan]], without_bias: bool
) -> str:
    """Names what would help: another bias, or the fewest freedoms."""
    if without_bias:
        return " at that `bias`: leave it out, and one that serves is chosen"
    missing = [field.name for field in fields(allowed) if not getattr(allowed, field.name)]
    for size in range(1, len(missing) + 1):
        for extra in combinations(missing, size):
            if works(replace(allowed, **dict.fromkeys(extra, True))):
                return f": allow {' and '.join(extra)}"
    return ", nor does any other: take another activation"


def _check(
    n: int,
    kind: Kind | None,
    bias: float | None,
    scale: float | None,
    richardson: int,
    allowed: Convention,
) -> None:
    if n > MOST_INPUTS:
        raise ValueError(
            f"`n`={n} needs about 2^{n} neurons in one hidden layer, {n} * 2^{n + 3} bytes of "
            f"weights and as many activations for every point; the most that is evaluated is "
            f"{MOST_INPUTS}. product_tree({n}, ...) takes {4 * (n - 1)} neurons"
        )
    if kind not in (None, *get_args(Kind)):
        raise ValueError(f"`kind` must be None or one of {', '.join(_ORDER)}; got {kind!r}")
    if bias and not allowed.hidden_bias:
        raise ValueError(f"`bias`={bias} is not free under {allowed.name}: allow hidden_bias")
    if scale is not None:
        positive(scale, "scale", "the factor on the inputs")
    if scale is not None and (n + 2 * richardson + 8) * abs(log2(scale)) > 900:
        raise ValueError(f"`scale`={scale:g} to the power {n} is beyond float64: take one nearer 1")
    if richardson > 1 and kind not in (None, "cube"):
        raise ValueError(f"`richardson` combines cubes; got `kind`={kind!r}")
