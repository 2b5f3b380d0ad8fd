"""The rows of the experiment on rates that are about trees."""

from collections.abc import Callable, Iterator
from itertools import product
from math import sqrt
from typing import Any

import jax.numpy as jnp
import numpy as np

from noflat.certificates.tree_errors import tree_error, verify_tree_error
from noflat.constructions.grid_interpolants import (
    evaluated,
    flat_interpolant,
    grid_parameters,
    tree_interpolant,
    tree_parameters,
)
from noflat.constructions.triangulations import (
    triangulated_interpolant,
    triangulated_neurons,
    triangulated_tree,
)
from noflat.experiments.records import Row, where
from noflat.measure.scaling import scaling_fit
from noflat.targets.tree_functions import TreeFunction, tree_function

FIRST_CELLS = 8
"""Exponents are fitted from so many cells on."""

LARGEST_ERROR = 0.1
"""And where errors are at most so much of the span of the target."""

_WORST = {1: (0.0, 1 - 1e-9), 2: (0.5,), 4: ((3 - sqrt(5)) / 6, (3 + sqrt(5)) / 6)}
"""Where in a cell the error of a Lagrange polynomial is largest, by order."""

KINDS: dict[str, Callable[..., Callable[..., Any]]] = {
    "deep": tree_interpolant,
    "flat": flat_interpolant,
    "triangulated": triangulated_interpolant,
}


def error_rows(settings: Any) -> Iterator[Row]:
    """Every kind of interpolant of every tree on every grid, for every set of points."""
    for order, inputs in product(settings.orders, settings.inputs):
        tree = tree_function(order, inputs)
        for cells in (*settings.cells, *(settings.more_cells if order < 4 else ())):
            points = jnp.asarray(_points(tree, cells, settings))
            exact = evaluated(tree, points)
            for kind in KINDS:
                # of two inputs the flat interpolant is the deep one
                if (kind, inputs) == ("flat", 2) or (kind == "triangulated" and order != 2):
                    continue
                found = evaluated(KINDS[kind](tree, cells=cells), points)
                errors = np.abs(np.asarray(found - exact)).reshape(settings.members, -1)
                for member, error in enumerate(errors.max(axis=1)):
                    yield {
                        "kind": kind,
                        "inputs": inputs,
                        "order": order,
                        "cells": cells,
                        "member": member,
                        "parameters": _parameters(kind, tree, cells),
                        "error": float(error),
                        "span": float(exact.max() - exact.min()),
                        "certified": _certified(kind, tree, cells),
                    }


def _points(tree: TreeFunction, cells: int, settings: Any) -> np.ndarray:
    """For each member points drawn at random, and in random cells where errors are largest."""
    placed = settings.points // 5
    blocks = []
    for member in range(settings.members):
        draw = np.random.default_rng([settings.seed, member, tree.inputs])
        blocks.append(draw.uniform(-1, 1, (settings.points - placed, tree.inputs)))
        shape = placed, tree.inputs
        where_in_cell = draw.choice(_WORST[tree.node.smoothness], shape)
        blocks.append((draw.integers(0, cells, shape) + where_in_cell) * (2 / cells) - 1)
    return np.concatenate(blocks)


def _parameters(kind: str, tree: TreeFunction, cells: int) -> int:
    """Entries of tables; of triangulated trees the neurons of the network."""
    if kind == "triangulated":
        return triangulated_neurons(tree.inputs, cells)
    if kind == "deep":
        return tree_parameters(tree.node.smoothness, cells, tree.inputs)
    return grid_parameters(tree.node.smoothness, cells, tree.inputs)


def _certified(kind: str, tree: TreeFunction, cells: int) -> float:
    found = tree_error(kind, tree.node.smoothness, tree.inputs, cells=cells)
    verify_tree_error(found)
    return float(found.bound)


def exponent_rows(rows: list[Row]) -> Iterator[Row]:
    """Of every kind and tree the exponent of the error in the parameters."""
    for kind, order, inputs in _cases(rows):
        rungs = _fitted(where(rows, kind=kind, order=order, inputs=inputs))
        if len(rungs) < 2:  # grids too coarse for this tree: nothing is fitted, nothing claimed
            continue
        sizes = [[row["error"] for row in rung] for rung in rungs]
        fit = scaling_fit(sizes, {"parameters": [rung[0]["parameters"] for rung in rungs]})
        found = fit.exponents["parameters"]
        axes = inputs if kind == "flat" else 2
        yield {
            "kind": kind,
            "inputs": inputs,
            "order": order,
            "rungs": len(rungs),
            "predicted": -order / axes,
            "exponent": found.value,
            "low": found.low,
            "high": found.high,
        }


def _cases(rows: list[Row]) -> list[tuple[str, int, int]]:
    return list(dict.fromkeys((row["kind"], row["order"], row["inputs"]) for row in rows))


def _rungs(rows: list[Row]) -> list[list[Row]]:
    """The members of each grid, coarse grids first."""
    return [where(rows, cells=cells) for cells in sorted({row["cells"] for row in rows})]


def _fitted(rows: list[Row]) -> list[list[Row]]:
    """The grids past the rule."""
    return [
        rung
        for rung in _rungs(rows)
        if rung[0]["cells"] >= FIRST_CELLS
        and max(row["error"] for row in rung) <= LARGEST_ERROR * rung[0]["span"]
    ]


def saving_rows(rows: list[Row]) -> Iterator[Row]:
    """At the error of every deep interpolant past the rule, the parameters of a flat one.

    Between two grids they are interpolated, a power of the error from one to the other.
    """
    for kind, order, inputs in _cases(rows):
        if kind != "flat":
            continue
        flat = [_worst(rung) for rung in _rungs(where(rows, kind=kind, order=order, inputs=inputs))]
        deep = _fitted(where(rows, kind="deep", order=order, inputs=inputs))
        for parameters, error in map(_worst, deep):
            if flat[-1][1] <= error <= flat[0][1]:
                x, y = (np.log([float(point[k]) for point in reversed(flat)]) for k in (1, 0))
                found = float(np.exp(np.interp(np.log(error), x, y)))
                yield {
                    "inputs": inputs,
                    "order": order,
                    "error": error,
                    "relative_error": error / deep[0][0]["span"],
                    "deep": parameters,
                    "flat": found,
                    "ratio": found / parameters,
                }


def _worst(rung: list[Row]) -> tuple[int, float]:
    return rung[0]["parameters"], max(row["error"] for row in rung)


def network_rows(settings: Any) -> Iterator[Row]:
    """Triangulated trees as networks, against the interpolant from the corners of triangles."""
    draw = np.random.default_rng(settings.seed)
    for inputs in settings.inputs:
        tree = tree_function(2, inputs)
        points = jnp.asarray(draw.uniform(-1, 1, (_COMPARED, inputs)))
        for cells in settings.cells:
            if cells > settings.network_cells:
                continue
            network = triangulated_tree(tree, cells=cells, dtype="float64")
            found = evaluated(lambda x, network=network: network(x)[0], points)
            wanted = evaluated(triangulated_interpolant(tree, cells=cells), points)
            yield {
                "inputs": inputs,
                "cells": cells,
                "hidden_layers": network.hidden_layers,
                "neurons": network.neurons,
                "formula": triangulated_neurons(inputs, cells),
                "synapses": network.synapses,
                "points": len(points),
                "difference": float(jnp.abs(found - wanted).max()),
            }


_COMPARED = 500
"""Points on which a network and an interpolant are compared."""
