"""How many powers a form takes: certified, trained and constructed, for a zoo of forms.

A network of one hidden layer whose activation is t^d makes a form of degree d as a sum of d-th
powers of linear forms; their least number is its Waring rank. Training minimizes the distance in
the Bombieri norm, which needs no samples. The same training searches for ridge functions that come
closer to a product, under normal inputs, than the conjecture R^2 <= m/2^(n-1) allows.
"""

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import comb
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from noflat.experiments._claims import claim, every
from noflat.experiments._flags import Tables, parser, positive_integer, run_and_write, share
from noflat.experiments._zoo import ZOO, Entry, form
from noflat.experiments.records import Record, Row


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        forms: The names of the forms.
        restarts: Networks trained per form and number of powers; with the constructed number up to
            16 times as many until one succeeds.
        steps: The most steps per network.
        tolerance: The relative error in the Bombieri norm that counts as success.
        ridge: The largest n of the search among ridge functions.
        ridge_restarts: Networks trained per number of ridge functions up to n = 4; a quarter as
            many for each n more.
        seed: Of all random numbers.
    """

    forms: tuple[str, ...] = tuple(entry.name for entry in ZOO)
    restarts: int = 64
    steps: int = 1000
    tolerance: float = 1e-3
    ridge: int = 6
    ridge_restarts: int = 1024
    seed: int = 0


PRESETS = {
    "smoke": Settings(("xy", "xyz", "x^2 y"), restarts=16, steps=200, ridge=3, ridge_restarts=16),
    "default": Settings(),
    "paper": Settings(restarts=512, steps=4000, ridge_restarts=16384),
}

Progressed = Callable[[int, int], None]


def run(
    settings: Settings, progress: Progressed = lambda done, total: None
) -> dict[str, list[Row]]:
    """Runs the experiment.

    Args:
        settings: What is run.
        progress: Called after every form and n with the numbers done and in all.

    Returns:
        Four tables: `results`, a row per form; `widths`, a row per form and number of powers
        trained; `ridge`, a row per n and number of ridge functions; `claims`.
    """
    entries = [entry for entry in ZOO if entry.name in settings.forms]
    total, done = len(entries) + settings.ridge - 1, itertools.count(1)

    def one_more() -> None:
        progress(next(done), total)

    # exact arithmetic before and after, in this thread: FLINT has one precision for all of them
    known = [_bounds(entry) for entry in entries]

    def train(entry: Entry, row: Row) -> Any:
        found = _train(entry, row, settings)
        one_more()
        return found

    workers = max(1, min(total, os.cpu_count() or 1))
    with ThreadPoolExecutor(workers) as pool:
        try:
            ridge = pool.submit(_ridges, settings, one_more)
            forms = [pool.submit(train, *pair) for pair in zip(entries, known, strict=True)]
            trained = [future.result() for future in forms]
            searched = ridge.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    rows = [_row(*three) for three in zip(entries, known, trained, strict=True)]
    tables = {
        "results": [row | {"verdict": verdict(row)} for row in rows],
        "widths": [
            {"form": entry.name, **rank.trained._asdict(), "size": rank.size}
            for entry, found in zip(entries, trained, strict=True)
            for rank in found.rows
        ],
        "ridge": searched,
    }
    return tables | {"claims": claims(tables)}


def claims(tables: Tables) -> list[Row]:
    """What the experiment says, each with its verdict."""
    rows, ridge = tables["results"], tables["ridge"]
    closed = [row for row in rows if row["lower_bound"] == row["constructed"]]
    nearest = min((row["below_ceiling"] for row in ridge), default=None)
    over = [row["best"] / row["proved"] for row in ridge]
    return [
        every(
            "forms with border rank <= powers trained <= powers constructed",
            [verdict(row) != "fail" for row in rows],
        ),
        claim(
            "forms whose bounds meet, trained with just so many powers",
            "all that meet",
            len(closed),
            "=",
            sum(row["measured"] == row["lower_bound"] for row in closed),
        ),
        claim(
            "largest R^2 found of m ridge functions over the proved m/C(n, n//2)",
            "1",
            1,
            "<=",
            max(over, default=None),
        ),
        claim(
            "least distance of the R^2 found below the conjectured m/2^(n-1)",
            "0, less rounding",
            -1e-9,
            ">=",
            nearest,
        ),
    ]


def verdict(row: Row) -> str:
    """`met` where the three numbers are one, `gap` where they are in order, else `fail`."""
    lower, measured, upper = row["lower_bound"], row["measured"], row["constructed"]
    if measured is None or not lower <= measured <= upper:
        return "fail"
    return "met" if lower == upper else "gap"


def _bounds(entry: Entry) -> Row:
    """The certificate of a form, and the fewest powers with rational nodes."""
    from noflat.certificates import lower_bound, verify
    from noflat.constructions import plan_flat_polynomial

    target = form(entry)
    certificate = lower_bound(target, "relu", sense="uniform")
    verify(certificate)
    return {
        "form": entry.name,
        "expression": entry.expression,
        "degree": target.degree,
        "n": target.inputs,
        "terms": len(target.terms),
        "lower_bound": certificate.neurons,
        "theorem": certificate.theorem,
        "measured": None,
        "constructed": plan_flat_polynomial(target, f"power{target.degree}").neurons,
        "way": "rational nodes",
        "radius": None,
        "exp_lower_bound": lower_bound(target, "exp", sense="uniform").neurons,
        "exp_constructed": plan_flat_polynomial(target, "exp").neurons,
    }


def _train(entry: Entry, row: Row, settings: Settings) -> Any:
    """What training needs, from one power less than certified to as many as constructed."""
    from noflat.arguments import named_key
    from noflat.measure import measured_rank

    key = named_key(settings.seed, entry.name)
    return measured_rank(
        form(entry),
        range(max(1, row["lower_bound"] - 1), row["constructed"] + 1),
        restarts=settings.restarts,
        most_restarts=16 * settings.restarts,
        steps=settings.steps,
        tolerance=settings.tolerance,
        key=key,
    )


def _row(entry: Entry, row: Row, found: Any) -> Row:
    """A form with what was trained, and with the exact sum near that where one is proved."""
    import numpy as np

    from noflat.constructions.waring import proved_powers

    if found.network is not None and found.network.neurons < row["constructed"]:
        hidden, readout = (np.asarray(layer.weight) for layer in found.network.layers)
        proved = proved_powers(form(entry), hidden.T, readout[:, 0])
        if proved is not None:
            new = {"constructed": len(proved.nodes), "radius": proved.radius}
            row = row | new | {"way": "proved in balls"}
    at = found.rows[-1]
    below = [rank.trained.best_error for rank in found.rows if rank.trained.width != found.rank]
    return row | {
        "measured": found.rank,
        "size": at.size,
        "error_below": min(below, default=float("nan")),
        "error_at": at.trained.best_error,
        "reached": at.trained.reached,
        "restarts": at.trained.restarts,
        "share_low": at.trained.share_low,
        "share_high": at.trained.share_high,
        "rank": entry.rank,
        "border_rank": entry.border,
        "source": entry.source,
    }


def _ridges(settings: Settings, progress: Callable[[], None]) -> list[Row]:
    """The best that ridge functions were found to do for products, for every number of them.

    Half of the restarts are random; half begin near the best of one variable and half as many
    neurons less, x_n (a.x)^(n-1) written as a difference of two powers.
    """
    import jax
    import numpy as np

    from noflat.arguments import named_key
    from noflat.measure import train_powers
    from noflat.targets import product

    rows, smaller = [], {}
    for n in range(2, settings.ridge + 1):
        best, widest = {}, 2 ** (n - 1) - 1  # with one more there is nothing to find
        restarts = max(2, settings.ridge_restarts >> 2 * max(0, n - 4))
        for m in range(1, widest + 1):
            key = named_key(settings.seed, n, m)
            keys = jax.random.split(key, restarts)
            shared = (m, product(n), widest, settings.steps, 0.0)
            near = _doubled(smaller.get(m // 2), n, m, widest)
            if near is None:
                found = [train_powers(keys, *shared)]
            else:
                halves = keys[: restarts // 2], keys[restarts // 2 :]
                found = [train_powers(halves[0], *shared), train_powers(halves[1], *shared, near)]
            errors = np.concatenate([np.asarray(part[1]) for part in found])
            part = found[int(np.argmin([np.nanmin(np.asarray(p[1])) for p in found]))]
            winner = int(np.nanargmin(np.asarray(part[1])))
            best[m] = tuple(np.asarray(layer.weight[winner]) for layer in part[0].layers)
            ceiling, reached = m / 2 ** (n - 1), 1 - float(np.nanmin(errors)) ** 2
            rows.append(
                {
                    "n": n,
                    "neurons": m,
                    "best": reached,
                    "below_ceiling": ceiling - reached,
                    "median": 1 - float(np.nanmedian(errors)) ** 2,
                    "conjectured": ceiling,
                    "proved": min(1.0, m / comb(n, n // 2)),
                    "restarts": len(errors),
                }
            )
        smaller = best
        progress()
    return rows


def _doubled(best: Any, n: int, m: int, width: int) -> Any:
    """Twice as many powers in one variable more, or None where there is nothing to double."""
    import numpy as np

    if best is None:
        return None
    nodes, weights = best[0].T[: m // 2], best[1][: m // 2, 0]
    step = 0.5 * np.linalg.norm(nodes, axis=1, keepdims=True)
    pairs = [np.hstack([nodes, sign * step]) for sign in (1, -1)]
    values = [sign * weights / (2 * n * step[:, 0]) for sign in (1, -1)]
    start = np.zeros((width, n)), np.zeros(width)
    start[0][: 2 * len(nodes)] = np.concatenate(pairs)
    start[1][: 2 * len(nodes)] = np.concatenate(values)
    return start


def settings_from(arguments: list[str] | None, prog: str | None = None) -> tuple[Settings, Path]:
    """Reads the command line."""
    flags = parser("polynomials", str(__doc__).partition("\n")[0], prog)
    names = [entry.name for entry in ZOO]
    flags.add_argument("--forms", nargs="+", metavar="NAME", help=f"some of: {', '.join(names)}")
    flags.add_argument("--restarts", type=positive_integer, help="networks per number of powers")
    flags.add_argument("--steps", type=positive_integer, help="the most steps per network")
    flags.add_argument("--tolerance", type=share, help="the relative error that is success")
    flags.add_argument("--ridge", type=int, choices=range(2, 8), help="the largest n of the search")
    asked = flags.parse_args(arguments)
    preset = PRESETS[asked.size]
    given = {key: getattr(asked, key) for key in ("restarts", "steps", "tolerance", "ridge")}
    known: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if asked.forms:
        unknown = [name for name in asked.forms if name not in names]
        if unknown:
            flags.error(f"--forms takes some of {', '.join(names)}; got {unknown[0]!r}")
        known["forms"] = tuple(dict.fromkeys(asked.forms))
    settings = replace(preset, seed=asked.seed, **known)
    if asked.out is None:
        is_record = asked.size != "smoke" and settings == preset
        asked.out = Path("experiments" if is_record else "build") / "polynomials"
    return settings, asked.out


def show(record: Record, console: Console) -> None:
    """Prints the table of results, and the verdict of the search."""
    columns = "certified trained built reached size literature exp".split()
    console.print(f"{'form':<26}" + "".join(f"{name:>12}" for name in columns), highlight=False)
    for row in record.tables["results"]:
        known = row["rank"] + (f" ({row['border_rank']})" if row["border_rank"] else "")
        cells = (
            row["lower_bound"],
            row["measured"] or "none",
            row["constructed"],
            f"{row['reached']}/{row['restarts']}",
            f"{row['size']:.2g}",
            known or "-",
            f"{row['exp_lower_bound']}..{row['exp_constructed']}",
        )
        line = "".join(f"{cell!s:>12}" for cell in cells)
        console.print(f"{row['form']:<26}{line} {row['verdict']}", highlight=False)
    ridge = record.tables["ridge"]
    nearest = min(ridge, key=lambda row: row["below_ceiling"])
    console.print(
        "powers of linear forms; certified: border rank at least; trained: within the\n"
        "tolerance; built: exactly; size: largest weight needed; literature: real rank\n"
        "(border rank); exp: certified..built for exp without biases.\n"
        f"R^2 <= m/2^(n-1): in {len(ridge)} pairs n, m the best found comes nearest at n = "
        f"{nearest['n']},\nm = {nearest['neurons']}, {nearest['below_ceiling']:.1g} below; a "
        "negative number would be a counterexample.",
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
    console = Console(width=max(Console().width, 116))

    def tables() -> Tables:
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task("training", total=None)
            return run(settings, lambda done, total: bar.update(task, completed=done, total=total))

    record = run_and_write("polynomials", settings, out, tables, prog=prog)
    show(record, console)
    console.print(f"record: {out} ({record.run['wall_seconds']} s)")
    return out


if __name__ == "__main__":
    main()
