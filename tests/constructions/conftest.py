"""The second route: blocks in ball arithmetic, from the formulas of the theorem; derivatives."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import prod
from typing import NamedTuple

import flint
import jax
import pytest
from jaxtyping import Array, Float

from noflat.activations import derivative_balls
from noflat.constructions.blocks import Block
from noflat.networks import Network


class ExactBlock(NamedTuple):
    """A block's weights in ball arithmetic: the activation of the t . x of a vertex, times w."""

    vertices: list[list[flint.arb]]
    weights: list[flint.arb]
    constant: flint.arb
    skip: list[flint.arb]


def ball(value: Fraction | float | int) -> flint.arb:
    return flint.arb(flint.fmpq(*Fraction(value).as_integer_ratio()))


def box(block: Block) -> Iterator[tuple[list[flint.arb], flint.arb]]:
    """The vertices of Theorem 1, scale left out, and the sign or factor of each."""
    r = block.operands
    if block.kind == "short":
        for subset in product((0, 1), repeat=r - 1):
            root = flint.arb(sum(subset)).sqrt()
            for sign in (1, -1) if any(subset) else ():
                factor = sign * (-1) ** (r - 1 - sum(subset)) / (2 * root)
                yield [sign * root, *map(flint.arb, subset)], factor
        return
    for signs in product((0, 1) if block.kind == "corner" else (-1, 1), repeat=r):
        if any(signs) and not (block.kind == "half" and signs[0] == -1):
            yield list(map(flint.arb, signs)), flint.arb(prod(1 if s == 1 else -1 for s in signs))


def weigh(block: Block) -> ExactBlock:
    r, ratios = block.operands, [4**k for k in range(block.richardson)]
    if block.activation.name == "relu_squared":  # by its even part t^2/2
        values = [flint.arb(0), flint.arb(0), flint.arb(1)]
    else:
        values = derivative_balls(block.activation, max(r, 1), block.bias, precision=flint.ctx.prec)
    share = {"cube": 2**r, "half": 2 ** (r - 1)}.get(block.kind, 1)
    weight = 1 / (share * values[r] * ball(block.scale) ** r)
    vertices, weights = [], []
    for k, ratio in enumerate(ratios):
        gamma = prod((Fraction(o, o - ratio) for o in ratios if o != ratio), start=Fraction(1))
        for vertex, factor in box(block):
            vertices.append([2**k * v for v in vertex])
            weights.append(weight * factor * ball(gamma) / 2 ** (k * r))
    constant = (-1) ** r * weight * values[0] if block.kind == "corner" else flint.arb(0)
    slope = -ball(block.scale) * values[1] if block.skip else flint.arb(0)
    columns = zip(*vertices, strict=True)
    skip = [
        slope * sum((w * v for w, v in zip(weights, column, strict=True)), flint.arb(0))
        for column in columns
    ]
    return ExactBlock(vertices, weights, constant, skip)


def evaluate(block: Block, x: Sequence[Fraction]) -> flint.arb:
    point = [ball(v) for v in x]
    exact = weigh(block)
    total = exact.constant + sum((s * v for s, v in zip(exact.skip, point, strict=True)))
    for vertex, weight in zip(exact.vertices, exact.weights, strict=True):
        argument = sum((t * v for t, v in zip(vertex, point, strict=True)), flint.arb(0))
        argument = ball(block.bias) + ball(block.scale) * argument
        (value,) = derivative_balls(block.activation, 0, argument, precision=flint.ctx.prec)
        total = total + weight * value
    return total


@pytest.fixture(scope="session")
def exact_weights() -> Callable[[Block], ExactBlock]:
    """The weights of a block, by the formulas of Theorem 1 in 700 bits."""

    def weights(block: Block) -> ExactBlock:
        with flint.ctx.workprec(700):
            return weigh(block)

    return weights


@pytest.fixture(scope="session")
def exact_error() -> Callable[[Block, Sequence[Fraction]], flint.arb]:
    """The relative error of a block at a rational point, in 700 bits; nothing is rounded away."""

    def error(block: Block, x: Sequence[Fraction]) -> flint.arb:
        with flint.ctx.workprec(700):
            return evaluate(block, x) / ball(prod(x, start=Fraction(1))) - 1

    return error


@pytest.fixture(scope="session")
def derivatives_along() -> Callable[[Network, Float[Array, " inputs"], int], list[float]]:
    """The derivatives of a network at 0 along a line, up to an order."""

    def derivatives(network: Network, line: Float[Array, " inputs"], order: int) -> list[float]:
        def along(t):
            return network(t * line)[0]

        found, derivative = [], along
        for _ in range(order + 1):
            found.append(float(derivative(0.0)))
            derivative = jax.grad(derivative)
        return found

    return derivatives
