"""What was trained on hierarchies, as rows: curves, sample complexities, sensitivities, laws."""

from collections.abc import Iterator
from typing import Any

from noflat.experiments._flags import Tables
from noflat.experiments._hierarchy_cells import Cell, sizes
from noflat.experiments.records import Row, where

Trained = list[tuple[Cell, dict[str, Any]]]

LEVEL = 0.1
"""The test error at which a hierarchy counts as learned."""
_LEVELS = (0.1, 0.2, 0.3, 0.4)
"""Those at which curves are compared, where all of them cross."""
_THRESHOLDS = {
    ("lcn", 2): (0.3, 0.1),
    ("cnn", 2): (0.4, 0.2),
    ("fcn", 2): (0.3, 0.1),
    ("lcn", 3): (0.3, 0.1),
    ("cnn", 3): (0.2, 0.2),
}
"""By network and levels, the sensitivities to synonyms and to placements that count as invariance:
those of the paper."""
PUBLISHED = {
    **{("lcn", 4, 2, 0): 136, ("lcn", 4, 2, 1): 904, ("lcn", 4, 2, 2): 1928},
    **{("lcn", 6, 2, 0): 672, ("lcn", 6, 2, 1): 3054, ("lcn", 6, 2, 2): 9504},
    **{("lcn", 4, 3, 0): 1160, ("lcn", 4, 3, 1): 11264},
    **{("cnn", 4, 2, 0): 112, ("cnn", 4, 2, 1): 517, ("cnn", 4, 2, 2): 1198},
    **{("cnn", 6, 2, 1): 2341, ("cnn", 6, 2, 2): 4547},
}
"""Sample complexities in the notebooks of the paper's code, by network, symbols, levels and
blanks; of the LCN the nearest size of a grid of ratio 1.46, of the CNN interpolated."""


def cell_of(cell: Cell, settings: Any) -> Row:
    """The columns that name a cell."""
    return cell._asdict() | {"width": settings.width}


def _members(trained: Trained, settings: Any, *parts: str) -> Iterator[tuple[Cell, list, dict]]:
    """The cells of some parts, with their sizes and their arrays by member and size."""
    for cell, arrays in trained:
        if cell.part in parts:
            tried = sizes(cell, settings)
            shape = (settings.members, len(tried))
            yield (
                cell,
                tried,
                {name: found.reshape(*shape, *found.shape[1:]) for name, found in arrays.items()},
            )


def curve_rows(trained: Trained, settings: Any) -> list[Row]:
    """A row per cell, member and size."""
    from noflat.training import STATUSES

    return [
        cell_of(cell, settings)
        | {"member": member, "size": size}
        | {
            name: float(arrays[name][member, place])
            for name in ("error", "unseen_error", "unseen", "loss")
        }
        | {name: int(arrays[name][member, place]) for name in ("epochs", "steps")}
        | {"status": STATUSES[arrays["status"][member, place]]}
        for cell, tried, arrays in _members(trained, settings, "main", "deep", "slow", "noise")
        for member in range(settings.members)
        for place, size in enumerate(tried)
    ]


def sensitivity_rows(trained: Trained, settings: Any) -> list[Row]:
    """A row per cell, size, layer and level: means over members. The last layer is the outputs."""
    return [
        cell_of(cell, settings)
        | {"size": size, "layer": layer + 1, "level": level + 1}
        | {"error": float(arrays["error"][:, place].mean())}
        | {
            name: float(arrays[name][:, place, layer, level].mean())
            for name in ("synonyms", "placements")
        }
        for cell, tried, arrays in _members(trained, settings, "main", "deep")
        for place, size in enumerate(tried)
        for layer in range(cell.levels + 1)
        for level in range(cell.levels)
    ]


def complexity_rows(trained: Trained, settings: Any) -> list[Row]:
    """A row per cell: where the error crosses a tenth, and where invariance begins."""
    import numpy as np

    from noflat.measure import sample_complexity

    rows = []
    for cell, tried, arrays in _members(trained, settings, "main", "deep", "slow", "noise"):
        found = sample_complexity(tried, arrays["error"], LEVEL)
        row = cell_of(cell, settings) | {"law": cell.law} | _found(found)
        row["ratio"] = found.size and found.size / cell.law
        of_unseen = _found(sample_complexity(tried, arrays["unseen_error"], LEVEL))
        row |= {f"unseen_{name}": of_unseen[name] for name in ("size", "censored", "of_members")}
        row["published"] = PUBLISHED.get((cell.network, cell.symbols, cell.levels, cell.blanks))
        thresholds = _THRESHOLDS.get((cell.network, cell.levels))
        for name, place in (("synonyms", 0), ("placements", 1)):
            size = None
            # the second layer and the lowest level, as in the paper; placements need blanks
            if thresholds and (name == "synonyms" or cell.blanks):
                curves = arrays[name][:, :, 1, 0]
                if np.all(np.isfinite(curves)):  # of a layer that is constant it is not
                    size = sample_complexity(tried, curves, thresholds[place]).size
            row[name] = size
        rows.append(row)
    return rows


def _found(found: Any) -> Row:
    return {
        "size": found.size,
        "low": found.low,
        "high": found.high,
        "members": len(found.of_seeds),
        "censored": found.censored,
        "of_mean": found.of_mean.size,
        "of_members": " ".join(
            f"{one.size:.4g}" if one.size else one.censored for one in found.of_seeds
        ),
    }


def path_rows(trained: Trained, settings: Any) -> list[Row]:
    """A row per network, member and checkpoint of a training."""
    return [
        cell_of(cell, settings)
        | {"size": tried[0], "member": member}
        | {"steps": int(arrays["steps"][member, 0, time])}
        | {name: float(arrays[name][member, 0, time]) for name in ("error", "loss")}
        | {name: float(arrays[name][member, 0, time, 1, 0]) for name in ("synonyms", "placements")}
        for cell, tried, arrays in _members(trained, settings, "path")
        for member in range(settings.members)
        for time in range(arrays["steps"].shape[-1])
    ]


def told_rows(trained: Trained, settings: Any) -> list[Row]:
    """A row per cell and size of networks that are shown the symbols of every level."""
    from noflat.measure import (
        coupon_collector,
        sample_complexity,
        table_complexity,
        table_error,
    )

    rows = []
    for cell, tried, arrays in _members(trained, settings, "told"):
        found = sample_complexity(tried, arrays["error"], LEVEL)
        drawn = list(_hierarchies(cell, settings))
        predicted = sum(table_complexity(hierarchy) for hierarchy in drawn) / len(drawn)
        crossings = {"crossing": found.size, "low": found.low, "high": found.high}
        for place, size in enumerate(tried):
            row = cell_of(cell, settings) | {"size": size}
            row["error"] = float(arrays["error"][:, place].mean())
            row["table"] = sum(table_error(hierarchy, size) for hierarchy in drawn) / len(drawn)
            for level in range(3):
                known = level < cell.levels
                wrong = arrays["of_level"][:, place, level].mean() if known else None
                row[f"level{level + 1}"] = None if wrong is None else float(wrong)
            row |= crossings | {"predicted": predicted}
            rows.append(row | {"collector": coupon_collector(cell.rules)})
    return rows


def _hierarchies(cell: Cell, settings: Any) -> Iterator[Any]:
    """The rules of every member."""
    from noflat.arguments import named_key, numbered_keys
    from noflat.targets.hierarchy import random_hierarchy

    for key in numbered_keys(
        named_key(settings.seed, "rules", cell.levels), range(settings.members)
    ):
        yield random_hierarchy(cell.symbols, cell.levels, blanks=cell.blanks, key=key)


def scaling_rows(tables: Tables) -> list[Row]:
    """A row per network, rate and exponent of the law fitted to its cells at two levels.

    Of all strings that were tested, and of those that were not trained on.
    """
    rows = []
    for part in ("main", "slow"):
        for network in ("lcn", "cnn", "fcn"):
            cells = where(tables["complexities"], part=part, network=network)
            for tests, prefix in (("all", ""), ("unseen", "unseen_")):
                known = [row for row in cells if not row[f"{prefix}censored"]]
                rows += _fitted(known, tables["curves"], tests, prefix)
    return rows


def _fitted(cells: list[Row], curves: list[Row], tests: str, prefix: str) -> list[Row]:
    """The law of some cells, if they are enough: a row for each factor that varies."""
    from noflat.measure import collapse, crossing, scaling_fit

    factors = {
        "slots": [row["blanks"] + 1 for row in cells],
        "rules": [row["symbols"] ** 3 for row in cells],
    }
    factors = {name: values for name, values in factors.items() if len(set(values)) > 1}
    if not factors or len(cells) < len(factors) + 2:
        return []
    of_members = [[float(one) for one in row[f"{prefix}of_members"].split()] for row in cells]
    fit = scaling_fit(of_members, factors, paired=True)
    means = [_mean_curve(curves, row, f"{prefix}error") for row in cells]
    levels = [level for level in _LEVELS if all(crossing(*mean, level).size for mean in means)]
    close = collapse(means, [row["law"] for row in cells], levels=levels)
    shared = {name: cells[0][name] for name in ("part", "network", "rate")} | {
        "tests": tests,
        "prefactor": fit.prefactor.value,
        "residual": fit.residual,
        "noise": fit.noise,
        "spread": close.spread,
        "unscaled": close.unscaled,
        "share_left": close.share_left,
        "cells": len(cells),
    }
    return [
        {"factor": name, "exponent": one.value, "low": one.low, "high": one.high} | shared
        for name, one in fit.exponents.items()
    ]


def _mean_curve(curves: list[Row], cell: Row, error: str) -> tuple[list[int], list[float]]:
    """The mean error of a cell by size."""
    names = ("part", "network", "symbols", "levels", "blanks", "rate", "batch")
    rows = where(curves, **{name: cell[name] for name in names})
    tried = sorted({row["size"] for row in rows})
    errors = [[row[error] for row in where(rows, size=size)] for size in tried]
    return tried, [sum(found) / len(found) for found in errors]
