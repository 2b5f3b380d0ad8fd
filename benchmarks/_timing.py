"""How the benchmarks of training take time."""

import time
from collections.abc import Callable
from typing import Any

import jax

REPEATS = 5


def timed(run: Callable[[], Any], repeats: int = REPEATS) -> list[float]:
    """Seconds of every repeat, after one that is not counted."""
    jax.block_until_ready(run())
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        jax.block_until_ready(run())
        found.append(time.perf_counter() - start)
    return found
