"""What each hidden layer more saves: grouped products counted, built, and challenged by training.

The neurons of the grouped construction are counted for every depth and its networks evaluated.
Training then tries to do with fewer: from random starts, and from the construction itself with a
neuron removed. The heat map of error over depth and width is Rolnick and Tegmark's Figure 2, on
their positive inputs and on the same with signs.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

from noflat.experiments._challenges import SHAPES, from_grouped, from_random
from noflat.experiments._claims import claim, every, none
from noflat.experiments._flags import Tables
from noflat.experiments._heat_map import LAWS, heat_map, one_neuron_error
from noflat.experiments._main import Experiment, Progressed, silent
from noflat.experiments.records import Row


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        largest: The largest n whose grouped products are counted.
        built: The largest n whose grouped products are built and evaluated.
        activation: What the trained networks apply; it needs half gates of two and of three.
        random: The numbers of variables of random starts, of 2, 3 and 4.
        restarts: Networks per shape from such starts.
        near: The numbers of variables of the starts near a construction of two hidden layers.
        near_restarts: Networks per shape from such starts.
        noise: By how much their weights are off, relative to each.
        steps: The most steps of the second-order training.
        tolerance: The relative rms error that counts as success.
        inputs: The number of variables of the heat map.
        depths: Its numbers of hidden layers.
        widths: Its neurons per hidden layer.
        map_restarts: Its networks per shape.
        map_steps: The steps of Adam for each.
        seed: Of all random numbers.
    """

    largest: int = 64
    built: int = 16
    activation: str = "cos"
    random: tuple[int, ...] = (2, 3, 4)
    restarts: int = 96
    near: tuple[int, ...] = (4, 6, 8)
    near_restarts: int = 8
    noise: float = 0.1
    steps: int = 300
    tolerance: float = 0.02
    inputs: int = 20
    depths: tuple[int, ...] = (1, 2, 4)
    widths: tuple[int, ...] = (4, 16, 64)
    map_restarts: int = 3
    map_steps: int = 600
    seed: int = 0


PRESETS = {
    "smoke": Settings(
        largest=12,
        built=4,
        random=(2, 3),
        restarts=16,
        near=(4,),
        inputs=5,
        depths=(1, 2),
        widths=(4,),
        map_steps=50,
    ),
    "default": Settings(),
    "paper": Settings(
        restarts=4096,
        near_restarts=64,
        steps=1000,
        widths=(4, 8, 16, 32, 64, 128),
        depths=(1, 2, 3, 4, 5, 6),
        map_restarts=8,
        map_steps=10000,
    ),
}


def run(settings: Settings, progress: Progressed = silent) -> Tables:
    """Runs the experiment.

    Args:
        settings: What is run.
        progress: Called with how many parts are done, and of how many.

    Returns:
        Tables: `groups`, a row per n and number of hidden layers; `built`, a row per network
        evaluated; `trained`, a row per shape and kind of start; `map`, a row per law, depth and
        width; `one_neuron`, a row per law.
    """
    drawn = sum(n in settings.random for n, _ in SHAPES)
    shapes = len(LAWS) * len(settings.depths) * len(settings.widths)
    total = drawn + len(settings.near) + shapes
    counter = itertools.count(1)

    def one_more() -> None:
        progress(next(counter), total)

    return {
        "groups": groups(settings.largest),
        "built": _built(settings),
        "trained": [*from_random(settings, one_more), *from_grouped(settings, one_more)],
        "map": heat_map(
            settings.inputs,
            settings.depths,
            settings.widths,
            restarts=settings.map_restarts,
            steps=settings.map_steps,
            samples=128,
            rate=0.01,
            seed=settings.seed,
            progress=one_more,
        ),
        "one_neuron": [_one_neuron(settings, law) for law in LAWS],
    }


def _check(settings: Settings) -> None:
    """Refuses what would fail later, by the names of the flags."""
    from noflat.activations import activation, simple_zeros

    drawn = {n for n, _ in SHAPES}
    named = activation(settings.activation)
    if settings.largest < 4:
        raise ValueError(f"`largest` must be at least 4, for two layers; got {settings.largest}")
    if not set(settings.random) <= drawn:
        raise ValueError(f"`random` takes some of {sorted(drawn)}; got {list(settings.random)}")
    if not all(4 <= n <= 8 for n in settings.near):
        raise ValueError(f"`near` takes numbers from 4 to 8; got {list(settings.near)}")
    if not {1} < set(settings.depths):
        raise ValueError(f"`depths` must have 1 and more; got {list(settings.depths)}")
    if not simple_zeros(named, 1) or not simple_zeros(named, 2):
        raise ValueError(
            f"`activation` must have half gates of two and of three: {named.name} has no bias "
            "at which just its first or just its second derivative vanishes. Take cos or gelu"
        )


def groups(largest: int) -> list[Row]:
    """The integer-optimal grouped products: neurons with cubes and with half cubes."""
    from noflat.constructions import count_groups, group_sizes

    rows = []
    for n in range(2, largest + 1):
        for layers in _depths(n):
            whole, half = group_sizes(n, layers), group_sizes(n, layers, halved=True)
            rows.append(
                {
                    "n": n,
                    "hidden_layers": layers,
                    "groups": " ".join(",".join(map(str, sizes)) for sizes in whole),
                    "neurons": count_groups(whole),
                    "neurons_halved": count_groups(half, halved=True),
                    "equal_groups": equal_groups(n, layers),
                    "growth": n ** (1 - 1 / layers) * 2**n ** (1 / layers),
                }
            )
    return rows


def _depths(n: int) -> range:
    """The numbers of hidden layers of grouped products of n: up to those of the binary tree."""
    return range(1, min(n - 1, math.ceil(math.log2(n))) + 1)


def equal_groups(n: int, layers: int) -> int | None:
    r"""Rolnick and Tegmark's count with $b = n^{1/k}$, where that is an integer, else None.

    $$\sum_{i=1}^k \frac n{b^i}\,2^b\qquad\text{(Theorem 5.1)}.$$

    Example:
        >>> from noflat.experiments.depth import equal_groups
        >>> equal_groups(16, 2), equal_groups(10, 2)
        (80, None)
    """
    b = round(n ** (1 / layers))
    return sum(n // b**i * 2**b for i in range(1, layers + 1)) if b**layers == n else None


def _built(settings: Settings) -> list[Row]:
    """Grouped products of half cubes in float64, with the error that was to be expected."""
    import jax.numpy as jnp

    from noflat.constructions import plan_grouped
    from noflat.constructions.plans import build
    from noflat.measure import relative_rms_error, sample
    from noflat.targets import product

    rows = []
    for n in range(2, settings.built + 1):
        points = jnp.asarray(sample("cube", n, 2**12, seed=settings.seed))
        for layers in _depths(n):
            if n > 10 and layers == 1:
                continue  # nothing of it is left after rounding: see the experiment `precision`
            arguments = (n, layers, settings.activation)
            plan = plan_grouped(*arguments, halved=True)
            network = build(plan, jnp.dtype("float64"))
            rows.append(
                {
                    "n": n,
                    "hidden_layers": layers,
                    "neurons": network.neurons,
                    "predicted_error": plan.predicted_error,
                    "error": float(relative_rms_error(network, product(n), points)),
                }
            )
    return rows


def _one_neuron(settings: Settings, law: str) -> Row:
    """What one exp neuron with an output bias explains: in closed form, sampled, and at most."""
    from noflat.certificates.kernels import squared_error_floor
    from noflat.conventions import Convention
    from noflat.measure import one_neuron_share, sampled_share

    n = settings.inputs
    share, slope = one_neuron_share(n, LAWS[law], 2.0)
    floor = squared_error_floor(n, "exp", Convention(output_bias=True), 1, "cube")
    key = dict(seed=settings.seed, repeats=8)
    sampled = sorted(sampled_share(n, LAWS[law], 2.0, slope, **key)) if law == "positive" else []
    errors = sorted(one_neuron_error(n, LAWS[law], slope, settings.seed + i) for i in range(8))
    return {
        "n": n,
        "inputs": law,
        "share": share,
        "share_sampled": sum(sampled) / 8 if sampled else None,
        "share_low": sampled[0] if sampled else None,
        "share_high": sampled[-1] if sampled else None,
        "share_ceiling": float(1 - floor) if law == "signed" else 1.0,
        "absolute_error": (errors[3] + errors[4]) / 2,
        "absolute_error_low": errors[0],
        "absolute_error_high": errors[-1],
    }


def claims(tables: Tables) -> list[Row]:
    """What the experiment says, each with its verdict."""
    return [*_counted(tables), *_challenged(tables["trained"]), *_mapped(tables)]


def _counted(tables: Tables) -> list[Row]:
    rows, built = tables["groups"], tables["built"]
    least = {n: min(r["neurons"] for r in rows if r["n"] == n) for n in {r["n"] for r in rows}}
    first = {
        n: min(r["hidden_layers"] for r in rows if r["n"] == n and r["neurons"] == least[n])
        for n in least
    }
    as_told = [least[n] == 4 * (n - 1) and 3 ** (k - 1) < n <= 3**k for n, k in first.items()]
    equal = [row for row in rows if row["equal_groups"]]
    worst = max((row["error"] / row["predicted_error"] for row in built), default=None)
    return [
        every(
            "n for which 4(n - 1) neurons are reached first at ceil(log3 n) hidden layers",
            as_told,
        ),
        every(
            "equal groups of n^(1/k) that the integer optimum beats or equals",
            [row["neurons"] <= row["equal_groups"] for row in equal],
        ),
        claim(
            "neurons over n^((k-1)/k) 2^(n^(1/k)), k hidden layers, at most",
            "1 + 1/b + 1/b^2 + ..., b = n^(1/k) >= 2",
            2,
            "<=",
            max(r["neurons"] / r["growth"] for r in rows if 2 ** r["hidden_layers"] <= r["n"]),
            note="conjecture 5.2: no network grows less than 2^(c n^(1/k))",
        ),
        claim("rms error of built networks over the predicted one, at most", "3", 3, "<=", worst),
    ]


def _challenged(rows: list[Row]) -> list[Row]:
    fewer = [row for row in rows if row["neurons"] < row["constructed"]]
    random = [row for row in fewer if row["start"] == "random"]
    removed = [row for row in fewer if row["start"] == "one removed"]
    near = [row for row in rows if row["start"] == "near"]
    known = ", ".join(f"n = {row['n']}: {row['widths']}" for row in near)
    return [
        _none_succeed(
            "random restarts with fewer neurons than grouped",
            random,
            f"restarts in {len(random)} shapes",
        ),
        _none_succeed("restarts near grouped with one neuron removed", removed, "restarts"),
        claim(
            "share of restarts near the whole construction that succeed",
            "1/2",
            0.5,
            ">=",
            sum(row["reached"] for row in near) / max(1, sum(row["restarts"] for row in near)),
            note=known,
        ),
    ]


def _none_succeed(what: str, rows: list[Row], tried: str) -> Row:
    best = min((row["best_error"] for row in rows), default=0)
    return none(
        f"{what} that succeed",
        sum(row["reached"] for row in rows),
        note=f"{sum(row['restarts'] for row in rows)} {tried}, best relative rms error {best:.2g}",
    )


def _mapped(tables: Tables) -> list[Row]:
    shapes, alone = tables["map"], {row["inputs"]: row for row in tables["one_neuron"]}
    n = alone["positive"]["n"]

    def best(law: str, depth: Callable[[int], bool]) -> float:
        chosen = [r for r in shapes if r["inputs"] == law and depth(r["hidden_layers"])]
        return min((row["median"] for row in chosen), default=math.nan)

    deep, shallow = best("positive", lambda k: k > 1), best("positive", lambda k: k == 1)
    signed = best("signed", lambda k: True)
    neuron = alone["positive"]
    interval = neuron["absolute_error_low"], neuron["absolute_error_high"]
    return [
        claim(
            f"share of the variance that one exp neuron explains, {n} positive inputs",
            "max_a Cov(P, e^(aS))^2 / (Var P Var e^(aS))",
            neuron["share"],
            "within 0.05",
            neuron["share_sampled"],
            interval=(neuron["share_low"], neuron["share_high"]),
            note="sampled where the neuron is large; a mean of 8, and their extremes",
        ),
        claim(
            f"share of the variance that one exp neuron explains, {n} signed inputs",
            "certified for any exp neuron: (3/4)^(n-1)",
            alone["signed"]["share_ceiling"],
            "<=",
            alone["signed"]["share"],
        ),
        claim(
            "positive inputs: least absolute error of deep tanh networks over that of flat ones",
            "1",
            1.0,
            "<=",
            deep / shallow,
            note=_at_equal_neurons(shapes),
        ),
        claim(
            "positive inputs: absolute error of one exp neuron, at most the least of any shape",
            "least of the map",
            min(deep, shallow),
            "<=",
            neuron["absolute_error"],
            interval=interval,
            note="over that of the constant 0",
        ),
        claim(
            "signed inputs: least absolute error of any shape over that of the constant 0",
            "1",
            1.0,
            "within 0.01",
            signed,
        ),
    ]


def _at_equal_neurons(shapes: list[Row]) -> str:
    """How flat and deep networks of the same total do on positive inputs, largest total first."""
    rows = [row for row in shapes if row["inputs"] == "positive"]
    flat = {row["neurons"]: row["median"] for row in rows if row["hidden_layers"] == 1}
    told = [
        f"{row['neurons']} neurons: {flat[row['neurons']]:.4g} flat, {row['median']:.4g} in "
        f"{row['hidden_layers']} layers"
        for row in sorted(rows, key=lambda row: -row["neurons"])
        if row["hidden_layers"] > 1 and row["neurons"] in flat
    ]
    return "; ".join(["at equal widths, so with more neurons", *told])


EXPERIMENT = Experiment("depth", str(__doc__), PRESETS, run, claims, _check)
main = EXPERIMENT.main

if __name__ == "__main__":
    main()
