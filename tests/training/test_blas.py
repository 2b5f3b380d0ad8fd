"""BLAS threads are held to one while anyone trains, and are then what they were."""

import scipy.linalg  # loads the BLAS that XLA uses
from threadpoolctl import threadpool_info, threadpool_limits

from noflat.training.blas import one_blas_thread


def _threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_the_last_one_restores():
    assert scipy.linalg
    with threadpool_limits(2, user_api="blas"):
        before = _threads()
        first, second = one_blas_thread(), one_blas_thread()
        first.__enter__()
        second.__enter__()
        assert _threads() == {1}
        first.__exit__(None, None, None)
        assert _threads() == {1}
        second.__exit__(None, None, None)
        assert _threads() == before
