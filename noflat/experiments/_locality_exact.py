"""What is known of patterns and signals without training: slopes, networks, best classifiers."""

from typing import Any

from noflat.experiments._locality_cells import targets
from noflat.experiments.records import Row

_LISTED = 12
"""Of so many inputs all words are listed."""


def gradient_rows(settings: Any) -> list[Row]:
    """A row per pattern and inputs that a neuron sees: the mean squares of its slopes."""
    from noflat.arguments import generator, named_key
    from noflat.measure import (
        mean_squared_coefficient,
        sampled_squared_coefficient,
        squared_coefficient_bound,
    )

    rows = []
    for size in (settings.signs, *settings.other_signs):
        for seen in sorted({size, *settings.seen_inputs}):
            for slope in (True, False):
                order = size - 1 if slope else size
                row: Row = {"size": size, "inputs": seen, "of": "weight" if slope else "readout"}
                row |= {"order": order, "exact": mean_squared_coefficient(seen, order, slope=slope)}
                row["bound"] = squared_coefficient_bound(seen, order, slope=slope)
                sampled, error = None, None
                if seen <= _LISTED:
                    key = named_key(settings.seed, "slopes", size, seen, int(slope))
                    sampled, error = sampled_squared_coefficient(
                        seen,
                        order,
                        slope=slope,
                        draws=settings.draws,
                        seed=int(generator(key).integers(2**31)),
                    )
                rows.append(row | {"sampled": sampled, "error": error})
    return rows


def built_rows(settings: Any) -> list[Row]:
    """A row per pattern: locally connected networks that are written down, on all words."""
    import jax.numpy as jnp
    import numpy as np

    from noflat.arguments import named_key
    from noflat.constructions import parity_detector, word_detectors
    from noflat.measure import outputs
    from noflat.targets import parity_pattern, pattern_labels, random_pattern
    from noflat.targets.bits import bit_states

    rows = []
    for inputs in settings.listed_inputs:
        words = 2 * bit_states(inputs) - 1
        for size in range(1, settings.longest + 1):
            place = (inputs - size) // 2
            parity = parity_pattern(inputs, size, place)
            drawn = random_pattern(inputs, size, place, key=named_key(settings.seed, "built", size))
            networks = [
                ("parity", "bends", size, parity, parity_detector(inputs, size, place)),
                ("parity", "words", 2 ** (size - 1), parity, word_detectors(parity)),
                ("random", "words", 2 ** (size - 1), drawn, word_detectors(drawn)),
            ]
            for task, kind, formula, pattern, network in networks:
                labels = np.asarray(pattern_labels(pattern, jnp.asarray(words)))
                found = np.asarray(outputs(network, words))[:, 0]
                rows.append(
                    {"task": task, "kind": kind, "inputs": inputs, "size": size}
                    | {"neurons": network.neurons, "formula": formula}
                    | {"synapses": network.synapses, "words": len(words)}
                    | {"wrong": int(np.sum(found != labels))}
                )
    return rows


def best_rows(settings: Any) -> list[Row]:
    """A row per target: the best linear classifier by formula and on samples, and the best of all.

    Of a parity the linear classifier is the majority of its signs; of a signal its sum over places.
    """
    rows = []
    for task, inputs, size in targets(settings):
        if task == "parity":
            rows.append({"task": task, "inputs": inputs, "size": size} | _of_parity(size))
        elif task == "signal":
            found = _of_signal(inputs, size, settings)
            rows.append({"task": task, "inputs": inputs, "size": size} | found)
    return rows


def _of_parity(size: int) -> Row:
    import numpy as np

    from noflat.targets import parity_linear_accuracy
    from noflat.targets.bits import bit_states

    words = 2 * bit_states(size) - 1
    middle = 0 if size % 2 else 1
    agree = np.mean((words.sum(axis=1) > middle) == (words.prod(axis=1) > 0))
    found = float(max(agree, 1 - agree))
    return {"linear": float(parity_linear_accuracy(size)), "measured": found, "best": 1.0}


def _of_signal(inputs: int, size: int, settings: Any) -> Row:
    import jax
    import jax.numpy as jnp

    from noflat.arguments import named_key
    from noflat.targets import (
        random_signal,
        sample_signals,
        signal_linear_accuracy,
        signal_log_odds,
    )

    drawing, sampling = jax.random.split(named_key(settings.seed, "best", inputs, size))
    patches = inputs // size
    law = random_signal(patches, size, settings.noise, key=drawing)
    points, labels = sample_signals(law, settings.best_samples, key=sampling)
    sums = jnp.tile(law.signal, patches)
    linear = jnp.mean((points @ sums) * labels > 0)
    odds = jax.vmap(lambda x: signal_log_odds(law, x))(points)
    return {
        "linear": signal_linear_accuracy(patches, settings.noise),
        "measured": float(linear),
        "best": float(jnp.mean(odds * labels > 0)),
    }
