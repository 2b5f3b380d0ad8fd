"""How many neurons multiply n variables: constructed, certified and measured.

For every n, activation and convention the three numbers come by three ways: the fewest neurons of
an explicit flat network, the lower bound of a certificate, and the smallest width at which training
succeeds. Beside them stand the deep networks that do the same with about 4n neurons.
"""

import itertools
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.progress import Progress

from noflat.experiments._claims import claim, every
from noflat.experiments._flags import (
    Tables,
    add_inputs,
    inputs_from,
    parser,
    positive_integer,
    run_and_write,
    share,
)
from noflat.experiments._products import bounds, certificates, counts, error_floors
from noflat.experiments.records import Record, Row

_BIASES = "hidden_bias+output_bias"
_CASES = (("exp", "bias_free"), ("exp", "output_bias"), ("tanh", _BIASES), ("gelu", _BIASES))


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        n: The numbers of variables; paper size adds 8 where there is an accelerator.
        cases: Pairs of activation and convention.
        inputs: The law of the inputs, `cube` or `gaussian`.
        restarts: Networks trained per width.
        steps: The most steps per network.
        tolerance: The relative rms error that counts as success.
        seed: Of all random numbers.
    """

    n: tuple[int, ...] = (2, 3, 4)
    cases: tuple[tuple[str, str], ...] = _CASES
    inputs: Literal["cube", "gaussian"] = "cube"
    restarts: int = 64
    steps: int = 600
    tolerance: float = 0.02
    seed: int = 0


PRESETS = {
    "smoke": Settings(n=(2,), cases=_CASES[:1] + _CASES[3:], restarts=8, steps=120),
    "default": Settings(),
    "paper": Settings(
        n=(2, 3, 4, 5, 6),
        cases=(*_CASES, ("silu", _BIASES), ("sigmoid", _BIASES), ("softplus", _BIASES)),
        restarts=64,
        steps=2000,
    ),
}


def run(
    settings: Settings, progress: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, list[Row]]:
    """Runs the experiment.

    Args:
        settings: What is run.
        progress: Called after every width with the numbers of widths done and in all.

    Returns:
        Five tables: `results`, a row per n, activation and convention; `widths`, a row per width
        trained; `floors`, the rms error that no network of that width goes below, where one is
        certified; `counts`, the neurons of the constructions for every n up to 32; `claims`.
    """
    from noflat.measure import widths_to_try

    # the exact part first, in this thread; training after it, one setting per core
    rows = [
        bounds(n, activation, convention, settings.inputs)
        for activation, convention in settings.cases
        for n in settings.n
    ]
    workers = max(1, min(len(rows), os.cpu_count() or 1))
    heaviest_first = sorted(range(len(rows)), key=lambda i: -rows[i]["constructed"] * rows[i]["n"])
    total = sum(len(widths_to_try(row["constructed"])) for row in rows)
    stopped, done = threading.Event(), itertools.count(1)

    def after_a_width(_: Any) -> None:
        if stopped.is_set():  # the one way to end a thread is from within
            raise InterruptedError
        progress(next(done), total)

    with ThreadPoolExecutor(workers) as pool:
        futures = {
            i: pool.submit(_measure, rows[i], settings, after_a_width) for i in heaviest_first
        }
        try:
            for future in as_completed(futures.values()):
                future.result()  # the first error ends all
        except BaseException:
            stopped.set()
            pool.shutdown(cancel_futures=True)
            raise
    measured = [futures[i].result() for i in range(len(rows))]
    results = [row | {"verdict": "pass" if holds(row) else "fail"} for row, _ in measured]
    trained = [width for _, widths in measured for width in widths]
    floors = [floor for row in results for floor in error_floors(row)]
    tables = {"results": results, "widths": trained, "floors": floors, "counts": counts()}
    return tables | {"claims": claims(tables)}


def claims(tables: Tables) -> list[Row]:
    """What the experiment says, each with its verdict."""
    rows = tables["results"]
    known = [row for row in rows if row["predicted"] is not None]
    inside = [row["lower_bound"] <= (row["measured"] or 0) <= row["constructed"] for row in rows]
    shape = ("n", "activation", "convention", "inputs", "width")
    floors = {tuple(row[key] for key in shape): row["error_floor"] for row in tables["floors"]}
    above = [
        row["best_error"] / floors[key]
        for row in tables["widths"]
        if (key := tuple(row[key] for key in shape)) in floors
    ]
    trees = [row["tree"] == 4 * (row["n"] - 1) for row in tables["counts"]]
    drops = [row["drop"] for row in known if row["n"] <= 4]
    return [
        every(
            "settings in which certified <= measured <= constructed",
            inside,
        ),
        claim(
            "settings in which training begins to succeed where the bounds meet",
            "all that meet",
            len(known),
            "=",
            sum(row["measured"] == row["predicted"] for row in known),
        ),
        claim(
            "least fall of the best error at that width, n <= 4",
            "20",
            20,
            ">=",
            min(drops, default=None),
        ),
        claim(
            "best error of any width over the floor certified for it, at the least",
            "1",
            1,
            ">=",
            min(above, default=None),
            note="a floor holds for every network of that width",
        ),
        every("trees of 2 to 32 inputs with 4(n - 1) neurons", trees),
    ]


def holds(row: Row) -> bool:
    """The verdict of a row: the bounds bracket what was measured, and it is what was predicted.

    A prediction is made where the two bounds meet. It is about the limit of small errors, and a
    lower bound in the Taylor sense forbids nothing at the tolerance of a measurement: a row that
    fails refutes the prediction, not the theorem. (What is proved at finite error is in the table
    `floors`.) Up to n = 4 the best error must fall by a factor of 20 from the widths below to the
    predicted one, of 100 for exp without biases.
    """
    if row["measured"] is None or not row["lower_bound"] <= row["measured"] <= row["constructed"]:
        return False
    if row["predicted"] is None:
        return True
    needed = 100 if (row["activation"], row["convention"]) == ("exp", "bias_free") else 20
    sharp = row["n"] > 4 or row["error_below"] >= needed * row["error_at"]
    return row["measured"] == row["predicted"] and sharp


def _measure(
    row: Row, settings: Settings, progress: Callable[[Any], None]
) -> tuple[Row, list[Row]]:
    """Trains one setting; adds what was measured to its row."""
    from noflat.arguments import named_key
    from noflat.measure import minimal_width, widths_to_try
    from noflat.targets import product

    n, activation = row["n"], row["activation"]
    name = f"{n} {activation} {row['convention']} {row['inputs']}"
    key = named_key(settings.seed, name)
    found = minimal_width(
        product(n),
        activation,
        convention=row["convention"],
        inputs=row["inputs"],
        widths=widths_to_try(row["constructed"]),
        restarts=settings.restarts,
        steps=settings.steps,
        tolerance=settings.tolerance,
        workers=1,  # one setting per core
        progress=progress,
        key=key,
    )
    at = next((width for width in found.rows if width.width == found.width), found.rows[-1])
    shared = {key: row[key] for key in ("n", "activation", "convention", "inputs")}
    tables = [shared | width._asdict() for width in found.rows]
    return row | {
        "constructed_error": _constructed_error(row, settings),
        "tree_error": _tree_error(row, settings),
        "measured": found.width,
        "error_below": found.error_below,
        "error_at": found.error_at,
        "drop": found.error_below / found.error_at,
        "reached": at.reached,
        "restarts": at.restarts,
        "share_low": at.share_low,
        "share_high": at.share_high,
    }, tables


def _constructed_error(row: Row, settings: Settings) -> float:
    from noflat.constructions import flat_product

    network = flat_product(
        row["n"], row["activation"], convention=row["convention"], inputs=settings.inputs
    )
    return _error(network, row, settings)


def _tree_error(row: Row, settings: Settings) -> float:
    from noflat.constructions import product_tree

    return _error(product_tree(row["n"], row["activation"], inputs=settings.inputs), row, settings)


def _error(network: Any, row: Row, settings: Settings) -> float:
    import jax.numpy as jnp

    from noflat.measure import relative_rms_error, sample
    from noflat.targets import product

    points = jnp.asarray(sample(row["inputs"], row["n"], 2**13, seed=settings.seed))
    return float(relative_rms_error(network, product(row["n"]), points))


def settings_from(arguments: list[str] | None, prog: str | None = None) -> tuple[Settings, Path]:
    """Reads the command line."""
    flags = parser("multiply", str(__doc__).partition("\n")[0], prog)
    add_inputs(flags)
    flags.add_argument("--activation", nargs="+", help="activations, such as exp tanh gelu")
    flags.add_argument("--convention", nargs="+", help="conventions, such as bias_free output_bias")
    flags.add_argument("--restarts", type=positive_integer, help="networks trained per width")
    flags.add_argument("--steps", type=positive_integer, help="the most steps per network")
    flags.add_argument("--tolerance", type=share, help="the relative rms error that is success")
    asked = flags.parse_args(arguments)
    preset = _preset(asked.size)
    given = {name: getattr(asked, name) for name in ("restarts", "steps", "tolerance")}
    known = {name: value for name, value in given.items() if value is not None}
    settings = replace(preset, seed=asked.seed, **known)
    settings = replace(settings, **inputs_from(flags, asked.inputs))
    try:
        cases = _cases(settings.cases, asked.activation, asked.convention)
    except ValueError as problem:
        flags.error(str(problem))
    chosen = replace(settings, cases=cases)
    # anything but a preset stays away from the committed record
    is_record = asked.size != "smoke" and chosen == preset
    if asked.out is None:
        asked.out = Path("experiments" if is_record else "build") / "multiply"
    return chosen, asked.out


def _preset(size: str) -> Settings:
    """The settings of a size; the paper's has n = 8 besides where there is an accelerator."""
    preset = PRESETS[size]
    if size == "paper":
        import jax

        if jax.default_backend() != "cpu":
            return replace(preset, n=(*preset.n, 8))
    return preset


def _cases(
    preset: tuple[tuple[str, str], ...],
    activations: list[str] | None,
    conventions: list[str] | None,
) -> tuple[tuple[str, str], ...]:
    """With both named every pair; else the preset's cases, or new ones where it has none."""
    from noflat.activations import activation as as_activation
    from noflat.conventions import convention as as_convention

    named = [as_activation(name).name for name in activations or dict(preset)]
    allowed = [as_convention(name).name for name in conventions or ()]
    cases = []
    for name in dict.fromkeys(named):
        known = [case for case in preset if case[0] == name and (not allowed or case[1] in allowed)]
        if activations and conventions:
            known = [(name, convention) for convention in allowed]
        elif activations and not known:
            known = [(name, convention) for convention in allowed or [_BIASES]]
        cases += known
    if not cases:  # conventions that the preset has not: of all its activations
        cases = [(name, convention) for name in dict.fromkeys(named) for convention in allowed]
    return tuple(cases)


def show(record: Record, console: Console) -> None:
    """Prints the table of results."""
    columns = "certified predicted measured constructed  below     at reached tree".split()
    widths = [max(len(name), 5) + 1 for name in columns]
    heads = "".join(f"{name:>{w}}" for name, w in zip(columns, widths, strict=True))
    console.print(f"  n{heads} verdict", highlight=False)
    case = None
    for row in record.tables["results"]:
        if case != (case := (row["activation"], row["convention"])):
            console.print(f"{row['activation']}, {row['convention']}, inputs {row['inputs']}")
        cells = row | {
            "certified": row["lower_bound"],
            "predicted": row["predicted"] or "open",
            "measured": row["measured"] or "none",
            "below": f"{row['error_below']:.2f}",
            "at": f"{row['error_at']:.0e}",
            "reached": f"{row['reached']}/{row['restarts']}",
        }
        line = "".join(f"{cells[n]!s:>{w}}" for n, w in zip(columns, widths, strict=True))
        console.print(f"{row['n']:>3}{line} {row['verdict']}", highlight=False)
    console.print(
        "certified <= measured <= constructed; where the bounds meet they predict.\n"
        "below, at: best relative rms error with fewer neurons, and with the measured\n"
        "number, where training stops at a hundredth of the tolerance; reached: restarts\n"
        "within the tolerance; tree: neurons of the deep net.",
        highlight=False,
    )


def main(arguments: list[str] | None = None, prog: str | None = None) -> Path:
    """Runs the experiment from the command line, shows its table and writes its record.

    Args:
        arguments: The command line, that of this process where None.
        prog: What was called; the module where None.

    Returns:
        The folder of the record.
    """
    settings, out = settings_from(arguments, prog)
    console = Console()

    def tables() -> Tables:
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task("training", total=None)
            return run(settings, lambda done, total: bar.update(task, completed=done, total=total))

    record = run_and_write(
        "multiply",
        settings,
        out,
        tables,
        lambda tables: certificates(tables["results"]),
        prog=prog,
    )
    show(record, console)
    console.print(f"record: {out} ({record.run['wall_seconds']} s)")
    console.print(
        f"certificates: {out / 'certificates'}, to check with `noflat verify`; the proof of each\n"
        f"number: docs/multiply.md, or the page that `noflat report {out.parent}` writes",
        highlight=False,
    )
    return out


if __name__ == "__main__":
    main()
