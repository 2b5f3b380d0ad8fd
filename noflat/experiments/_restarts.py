"""Restarts of one width, trained and clocked: what a chunk of an experiment on widths does."""

import time
from functools import lru_cache
from typing import Any

Chunk = dict[str, Any]

_RATES = (-2.5, -0.5)
"""Adam's highest learning rate is drawn for each restart: ten to a power from here to there."""

_TRAINED = (
    "n",
    "activation",
    "convention",
    "inputs",
    "seed",
    "method",
    "steps",
    "widest",
    "padded",
)
_TRAINED += ("goal", "samples")
"""What the trainer of a chunk depends on."""


def train(chunk: Chunk) -> dict[str, Any]:
    """Trains one chunk: errors, statuses, steps, and the seconds of each network."""
    import jax
    import numpy as np

    from noflat.arguments import named_key, numbered_keys

    trainer = _trainer(*(chunk.get(name) for name in _TRAINED))
    name = " ".join(str(chunk[key]) for key in ("n", "activation", "convention", "inputs"))
    key = named_key(chunk["seed"], name, chunk["method"], chunk["width"])
    numbers = range(chunk["first"], chunk["first"] + chunk["members"])
    keys = numbered_keys(key, numbers)
    members = [keys, np.full(len(numbers), chunk["width"])]
    if chunk["method"] == "adam":
        members.append(jax.vmap(_rate)(keys))
    trainer.plan(*members)  # compiles, aside from the clock
    start = time.perf_counter()
    fits, errors = trainer(*members)
    seconds = (time.perf_counter() - start) / len(numbers)
    return {
        "errors": np.asarray(errors, "float64"),
        "status": np.asarray(fits.status, "int32"),
        "steps": np.asarray(fits.steps, "int32"),
        "seconds": np.full(len(numbers), seconds),
    }


def _rate(key: Any) -> Any:
    """The highest learning rate of a restart."""
    import jax

    low, high = _RATES
    drawn = jax.random.uniform(jax.random.fold_in(key, 0), (), "float32", minval=low, maxval=high)
    return 10**drawn


@lru_cache(maxsize=4)
def _trainer(
    n: int,
    activation: str,
    convention: str,
    inputs: str,
    seed: int,
    method: str,
    steps: int,
    widest: int,
    padded: int,
    goal: float | None,
    samples: int | None,
) -> Any:
    """The ensemble of a chunk; chunks of widths that are padded alike share it."""
    import jax.numpy as jnp

    from noflat.activations import activation as as_activation
    from noflat.conventions import convention as as_convention
    from noflat.measure import adam_members, sample, separable_members
    from noflat.targets import product

    setting = (product(n), as_activation(activation), as_convention(convention))
    unseen = jnp.asarray(sample(inputs, n, 8192, seed=seed + 1))
    if method == "adam":
        assert samples is not None
        # float32, as such training is done; at the tolerances here rounding plays no part
        options: dict[str, Any] = {"inputs": inputs, "samples": samples}
        return adam_members(
            *setting, unseen.astype("float32"), width=padded, steps=steps, **options
        )
    assert goal is not None
    per_neuron = n + as_convention(convention).hidden_bias + 1
    count = max(128, 1 << (5 * per_neuron * widest - 1).bit_length())
    points = jnp.asarray(sample(inputs, n, count, seed=seed))
    return separable_members(*setting, points, unseen, width=padded, steps=steps, goal=goal)
