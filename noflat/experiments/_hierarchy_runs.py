"""What a chunk of the experiment on hierarchies trains: networks of one setting on many sets.

A member is a draw of rules, strings and weights. Its training sets are the beginnings of one
sample, so that a larger set contains the smaller ones, and its rules are the same for every
network, sparsity and learning rate.
"""

from functools import lru_cache
from typing import Any

Chunk = dict[str, Any]

_PAIRS = 500
"""Strings that sensitivities are means over."""


def train(chunk: Chunk) -> dict[str, Any]:
    """Trains one chunk; the arrays have a row per member and size, member by member."""
    import numpy as np

    from noflat.arguments import named_key, numbered_keys

    numbers = range(chunk["first"], chunk["first"] + chunk["members"])
    sizes = chunk["sizes"]
    rules = numbered_keys(named_key(chunk["seed"], "rules"), numbers)
    rest = numbered_keys(named_key(chunk["seed"], "strings", chunk["kind"]), numbers)
    repeated = np.repeat(np.arange(len(numbers)), len(sizes))
    options = {name: _hashable(chunk[name]) for name in sorted(chunk) if name in _SETTING}
    trainer = _trainer(max(sizes), **options)
    counts = np.tile(np.asarray(sizes, "int32"), len(numbers))
    return {
        name: np.asarray(found)
        for name, found in trainer(rules[repeated], rest[repeated], counts).items()
    }


_SETTING = (
    "kind",
    "network",
    "symbols",
    "levels",
    "blanks",
    "sparsity",
    "encoding",
    "width",
    "rate",
    "batch",
    "goal",
    "most_steps",
    "tests",
    "checkpoints",
)
"""What the trainer of a chunk depends on."""


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@lru_cache(maxsize=4)
def _trainer(most: int, *, kind: str, **setting: Any) -> Any:
    """The ensemble of a chunk: a block is one member on a CPU, so that none waits for another."""
    import jax

    from noflat.training import ensemble

    member = {"curve": _curve, "path": _path, "told": _told}[kind]
    block = 1 if jax.default_backend() == "cpu" else None

    def one(rules: Any, key: Any, count: Any) -> dict[str, Any]:
        return member(rules, key, count, most, **setting)

    return ensemble(one, block=block)


def _drawn(rules: Any, key: Any, most: int, tests: int, **shape: Any) -> tuple:
    """The hierarchy of a member, its strings to train on and to test on, and a key for more."""
    import jax

    from noflat.targets.hierarchy import random_hierarchy, sample_strings

    levels, symbols = shape.pop("levels"), shape.pop("symbols")
    hierarchy = random_hierarchy(symbols, levels, key=rules, **shape)
    shown, unseen, left = jax.random.split(key, 3)
    data = sample_strings(hierarchy, most, key=shown)
    data = data._replace(inputs=data.inputs.astype("int8"))
    return hierarchy, data, sample_strings(hierarchy, tests, key=unseen), left


def _classifier(hierarchy: Any, network: Any, width: int, **options: Any) -> Any:
    from noflat.networks import PatchNetwork
    from noflat.training import Classifier

    shape = {"patch": hierarchy.patch, "hidden_layers": hierarchy.levels, "width": width}
    module = PatchNetwork(network, classes=hierarchy.classes, **shape)
    return Classifier(module, hierarchy.symbols, **options)


def _curve(
    rules: Any,
    key: Any,
    count: Any,
    most: int,
    *,
    tests: int,
    symbols: int,
    levels: int,
    blanks: int,
    sparsity: Any,
    network: Any,
    width: int,
    **options: Any,
) -> dict[str, Any]:
    """One network, trained on the first strings: its error, and what it is sensitive to."""
    import jax

    shape = {"symbols": symbols, "levels": levels, "blanks": blanks, "sparsity": sparsity}
    hierarchy, data, unseen, left = _drawn(rules, key, most, tests, **shape)
    classifier = _classifier(hierarchy, network, width, **options)
    learning, probing = jax.random.split(left)
    fit = classifier.fit(data, count=count, key=learning)
    return _state(classifier, hierarchy, fit, unseen, probing)


def _state(classifier: Any, hierarchy: Any, fit: Any, unseen: Any, key: Any) -> dict[str, Any]:
    """What is kept of a network, during training or after it."""
    from noflat.measure import sensitivities

    def layers(strings: Any) -> Any:
        return classifier.layers(fit.params, strings)

    found = sensitivities(hierarchy, layers, count=_PAIRS, key=key)
    return {
        "error": classifier.error(fit.params, unseen),
        "loss": fit.loss,
        "epochs": fit.epochs,
        "steps": fit.steps,
        "status": fit.status,
        "synonyms": found.synonyms,
        "placements": found.placements,
    }


def _path(
    rules: Any,
    key: Any,
    count: Any,
    most: int,
    *,
    tests: int,
    symbols: int,
    levels: int,
    blanks: int,
    sparsity: Any,
    network: Any,
    width: int,
    checkpoints: tuple[int, ...],
    **options: Any,
) -> dict[str, Any]:
    """The same at several times of one training: every array has an axis of checkpoints first."""
    import jax
    import jax.numpy as jnp

    shape = {"symbols": symbols, "levels": levels, "blanks": blanks, "sparsity": sparsity}
    hierarchy, data, unseen, left = _drawn(rules, key, most, tests, **shape)
    classifier = _classifier(hierarchy, network, width, **options)
    starting, learning, probing = jax.random.split(left, 3)

    def stage(fit: Any, steps: Any) -> tuple[Any, dict[str, Any]]:
        fit = classifier.fit(data, count=count, start=fit, most_steps=steps, key=learning)
        return fit, _state(classifier, hierarchy, fit, unseen, probing)

    start = classifier.start(key=starting)
    return jax.lax.scan(stage, start, jnp.asarray(checkpoints, "int32"))[1]


def _told(
    rules: Any,
    key: Any,
    count: Any,
    most: int,
    *,
    tests: int,
    symbols: int,
    levels: int,
    blanks: int,
    sparsity: Any,
    network: Any,
    width: int,
    **options: Any,
) -> dict[str, Any]:
    """One small network per level, shown the symbols of that level, applied one after the other."""
    import jax
    import jax.numpy as jnp

    from noflat.networks import PatchNetwork
    from noflat.targets.hierarchy import Sample, productions, random_hierarchy, sample_trees
    from noflat.training import Classifier

    hierarchy = random_hierarchy(symbols, levels, blanks=blanks, sparsity=sparsity, key=rules)
    shown, unseen, learning = jax.random.split(key, 3)
    made = jax.vmap(productions, (None, 0))
    data = made(hierarchy, sample_trees(hierarchy, most, key=shown))
    readers, steps = [], jnp.int32(0)
    for depth, part in enumerate(data):
        classes, nodes = hierarchy.rules[depth].shape[0], hierarchy.branching**depth
        module = PatchNetwork(network, hierarchy.patch, 1, width, classes)
        classifier = Classifier(module, symbols, **options)
        patches = Sample(part.patches.reshape(-1, hierarchy.patch), part.symbols.reshape(-1))
        seen = jnp.maximum(count * nodes, classifier.batch)
        fit = classifier.fit(patches, count=seen, key=jax.random.fold_in(learning, depth))
        readers.append((classifier, fit.params))
        steps += fit.steps
    found = _read(hierarchy, readers, made(hierarchy, sample_trees(hierarchy, tests, key=unseen)))
    return {**found, "steps": steps}


def _read(hierarchy: Any, readers: list, tested: tuple) -> dict[str, Any]:
    """Reads strings upward, each level from what was read below, and counts what is wrong.

    Beside the classes that come out stand the symbols of each level, from the right ones below.
    """
    import jax.numpy as jnp

    from noflat.targets.hierarchy import filled

    read, of_level = None, []
    for (classifier, params), part in reversed(list(zip(readers, tested, strict=True))):

        def answers(patches: Any, classifier: Any = classifier, params: Any = params) -> Any:
            flat = patches.reshape(-1, hierarchy.patch)
            return classifier.answers(params, flat).reshape(patches.shape[:-1])

        of_level.append(jnp.mean((answers(part.patches) != part.symbols).astype("float32")))
        below = part.patches
        if read is not None:
            below = filled(hierarchy, read.reshape(part.slots.shape), part.slots)
        read = answers(below)
    wrong = jnp.asarray(read)[:, 0] != tested[0].symbols[:, 0]
    return {"error": jnp.mean(wrong.astype("float32")), "of_level": jnp.stack(of_level)}
