"""Thousands of small networks at the machine's speed: `jax.vmap` in blocks, on all that is there.

One program trains one block; it is compiled once and runs until all members are done. On a CPU a
block is small enough for the cache and every core trains a block of its own, since one small
network cannot occupy two. On an accelerator a block is as large as its memory allows. The last
block is filled up with copies, so that no second program is needed.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from noflat.arguments import whole
from noflat.training.blas import one_blas_thread

_BLOCK, _LEAST_BLOCK = 32, 8
"""Members of a block on a CPU: fewer leave overheads, more leave the cache."""
_CACHE = 10 * 2**20
"""Bytes that a block on a CPU may take before fewer members are quicker."""
_MOST_MEMORY = 0.8
"""The share of a device's free memory that a block may take."""
_WIDE = {"xla_cpu_prefer_vector_width": 512}
"""XLA uses half of the vector registers of a recent CPU unless told otherwise."""

Progress = Callable[[int, int], None]


class Plan(NamedTuple):
    """How an ensemble is run.

    Attributes:
        members: How many networks there are.
        block: How many are trained side by side on one device.
        blocks: How many such blocks there are.
        workers: How many blocks run at once: threads on a CPU, devices elsewhere.
        bytes_per_block: Arguments, results and temporary memory of a block, as XLA reports them.
    """

    members: int
    block: int
    blocks: int
    workers: int
    bytes_per_block: int


class _Program(NamedTuple):
    run: Callable
    plan: Plan
    devices: int


class Ensemble:
    """A function of one member, for all of them; made by `ensemble`."""

    def __init__(
        self,
        fit: Callable,
        block: int | None,
        workers: int | None,
        mesh: Mesh | None,
        progress: Progress | None,
    ):
        """Keeps what `ensemble` was given."""
        self._fit, self._block, self._workers = fit, block, workers
        self._mesh, self._progress = mesh, progress
        self._programs: dict[Any, _Program] = {}

    def __call__(self, *members: Any) -> Any:
        """Trains all members; see `ensemble`."""
        program, data = self._prepared(members)
        with one_blas_thread():
            return _run_all(program, data, self._progress or (lambda done, total: None))

    def plan(self, *members: Any) -> Plan:
        """Compiles for these members, and says how they would be trained."""
        return self._prepared(members)[0].plan

    def _prepared(self, members: tuple) -> tuple[_Program, list]:
        leaves, structure = jax.tree.flatten(members)
        count = _count(leaves)
        data, kinds = _without_keys(leaves)
        shapes = tuple((leaf.shape[1:], leaf.dtype.name) for leaf in data)
        wanted = (count, shapes, structure, kinds)
        if wanted not in self._programs:
            self._programs[wanted] = self._compile(data, structure, kinds, count)
        return self._programs[wanted], data

    def _compile(self, data: list, structure: Any, kinds: tuple, count: int) -> _Program:
        mesh = self._mesh if self._mesh is not None else _local_mesh()
        devices = 1 if mesh is None else mesh.size
        cpu = _device(mesh).platform == "cpu"
        workers = self._workers or (cores() if cpu and devices == 1 else 1)
        most = -(-count // (devices * workers))
        block = self._block or (min(_BLOCK, most) if cpu else most)
        one = partial(_on_data, self._fit, structure, kinds)
        compiled, block, needed = _fitting(one, data, block, workers, mesh)
        if cpu and self._block is None and needed > _CACHE and block > _LEAST_BLOCK:
            fitting = max(1, block * _CACHE // needed)
            block = max(_LEAST_BLOCK, 1 << (fitting.bit_length() - 1))
            compiled, block, needed = _fitting(one, data, block, workers, mesh)
        blocks = -(-count // (devices * block))
        plan = Plan(count, block, blocks, max(devices, min(workers, blocks)), needed)
        run = compiled if mesh is None else partial(_on_mesh, compiled, mesh)
        return _Program(run, plan, devices)


def ensemble(
    fit: Callable,
    *,
    block: int | None = None,
    workers: int | None = None,
    mesh: Mesh | None = None,
    progress: Progress | None = None,
) -> Ensemble:
    """`jax.vmap(fit)` for any number of members, at the machine's speed.

    A member's result does not depend on who trains beside it: bitwise in blocks of one size, up to
    rounding in others.

    Args:
        fit: From what belongs to one member (a key, a learning rate, a number of neurons, a
            network) to arrays, such as a `Fit`. What all members share it closes over.
        block: How many members are trained side by side on one device; chosen where None. Fewer
            are where the device's memory asks for it.
        workers: How many blocks a CPU trains at once; one per core where None.
        mesh: Devices to share the members among, also those of other processes, which must then
            call with the same members; all devices of this process where None.
        progress: Called with the number of members done and in all after each block.

    Returns:
        A function that takes as many arguments as `fit`, all with the members as the leading axis,
        and returns its results as NumPy arrays, stacked. It compiles once per number of members;
        its method `plan` does so ahead of time.

    Raises:
        ValueError: If `block` or `workers` is below 1; by that function, if the leading axes
            differ, there are no members, or one alone does not fit into memory.

    Example:
        >>> points = jax.random.uniform(jax.random.key(0), (64, 2), minval=-1, maxval=1)
        >>> def fit(key, rate):
        ...     start = init((2, 8, 1), "tanh", key=key)
        ...     adam = optax.adam(rate)
        ...     return fit_first_order(start, points, points.prod(1), optimizer=adam, steps=9)
        >>> keys = jax.random.split(jax.random.key(1), 5)
        >>> ensemble(fit, block=2)(keys, np.logspace(-3, -1, 5)).loss_curve.shape
        (5, 10)
    """
    if block is not None:
        block = whole(block, "block", "the members side by side")
    if workers is not None:
        workers = whole(workers, "workers", "the blocks trained at once")
    return Ensemble(fit, block, workers, mesh, progress)


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _count(leaves: list) -> int:
    """The number of members."""
    shapes = [np.shape(leaf) for leaf in leaves]
    sizes = {shape[0] if shape else 0 for shape in shapes}
    if len(sizes) != 1 or 0 in sizes:
        raise ValueError(
            "`members` must all have one leading axis, at least one member long; got the shapes "
            f"{', '.join(map(str, shapes))}"
        )
    return sizes.pop()


def _without_keys(leaves: list) -> tuple[list[np.ndarray], tuple]:
    """The leaves on the host, keys as their numbers, and which of them are keys of what kind."""
    data, kinds = [], []
    for leaf in leaves:
        is_key = isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
        kinds.append(jax.random.key_impl(leaf) if is_key else None)
        data.append(np.asarray(jax.random.key_data(leaf) if is_key else jnp.asarray(leaf)))
    return data, tuple(kinds)


def _on_data(fit: Callable, structure: Any, kinds: tuple, *data: Any) -> Any:
    """One member's fit from its leaves, keys as numbers."""
    leaves = [
        leaf if kind is None else jax.random.wrap_key_data(leaf, impl=kind)
        for leaf, kind in zip(data, kinds, strict=True)
    ]
    return fit(*jax.tree.unflatten(structure, leaves))


def _local_mesh() -> Mesh | None:
    devices = jax.local_devices()
    return Mesh(np.array(devices), ("members",)) if len(devices) > 1 else None


def _fitting(
    one: Callable, data: list[np.ndarray], block: int, workers: int, mesh: Mesh | None
) -> tuple[Callable, int, int]:
    """The program of a block that fits into memory, how many members that is, and its bytes."""
    room = int(_MOST_MEMORY * _free_memory(mesh))
    while True:
        compiled = _compiled(one, data, block, mesh)
        needed = _bytes(compiled)
        if needed * workers <= room:
            return compiled, block, needed
        if block == 1:
            raise ValueError(
                f"`members` of this size need {needed / 2**30:.3g} GiB each, and "
                f"{room / 2**30:.3g} GiB are free: train smaller networks, on fewer points, or "
                "with fewer workers"
            )
        block = max(1, min(block // 2, block * room // (needed * workers)))


def _compiled(one: Callable, data: list[np.ndarray], block: int, mesh: Mesh | None) -> Callable:
    devices = 1 if mesh is None else mesh.size
    mapped = jax.vmap(one) if block > 1 else partial(_alone, one)
    sharding = None
    if mesh is not None:
        spec = PartitionSpec(mesh.axis_names)
        sharding = NamedSharding(mesh, spec)
        # members never exchange anything, so that no carry needs to be marked as varying
        mapped = jax.shard_map(mapped, mesh=mesh, in_specs=spec, out_specs=spec, check_vma=False)
    like = [
        jax.ShapeDtypeStruct((devices * block, *leaf.shape[1:]), leaf.dtype, sharding=sharding)
        for leaf in data
    ]
    # an accelerator rounds float32 factors to ten bits or fewer unless told otherwise
    with jax.default_matmul_precision("highest"):
        lowered = jax.jit(mapped).lower(*like)
    if _device(mesh).platform != "cpu":
        return lowered.compile()
    try:
        return lowered.compile(_WIDE)
    except jax.errors.JaxRuntimeError:  # an XLA that does not know the option
        return lowered.compile()


def _alone(one: Callable, *data: Any) -> Any:
    """One member without `vmap`: its loops end and its conditions branch as in a solo run."""
    found = one(*(leaf[0] for leaf in data))
    return jax.tree.map(lambda leaf: leaf[None], found)


def _bytes(compiled: Any) -> int:
    used = compiled.memory_analysis()
    if used is None:
        return 0
    return (
        used.temp_size_in_bytes + used.argument_size_in_bytes + 2 * used.output_size_in_bytes
    )  # results may be on their way to the host while the next block runs


def _device(mesh: Mesh | None) -> Any:
    """A device of this process that trains."""
    return (jax.local_devices() if mesh is None else mesh.local_devices)[0]


def _free_memory(mesh: Mesh | None) -> int:
    """Bytes that are free for one device, of all processes on the one that has the least."""
    stats = _device(mesh).memory_stats()
    if stats and "bytes_limit" in stats:
        free = stats["bytes_limit"] - stats.get("bytes_in_use", 0)
    else:  # devices that share the memory of this machine
        free = _available() // (1 if mesh is None else len(mesh.local_devices))
    if mesh is None or not mesh.is_multi_process:
        return free
    mebibytes = multihost_utils.process_allgather(np.int32(free >> 20))
    return int(np.min(mebibytes)) << 20


def _available() -> int:
    """Bytes that a process may still take: of the machine, and of the group it is confined to."""
    found = [2**32]
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        found = [1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable")]
        own = Path("/proc/self/cgroup").read_text().strip().rpartition("::/")[2]
        group = Path("/sys/fs/cgroup") / own
        most, now = ((group / f"memory.{name}").read_text() for name in ("max", "current"))
        cached = (group / "memory.stat").read_text().partition("inactive_file ")[2].split()[0]
        found.append(int(most) - int(now) + int(cached))  # an error where there is no limit
    except (OSError, ValueError, IndexError):
        pass
    return max(0, min(found))


def _on_mesh(compiled: Callable, mesh: Mesh, *data: np.ndarray) -> Any:
    """Runs one block on all devices of a mesh, and gathers it on every host."""
    sharding = NamedSharding(mesh, PartitionSpec(mesh.axis_names))
    placed = [jax.make_array_from_callback(leaf.shape, sharding, leaf.__getitem__) for leaf in data]
    found = compiled(*placed)
    if sharding.is_fully_addressable:
        return found
    return multihost_utils.process_allgather(found, tiled=True)


def _run_all(program: _Program, data: list[np.ndarray], progress: Progress) -> Any:
    """Every block, on as many threads as there are workers; the results by member."""
    plan, devices = program.plan, program.devices
    size = devices * plan.block
    stopped, lock = threading.Event(), threading.Lock()
    results: list[np.ndarray] = []
    structure: Any = None
    done = 0

    def block(first: int) -> int:
        nonlocal structure
        if stopped.is_set():
            return 0
        chosen = np.minimum(np.arange(first, first + size), plan.members - 1)
        found = program.run(*(leaf[chosen] for leaf in data))
        leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(found)]
        real = min(size, plan.members - first)
        with lock:
            if structure is None:
                structure = jax.tree.structure(found)
                results.extend(
                    np.empty((plan.members, *leaf.shape[1:]), leaf.dtype) for leaf in leaves
                )
        for result, leaf in zip(results, leaves, strict=True):
            result[first : first + real] = leaf[:real]
        return real

    starts = range(0, plan.members, size)
    threads = plan.workers if devices == 1 else 1  # a mesh takes its blocks one after the other
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(block, first) for first in starts]
        try:
            for future in as_completed(futures):
                done += future.result()
                progress(done, plan.members)
        except BaseException:
            stopped.set()  # what runs ends its block, the rest never starts
            pool.shutdown(cancel_futures=True)
            raise
    return jax.tree.unflatten(structure, results)
