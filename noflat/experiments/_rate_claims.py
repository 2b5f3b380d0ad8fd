"""The claims of the experiment on rates."""

from collections.abc import Iterator

from noflat.experiments._claims import claim, every, none
from noflat.experiments._flags import Tables
from noflat.experiments.records import Row, where
from noflat.measure.fits import log_slope

_ROOM = "within 0.15"

_ROUNDING = 2.0**-46
"""Of a measured error: some hundred roundings of numbers of size 1. Some bounds are attained."""


def claims(tables: Tables) -> list[Row]:
    """What the theorems say of the rows."""
    return [*_trees(tables), *_networks(tables), *_circuits(tables), *_crossings(tables)]


def _trees(tables: Tables) -> Iterator[Row]:
    formulas = {"deep": "-m/2", "flat": "-m/n", "triangulated": "-m/2"}
    for row in tables["exponents"]:
        kind = row["kind"]
        unit = "neurons" if kind == "triangulated" else "parameters"
        yield claim(
            f"{kind}: exponent of the error in {unit}, n = {row['inputs']}, m = {row['order']}",
            formulas[kind],
            row["predicted"],
            _ROOM,
            row["exponent"],
            interval=(row["low"], row["high"]),
        )
    yield every(
        "interpolants with errors at most the certified one",
        [row["error"] <= row["certified"] + _ROUNDING for row in tables["errors"]],
        formula="all rows",
        note="up to 2^-46 for the rounding of measured errors",
    )
    for order, inputs in dict.fromkeys((r["order"], r["inputs"]) for r in tables["savings"]):
        rows = where(tables["savings"], order=order, inputs=inputs)
        if len(rows) < 2:  # too few grids for an exponent
            continue
        yield claim(
            f"exponent of flat over deep parameters in the error, n = {inputs}, m = {order}",
            "-(n - 2)/m",
            -(inputs - 2) / order,
            _ROOM,
            log_slope([r["error"] for r in rows], [r["ratio"] for r in rows]),
        )


def _networks(tables: Tables) -> Iterator[Row]:
    rows = tables["networks"]
    yield every(
        "triangulated trees with (n - 1)(3(G + 1)^2 + 2(G + 1) + 2) neurons",
        [row["neurons"] == row["formula"] for row in rows],
        formula="all",
    )
    yield claim(
        "largest difference of a network from interpolation in triangles",
        "0, but for rounding",
        1e-12,
        "<=",
        max(row["difference"] for row in rows),
    )


def _circuits(tables: Tables) -> Iterator[Row]:
    rows = tables["circuits"]
    yield none("words on which a network differs from its circuit", sum(r["wrong"] for r in rows))
    yield every(
        "circuits of b bits with errors of at most 2^-b",
        [row["error"] <= 1 for row in rows],
        formula="all",
    )
    yield every(
        "circuits with errors of at most the proved bound",
        [row["error"] <= row["error_bound"] for row in rows],
        formula="all",
    )
    roots = where(rows, function="square_root")
    even = [row for row in roots if row["bits"] % 2 == 0]
    yield every(
        "square roots of even b with (9b^2 - 6b + 4)/4 gates",
        [4 * row["gates"] == 9 * row["bits"] ** 2 - 6 * row["bits"] + 4 for row in even],
        formula="all",
    )
    yield every(
        "square roots of even b with (19b^2 - 32b + 40)/4 neurons",
        [4 * row["neurons"] == 19 * row["bits"] ** 2 - 32 * row["bits"] + 40 for row in even],
        formula="all",
    )


def _crossings(tables: Tables) -> Iterator[Row]:
    for row in tables["crossings"]:
        name = row["function"].replace("_", " ")
        if row["at_most"] == 3:
            yield claim(f"{name}: power of b in neurons, at most", "3", 3, "<=", row["power"])
        yield claim(
            f"{name}: power of b in neurons",
            "2" if row["at_most"] == 2 else "that of steps times b times b + guard bits",
            row["predicted"],
            _ROOM,
            row["power"],
        )
        if row["smaller_from"] is not None:
            yield claim(
                f"{name}: bits from which on the circuit is smaller than {row['cells']} cells",
                f"extrapolated from at most {row['fitted_bits']} bits",
                row["extrapolated"],
                "within 0.05",
                row["smaller_from"],
            )
