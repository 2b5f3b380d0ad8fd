"""The charts of a report as specifications of Vega-Lite; the page gives each its rows.

What a chart shows in color it shows by place, shape or words, too. Texts and axes take their color
from the page, so that a dark one is read as well.
"""

from typing import Any

import altair as alt

from noflat.report.numbers import BANDS

Spec = dict[str, Any]

_ORANGE, _GREEN, _BLUE, _GRAY = "#D55E00", "#009E73", "#0072B2", "#888888"
_TWO_LINES = "split(replace(datum.label, ', ', '|'), '|')"
"""Names in two lines where they have a comma: a phone is narrow."""


def charts() -> dict[str, Spec]:
    """The specifications of all kinds of charts, by their names.

    Where the height depends on the rows, `usermeta` says how: `step` for each value `of` a column
    `by`; the page, which has the rows, works it out.
    """
    made = {
        "bands": _bands(),
        "errors": _errors(),
        "counts": _counts(),
        "claims": _claims(),
        "explorer": _explorer(),
    }
    return {name: _finished(chart) for name, chart in made.items()}


def _band_areas(end: str) -> Any:
    """Both bands, up to the end that a column names."""
    scale = alt.Scale(domain=list(BANDS), range=[_ORANGE, _GREEN])
    return (
        alt.Chart(alt.NamedData(name="bands"))
        .mark_rect(opacity=0.35)
        .encode(
            x=alt.X("from:Q", title="neurons", axis=alt.Axis(tickMinStep=1, grid=False)),
            x2=f"{end}:Q",
            color=alt.Color("band:N", scale=scale, title=None),
            tooltip=["case:N", "band:N"],
        )
    )


def _bands() -> Any:
    """A row per setting: what is proved impossible, what is constructed, what is measured."""
    y = alt.Y(
        "case:N",
        title=None,
        sort=None,
        scale=alt.Scale(paddingInner=0.25),
        axis=alt.Axis(labelExpr=_TWO_LINES, grid=False),
    )
    measured = (
        alt.Chart(alt.NamedData(name="measured"))
        .transform_calculate(mark="'measured'")
        .mark_point(filled=True, size=90, opacity=1, stroke="white", strokeWidth=1)
        .encode(
            x="at:Q",
            y=y,
            shape=alt.Shape("mark:N", scale=alt.Scale(range=["diamond"]), title=None),
            color=alt.value(_BLUE),
            tooltip=["case:N", "at:Q"],
        )
    )
    return (_band_areas("to").encode(y=y) + measured).properties(**_rows("bands", "case", 36))


def _rows(of: str, by: str, step: int) -> Spec:
    return {"usermeta": {"of": of, "by": by, "step": step}}


def _errors() -> Any:
    """Error against width for one setting, over its bands."""
    y = alt.Y(
        "error:Q",
        title="relative rms error",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(grid=False, tickCount=5),
    )
    base = alt.Chart(alt.NamedData(name="errors")).encode(x="width:Q", y=y)
    lines = base.mark_line(color=_BLUE).encode(strokeDash=alt.StrokeDash("error of:N", legend=None))
    points = base.mark_point(filled=True, size=50, color=_BLUE, opacity=1).encode(
        shape=alt.Shape("error of:N", title=None),
        tooltip=["width:Q", "error:Q", "error of:N"],
    )
    return (_band_areas("to_last_width") + lines + points).properties(height=260)


def _counts() -> Any:
    """How many neurons what is constructed has, at one n."""
    axis = alt.Axis(tickCount=4, grid=False)
    base = alt.Chart(alt.NamedData(name="counts")).encode(
        x=alt.X("neurons:Q", scale=alt.Scale(type="log", domainMin=1), axis=axis),
        y=alt.Y("way:N", title=None, sort=None, axis=alt.Axis(labelExpr=_TWO_LINES, grid=True)),
        tooltip=["way:N", "neurons:Q"],
    )
    points = base.mark_point(filled=True, size=80, color=_GREEN, opacity=1)
    texts = base.mark_text(align="left", dx=9, fontSize=12).encode(
        text=alt.Text("neurons:Q", format=",")
    )
    return (points + texts).properties(
        padding={"left": 5, "right": 90}, **_rows("counts", "way", 36)
    )


def _claims() -> Any:
    """Measured over predicted, with the interval where there is one; 1 is where they are equal."""
    y = alt.Y("claim:N", sort=None, title=None, axis=alt.Axis(grid=True))
    title = "measured / predicted"
    x = alt.X("ratio:Q", title=title, scale=alt.Scale(type="log"), axis=alt.Axis(grid=False))
    verdicts = ["pass", "fail"]
    colors = alt.Scale(domain=verdicts, range=[_BLUE, _ORANGE])
    shapes = alt.Scale(domain=verdicts, range=["circle", "cross"])
    dots = (
        alt.Chart(alt.NamedData(name="claims"))
        .mark_point(filled=True, size=70, opacity=1)
        .encode(
            x=x,
            y=y,
            color=alt.Color("verdict:N", scale=colors, title=None),
            shape=alt.Shape("verdict:N", scale=shapes, title=None),
            tooltip=["claim:N", "predicted:Q", "measured:Q", "verdict:N"],
        )
    )
    bars = (
        alt.Chart(alt.NamedData(name="claims"))
        .mark_rule(strokeWidth=2, color=_GRAY)
        .encode(x=alt.X("low:Q", title=title), x2="high:Q", y=y)
    )
    one = (
        alt.Chart(alt.Data(values=[{"one": 1}]))
        .mark_rule(strokeDash=[3, 3], color=_GRAY)
        .encode(x=alt.X("one:Q", title=title))
    )
    return (one + bars + dots).properties(**_rows("claims", "claim", 20))


def _explorer() -> Any:
    """The rows of any table by two columns, colored by a third; the page names the columns."""
    return (
        alt.Chart(alt.NamedData(name="rows"))
        .mark_point(filled=True, opacity=0.7, size=45)
        .encode(
            x=alt.X("x:Q", scale=alt.Scale(zero=False)),
            y=alt.Y("y:Q", scale=alt.Scale(zero=False)),
            color=alt.Color("color:N"),
            tooltip=["x:N", "y:N", "color:N"],
        )
        .properties(height=300)
    )


def _finished(chart: Any) -> Spec:
    """As wide as its place, transparent, and without the address that altair puts in."""
    wide = chart.properties(width="container", autosize={"type": "fit-x", "contains": "padding"})
    spec = (
        wide.configure(background="transparent", font="system-ui, sans-serif")
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight="normal")
        .configure_legend(labelFontSize=12, titleFontSize=12, orient="top")
        .to_dict()
    )
    del spec["$schema"]
    return spec
