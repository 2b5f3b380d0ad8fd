r"""Networks over patches, trained to tell the class of strings, as the papers on hierarchies do.

Stochastic gradient descent with momentum 0.9 on the cross-entropy, with a learning rate that grows
with the width, on batches that hold every class equally often, until the training loss is small.
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key

from noflat.arguments import positive, whole
from noflat.networks.patches import PatchNetwork
from noflat.targets.hierarchy import Sample, encode
from noflat.targets.hierarchy.reading import Encoding
from noflat.training.epochs import EpochFit, fit_epochs, start_epochs

_MOMENTUM = 0.9
_PER_CLASS = 4
"""Samples of each class in a batch."""
_AT_ONCE = 500
"""Strings that are evaluated at once."""


class Classifier:
    """How a network over patches sees strings, learns and answers.

    Attributes:
        network: The Flax module.
        symbols: The symbols v of the strings.
        encoding: How they are encoded, as for `encode`.
        rate: The learning rate over the width.
        batch: Samples of a batch; four of each class where None was given.
        goal: The training loss at which training ends.
        most_steps: No epoch begins after so many steps.

    Example:
        >>> hierarchy = random_hierarchy(4, 2, key=jax.random.key(0))
        >>> data = sample_strings(hierarchy, 256, key=jax.random.key(1))
        >>> network = PatchNetwork("cnn", patch=2, hidden_layers=2, width=32, classes=4)
        >>> classifier = Classifier(network, 4, rate=0.1)
        >>> fit = classifier.fit(data, key=jax.random.key(2))
        >>> float(classifier.error(fit.params, data))
        0.0

    Reference:
        Tomasini and Wyart (2024), arXiv:2404.10727, appendix on training.
    """

    def __init__(
        self,
        network: PatchNetwork,
        symbols: int,
        *,
        rate: float,
        encoding: Encoding = "whitened",
        batch: int | None = None,
        goal: float = 1e-3,
        most_steps: int = 60000,
    ):
        """Keeps how; see the attributes.

        Raises:
            ValueError: If a number is not positive.
        """
        self.network, self.symbols = network, symbols
        self.encoding: Encoding = encoding
        self.rate = positive(rate, "rate", "the learning rate over the width")
        self.batch = _PER_CLASS * network.classes if batch is None else batch
        whole(self.batch, "batch", "the samples of a batch")
        self.goal = positive(goal, "goal", "the training loss at which training ends")
        self.most_steps = whole(most_steps, "most_steps", "the steps of training")
        self.optimizer = optax.sgd(self.rate * network.width, momentum=_MOMENTUM)

    def start(self, *, key: Key[Array, ""], dtype: str = "float32") -> EpochFit:
        """A fresh network.

        Args:
            key: The JAX key of its weights.
            dtype: Of its weights.

        Returns:
            The fit before its first step.
        """
        slots = self.network.patch**self.network.hidden_layers
        nothing = jnp.zeros((1, slots, self.symbols), dtype)
        return start_epochs(self.network.init(key, nothing), self.optimizer)

    def fit(
        self,
        data: Sample,
        *,
        count: Int[Array, ""] | int | None = None,
        start: EpochFit | None = None,
        most_steps: Int[Array, ""] | int | None = None,
        key: Key[Array, ""],
    ) -> EpochFit:
        """Trains on the first strings of a sample.

        Args:
            data: Strings with their classes, class by class in turn, as `sample_strings` has them.
            count: How many of them; all where None. Whole batches of them are used.
            start: Where to go on; a fresh network where None.
            most_steps: In the place of the attribute.
            key: The JAX key, of the weights too where they are fresh.

        Returns:
            The fit.
        """
        weights, order = jax.random.split(key)
        return fit_epochs(
            self.start(key=weights) if start is None else start,
            self._loss,
            (data.inputs, data.labels),
            optimizer=self.optimizer,
            count=len(data.labels) if count is None else count,
            batch=self.batch,
            goal=self.goal,
            most_steps=self.most_steps if most_steps is None else most_steps,
            key=order,
        )

    def layers(self, params: Any, strings: Int[Array, "samples slots"]) -> list[Array]:
        """All hidden layers from below, and the outputs last."""
        found: Any = self.network.apply(params, self._encoded(params, strings), features=True)
        return found

    def answers(self, params: Any, strings: Int[Array, "samples slots"]) -> Int[Array, " samples"]:
        """The class that the network gives to each string."""

        def one(string: Array) -> Array:
            outputs: Any = self.network.apply(params, self._encoded(params, string))
            return jnp.argmax(outputs).astype("int32")

        return jax.lax.map(one, strings, batch_size=min(_AT_ONCE, len(strings)))

    def error(self, params: Any, data: Sample) -> Float[Array, ""]:
        """The share of a sample that is given a wrong class."""
        wrong = self.answers(params, data.inputs) != data.labels
        return jnp.mean(wrong.astype("float32"))

    def _encoded(self, params: Any, strings: Array) -> Array:
        dtype = jax.tree.leaves(params)[0].dtype.name
        return encode(strings, self.symbols, encoding=self.encoding, dtype=dtype)

    def _loss(self, params: Any, batch: tuple[Array, Array]) -> Float[Array, ""]:
        strings, labels = batch
        outputs: Any = self.network.apply(params, self._encoded(params, strings))
        losses = optax.softmax_cross_entropy_with_integer_labels(outputs, labels)
        return jnp.mean(losses)
