"""Training that tries to multiply with fewer neurons than the grouped construction has."""

from collections.abc import Callable, Sequence
from typing import Any

from noflat.experiments.records import Row

SHAPES: dict[tuple[int, int], tuple[tuple[int, ...], ...]] = {
    (2, 1): ((2,),),
    (3, 1): ((3,), (4,)),
    (3, 2): ((3, 1), (3, 2)),
    (4, 2): ((4, 1), (5, 1), (4, 2)),
}
"""By n and hidden layers the widths that random restarts try, up to those of the construction.

A first layer of fewer than n neurons cannot do: the network does not change along a line.
"""


def from_random(settings: Any, progress: Callable[[], None]) -> list[Row]:
    """Restarts from random weights, up to as many neurons as the construction has."""
    import jax
    import jax.numpy as jnp

    from noflat.activations import activation
    from noflat.arguments import named_key, numbered_keys
    from noflat.measure import random_start

    rows, applied = [], activation(settings.activation)
    for (n, _), shapes in SHAPES.items():
        if n not in settings.random:
            continue
        widest = (n, *map(max, zip(*shapes, strict=True)), 1)
        starts = []
        for shape in shapes:
            draw = jax.vmap(random_start, in_axes=(None, None, None, 0))
            keys = numbered_keys(named_key(settings.seed, f"{n} {shape}"), range(settings.restarts))
            starts.append(draw(widest, applied, jnp.array(shape), keys))
        rows += _rows(settings, n, ["random"] * len(shapes), shapes, starts)
        progress()
    return rows


def from_grouped(settings: Any, progress: Callable[[], None]) -> list[Row]:
    """Restarts near the construction of two layers: whole, and with a neuron of either removed.

    None is removed from a first layer of n, which is needed whatever the rest does.
    """
    import jax
    import jax.numpy as jnp

    from noflat.constructions import plan_grouped
    from noflat.constructions.plans import build
    from noflat.measure import padded, starts_near, without_neuron

    rows = []
    for n in settings.near:
        # scales chosen for few digits: larger, so that training has something to move
        plan = plan_grouped(n, 2, settings.activation, halved=True, dtype="bfloat16")
        whole = build(plan, jnp.dtype("float64"))
        key = jax.random.fold_in(jax.random.key(settings.seed), n)
        starts = [starts_near(whole, settings.noise, settings.near_restarts, key=key)]
        shapes = [whole.widths]
        for layer, width in enumerate(whole.widths):
            if layer == 0 and width <= n:
                continue
            # another neuron is removed for every restart
            parts = [
                starts_near(
                    padded(without_neuron(whole, layer, member % width), whole.widths),
                    settings.noise,
                    1,
                    key=jax.random.fold_in(key, member),
                )
                for member in range(settings.near_restarts)
            ]
            starts.append(_stacked(parts))
            shapes.append(tuple(w - (i == layer) for i, w in enumerate(whole.widths)))
        kinds = ["near", *["one removed"] * (len(shapes) - 1)]
        rows += _rows(settings, n, kinds, shapes, starts)
        progress()
    return rows


def _stacked(ensembles: Sequence[Any]) -> Any:
    import jax
    import jax.numpy as jnp

    return jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *ensembles)


def _rows(
    settings: Any,
    n: int,
    kinds: Sequence[str],
    shapes: Sequence[tuple[int, ...]],
    starts: Sequence[Any],
) -> list[Row]:
    """What training reached for each shape, beside the neurons of the construction.

    All shapes have one depth, are padded to the widest and trained by one program.
    """
    import jax.numpy as jnp
    import numpy as np

    from noflat.measure import sample, second_order_members
    from noflat.targets import product

    points = jnp.asarray(sample("cube", n, 2 ** min(10, 5 + n), seed=2 * settings.seed))
    unseen = jnp.asarray(sample("cube", n, 2**12, seed=2 * settings.seed + 1))
    members = second_order_members(
        product(n), points, unseen, steps=settings.steps, goal=settings.tolerance / 10
    )
    counts = [len(ensemble.layers[0].weight) for ensemble in starts]
    fits, errors = members(_stacked(starts), jnp.repeat(jnp.array(shapes), jnp.array(counts), 0))
    ends = np.cumsum(counts)[:-1]
    found = zip(
        kinds,
        shapes,
        np.split(np.asarray(errors), ends),
        np.split(np.asarray(fits.status), ends),
        strict=True,
    )
    return [_row(settings, n, *one) for one in found]


def _row(settings: Any, n: int, kind: str, shape: tuple[int, ...], errors: Any, status: Any) -> Row:
    from noflat.constructions import count_groups, group_sizes
    from noflat.measure.widths import width_row

    found = width_row(sum(shape), errors, status, settings.tolerance)
    return {
        "n": n,
        "hidden_layers": len(shape),
        "activation": settings.activation,
        "start": kind,
        "widths": "-".join(map(str, shape)),
        "neurons": sum(shape),
        "constructed": count_groups(group_sizes(n, len(shape), halved=True), halved=True),
        "restarts": found.restarts,
        "reached": found.reached,
        "share_low": found.share_low,
        "share_high": found.share_high,
        "best_error": found.best_error,
        "median_error": found.median_error,
    }
