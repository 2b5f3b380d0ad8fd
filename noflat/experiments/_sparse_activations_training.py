"""Activity through training, of one hidden layer on signs and of the MLPs of a transformer."""

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from noflat.arguments import named_key, numbered_keys
from noflat.certificates import certify_sparse_activation
from noflat.certificates.sparse_activations import certified_degree
from noflat.constructions import index_network, junta_network
from noflat.experiments._sparse_activations import at_all_words
from noflat.experiments._sparse_activations_students import (
    padded,
    real_signs,
    real_start,
)
from noflat.experiments.records import Row
from noflat.measure.activity import activity
from noflat.measure.cube import all_signs, average_sensitivity, degree_weights, fourier_tails
from noflat.networks import Network
from noflat.targets.cube import indexed
from noflat.targets.parities import random_parity
from noflat.training import ensemble
from noflat.training.penalties import PenalizedFit, fit_penalized
from noflat.training.transformers import OneToken, Task, fit_transformer

_RATE, _BATCH, _CHECKS = 1e-2, 256, 20
_BITS, _PARITY = 3, 3
"""Signs of an address, and of a parity: of both networks with one active neuron have 8."""
_NOISE = 0.1
"""Standard deviation of what is added to the weights of a network that is written down."""
_OF_START = 2**31
"""Numbers of keys from here on are for starts, those below for the words of steps."""
_TENTH = Fraction(1, 10)
"""The share of the variance that a degree may leave out."""
_TRANSFORMER_RATE, _TRANSFORMER_BATCH = 3e-3, 64

Penalty = tuple[str, float, float]
"""Name, decay of weights, cost of activity."""


class Case(NamedTuple):
    """Networks of one width that differ in their seeds alone.

    Attributes:
        target: `index` or `parity`.
        teacher: Computes it with one active neuron.
        start: `random`, or what `written` is.
        written: A network to start from, with noise; None where the start is random.
        penalty: What training pays for.
        width: The neurons.
    """

    target: str
    teacher: Network
    start: str
    written: Network | None
    penalty: Penalty
    width: int


Trained = tuple[Case, Network, PenalizedFit]
"""A case, its starts and its fits, the members along the first axis."""


def penalties(settings: Any) -> list[Penalty]:
    """None, decay alone, a cost of activity alone, and the largest cost with a middle decay."""
    decays, costs = settings.decays, settings.costs
    return [
        ("none", 0.0, 0.0),
        *(("decay", decay, 0.0) for decay in decays),
        *(("cost", 0.0, cost) for cost in costs),
        ("both", decays[len(decays) // 2], costs[-1]),
    ]


def cases(settings: Any) -> list[Case]:
    """All cases: random starts of every width, and networks that are written down.

    Those of smallest W have silent neurons with a sum of 0; with the weights of the paper it is -1,
    and noise does not wake them.
    """
    values = np.prod(all_signs(_PARITY), axis=1)
    n = settings.activity_inputs
    written = {
        "index": (index_network(_BITS), index_network(_BITS, address_weight=1.0)),
        "parity": (junta_network(values, inputs=n), junta_network(values, margin=1, inputs=n)),
    }
    found = []
    for target, (least, roomy) in written.items():
        for width in settings.widths:
            for kind in penalties(settings):
                found.append(Case(target, least, "random", None, kind, width))
        for start, network in (("written", least), ("written with room", roomy)):
            kind = penalties(settings)[0]
            found.append(Case(target, least, start, network, kind, network.neurons))
    return found


def activity_fits(settings: Any) -> list[Trained]:
    """Trains all cases, those of one width together; starts are the same for all penalties."""
    found, chosen = [], cases(settings)
    for width in sorted({case.width for case in chosen}):
        found += _fits_of_width([case for case in chosen if case.width == width], settings)
    return found


def _fits_of_width(chosen: list[Case], settings: Any) -> list[Trained]:
    most = max(case.teacher.inputs for case in chosen)
    count, steps = settings.activity_networks, settings.activity_steps

    def one(
        key: Array, start: Network, values: Array, n: Array, decay: Array, cost: Array
    ) -> PenalizedFit:
        def draw(key: Array) -> tuple[Array, Array]:
            x = real_signs(_BATCH, most, n, key=key)
            bits = (x > 0).astype("int32") << jnp.arange(most, dtype="int32")[None]
            return x, values[jnp.sum(bits, axis=1)]

        how = {"rate": _RATE, "decay": decay, "cost": cost, "steps": steps, "checks": _CHECKS}
        return fit_penalized(start, draw, key=key, **how)

    # the same starts and words for all penalties
    keys = [
        numbered_keys(named_key(settings.seed, case.target, case.width), range(count))
        for case in chosen
    ]
    starts = [_starts(case, most, key) for case, key in zip(chosen, keys, strict=True)]
    tables = {case.target: _values(case.teacher, most) for case in chosen}
    given = np.stack([tables[case.target] for case in chosen for _ in range(count)])
    each = [(case.teacher.inputs, *case.penalty[1:]) for case in chosen]
    n, decay, cost = (np.repeat(column, count) for column in zip(*each, strict=True))
    together = jax.tree.map(lambda *leaves: np.concatenate(leaves), *starts)
    fits = ensemble(one)(jnp.concatenate(keys), together, given, n, decay, cost)
    return [
        (case, start, jax.tree.map(lambda leaf, i=i: leaf[i * count : (i + 1) * count], fits))
        for i, (case, start) in enumerate(zip(chosen, starts, strict=True))
    ]


def _values(teacher: Network, most: int) -> np.ndarray:
    """Of so many signs, in the order of the words; those beyond the teacher's are 0 bits."""
    values = at_all_words(teacher).astype("float32")
    return np.pad(values, (0, 2**most - len(values)))


def _starts(case: Case, most: int, keys: Array) -> Network:
    """Where the members of a case start, in the order of their keys."""
    n, network = jnp.asarray(case.teacher.inputs), case.written

    def drawn(key: Array) -> Network:
        return real_start(most, n, case.width, key=jax.random.fold_in(key, _OF_START))

    def written(network: Network, key: Array) -> Network:
        leaves, structure = jax.tree.flatten(padded(network, most, case.width))
        keys = [jax.random.fold_in(key, _OF_START + i) for i in range(len(leaves))]
        noise = [
            _NOISE * jax.random.normal(key, leaf.shape, leaf.dtype)
            for key, leaf in zip(keys, leaves, strict=True)
        ]
        # inputs that are not there keep the weight 0
        noise[0] = noise[0] * (jnp.arange(most) < n).astype("float32")[:, None]
        return jax.tree.unflatten(structure, map(jnp.add, leaves, noise))

    return jax.jit(jax.vmap(drawn if network is None else partial(written, network)))(keys)


def activity_rows(fits: list[Trained]) -> Iterator[Row]:
    """Active neurons through training, on fresh words: of the members the median and the ends."""
    for case, _, fit in fits:
        shares, most = fit.counts / case.width, fit.most / case.width
        steps = np.linspace(0, 1, shares.shape[1])
        for i, part in enumerate(steps):
            yield {
                **_about(case),
                "part": float(part),
                "share": float(np.median(shares[:, i])),
                "low": float(shares[:, i].min()),
                "high": float(shares[:, i].max()),
                "most": float(np.median(most[:, i])),
                "loss": float(np.median(fit.losses[:, i])),
                "members": len(shares),
            }


def trained_rows(fits: list[Trained]) -> Iterator[Row]:
    """Every network before and after training: activity, sensitivity and bounds on all words."""
    for case, start, fit in fits:
        ends = [("trained", fit.network, fit.losses[:, -1])]
        if case.penalty[0] == "none":
            ends.insert(0, ("start", start, fit.losses[:, 0]))
        for when, networks, losses in ends:
            found = [np.asarray(part) for part in _exact(networks)]
            for member, loss in enumerate(losses):
                one = jax.tree.map(lambda leaf, i=member: leaf[i], networks)
                network = _unpadded(one, case.teacher.inputs)
                seen = {"when": when, "member": member, "loss": float(loss)}
                yield _about(case) | seen | _bounds(network, [leaf[member] for leaf in found])


def _about(case: Case) -> Row:
    name, decay, cost = case.penalty
    about = {"target": case.target, "inputs": case.teacher.inputs, "neurons": case.width}
    return about | {"start": case.start, "penalty": name, "decay": decay, "cost": cost}


def _unpadded(network: Network, inputs: int) -> Network:
    """The same without inputs that are not there."""
    network = jax.tree.map(jnp.asarray, network)
    first, last = network.layers
    return Network((first._replace(weight=first.weight[:inputs]), last), network.activation)


@jax.jit
def _exact(networks: Network) -> tuple[Array, ...]:
    """Of each network on all words, in float64: its activity and what is exact of its values."""
    words = jnp.asarray(all_signs(networks.layers[0].weight.shape[1]))

    def one(network: Network) -> tuple[Array, ...]:
        network = jax.tree.map(lambda leaf: leaf.astype(words.dtype), network)
        weights = degree_weights(jax.vmap(network)(words)[:, 0])
        seen = activity(network, words)
        about = (average_sensitivity(weights), jnp.sum(weights[1:]), fourier_tails(weights))
        return (seen.share, seen.dead, seen.weighted_bound, *about)

    return jax.lax.map(one, networks)


def _bounds(network: Network, exact: list[Any]) -> Row:
    """Of one network the certificate, and all bounds against what n alone allows."""
    share, dead, weighted, sensitivity, variance, tails = exact
    found = certify_sparse_activation(network)
    trivial, error = network.inputs * float(variance), float(_TENTH) * float(variance)
    bounds = {"uniform": found.uniform_bound, "mean": found.mean_bound}
    bounds |= {"weighted": weighted, "signed": found.signed_bound}
    values = {name: float(bound) for name, bound in bounds.items() if bound is not None}
    return {
        "share": float(share),
        "active": found.active,
        "dead": int(dead),
        "weight": float(found.weight_squared) ** 0.5,
        "sensitivity": float(sensitivity),
        "variance": float(variance),
        "trivial_bound": trivial,
        **{f"{name}_bound": value for name, value in values.items()},
        **{f"{name}_bites": int(value < trivial) for name, value in values.items()},
        "certified_degree": found.degree(error),
        "sensitivity_degree": certified_degree(float(sensitivity), error, network.inputs),
        "degree": int(np.flatnonzero(tails <= error)[0]),
    }


def transformer_activity_rows(settings: Any) -> Iterator[Row]:
    """Active neurons of the MLPs through training, by layer: the median and the ends."""
    bits = settings.transformer_bits
    d, k = settings.transformer_parity
    tasks: dict[str, Any] = {
        "chain of thought": lambda key: random_parity(d, k, key=key),
        "index": lambda key: OneToken(bits + 2**bits, partial(indexed, bits=bits)),
    }
    for width in settings.transformer_widths:
        for name, task in tasks.items():
            fits = _transformers(settings, width, task)
            for check in range(_CHECKS + 1):
                for layer in range(settings.transformer_layers):
                    shares = fits.active[:, check, layer]
                    before = max(check - 1, 0)
                    yield {
                        "task": name,
                        "width": width,
                        "neurons": 4 * width,
                        "layer": layer + 1,
                        "steps": check * settings.transformer_steps // _CHECKS,
                        "share": float(np.median(shares)),
                        "low": float(shares.min()),
                        "high": float(shares.max()),
                        "accuracy": float(np.median(fits.accuracies[:, before])) if check else None,
                        "members": len(shares),
                    }


def _transformers(settings: Any, width: int, task: Any) -> Any:
    def one(key: Array) -> Any:
        how = {"width": width, "layers": settings.transformer_layers, "chain": True}
        how |= {"rate": _TRANSFORMER_RATE, "batch": _TRANSFORMER_BATCH}
        how |= {"steps": settings.transformer_steps, "checks": _CHECKS}
        drawn: Task = task(jax.random.fold_in(key, 0))
        return fit_transformer(drawn, key=jax.random.fold_in(key, 1), **how)

    keys = numbered_keys(
        named_key(settings.seed, "transformer", width), range(settings.transformers)
    )
    return jax.tree.map(np.asarray, jax.jit(jax.vmap(one))(keys))
