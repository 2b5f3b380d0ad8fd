"""One BLAS thread for each worker.

On a CPU the factorizations of XLA are those of SciPy's BLAS, which has a pool of threads of its
own. Several workers that share it wait for each other: two were measured to be three times slower
than with one thread each.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


class _Shared:
    """The limit that is in force while anyone trains, and for how many."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0
        self.limit: threadpool_limits | None = None


_shared = _Shared()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Holds BLAS to one thread; the number is what it was once the last of all users is done."""
    with _shared.lock:
        _shared.users += 1
        if _shared.limit is None:
            _shared.limit = threadpool_limits(1, user_api="blas")
    try:
        yield
    finally:
        with _shared.lock:
            _shared.users -= 1
            if _shared.users == 0 and _shared.limit is not None:
                _shared.limit.restore_original_limits()
                _shared.limit = None
