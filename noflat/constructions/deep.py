r"""Deep networks for any polynomial: an arithmetic circuit, compiled layer by layer.

A layer holds the products of one depth, each a block of neurons on two affine forms, and carries
along what later layers still need: as many linear forms as that has dimensions, and no more.
Affine forms cost nothing, for they merge into the weights.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from noflat.activations import Activation
from noflat.activations import activation as as_activation
from noflat.arguments import positive
from noflat.constructions.blocks import Block, Kind, block_derivatives
from noflat.constructions.layering import Step, layered
from noflat.constructions.operands import Inputs, drawn, operands_of
from noflat.constructions.plans import layer, resolve_dtype, rounded
from noflat.constructions.search import best_block
from noflat.conventions import Convention
from noflat.conventions import convention as as_convention
from noflat.networks.dense import Network
from noflat.targets.circuits import Circuit, Form, circuit

_POINTS = 2**12
"""Of the inputs' law, from which the sizes of operands are taken; only scales depend on them."""


class Part(NamedTuple):
    """The neurons of one step: a block, and which affine forms its vertices weigh.

    Attributes:
        step: What they compute.
        block: On operands of size 1.
        sizes: The root mean squares of the operands, by which they are divided.
        rows: The distinct directions among the vertices, the zero one left out.
        readout: The weights of these neurons for the value of the step.
        constant: What the neurons of direction zero would add, as a number.
    """

    step: Step
    block: Block
    sizes: tuple[float, ...]
    rows: tuple[tuple[int, ...], ...]
    readout: tuple[float, ...]
    constant: float

    @property
    def neurons(self) -> int:
        """Their number."""
        return len(self.rows)


class DeepPlan(NamedTuple):
    """What `deep_polynomial` will build.

    Attributes:
        circuit: What is compiled.
        parts: For each hidden layer the steps with their neurons.
        constants: For each hidden layer the bias of a neuron of constant value, if one is needed.
        output: The value, an affine form of the steps of the last layer.
        skip: The linear form of the inputs that an affine skip adds.
    """

    circuit: Circuit
    parts: tuple[tuple[Part, ...], ...]
    constants: tuple[float | None, ...]
    output: Form
    skip: Form

    @property
    def widths(self) -> tuple[int, ...]:
        """The neurons of each hidden layer."""
        pairs = zip(self.parts, self.constants, strict=True)
        return tuple(sum(part.neurons for part in layer) + (b is not None) for layer, b in pairs)

    @property
    def neurons(self) -> int:
        """All of them."""
        return sum(self.widths)

    @property
    def counts(self) -> dict[str, int]:
        """The neurons that multiply, square, carry values along, and are constant."""
        found = {"products": 0, "squares": 0, "carried": 0, "constants": len(self.constants)}
        found["constants"] -= self.constants.count(None)
        for part in chain(*self.parts):
            found[part.step.kind] += part.neurons
        return found


def deep_polynomial(
    target: Any,
    activation: str | Activation,
    *,
    convention: str | Convention = Convention(hidden_bias=True, output_bias=True),
    halved: bool = False,
    inputs: Inputs = "cube",
    scale: float | None = None,
    error: float | None = None,
    dtype: Any = None,
) -> Network:
    r"""A deep network for a polynomial, of as many neurons as its circuit has products, times four.

    A product takes 4 neurons, or 2 where `halved`; a square 2, or 1; a value that is carried past
    a layer 1, or 2 where its constant has nowhere to go. Without hidden biases the constants of a
    layer cost it one neuron more.

    Args:
        target: A `Circuit`, or what `circuit` takes: a string or SymPy expression keeps the way it
            is written.
        activation: The activation, by name or object.
        convention: Which biases and skip the network may use.
        halved: Whether to use gates with half the neurons; they need a hidden bias with
            $\sigma'(b)=0\neq\sigma''(b)$ and are less accurate.
        inputs: The law that the scales are meant for: uniform on $[-1,1]^n$, or standard normal.
        scale: The factor on every operand, once that is divided by its size; for each block that of
            least predicted error where None.
        error: The relative rms error that it must not exceed at 4096 points of that law, or None.
        dtype: Of the weights; JAX's default where None.

    Returns:
        The network.

    Raises:
        ValueError: If the target is affine, the activation or the convention leaves no way, or the
            error is below the floor.

    Example:
        >>> from noflat.constructions import deep_polynomial
        >>> deep_polynomial("(x + y)**8", "silu").widths
        (2, 2, 2)

    Reference:
        Lin, Tegmark and Rolnick (2017), the corollary of Theorem 1; Rolnick and Tegmark (2018),
        Theorems 4.1 and 4.6.
    """
    dtype = resolve_dtype(dtype)
    plan = plan_deep(
        target,
        activation,
        convention=convention,
        halved=halved,
        inputs=inputs,
        scale=scale,
        dtype=dtype,
    )
    network = _build(plan, dtype)
    if error is not None:
        measured = _error(network, plan.circuit, drawn(plan.circuit.inputs, inputs, _POINTS))
        if positive(error, "error", "or None") < measured:
            raise ValueError(
                f"`error`={error:g} is out of reach in {dtype.name}: the relative rms error is "
                f"{measured:.2g}. Use a wider dtype" + (" or leave `halved` out" if halved else "")
            )
    return network


def plan_deep(
    target: Any,
    activation: str | Activation,
    *,
    convention: str | Convention = Convention(hidden_bias=True, output_bias=True),
    halved: bool = False,
    inputs: Inputs = "cube",
    scale: float | None = None,
    dtype: Any = None,
) -> DeepPlan:
    """Plans `deep_polynomial`: its widths, and what each neuron is for.

    Arguments and errors are those of `deep_polynomial`.

    Example:
        >>> from noflat.constructions.deep import plan_deep
        >>> plan_deep("x*y + z*w + z", "exp").counts
        {'products': 8, 'squares': 0, 'carried': 1, 'constants': 0}
    """
    dtype, named, allowed = (
        resolve_dtype(dtype),
        as_activation(activation),
        as_convention(convention),
    )
    asked = target if isinstance(target, Circuit) else circuit(target)
    if asked.depth == 0:
        raise ValueError("`target` must have a product; an affine function takes no hidden layer")
    operands_of((1,), 1, inputs)  # the law is known
    if scale is not None:
        scale = positive(scale, "scale", "the factor on operands of size 1, or None")
    found, problem = [], None
    for one in dict.fromkeys((allowed, replace(allowed, hidden_bias=False))):
        try:
            found.append(_planned(asked, named, one, halved, inputs, scale, dtype))
        except ValueError as refusal:
            problem = problem or refusal
    if problem and not found:
        raise problem
    return min(found, key=lambda plan: plan.neurons)


def _planned(
    asked: Circuit,
    named: Activation,
    allowed: Convention,
    halved: bool,
    inputs: Inputs,
    scale: float | None,
    dtype: jnp.dtype,
) -> DeepPlan:
    layers, output, skip = layered(
        asked, constants=allowed.hidden_bias, skipped=allowed.affine_skip
    )
    points = drawn(asked.inputs, inputs, _POINTS)
    values, parts = points, []
    for steps in layers:
        shared = (values, named, allowed, halved, inputs, scale, dtype)
        parts.append(tuple(_part(step, *shared) for step in steps))
        values = np.stack([step.value(values) for step in steps], axis=1)
    constants = _constants(parts, output, allowed, named)
    return DeepPlan(asked, tuple(parts), constants, output, skip)


def _part(
    step: Step,
    values: Float[np.ndarray, "points values"],
    named: Activation,
    allowed: Convention,
    halved: bool,
    inputs: Inputs,
    scale: float | None,
    dtype: jnp.dtype,
) -> Part:
    """The fewest neurons for a step, at the bias and scale of least predicted error."""
    r = len(step.operands)
    operands = operands_of((1,) * r, r, inputs)
    free = allowed.hidden_bias
    kinds: tuple[Kind, ...] = ("half" if halved else "cube",)
    if r == 1:
        kinds = ("corner", "cube")
    found = (
        best_block(named, kind, operands, dtype, hidden_bias=free, scale=scale) for kind in kinds
    )
    block = next((block for block in found if block is not None), None)
    if block is None:
        what = "carry a value along" if r == 1 else f"multiply by a {kinds[0]} of two"
        raise ValueError(
            f"`activation` {named.name} has no bias to {what} under {allowed.name}: "
            + ("leave `halved` out, or " if halved else "")
            + ("take another activation" if free else "allow hidden_bias")
        )
    sizes = tuple(
        float(np.sqrt(np.mean(_evaluate(form, values) ** 2))) or 1.0 for form in step.operands
    )
    return _merged(step, block, sizes)


def _merged(step: Step, block: Block, sizes: tuple[float, ...]) -> Part:
    """Vertices that weigh the same sum of operands are one neuron; that of none is a constant."""
    found: dict[tuple[int, ...], float] = {}
    constant = block.constant
    for vertex, weight in zip(block.vertices.astype(int).tolist(), block.weights, strict=True):
        row = (sum(vertex),) if step.kind == "squares" else tuple(vertex)
        found[row] = found.get(row, 0.0) + float(weight)
    zero = tuple(0 for _ in next(iter(found)))
    at_bias = block_derivatives(block.activation, 0, block.bias)[0]
    constant += found.pop(zero, 0.0) * at_bias
    factor = float(np.prod(sizes))
    readout = tuple(weight * factor for weight in found.values())
    return Part(step, block, sizes, tuple(found), readout, constant * factor)


def _evaluate(form: Form, values: Float[np.ndarray, "points values"]) -> np.ndarray:
    return float(form.constant) + sum(
        (float(c) * values[:, i] for i, c in form.terms), np.zeros(len(values))
    )


def _constants(
    parts: Sequence[Sequence[Part]], output: Form, allowed: Convention, named: Activation
) -> tuple[float | None, ...]:
    """Where the constants of a layer go into no bias, that of a neuron of weight 0 to hold them."""
    needed = [
        not allowed.hidden_bias and any(part.constant for part in layer) for layer in parts[:-1]
    ]
    last = sum(c * Fraction(parts[-1][i].constant) for i, c in output.terms) + output.constant
    needed.append(not allowed.output_bias and last != 0)
    biases = (0.0, 1.0, 2.0) if allowed.hidden_bias else (0.0,)
    bias = next((b for b in biases if _at(named, b) != 0), None)
    if any(needed) and bias is None:
        raise ValueError(
            f"`target` is not 0 at 0, but every network of {named.name} without biases is: allow "
            "output_bias"
        )
    return tuple(bias if need else None for need in needed)


def _error(network: Network, asked: Circuit, points: Float[np.ndarray, "points n"]) -> float:
    """The relative rms error at the points, against the circuit in float64."""
    values, own = list(points.T), network.layers[0].weight.dtype
    for gate in asked.gates:
        below = np.stack(values, axis=1)
        values.append(_evaluate(gate.left, below) * _evaluate(gate.right, below))
    exact = _evaluate(asked.output, np.stack(values, axis=1))
    found = np.asarray(jax.vmap(network)(jnp.asarray(points, own))[:, 0], float)
    return float(np.sqrt(np.mean((found - exact) ** 2) / np.mean(exact**2)))


class Stage(NamedTuple):
    """A hidden layer in float64, and how the values of its steps are read from it.

    Attributes:
        weight: From the values of the layer below.
        bias: Of its neurons.
        readout: From its neurons to its values.
        constant: What is added to them.
    """

    weight: Float[np.ndarray, "below neurons"]
    bias: Float[np.ndarray, " neurons"]
    readout: Float[np.ndarray, "neurons values"]
    constant: Float[np.ndarray, " values"]


def stages(plan: DeepPlan) -> list[Stage]:
    """The layers of a plan, before readouts merge with the weights above them."""
    found, below = [], plan.circuit.inputs
    for parts, constant_bias in zip(plan.parts, plan.constants, strict=True):
        weight, bias = _first_weights(parts, below)
        readout, constant = _readout(parts), np.array([part.constant for part in parts])
        if constant_bias is not None:  # one more neuron, of weight 0, holds them
            weight, bias = np.pad(weight, ((0, 0), (0, 1))), np.append(bias, constant_bias)
            value = _at(parts[0].block.activation, constant_bias)
            readout, constant = np.vstack([readout, constant / value]), 0 * constant
        found.append(Stage(weight, bias, readout, constant))
        below = len(parts)
    return found


def _build(plan: DeepPlan, dtype: jnp.dtype) -> Network:
    readout, constant = np.eye(plan.circuit.inputs), np.zeros(plan.circuit.inputs)
    layers = []
    for stage in stages(plan):
        layers.append(layer(readout @ stage.weight, stage.bias + constant @ stage.weight, dtype))
        readout, constant = stage.readout, stage.constant
    last = _dense(plan.output, len(constant))
    final, offset = readout @ last, constant @ last + float(plan.output.constant)
    activation = plan.parts[0][0].block.activation
    if plan.constants[-1] is not None:
        final[-1] += float(plan.output.constant) / _at(activation, plan.constants[-1])
        offset = 0.0
    layers.append(layer(final[:, None], np.array([offset]), dtype))
    skip = (
        rounded(_dense(plan.skip, plan.circuit.inputs)[:, None], dtype) if plan.skip.terms else None
    )
    return Network(tuple(layers), activation, skip)


def _dense(form: Form, size: int) -> Float[np.ndarray, " size"]:
    found = np.zeros(size)
    for i, c in form.terms:
        found[i] = float(c)
    return found


def _first_weights(parts: Sequence[Part], values: int) -> tuple[np.ndarray, np.ndarray]:
    columns, biases = [], []
    for part in parts:
        for row in part.rows:
            column, bias = np.zeros(values), part.block.bias
            pairs = zip(row, part.step.operands, part.sizes, strict=False)
            for entry, form, size in pairs:
                factor = part.block.scale * entry / size
                bias += factor * float(form.constant)
                for i, c in form.terms:
                    column[i] += factor * float(c)
            columns.append(column)
            biases.append(bias)
    return np.stack(columns, axis=1), np.array(biases)


def _at(activation: Activation, bias: float) -> float:
    return block_derivatives(activation, 0, bias)[0] if activation.smooth else 0.0


def _readout(parts: Sequence[Part]) -> np.ndarray:
    readout, row = np.zeros((sum(part.neurons for part in parts), len(parts))), 0
    for k, part in enumerate(parts):
        readout[row : row + part.neurons, k] = part.readout
        row += part.neurons
    return readout
