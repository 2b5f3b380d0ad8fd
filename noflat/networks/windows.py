r"""One hidden layer whose neurons see a window each: locally connected, convolutional or full.

Windows of k inputs begin at every s-th of n inputs: $m=\lfloor(n-k)/s\rfloor+1$ places, each with
q neurons. In a locally connected network (LCN) every neuron has weights of its own on its window,
in a convolutional one (CNN) the q neurons of all places share theirs, and in a fully connected one
(FCN) each of the same m q neurons sees all n inputs. Neurons come in two kinds:

- `relu`: $\max(\langle w,x\rangle + b, 0)$, with one weight per neuron in the readout, in the CNN
  too: a sum over places cannot tell a pattern at one. Biases are shared where weights are.
- `shrink`: $\operatorname{sign}(z)\max(\lvert z\rvert-\theta,0)$ with $z=\langle w,x\rangle$, one
  threshold $\theta\ge0$ for all, and their plain sum as the output. Weights begin at 0.3 of the
  size of those of `relu`, and $\theta$ is 0.3 times what is learned.
"""

from typing import Literal, get_args

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from noflat.networks.patches import Kind

Neuron = Literal["relu", "shrink"]

_START = 0.3
"""Weights of `shrink` neurons start so much smaller, and thresholds are so many times what is
learned, by whose square they move slower under gradient descent: at full size some networks shrank
all they saw to zero within a few steps and stayed there."""


class WindowNetwork(nn.Module):
    """A network of one hidden layer over windows; batches go in the leading axes of `x`.

    Attributes:
        kind: `lcn`, `cnn` or `fcn`.
        inputs: n.
        window: The inputs k of a window.
        stride: The distance s of one window to the next.
        channels: The neurons q at every place.
        neuron: `relu` or `shrink`.

    Example:
        >>> network = WindowNetwork("lcn", inputs=8, window=3, channels=4)
        >>> variables = network.init(jax.random.key(0), jnp.zeros(8))
        >>> network.neurons, network.apply(variables, jnp.ones((5, 8))).shape
        (24, (5,))
    """

    kind: Kind
    inputs: int
    window: int
    stride: int = 1
    channels: int = 1
    neuron: Neuron = "relu"

    @property
    def places(self) -> int:
        """The number m of windows."""
        return (self.inputs - self.window) // self.stride + 1

    @property
    def neurons(self) -> int:
        """The neurons m q, as many in every kind."""
        return self.places * self.channels

    @nn.compact
    def __call__(self, x: Float[Array, "*batch inputs"]) -> Float[Array, "*batch"]:
        """Evaluates on a batch.

        Args:
            x: Points.

        Returns:
            The output, one number a point.

        Raises:
            ValueError: If `kind` or `neuron` is not known, or no window fits.
        """
        if self.kind not in get_args(Kind) or self.neuron not in get_args(Neuron):
            raise ValueError(
                "`kind` must be lcn, cnn or fcn and `neuron` relu or shrink; got "
                f"{self.kind!r} and {self.neuron!r}"
            )
        if not 0 < self.window <= self.inputs == x.shape[-1]:
            raise ValueError(
                f"`x` must have `inputs` = {self.inputs} columns, of which a window of "
                f"{self.window} sees some; got {x.shape[-1]}"
            )
        flat = x.reshape(-1, self.inputs)
        outputs = self._relus(flat) if self.neuron == "relu" else self._shrunk(flat)
        return outputs.reshape(x.shape[:-1])

    def _sums(self, x: Array, scale: float) -> Array:
        """What every neuron is given, of shape (samples, places, channels)."""
        of_window = (self.window, self.channels)
        shape = {
            "lcn": (self.places, *of_window),
            "cnn": of_window,
            "fcn": (self.inputs, self.neurons),
        }[self.kind]
        drawn = nn.initializers.normal(scale / shape[-2] ** 0.5)
        weight = self.param("weight", drawn, shape, x.dtype)
        if self.kind == "fcn":
            return (x @ weight).reshape(-1, self.places, self.channels)
        first = self.stride * np.arange(self.places)[:, None]
        seen = x[:, first + np.arange(self.window)[None, :]]
        if self.kind == "cnn":
            return seen @ weight
        return jnp.einsum("spk,pkc->spc", seen, weight)

    def _relus(self, x: Array) -> Array:
        places = 1 if self.kind == "cnn" else self.places
        shape = (places, self.channels)
        bias = self.param("bias", nn.initializers.normal(1.0), shape, x.dtype)
        drawn = nn.initializers.normal(self.neurons**-0.5)
        readout = self.param("readout", drawn, (self.places, self.channels), x.dtype)
        hidden = jax.nn.relu(self._sums(x, 1.0) + bias[None])
        return jnp.sum(hidden * readout[None], axis=(1, 2))

    def _shrunk(self, x: Array) -> Array:
        learned = self.param("threshold", nn.initializers.zeros, (), x.dtype)
        threshold = jnp.abs(learned) * jnp.asarray(_START, x.dtype)
        sums = self._sums(x, _START)
        kept = jax.nn.relu(sums - threshold) - jax.nn.relu(-sums - threshold)
        return jnp.sum(kept, axis=(1, 2))
