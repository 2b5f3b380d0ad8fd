"""Where training begins to succeed: the minimal width of a product, and the width that Adam needs.

A network of the minimal width exists, and second-order training finds it; the share of restarts
that do is a threshold in the width. What gradient descent needs on top is the learnability gap.
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from rich.console import Console

from noflat.experiments._claims import claim, every, none
from noflat.experiments._flags import (
    Tables,
    add_inputs,
    called,
    inputs_from,
    parser,
    positive_integer,
    run_and_write,
)
from noflat.experiments._products import bounds
from noflat.experiments._restarts import Chunk, train
from noflat.experiments._sweep import Share, add_flags, do_share, hand_over, provenance, share_from
from noflat.experiments._threshold import show
from noflat.experiments.records import Row
from noflat.flags import stop

_BIASES = "hidden_bias+output_bias"
_METHODS = {"second order": (0.5, 0.75, 1, 1.25, 1.5, 2), "adam": (0.5, 1, 1.5, 2, 4, 8, 16)}
"""Both ways of training, with the widths that are tried, as multiples of the minimum."""
_CHUNK = 32
"""Networks whose results are kept together."""


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        n: The numbers of variables; paper size adds 6, 7, 8 where there is an accelerator.
        cases: Pairs of activation and convention.
        inputs: The law of the inputs, `cube` or `gaussian`.
        restarts: Networks trained per width by second order.
        steps: The most steps of each.
        adam_restarts: Networks trained per width by Adam.
        adam_steps: The steps of each.
        samples: The points of a step of Adam.
        tolerances: The relative rms errors that count as success, ascending.
        seed: Of all random numbers.
    """

    n: tuple[int, ...] = (2, 3, 4)
    cases: tuple[tuple[str, str], ...] = (("exp", "bias_free"), ("tanh", _BIASES))
    inputs: Literal["cube", "gaussian"] = "cube"
    restarts: int = 32
    steps: int = 600
    adam_restarts: int = 32
    adam_steps: int = 4000
    samples: int = 512
    tolerances: tuple[float, ...] = (0.02, 0.05, 0.1)
    seed: int = 0


PRESETS = {
    "smoke": Settings(
        n=(2,), cases=(("exp", "bias_free"),), restarts=32, steps=120, adam_steps=200, samples=128
    ),
    "default": Settings(),
    "paper": Settings(n=(2, 3, 4, 5), steps=1000, adam_steps=10000),
}


def run(settings: Settings, folder: Path, share: Share, console: Console) -> dict[str, list[Row]]:
    """Runs the experiment, or goes on with one that was stopped.

    Args:
        settings: What is run.
        folder: Where the chunks are kept.
        share: Which of them this process does.
        console: Where to say how far it is.

    Returns:
        Three tables: `results`, a row per n, activation and tolerance; `widths`, a row per n,
        activation, way of training, width and tolerance; `claims`.

    Raises:
        ValueError: If chunks of other processes are missing, or one is damaged.
    """
    wanted = chunks(settings)
    do_share(folder, wanted, share, train, _cost, console)
    return tables(settings, folder)


def chunks(settings: Settings) -> list[Chunk]:
    """What is trained, in parts of `_CHUNK` networks."""
    from noflat.constructions import plan_flat

    shared = provenance("threshold", "_restarts") | {
        "inputs": settings.inputs,
        "seed": settings.seed,
    }
    found = []
    for activation, convention in settings.cases:
        for n in settings.n:
            flat = plan_flat(n, activation, convention=convention, inputs=settings.inputs)
            case = {"n": n, "activation": activation, "convention": convention}
            for method, widths in widths_to_try(flat.neurons).items():
                adam = method == "adam"
                restarts = settings.adam_restarts if adam else settings.restarts
                steps = settings.adam_steps if adam else settings.steps
                how = {"method": method, "steps": steps, "widest": max(widths)}
                how |= {"samples": settings.samples} if adam else {"goal": _goal(settings)}
                for width in widths:
                    padded = min(most for most in _padded(flat.neurons) if most >= width)
                    for first in range(0, restarts, _CHUNK):
                        members = min(_CHUNK, restarts - first)
                        which = {"width": width, "padded": padded}
                        which |= {"first": first, "members": members}
                        found.append(shared | case | how | which)
    return found


def widths_to_try(minimum: int) -> dict[str, list[int]]:
    """For each way of training the widths around and beyond a minimum.

    Example:
        >>> from noflat.experiments.threshold import widths_to_try
        >>> widths_to_try(4)
        {'second order': [2, 3, 4, 5, 6, 8], 'adam': [2, 4, 6, 8, 16, 32, 64]}
    """
    found = {}
    for method, factors in _METHODS.items():
        widths = {max(1, round(factor * minimum)) for factor in factors}
        found[method] = sorted(widths | ({minimum - 1} if method == "second order" else set()))
    return found


def _padded(minimum: int) -> list[int]:
    """The widths that have a program of their own; the others are padded to the next of them."""
    return [math.ceil(1.25 * minimum), *(factor * minimum for factor in (2, 4, 8, 16))]


def _goal(settings: Settings) -> float:
    return min(settings.tolerances) / 100


def _cost(chunk: Chunk) -> float:
    """Roughly, next to others: samples times neurons, and a small system per step besides."""
    if chunk["method"] == "adam":
        return chunk["steps"] * (64 + chunk["width"]) * chunk["samples"]
    return chunk["steps"] * (8 + chunk["width"]) ** 3 * chunk["n"]


def tables(settings: Settings, folder: Path, *, partial: bool = False) -> dict[str, list[Row]]:
    """The rows: all of them, or, where a part is asked for, those that are whole already.

    A setting has a row of results once all its widths are there.
    """
    import numpy as np

    from noflat.sweeps import read_chunks, read_done

    wanted = chunks(settings)
    found = read_done(folder, wanted) if partial else read_chunks(folder, wanted)
    parts: dict[tuple, list] = {}
    for chunk, arrays in zip(wanted, found, strict=True):
        parts.setdefault(tuple(chunk[name] for name in _SETTING), []).append(arrays)
    whole = {
        key: {name: np.concatenate([part[name] for part in of]) for name in of[0]}
        for key, of in parts.items()
        if not any(part is None for part in of)
    }
    ended = {key[:4] for key in parts} - {key[:4] for key in parts if key not in whole}
    widths = [
        _width_row(dict(zip(_SETTING, key, strict=True)), of, tolerance)
        for key, of in whole.items()
        for tolerance in settings.tolerances
    ]
    known = [row for row in widths if tuple(row[name] for name in _SETTING[:4]) in ended]
    found = {"results": _results(settings, known), "widths": widths}
    return found | {"claims": claims(found)}


def claims(tables: Tables) -> list[Row]:
    """What the experiment says, each with its verdict."""
    rows = [row for row in tables["results"] if row["verdict"]]  # those of the least tolerance
    known = [row for row in rows if row["predicted"] is not None]
    short = [
        row["reached"]
        for row in tables["widths"]
        for of in known
        if row["method"] == "second order" and row["width"] == of["predicted"] - 1
        if all(row[name] == of[name] for name in ("n", "activation", "convention", "tolerance"))
    ]
    gaps = [row["gap"] for row in rows if row["gap"]]
    return [
        every(
            "settings in which second order first succeeds at the predicted width",
            [row["measured"] == row["predicted"] for row in known],
        ),
        none("restarts that succeed with one neuron less", sum(short) if short else None),
        claim(
            "Adam's least width over the predicted one, at the least",
            "1",
            1,
            ">=",
            min(gaps, default=None),
            note=f"it succeeds in {len(gaps)} of {len(rows)} settings",
        ),
    ]


_SETTING = ("n", "activation", "convention", "inputs", "method", "width")


def _width_row(setting: Row, found: dict[str, Any], tolerance: float) -> Row:
    """What all restarts of one width reached, and what it took."""
    import numpy as np

    from noflat.measure.widths import width_row

    row = width_row(setting["width"], found["errors"], found["status"], tolerance)._asdict()
    seconds = float(np.mean(found["seconds"]))
    return setting | {
        "tolerance": tolerance,
        **row,
        "mean_steps": float(np.mean(found["steps"])),
        "seconds_per_network": seconds,
        "seconds_per_success": seconds * row["restarts"] / row["reached"]
        if row["reached"]
        else None,
    }


def _results(settings: Settings, widths: list[Row]) -> list[Row]:
    """A row per n, activation and tolerance, with the bounds beside what was measured."""
    rows = []
    for activation, convention in settings.cases:
        for n in settings.n:
            here = [row for row in widths if (row["n"], row["activation"]) == (n, activation)]
            here = [row for row in here if row["convention"] == convention]
            known = bounds(n, activation, convention, settings.inputs) if here else {}
            for tolerance in settings.tolerances if here else ():
                tried = [row for row in here if row["tolerance"] == tolerance]
                rows.append(_result(known, tried, tolerance, min(settings.tolerances)))
    return rows


def _result(known: Row, tried: list[Row], tolerance: float, least: float) -> Row:
    second = first_reached(tried, "second order")
    adam = first_reached(tried, "adam")
    half = first_reached(tried, "adam", share=0.5)
    measured, widest = second["width"] if second else None, _widest(tried, "adam")
    row = {key: known[key] for key in ("n", "activation", "convention", "inputs")}
    row |= {"tolerance": tolerance, "predicted": known["predicted"]}
    row |= {"lower_bound": known["lower_bound"], "constructed": known["constructed"]}
    row |= {
        "measured": measured,
        "reached": second["reached"] if second else None,
        "restarts": second["restarts"] if second else None,
        "share_low": second["share_low"] if second else None,
        "share_high": second["share_high"] if second else None,
        "seconds_per_success": second["seconds_per_success"] if second else None,
        "adam": adam["width"] if adam else None,
        "adam_half": half["width"] if half else None,
        "adam_widest": widest,
        "adam_seconds_per_success": adam["seconds_per_success"] if adam else None,
        "gap": adam["width"] / measured if adam and measured else None,
    }
    return row | {"verdict": verdict(row) if tolerance == least else None}


def first_reached(rows: list[Row], method: str, *, share: float = 0.0) -> Row | None:
    """The row of the smallest width at which one restart, and at least that share, succeeded."""
    enough = [
        row
        for row in rows
        if row["method"] == method and row["reached"] >= max(1, share * row["restarts"])
    ]
    return min(enough, key=lambda row: row["width"], default=None)


def _widest(rows: list[Row], method: str) -> int | None:
    return max((row["width"] for row in rows if row["method"] == method), default=None)


def verdict(row: Row) -> str:
    """At the smallest tolerance: whether the three numbers are in order, and as predicted.

    A prediction is about the limit of small errors: at larger tolerances fewer neurons may do, and
    there is no verdict.
    """
    measured = row["measured"]
    if measured is None or not row["lower_bound"] <= measured <= row["constructed"]:
        return "fail"
    return "pass" if row["predicted"] in (None, measured) else "fail"


def settings_from(
    arguments: list[str] | None, prog: str | None = None
) -> tuple[Settings, Path, Share]:
    """Reads the command line."""
    flags = parser("threshold", str(__doc__).partition("\n")[0], prog)
    add_inputs(flags)
    for name, meaning in (
        ("restarts", "networks per width by second order"),
        ("steps", "the most steps of each"),
        ("adam-restarts", "networks per width by Adam"),
        ("adam-steps", "the steps of each"),
        ("samples", "points of a step of Adam"),
    ):
        flags.add_argument(f"--{name}", type=positive_integer, help=meaning)
    add_flags(flags)
    asked = flags.parse_args(arguments)
    preset = _preset(asked.size)
    names = ("restarts", "steps", "adam_restarts", "adam_steps", "samples")
    given = {name: value for name in names if (value := getattr(asked, name)) is not None}
    settings = replace(preset, seed=asked.seed, **given, **inputs_from(flags, asked.inputs))
    is_record = asked.size != "smoke" and settings == preset
    out = asked.out or Path("experiments" if is_record else "build") / "threshold"
    return settings, out, share_from(flags, asked)


def _preset(size: str) -> Settings:
    """The settings of a size; the paper's go up to n = 8 where there is an accelerator."""
    preset = PRESETS[size]
    if size == "paper":
        import jax

        if jax.default_backend() != "cpu":
            return replace(preset, n=(*preset.n, 6, 7, 8))
    return preset


def main(arguments: list[str] | None = None, prog: str | None = None) -> Path | None:
    """Runs the experiment from the command line, shows its table and writes its record.

    Args:
        arguments: The command line, that of this process where None.
        prog: What was called; the module where None.

    Returns:
        The folder of the record; None where jobs will write it.
    """
    settings, out, share = settings_from(arguments, prog)
    console = Console(width=max(Console().width, 100))
    if share.jobs:
        try:
            console.print(hand_over("threshold", arguments, share, out))
        except ValueError as problem:
            stop(called("threshold", prog), problem)
        return None
    folder = out / "chunks"
    record = run_and_write(
        "threshold",
        settings,
        out,
        lambda: run(settings, folder, share, console),
        partial=lambda: tables(settings, folder, partial=True),
        prog=prog,
    )
    show(record, console)
    console.print(f"record: {out} ({record.run['wall_seconds']} s)")
    return out


if __name__ == "__main__":
    main()
