"""Ensembles: blocks, workers and devices change how fast members are trained, and nothing else."""

import socket
import subprocess
import sys
import threading

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from noflat.networks import init
from noflat.training import ensemble, ensembles, fit_first_order

POINTS = np.linspace(-1.0, 1.0, 32).reshape(16, 2)


def _fit(key, rate, active=4):
    start = init((2, 4, 1), "tanh", active=(active,), key=key)
    values = jnp.prod(jnp.asarray(POINTS), axis=1)
    options = dict(optimizer=optax.adam(rate), steps=20, active=(active,))
    return fit_first_order(start, jnp.asarray(POINTS), values, **options)


def _members(count):
    return jax.random.split(jax.random.key(0), count), np.logspace(-3, -1, count)


def test_members_equal_their_solo_fits():
    keys, rates = _members(7)
    active = np.array([1, 2, 3, 4, 4, 3, 2])
    together = ensemble(_fit, block=3)(keys, rates, active)
    for i in range(7):
        alone = _fit(keys[i], jnp.asarray(rates[i]), jnp.asarray(active[i]))
        np.testing.assert_allclose(together.loss_curve[i], alone.loss_curve, rtol=1e-10)
        jax.tree.map(
            lambda all_of_them, one, i=i: np.testing.assert_allclose(
                all_of_them[i], one, rtol=1e-8, atol=1e-12
            ),
            together.network,
            alone.network,
        )


def test_a_member_is_the_same_whoever_trains_beside_it():
    keys, rates = _members(9)
    train = ensemble(_fit, block=3)
    whole = train(keys, rates)
    # the same place in a block of the same size, among others and in other company
    swapped = train(keys[::-1], rates[::-1])
    part = train(keys[3:6], rates[3:6])
    np.testing.assert_array_equal(whole.loss_curve[4], swapped.loss_curve[4])
    np.testing.assert_array_equal(whole.loss_curve[3:6], part.loss_curve)
    # and in other places
    moved = train(keys[np.arange(-1, 8)], np.roll(rates, 1))
    np.testing.assert_array_equal(np.roll(moved.loss_curve, -1, axis=0), whole.loss_curve)


@pytest.mark.parametrize(("block", "workers"), [(1, 1), (2, 3), (8, 2), (64, 1)])
def test_blocks_and_workers_decide_nothing(block, workers):
    keys, rates = _members(9)
    train = ensemble(_fit, block=block, workers=workers)
    whole = train(keys, rates)
    plain = jax.vmap(_fit)(keys, jnp.asarray(rates))
    np.testing.assert_allclose(whole.loss_curve, plain.loss_curve, rtol=1e-10)
    plan = train.plan(keys, rates)
    assert (plan.members, plan.block) == (9, block)
    assert plan.blocks * block >= 9 > (plan.blocks - 1) * block


def test_a_member_that_diverges_leaves_the_rest_alone():
    keys, _ = _members(4)
    rates = np.array([0.01, 1e300, 0.01, 0.01])
    found = ensemble(_fit, block=2)(keys, rates)
    assert found.status.tolist() == [1, 2, 1, 1]
    alone = _fit(keys[2], jnp.asarray(0.01))
    np.testing.assert_allclose(found.loss_curve[2], alone.loss_curve, rtol=1e-10)


def test_one_program_per_ensemble():
    traced = []

    def fit(x):
        traced.append(x)
        return x**2

    train = ensemble(fit, block=4)
    for _ in range(3):
        np.testing.assert_array_equal(train(np.arange(10.0)), np.arange(10.0) ** 2)
    assert len(traced) == 1


def test_progress_counts_members():
    seen = []
    train = ensemble(lambda x: x, block=4, workers=2, progress=lambda *done: seen.append(done))
    train(np.arange(10))
    assert seen[-1] == (10, 10)
    assert [total for _, total in seen] == [10, 10, 10]


def test_an_error_in_progress_stops_the_rest():
    ran, stopped = [], threading.Event()

    def count(x):
        ran.append(x)
        if len(ran) > 1:  # the second block waits until the first has been told of
            stopped.wait(60)
        return x

    def fit(x):
        like = jax.ShapeDtypeStruct((), x.dtype)
        return jax.pure_callback(count, like, x, vmap_method="sequential")

    def stop(done, total):
        threading.Timer(0.2, stopped.set).start()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensemble(fit, block=1, workers=1, progress=stop)(np.arange(500))
    assert len(ran) <= 2


def test_an_ensemble_that_does_not_fit_is_split(monkeypatch):
    train = ensemble(_fit, block=16, workers=1)
    keys, rates = _members(16)
    whole, needed = train(keys, rates), train.plan(keys, rates).bytes_per_block
    monkeypatch.setattr(ensembles, "_free_memory", lambda mesh: needed / 2)
    smaller = ensemble(_fit, block=16, workers=1)
    split, plan = smaller(keys, rates), smaller.plan(keys, rates)
    assert plan.block < 16
    assert plan.bytes_per_block <= needed / 2
    np.testing.assert_allclose(split.loss_curve, whole.loss_curve, rtol=1e-10)


def test_a_block_that_leaves_the_cache_is_made_smaller(monkeypatch):
    keys, rates = _members(32)
    needed = ensemble(_fit, workers=1).plan(keys, rates).bytes_per_block
    for cache, block in ((needed / 2, 16), (1, 8)):  # even where one member leaves it
        monkeypatch.setattr(ensembles, "_CACHE", int(cache))
        assert ensemble(_fit, workers=1).plan(keys, rates).block == block


def test_a_member_that_does_not_fit_is_refused(monkeypatch):
    monkeypatch.setattr(ensembles, "_free_memory", lambda mesh: 10)
    with pytest.raises(ValueError, match="`members` of this size need .* GiB each"):
        ensemble(_fit)(*_members(2))


@pytest.mark.parametrize(
    "members", [(np.arange(3), np.arange(4)), (np.zeros(0),), (np.float64(1),), ()]
)
def test_members_must_have_one_leading_axis(members):
    with pytest.raises(ValueError, match="`members` must all have one leading axis"):
        ensemble(lambda *x: x)(*members)


def test_numbers_out_of_range_are_refused(unchecked):
    with pytest.raises(ValueError, match="`block` must be an integer of at least 1"):
        ensemble(_fit, block=0)
    with pytest.raises(ValueError, match="`workers` must be an integer of at least 1"):
        ensemble(_fit, workers=1.5)


SHARDED = """
import jax, numpy as np, optax
jax.config.update("jax_num_cpu_devices", 4)
jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
from noflat.networks import init
from noflat.training import ensemble, fit_first_order
points = jnp.asarray(np.linspace(-1, 1, 64).reshape(32, 2) ** 3)
def fit(key):
    start = init((2, 4, 4, 1), "tanh", key=key)
    options = dict(optimizer=optax.adam(0.01), steps=20)
    return fit_first_order(start, points, points.prod(axis=1), **options)
keys = jax.random.split(jax.random.key(0), 11)
train = ensemble(fit, block=2)
sharded = train(keys)
plan = train.plan(keys)
assert (plan.workers, plan.blocks) == (4, 2), plan
one = jax.sharding.Mesh(np.array(jax.devices()[:1]), ("members",))
for a, b in zip(jax.tree.leaves(sharded), jax.tree.leaves(ensemble(fit, block=2, mesh=one)(keys))):
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-13)
"""


def test_members_are_shared_among_devices():
    done = subprocess.run(
        [sys.executable, "-c", SHARDED], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


DISTRIBUTED = """
import sys
import jax
jax.config.update("jax_enable_x64", True)
number, port, folder = int(sys.argv[1]), sys.argv[2], sys.argv[3]
if number >= 0:
    jax.distributed.initialize(f"127.0.0.1:{port}", num_processes=2, process_id=number)
import jax.numpy as jnp
import numpy as np, optax
from noflat.networks import init
from noflat.training import ensemble, fit_first_order
points = jnp.asarray(np.linspace(-1, 1, 64).reshape(32, 2) ** 3)
def fit(key, rate):
    start = init((2, 4, 1), "tanh", key=key)
    options = dict(optimizer=optax.adam(rate), steps=20)
    return fit_first_order(start, points, points.prod(axis=1), **options).loss_curve
mesh = jax.sharding.Mesh(np.array(jax.devices()), ("members",))
train = ensemble(fit, block=3, mesh=mesh)
members = jax.random.split(jax.random.key(0), 11), np.logspace(-3, -1, 11)
losses = train(*members)
assert train.plan(*members).blocks == (4 if number < 0 else 2)
np.save(f"{folder}/{number}.npy", losses)
"""


def test_two_processes_train_as_one(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    processes = [
        subprocess.Popen([sys.executable, "-c", DISTRIBUTED, str(number), port, str(tmp_path)])
        for number in (-1, 0, 1)
    ]
    try:
        assert [process.wait(120) for process in processes] == [0, 0, 0]
    finally:
        for process in processes:
            process.kill()
    one, first, second = (np.load(tmp_path / f"{number}.npy") for number in (-1, 0, 1))
    np.testing.assert_array_equal(first, second)
    # two processes have another program than one: equal up to rounding over 20 steps
    np.testing.assert_allclose(first, one, rtol=1e-11)
