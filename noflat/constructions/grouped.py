r"""Grouped products: any number of layers in between the tree and the flat network.

Each hidden layer splits what it gets into groups and multiplies every group with a flat block. A
group of size b costs $2^b$ neurons ($2^{b-1}$ halved), so groups of two and three cost four per
factor removed: $4(n-1)$ in all, the least this construction knows, and reached at any depth of at
least $\lceil\log_3 n\rceil$ layers. The cost is convex in b: balanced groups are the best.
"""

from functools import cache
from itertools import pairwise
from typing import Any

from noflat.activations import Activation
from noflat.arguments import whole
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
    """Plans `grouped_product`: its neurons and the error to expect, at no cost.

    Arguments and errors are those of `grouped_product`.

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
        >>> count_groups(group_sizes(100, 3))
        576
    """
    n = whole(n, "n", "the number of variables", least=2)
    hidden_layers = whole(hidden_layers, "hidden_layers", "the layers of neurons")
    if hidden_layers >= n:
        raise ValueError(
            f"`hidden_layers` must be from 1 to {n - 1} for {n} variables; got {hidden_layers}"
        )
    counts = _best_counts(n, hidden_layers, halved)
    return tuple(balanced(a, b) for a, b in pairwise((n, *counts)))


@cache
def _best_counts(n: int, hidden_layers: int, halved: bool) -> tuple[int, ...]:
    """The number of groups in each layer, of equal totals the fewest; the last is one group."""
    least = {m: (_cost(m, 1, halved), (1,)) for m in range(1, n + 1)}
    costs = {m: [_cost(m, groups, halved) for groups in range(1, m + 1)] for m in least}
    for _ in range(hidden_layers - 1):
        above, least = least, {}
        for m, layer in costs.items():
            total, groups = min((layer[g - 1] + above[g][0], g) for g in range(1, m + 1))
            least[m] = (total, (groups, *above[groups][1]))
    return least[n][1]


def count_groups(groups: Groups, *, halved: bool = False) -> int:
    """The neurons that groups cost, those of size 1 being carried along by one neuron each.

    Args:
        groups: For each hidden layer the sizes of its groups.
        halved: Whether they are half cubes.

    Returns:
        The number.

    Example:
        >>> count_groups(group_sizes(32, 2))
        304
    """
    return sum(_cost(size, 1, halved) for sizes in groups for size in sizes)


def balanced(n: int, groups: int) -> tuple[int, ...]:
    """Sizes of so many groups that differ by at most one."""
    return (n // groups + 1,) * (n % groups) + (n // groups,) * (groups - n % groups)


def _cost(n: int, groups: int, halved: bool) -> int:
    """The neurons of a layer of balanced groups; one of size 1 is carried along by one neuron."""
    kind = "half" if halved else "cube"
    small, larger = divmod(n, groups)
    carried = 1 if small == 1 else count(kind, small)
    return larger * count(kind, small + 1) + (groups - larger) * carried
