r"""The deep product: a tree of multiplication gates.

One gate multiplies two factors with four neurons and takes one factor away, so that $n-1$ gates
multiply $n$ inputs, in about $\log_2 n$ layers: the network to which the flat one is compared.
"""

from typing import Any

from noflat.activations import Activation
from noflat.arguments import whole
from noflat.constructions.grouped import balanced
from noflat.constructions.levels import plan_levels
from noflat.constructions.operands import Inputs
from noflat.constructions.plans import Plan, build, check_error, resolve_dtype
from noflat.networks.dense import Network


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

    Every layer multiplies neighbors in pairs. Where n is no power of two some groups are of three,
    in one block of eight neurons, so that no neuron is spent on carrying a factor along. They are
    in the first layer, unless n is above 3/4 of the next power of two: then some are in a later
    one, where rounding hurts them more (see `noflat.constructions.precision`). The scale grows
    from level to level as the operands shrink.

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
        Lin, Tegmark and Rolnick (2017), section III H. They print 160 neurons for n = 32;
        the tree has 4 * 31 = 124.
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
    """Plans `product_tree`: its neurons and the error to expect, at no cost.

    Arguments and errors are those of `product_tree`.

    Example:
        >>> plan_tree(32, "exp").neurons
        124
    """
    n = whole(n, "n", "the number of variables", least=2)
    groups: list[tuple[int, ...]] = []
    left, layers = n, n.bit_length() - 1
    for above in reversed(range(layers)):
        # the fewest groups, so that those of three come first: rounding hurts them least there
        count = max(2**above, -(-left // 3))
        groups.append(balanced(left, count))
        left = count
    return plan_levels(tuple(groups), activation, halved, inputs, resolve_dtype(dtype))
