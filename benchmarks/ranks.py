"""Ranks of all catalecticants of a form, side by side with Macaulay2 and SymPy in one run.

The same polynomials, the same splits, one after the other on the same machine. Ours makes the
certificate besides: a minor of every split with its determinant modulo a prime. Macaulay2 (the
Debian package macaulay2) and SymPy compute over the rationals, and name no minor.

    python benchmarks/ranks.py [--out benchmarks/ranks.json]
"""

import argparse
import json
import multiprocessing
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import jax
import sympy

from noflat.certificates import Certificate, verify
from noflat.certificates.hankel import MOST_CELLS, derivative_moments, dividing, hankel
from noflat.certificates.hankel import rank as modular_rank
from noflat.certificates.partials import partials_bound
from noflat.conventions import Convention
from noflat.targets import Polynomial, elementary_symmetric, random_polynomial

REPEATS = 5
LIMIT = 60.0
"""Seconds that SymPy gets."""

LARGE = {
    "random octic in 10 variables": "random_polynomial(10, 8, key=jax.random.key(0)).part(8)",
    "elementary symmetric (16, 8)": "elementary_symmetric(16, 8)",
}


def forms() -> dict[str, Polynomial]:
    """The two that the peers can do too."""
    return {
        "elementary symmetric (10, 5)": elementary_symmetric(10, 5),
        "random sextic in 8 variables": random_polynomial(8, 6, key=jax.random.key(0)).part(6),
    }


def ours(form: Polynomial) -> tuple[float, float, int]:
    """Median seconds to certify all splits, median seconds to verify, the sum of the ranks."""
    made, checked = [], []
    for _ in range(REPEATS):
        start = time.perf_counter()
        neurons, theorem, witness = partials_bound(form, "exp", Convention(), MOST_CELLS)
        certificate = Certificate(
            form, "exp", Convention(), "uniform", None, neurons, theorem, "computed", witness
        )
        made.append(time.perf_counter() - start)
        start = time.perf_counter()
        verify(certificate)
        checked.append(time.perf_counter() - start)
    return statistics.median(made), statistics.median(checked), neurons


def macaulay2(form: Polynomial) -> tuple[float, int] | None:
    """Seconds that Macaulay2 itself says, and the sum of the ranks; None where it is missing."""
    if shutil.which("M2") is None:
        return None
    n, d = form.inputs, form.degree
    terms = "+".join(
        f"({c})*" + "*".join(f"x_{i + 1}^{e}" for i, e in enumerate(exponents) if e)
        for exponents, c in form.terms
    )
    program = (
        f"R = QQ[x_1..x_{n}]; F = {terms};\n"
        f"t = elapsedTiming sum apply({d + 1}, s -> rank diff(transpose basis(s, R), "
        f"diff(basis({d} - s, R), F)));\n"
        'print concatenate("seconds ", toString t#0, " rank ", toString t#1);\nexit 0\n'
    )
    done = subprocess.run(
        ["M2", "--no-preload", "--stop", "-q", "--silent", "-e", program],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"seconds ([0-9.e+-]+) rank (\d+)", done.stdout)
    if found is None:
        raise RuntimeError(f"Macaulay2 said: {done.stdout}\n{done.stderr}")
    return float(found[1]), int(found[2])


def with_sympy(form: Polynomial) -> dict[str, float | bool]:
    """Seconds of `Matrix.rank` on the split of order 2, where it ends in time, and ours on it."""
    moments, order = derivative_moments(form), 2
    support = [*moments]
    rows, columns = dividing(support, order), dividing(support, form.degree - order)
    alone = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        rank = modular_rank(hankel(moments, rows, columns))
        alone.append(time.perf_counter() - start)
    matrix = sympy.Matrix(
        [
            [
                sympy.Rational(*value.as_integer_ratio())
                if (value := moments.get(tuple(map(sum, zip(beta, gamma, strict=True)))))
                else 0
                for gamma in columns
            ]
            for beta in rows
        ]
    )
    done = multiprocessing.get_context("spawn").Pool(1).apply_async(_timed_rank, (matrix,))
    found = {"order_2_rank": rank, "order_2_seconds": statistics.median(alone)}
    try:
        seconds, theirs = done.get(LIMIT)
    except multiprocessing.TimeoutError:
        return {**found, "sympy_beyond": LIMIT, "sympy_over_ours_beyond": LIMIT / min(alone)}
    if theirs != rank:
        raise RuntimeError(f"ours proves {rank}, SymPy says {theirs}")
    return {**found, "sympy": seconds, "sympy_over_ours": seconds / statistics.median(alone)}


def _timed_rank(matrix: sympy.Matrix) -> tuple[float, int]:
    start = time.perf_counter()
    rank = int(matrix.rank())
    return time.perf_counter() - start, rank


def large(expression: str) -> dict[str, float]:
    """Seconds and GiB of a form that only ours can do, in a process of its own."""
    program = (
        "import json, resource, time, jax; from noflat.certificates import lower_bound, verify\n"
        "from noflat.targets import *\n"
        f"form = {expression}; t = time.perf_counter()\n"
        "c = lower_bound(form, 'exp', sense='uniform'); made = time.perf_counter() - t\n"
        "verify(c); checked = time.perf_counter() - t - made\n"
        "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20\n"
        "print(json.dumps(dict(bound=c.neurons, seconds=made, verify=checked, gib=peak)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def main() -> None:
    """Runs all, prints a line each, and writes them."""
    flags = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    flags.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    asked = flags.parse_args()
    rows = []
    for name, form in forms().items():
        made, checked, rank = ours(form)
        row = {"form": name, "rank": rank, "seconds": made, "verify": checked}
        if (peer := macaulay2(form)) is not None:
            if peer[1] != rank:
                raise RuntimeError(f"{name}: Macaulay2 has rank {peer[1]}, ours {rank}")
            row |= {"macaulay2": peer[0], "macaulay2_over_ours": peer[0] / made}
        row |= with_sympy(form)
        rows.append(row)
        print(json.dumps(row), flush=True)
    for name, expression in LARGE.items():
        rows.append({"form": name, **large(expression)})
        print(json.dumps(rows[-1]), flush=True)
    m2 = subprocess.run(["M2", "--version"], capture_output=True, text=True, check=False)
    asked.out.write_text(
        json.dumps(
            {
                "rows": rows,
                "processor": platform.processor() or platform.machine(),
                "cores": os.cpu_count(),
                "versions": {
                    "macaulay2": m2.stdout.strip(),
                    **{
                        name: version(name) for name in ("noflat", "python-flint", "sympy", "numpy")
                    },
                    "python": platform.python_version(),
                },
                "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
            },
            indent=1,
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
