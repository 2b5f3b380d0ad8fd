"""What `noflat bounds` prints and writes: a table, as text, as JSON, and as files."""

import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

import jax
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from noflat.brackets import Bracket, bounds
from noflat.constructions.operands import Inputs
from noflat.conventions import CONVENTIONS
from noflat.flags import interrupted, stop
from noflat.networks import save as save_network
from noflat.targets import Polynomial, polynomial

_WIDEST = 1000
"""Columns, more than any table has."""


def run_bounds(
    expression: str,
    activations: Sequence[str],
    conventions: Sequence[str],
    inputs: Inputs,
    error: str | None,
    as_json: bool,
    folder: Path | None,
) -> None:
    """Runs `noflat bounds`.

    Raises:
        SystemExit: After one line on the standard error, where something is wrong.
    """
    jax.config.update("jax_enable_x64", True)  # for this process, at its start
    messages = Console(stderr=True, highlight=False)
    found: list[Bracket] = []
    try:
        target = _target(expression)
        allowed = [*dict.fromkeys(conventions)] or CONVENTIONS
        if folder is not None:
            folder = _new_folder(folder)
        for name in dict.fromkeys(activations):
            with messages.status(f"{name}: bounds and networks"):
                found += bounds(
                    expression,
                    name,
                    conventions=allowed,
                    inputs=inputs,
                    error=error,
                )
        data = {
            "expression": expression,
            "target": str(target),
            "degree": target.degree,
            "inputs": target.inputs,
            "terms": len(target.terms),
            "law": inputs,
            "error": error,
            "rows": [bracket.row() for bracket in found],
        }
        if folder is not None:
            data["rows"] = _write(folder, found, data)
    except ValueError as problem:
        stop("noflat bounds", problem)
    except KeyboardInterrupt:
        interrupted("noflat bounds", "nothing was written")
    if as_json:
        sys.stdout.write(json.dumps(data, indent=1) + "\n")
    else:
        show(target, found, inputs)


def _target(expression: str) -> Polynomial:
    if not expression.strip():
        raise ValueError("the expression is empty: write one, such as 'x*y*z + 2*w**3'")
    try:
        target = polynomial(expression)
    except ValueError:
        target = _constant(expression)
        if target is None:
            raise
    if target.degree < 1:
        raise ValueError(f"a constant, here {target}, takes no neurons: name a polynomial")
    return target


def _constant(expression: str) -> Polynomial | None:
    """The expression where it is one without variables."""
    with suppress(ValueError):
        return polynomial(expression, variables=["x"])


def show(target: Polynomial, found: Sequence[Bracket], inputs: Inputs) -> None:
    """Prints a table per activation: a row per convention, one hidden layer beside more."""
    console = Console(highlight=False, markup=False, emoji=False)
    terms = "1 term" if len(target.terms) == 1 else f"{len(target.terms)} terms"
    variables = "1 variable" if target.inputs == 1 else f"{target.inputs} variables"
    text = str(target)
    console.print(
        (text if len(text) <= 60 else text[:57] + "...")
        + f": degree {target.degree}, {variables}, {terms}"
    )
    for name, rows in groupby(found, key=lambda bracket: bracket.activation):
        brackets = [*rows]
        console.print(f"\n{name}", style="bold")
        table = _table(brackets, inputs)
        # wider than a narrow terminal rather than without its digits
        room = console.options.update(width=_WIDEST)
        width = max(console.width, Measurement.get(console, room, table).maximum)
        Console(width=width, highlight=False).print(table)
        for layers in ("one", "more"):
            here = [b for b in brackets if (b.hidden_layers == 1) == (layers == "one")]
            if here and all(b.network is None for b in here):
                console.print(f"{layers} hidden layer{'s' * (layers == 'more')}: {here[-1].remark}")
    console.print(_LEGEND[inputs])


_LEGEND = {
    "cube": """
taylor, uniform: with fewer neurons one hidden layer is proved not to do it, in
that sense. flat: the neurons of a constructed network; = where a proved number
is met. deep: the same, in so many hidden layers. sup: no point of the cube
[-1, 1]^n has a larger error, proved in real arithmetic; ~ is the relative rms
error at random points instead, where the proof would take long.""",
    "gaussian": """
taylor, uniform, gaussian: with fewer neurons one hidden layer is proved not to
do it, in that sense. flat: the neurons of a constructed network; = where a
proved number is met. deep: the same, in so many hidden layers. rms: the
relative rms error at standard normal points.""",
}


def _table(rows: list[Bracket], inputs: Inputs) -> Table:
    senses = [s for s in ("taylor", "uniform", "gaussian") if any(b.sense == s for b in rows)]
    error = "sup" if inputs == "cube" else "rms"
    table = Table(box=None, pad_edge=False)
    table.add_column("convention", no_wrap=True)
    for title in (*senses, "flat", error, "deep", error):
        table.add_column(title, justify="right", no_wrap=True)
    for convention in dict.fromkeys(bracket.convention for bracket in rows):
        here = [bracket for bracket in rows if bracket.convention == convention]
        flat = {bracket.sense: bracket for bracket in here if bracket.hidden_layers == 1}
        deep = [b for b in here if b.hidden_layers > 1 and b.network is not None]
        least = min(deep, key=lambda b: b.constructed or 0, default=None)
        table.add_row(
            convention.name.replace("output_bias+affine_skip", "affine_skip"),
            *(_number(flat[sense].lower_bound) if sense in flat else "" for sense in senses),
            *_built(flat.get("uniform"), inputs, met=any(map(_meets, flat.values()))),
            *_built(least, inputs),
        )
    return table


def _meets(bracket: Bracket) -> bool:
    return bracket.network is not None and bracket.lower_bound == bracket.constructed


def _built(bracket: Bracket | None, inputs: Inputs, *, met: bool = False) -> list[str]:
    if bracket is None or bracket.network is None:
        return ["-", "-"]
    shown = f"~{bracket.relative_error:.0e}"
    if inputs == "gaussian":
        shown = shown[1:]
    elif bracket.sup_error is not None:
        shown = f"{bracket.sup_error:.0e}"
    depth = f" in {bracket.hidden_layers}" if bracket.hidden_layers > 1 else ""
    return [f"{'= ' if met else ''}{bracket.constructed}{depth}", shown]


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)


def _new_folder(folder: Path) -> Path:
    """Where links lead, once it is known that a folder can be made there."""
    folder = folder.resolve()
    if folder == Path.cwd():
        raise ValueError(f"`--save` {folder} is the current folder: name a new one")
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ValueError(f"`--save` {folder} exists already: name a new folder, or an empty one")
    above = next(path for path in folder.parents if path.exists())  # made only when written
    try:
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=above):
            pass
    except OSError as problem:
        raise ValueError(f"`--save` {folder} cannot be written to: {problem.strerror}") from None
    return folder


def _write(folder: Path, found: Sequence[Bracket], data: dict[str, Any]) -> list[dict[str, Any]]:
    """Writes all files beside the folder first, and renames them together."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    rows = []
    try:
        for part in ("certificates", "networks"):
            (partial / part).mkdir()
        for bracket in found:
            row = bracket.row()
            stem = f"{bracket.activation}-{bracket.convention.name}-{bracket.sense}"
            if bracket.certificate is not None:
                row["certificate"] = f"certificates/{stem}.json"
                bracket.certificate.save(partial / row["certificate"])
            if bracket.network is not None:
                row["network"] = f"networks/{stem}-{bracket.hidden_layers}.safetensors"
                save_network(
                    bracket.network, partial / row["network"], description=data["target"][:1000]
                )
            rows.append(row)
        text = json.dumps({**data, "rows": rows}, indent=1) + "\n"
        (partial / "bounds.json").write_text(text, encoding="utf-8")
        partial.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except OSError as problem:
        raise ValueError(f"`--save` {folder} cannot be written to: {problem.strerror}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return rows
