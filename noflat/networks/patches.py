r"""Networks that see their inputs in patches, level by level, as the hierarchy model does.

Slots that lie in one patch of p meet in the first hidden layer, patches of patches in the next, so
that L hidden layers read $p^L$ slots. Layer l has h channels at every patch q,

$$z_{q}=C_{l-1}^{-1/2}\sum_{j=1}^p\sum_{c=1}^{C_{l-1}}W_{qjc}\,x_{qp+j,c}+\tfrac1{10}b_{q},\qquad
  x\leftarrow\max(z,0),$$

with $C_0=v$ and $C_l=h$ channels below. A locally connected network (LCN) has weights of its own at
every patch, a convolutional one (CNN) the same at all, its biases aside. A fully connected one
(FCN) has as many neurons, each of which sees all of the layer below. All weights and biases start
standard normal, and the readout is $x\beta/h$: the mean-field scaling, in which the features move
by as much at every width if the learning rate grows with the width.
"""

from typing import Literal, get_args

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Kind = Literal["lcn", "cnn", "fcn"]


class PatchNetwork(nn.Module):
    """A network of L hidden layers over patches; batches go in the leading axes of `x`.

    Attributes:
        kind: `lcn`, `cnn` or `fcn`.
        patch: The slots p of a patch.
        hidden_layers: L; the inputs are $p^L$ slots.
        width: The channels h of every layer, at each patch.
        classes: The outputs.

    Example:
        >>> network = PatchNetwork("cnn", patch=4, hidden_layers=2, width=8, classes=3)
        >>> strings = jnp.zeros((5, 16), "int32")
        >>> inputs = encode(strings, 4)
        >>> variables = network.init(jax.random.key(0), inputs)
        >>> network.apply(variables, inputs).shape
        (5, 3)

    Reference:
        Tomasini and Wyart (2024), arXiv:2404.10727, section 3 and appendix.
    """

    kind: Kind
    patch: int
    hidden_layers: int
    width: int
    classes: int

    @nn.compact
    def __call__(
        self, x: Float[Array, "*batch slots symbols"], *, features: bool = False
    ) -> Float[Array, "*batch classes"] | list[Array]:
        """Evaluates on a batch.

        Args:
            x: Encoded strings.
            features: Whether all hidden layers are returned too, from below, the outputs last.

        Returns:
            The outputs.

        Raises:
            ValueError: If `kind` is none of the three, or there are not $p^L$ slots.
        """
        if self.kind not in get_args(Kind):
            raise ValueError(f"`kind` must be lcn, cnn or fcn; got {self.kind!r}")
        if x.shape[-2] != (slots := self.patch**self.hidden_layers):
            raise ValueError(
                f"`x` must have patch**hidden_layers = {slots} slots; got {x.shape[-2]}"
            )
        layers = []
        for number in range(self.hidden_layers):
            x = jax.nn.relu(self._layer(number, x))
            layers.append(x)
        readout = self.param("readout", _normal, (self.width, self.classes), x.dtype)
        outputs = x[..., 0, :] @ readout / self.width
        return [*layers, outputs] if features else outputs

    def _layer(self, number: int, x: Array) -> Array:
        """What the neurons of a layer are given; a patch is one row, so that all are products."""
        *batch, slots, channels = x.shape
        patches, row = slots // self.patch, self.patch * channels
        shape = {
            "lcn": (patches, row, self.width),
            "cnn": (row, self.width),
            "fcn": (patches * row, patches * self.width),
        }[self.kind]
        weight = self.param(f"weight_{number}", _normal, shape, x.dtype)
        bias = self.param(f"bias_{number}", _normal, (patches, self.width), x.dtype)
        if self.kind == "fcn":
            sums = x.reshape(-1, patches * row) @ weight
        elif self.kind == "cnn":
            sums = x.reshape(-1, row) @ weight
        elif patches == 1:
            sums = x.reshape(-1, row) @ weight[0]
        else:  # the batch inside, as the products of a CPU want it
            seen = jnp.swapaxes(x.reshape(-1, patches, row), 0, 1)
            sums = jnp.swapaxes(seen @ weight, 0, 1)
        z = sums.reshape(*batch, patches, self.width) / channels**0.5
        return z + 0.1 * bias.reshape(*(1,) * len(batch), patches, self.width)


def _normal(key: Array, shape: tuple[int, ...], dtype: jnp.dtype) -> Array:
    return jax.random.normal(key, shape, dtype)
