"""The page: what its template needs, gathered from a folder of records."""

import base64
import csv
import hashlib
import io
import json
import math
import shlex
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from noflat.experiments.__main__ import experiments
from noflat.experiments.records import Row
from noflat.report.certificates import Checked, check_all
from noflat.report.charts import charts
from noflat.report.formulas import Formulas
from noflat.report.found import Found, find, flat
from noflat.report.numbers import Numbers, bands, ratios, three_numbers
from noflat.report.pictures import Picture, picture
from noflat.report.theorems import Theorem, theorem_of


class Table(NamedTuple):
    """A table of a record.

    Attributes:
        name: Its name.
        rows: The number of its rows.
        columns: Their names.
        address: The table as CSV, in a `data:` address.
    """

    name: str
    rows: int
    columns: list[str]
    address: str


class Certified(NamedTuple):
    """The three numbers of a setting, and what the first of them rests on.

    Attributes:
        numbers: The three.
        certificate: The place in the list of the certificate that proves it, or None.
        theorems: What the theorem that the record names rests on.
    """

    numbers: Numbers
    certificate: int | None
    theorems: tuple[Theorem, ...]


class Section(NamedTuple):
    """What is shown of one record.

    Attributes:
        found: The record.
        question: The first line of the docstring of its experiment, empty where this version has
            none of that name.
        picture: Its figure.
        certified: Its three numbers, if it has any.
        bands: What the charts with a slider show, or None.
        ratios: The claims that have a ratio.
        tables: All its tables.
        settings: What was run.
        circumstances: Where and how, versions, wall time.
    """

    found: Found
    question: str
    picture: Picture
    certified: list[Certified]
    bands: dict[str, Any] | None
    ratios: list[Row]
    tables: list[Table]
    settings: dict[str, str]
    circumstances: dict[str, str]


def page(folder: Path) -> str:
    """Makes the page.

    Args:
        folder: Of the records.

    Returns:
        HTML.

    Raises:
        ValueError: If there is nothing to show, or a record is damaged.
    """
    found = find(folder)
    certificates = check_all(folder)
    if not found and not certificates:
        raise ValueError(
            f"{folder} has no record and no certificate: name a folder of records, or one that "
            "`noflat bounds --save` wrote (see noflat list)"
        )
    known = experiments()
    sections = [_section(each, known.get(each.experiment, ""), certificates) for each in found]
    formulas = Formulas()
    proofs = [
        (proof, Markup(formulas.html(proof.text))) for proof in _proofs(sections, certificates)
    ]
    vega, script = _vega(), _own("page.js")
    return _template().render(
        sections=sections,
        certificates=certificates,
        refused=sum(not certificate.accepted for certificate in certificates),
        proofs=proofs,
        letters=Markup(formulas.sheet()),
        software=_software(found),
        data=Markup(_script_json(_data(sections))),
        vega=Markup(vega),
        script=Markup(script),
        allowed=" ".join(map(_fingerprint, (vega, script))),
        style=Markup(_own("page.css")),
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
        >>> address("n,k<", "text/csv")
        'data:text/csv;charset=utf-8,n,k%3C'
    """
    return f"data:{kind};charset=utf-8,{quote(text, safe=',:;=+*/()[]{}|@!')}"


def _section(found: Found, question: str, certificates: list[Checked]) -> Section:
    record = found.record
    run = {**record.run, "experiment": found.experiment}
    settings = run.pop("settings", {})
    return Section(
        found=found,
        question=question,
        picture=picture(found.experiment, record),
        certified=[_certified(numbers, certificates) for numbers in three_numbers(record)],
        bands=bands(record),
        ratios=ratios(record),
        # claims last, as they have a table and a chart of their own
        tables=[_table(*item) for item in sorted(record.tables.items(), key=_is_claims)],
        settings=dict(flat(settings if isinstance(settings, dict) else {"settings": settings})),
        circumstances=dict(flat(run)),
    )


def _certified(numbers: Numbers, certificates: list[Checked]) -> Certified:
    place = next((i for i, each in enumerate(certificates) if each.proves(numbers)), None)
    return Certified(numbers, place, theorem_of(str(numbers.row.get("theorem"))))


def _is_claims(item: tuple[str, list[Row]]) -> bool:
    return item[0] == "claims"


def _table(name: str, rows: list[Row]) -> Table:
    text = io.StringIO()
    columns = list(rows[0]) if rows else []
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return Table(name, len(rows), columns, address(text.getvalue(), "text/csv"))


def _proofs(sections: list[Section], certificates: list[Checked]) -> list[Theorem]:
    """What certificates and certified numbers rest on, each theorem once, by page and number."""
    used = [theorem for certificate in certificates for theorem in certificate.theorems]
    used += [
        theorem
        for section in sections
        for certified in section.certified
        for theorem in certified.theorems
    ]
    return sorted(dict.fromkeys(used), key=lambda each: (each.page != "theory", _number(each)))


def _number(theorem: Theorem) -> tuple[str, list[int]]:
    letters = theorem.number.rstrip("0123456789.")
    return letters, [int(part) for part in theorem.number[len(letters) :].split(".")]


def _software(found: Iterable[Found]) -> dict[str, str]:
    """The versions that wrote the page and its records."""
    environments = [each.record.run.get("environment") for each in found]
    versions = {"page": version("noflat")}
    for name in ("noflat", "jax", "python"):
        named = [
            str(each[name]) for each in environments if isinstance(each, dict) and name in each
        ]
        if named:
            versions[name] = ", ".join(dict.fromkeys(named))
    return versions


def _data(sections: list[Section]) -> dict[str, Any]:
    """What the script of the page draws: kinds of charts once, and rows for each record."""
    rows = {
        section.found.identity: {"bands": section.bands, "claims": section.ratios}
        for section in sections
    }
    return {"charts": charts(), "rows": rows}


def _script_json(value: Any) -> str:
    """JSON that nothing in it can end the script element around."""
    text = json.dumps(_finite(value), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _finite(value: Any) -> Any:
    """The same, with None for numbers that JSON does not have."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@cache
def _vega() -> str:
    """Vega, Vega-Lite and Vega-Embed, as one script that nothing in it ends."""
    import vl_convert  # takes seconds to put the script together

    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _fingerprint(script: str) -> str:
    """What the policy of the page calls a script that may run."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _own(name: str) -> str:
    return (Path(__file__).parent / "template" / name).read_text(encoding="utf-8")


def _template() -> Any:
    environment = Environment(
        loader=PackageLoader("noflat.report", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["address"] = address
    environment.filters["quoted"] = shlex.quote
    return environment.get_template("page.html")
