"""Blocks level by level: what each multiplies, and how exactly it must be summed.

A layer hands products of inputs to the next. What is best for a block depends on the blocks on both
sides of it: those below say how large its operands are and how they are rounded, that above how
much its own rounding will count. So the levels are gone through a few times, from the first layer
up, until nothing changes.
"""

from typing import NamedTuple

import jax.numpy as jnp

from noflat.activations import Activation
from noflat.activations import activation as as_activation
from noflat.constructions.blocks import Block
from noflat.constructions.operands import NONE, Inputs, Operands, PerPoints, operands_of
from noflat.constructions.plans import Plan
from noflat.constructions.precision import (
    amplifications,
    predicted_error,
    rounding,
    unit_roundoff,
)
from noflat.constructions.search import best_block

MOST_OPERANDS = 20
"""The largest group that is written out with dense weights."""

_ROUNDS = 8
"""The most passes over the levels; each lowers the predicted error, and few are needed."""

Groups = tuple[tuple[int, ...], ...]
"""For each hidden layer the sizes of its groups, in the order of what they multiply."""

Level = tuple[tuple[Block, Operands], ...]


class Factor(NamedTuple):
    """What a level hands to the next: a product of some inputs, with rounding errors.

    Attributes:
        count: The number of inputs it is a product of.
        noises: The relative error with which each neuron above sums it anew, by number of points.
        shifted: Whether a constant comes with it.
    """

    count: int
    noises: PerPoints = NONE
    shifted: bool = False


def plan_levels(
    groups: Groups, activation: str | Activation, halved: bool, inputs: Inputs, dtype: jnp.dtype
) -> Plan:
    """Plans a product by the groups of each layer.

    Args:
        groups: The sizes of the groups; those of the first layer add up to the number of inputs.
        activation: The activation, by name or object.
        halved: Whether the blocks are half cubes.
        inputs: The law that the error is meant for.
        dtype: Of the weights.

    Returns:
        The plan.

    Raises:
        ValueError: If a group is too large, or the activation has no bias for its block.
    """
    named = as_activation(activation)
    if max(max(sizes) for sizes in groups) > MOST_OPERANDS:
        raise ValueError(
            f"groups of {max(map(max, groups))} would take 2^{max(map(max, groups))} neurons each: "
            f"ask for more hidden layers than {len(groups)}"
        )
    gains = [(NONE,) * len(sizes) for sizes in groups]
    levels: list[Level] = []
    for _ in range(_ROUNDS):
        before, levels = levels, _levels(groups, gains, named, halved, inputs, dtype)
        if levels == before:
            break
        gains = [*map(_gains, levels[1:]), (NONE,)]
    blocks = tuple(tuple(block for block, _ in level) for level in levels)
    return Plan(blocks, predicted_error([pair for level in levels for pair in level], dtype))


def _levels(
    groups: Groups,
    gains: list[tuple[PerPoints, ...]],
    named: Activation,
    halved: bool,
    inputs: Inputs,
    dtype: jnp.dtype,
) -> list[Level]:
    """The best blocks from the first layer up, given how much the rounding of each counts above."""
    total = sum(groups[0])
    factors, levels = [Factor(1)] * total, []
    for sizes, level_gains in zip(groups, gains, strict=True):
        level, start = [], 0
        for size, gain in zip(sizes, level_gains, strict=True):
            operands = _operands(factors[start : start + size], total, inputs)
            level.append((_block(named, operands, halved, dtype, gain), operands))
            start += size
        levels.append(tuple(level))
        factors = [_factor(block, operands, dtype) for block, operands in level]
    return levels


def _operands(factors: list[Factor], total: int, inputs: Inputs) -> Operands:
    rows = operands_of(tuple(factor.count for factor in factors), total, inputs)
    return tuple(
        tuple(
            operand._replace(noise=factor.noises[k], shifted=factor.shifted)
            for operand, factor in zip(row, factors, strict=True)
        )
        for k, row in enumerate(rows)
    )


def _factor(block: Block, operands: Operands, dtype: jnp.dtype) -> Factor:
    few, many, most = (
        float(rounding(block, row, unit_roundoff(dtype), block.scale)) for row in operands
    )
    count = sum(operand.count for operand in operands[0])
    return Factor(count, (few, many, most), block.constant != 0)


def _gains(level: Level) -> tuple[PerPoints, ...]:
    """How much the rounding of each factor that a level takes counts in the block that takes it."""
    gains = []
    for block, operands in level:
        few, many, most = (amplifications(block, row, block.scale) for row in operands)
        gains += zip(map(float, few), map(float, many), map(float, most), strict=True)
    return tuple(gains)


def _block(
    named: Activation, operands: Operands, halved: bool, dtype: jnp.dtype, gains: PerPoints
) -> Block:
    # a group of one is carried along by the corner of one neuron, sigma(b + lambda x) - sigma(b)
    kind = "corner" if len(operands[0]) == 1 else "half" if halved else "cube"
    block = best_block(named, kind, operands, dtype, gains=gains)
    if block is None:
        raise ValueError(
            f"`activation` {named.name} has no bias for a {kind} of {len(operands[0])} factors: "
            + ("leave `halved` out" if kind == "half" else "take another activation")
        )
    return block
