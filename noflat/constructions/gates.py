r"""Multiplication gates: two inputs, a few neurons, $x_0 x_1$.

The product is the second mixed difference of the activation, so that any activation with a bias at
which it bends multiplies. This is the block that every deep construction is made of.
"""

from typing import Any

from noflat.activations import Activation, simple_zeros
from noflat.activations import activation as as_activation
from noflat.arguments import whole
from noflat.constructions.blocks import Kind
from noflat.constructions.flat import plan_flat
from noflat.constructions.operands import Inputs
from noflat.constructions.plans import build, check_error, resolve_dtype
from noflat.conventions import Convention
from noflat.networks.dense import Network


def multiplication_gate(
    activation: str | Activation,
    *,
    neurons: int = 4,
    bias: float | None = None,
    scale: float | None = None,
    inputs: Inputs = "cube",
    error: float | None = None,
    dtype: Any = None,
) -> Network:
    r"""The network whose output tends to $x_0 x_1$.

    With four neurons, and $\lambda$ the scale,

    $$\frac{\sigma(b+\lambda(x_0+x_1)) + \sigma(b-\lambda(x_0+x_1)) - \sigma(b+\lambda(x_0-x_1))
      - \sigma(b-\lambda(x_0-x_1))}{4\,\sigma''(b)\,\lambda^2}
      = x_0x_1\Big(1 + \tfrac{\sigma^{(4)}(b)}{6\,\sigma''(b)}\lambda^2(x_0^2+x_1^2) + \dots\Big).$$

    Three neurons and an output bias do it with error of order $\lambda$ ($\lambda^2$ where
    $\sigma'''(b)=0$), two neurons where $\sigma'(b)=0\neq\sigma''(b)$, and 4K neurons with error of
    order $\lambda^{2K}$ (Richardson). The gates of $t^2$ and of the squared ReLU are exact.

    Args:
        activation: The activation, by name or object.
        neurons: 2, 3, or a multiple of 4.
        bias: The $b$ above; chosen where None.
        scale: The $\lambda$ above; chosen for the dtype where None.
        inputs: The law that the error is meant for.
        error: The relative rms error that must be in reach, or None.
        dtype: Of the weights; JAX's default where None.

    Returns:
        A network with 2 inputs, one hidden layer and 1 output.

    Raises:
        ValueError: If the activation has no bias for that gate, or the error is below the floor.

    Example:
        >>> gate = multiplication_gate("softplus")
        >>> print(f"{apply(gate, jnp.array([0.5, 0.5]))[0]:.3f}")
        0.250

    Reference:
        Lin, Tegmark and Rolnick (2017), equations (10) and (11).
    """
    neurons = whole(neurons, "neurons", "those of a gate: 2, 3 or a multiple of 4", least=2)
    if neurons > 3 and neurons % 4:
        raise ValueError(f"`neurons` of a gate must be 2, 3 or a multiple of 4; got {neurons}")
    kind: Kind = {2: "half", 3: "corner"}.get(neurons, "cube")  # type: ignore[assignment]
    dtype = resolve_dtype(dtype)
    named = as_activation(activation)
    if kind == "half" and bias is None and not simple_zeros(named, 1):
        raise ValueError(
            f"`neurons` of a gate of {named.name} must be 3 or more: two need a bias at which its "
            "first derivative vanishes and its second does not, and it has none"
        )
    plan = plan_flat(
        2,
        named,
        convention=Convention(hidden_bias=True, output_bias=True),
        kind=kind,
        bias=bias,
        scale=scale,
        richardson=max(1, neurons // 4),
        inputs=inputs,
        dtype=dtype,
    )
    check_error(plan, error, dtype, f"a gate of {neurons} neurons", given=scale is not None)
    return build(plan, dtype)
