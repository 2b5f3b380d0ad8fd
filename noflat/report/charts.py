"""Interactive charts as specifications of Vega-Lite: bands, claims, and a look at any table.

Controls are bound to elements of the page by their ids, so that a keyboard and a reader of screens
find them in its order. What a chart shows in color it shows by shape or by words, too.
"""

import math
from typing import Any, NamedTuple

import altair as alt

from noflat.experiments.records import Record, Row

Spec = dict[str, Any]

IMPOSSIBLE, BUILT = "proved impossible", "constructed"

_CASE = ("activation", "convention")
_NEEDED = {"results": {"n", "lower_bound", "constructed", "measured", *_CASE}}
_NEEDED["widths"] = {"n", "width", "best_error", "median_error", *_CASE}


class Bands(NamedTuple):
    """A chart of error against width between two bands, and what its controls offer.

    Attributes:
        spec: The chart; its `usermeta` says in words, for each n and case, what the bands are.
        numbers: The values of n, ascending.
        cases: The settings: activation and convention.
    """

    spec: Spec
    numbers: list[int]
    cases: list[str]


def bands(record: Record, identity: str) -> Bands | None:
    """What is proved impossible, what is constructed, and where training is, by n and case.

    Args:
        record: Its tables `results`, with the two bounds, and `widths`, with errors of training.
        identity: Of the elements `IDENTITY-n` and `IDENTITY-case` that choose.

    Returns:
        The chart, or None where the record has no such tables.
    """
    for name, columns in _NEEDED.items():
        rows = record.tables.get(name)
        if not rows or not columns <= set(rows[0]):
            return None
    results = {(row["n"], _case(row)): row for row in record.tables["results"]}
    numbers = sorted({n for n, _ in results})
    cases = list(dict.fromkeys(case for _, case in results))
    last = {key: _last(row, record.tables["widths"]) for key, row in results.items()}
    edges = [edge for key, row in results.items() for edge in _edges(key, row, last[key])]
    told = {f"{n}|{case}": _told(n, case, row) for (n, case), row in results.items()}
    spec = _layers(edges, _points(record.tables["widths"]), numbers, cases, identity)
    return Bands(spec | {"usermeta": {"told": told}}, numbers, cases)


def _case(row: Row) -> str:
    return f"{row['activation']}, {row['convention']}"


def _last(result: Row, widths: list[Row]) -> float:
    """The right end of the axis."""
    same = [row["width"] for row in widths if all(row[k] == result[k] for k in ("n", *_CASE))]
    return max([result["constructed"] + 2, *same]) + 0.5


def _edges(key: tuple[int, str], result: Row, last: float) -> list[Row]:
    n, case = key
    shared = {"n": n, "case": case}
    fewer = shared | {"band": IMPOSSIBLE, "from": 0.5, "to": result["lower_bound"] - 0.5}
    built = shared | {"band": BUILT, "from": result["constructed"] - 0.5, "to": last}
    return [fewer, built]


def _points(widths: list[Row]) -> list[Row]:
    """Errors by width; where rows differ in a tolerance only, the first counts."""
    found: dict[tuple, Row] = {}
    for row in widths:
        for which in ("best", "median"):
            kind = " ".join([*([row["method"]] if "method" in row else []), which])
            point = {"n": row["n"], "case": _case(row), "width": row["width"], "error of": kind}
            error = row[f"{which}_error"]
            if error:
                found.setdefault(tuple(point.values()), point | {"error": error})
    return list(found.values())


def _told(n: int, case: str, row: Row) -> str:
    met = row["lower_bound"] == row["constructed"]
    measured = "training found none" if row["measured"] is None else f"measured {row['measured']}"
    return (
        f"n = {n}, {case}: certified {row['lower_bound']}, {measured}, constructed "
        f"{row['constructed']}{'; the bounds meet' if met else ''}"
    )


def _layers(
    edges: list[Row], points: list[Row], numbers: list[int], cases: list[str], identity: str
) -> Spec:
    n = alt.param(name="n", value=numbers[-1], bind=_element(f"{identity}-n"))
    case = alt.param(
        name="chosen",  # "case" is a word of the language
        value=cases[0],
        bind=_element(f"{identity}-case"),
    )
    here = "datum.n == n && datum.case == chosen"
    band = alt.Scale(domain=[IMPOSSIBLE, BUILT], range=["#D55E00", "#009E73"])
    areas = (
        alt.Chart(alt.Data(values=edges))
        .transform_filter(here)
        .mark_rect(opacity=0.25)
        .encode(
            x=alt.X("from:Q", title="width (neurons)", axis=alt.Axis(tickMinStep=1, grid=False)),
            x2="to:Q",
            color=alt.Color("band:N", scale=band, title=None),
            tooltip=["band:N", "from:Q", "to:Q"],
        )
    )
    lines = (
        alt.Chart(alt.Data(values=points))
        .transform_filter(here)
        .mark_line(point=True, clip=True)
        .encode(
            x="width:Q",
            y=alt.Y("error:Q", title="relative rms error", scale=alt.Scale(type="log")),
            strokeDash=alt.StrokeDash("error of:N", title=None),
            shape=alt.Shape("error of:N", title=None),
            tooltip=["width:Q", "error:Q", "error of:N"],
        )
    )
    chart = alt.layer(areas, lines).add_params(n, case).properties(height=300, **_wide())
    return _finished(chart)


def claims(record: Record) -> Spec | None:
    """Every claim whose two numbers can be compared: measured over predicted, with its interval.

    Args:
        record: Its table `claims`.

    Returns:
        The chart, or None where there is none.
    """
    rows = [ratio for row in record.tables.get("claims", []) for ratio in _ratios(row)]
    if not rows:
        return None
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("claim:N", sort=None, title=None, axis=alt.Axis(labelLimit=260, grid=False))
    )
    scale = alt.Scale(type="log", nice=True)
    verdict = alt.Scale(domain=["pass", "fail"], range=["#0072B2", "#D55E00"])
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=alt.X("ratio:Q", title="measured / predicted", scale=scale),
        color=alt.Color("verdict:N", scale=verdict, title=None),
        shape=alt.Shape("verdict:N", scale=alt.Scale(domain=["pass", "fail"]), title=None),
        tooltip=["claim:N", "predicted:Q", "measured:Q", "verdict:N"],
    )
    bars = base.mark_rule().encode(x="low:Q", x2="high:Q")
    one = alt.Chart(alt.Data(values=[{"one": 1}])).mark_rule(strokeDash=[3, 3]).encode(x="one:Q")
    return _finished((one + bars + dots).properties(height=alt.Step(18), **_wide()))


def _ratios(row: Row) -> list[Row]:
    predicted, measured = row["predicted"], row["measured"]
    if not _positive(predicted) or not _positive(measured):
        return []
    ends = {end: row[end] / predicted for end in ("low", "high") if _positive(row[end])}
    shown = {name: row[name] for name in ("claim", "predicted", "measured", "verdict")}
    return [shown | {"ratio": measured / predicted} | (ends if len(ends) == 2 else {})]


def _positive(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and value > 0


def explorer(rows: list[Row], identity: str) -> Spec | None:
    """A scatter of any two columns of a table, colored by a third.

    Args:
        rows: The table; the page puts them in, under the name `table`.
        identity: Of the elements `IDENTITY-x`, `-y`, `-color`, `-xlog` and `-ylog` that choose.

    Returns:
        The chart, or None where there are no two columns of numbers.
    """
    columns = numeric(rows)
    if len(columns) < 2:
        return None
    chosen = {"x": columns[0], "y": columns[-1], "color": ""}
    chart = alt.Chart(alt.NamedData(name="table")).add_params(
        *(alt.param(name=n, value=v, bind=_element(f"{identity}-{n}")) for n, v in chosen.items()),
        *(alt.param(name=n, value="linear", bind=_element(f"{identity}-{n}")) for n in _LOGS),
    )
    for axis in "xy":
        number = f"toNumber(datum[{axis}])"
        power = f"({number} > 0 ? log({number}) / LN10 : null)"
        value = f"{axis}log == 'log' ? {power} : {number}"
        chart = chart.transform_calculate(**{f"at_{axis}": value})
    chart = chart.transform_calculate(by="color ? datum[color] : 'all'").transform_filter(
        "isValid(datum.at_x) && isValid(datum.at_y)"
    )
    marks = chart.mark_point(filled=True, opacity=0.7).encode(
        x=_free("x"), y=_free("y"), color=alt.Color("by:N", title=None)
    )
    return _finished(marks.properties(height=260, **_wide()))


_LOGS = ("xlog", "ylog")


def _free(axis: str) -> Any:
    label = (
        f"{axis}log == 'log' ? format(pow(10, datum.value), '.3~g') : format(datum.value, '.4~g')"
    )
    kind = alt.X if axis == "x" else alt.Y
    return kind(
        f"at_{axis}:Q",
        title=None,
        scale=alt.Scale(zero=False),
        axis=alt.Axis(labelExpr=label),
    )


def numeric(rows: list[Row]) -> list[str]:
    """The columns of a table that hold numbers, and in some row one."""

    def holds(name: str) -> bool:
        values = [row[name] for row in rows if row[name] is not None]
        return bool(values) and all(isinstance(value, int | float) for value in values)

    return [name for name in (rows[0] if rows else {}) if holds(name)]


def _element(identity: str) -> Any:
    return alt.BindDirect(element=f"#{identity}", event="input")


def _wide() -> Spec:
    return {"width": "container", "autosize": alt.AutoSizeParams(type="fit-x", contains="padding")}


def _finished(chart: Any) -> Spec:
    """The specification, transparent, and without what names an address."""
    spec = chart.configure(background="transparent").configure_view(stroke=None).to_dict()
    spec.pop("$schema", None)
    return spec
