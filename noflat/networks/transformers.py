r"""A transformer of one head: trained embeddings, causal softmax attention, an MLP.

Token t at position p is embedded as $h=E_t+P_p$. A layer adds attention to the tokens up to p,
$h\leftarrow h+\sum_{j\le p}\operatorname{softmax}(q_p\cdot k_j/\sqrt w)_j\,v_j$, and then an MLP of
one hidden layer of 4w neurons on the normalized sum. The output at p is affine in h: the log odds
that the next token is 1.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float, Key


class _Block(nnx.Module):
    """Attention of one head, and an MLP."""

    def __init__(self, width: int, *, rngs: nnx.Rngs):
        plain = {"use_bias": False, "rngs": rngs}
        self.query = nnx.Linear(width, width, **plain)
        self.key = nnx.Linear(width, width, **plain)
        self.value = nnx.Linear(width, width, **plain)
        self.norm = nnx.LayerNorm(width, rngs=rngs)
        self.up = nnx.Linear(width, 4 * width, rngs=rngs)
        self.down = nnx.Linear(4 * width, width, rngs=rngs)

    def __call__(self, hidden: Array) -> tuple[Array, Array, Array]:
        scores = self.query(hidden) @ jnp.swapaxes(self.key(hidden), 1, 2)
        scores = scores / hidden.shape[2] ** 0.5
        past = jnp.tril(jnp.ones(scores.shape[1:], bool))[None]
        shares = jax.nn.softmax(jnp.where(past, scores, -jnp.inf), axis=2)
        hidden = hidden + shares @ self.value(hidden)
        sums = self.up(self.norm(hidden))
        active = jnp.mean((sums > 0).astype(sums.dtype), axis=2)
        return hidden + self.down(jax.nn.relu(sums)), shares, active


class Transformer(nnx.Module):
    """A transformer on signs.

    Example:
        >>> network = Transformer(9, layers=1, width=8, key=jax.random.key(0))
        >>> seen = network(jnp.ones((5, 9)))
        >>> seen.outputs.shape, seen.shares.shape, seen.active.shape
        ((5, 9), (1, 5, 9, 9), (1, 5, 9))

    Reference:
        Vaswani et al. (2017), arXiv:1706.03762, with one head and learned positions.
    """

    def __init__(self, positions: int, *, layers: int, width: int, key: Key[Array, ""]):
        """Draws the weights.

        Args:
            positions: The most tokens.
            layers: The layers of attention.
            width: Entries w of an embedding.
            key: The JAX key.
        """
        rngs = nnx.Rngs(key)
        self.symbols = nnx.Embed(2, width, rngs=rngs)
        self.positions = nnx.Embed(positions, width, rngs=rngs)
        self.blocks = nnx.List([_Block(width, rngs=rngs) for _ in range(layers)])
        self.readout = nnx.Linear(width, 1, rngs=rngs)

    def __call__(self, tokens: Float[Array, "samples tokens"]) -> "Seen":
        """Evaluates on a batch of signs, as many as there are positions or fewer."""
        places = jnp.arange(tokens.shape[1])
        hidden = self.symbols((tokens > 0).astype("int32")) + self.positions(places)[None]
        shares, active = [], []
        for block in self.blocks:
            hidden, looked, fired = block(hidden)
            shares.append(looked)
            active.append(fired)
        return Seen(self.readout(hidden)[..., 0], jnp.stack(shares), jnp.stack(active))


class Seen(NamedTuple):
    """What a transformer makes of a batch.

    Attributes:
        outputs: At every position the log odds that the next token is 1.
        shares: How much each position looks at every other, by layer.
        active: Of the neurons of an MLP the share with a positive sum, by layer and position.
    """

    outputs: Float[Array, "samples tokens"]
    shares: Float[Array, "layers samples tokens tokens"]
    active: Float[Array, "layers samples tokens"]
