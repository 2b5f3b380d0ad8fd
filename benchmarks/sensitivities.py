"""The spectrum of a function of signs, and the most active neurons, side by side with peers.

The same functions and the same networks, one after the other on the same machine. The transform:
ours under jit, SciPy's Hadamard matrix times the values, and SymPy's `fwht`. The most neurons that
one word makes active: our branching, in integers, and HiGHS through SciPy as a mixed integer linear
program in floats. What either proves within the time limit is kept, as bounds from both sides.

    python benchmarks/sensitivities.py [--out benchmarks/sensitivities.json]
"""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from _timing import timed
from scipy.linalg import hadamard
from scipy.optimize import Bounds, LinearConstraint, milp
from sympy import fwht

from noflat.certificates import certify_sparse_activation
from noflat.constructions import index_network
from noflat.measure import walsh_sums
from noflat.networks import Network, init

LIMIT = 30.0
"""Seconds that HiGHS gets."""
NODES = 100_000
"""Nodes that our branching gets: 10 to 15 seconds."""
MATRIX, SYMPY = 13, 12
"""Signs beyond which the peers' transforms take too much memory or time."""


def transforms(n: int) -> dict[str, Any]:
    """Median seconds of the transform of a function of n signs."""
    values = np.random.default_rng(n).normal(size=2**n)
    given, ours = jnp.asarray(values), jax.jit(walsh_sums)
    row: dict[str, Any] = {"signs": n, "ours": statistics.median(timed(lambda: ours(given)))}
    peers: dict[str, Callable[[], Any]] = {}
    if n <= MATRIX:
        matrix = hadamard(2**n).astype(float)
        peers["scipy_matrix"] = lambda: matrix @ values
    if n <= SYMPY:
        peers["sympy"] = lambda: fwht(values.tolist())
    odd = np.bitwise_count(np.arange(2**n, dtype=np.uint32)) % 2 == 1
    for name, peer in peers.items():
        # theirs has bit 0 for the sign 1, ours for -1: odd sets change their sign
        found = np.array(peer(), float)
        off = np.abs(np.where(odd, -found, found) - np.asarray(ours(given))).max()
        if off > 1e-6:
            raise RuntimeError(f"{name} differs by {off} at n = {n}")
        row[name] = statistics.median(timed(peer))
        row[f"{name}_over_ours"] = row[name] / row["ours"]
    return row


def networks() -> dict[str, Network]:
    """Sparse by construction, and random ones with thresholds."""
    found = {f"index of {bits} bits": index_network(bits) for bits in (5, 6)}
    for n, s, threshold in ((24, 32, 0.0), (24, 32, 1.0), (32, 32, 1.5), (40, 32, 2.0)):
        start = init((n, s, 1), "relu", key=jax.random.key(0))
        first = start.layers[0]
        bias = jnp.full(s, -threshold)
        layers = (first._replace(bias=bias), start.layers[1])
        found[f"random, {n} signs, threshold {threshold}"] = Network(layers, start.activation)
    return found


def active(name: str, network: Network) -> dict[str, Any]:
    """Seconds, and what is proved from below and above."""
    start = time.perf_counter()
    ours = certify_sparse_activation(network, method="branch_and_bound", most_nodes=NODES)
    seconds = time.perf_counter() - start
    theirs, (low, high) = _highs(network)
    return {
        "network": name,
        "ours": seconds,
        "ours_at_least": ours.seen,
        "ours_at_most": ours.active,
        "highs": theirs,
        "highs_at_least": low,
        "highs_at_most": high,
        "highs_over_ours": theirs / seconds,
    }


def _highs(network: Network) -> tuple[float, tuple[int | None, int]]:
    """A variable for each sign and each neuron: an active one must have a sum of 1e-6 or more."""
    first = network.layers[0]
    weights, bias = np.asarray(first.weight).T, np.asarray(first.bias)
    s, n = weights.shape
    room = np.abs(weights).sum(axis=1) - bias + 2e-6
    rows = np.concatenate([2 * weights, -np.diag(room)], axis=1)
    limits = LinearConstraint(rows, 1e-6 - room + weights.sum(axis=1) - bias, np.inf)
    start = time.perf_counter()
    found = milp(
        np.concatenate([np.zeros(n), -np.ones(s)]),
        constraints=limits,
        integrality=np.ones(n + s),
        bounds=Bounds(0, 1),
        options={"time_limit": LIMIT},
    )
    seconds = time.perf_counter() - start
    low = None if found.x is None else round(-found.fun)
    return seconds, (low, int(np.floor(-found.mip_dual_bound + 1e-6)))


def main() -> None:
    """Runs all, prints a line each, and writes them."""
    flags = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    flags.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    asked = flags.parse_args()
    jax.config.update("jax_enable_x64", True)
    found: dict[str, list[dict[str, Any]]] = {"transforms": [], "active": []}
    for n in (8, 10, 12, 13, 16, 20):
        found["transforms"].append(transforms(n))
        print(json.dumps(found["transforms"][-1]), flush=True)
    for name, network in networks().items():
        found["active"].append(active(name, network))
        print(json.dumps(found["active"][-1]), flush=True)
    about = {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "versions": {
            **{name: version(name) for name in ("noflat", "jax", "numpy", "scipy", "sympy")},
            "python": platform.python_version(),
        },
    }
    asked.out.write_text(json.dumps({**found, **about}, indent=1) + "\n")


if __name__ == "__main__":
    main()
