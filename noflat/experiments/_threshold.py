"""The table that the experiment `threshold` prints."""

from rich.console import Console

from noflat.experiments.records import Record


def show(record: Record, console: Console) -> None:
    """Prints the table of results."""
    heads = (
        "  n tolerance predicted  exists    reached  s/success    Adam    half     gap  s/success"
    )
    console.print(f"{heads} verdict", highlight=False)
    case = None
    for row in record.tables["results"]:
        if case != (case := (row["activation"], row["convention"])):
            console.print(f"{case[0]}, {case[1]}, inputs {row['inputs']}")
        beyond = f">{row['adam_widest']}"
        cells = (
            row["n"],
            row["tolerance"],
            row["predicted"] or "open",
            row["measured"] or "none",
            f"{row['reached'] or 0}/{row['restarts'] or 0}",
            _seconds(row["seconds_per_success"]),
            row["adam"] or beyond,
            row["adam_half"] or beyond,
            f"{row['gap']:.3g}" if row["gap"] else "-",
            _seconds(row["adam_seconds_per_success"]),
        )
        sizes = (3, 10, 10, 8, 11, 11, 8, 8, 8, 11)
        line = "".join(f"{cell!s:>{size}}" for cell, size in zip(cells, sizes, strict=True))
        console.print(f"{line} {row['verdict'] or ''}", highlight=False)
    console.print(
        "exists: the smallest width at which second-order training comes within the tolerance,\n"
        "reached: its restarts that did; Adam, half: the smallest width at which one restart,\n"
        "and half of them, did; gap: Adam over exists; s/success: seconds per success.",
        highlight=False,
    )


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2g}"
