"""The page: what its template needs, gathered from a folder of records."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from noflat.experiments.__main__ import experiments
from noflat.experiments._claims import short, verdicts
from noflat.experiments.records import Record, Row, read
from noflat.report.certificates import Checked, check_all
from noflat.report.charts import Bands, Spec, bands, claims, explorer, numeric
from noflat.report.formulas import Formulas
from noflat.report.pictures import picture
from noflat.report.theorems import Theorem


class Table(NamedTuple):
    """A table of a record.

    Attributes:
        name: Its name.
        identity: What ids of elements about it begin with.
        rows: The number of its rows.
        columns: Their names.
        numbers: Those that hold numbers.
        address: The table as CSV, in a `data:` address.
        chart: A chart of any two columns, or None.
    """

    name: str
    identity: str
    rows: int
    columns: list[str]
    numbers: list[str]
    address: str
    chart: Spec | None


class Section(NamedTuple):
    """What is shown of one record.

    Attributes:
        name: Of the experiment.
        question: The first line of its docstring, empty where this version has no such experiment.
        verdicts: Its claims.
        passed: How many hold.
        picture: Its figure, or None.
        bands: The chart with bands, or None.
        claims: The chart of the claims, or None.
        tables: All its tables.
        run: What is known of the run, flat: names and values.
    """

    name: str
    question: str
    verdicts: list[Row]
    passed: int
    picture: str | None
    bands: Bands | None
    claims: Spec | None
    tables: list[Table]
    run: dict[str, str]


def page(folder: Path) -> str:
    """Makes the page.

    Args:
        folder: Of the records.

    Returns:
        HTML.

    Raises:
        ValueError: If there is nothing to show, or a record is damaged.
    """
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    sections = [_section(name, record) for name, record in _records(folder)]
    certificates = check_all(folder)
    if not sections and not certificates:
        raise ValueError(
            f"{folder} has no record and no certificate: write one, such as with "
            f"`noflat run linear --out {folder}`"
        )
    formulas = Formulas()
    proofs = [(proof, Markup(formulas.html(proof.text))) for proof in _proofs(certificates)]
    environment = Environment(
        loader=PackageLoader("noflat.report", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["address"] = address
    return environment.get_template("page.html").render(
        sections=sections,
        certificates=certificates,
        refused=sum(not certificate.accepted for certificate in certificates),
        proofs=proofs,
        letters=Markup(formulas.sheet()),
        specs=Markup(_script_json(_specs(sections))),
        vega=Markup(_vega()),
        style=Markup(_own("page.css")),
        script=Markup(_own("page.js")),
    )


def address(text: str, kind: str = "application/json") -> str:
    """A text as a `data:` address.

    Args:
        text: What it holds.
        kind: Its media type.

    Returns:
        The address.

    Example:
        >>> from noflat.report.page import address
        >>> address("n,k", "text/csv")
        'data:text/csv;charset=utf-8,n%2Ck'
    """
    return f"data:{kind};charset=utf-8,{quote(text)}"


def _records(folder: Path) -> Iterator[tuple[str, Record]]:
    single = (folder / "run.json").is_file()
    for place in [folder] if single else sorted(path.parent for path in folder.glob("*/run.json")):
        record = read(place, place.name)
        yield str(record.run.get("experiment", place.name)), record


def _section(name: str, record: Record) -> Section:
    rows = verdicts(name, record)
    return Section(
        name=name,
        question=experiments().get(name, ""),
        verdicts=rows,
        passed=sum(row["verdict"] == "pass" for row in rows),
        picture=picture(name, record),
        bands=bands(record, name),
        claims=claims(record),
        tables=[_table(name, *item) for item in record.tables.items()],
        run=dict(_flat(record.run)),
    )


def _table(experiment: str, name: str, rows: list[Row]) -> Table:
    text = io.StringIO()
    columns = list(rows[0]) if rows else []
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {key: "" if cell is None else cell for key, cell in row.items()} for row in rows
    )
    identity = f"{experiment}-{name}"
    content = address(text.getvalue(), "text/csv")
    chart = explorer(rows, identity)
    return Table(name, identity, len(rows), columns, numeric(rows), content, chart)


def _flat(run: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Settings, versions and all else, one name each."""
    for name, value in run.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            yield f"{prefix}{name}", ", ".join(map(_said, value))
        else:
            yield f"{prefix}{name}", _said(value)


def _said(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(_said, value))
    return short(value) if isinstance(value, float) else str(value)


def _proofs(certificates: list[Checked]) -> list[Theorem]:
    """What the certificates rest on, each theorem once."""
    return list(
        {
            (theorem.page, theorem.number): theorem
            for certificate in certificates
            for theorem in certificate.theorems
        }.values()
    )


def _specs(sections: list[Section]) -> dict[str, Spec]:
    """All charts, by the id of the element that they go into."""
    found = {}
    for section in sections:
        if section.bands is not None:
            found[f"{section.name}-bands"] = section.bands.spec
        if section.claims is not None:
            found[f"{section.name}-claims-chart"] = section.claims
        for table in section.tables:
            if table.chart is not None:
                found[f"{table.identity}-chart"] = table.chart
    return found


def _script_json(value: Any) -> str:
    """JSON that nothing in it can end the script element around."""
    text = json.dumps(value, allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _vega() -> str:
    """Vega, Vega-Lite and Vega-Embed, as one script."""
    import vl_convert

    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script")


def _own(name: str) -> str:
    return (Path(__file__).parent / "template" / name).read_text(encoding="utf-8")
