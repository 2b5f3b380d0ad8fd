"""What the theorems on distillation predict, beside what the tables of the experiment say."""

from fractions import Fraction
from math import log

from noflat.experiments._claims import claim, every, none
from noflat.experiments._flags import Tables
from noflat.experiments.records import Row


def claims(tables: Tables) -> list[Row]:
    """What was predicted, beside what the tables say."""
    return [
        *_of_levels(tables),
        *_of_information(tables),
        *_of_networks(tables),
        *_of_fields(tables),
    ]


def _of_levels(tables: Tables) -> list[Row]:
    counted = [*tables["classes"], *tables["levels"]]
    summed = [row["differences"] for row in tables["levels"] if row["differences"] is not None]
    return [
        claim(
            "classes of minimal sufficient statistics: cases counted as predicted",
            "all, by the count of integer points",
            len(counted),
            "=",
            sum(row["classes"] == row["formula"] for row in counted),
            note="in rationals, every tree, noise and level; an upper bound for every noise",
        ),
        none(
            "x whose posterior is not the composition of the tables f_i",
            sum(row["mismatches"] for row in tables["levels"]),
            note="T_i = f_i(T_{i+1}) at every level, in rationals",
        ),
        none(
            "x whose class another route puts elsewhere",
            sum(summed),
            note="by likelihoods summed over all symbols between, the tree forgotten",
        ),
        every(
            "chains without structure: levels whose statistic tells all x apart",
            [row["classes"] == row["configurations"] for row in tables["chains"]],
            note="a chain alone distills nothing",
        ),
    ]


def _of_information(tables: Tables) -> list[Row]:
    rows = tables["information"]
    gaps = [row for row in tables["levels"] if row["information_gap"] is not None]
    coarse = ("census", "decided_once", "decided")
    return [
        claim(
            "I(y_0; x) - I(y_0; T_i) in bits, largest",
            "rounding: 8 of 2^-52 per x",
            8 * 2.0**-52 * max(row["configurations"] for row in gaps),
            "<=",
            max(abs(row["information_gap"]) for row in gaps),
        ),
        claim(
            "information kept by coarser statistics, largest share",
            "1 (data processing)",
            1.0,
            "<=",
            max(row[name] / row["exact"] for row in rows for name in coarse),
            note="the number of ones, majorities once, majorities at every level",
        ),
        claim(
            "bits kept by majorities at every level, largest distance from the recursion",
            "1 - H(q), relative, four digits",
            1e-3,
            "<=",
            max(abs(row["decided"] / row["decided_formula"] - 1) for row in rows),
        ),
        claim(
            "information over its bound by contraction, largest",
            "I_h <= b (1 - 2e)^2 I_{h-1}",
            1.0,
            "<=",
            max(row["exact"] / row["bound"] for row in rows),
            note="nearly attained at strong noise",
        ),
    ]


def _of_networks(tables: Tables) -> list[Row]:
    deep = [row for row in tables["networks"] if row["way"] == "deep softplus"]
    largest = max((row for row in deep if row["branches"] == 2), key=lambda row: row["levels"])
    (drawn,) = tables["drawn"]
    few, many = (sorted({row["levels"] for row in tables["widths"]})[i] for i in (0, -1))
    return [
        claim(
            f"neurons of the exact deep network, {largest['leaves']} leaves",
            "2^L - 4",
            2 ** largest["levels"] - 4,
            "=",
            largest["neurons"],
            note="two softplus per bit between; exact for every real log-odds",
        ),
        claim(
            "distance of the deep networks from the exact log-odds, over rounding, largest",
            "8 l 2^-53 b sum (b(1 - 2e))^j: each level passes errors on",
            1.0,
            "<=",
            max(row["sup_error"] / _rounding(row) for row in deep),
        ),
        claim(
            f"bits that the deep network makes use of, {2 ** drawn['levels']} leaves drawn",
            "I(y_0; x) from the exact law",
            drawn["exact"],
            "=",
            drawn["used"],
            interval=(drawn["low"], drawn["high"]),
        ),
        claim(
            f"L = {few}: neurons a flat network needs, trained, error 0.001",
            "at most those of the deep one, 2^L - 4",
            2**few - 4,
            "<=",
            needed(tables["widths"], few),
            note="no theorem: depth saves nothing here",
        ),
        claim(
            f"L = {many}: error of the best flat network trained with up to twice the neurons",
            "> 0.001, where the deep one has rounding",
            TOLERANCE,
            ">=",
            best_error(tables["widths"], many, 2 * (2**many - 4)),
            note="no theorem, and training only bounds from above",
        ),
    ]


def _rounding(row: Row) -> float:
    """What rounding may do to a deep network: eight roundings of size l per bit, and g' <= 1 - 2e.

    Every level adds up the errors of b bits, each times that slope at most.
    """
    b, e = row["branches"], float(Fraction(row["flip"]))
    passed = b * (1 - 2 * e)
    return 8 * log((1 - e) / e) * 2.0**-53 * b * sum(passed**j for j in range(row["levels"]))


TOLERANCE = 1e-3
"""The relative error of the log-odds that counts as the same."""


def needed(rows: list[Row], levels: int) -> int | None:
    """The fewest neurons with which a flat network was trained to the tolerance, if any were."""
    found = [r["neurons"] for r in rows if r["levels"] == levels and r["best_error"] <= TOLERANCE]
    return min(found, default=None)


def best_error(rows: list[Row], levels: int, neurons: int) -> float | None:
    """The least error of flat networks with at most so many neurons."""
    found = [r for r in rows if r["levels"] == levels and r["neurons"] <= neurons]
    return min((row["best_error"] for row in found), default=None)


def _of_fields(tables: Tables) -> list[Row]:
    rows = tables["flows"]
    blocks = [row for row in rows if row["way"] == "blocks"]
    critical = [row for row in blocks if not row["y0"]]
    plane = max((r for r in critical if r["dimension"] == 2), key=lambda row: row["block"])
    drawn = max(tables["drawn_flows"], key=lambda row: row["block"])
    start = {name: plane[name] for name in ("y1", "y2")}
    shrunk = 1 / plane["block"] ** 2
    return [
        claim(
            "sharp cutoff, and y_0 of blocks: largest distance of an exponent from the law",
            "y_i -> b^(d - 2i) y_i, four digits",
            1e-3,
            "<=",
            max(
                _off(rows, i, way)
                for i, way in ((0, "cutoff"), (1, "cutoff"), (2, "cutoff"), (0, "blocks"))
            ),
            note="d = 1 and 2; y_0 grows, y_1 stays, y_2 fades for d = 2",
        ),
        claim(
            "blocks: largest distance of y_1 from its corrected law",
            "b^(d-2) y_1 + b^d y_0 sum (1 - y_0/K) / (4 b^2 sin^2)",
            1e-3,
            "<=",
            max(abs(row["coarse1"] / row["predicted1"] - 1) for row in blocks),
            note=f"the power alone is wrong by up to {_worst(blocks):.3g} times; right at y_0 = 0",
        ),
        claim(
            f"blocks of {plane['block']}, y_0 = 0: y_2 in the plane",
            "b^-2 y_2 + (1 - b^-2) y_1 / 12",
            shrunk * start["y2"] + (1 - shrunk) * start["y1"] / 12,
            "within 0.01",
            plane["coarse2"],
            note=f"the power alone gives {shrunk * start['y2']:.3g}: blocks make their own y_2",
        ),
        claim(
            "blocks, y_0 = 0: largest distance of the exponent of y_2 - y_1/12 from d - 4",
            "0, four digits of y_2",
            0.01,
            "<=",
            max(_fading(critical, dimension) for dimension in (1, 2)),
            note="what fades is the distance from y_2 = y_1/12, not y_2",
        ),
        claim(
            f"drawn fields, blocks of {drawn['block']}: y_0",
            "b^2 y_0",
            drawn["block"] ** 2 * drawn["y0"],
            "=",
            drawn["coarse0"],
            interval=(drawn["low0"], drawn["high0"]),
        ),
        claim(
            f"drawn fields, blocks of {drawn['block']}: y_1",
            "corrected law",
            drawn["predicted1"],
            "=",
            drawn["coarse1"],
            interval=(drawn["low1"], drawn["high1"]),
        ),
    ]


def _off(rows: list[Row], i: int, way: str) -> float:
    """How far the exponents of y_i are from d - 2i, at most."""
    from noflat.measure.fits import log_slope

    lines: dict[tuple, list[tuple[float, float]]] = {}
    for row in rows:
        if row["way"] == way and row[f"y{i}"]:
            line = lines.setdefault((row["dimension"], row["y0"]), [])
            line.append((row["block"], row[f"coarse{i}"]))
    return max(
        abs(log_slope(*zip(*line, strict=True)) - key[0] + 2 * i) for key, line in lines.items()
    )


def _fading(critical: list[Row], dimension: int) -> float:
    """How far the exponent of the distance from the fixed y_2 is from d - 4."""
    from noflat.measure.fits import log_slope

    rows = [row for row in critical if row["dimension"] == dimension]
    left = [(row["block"], row["coarse2"] - row["coarse1"] / 12) for row in rows]
    if min(distance for _, distance in left) <= 0:
        return float("inf")
    return abs(log_slope(*zip(*left, strict=True)) - dimension + 4)


def _worst(blocks: list[Row]) -> float:
    return max(row["coarse1"] / row["pure1"] for row in blocks)
