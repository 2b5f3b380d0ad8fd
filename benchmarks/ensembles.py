"""Ensembles side by side with peers, in one run on one machine: speed, time to a minimum, growth.

The peers are what one would write instead: `jax.vmap` over a `lax.scan` with optax, and
`torch.func` with `torch.compile` in an environment of its own; for the time to a minimum the same
ensemble under Adam, and `scipy.optimize.least_squares` in a loop. Medians of 5 runs; one of Adam.

    python benchmarks/ensembles.py [--torch PYTHON] [--parts growth speed ...] [--out FILE.json]

PYTHON is an interpreter that has torch: `pip install torch==2.13.0` in a fresh environment. Without
it that column is left out. The part `profile` is run alone, pinned to one core. On an accelerator
the ensembles of `speed` have 10^5 members.
"""

import argparse
import gzip
import json
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from _minimum import minimum
from _timing import REPEATS, timed

from noflat.networks import apply, init
from noflat.training import ensemble, fit_first_order
from noflat.training.ensembles import cores

SHAPES = (
    {"members": 1024, "inputs": 4, "widths": [16], "batch": 256},
    {"members": 256, "inputs": 8, "widths": [64], "batch": 1024},
    {"members": 4096, "inputs": 2, "widths": [4], "batch": 128},
    {"members": 256, "inputs": 8, "widths": [16, 16, 16], "batch": 1024},
)
PEER = Path(__file__).parent / "peers" / "torch_ensemble.py"

Shape = dict[str, Any]


def problem(shape: Shape) -> tuple[jax.Array, jax.Array]:
    """Points on the cube, and the product of the first four inputs."""
    size = (shape["batch"], shape["inputs"])
    points = jax.random.uniform(jax.random.key(0), size, "float32", minval=-1, maxval=1)
    return points, jnp.prod(points[:, :4], axis=1)


def ours(shape: Shape, steps: int, **how: int) -> Callable[[], Any]:
    """The last losses of an ensemble by noflat."""
    points, values = problem(shape)
    sizes = (shape["inputs"], *shape["widths"], 1)

    def fit(key: jax.Array) -> jax.Array:
        start = init(sizes, "tanh", dtype="float32", key=key)
        options = dict(optimizer=optax.adam(0.01), steps=steps, every=steps)
        return fit_first_order(start, points, values, **options).loss_curve[-1]

    keys = jax.random.split(jax.random.key(1), shape["members"])
    train = ensemble(fit, **how)
    return lambda: train(keys)


def plain(shape: Shape, steps: int) -> Callable[[], Any]:
    """The same by one `jax.vmap` over a `lax.scan`, with reverse-mode differentiation."""
    points, values = problem(shape)
    sizes = (shape["inputs"], *shape["widths"], 1)
    adam = optax.adam(0.01)

    def loss(network: Any) -> jax.Array:
        outputs = jax.vmap(apply, in_axes=(None, 0))(network, points)[:, 0]
        return jnp.mean((outputs - values) ** 2)

    def fit(key: jax.Array) -> jax.Array:
        def step(carry: tuple, _: None) -> tuple:
            network, state = carry
            value, slope = jax.value_and_grad(loss)(network)
            updates, state = adam.update(slope, state, network)
            return (optax.apply_updates(network, updates), state), value

        start = init(sizes, "tanh", dtype="float32", key=key)
        (network, _), _ = jax.lax.scan(step, (start, adam.init(start)), None, length=steps)
        return loss(network)

    keys = jax.random.split(jax.random.key(1), shape["members"])
    run = jax.jit(jax.vmap(fit))
    return lambda: run(keys)


def steps_per_second(
    make: Callable[[Shape, int], Callable[[], Any]], shape: Shape, seconds: float
) -> dict[str, Any]:
    """Steps of the whole ensemble per second, over runs of about so many seconds."""
    brief = statistics.median(timed(make(shape, 20), 3)) / 20
    steps = max(20, round(seconds / brief))
    rates = [steps / spent for spent in timed(make(shape, steps))]
    return {"median": statistics.median(rates), "rates": rates, "steps": steps}


def torch_steps(python: Path, shape: Shape, seconds: float) -> dict[str, Any]:
    """What the peer says of itself."""
    asked = shape | {"threads": cores(), "repeats": REPEATS, "seconds": seconds}
    command = [str(python), str(PEER), json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def peaks() -> dict[str, float]:
    """What the machine does at best: products and activations per second, all cores together."""
    on_cpu = jax.default_backend() == "cpu"
    workers = cores() if on_cpu else 1
    size = 1024 if on_cpu else 8192
    a = jax.random.normal(jax.random.key(0), (size, size), "float32")
    wide = {"xla_cpu_prefer_vector_width": 512} if on_cpu else None

    def product(x: jax.Array) -> jax.Array:
        return jax.lax.fori_loop(
            0, 20, lambda _, y: jnp.matmul(a, y, precision="highest") / size, x
        )

    def tanhs(x: jax.Array) -> jax.Array:
        return jax.lax.fori_loop(0, 2000, lambda _, y: jnp.tanh(y + 0.1), x)

    few = jnp.linspace(-2, 2, 2**14 if on_cpu else 2**24, dtype="float32")
    found = {}
    for name, function, x, count in (
        ("products", product, a, 20 * size**3),
        ("activations", tanhs, few, 2000 * few.size),
    ):
        run = jax.jit(function, compiler_options=wide)
        with ThreadPoolExecutor(workers) as pool:

            def everywhere(run: Any = run, x: Any = x, pool: Any = pool) -> None:
                list(pool.map(lambda _: jax.block_until_ready(run(x)), range(workers)))

            found[name] = workers * count / statistics.median(timed(everywhere))
    return found


def counts(shape: Shape) -> dict[str, int]:
    """Products and activations of one step of one network: forward, weights, and back."""
    sizes = [shape["inputs"], *shape["widths"], 1]
    pairs = [a * b for a, b in zip(sizes, sizes[1:], strict=False)]
    products = shape["batch"] * (2 * sum(pairs) + sum(pairs[1:]))
    return {"products": products, "activations": shape["batch"] * sum(shape["widths"])}


def speed(asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Every shape by every peer, and the share of what the machine does at best."""
    rows = []
    for shape in SHAPES:
        if jax.default_backend() != "cpu":
            shape = shape | {"members": 100_000}
        best = peaks()
        row: dict[str, Any] = {"shape": shape, "peaks": best}
        row["noflat"] = steps_per_second(ours, shape, asked.seconds)
        row["vmap"] = steps_per_second(plain, shape, asked.seconds)
        rate = row["noflat"]["median"]
        row["over_vmap"] = rate / row["vmap"]["median"]
        if asked.torch:
            row["torch"] = torch_steps(asked.torch, shape, asked.seconds)
            row["over_torch"] = rate / row["torch"]["median"]
        least = sum(count / best[name] for name, count in counts(shape).items())
        row["share_of_peak"] = least * shape["members"] * rate
        rows.append(row)
        brief = {key: value for key, value in row.items() if key.startswith(("over", "share"))}
        print(json.dumps({**shape, "noflat": rate, **brief}), flush=True)
    return rows


def profile(steps: int = 200) -> dict[str, float]:
    """Microseconds per network and step of the deep shape, by kind of operation, on one worker."""
    train = ours(SHAPES[-1] | {"members": 32}, steps, block=32, workers=1)
    train()
    with tempfile.TemporaryDirectory() as folder:
        with jax.profiler.trace(folder, create_perfetto_trace=True):
            train()
        (path,) = Path(folder).rglob("perfetto_trace.json.gz")
        events = json.loads(gzip.decompress(path.read_bytes()))
    events = events["traceEvents"] if isinstance(events, dict) else events
    kinds = {"products": ("dot", "ynn"), "activations": ("tanh",), "sums": ("reduce",)}
    found = dict.fromkeys((*kinds, "other"), 0.0)
    for event in events:
        name = event.get("name", "")
        if event.get("ph") == "X" and re.fullmatch(
            r"[a-z_]+(fusion|dot|reduce)[a-z_]*(\.\d+)*|dot.*", name
        ):
            kind = next((k for k, parts in kinds.items() if any(p in name for p in parts)), "other")
            found[kind] += event["dur"] / (32 * steps)
    print(json.dumps(found), flush=True)
    return found


def growth() -> list[dict[str, Any]]:
    """Seconds of 20 steps against each size, the others held; peak memory beside them."""
    base: Shape = {"members": 1024, "inputs": 4, "widths": [16], "batch": 256}
    ways = {
        "members": [100, 316, 1000, 3162, 10_000, 31_623, 100_000],
        "widths": [[4], [8], [16], [32], [64], [128], [256]],
        "inputs": [2, 4, 8, 16, 32, 64],
        "batch": [32, 64, 128, 256, 512, 1024, 2048, 4096],
    }
    rows = []
    for name, values in ways.items():
        for value in values:
            seconds = timed(ours(base | {name: value}, 20))
            row = {
                "varied": name.removesuffix("s") if name == "widths" else name,
                "value": value[0] if isinstance(value, list) else value,
                "seconds": statistics.median(seconds),
                "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10,
            }
            rows.append(row)
            print(json.dumps(row), flush=True)
    return rows


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Growth on log axes, with lines of slope 1."""
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(row["varied"] for row in rows))
    figure = Figure(figsize=(2.6 * len(names), 2.8), layout="constrained")
    for axis, name in zip(figure.subplots(1, len(names), sharey=True), names, strict=True):
        of = [row for row in rows if row["varied"] == name]
        x, y = np.array([row["value"] for row in of]), np.array([row["seconds"] for row in of])
        axis.loglog(x, y, "o-", color="#0072B2", markersize=4)
        axis.loglog(x, y[-1] * x / x[-1], ":", color="0.5", label="linear")
        axis.set_xlabel(name)
        axis.set_xticks(
            [x[0], x[len(x) // 2], x[-1]], [f"{tick:,.0f}" for tick in x[[0, len(x) // 2, -1]]]
        )
        axis.minorticks_off()
    figure.axes[0].set_ylabel("seconds for 20 steps")
    figure.axes[0].legend(frameon=False)
    figure.suptitle("1024 networks 4-16-1, 256 points, one size varied at a time", fontsize=10)
    figure.savefig(path, dpi=160, metadata={"Software": None})


def main() -> None:
    """Runs the parts that are asked for, prints a line each, and writes them."""
    flags = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parts = ("growth", "speed", "profile", "minimum")
    flags.add_argument("--parts", nargs="+", choices=parts, default=("growth", "speed", "minimum"))
    flags.add_argument("--torch", type=Path, help="an interpreter that has torch")
    flags.add_argument("--seconds", type=float, default=2.0, help="of one repeat")
    flags.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    asked = flags.parse_args()
    if "profile" in asked.parts and cores() > 1:
        flags.error("the profile is that of one core: run it as `taskset -c 0 python ...`")
    found = json.loads(asked.out.read_text()) if asked.out.exists() else {}
    if "growth" in asked.parts:  # first, so that the peak of memory is its own
        found["growth"] = growth()
        draw(found["growth"], asked.out.with_suffix(".png"))
    if "speed" in asked.parts:
        found["speed"] = speed(asked)
    if "profile" in asked.parts:
        found["profile"] = profile()
    if "minimum" in asked.parts:
        jax.config.update("jax_enable_x64", True)
        found["minimum"] = minimum()
    found["machine"] = {
        **found.get("machine", {}),
        **({} if "profile" in asked.parts else {"cores": cores()}),
        "processor": platform.processor() or platform.machine(),
        "devices": [device.device_kind for device in jax.devices()],
        "matmul_precision": "highest",
        "versions": {
            name: version(name) for name in ("noflat", "jax", "jaxlib", "optax", "numpy", "scipy")
        },
        "python": platform.python_version(),
    }
    asked.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
