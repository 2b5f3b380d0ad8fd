"""Measured errors and weights as the product grows: flat networks, and trees beside them."""

from dataclasses import replace
from math import log2
from typing import Any

from noflat.experiments._floors import case, measured, middle, point_sets
from noflat.experiments.records import Row

FLAT = "flat"
"""The family of the fewest neurons: half cubes of cos for even n and of sin for odd n."""

COMBINED = "flat x3"
"""Cubes of exp at three Richardson scales: six times the neurons."""

_DENSE = 12
"""Beyond this many inputs the network is streamed."""

_FEWER = 27
"""Beyond it sets have so many points that points times 2^n are two to this."""


def label(family: str, n: int) -> str:
    """The flat network of a family with n inputs."""
    if family == COMBINED:
        return f"exp cube {n} at 0 x3"
    return f"{'sin' if n % 2 else 'cos'} half {n} at 0"


def flat_row(family: str, n: int, dtype: str, run: bool, points: int, sets: int, seed: int) -> Row:
    """A flat product: what is predicted, and what is measured where it is run."""
    import jax.numpy as jnp

    from noflat.constructions.blocks import richardson_coefficients
    from noflat.constructions.plans import build, stream

    kind, asked = jnp.dtype(dtype), case(label(family, n))
    plan = asked.planned(dtype)
    block = plan.levels[0][0]
    row: Row = {
        "family": family,
        "activation": asked.activation,
        "n": n,
        "dtype": dtype,
        "neurons": plan.neurons,
        "bytes": (n + 1) * plan.neurons * kind.itemsize,
        "log2_scale": float(log2(block.scale)),
        "largest_weight": abs(block.weight)
        * max(map(abs, richardson_coefficients(block.richardson))),
        "predicted": plan.predicted_error,
    }
    size = (points, sets) if n <= _DENSE else (min(points, 2 ** max(8, _FEWER - n)), 3)
    drawn = point_sets(n, *size, seed)
    errors: Row = dict.fromkeys(("measured", "low", "high"))
    if run:
        network = build(plan, kind) if n <= _DENSE else stream(block, kind)
        errors = middle(measured(network, drawn, dtype))
    return row | errors | {"exact_arithmetic": _exact_arithmetic(family, block, drawn)}


def _exact_arithmetic(family: str, block: Any, drawn: Any) -> float | None:
    """What the error would be without rounding: these networks are products of sin(scale x)."""
    import numpy as np

    if family != FLAT:
        return None
    errors = []
    for x in drawn:
        wanted = np.prod(x, axis=1)
        found = np.prod(np.sin(block.scale * x) / block.scale, axis=1)
        errors.append(np.sqrt(np.sum((found - wanted) ** 2) / np.sum(wanted**2)))
    return float(np.median(errors))


def tree_row(activation: str, n: int, dtype: str, points: int, sets: int, seed: int) -> Row:
    """A tree with a scale for each level, and with the best single gate for all levels."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    from noflat.constructions import plan_tree
    from noflat.constructions.plans import build

    kind, plan = jnp.dtype(dtype), plan_tree(n, activation, dtype=dtype)
    network = build(plan, kind)
    drawn = point_sets(n, points, sets, seed)
    errors = measured(network, drawn, dtype)
    scales = [log2(level[0].scale) for level in plan.levels]
    best = _fixed(plan, n, dtype, drawn) if n > 2 and dtype != "bfloat16" else (None,) * 3
    return {
        "family": "tree",
        "activation": activation,
        "n": n,
        "dtype": dtype,
        "neurons": network.neurons,
        "bytes": sum(leaf.nbytes for leaf in jax.tree.leaves(network)),
        "first_log2_scale": scales[0],
        "last_log2_scale": scales[-1],
        "largest_weight": max(
            float(np.max(np.abs(np.asarray(layer.weight, float)))) for layer in network.layers
        ),
        "predicted": plan.predicted_error,
        **middle(errors),
        "fixed": best[0],
        "fixed_predicted": best[1],
        "fixed_log2_scale": best[2],
    }


def _fixed(plan: Any, n: int, dtype: str, drawn: Any) -> tuple[float, float, int]:
    """The least error of one gate and scale for all levels: measured, predicted, at which scale."""
    import jax.numpy as jnp
    import numpy as np

    from noflat.constructions import Plan
    from noflat.constructions.plans import build

    scales = [log2(level[0].scale) for level in plan.levels]
    found = []
    for bias in {level[0].bias for level in plan.levels}:
        for power in range(round(min(scales)) - 1, round(max(scales)) + 2):
            levels = tuple(
                tuple(replace(block, bias=bias, scale=2.0**power) for block in level)
                for level in plan.levels
            )
            errors = measured(build(Plan(levels, 0.0), jnp.dtype(dtype)), drawn, dtype)
            median = float(np.nan_to_num(np.median(errors), nan=np.inf))
            found.append((median, _without_noise(levels, n, dtype), power))
    least = min(found)
    return least[0], min(prediction for _, prediction, _ in found), least[2]


def _without_noise(levels: Any, n: int, dtype: str) -> float:
    """The predicted error of a binary tree, but for the rounding of its operands."""
    import jax.numpy as jnp

    from noflat.constructions.operands import operands_of
    from noflat.constructions.precision import predicted_error

    pairs = []
    for depth, level in enumerate(levels):
        operands = operands_of((2**depth, 2**depth), n, "cube")
        pairs += [(block, operands) for block in level]
    return predicted_error(pairs, jnp.dtype(dtype))


def weight_rows(n: int, log2_scale: int) -> list[Row]:
    """The largest output weights of float64 networks, beside the formula in balls of 200 bits."""
    names = [f"{'sin' if n % 2 else 'cos'} half {n} at 0", f"exp cube {n} at 0"]
    names.append(f"{'tanh' if n % 2 else 'silu'} half {n}" + (" at 0" if n > 2 else ""))
    return [
        _weight_row(name, n, way, scale)
        for name in names
        for way, scale in (("fixed", 2.0**log2_scale), ("chosen", None))
    ]


def _weight_row(name: str, n: int, way: str, scale: float | None) -> Row:
    import flint
    import jax.numpy as jnp
    import numpy as np

    from noflat.activations import derivative_balls
    from noflat.constructions.plans import build

    asked = case(name)
    plan = asked.planned("float64", scale)
    block = plan.levels[0][0]
    readout = build(plan, jnp.dtype("float64")).layers[-1].weight
    largest = float(np.max(np.abs(np.asarray(readout))))
    power = n if asked.kind == "cube" else n - 1
    with flint.ctx.workprec(200):
        leading = derivative_balls(block.activation, n, block.bias, precision=200)[n]
        formula = 1 / (2**power * abs(leading) * flint.arb(block.scale) ** n)
        exact = formula.contains(flint.arb(largest))
        difference = 0.0 if exact else abs(float(flint.arb(largest) / formula - 1)) * 2.0**53
    return {
        "network": name,
        "activation": asked.activation,
        "n": n,
        "way": way,
        "log2_scale": float(log2(block.scale)),
        "formula": float(formula),
        "largest_weight": largest,
        "roundings": difference,
    }
