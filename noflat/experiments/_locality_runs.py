"""What a chunk of the experiment on locality trains: networks of one setting, on many sets.

A member is a draw of the place, of the pattern or the signal and of samples, the same for all three
kinds of network, and of weights, which have other shapes in each. Its training sets are the
beginnings of one sample. Training is in float32, since what is kept are shares of labels; what is
exact is found elsewhere.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from noflat.experiments._locality_cells import ONLINE

Chunk = dict[str, Any]


class _Setting(NamedTuple):
    """What the trainer of a chunk depends on, besides the largest set."""

    once: bool
    task: str
    network: str
    inputs: int
    size: int
    channels: int
    noise: float
    rate: float
    batch: int
    goal: float
    most_steps: int
    tests: int

    @property
    def module(self) -> Any:
        """The network."""
        from noflat.networks import WindowNetwork

        signal = self.task == "signal"
        return WindowNetwork(
            self.network,  # type: ignore[arg-type]  # a chunk is read from text
            self.inputs,
            self.size,
            stride=self.size if signal else 1,
            channels=self.channels,
            neuron="shrink" if signal else "relu",
        )

    @property
    def optimizer(self) -> Any:
        """Adam for patterns; for signals one that commutes with rotations, as the theorems ask."""
        import optax

        if self.task != "signal":
            return optax.adam(self.rate)
        return optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(self.rate, momentum=0.9))

    def sampler(self, key: Any) -> Callable[[int, Any], tuple]:
        """Draws a target; from a count and a key to points and labels."""
        import jax

        from noflat.targets import (
            parity_pattern,
            pattern_labels,
            random_pattern,
            random_signal,
            random_signs,
            sample_signals,
        )

        if self.task == "signal":
            law = random_signal(self.inputs // self.size, self.size, self.noise, key=key)
            return lambda count, key: tuple(sample_signals(law, count, key=key))
        placing, drawing = jax.random.split(key)
        place = jax.random.randint(placing, (), 0, self.inputs - self.size + 1)
        if self.task == "parity":
            pattern = parity_pattern(self.inputs, self.size, place)
        else:
            pattern = random_pattern(self.inputs, self.size, place, key=drawing)

        def draw(count: int, key: Any) -> tuple:
            points = random_signs(count, self.inputs, key=key)
            return points, pattern_labels(pattern, points)

        return draw


def train(chunk: Chunk) -> dict[str, Any]:
    """Trains one chunk; the arrays have a row per member and size, member by member."""
    import numpy as np

    from noflat.arguments import named_key, numbered_keys

    names = (chunk["task"], chunk["inputs"], chunk["size"])
    numbers = range(chunk["members"])
    keys = numbered_keys(named_key(chunk["seed"], "data", *names), numbers)
    starts = numbered_keys(named_key(chunk["seed"], chunk["network"], *names), numbers)
    sizes = chunk["sizes"] or [chunk["batch"]]
    repeated = np.repeat(np.arange(len(numbers)), len(sizes))
    counts = np.tile(np.asarray(sizes, "int32"), len(numbers))
    setting = _setting(chunk)
    found = _trainer(max(sizes), setting)(keys[repeated], starts[repeated], counts)
    return {name: np.asarray(array) for name, array in found.items()}


def parameters(chunk: Chunk) -> int:
    """The numbers that a network of a chunk learns."""
    import jax
    import jax.numpy as jnp

    module = _setting(chunk).module
    point = jnp.zeros(chunk["inputs"], "float32")
    shapes = jax.eval_shape(module.init, jax.random.key(0), point)
    return sum(leaf.size for leaf in jax.tree.leaves(shapes))


def _setting(chunk: Chunk) -> _Setting:
    known = chunk | {"once": chunk["part"] == "online"}
    return _Setting(*(known[name] for name in _Setting._fields))


@lru_cache(maxsize=4)
def _trainer(most: int, setting: _Setting) -> Any:
    """The ensemble of a chunk: a block is one member on a CPU, so that none waits for another."""
    import jax

    from noflat.training import ensemble

    block = 1 if jax.default_backend() == "cpu" else None

    def one(key: Any, start: Any, count: Any) -> dict[str, Any]:
        if setting.once:
            return _online(key, start, setting)
        return _of_set(key, start, count, most, setting)

    return ensemble(one, block=block)


def _of_set(key: Any, start: Any, count: Any, most: int, setting: _Setting) -> dict[str, Any]:
    """One network, trained on the first samples until its loss is small: its error."""
    import jax

    from noflat.training import fit_epochs

    drawing, sampling, testing = jax.random.split(key, 3)
    weights, order = jax.random.split(start)
    draw = setting.sampler(drawing)
    fit = fit_epochs(
        _begun(weights, setting),
        _loss(setting),
        draw(most, sampling),
        optimizer=setting.optimizer,
        count=count,
        batch=setting.batch,
        goal=setting.goal,
        most_steps=setting.most_steps,
        key=order,
    )
    error = _error(fit.params, draw(setting.tests, testing), setting)
    return {"error": error, "loss": fit.loss, "steps": fit.steps, "status": fit.status}


def _online(key: Any, start: Any, setting: _Setting) -> dict[str, Any]:
    """One network that sees every sample once, looked at every few steps."""
    import jax
    import jax.numpy as jnp

    from noflat.training import fit_epochs

    drawing, sampling, testing = jax.random.split(key, 3)
    weights, order = jax.random.split(start)
    draw = setting.sampler(drawing)
    tested = draw(setting.tests, testing)
    shared = {"batch": setting.batch, "count": ONLINE * setting.batch, "goal": 0.0, "key": order}

    def look(fit: Any, number: Any) -> tuple[Any, Any]:
        fresh = draw(ONLINE * setting.batch, jax.random.fold_in(sampling, number))
        how = shared | {"optimizer": setting.optimizer, "most_steps": fit.steps + 1}
        fit = fit_epochs(fit, _loss(setting), fresh, **how)
        return fit, _error(fit.params, tested, setting)

    looks = jnp.arange(setting.most_steps // ONLINE)
    return {"error": jax.lax.scan(look, _begun(weights, setting), looks)[1]}


def _begun(key: Any, setting: _Setting) -> Any:
    import jax.numpy as jnp

    from noflat.training import start_epochs

    params = setting.module.init(key, jnp.zeros((1, setting.inputs), "float32"))
    return start_epochs(params, setting.optimizer)


def _loss(setting: _Setting) -> Callable:
    """The logistic loss."""
    import jax
    import jax.numpy as jnp

    def loss(params: Any, batch: Any) -> Any:
        points, labels = batch
        return jnp.mean(jax.nn.softplus(-labels * setting.module.apply(params, points)))

    return loss


def _error(params: Any, tested: Any, setting: _Setting) -> Any:
    import jax.numpy as jnp

    points, labels = tested
    wrong = labels * setting.module.apply(params, points) <= 0  # no answer is a wrong one
    return jnp.mean(wrong.astype("float32"))
