"""A record that means harm."""

import csv
import json
from pathlib import Path

HOSTILE = (
    "</script><script>window.hacked = 1</script><img src=x onerror='hacked = 2'>\"'&{{ 7 * 7 }}"
)
"""What does harm where it is taken for more than a text."""


def write_hostile(folder: Path) -> None:
    """Writes a record whose every name and text is hostile."""
    tables = {
        "results": [
            {"n": n, "activation": HOSTILE, "lower_bound": 2, "measured": 3, "constructed": 4}
            for n in (2, 3)
        ],
        "claims": [
            {
                "claim": HOSTILE,
                "formula": HOSTILE,
                "predicted": 2,
                "relation": "=",
                "measured": 3,
                "low": 2.5,
                "high": 3.5,
                "verdict": "fail",
                "note": HOSTILE,
            }
        ],
        HOSTILE.replace("/", ""): [{HOSTILE: 1, "other": HOSTILE}],
    }
    folder.mkdir()
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    run = {"experiment": HOSTILE, "settings": {HOSTILE: [HOSTILE]}, "environment": {"jax": HOSTILE}}
    (folder / "run.json").write_text(json.dumps(run))
