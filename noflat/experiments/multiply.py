"""How many neurons multiply n variables: constructed, certified and measured.

For every n, activation and convention the three numbers come by three ways: the fewest neurons of
an explicit flat network, the lower bound of a certificate, and the smallest width at which training
succeeds. Beside them stand the deep networks that do the same with about 4n neurons.
"""

import math
import os
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.progress import Progress

from noflat.experiments._flags import parser, run_and_write
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
        restarts: Networks trained per width; twice as many up to n = 3, where they cost little.
        steps: The most steps per network.
        tolerance: The relative rms error that counts as success.
        seed: Of all random numbers.
    """

    n: tuple[int, ...] = (2, 3, 4)
    cases: tuple[tuple[str, str], ...] = _CASES
    inputs: Literal["cube", "gaussian"] = "cube"
    restarts: int = 40
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


def run(settings: Settings, progress: Callable[[Any], None] | None = None) -> dict[str, list[Row]]:
    """Runs the experiment.

    Args:
        settings: What is run.
        progress: Called after every width.

    Returns:
        Four tables: `results`, a row per n, activation and convention; `widths`, a row per width
        trained; `floors`, the rms error that no network of that width goes below, where one is
        certified; `counts`, the neurons of the constructions for every n up to 32.
    """
    # the exact part first, in this thread; training after it, one setting per core
    rows = [
        _exact(n, activation, convention, settings)
        for activation, convention in settings.cases
        for n in settings.n
    ]
    workers = max(1, min(len(rows), os.cpu_count() or 1))
    heaviest_first = sorted(range(len(rows)), key=lambda i: -rows[i]["constructed"] * rows[i]["n"])
    with ThreadPoolExecutor(workers) as pool:
        futures = {i: pool.submit(_measure, rows[i], settings, progress) for i in heaviest_first}
        try:
            measured = [futures[i].result() for i in range(len(rows))]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    results = [row | {"verdict": "pass" if holds(row) else "fail"} for row, _ in measured]
    trained = [width for _, widths in measured for width in widths]
    floors = [floor for row in results for floor in error_floors(row)]
    return {"results": results, "widths": trained, "floors": floors, "counts": counts()}


def error_floors(row: Row) -> list[Row]:
    """The certified floors of one setting, for every width that has one."""
    from noflat.certificates.kernels import squared_error_floor
    from noflat.conventions import convention

    allowed = convention(row["convention"])
    shared = {key: row[key] for key in ("n", "activation", "convention", "inputs")}
    rows = []
    for width in range(1, row["constructed"] + 1):
        floor = squared_error_floor(row["n"], row["activation"], allowed, width, row["inputs"])
        if floor > 0:
            rows.append(shared | {"width": width, "error_floor": math.sqrt(floor)})
    return rows


def counts() -> list[Row]:
    """The neurons of every construction for n up to 32, from its plan and nothing else."""
    from noflat.constructions import group_sizes

    def neurons(n: int, layers: int) -> int | None:
        if not 1 < layers < n:
            return None
        sizes = (size for layer in group_sizes(n, layers) for size in layer)
        return sum(1 if size == 1 else 2**size for size in sizes)

    return [
        {
            "n": n,
            "cube": 2**n,
            "half_cube": 2 ** (n - 1),
            "grouped_2": neurons(n, 2),
            "grouped_3": neurons(n, 3),
            "tree": 4 * (n - 1),
        }
        for n in range(2, 33)
    ]


def holds(row: Row) -> bool:
    """The verdict of a row: the bounds bracket what was measured, and it is what was predicted.

    A prediction is made where the two bounds meet. The best error must then fall by a factor of 20
    from the widths below to the predicted one, of 100 for exp without biases, up to n = 4.
    """
    if row["measured"] is None or not row["lower_bound"] <= row["measured"] <= row["constructed"]:
        return False
    if row["predicted"] is None:
        return True
    needed = 100 if (row["activation"], row["convention"]) == ("exp", "bias_free") else 20
    sharp = row["n"] > 4 or row["error_below"] >= needed * row["error_at"]
    return row["measured"] == row["predicted"] and sharp


def _exact(n: int, activation: str, convention: str, settings: Settings) -> Row:
    """Everything of a row that needs no training."""
    from noflat.certificates import lower_bound, verify
    from noflat.constructions import plan_flat, plan_grouped, plan_tree
    from noflat.targets import product

    certificate = lower_bound(product(n), activation, convention=convention)
    universal = lower_bound(product(n), activation, convention=convention, sense="uniform")
    verify(certificate)
    verify(universal)
    flat = plan_flat(n, activation, convention=convention, inputs=settings.inputs)
    tree = plan_tree(n, activation, inputs=settings.inputs)
    grouped = [
        plan_grouped(n, layers, activation, inputs=settings.inputs).neurons
        for layers in range(2, math.ceil(math.log2(n)) + 1)
    ]
    meets = certificate.neurons == flat.neurons
    return {
        "n": n,
        "activation": activation,
        "convention": convention,
        "inputs": settings.inputs,
        "predicted": flat.neurons if meets else None,
        "lower_bound": certificate.neurons,
        "sense": certificate.sense,
        "theorem": certificate.theorem,
        "lower_bound_uniform": universal.neurons,
        "constructed": flat.neurons,
        "tree": tree.neurons,
        "tree_layers": len(tree.levels),
        "grouped": " ".join(map(str, grouped)),
        "flat_over_deep": flat.neurons / tree.neurons,
    }


def _measure(
    row: Row, settings: Settings, progress: Callable[[Any], None] | None
) -> tuple[Row, list[Row]]:
    """Trains one setting; adds what was measured to its row."""
    import jax

    from noflat.measure import minimal_width
    from noflat.targets import product

    n, activation = row["n"], row["activation"]
    name = f"{n} {activation} {row['convention']} {row['inputs']}"
    # by name, so that a row is the same whichever others are run with it
    key = jax.random.fold_in(jax.random.key(settings.seed), zlib.crc32(name.encode()))
    found = minimal_width(
        product(n),
        activation,
        convention=row["convention"],
        inputs=row["inputs"],
        widths=widths(row["constructed"]),
        restarts=settings.restarts * (2 if n <= 3 else 1),
        steps=settings.steps,
        tolerance=settings.tolerance,
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


def widths(constructed: int) -> list[int]:
    """The widths to train: all up to one beyond the construction's, or some where these are many.

    The best possible error cannot rise with the width, since a narrow network is a wide one with
    zero weights: what is left out in between decides nothing.
    """
    if constructed <= 8:
        return list(range(1, constructed + 2))
    doubling = (2**k for k in range((constructed - 2).bit_length()))
    return sorted({*doubling, constructed - 1, constructed})


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


def settings_from(arguments: list[str] | None) -> tuple[Settings, Path]:
    """Reads the command line."""
    flags = parser("multiply", str(__doc__).partition("\n")[0])
    flags.add_argument(
        "--inputs",
        nargs="+",
        metavar="N|LAW",
        help="numbers of variables (2 3 4) and the law they are drawn from (cube or gaussian)",
    )
    flags.add_argument("--activation", nargs="+", help="activations, such as exp tanh gelu")
    flags.add_argument("--convention", nargs="+", help="conventions, such as bias_free output_bias")
    asked = flags.parse_args(arguments)
    preset = settings = replace(_preset(asked.size), seed=asked.seed)
    numbers = [int(word) for word in asked.inputs or () if word.isdigit()]
    laws = [word for word in asked.inputs or () if not word.isdigit()]
    if any(law not in ("cube", "gaussian") for law in laws) or len(laws) > 1:
        flags.error(f"--inputs takes numbers and one of cube, gaussian; got {' '.join(laws)}")
    if any(not 2 <= number <= 8 for number in numbers):
        flags.error(f"--inputs takes numbers of variables from 2 to 8; got {numbers}")
    if numbers:
        settings = replace(settings, n=tuple(dict.fromkeys(numbers)))
    if laws:
        settings = replace(settings, inputs=laws[0])
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
    """The preset's cases that were asked for; where it has none of them, every combination."""
    from noflat.activations import activation as as_activation
    from noflat.conventions import convention as as_convention

    named = [as_activation(name).name for name in activations or ()]
    allowed = [as_convention(name).name for name in conventions or ()]
    kept = [
        case
        for case in preset
        if (not named or case[0] in named) and (not allowed or case[1] in allowed)
    ]
    if kept and not (named and allowed) and {case[0] for case in kept} >= set(named):
        return tuple(kept)
    named = named or list(dict.fromkeys(case[0] for case in preset))
    return tuple((a, c) for a in named for c in allowed or [_BIASES])


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
        "number; reached: restarts within the tolerance; tree: neurons of the deep net.",
        highlight=False,
    )


def main(arguments: list[str] | None = None) -> None:
    """Runs the experiment from the command line, shows its table and writes its record."""
    settings, out = settings_from(arguments)
    console = Console()
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("training", total=None)

        def advance(_: Any) -> None:
            bar.advance(task)

        def work() -> dict[str, list[Row]]:
            from noflat.constructions import plan_flat

            total = sum(
                len(widths(plan_flat(n, activation, convention=convention).neurons))
                for activation, convention in settings.cases
                for n in settings.n
            )
            bar.update(task, total=total)
            return run(settings, advance)

        record = run_and_write("multiply", settings, out, work)
    show(record, console)
    console.print(f"record: {out} ({record.run['wall_seconds']} s)")


if __name__ == "__main__":
    main()
