"""Training on hierarchies side by side with the code of the paper, in one run on one machine.

The same architecture, width, batch and learning rate; samples per second of the whole machine, a
network per core on either side. The peer is the public PyTorch code of Tomasini and Wyart, run
from a clone in an environment of its own, in two ways: as published, and with its batches in memory
and nothing but steps. It gets two more chances: glibc told to keep its memory, and one network on
all cores instead of one on each. Repeats of both sides take turns; ratios are of medians.

    python benchmarks/hierarchies.py --torch PYTHON --clone FOLDER [--out FILE.json]

PYTHON is an interpreter that has torch (`pip install torch==2.13.0` in a fresh environment), FOLDER
a clone of UmbertoTomasini/sparse_hierarchy_model from GitHub.
"""

import argparse
import json
import platform
import statistics
import subprocess
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np
from _timing import REPEATS, timed

from noflat.networks import PatchNetwork
from noflat.targets.hierarchy import random_hierarchy, sample_strings
from noflat.training import Classifier, ensemble
from noflat.training.ensembles import cores

SHAPES = (
    {"net": "lcn", "symbols": 4, "blanks": 1, "width": 128, "batch": 16},
    {"net": "cnn2", "symbols": 4, "blanks": 1, "width": 128, "batch": 16},
    {"net": "fcn2", "symbols": 4, "blanks": 1, "width": 128, "batch": 16},
    {"net": "lcn", "symbols": 6, "blanks": 1, "width": 128, "batch": 24},
    {"net": "lcn", "symbols": 8, "blanks": 2, "width": 128, "batch": 32},
    {"net": "lcn", "symbols": 4, "blanks": 1, "width": 512, "batch": 16},
)
"""By the peer's names: `cnn2` and `fcn2` are what is a CNN and an FCN here."""
PEER = Path(__file__).parent / "peers" / "sparse_hierarchy.py"
LEVELS, RATE = 2, 0.01

Shape = dict[str, Any]


def batches(shape: Shape) -> int:
    """Batches of a pass: fewer where the peer takes seconds for one."""
    return 20 if shape["width"] > 128 else 100


def ours(shape: Shape, steps: int) -> Any:
    """A run of so many steps of a network per core, compiled."""
    kind = shape["net"].rstrip("2")
    patch = 2 * (shape["blanks"] + 1)
    network = PatchNetwork(kind, patch, LEVELS, shape["width"], shape["symbols"])
    # a goal that is never reached, so that the steps are as many as asked for
    how = {"rate": RATE, "batch": shape["batch"], "goal": 1e-30, "most_steps": steps}
    classifier = Classifier(network, shape["symbols"], **how)

    def member(key: jax.Array) -> jax.Array:
        rules, strings, learning = jax.random.split(key, 3)
        hierarchy = random_hierarchy(shape["symbols"], LEVELS, blanks=shape["blanks"], key=rules)
        data = sample_strings(hierarchy, shape["batch"] * batches(shape), key=strings)
        return classifier.fit(data, key=learning).steps

    keys = jax.random.split(jax.random.key(0), cores())
    train = ensemble(member, block=1)
    train.plan(keys)
    return lambda: train(keys)


def our_rate(shape: Shape, run: Any, steps: int) -> float:
    """Samples per second of all cores together, once."""
    (seconds,) = timed(run, 1)
    return cores() * steps * shape["batch"] / seconds


def peer_rates(python: Path, clone: Path, shape: Shape, *, spread: bool, keep: int) -> dict:
    """Samples per second of all cores together: a network on each, or one network on all."""
    threads = 1 if spread else cores()
    asked = shape | {"levels": LEVELS, "batches": batches(shape), "repeats": 1, "rate": RATE}
    asked |= {"threads": threads, "keep_memory": keep}
    command = [str(python), str(PEER), str(clone), json.dumps(asked)]

    def one(_: int) -> dict[str, Any]:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return json.loads(done.stdout.splitlines()[-1])

    with ThreadPoolExecutor() as pool:
        found = list(pool.map(one, range(cores() // threads)))
    return {
        name: sum(statistics.median(each[name]) for each in found)
        for name in ("as_published", "in_memory")
    }


def compare(python: Path, clone: Path, shape: Shape, repeats: int, seconds: float) -> dict:
    """Both sides in turns."""
    trial = our_rate(shape, ours(shape, 400), 400)
    steps = max(400, round(seconds * trial / cores() / shape["batch"]))
    run = ours(shape, steps)
    rates: dict[str, list[float]] = {"noflat": []}
    for _ in range(repeats):
        rates["noflat"].append(our_rate(shape, run, steps))
        for spread in (True, False):
            for keep in (0, 1):
                found = peer_rates(python, clone, shape, spread=spread, keep=keep)
                for way, rate in found.items():
                    name = f"{way}, {'a network per core' if spread else 'one network'}"
                    rates.setdefault(f"{name}{', memory kept' if keep else ''}", []).append(rate)
    medians = {name: statistics.median(found) for name, found in rates.items()}
    peers = {name: rate for name, rate in medians.items() if name != "noflat"}
    best = max(peers, key=lambda name: peers[name])
    published = max(rate for name, rate in peers.items() if name.startswith("as_published"))
    return shape | {
        "steps": steps,
        "rates": rates,
        "medians": medians,
        "best_peer": best,
        "times_published": medians["noflat"] / published,
        "times_best": medians["noflat"] / peers[best],
    }


def main() -> None:
    """Runs all shapes, prints the ratios and writes everything."""
    flags = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    flags.add_argument("--torch", type=Path, required=True, metavar="PYTHON")
    flags.add_argument("--clone", type=Path, required=True, metavar="FOLDER")
    flags.add_argument("--repeats", type=int, default=REPEATS, help="of both sides, in turns")
    flags.add_argument("--seconds", type=float, default=2.0, help="of a run on this side")
    flags.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    asked = flags.parse_args()
    rows = []
    for shape in SHAPES:
        row = compare(asked.torch, asked.clone, shape, asked.repeats, asked.seconds)
        rows.append(row)
        print(
            f"{shape['net']:5} v={shape['symbols']} s0={shape['blanks']} h={shape['width']}: "
            f"{row['medians']['noflat']:.0f} samples/s, {row['times_published']:.1f} times the "
            f"published, {row['times_best']:.1f} times the best way ({row['best_peer']})",
            flush=True,
        )
    about = {
        "cores": cores(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "jax": version("jax"),
        "numpy": np.__version__,
        "levels": LEVELS,
        "rate": RATE,
        "repeats": asked.repeats,
    }
    asked.out.write_text(json.dumps({"about": about, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
