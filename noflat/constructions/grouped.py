r"""Grouped products: any number of layers in between the tree and the flat network.

Each hidden layer splits what it gets into groups and multiplies every group with a flat block. A
group of size b costs $2^b$ neurons ($2^{b-1}$ halved), so groups of two and three cost four per
factor removed: $4(n-1)$ in all, the least this construction knows, and reached at any depth of at
least $\lceil\log_3 n\rceil$ layers. The cost is convex in b: balanced groups are the best.
"""

from functools import cache
from typing import Any

from noflat.activations import Activation
from noflat.constructions.blocks import count
from noflat.constructions.levels import Groups, plan_levels
from noflat.constructions.operands import Inputs
from noflat.constructions.plans import Plan, build, check_error, resolve_dtype
from noflat.networks.dense import Network


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
    """Plans `grouped_product`: its neurons and the error to expect.

    Args:
        n: The number of variables, at least 2.
        hidden_layers: The number of layers.
        activation: The activation, by name or object.
        halved: Whether to use half cubes.
        inputs: The law that the error is meant for.
        dtype: Of the weights; JAX's default where None.

    Returns:
        The plan: a level of blocks for each hidden layer.

    Raises:
        ValueError: If n, the layers or the activation do not allow it.

    Example:
        >>> plan_grouped(16, 2, "exp").neurons
        80
    """
    groups = group_sizes(n, hidden_layers, halved=halved)
    return plan_levels(groups, activation, halved, inputs, resolve_dtype(dtype))


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
    check_variables(n)
    if hidden_layers < 1 or hidden_layers >= n:
        raise ValueError(
            f"`hidden_layers` must be from 1 to {n - 1} for {n} variables; got {hidden_layers}"
        )
    return _best_groups(n, hidden_layers, halved)[1]


@cache
def _best_groups(n: int, hidden_layers: int, halved: bool) -> tuple[int, Groups]:
    if hidden_layers == 1:
        return _cost(n, 1, halved), ((n,),)
    total, groups = min(  # of equal totals the fewest groups
        (_cost(n, groups, halved) + _best_groups(groups, hidden_layers - 1, halved)[0], groups)
        for groups in range(1, n + 1)
    )
    return total, (balanced(n, groups), *_best_groups(groups, hidden_layers - 1, halved)[1])


def balanced(n: int, groups: int) -> tuple[int, ...]:
    """Sizes of so many groups that differ by at most one."""
    return (n // groups + 1,) * (n % groups) + (n // groups,) * (groups - n % groups)


def _cost(n: int, groups: int, halved: bool) -> int:
    """The neurons of a layer of balanced groups; one of size 1 is carried along by one neuron."""
    kind = "half" if halved else "cube"
    small, larger = divmod(n, groups)
    carried = 1 if small == 1 else count(kind, small)
    return larger * count(kind, small + 1) + (groups - larger) * carried


def check_variables(n: int) -> None:
    """Raises a ValueError unless there are two variables or more."""
    if not isinstance(n, int) or isinstance(n, bool) or n < 2:
        raise ValueError(
            f"`n` must be an integer of at least 2, the number of variables; got {n!r}"
        )
