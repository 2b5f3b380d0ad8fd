"""What the model of rounding predicts of the tables of `precision`, and whether it holds."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from math import log

from noflat.experiments._claims import claim
from noflat.experiments._flags import Tables
from noflat.experiments._growth import FLAT
from noflat.experiments.records import Row

_WIDE = ("float32", "float64")

_NAMED = (
    "softplus cube 2 at 0",
    "silu cube 2 at 0",
    "silu half 2",
    "cos half 6 at 0",
    "softplus cube 2 at 0 x3",
)
"""Networks whose exponents are claims of their own."""


def claims(tables: Tables) -> list[Row]:
    """What the model predicts of the tables, and whether it holds."""
    return [
        *_floors(tables["results"]),
        *_exponents(tables["exponents"]),
        *_branches(tables["results"]),
        *_flat(tables),
        *_trees(tables),
        *_weights(tables["weights"]),
        _as_stated(tables["bfloat16"]),
    ]


def _worst(
    rows: Iterable[Row], ratio: Callable[[Row, str], float]
) -> tuple[float | None, tuple[float, float] | None, str]:
    """The largest of some ratios, its range over the sets of points, and which row it is of."""
    rows = list(rows)
    if not rows:
        return None, None, ""
    worst = max(rows, key=lambda row: ratio(row, "measured"))
    values = [ratio(worst, end) for end in ("low", "measured", "high")]
    who = worst.get("network") or f"{worst['activation']}, n = {worst['n']}"
    dtype = f", {worst['dtype']}" if "dtype" in worst else ""
    return values[1], (min(values), max(values)), f"largest for {who}{dtype}"


def _factor(row: Row, end: str) -> float:
    """How far apart measured and predicted are, as a factor of at least 1."""
    return max(row[end] / row["predicted"], row["predicted"] / row[end])


def _within(name: str, factor: float, rows: Iterable[Row]) -> Row:
    value, interval, note = _worst(rows, _factor)
    return claim(name, f"{factor:g}", factor, "<=", value, interval=interval, note=note)


def _floors(results: list[Row]) -> list[Row]:
    plain = [row for row in results if row["richardson"] == 1]
    combined = [row for row in results if row["richardson"] > 1]
    wide = [row for row in results if row["dtype"] in _WIDE]
    chosen = max(wide, key=lambda row: row["chosen"] / row["measured"])
    return [
        _within(
            "floor of a gate, three dtypes: factor between measured and predicted",
            3,
            (row for row in plain if row["n"] == 2),
        ),
        _within(
            "floor of a flat product, n <= 10, float32 and float64: the same factor",
            2,
            (row for row in plain if row["n"] > 2 and row["dtype"] in _WIDE),
        ),
        _within(
            "floor with two and three Richardson scales, float32 and float64: the same factor",
            2,
            (row for row in combined if row["dtype"] in _WIDE),
        ),
        claim(
            "error at the scale that the library chooses, over that at the best of all",
            "2",
            2,
            "<=",
            chosen["chosen"] / chosen["measured"],
            note=f"float32 and float64; largest for {chosen['network']}, {chosen['dtype']}",
        ),
        claim(
            "gates of K Richardson scales have 4K neurons",
            "gates measured",
            sum(row["n"] == 2 for row in combined),
            "=",
            sum(row["n"] == 2 and row["neurons"] == 4 * row["richardson"] for row in combined),
        ),
    ]


def _exponents(rows: list[Row]) -> list[Row]:
    named = [
        claim(
            f"exponent of the floor in u, three dtypes: {row['network']}",
            f"q/(n - z + q) = {Fraction(row['order'], row['order'] + row['steepness'])}",
            row["order"] / (row["order"] + row["steepness"]),
            "within 0.05",
            row["measured"],
            interval=(row["low"], row["high"]),
        )
        for row in rows
        if row["network"] in _NAMED
    ]

    def apart(row: Row, end: str) -> float:
        exponent = row["order"] / (row["order"] + row["steepness"])
        return abs(row["wide" if end == "measured" else f"wide_{end}"] / exponent - 1)

    value, interval, note = _worst(rows, apart)
    every = claim(
        "exponent of the floor between float32 and float64: relative distance, all networks",
        "0.05",
        0.05,
        "<=",
        value,
        interval=interval,
        note=note,
    )
    return [*named, every]


def _branches(results: list[Row]) -> list[Row]:
    def made(name: str, slope: str, expected: Callable[[Row], float]) -> Row:
        def apart(row: Row, end: str) -> float:
            column = "slope" if end == "measured" else end
            return abs(row[f"{name}_{column}"] / expected(row) - 1)

        fitted = [
            row for row in results if row["dtype"] in _WIDE and row[f"{name}_slope"] is not None
        ]
        value, interval, note = _worst(fitted, apart)
        text = f"slope of the {name} branch against {slope}: relative distance"
        note = f"{len(fitted)} branches in float32 and float64; {note}"
        return claim(text, "0.1", 0.1, "<=", value, interval=interval, note=note)

    return [
        made("truncation", "q", lambda row: row["order"]),
        made("rounding", "-(n - z)", lambda row: -row["steepness"]),
    ]


def crossing(rows: list[Row], column: str, threshold: float) -> float | None:
    """The n at which a column first passes a threshold, between whole n on a logarithmic scale."""
    known = sorted((row for row in rows if row[column] is not None), key=lambda row: row["n"])
    for below, above in zip(known, known[1:], strict=False):
        if below[column] < threshold <= above[column]:
            share = log(threshold / below[column]) / log(above[column] / below[column])
            return below["n"] + share * (above["n"] - below["n"])
    return None


def _between(rows: list[Row], threshold: float) -> tuple[float, float] | None:
    """The crossings of the worst and of the best sets of points."""
    first, last = (crossing(rows, end, threshold) for end in ("high", "low"))
    return None if first is None or last is None else (first, last)


def _flat(tables: Tables) -> list[Row]:
    rows = []
    of = {
        dtype: [row for row in tables["flat"] if (row["family"], row["dtype"]) == (FLAT, dtype)]
        for dtype in ("bfloat16", *_WIDE)
    }
    for dtype in _WIDE:
        rows.append(
            claim(
                f"inputs at which a flat product errs by 1/100, {dtype}",
                "E(n) = 1/100",
                crossing(of[dtype], "predicted", 0.01),
                "within 0.1",
                crossing(of[dtype], "measured", 0.01),
                interval=_between(of[dtype], 0.01),
            )
        )
    memory = {row["dtype"]: row for row in tables["memory"]}
    for dtype in ("bfloat16", "float32"):
        rows.append(
            claim(
                f"inputs at which a flat product errs by 1/2, before memory ends, {dtype}",
                f"most n with (n + 1) 2^(n-1) weights in {memory[dtype]['gibibytes']} GiB",
                memory[dtype]["n"],
                "<=",
                crossing(of[dtype], "measured", 0.5),
                interval=_between(of[dtype], 0.5),
                note=f"the model says {crossing(of[dtype], 'predicted', 0.5) or 0:.1f}",
            )
        )
    return rows


def _trees(tables: Tables) -> list[Row]:
    trees = [row for row in tables["trees"] if row["dtype"] in _WIDE]
    large = [row for row in trees if row["n"] == 32]
    gains = [row["fixed"] / row["measured"] for row in large]
    single = [row for row in large if (row["activation"], row["dtype"]) == ("silu", "float32")]
    flat = [
        row["measured"]
        for row in tables["flat"]
        if (row["family"], row["dtype"], row["n"]) == (FLAT, "float32", 6)
    ]
    return [
        _within(
            "error of a tree, n <= 16, float32 and float64: factor from the predicted one",
            2,
            (row for row in trees if row["n"] <= 16),
        ),
        _within(
            "error of a tree of 32, float32 and float64: factor from the predicted one", 4, large
        ),
        claim(
            "tree of 32: error with the best scale for all levels over that with one each",
            "10",
            10,
            ">=",
            min(gains, default=None),
            note="least of silu and cos in float32 and float64",
        ),
        claim(
            "float32: a tree of 32 inputs errs less than a flat product of 6",
            "flat product of 6",
            flat[0] if flat else None,
            "<=",
            single[0]["measured"] if single else None,
            interval=(single[0]["low"], single[0]["high"]) if single else None,
        ),
    ]


def _weights(rows: list[Row]) -> list[Row]:
    exact = [row for row in rows if row["activation"] in ("cos", "sin", "exp")]
    exact = [row for row in exact if row["way"] == "fixed"]
    half = sorted((row for row in exact if row["activation"] != "exp"), key=lambda row: row["n"])
    first, last = half[0], half[-1]
    growth = last["largest_weight"] / first["largest_weight"]
    return [
        claim(
            "output weights of cos, sin and exp at a fixed scale, equal to their formula",
            "weights of 1/(M sigma_n scale^n)",
            len(exact),
            "=",
            sum(row["roundings"] == 0 for row in exact),
        ),
        claim(
            "all output weights, chosen scales included: roundings away from their formula",
            "2",
            2,
            "<=",
            max(row["roundings"] for row in rows),
        ),
        claim(
            "factor of the output weights per input, half cubes at a fixed scale",
            "1/(2 scale)",
            1 / (2 * 2.0 ** first["log2_scale"]),
            "within 0.01",
            growth ** (1 / (last["n"] - first["n"])),
        ),
    ]


def _as_stated(rows: list[Row]) -> Row:
    """Whether bfloat16 networks round once per operation, and not per partial sum."""
    least = min(rows, key=lambda row: row["once"])
    return claim(
        "bfloat16 outputs equal to those of NumPy with one rounding per operation: share",
        "0.99",
        0.99,
        ">=",
        least["once"],
        note=f"least for {least['network']}; with every partial sum rounded at most "
        f"{max(row['each'] for row in rows):.2f}",
    )
