"""Networks for the posterior of a tree: written down, deep and flat, and flat ones trained."""

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from noflat.experiments.records import Row

_BIASES = "hidden_bias+output_bias"
_WRITTEN = 2_000
"""Networks of more neurons are counted and not written out."""
_LISTED = 9
"""Of so many leaves all configurations are compared, of more a sample."""


def network_rows(trees: list[tuple[int, int]], flip: Fraction, samples: int, key: Any) -> list[Row]:
    """The networks that are written down: counted, and compared with the exact posterior."""
    from noflat.constructions import count_deep, count_flat, deep_posterior, flat_posterior
    from noflat.targets import Broadcast

    rows = []
    for branches, levels in trees:
        process = Broadcast(branches, levels, flip)
        leaves, exact = _compared(process, samples, key)
        for way, formula, build in (
            ("deep softplus", count_deep(branches, levels), deep_posterior),
            ("deep relu", count_deep(branches, levels, "relu"), _deep_relu),
            ("flat relu", count_flat(branches, levels), flat_posterior),
        ):
            network = build(process) if formula <= _WRITTEN else None
            rows.append(
                {
                    "branches": branches,
                    "levels": levels,
                    "flip": str(flip),
                    "leaves": process.leaves,
                    "way": way,
                    "formula": formula,
                    "neurons": network and network.neurons,
                    "hidden_layers": network and network.hidden_layers,
                    "synapses": network and network.synapses,
                    "sup_error": network and _sup_error(network, leaves, exact),
                }
            )
    return rows


def _deep_relu(process: Any) -> Any:
    from noflat.constructions import deep_posterior

    return deep_posterior(process, "relu")


def _compared(process: Any, samples: int, key: Any) -> tuple[Any, Any]:
    """Leaves and their exact log-odds."""
    import itertools

    import jax.numpy as jnp
    import numpy as np

    from noflat.targets.broadcast import log_odds

    if process.leaves <= _LISTED:
        leaves = np.array(list(itertools.product((0, 1), repeat=process.leaves)))
    else:
        leaves = np.asarray(process.sample(samples, key=key)[1])
    exact = log_odds(process, leaves.tolist())
    return jnp.asarray(leaves, exact.dtype), exact


def _sup_error(network: Any, leaves: Any, exact: Any) -> float:
    """The largest difference from the exact log-odds."""
    import jax
    import jax.numpy as jnp

    found = jax.lax.map(network, leaves, batch_size=min(256, len(leaves)))[:, 0]
    return float(jnp.max(jnp.abs(found - exact)))


def drawn_information(process: Any, samples: int, key: Any) -> Row:
    """What the deep network makes use of, over drawn bits and leaves, beside what there is."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    from noflat.constructions import deep_posterior
    from noflat.measure import mutual_information

    bits, leaves = process.sample(samples, key=key)
    found = jax.jit(jax.vmap(deep_posterior(process)))(leaves.astype(float))[:, 0]
    used = 1 - jnp.logaddexp(0, jnp.where(bits == 1, -found, found)) / np.log(2)
    error = 2.576 * float(jnp.std(used)) / samples**0.5
    law = np.array(list(process.law(process.levels).values()), dtype=float).T / 2
    return {
        "branches": process.branches,
        "levels": process.levels,
        "flip": str(process.flip),
        "exact": mutual_information(law),
        "used": float(jnp.mean(used)),
        "low": float(jnp.mean(used)) - error,
        "high": float(jnp.mean(used)) + error,
        "samples": samples,
    }


class _Task(NamedTuple):
    """What a flat network is trained on, and how its errors are told."""

    points: Any
    values: Any
    parts: int
    joint: Any
    whole: Any


def trained_rows(settings: Any, flip: Fraction) -> Iterator[Row]:
    """Flat networks of every width: errors of the log-odds and information lost.

    The log-odds are a sum over the children of the first bit, so that a flat network for one child,
    as many times as there are children, is a flat network for all. `child` trains one for a child;
    `whole` trains for all at once.
    """
    for levels, widths in (
        (settings.trained_levels[0], settings.narrow),
        (settings.trained_levels[-1], settings.wide),
    ):
        yield _linear_row(levels, flip)
        for activation in settings.activations:
            task = _task(levels, flip, whole=False)
            yield from _widths(task, levels, "child", activation, widths, settings)
    levels = settings.trained_levels[0]
    task = _task(levels, flip, whole=True)
    both = tuple(2 * width for width in settings.narrow if width <= 4)
    yield from _widths(task, levels, "whole", settings.activations[0], both, settings)


def _task(levels: int, flip: Fraction, *, whole: bool) -> _Task:
    """All configurations of the group sums, scaled to [-1, 1], with what is to be told of them."""
    import numpy as np

    from noflat.constructions.posteriors import group_sums, told
    from noflat.targets import Broadcast

    process = Broadcast(2, levels, flip)
    below = group_sums(process, levels if whole else levels - 1)
    points = below.sums / 2 - 1
    if whole:
        return _Task(points, below.log_odds, 1, below.given / 2, below.log_odds)
    values, e = told(below.log_odds, process), float(flip)
    sent = (1 - e) * below.given + e * below.given[::-1]
    joint = (sent[:, :, None] * sent[:, None, :]).reshape(2, -1) / 2
    return _Task(points, values, 2, joint, np.add.outer(values, values).ravel())


def _widths(
    task: _Task, levels: int, name: str, activation: str, widths: tuple[int, ...], settings: Any
) -> Iterator[Row]:
    """A row per width."""
    import numpy as np

    from noflat.arguments import named_key, numbered_keys

    for width in widths:
        key = named_key(settings.seed, activation, levels, width * task.parts)
        keys = numbered_keys(key, range(settings.restarts))
        trainer = _trainer(levels, name, activation, _padding(width, widths), settings)
        outputs, errors = trainer(keys, np.full(settings.restarts, width))
        lost = [_lost(task, output) for output in outputs]
        yield _about(task, levels, name, activation, width, errors, lost)


def _about(
    task: _Task, levels: int, name: str, activation: str, width: int, errors: Any, lost: Any
) -> Row:
    """What came of the restarts of one width; `low` to `high` is an interval of the median."""
    import numpy as np

    low, high = _median_interval(len(errors))
    row: Row = {"levels": levels, "task": name, "activation": activation, "width": width}
    row["neurons"] = width * task.parts
    for kind, values in (("error", np.sort(errors)), ("lost", np.sort(lost))):
        row |= {
            f"best_{kind}": float(values[0]),
            f"median_{kind}": float(np.median(values)),
            f"low_{kind}": float(values[low]),
            f"high_{kind}": float(values[high]),
        }
    return row | {"restarts": len(errors)}


def _linear_row(levels: int, flip: Fraction) -> Row:
    """An affine function of the leaves, fitted alike: no neuron."""
    import numpy as np

    task = _task(levels, flip, whole=False)
    design = np.column_stack([np.ones(len(task.points)), task.points])
    output = design @ np.linalg.lstsq(design, task.values, rcond=None)[0]
    error = np.sqrt(np.mean((output - task.values) ** 2) / np.mean(task.values**2))
    return _about(task, levels, "child", "none", 0, [error], [_lost(task, output)])


def _padding(width: int, widths: tuple[int, ...]) -> int:
    """Few shapes, so that compiling does not take longer than training: the largest alike."""
    edge = next(edge for edge in (16, 10**9) if width <= edge)
    return max(other for other in widths if other <= edge)


@lru_cache(maxsize=1)
def _trainer(levels: int, name: str, activation: str, padded: int, settings: Any) -> Any:
    """The ensemble: from keys and widths to outputs on all configurations and relative errors.

    Widths that share one follow each other.
    """
    import jax
    import jax.numpy as jnp

    from noflat.activations import activation as as_activation
    from noflat.conventions import convention
    from noflat.networks import apply
    from noflat.training import ensemble, fit_separable

    task = _task(levels, Fraction(settings.network_flip), whole=name == "whole")
    points, values = jnp.asarray(task.points), jnp.asarray(task.values)
    size = jnp.mean(values**2)

    def one(key: Any, active: Any) -> tuple[Any, Any]:
        fit = fit_separable(
            points,
            values,
            as_activation(activation),
            convention(_BIASES),
            width=padded,
            steps=settings.steps,
            goal=1e-9,
            active=active,
            key=key,
        )
        outputs = jax.vmap(apply, in_axes=(None, 0))(fit.network, points)[:, 0]
        return outputs, jnp.sqrt(jnp.mean((outputs - values) ** 2) / size)

    return ensemble(one, block=8)


def _lost(task: _Task, output: Any) -> float:
    """The share of the information that the network does not make use of."""
    import numpy as np

    from noflat.measure import used_information

    whole = output if task.parts == 1 else np.add.outer(output, output).ravel()
    there = used_information(task.joint, task.whole)
    return 1 - used_information(task.joint, whole) / there


def _median_interval(restarts: int) -> tuple[int, int]:
    """The order statistics between which the median lies with probability at least 0.95."""
    from scipy.stats import binom

    low = max(0, int(binom.ppf(0.025, restarts, 0.5)) - 1)
    return low, restarts - 1 - low
