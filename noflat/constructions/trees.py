r"""Deep products: gates in a tree, and groups in between the tree and the flat network.

Each hidden layer splits what it gets into groups and multiplies every group with a flat block. A
group of size b costs $2^b$ neurons ($2^{b-1}$ halved), so groups of two and three cost four per
factor removed: $4(n-1)$ in all, the least this construction knows, and reached at any depth of at
least $\lceil\log_3 n\rceil$ layers. The cost is convex in b: balanced groups are the best.
"""

from functools import cache
from typing import Any

import jax.numpy as jnp

from noflat.activations import Activation
from noflat.activations import activation as as_activation
from noflat.constructions.blocks import count
from noflat.constructions.operands import Inputs, Operands, operands_of
from noflat.constructions.plans import Plan, build, check_error, resolve_dtype
from noflat.constructions.precision import best_block, predicted_error
from noflat.networks.dense import Network

MOST_OPERANDS = 20
"""The largest group that is written out with dense weights."""

Groups = tuple[tuple[int, ...], ...]


def product_tree(
    n: int,
    activation: str | Activation,
    *,
    halved: bool = False,
    inputs: Inputs = "cube",
    error: float | None = None,
    dtype: Any = None,
) -> Network:
    r"""A tree of multiplication gates: $4(n-1)$ neurons in $\lfloor\log_2 n\rfloor$ hidden layers.

    Every layer multiplies neighbors in pairs; where their number is odd, the last three together
    in one block of eight neurons, so that no neuron is spent on carrying a factor along. The scale
    grows from level to level as the operands shrink.

    Args:
        n: The number of variables, at least 2.
        activation: The activation, by name or object.
        halved: Whether to use gates with half the neurons, $2(n-1)$ in all; they need a bias with
            $\sigma'(b)=0\neq\sigma''(b)$ and are less accurate.
        inputs: The law that the error is meant for: uniform on $[-1,1]^n$, or standard normal.
        error: The relative rms error that must be in reach, or None.
        dtype: Of the weights; JAX's default where None.

    Returns:
        The network.

    Raises:
        ValueError: If the activation has no such gate, or the error is below the floor.

    Example:
        >>> product_tree(32, "silu").widths
        (64, 32, 16, 8, 4)

    Reference:
        Lin, Tegmark and Rolnick (2017), section III H; their 160 for n = 32 is 4 * 31 = 124.
    """
    dtype = resolve_dtype(dtype)
    plan = plan_tree(n, activation, halved=halved, inputs=inputs, dtype=dtype)
    check_error(plan, error, dtype, f"a tree of {n} variables")
    return build(plan, dtype)


def plan_tree(
    n: int,
    activation: str | Activation,
    *,
    halved: bool = False,
    inputs: Inputs = "cube",
    dtype: Any = None,
) -> Plan:
    """Plans `product_tree`, with the same arguments."""
    _check(n)
    groups: list[tuple[int, ...]] = []
    left = n
    while left > 1:
        groups.append((2,) * (left // 2 - left % 2) + (3,) * (left % 2))
        left //= 2
    return _plan(tuple(groups), activation, halved, inputs, resolve_dtype(dtype))


def grouped_product(
    n: int,
    hidden_layers: int,
    activation: str | Activation,
    *,
    halved: bool = False,
    inputs: Inputs = "cube",
    error: float | None = None,
    dtype: Any = None,
) -> Network:
    r"""The product in exactly `hidden_layers` layers, with the groups that cost the fewest neurons.

    Args:
        n: The number of variables, at least 2.
        hidden_layers: The number of layers k; 1 is the flat cube.
        activation: The activation, by name or object.
        halved: Whether to use half cubes: $2^{b-1}$ neurons for a group of b.
        inputs: The law that the error is meant for.
        error: The relative rms error that must be in reach, or None.
        dtype: Of the weights; JAX's default where None.

    Returns:
        The network.

    Raises:
        ValueError: If n, the layers or the activation do not allow it, or the error is below the
            floor.

    Example:
        >>> grouped_product(16, 2, "exp").widths
        (64, 16)

    Reference:
        Rolnick and Tegmark (2018), Theorem 5.1, with integer and ragged groups.
    """
    dtype = resolve_dtype(dtype)
    plan = plan_grouped(n, hidden_layers, activation, halved=halved, inputs=inputs, dtype=dtype)
    check_error(plan, error, dtype, f"{n} variables in {hidden_layers} layers")
    return build(plan, dtype)


def plan_grouped(
    n: int,
    hidden_layers: int,
    activation: str | Activation,
    *,
    halved: bool = False,
    inputs: Inputs = "cube",
    dtype: Any = None,
) -> Plan:
    """Plans `grouped_product`, with the same arguments."""
    groups = group_sizes(n, hidden_layers, halved=halved)
    return _plan(groups, activation, halved, inputs, resolve_dtype(dtype))


def group_sizes(n: int, hidden_layers: int, *, halved: bool = False) -> Groups:
    """The sizes of the groups, layer by layer, that cost the fewest neurons.

    Args:
        n: The number of variables, at least 2.
        hidden_layers: The number of layers, at least 1.
        halved: Whether a group of b costs 2^(b-1) neurons instead of 2^b. One of size 1 costs 1.

    Returns:
        For each layer its group sizes, balanced to within one.

    Raises:
        ValueError: If `n` or `hidden_layers` is out of range.

    Example:
        >>> group_sizes(8, 2)
        ((3, 3, 2), (3,))
        >>> sum(2**b for layer in group_sizes(100, 3) for b in layer)
        576
    """
    _check(n)
    if hidden_layers < 1 or hidden_layers >= n:
        raise ValueError(
            f"`hidden_layers` must be from 1 to {n - 1} for {n} variables; got {hidden_layers}"
        )
    return _best_groups(n, hidden_layers, halved)[1]


@cache
def _best_groups(n: int, hidden_layers: int, halved: bool) -> tuple[int, Groups]:
    if hidden_layers == 1:
        return _cost((n,), halved), ((n,),)
    best: tuple[int, Groups] | None = None
    for groups in range(1, n + 1):
        sizes = (n // groups + 1,) * (n % groups) + (n // groups,) * (groups - n % groups)
        above, layers = _best_groups(groups, hidden_layers - 1, halved)
        total = _cost(sizes, halved) + above
        if best is None or total < best[0]:
            best = (total, (sizes, *layers))
    assert best is not None  # `groups` runs over at least one value
    return best


def _cost(sizes: tuple[int, ...], halved: bool) -> int:
    kind = "half" if halved else "cube"
    return sum(1 if size == 1 else count(kind, size) for size in sizes)


def _plan(
    groups: Groups, activation: str | Activation, halved: bool, inputs: Inputs, dtype: jnp.dtype
) -> Plan:
    named = as_activation(activation)
    if max(max(sizes) for sizes in groups) > MOST_OPERANDS:
        raise ValueError(
            f"groups of {max(map(max, groups))} would take 2^{max(map(max, groups))} neurons each: "
            f"ask for more hidden layers than {len(groups)}"
        )
    factors = [1] * sum(groups[0])  # how many inputs each operand is the product of
    levels, planned = [], []
    for sizes in groups:
        level, start, above = [], 0, []
        for size in sizes:
            members = factors[start : start + size]
            operands = operands_of(tuple(members), sum(groups[0]), inputs)
            block = _block(named, operands, halved, dtype)
            planned.append((block, operands))
            level.append(block)
            above.append(sum(members))
            start += size
        levels.append(tuple(level))
        factors = above
    return Plan(tuple(levels), predicted_error(planned, dtype))


def _block(named: Activation, operands: Operands, halved: bool, dtype: jnp.dtype) -> Any:
    # a group of one is carried along by the corner of one neuron, sigma(b + lambda x) - sigma(b)
    kind = "corner" if len(operands[0]) == 1 else "half" if halved else "cube"
    block = best_block(named, kind, operands, dtype)
    if block is None:
        raise ValueError(
            f"`activation` {named.name} has no bias for a {kind} of {len(operands[0])} factors: "
            + ("leave `halved` out" if kind == "half" else "take another activation")
        )
    return block


def _check(n: int) -> None:
    if not isinstance(n, int) or isinstance(n, bool) or n < 2:
        raise ValueError(
            f"`n` must be an integer of at least 2, the number of variables; got {n!r}"
        )
