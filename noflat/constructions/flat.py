r"""Flat products: one hidden layer, and as few neurons as the convention lets be.

With vertices $s\in\{-1,1\}^n$ every monomial that misses a variable cancels, which leaves
$\sum_s (\prod_i s_i)\,\sigma(b + \lambda s\cdot x) = 2^n\sigma^{(n)}(b)\lambda^n x_1\cdots x_n + \dots$
A bias at a zero of $\sigma^{(n-1)}$ makes half of the vertices do; an output bias saves the one at
the origin of $\{0,1\}^n$.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from noflat.activations import Activation
from noflat.activations import activation as as_activation
from noflat.constructions.blocks import Block, Kind
from noflat.constructions.precision import Inputs, best_block, operands_of, predicted_error
from noflat.conventions import Convention
from noflat.conventions import convention as as_convention
from noflat.networks.dense import Layer, Network
from noflat.networks.product_nodes import DENSE_BYTES, ProductNodes

DENSE_INPUTS = 12
"""Up to this many variables `flat_product` writes its weights out."""

MOST_INPUTS = 30
"""Beyond this many variables one evaluation would take hours."""

_ORDER: tuple[Kind, ...] = ("half", "short", "corner", "cube")
"""Fewest neurons first."""


class Plan(NamedTuple):
    """What a construction will build: blocks level by level, and the error to expect.

    Attributes:
        levels: For each hidden layer its blocks; a block takes the next operands in order.
        predicted_error: The relative rms error on the inputs it was planned for.
    """

    levels: tuple[tuple[Block, ...], ...]
    predicted_error: float

    @property
    def neurons(self) -> int:
        """The neurons of the network it will build."""
        return sum(block.neurons for level in self.levels for block in level)


def resolve_dtype(dtype: Any) -> jnp.dtype:
    """The dtype asked for, JAX's default where it is None."""
    return jnp.zeros(0, dtype).dtype


def check_error(plan: Plan, error: float | None, dtype: jnp.dtype, what: str) -> None:
    """Raises a ValueError where the error asked for is below the plan's floor.

    The floor is an estimate: what is within a factor of two of it is let through.
    """
    if error is not None and not error >= plan.predicted_error / 2:
        raise ValueError(
            f"`error`={error:g} is below the floor of {dtype.name} for {what}: a relative rms "
            f"error of about {plan.predicted_error:.2g}. Use a wider dtype, or a tree of gates"
        )


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
    r"""The flat network that multiplies `n` variables with the fewest neurons known here.

    The half cube takes $2^{n-1}$ neurons and needs a bias with $\sigma^{(n-1)}(b)=0\neq\sigma^{(n)}(b)$;
    the short grid takes $2^n-2$ and an affine skip; the corner $2^n-1$ and an output bias (or
    $\sigma(b)=0$); the cube takes $2^n$.

    Args:
        n: The number of variables.
        activation: The activation, by name or object.
        convention: Which biases and skip the network may use.
        kind: The box of vertices; the one with the fewest neurons where None.
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
        ValueError: If the convention leaves no way, the error is below the floor of the dtype, or
            n is beyond what a machine can evaluate.

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
        dtype=dtype,
    )
    check_error(plan, error, dtype, f"a flat product of {n} variables")
    block = plan.levels[0][0]
    if n > DENSE_INPUTS and richardson == 1 and block.kind != "short":
        return _streamed(block, dtype)
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
    dtype: Any = None,
) -> Plan:
    """Plans `flat_product`, with the same arguments: its neurons and the error to expect."""
    dtype, named = resolve_dtype(dtype), as_activation(activation)
    allowed = as_convention(convention)
    _check_inputs(n)
    if richardson > 1 and kind not in (None, "cube"):
        raise ValueError(f"`richardson` combines cubes; got `kind`={kind!r}")
    kinds = ("cube",) if richardson > 1 else _ORDER if kind is None else (kind,)
    operands = operands_of((1,) * n, n, inputs)
    for candidate in kinds:
        block = best_block(
            named,
            candidate,
            operands,
            dtype,
            hidden_bias=allowed.hidden_bias,
            bias=bias,
            scale=scale,
            richardson=richardson,
            skip=allowed.affine_skip,
        )
        if block is not None and (allowed.output_bias or block.constant == 0):
            return Plan(((block,),), predicted_error([(block, operands)], dtype))
    raise ValueError(
        f"`flat_product` of {n} variables cannot be built from {named.name} under {allowed.name}"
        + (f" as a {kind}" if kind else "")
        + ": it needs a bias where the derivative of that order does not vanish"
        + ("" if allowed.hidden_bias else "; allow hidden_bias")
    )


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
    if neurons not in (2, 3) and (neurons < 4 or neurons % 4):
        raise ValueError(f"`neurons` of a gate must be 2, 3 or a multiple of 4; got {neurons}")
    kind: Kind = {2: "half", 3: "corner"}.get(neurons, "cube")  # type: ignore[assignment]
    dtype = resolve_dtype(dtype)
    plan = plan_flat(
        2,
        activation,
        convention=Convention(hidden_bias=True, output_bias=True),
        kind=kind,
        bias=bias,
        scale=scale,
        richardson=max(1, neurons // 4),
        inputs=inputs,
        dtype=dtype,
    )
    check_error(plan, error, dtype, f"a gate of {neurons} neurons")
    return build(plan, dtype)


def build(plan: Plan, dtype: jnp.dtype) -> Network:
    """Writes the weights of a plan: readouts merge with the first layer of the level above.

    Raises:
        ValueError: If a weight matrix would take more than a gibibyte.
    """
    for level in plan.levels:
        rows, columns = sum(b.operands for b in level), sum(b.neurons for b in level)
        if rows * columns * 8 > DENSE_BYTES:
            raise ValueError(
                f"a layer of {columns} neurons on {rows} operands would need "
                f"{rows * columns / 2**27:.3g} GiB of weights: use more hidden layers"
            )
    activation = plan.levels[0][0].activation
    inputs = sum(block.operands for block in plan.levels[0])
    readout, constant = np.eye(inputs), np.zeros(inputs)
    skip = None
    layers = []
    for level in plan.levels:
        weight = _block_diagonal([block.scale * block.vertices.T for block in level])
        bias = np.concatenate([np.full(block.neurons, block.bias) for block in level])
        layers.append(_layer(readout @ weight, bias + constant @ weight, dtype))
        readout = _block_diagonal([block.weights[:, None] for block in level])
        constant = np.array([block.constant for block in level])
        if level[0].skip:  # flat networks only: one level, one block
            skip = jnp.asarray(level[0].skip_weights[:, None], dtype)
    layers.append(_layer(readout, constant, dtype))
    return Network(tuple(layers), activation, skip)


def _layer(weight: np.ndarray, bias: np.ndarray, dtype: jnp.dtype) -> Layer:
    has_bias = bool(np.any(bias != 0))
    return Layer(jnp.asarray(weight, dtype), jnp.asarray(bias, dtype) if has_bias else None)


def _block_diagonal(parts: list[np.ndarray]) -> np.ndarray:
    rows = np.cumsum([0] + [part.shape[0] for part in parts])
    columns = np.cumsum([0] + [part.shape[1] for part in parts])
    whole = np.zeros((rows[-1], columns[-1]))
    for part, row, column in zip(parts, rows, columns, strict=False):
        whole[row : row + part.shape[0], column : column + part.shape[1]] = part
    return whole


def _streamed(block: Block, dtype: jnp.dtype) -> ProductNodes:
    corner = block.kind == "corner"
    return ProductNodes(
        scale=jnp.asarray(block.scale, dtype),
        bias=jnp.asarray(block.bias, dtype) if block.bias else None,
        weight=jnp.asarray(block.weight, dtype),
        output_bias=jnp.asarray(block.constant, dtype) if block.constant else None,
        inputs=block.operands,
        nodes=(0.0, 1.0) if corner else (-1.0, 1.0),
        factors=(-1.0, 1.0),
        half=block.kind == "half",
        activation=block.activation,
    )


def _check_inputs(n: int) -> None:
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        raise ValueError(f"`n` must be a positive integer, the number of variables; got {n!r}")
    if n > MOST_INPUTS:
        raise ValueError(
            f"`n`={n} needs about 2^{n} neurons in one hidden layer, {n} * 2^{n + 3} bytes of "
            f"weights and as many activations for every point; the most that is evaluated is "
            f"{MOST_INPUTS}. product_tree({n}, ...) takes {4 * (n - 1)} neurons"
        )
