"""What was trained on patterns and signals, as rows: curves, sample complexities, laws, ratios."""

from collections.abc import Iterator, Sequence
from typing import Any

from noflat.experiments._flags import Tables
from noflat.experiments._locality_cells import NETWORKS, ONLINE, Cell, sizes
from noflat.experiments.records import Row, where

Trained = list[tuple[Cell, dict[str, Any], int]]
"""Cells, their arrays and their numbers of parameters."""

LEVELS = {"parity": 0.1, "random": 0.1, "signal": 0.08}
"""The test errors that count as learned: below that of any linear classifier and, of signals, above
that of the best classifier."""
_RIGHT = 0.01
"""The error of a network of few channels that counts as right."""
_TARGET = ("task", "inputs", "size", "places")


def cell_of(cell: Cell) -> Row:
    """The columns that name a cell."""
    row = cell._asdict()
    row.pop("part")
    return row | {"places": cell.places, "neurons": cell.neurons}


def curve_rows(trained: Trained, settings: Any) -> list[Row]:
    """A row per cell and size: the error of its members."""
    import numpy as np

    rows = []
    for cell, tried, arrays, _ in _of_sets(trained, settings, "samples"):
        for place, size in enumerate(tried):
            errors = arrays["error"][:, place]
            rows.append(
                cell_of(cell)
                | {"samples": size, "members": len(errors), "error": float(errors.mean())}
                | {"least": float(errors.min()), "median": float(np.median(errors))}
                | {"most": float(errors.max())}
                | {"steps": float(arrays["steps"][:, place].mean())}
                | {"loss": float(arrays["loss"][:, place].mean())}
            )
    return rows


def complexity_rows(trained: Trained, settings: Any) -> list[Row]:
    """A row per cell: the training set at which the error crosses the level."""
    from noflat.measure import sample_complexity

    rows = []
    for cell, tried, arrays, learned in _of_sets(trained, settings, "samples"):
        found = sample_complexity(tried, arrays["error"], LEVELS[cell.task])
        rows.append(cell_of(cell) | {"parameters": learned} | _found(found))
    return rows


def online_rows(trained: Trained) -> list[Row]:
    """A row per cell and look at networks that see every sample once."""
    return [
        cell_of(cell)
        | {"steps": ONLINE * (look + 1), "error": float(errors.mean())}
        | {"least": float(errors.min()), "most": float(errors.max())}
        for cell, arrays, _ in trained
        if cell.part == "online"
        for look, errors in enumerate(arrays["error"].T)
    ]


def once_rows(trained: Trained, settings: Any) -> list[Row]:
    """A row per cell: the samples that were seen, once each, when the error crossed the level."""
    from noflat.measure import sample_complexity

    rows = []
    for cell, arrays, learned in trained:
        if cell.part == "online":
            looks = arrays["error"].shape[1]
            seen = [ONLINE * settings.batch * (look + 1) for look in range(looks)]
            found = sample_complexity(seen, arrays["error"], LEVELS[cell.task])
            rows.append(cell_of(cell) | {"parameters": learned} | _found(found))
    return rows


def channel_rows(trained: Trained, settings: Any) -> list[Row]:
    """A row per pattern and number of channels: how many members get it right."""
    from scipy.stats import binomtest

    rows = []
    for cell, tried, arrays, _ in _of_sets(trained, settings, "channels"):
        errors = arrays["error"][:, 0]
        right = int((errors < _RIGHT).sum())
        interval = binomtest(right, len(errors)).proportion_ci(0.95, method="exact")
        row = cell_of(cell) | {"samples": tried[0], "members": len(errors), "right": right}
        row |= {"share": right / len(errors), "low": interval.low, "high": interval.high}
        rows.append(row | {"least": float(errors.min()), "median": _median(errors)})
    return rows


def ratio_rows(tables: Tables) -> list[Row]:
    """A row per target and pair of networks: how many times more samples, of the same members."""
    from noflat.measure import paired_ratio

    rows = []
    for name, way in (("complexities", "many"), ("once", "once")):
        for over, under in (("fcn", "lcn"), ("lcn", "cnn")):
            for one, other in _pairs(tables[name], over, under):
                row = {column: one[column] for column in _TARGET}
                row |= {"seen": way, "over": over, "under": under}
                ratio = paired_ratio(_members(one), _members(other)) if _known(one, other) else None
                row |= dict(zip(("ratio", "low", "high"), ratio or (None,) * 3, strict=True))
                rows.append(row | {"neurons": one["neurons"]})
    return rows


def scaling_rows(tables: Tables) -> list[Row]:
    """A row per network, or ratio of two, and exponent of a law fitted to cells."""
    rows = []
    for name, way in (("complexities", "many"), ("once", "once")):
        table = tables[name]
        for task, fixed, factors in _laws(table):
            chosen = where(table, task=task, **fixed)
            for network in NETWORKS:
                cells = where(chosen, network=network)
                of_members = [_members(row) if _known(row) else None for row in cells]
                rows += _fitted(task, way, fixed, network, cells, of_members, factors)
            for over, under in (("fcn", "lcn"), ("lcn", "cnn")):
                pairs = list(_pairs(chosen, over, under))
                ratios = [_ratios(*pair) if _known(*pair) else None for pair in pairs]
                cells = [one for one, _ in pairs]
                rows += _fitted(task, way, fixed, f"{over}/{under}", cells, ratios, factors)
    return rows


def _laws(table: list[Row]) -> Iterator[tuple[str, Row, tuple[str, ...]]]:
    """What is fitted: a task, what is held fixed, and the factors; of patterns one at a time."""
    for task in sorted({row["task"] for row in table}):
        rows = where(table, task=task)
        if task == "signal":
            yield task, {}, ("places", "patch")
            continue
        for size in sorted({row["size"] for row in rows}):
            yield task, {"size": size}, ("inputs",)
        for inputs in sorted({row["inputs"] for row in rows}):
            yield task, {"inputs": inputs}, ("words",)


def _fitted(
    task: str,
    way: str,
    fixed: Row,
    network: str,
    cells: list[Row],
    of_members: Sequence[Sequence[float] | None],
    factors: tuple[str, ...],
) -> list[Row]:
    from noflat.measure import scaling_fit

    known = [pair for pair in zip(cells, of_members, strict=True) if pair[1] is not None]
    values = {
        "inputs": [row["inputs"] for row, _ in known],
        "words": [2 ** row["size"] for row, _ in known],
        "places": [row["places"] for row, _ in known],
        "patch": [row["size"] for row, _ in known],
    }
    values = {name: values[name] for name in factors}
    if len(known) < len(factors) + 2 or any(len(set(each)) < 2 for each in values.values()):
        return []
    fit = scaling_fit([found for _, found in known if found is not None], values)
    shared = {"task": task, "seen": way, "network": network}
    shared |= {"size": fixed.get("size"), "inputs": fixed.get("inputs")}
    return [
        shared
        | {"factor": name, "exponent": one.value, "low": one.low, "high": one.high}
        | {"residual": fit.residual, "noise": fit.noise, "cells": len(known), "of": len(cells)}
        for name, one in fit.exponents.items()
    ]


def _of_sets(
    trained: Trained, settings: Any, part: str
) -> Iterator[tuple[Cell, list[int], dict[str, Any], int]]:
    """The cells of a part, with their sizes and their arrays by member and size."""
    for cell, arrays, learned in trained:
        if cell.part == part:
            tried = sizes(cell, settings)
            shape = (settings.members, len(tried))
            found = {name: array.reshape(shape) for name, array in arrays.items()}
            yield cell, tried, found, learned


def _pairs(table: list[Row], over: str, under: str) -> Iterator[tuple[Row, Row]]:
    """The cells of two networks that were trained on the same."""
    for one in where(table, network=over):
        for other in where(table, network=under, **{name: one[name] for name in _TARGET}):
            yield one, other


def _known(*rows: Row) -> bool:
    return all(row["censored"] == 0 for row in rows)


def _members(row: Row) -> list[float]:
    return [float(one) for one in str(row["of_members"]).split()]


def _ratios(one: Row, other: Row) -> list[float]:
    return [a / b for a, b in zip(_members(one), _members(other), strict=True)]


def _found(found: Any) -> Row:
    of_members = [f"{one.size:.5g}" if one.size else one.censored for one in found.of_seeds]
    return {
        "samples": found.size,
        "low": found.low,
        "high": found.high,
        "members": len(of_members),
        "censored": found.censored,
        "of_mean": found.of_mean.size,
        "of_members": " ".join(of_members),
    }


def _median(values: Any) -> float:
    from statistics import median

    return median(map(float, values))
