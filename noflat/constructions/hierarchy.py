r"""Networks that read a hierarchy exactly: one level by level, one flat.

With a zero vector for an empty slot, a neuron can ask whether a patch was made by one rule: it adds
up the slots that hold the rule's symbols, each where it may lie, and fires if none is missing. In
every patch that is not empty just one neuron fires, with the value 1. The sum over the neurons of a
symbol is then that symbol's vector again, zero for an empty patch, so that the next level is read
in the same way. A flat network has no such sums to share: it needs a neuron for every string of
leaves. Proofs: docs/hierarchy.md.
"""

from dataclasses import dataclass, field
from itertools import combinations
from math import comb
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Shaped
from scipy.sparse import coo_array, eye_array, kron

from noflat.networks import SparseNetwork, sparse_network
from noflat.targets.hierarchy import Hierarchy

_MOST = 100_000
"""Neurons beyond which no flat network is written out."""


class Filters(NamedTuple):
    """The neurons of one patch, which are the same in every patch of a level.

    Attributes:
        weights: Whole numbers, of each neuron on every slot and symbol. From a neuron of the level
            below they are those on its parent.
        bias: Of every neuron.
        parents: The symbol that each neuron reads, ascending, each as often as any other.
    """

    weights: Int[np.ndarray, "filters slots symbols"]
    bias: int
    parents: Int[np.ndarray, " filters"]


class DecoderSize(NamedTuple):
    """What a decoder costs.

    Attributes:
        neurons: All of them, without sharing.
        filters: The different ones, which a convolution shares among the patches of a level.
    """

    neurons: int
    filters: int


def count_choices(hierarchy: Hierarchy) -> int:
    r"""The neurons that one rule takes: 1 for sparsity A, $\binom{p-1}{s-1}$ for B, of p slots.

    Args:
        hierarchy: The rules.

    Returns:
        Their number; for B fewer than the $\binom ps$ placements, by the factor $s/p$.

    Example:
        >>> count_choices(random_hierarchy(4, 2, blanks=2, sparsity="B", key=jax.random.key(0)))
        5
    """
    fixed = hierarchy.branching - 1
    return 1 if hierarchy.sparsity == "A" else comb(hierarchy.patch - 1, fixed)


def count_decoder(hierarchy: Hierarchy) -> DecoderSize:
    r"""The sizes of `local_decoder` and `convolutional_decoder`, by formula.

    With c neurons per rule and $n_l$ parents at level l, counted from the input, they have
    $\sum_l p^{L-l}n_lmc$ neurons and $\sum_ln_lmc$ filters.

    Args:
        hierarchy: The rules.

    Returns:
        Both numbers.

    Example:
        >>> count_decoder(random_hierarchy(4, 2, blanks=2, key=jax.random.key(0)))
        DecoderSize(neurons=112, filters=32)
    """
    of_rule = hierarchy.synonyms * count_choices(hierarchy)
    parents = [hierarchy.classes] + [hierarchy.symbols] * (hierarchy.levels - 1)
    return DecoderSize(
        sum(hierarchy.patch**depth * n * of_rule for depth, n in enumerate(parents)),
        sum(n * of_rule for n in parents),
    )


def decoder_filters(hierarchy: Hierarchy) -> tuple[Filters, ...]:
    r"""The neurons that read one patch, level by level.

    **A.** Child i lies in part i, and at most one slot of a part is filled. The neuron of the rule
    $\mu_1\dots\mu_s$ adds up the slots of part i that hold $\mu_i$,
    $\operatorname{relu}\big(\sum_i\sum_{t\in\text{part }i}x_{t,\mu_i}-(s-1)\big)$.

    **B.** The children lie in order in any s of the p slots. For each choice of slots
    $t_2<\dots<t_s$ with room for the first child before them there is the neuron
    $\operatorname{relu}\big(\sum_{t<t_2}x_{t,\mu_1}+2\sum_{i\ge2}x_{t_i,\mu_i}-2(s-1)\big)$.
    If j of its $s-1$ slots hold their symbols, the first sum is at most $s-j$. For $j\le s-2$ the
    argument is at most $j+2-s\le0$. For $j=s-1$ it is the first sum: 1 if the remaining symbol
    is $\mu_1$ and lies before $t_2$, 0 if not. So just the neuron of the rule and of the slots
    of its later children fires, with the value 1.

    Args:
        hierarchy: The rules.

    Returns:
        The neurons of a patch, from the lowest level up to the classes.

    Example:
        >>> lowest, top = decoder_filters(random_hierarchy(4, 2, blanks=2, key=jax.random.key(0)))
        >>> lowest.weights.shape, lowest.bias, lowest.parents
        ((16, 6, 4), -1, array([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]))
    """
    shapes, bias = _shapes(hierarchy)
    found = []
    for rules in reversed(hierarchy.rules):
        held = np.asarray(rules)[..., None] == np.arange(hierarchy.symbols)
        weights = np.einsum("cit,brik->brctk", shapes, held.astype(int))
        parents = np.repeat(np.arange(len(weights)), hierarchy.synonyms * len(shapes))
        found.append(Filters(weights.reshape(-1, *weights.shape[3:]), bias, parents))
    return tuple(found)


def _shapes(hierarchy: Hierarchy) -> tuple[Int[np.ndarray, "choices branching slots"], int]:
    """Where the neurons of a rule look for each of its symbols, with which weight; their bias."""
    s, p = hierarchy.branching, hierarchy.patch
    if hierarchy.sparsity == "A":
        part = np.arange(p) // (hierarchy.blanks + 1)
        return (part == np.arange(s)[:, None]).astype(int)[None], 1 - s
    fixed = np.array(list(combinations(range(1, p), s - 1)))
    shapes = np.zeros((len(fixed), s, p), int)
    shapes[:, 0] = np.arange(p) < fixed[:, :1]
    shapes[np.arange(len(fixed))[:, None], np.arange(1, s), fixed] = 2
    return shapes, 2 - 2 * s


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ConvolutionalDecoder:
    """A decoder whose patches share their filters; a pytree of weights. `convolutional_decoder`.

    Attributes:
        weights: From the lowest level up, of each filter on every slot and symbol.
        biases: Of all the filters of each level.
        parents: How many symbols the filters of each level read; static.
    """

    weights: tuple[Shaped[Array, "*batch _filters slots _symbols"], ...]
    biases: tuple[Shaped[Array, "*batch"], ...]
    parents: tuple[int, ...] = field(metadata={"static": True})

    @property
    def neurons(self) -> int:
        """All applications of the activation."""
        filters = [weights.shape[-3] for weights in reversed(self.weights)]
        return sum(n * self.weights[0].shape[-2] ** depth for depth, n in enumerate(filters))

    @property
    def filters(self) -> int:
        """The different neurons, up to where they lie."""
        return sum(weights.shape[-3] for weights in self.weights)

    @property
    def shared_weights(self) -> int:
        """The nonzero weights to be stored, those on each neuron below and of the readout too."""
        count, below = 0, 1
        for weights, parents in zip(self.weights, self.parents, strict=True):
            count += below * int(jnp.count_nonzero(weights))
            below = weights.shape[-3] // parents
        return count + self.weights[-1].shape[-3]

    def hidden(
        self, x: Shaped[Array, "slots symbols"]
    ) -> tuple[Shaped[Array, "_patches _filters"], ...]:
        """The values of all neurons, from the lowest level up, by patch and filter."""
        found = []
        for weights, bias, parents in zip(self.weights, self.biases, self.parents, strict=True):
            patches = x.reshape(-1, *weights.shape[1:])
            seen = jnp.einsum("ptk,ftk->pf", patches, weights, precision=jax.lax.Precision.HIGHEST)
            found.append(jax.nn.relu(seen + bias))
            x = _of_parents(found[-1], parents)
        return tuple(found)

    def __call__(self, x: Shaped[Array, "slots symbols"]) -> Shaped[Array, " classes"]:
        """The class of one string, as a vector; what is no string may be read as anything."""
        return _of_parents(self.hidden(x)[-1], self.parents[-1])[0]


def _of_parents(hidden: Array, parents: int) -> Array:
    """The sums over the neurons of each parent."""
    return jnp.sum(hidden.reshape(len(hidden), parents, -1), axis=-1, dtype=hidden.dtype)


def convolutional_decoder(hierarchy: Hierarchy, *, dtype: str = "float32") -> ConvolutionalDecoder:
    """Reads strings level by level, with the same filters in every patch.

    All values are whole numbers up to 2s, so that it is exact in every dtype that has them.

    Args:
        hierarchy: The rules.
        dtype: Of the weights, and of the strings' vectors.

    Returns:
        A network from one string, as `encode` with `zero` makes it, to its class, as a vector.

    Example:
        >>> hierarchy = random_hierarchy(4, 3, blanks=1, key=jax.random.key(0))
        >>> decoder = convolutional_decoder(hierarchy)
        >>> strings, labels = sample_strings(hierarchy, 4, key=jax.random.key(1))
        >>> print(jax.vmap(decoder)(encode(strings, 4, encoding="zero")))
        [[1. 0. 0. 0.]
         [0. 1. 0. 0.]
         [0. 0. 1. 0.]
         [0. 0. 0. 1.]]

    Reference:
        Tomasini and Wyart (2024), arXiv:2404.10727, for the model.
    """
    levels = decoder_filters(hierarchy)
    return ConvolutionalDecoder(
        tuple(jnp.asarray(level.weights, dtype) for level in levels),
        tuple(jnp.asarray(level.bias, dtype) for level in levels),
        tuple(int(level.parents[-1]) + 1 for level in levels),
    )


def local_decoder(hierarchy: Hierarchy, *, dtype: str = "float32") -> SparseNetwork:
    """Reads strings level by level, as a network with all its synapses listed.

    Args:
        hierarchy: The rules.
        dtype: Of the weights; whole numbers up to 2s suffice.

    Returns:
        A locally connected network of L hidden layers from one string's vectors, slot by slot, to
        its class, as a vector. A layer's neurons are listed patch by patch.

    Example:
        >>> hierarchy = random_hierarchy(4, 2, blanks=2, key=jax.random.key(0))
        >>> network = local_decoder(hierarchy)
        >>> network.widths, network.neurons
        ((96, 16), 112)
        >>> strings, _ = sample_strings(hierarchy, 4, key=jax.random.key(1))
        >>> print(network(encode(strings[2], 4, encoding="zero").reshape(-1)))
        [0. 0. 1. 0.]
    """
    levels, parts = decoder_filters(hierarchy), []
    below = np.arange(hierarchy.symbols)  # the symbol of each value of a slot
    for height, level in enumerate(levels, start=1):
        weights = level.weights[:, :, below].reshape(len(level.weights), -1)
        patches = hierarchy.patch ** (hierarchy.levels - height)
        matrix = kron(eye_array(patches, dtype=int), coo_array(weights.T))
        parts.append((matrix, np.full(patches * len(level.weights), level.bias)))
        below = level.parents
    readout = (below[:, None] == np.arange(hierarchy.classes)).astype(int)
    return sparse_network([*parts, (readout, None)], jax.nn.relu, dtype=dtype)


def flat_decoder_neurons(hierarchy: Hierarchy) -> int:
    r"""The neurons of `flat_decoder`: $n_cm^N$ with $N=(s^L-1)/(s-1)$ for sparsity A.

    Args:
        hierarchy: The rules.

    Returns:
        Their number; for sparsity B as many as there are strings, $n_c(m\binom ps)^N$.

    Example:
        >>> flat_decoder_neurons(random_hierarchy(4, 2, blanks=2, key=jax.random.key(0)))
        256
        >>> flat_decoder_neurons(random_hierarchy(8, 3, blanks=1, key=jax.random.key(0)))
        16777216
    """
    if hierarchy.sparsity == "B":
        return hierarchy.classes * hierarchy.strings
    return hierarchy.classes * hierarchy.synonyms**hierarchy.nodes


def flat_decoder(
    hierarchy: Hierarchy, *, most: int = _MOST, dtype: str = "float32"
) -> SparseNetwork:
    r"""Reads strings in one hidden layer: a neuron for every string of leaves.

    For sparsity A the $s^L$ leaves lie in disjoint sets of slots $S_i$, one leaf in each, so that
    $\operatorname{relu}\big(\sum_i\sum_{t\in S_i}x_{t,\mu_i}-(s^L-1)\big)$ is 1 on all
    placements of the leaves $\mu$ and 0 on all other strings. For sparsity B the sets overlap, and
    every placement has a neuron of its own.

    Args:
        hierarchy: The rules.
        most: The most neurons that are written out.
        dtype: Of the weights; whole numbers up to $s^L$ suffice.

    Returns:
        A network of one hidden layer from one string's vectors, as of `local_decoder`.

    Raises:
        ValueError: If there are more neurons than `most`.

    Example:
        >>> hierarchy = random_hierarchy(4, 2, blanks=2, key=jax.random.key(0))
        >>> network = flat_decoder(hierarchy)
        >>> strings, _ = sample_strings(hierarchy, 4, key=jax.random.key(1))
        >>> network.neurons, print(network(encode(strings[2], 4, encoding="zero").reshape(-1)))
        [0. 0. 1. 0.]
        (256, None)
    """
    neurons = flat_decoder_neurons(hierarchy)
    if neurons > most:
        raise ValueError(
            f"`hierarchy` must need at most {most} neurons in one layer, and needs {neurons}: take "
            "`local_decoder`, or ask for more by `most`"
        )
    strings = _leaf_strings(hierarchy)
    slots = _leaf_slots(hierarchy)
    found = np.concatenate(strings)
    # by string, placement, leaf, slot of the leaf
    rows = slots[None] * hierarchy.symbols + found[:, None, :, None]
    columns = np.repeat(np.arange(neurons), rows[0, 0].size)
    ones = np.ones(rows.size, int)
    matrix = coo_array(
        (ones, (rows.ravel(), columns)), (hierarchy.inputs * hierarchy.symbols, neurons)
    )
    sizes = [len(slots) * len(of_class) for of_class in strings]
    labels = np.repeat(np.arange(hierarchy.classes), sizes)
    readout = coo_array((np.ones(neurons, int), (np.arange(neurons), labels)))
    bias = np.full(neurons, 1 - found.shape[1])
    return sparse_network([(matrix, bias), (readout, None)], jax.nn.relu, dtype=dtype)


def _leaf_strings(hierarchy: Hierarchy) -> list[Int[np.ndarray, "strings leaves"]]:
    """What each class becomes, empty slots left out."""
    made = list(np.arange(hierarchy.symbols)[:, None, None])
    for rules in reversed(hierarchy.rules):
        made = [
            np.concatenate([_beside([made[child] for child in rule]) for rule in synonyms])
            for synonyms in np.asarray(rules)
        ]
    return made


def _leaf_slots(hierarchy: Hierarchy) -> Int[np.ndarray, "placements leaves slots"]:
    """Where each leaf lies: for sparsity A all its slots at once, for B one in every placement."""
    s, part = hierarchy.branching, hierarchy.blanks + 1
    if hierarchy.sparsity == "A":
        slots, step = np.arange(hierarchy.patch).reshape(s, part), hierarchy.patch
        found = np.zeros((1, 1), int)
        for _ in range(hierarchy.levels):
            grown = slots[:, None, :, None] + step * found[None, :, None, :]
            found = np.moveaxis(grown, 0, 1).reshape(s * len(found), -1)
        return found[None]
    placed, step = np.zeros((1, 1), int), 1
    for _ in range(hierarchy.levels):
        placed = np.concatenate(
            [_beside([step * slot + placed for slot in row]) for row in hierarchy.placements]
        )
        step *= hierarchy.patch
    return placed[:, :, None]


def _beside(parts: list[np.ndarray]) -> np.ndarray:
    """Every row of the first part, followed by every row of the next, and so on."""
    chosen = np.indices([len(part) for part in parts]).reshape(len(parts), -1)
    return np.concatenate([part[rows] for part, rows in zip(parts, chosen, strict=True)], axis=1)
