"""Measured errors beside the model's: one block at many scales, and what a dtype does to it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache
from math import log2
from typing import Any, NamedTuple

from noflat.experiments.records import Row

DTYPES = ("bfloat16", "float32", "float64")

_NEAR, _FAR = 4, 16
"""In half powers of two around the chosen scale: where all are tried, and where whole ones are."""

_LABEL = re.compile(r"(\w+) (\w+) (\d+)(?: at (-?\d+\.?\d*))?(?: x(\d+))?")

_STEPWISE = 512
"""Points on which a network is compared with NumPy."""

_CLEAN = 20.0
"""A branch of the curve is fitted where its term is so many times the other."""


class Case(NamedTuple):
    """A flat product of one block.

    Attributes:
        activation: Its name.
        kind: Which box of vertices.
        n: The number of inputs; a gate has 2.
        bias: The bias, chosen where None.
        richardson: The number of scales combined.
    """

    activation: str
    kind: Any
    n: int
    bias: float | None
    richardson: int

    def planned(self, dtype: str, scale: float | None = None) -> Any:
        """The plan that the library makes of it."""
        from noflat.constructions import plan_flat

        return plan_flat(
            self.n,
            self.activation,
            convention="hidden_bias+output_bias",
            kind=self.kind,
            bias=self.bias,
            scale=scale,
            richardson=self.richardson,
            dtype=dtype,
        )


def case(label: str) -> Case:
    """Reads `softplus cube 2 at 0 x3`: activation, kind, inputs, the bias, Richardson scales.

    Raises:
        ValueError: If it is not of that form.
    """
    found = _LABEL.fullmatch(label)
    if found is None:
        raise ValueError(
            "`networks` must be like 'silu cube 2', 'tanh half 3 at 0' or 'exp cube 4 at 0 x2'; "
            f"got {label!r}"
        )
    activation, kind, n, bias, scales = found.groups()
    return Case(activation, kind, int(n), None if bias is None else float(bias), int(scales or 1))


@cache
def _evaluator() -> Any:
    import jax

    def outputs(network: Any, points: Any) -> Any:
        return jax.vmap(network)(points)[:, 0]

    # else XLA keeps bfloat16 values in float32 between operations that it fuses
    return jax.jit(outputs, compiler_options={"xla_allow_excess_precision": False})


def outputs(network: Any, points: Any) -> Any:
    """The outputs of a network on points of its dtype, every operation rounded to that dtype."""
    import numpy as np

    return np.asarray(_evaluator()(network, points)).astype(float)


@lru_cache(maxsize=4)
def point_sets(n: int, count: int, sets: int, seed: int) -> tuple[Any, ...]:
    """Independent sets of points of the cube, in float64."""
    from noflat.measure import sample

    return tuple(sample("cube", n, count, seed=1000 * seed + i) for i in range(sets))


def measured(network: Any, sets: Sequence[Any], dtype: str) -> Any:
    """The relative rms error on each set of points; the product is that of the rounded points."""
    import jax.numpy as jnp
    import numpy as np

    errors = []
    for points in sets:
        rounded = jnp.asarray(points, dtype)
        wanted = np.prod(np.asarray(rounded).astype(float), axis=1)
        largest = np.max(np.abs(wanted))  # the squares of small products would underflow
        miss = (outputs(network, rounded) - wanted) / largest
        errors.append(np.sqrt(np.sum(miss**2) / np.sum((wanted / largest) ** 2)))
    return np.array(errors)


def middle(values: Any) -> dict[str, float]:
    """The median over the sets of points, and the ends of their range."""
    import numpy as np

    return {
        "measured": float(np.median(values)),
        "low": float(np.min(values)),
        "high": float(np.max(values)),
    }


class Swept(NamedTuple):
    """What a case gave in one dtype: its row, the rows of its curve, the floor on each set."""

    row: Row
    curve: list[Row]
    floors: Any


def swept(label: str, dtype: str, points: int, sets: int, seed: int) -> Swept:
    """Measures one case in one dtype at many scales."""
    import jax.numpy as jnp
    import numpy as np

    from noflat.constructions.floors import two_terms
    from noflat.constructions.operands import operands_of
    from noflat.constructions.plans import Plan, build
    from noflat.constructions.precision import rounding, truncation, unit_roundoff

    asked, kind = case(label), jnp.dtype(dtype)
    plan = asked.planned(dtype)
    block = plan.levels[0][0]
    operands, u = operands_of((1,) * asked.n, asked.n, "cube")[1], unit_roundoff(kind)
    terms = two_terms(block, operands)
    drawn = point_sets(asked.n, points, sets, seed)
    scales = _scales(block.scale)
    truncated = np.asarray(truncation(block, operands, scales))
    rounded = np.asarray(rounding(block, operands, u, scales))
    kept = (truncated + rounded < 3) | (np.abs(np.log2(scales / block.scale)) < 2)
    scales, truncated, rounded = scales[kept], truncated[kept], rounded[kept]
    errors = np.array(
        [
            measured(build(Plan(((replace(block, scale=float(s)),),), 0.0), kind), drawn, dtype)
            for s in scales
        ]
    )
    name = {"network": label, "dtype": dtype}
    curve = [
        name
        | {"log2_scale": float(log2(s)), "truncation": float(t), "rounding": float(r)}
        | {"predicted": float(t + r), "two_terms": float(terms.error(s, u)), **middle(e)}
        for s, t, r, e in zip(scales, truncated, rounded, errors, strict=True)
    ]
    best, chosen = np.argmin(np.median(errors, axis=1)), np.argmin(np.abs(scales - block.scale))
    row = name | {
        "activation": asked.activation,
        "kind": asked.kind,
        "n": asked.n,
        "richardson": asked.richardson,
        "neurons": plan.neurons,
        "bias": block.bias,
        "order": terms.order,
        "steepness": terms.steepness,
        "A": terms.truncation,
        "B": terms.rounding,
        "closed_scale": terms.best_scale(u),
        "closed_floor": terms.floor(u),
        "predicted": min(line["predicted"] for line in curve),
        **middle(errors.min(axis=0)),
        "best_log2_scale": float(log2(scales[best])),
        "chosen_log2_scale": float(log2(block.scale)),
        "chosen_predicted": plan.predicted_error,
        "chosen": float(np.median(errors[chosen])),
        **_branch("truncation", scales, errors, truncated, rounded),
        **_branch("rounding", scales, errors, rounded, truncated),
    }
    return Swept(row, curve, errors.min(axis=0))


def _scales(chosen: float) -> Any:
    """Half powers of two near the chosen scale, whole ones farther away."""
    import numpy as np

    middle = round(2 * log2(chosen))
    near = {middle + i for i in range(-_NEAR, _NEAR + 1)}
    far = {k for k in range(middle - _FAR, middle + _FAR + 1) if k % 2 == 0}
    return 2.0 ** (np.array(sorted(near | far)) / 2)


def _branch(name: str, scales: Any, errors: Any, term: Any, other: Any) -> Row:
    """Where one term decides: the slope between doubly logarithmic axes, and measured over it."""
    import numpy as np

    from noflat.measure.fits import log_slope

    most = 0.05 if name == "truncation" else 1.0  # beyond, higher orders and saturation bend it
    branch = (term > _CLEAN * other) & (term + other < most)
    if branch.sum() < 3:
        return {f"{name}_{column}": None for column in ("slope", "low", "high", "ratio")}
    slopes = [log_slope(scales[branch], of_set) for of_set in errors[branch].T]
    ratios = np.median(errors[branch], axis=1) / term[branch]
    return {
        f"{name}_slope": float(np.median(slopes)),
        f"{name}_low": float(np.min(slopes)),
        f"{name}_high": float(np.max(slopes)),
        f"{name}_ratio": float(np.median(ratios)),
    }


def exponents(label: str, found: dict[str, Swept]) -> Row:
    """The slope of the floor against the unit roundoff, over all dtypes and over the wide two."""
    import jax.numpy as jnp
    import numpy as np

    from noflat.constructions.precision import unit_roundoff
    from noflat.measure.fits import log_slope

    roundoffs = [unit_roundoff(jnp.dtype(dtype)) for dtype in DTYPES]
    floors = np.array([found[dtype].floors for dtype in DTYPES])
    row = found["float64"].row
    q, p = row["order"], row["steepness"]
    wide = middle([log_slope(roundoffs[1:], of_set[1:]) for of_set in floors.T])
    return {
        "network": label,
        "order": q,
        "steepness": p,
        "predicted": q / (p + q),
        **middle([log_slope(roundoffs, of_set) for of_set in floors.T]),
        **{f"wide_{end}": wide[end] for end in ("low", "high")},
        "wide": wide["measured"],
    }


def stepwise(label: str, points: int, seed: int) -> Row:
    """Whether a bfloat16 network rounds as stated: its outputs against NumPy, step by step.

    Returns:
        The shares of outputs that are equal if every dot product is summed exactly and rounded
        once, and if every partial sum is rounded.
    """
    import jax.numpy as jnp
    import numpy as np

    from noflat.constructions.plans import build

    asked, kind = case(label), jnp.dtype("bfloat16")
    network = build(asked.planned("bfloat16"), kind)
    x = jnp.asarray(point_sets(asked.n, points, 1, seed)[0], kind)
    found, x = outputs(network, x)[:_STEPWISE], x[:_STEPWISE]

    def once(values: Any, weight: Any) -> Any:
        return (values.astype(float) @ weight.astype(float)).astype(kind)

    def each(values: Any, weight: Any) -> Any:
        total = np.zeros((len(values), weight.shape[1]), kind)
        for column, row in zip(values.T, weight, strict=True):
            total = total + column[:, None] * row[None, :]
        return total

    row: Row = {"network": label, "neurons": network.neurons}
    for name, dot in (("once", once), ("each", each)):
        values = np.asarray(x)
        for depth, layer in enumerate(network.layers):
            if depth:
                values = np.asarray(network.activation(jnp.asarray(values)))
            values = dot(values, np.asarray(layer.weight))
            if layer.bias is not None:
                values = values + np.asarray(layer.bias)
        row[name] = float(np.mean(values[:, 0].astype(float) == found))
    return row


def roundings(activation: str, dtype: str, points: int) -> Row:
    """The rms error, in unit roundoffs, with which an activation is evaluated on [-2, 2]."""
    import flint
    import jax.numpy as jnp
    import numpy as np

    from noflat.activations import activation as as_activation
    from noflat.activations import derivative_balls
    from noflat.constructions.precision import unit_roundoff

    named = as_activation(activation)
    drawn = jnp.asarray(point_sets(1, points, 1, 0)[0][:, 0] * 2, dtype)
    found = np.asarray(named(drawn)).astype(float)
    errors = []
    for t, value in zip(np.asarray(drawn).astype(float), found, strict=True):
        (exact,) = derivative_balls(named, 0, float(t), precision=120)
        with flint.ctx.workprec(120):
            errors.append(float(flint.arb(float(value)) / exact - 1) if t else 0.0)
    u = unit_roundoff(jnp.dtype(dtype))
    return {"activation": activation, "dtype": dtype, "rms": float(np.std(errors) / u)}
