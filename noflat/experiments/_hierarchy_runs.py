"""What a chunk of the experiment on hierarchies trains: networks of one setting on many sets.

A member is a draw of rules, strings and weights. Its training sets are the beginnings of one
sample, so that a larger set contains the smaller ones, and its rules are the same for every
network, number of blanks and learning rate. It is tested on an independent sample, as in the
papers, which may hold strings that were trained on; how the others are read is kept apart.
"""

from functools import lru_cache
from typing import Any, NamedTuple

Chunk = dict[str, Any]

_PAIRS = 500
"""Strings that sensitivities are means over."""


class _Setting(NamedTuple):
    """What the trainer of a chunk depends on, besides the largest set."""

    kind: str
    network: Any
    symbols: int
    levels: int
    blanks: int
    sparsity: Any
    encoding: Any
    width: int
    rate: float
    batch: int
    goal: float
    most_steps: int
    tests: int
    checkpoints: tuple[int, ...]

    def hierarchy(self, key: Any) -> Any:
        """The rules of a member."""
        from noflat.targets.hierarchy import random_hierarchy

        shape = {"blanks": self.blanks, "sparsity": self.sparsity}
        return random_hierarchy(self.symbols, self.levels, **shape, key=key)

    def classifier(self, patch: int, hidden_layers: int, classes: int) -> Any:
        """A network of its kind, and how it learns."""
        from noflat.networks import PatchNetwork
        from noflat.training import Classifier

        network = PatchNetwork(self.network, patch, hidden_layers, self.width, classes)
        how = {"batch": self.batch, "goal": self.goal, "most_steps": self.most_steps}
        return Classifier(network, self.symbols, rate=self.rate, encoding=self.encoding, **how)


def train(chunk: Chunk) -> dict[str, Any]:
    """Trains one chunk; the arrays have a row per member and size, member by member."""
    import numpy as np

    from noflat.arguments import named_key, numbered_keys

    numbers = range(chunk["first"], chunk["first"] + chunk["members"])
    sizes = chunk["sizes"]
    rules = numbered_keys(named_key(chunk["seed"], "rules", chunk["levels"]), numbers)
    rest = numbered_keys(named_key(chunk["seed"], "strings", chunk["kind"]), numbers)
    repeated = np.repeat(np.arange(len(numbers)), len(sizes))
    known: Chunk = chunk | {"checkpoints": tuple(chunk.get("checkpoints", ()))}
    setting = _Setting(*(known[name] for name in _Setting._fields))
    trainer = _trainer(max(sizes), setting)
    counts = np.tile(np.asarray(sizes, "int32"), len(numbers))
    found = trainer(rules[repeated], rest[repeated], counts)
    arrays = {name: np.asarray(array) for name, array in found.items()}
    if "wrong" in arrays:
        firsts = [_first_seen(*pair, max(sizes), setting) for pair in zip(rules, rest, strict=True)]
        arrays |= _of_unseen(arrays.pop("wrong"), np.stack(firsts)[repeated], counts)
    return arrays


def _first_seen(rules: Any, key: Any, most: int, setting: _Setting) -> Any:
    """Where in the sample each tested string comes first, or `most` where it never does."""
    import numpy as np

    _, data, tested, _ = _sampler(most, setting)(rules, key)
    first: dict[bytes, int] = {}
    for place, string in enumerate(np.asarray(data.inputs, "int8")):
        first.setdefault(string.tobytes(), place)
    return np.array([first.get(s.tobytes(), most) for s in np.asarray(tested.inputs, "int8")])


def _of_unseen(wrong: Any, first: Any, counts: Any) -> dict[str, Any]:
    """The error of strings that were not trained on, 0 where there are none, and their share."""
    import numpy as np

    unseen = first >= counts[:, None]
    errors = np.sum(wrong & unseen, axis=1) / np.maximum(np.sum(unseen, axis=1), 1)
    return {"unseen_error": errors, "unseen": np.mean(unseen, axis=1)}


@lru_cache(maxsize=4)
def _trainer(most: int, setting: _Setting) -> Any:
    """The ensemble of a chunk: a block is one member on a CPU, so that none waits for another."""
    import jax

    from noflat.training import ensemble

    member = {"curve": _curve, "path": _path, "told": _told}[setting.kind]
    block = 1 if jax.default_backend() == "cpu" else None

    def one(rules: Any, key: Any, count: Any) -> dict[str, Any]:
        return member(rules, key, count, most, setting)

    return ensemble(one, block=block)


@lru_cache(maxsize=4)
def _sampler(most: int, setting: _Setting) -> Any:
    """What a member draws, compiled."""
    import jax

    return jax.jit(lambda rules, key: _drawn(rules, key, most, setting))


def _drawn(rules: Any, key: Any, most: int, setting: _Setting) -> tuple:
    """The hierarchy of a member, its strings to train on and to test on, and a key for more."""
    import jax

    from noflat.targets.hierarchy import sample_strings

    hierarchy = setting.hierarchy(rules)
    shown, testing, left = jax.random.split(key, 3)
    data = sample_strings(hierarchy, most, key=shown)
    data = data._replace(inputs=data.inputs.astype("int8"))
    return hierarchy, data, sample_strings(hierarchy, setting.tests, key=testing), left


def _curve(rules: Any, key: Any, count: Any, most: int, setting: _Setting) -> dict[str, Any]:
    """One network, trained on the first strings: its error, and what it is sensitive to."""
    import jax

    hierarchy, data, tested, left = _drawn(rules, key, most, setting)
    classifier = setting.classifier(hierarchy.patch, hierarchy.levels, hierarchy.classes)
    learning, probing = jax.random.split(left)
    fit = classifier.fit(data, count=count, key=learning)
    wrong = classifier.answers(fit.params, tested.inputs) != tested.labels
    return _state(classifier, hierarchy, fit, wrong, probing) | {"wrong": wrong}


def _state(classifier: Any, hierarchy: Any, fit: Any, wrong: Any, key: Any) -> dict[str, Any]:
    """What is kept of a network, during training or after it."""
    import jax.numpy as jnp

    from noflat.measure import sensitivities

    def layers(strings: Any) -> Any:
        return classifier.layers(fit.params, strings)

    found = sensitivities(hierarchy, layers, count=_PAIRS, key=key)
    return {
        "error": jnp.mean(wrong.astype("float32")),
        "loss": fit.loss,
        "epochs": fit.epochs,
        "steps": fit.steps,
        "status": fit.status,
        "synonyms": found.synonyms,
        "placements": found.placements,
    }


def _path(rules: Any, key: Any, count: Any, most: int, setting: _Setting) -> dict[str, Any]:
    """The same at several times of one training: every array has an axis of checkpoints first."""
    import jax
    import jax.numpy as jnp

    hierarchy, data, tested, left = _drawn(rules, key, most, setting)
    classifier = setting.classifier(hierarchy.patch, hierarchy.levels, hierarchy.classes)
    starting, learning, probing = jax.random.split(left, 3)

    def stage(fit: Any, steps: Any) -> tuple[Any, dict[str, Any]]:
        fit = classifier.fit(data, count=count, start=fit, most_steps=steps, key=learning)
        wrong = classifier.answers(fit.params, tested.inputs) != tested.labels
        return fit, _state(classifier, hierarchy, fit, wrong, probing)

    start = classifier.start(key=starting)
    return jax.lax.scan(stage, start, jnp.asarray(setting.checkpoints, "int32"))[1]


def _told(rules: Any, key: Any, count: Any, most: int, setting: _Setting) -> dict[str, Any]:
    """One small network per level, shown the symbols of that level, applied one after the other."""
    import jax
    import jax.numpy as jnp

    from noflat.targets.hierarchy import Sample, productions, sample_trees

    hierarchy = setting.hierarchy(rules)
    shown, testing, learning = jax.random.split(key, 3)
    made = jax.vmap(productions, (None, 0))
    data = made(hierarchy, sample_trees(hierarchy, most, key=shown))
    tested = made(hierarchy, sample_trees(hierarchy, setting.tests, key=testing))
    readers, steps = [], jnp.int32(0)
    for depth, part in enumerate(data):
        classes, nodes = hierarchy.rules[depth].shape[0], hierarchy.branching**depth
        classifier = setting.classifier(hierarchy.patch, 1, classes)
        patches = Sample(part.patches.reshape(-1, hierarchy.patch), part.symbols.reshape(-1))
        seen = jnp.maximum(count * nodes, classifier.batch)
        fit = classifier.fit(patches, count=seen, key=jax.random.fold_in(learning, depth))
        readers.append((classifier, fit.params))
        steps += fit.steps
    return {**_read(hierarchy, readers, tested), "steps": steps}


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
