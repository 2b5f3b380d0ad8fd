r"""Networks that read the hierarchy model exactly, deep and flat, weights written down.

The inputs are the slots of a string as vectors, a one at the symbol, nothing in an empty slot. A
neuron of the deep network stands for one rule at one patch,
$h=\max\big(0,\sum_{i=1}^s\sum_{j\in J_i}x_{j\mu_i}-(s-1)\big)$: it counts in how many of the slots
$J_i$ where the i-th child may lie its symbol does. Of a patch that some rule made exactly the
neuron of that rule is 1 and all others are 0, and an empty patch leaves all at 0. So the sum over
the rules of a symbol is that symbol's entry of the vector one level up, and the same filters read
every level.
"""

from dataclasses import dataclass, field
from itertools import combinations, product
from math import comb
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Shaped
from scipy import sparse

from noflat.activations import activation
from noflat.networks.sparse import SparseNetwork, sparse_network
from noflat.targets.hierarchy import Hierarchy

_MOST_FLAT = 2**16


class Filters(NamedTuple):
    """The neurons of one level at one patch.

    Attributes:
        weights: Small whole numbers, by slot, symbol and neuron.
        threshold: What every neuron subtracts.
        parents: The symbol that each neuron stands for.
    """

    weights: Shaped[np.ndarray, "slots symbols neurons"]
    threshold: int
    parents: Shaped[np.ndarray, " neurons"]


def decoder_filters(hierarchy: Hierarchy) -> tuple[Filters, ...]:
    r"""The neurons that read a patch, level by level from the input up.

    Sparsity A: the children lie in parts of their own, and a rule takes one neuron.

    Sparsity B: the children lie in order in any of the p slots. A legal patch holds exactly s
    symbols, so that it is enough to say where all but the first child lie, $t_2<\dots<t_s$:

    $$h=\max\Big(0,\sum_{j<t_2}x_{j\mu_1}+2\sum_{i\ge2}x_{t_i\mu_i}-2(s-1)\Big).$$

    If all $t_i$ hold their symbols, the one symbol left is before $t_2$ and is $\mu_1$, or the sum
    is not above the threshold. If $h<s-1$ of them do, the sum is at most $2h+(s-h)\le2(s-1)$. So a
    rule takes $\binom{p-1}{s-1}$ neurons, one for every choice of $t_2,\dots,t_s$ with room before.

    Args:
        hierarchy: The rules.

    Returns:
        For each level its filters.

    Example:
        >>> hierarchy = random_hierarchy(4, 2, blanks=2, key=jax.random.key(0))
        >>> [filters.weights.shape for filters in decoder_filters(hierarchy)]
        [(6, 4, 16), (6, 4, 16)]
    """
    return tuple(_filters(hierarchy, np.asarray(rules)) for rules in reversed(hierarchy.rules))


def _filters(hierarchy: Hierarchy, rules: np.ndarray) -> Filters:
    places = _places(hierarchy)
    parents, synonyms, branching = rules.shape
    neurons = parents * synonyms * len(places)
    weights = np.zeros((hierarchy.patch, hierarchy.symbols, neurons), np.int8)
    later = 2 if hierarchy.sparsity == "B" else 1  # the weight of all children but the first
    for neuron, (children, sought) in enumerate(product(rules.reshape(-1, branching), places)):
        for child, slots in zip(children, sought, strict=True):
            weights[list(slots), child, neuron] = 1 if slots is sought[0] else later
    of = np.repeat(np.arange(parents), synonyms * len(places))
    return Filters(weights, later * (branching - 1), of)


def _places(hierarchy: Hierarchy) -> list[list[range]]:
    """For each neuron of a rule the slots in which it looks for each child."""
    part, branching = hierarchy.blanks + 1, hierarchy.branching
    if hierarchy.sparsity == "A":
        return [[range(child * part, (child + 1) * part) for child in range(branching)]]
    return [
        [range(later[0]), *(range(slot, slot + 1) for slot in later)]
        for later in combinations(range(1, hierarchy.patch), branching - 1)
    ]


def neurons_of_rule(hierarchy: Hierarchy) -> int:
    r"""The neurons that one rule takes at one patch.

    Args:
        hierarchy: The rules.

    Returns:
        1 for sparsity A, $\binom{p-1}{s-1}$ for B.

    Example:
        >>> neurons_of_rule(random_hierarchy(4, 2, blanks=1, sparsity="B", key=jax.random.key(0)))
        3
    """
    if hierarchy.sparsity == "A":
        return 1
    return comb(hierarchy.patch - 1, hierarchy.branching - 1)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ConvolutionalDecoder:
    """Reads a string with the same filters at every patch of a level.

    Attributes:
        weights: For each level those of its filters, by slot, channel below and filter.
        readout: Which class the filters of the last level stand for.
        threshold: What every neuron subtracts; static.
    """

    weights: tuple[Shaped[Array, "slots _ _"], ...]
    readout: Shaped[Array, "_ classes"]
    threshold: int = field(metadata={"static": True})

    @property
    def filters(self) -> int:
        """The filters of all levels."""
        return sum(weights.shape[2] for weights in self.weights)

    def layers(self, x: Shaped[Array, "*batch slots symbols"]) -> list[Array]:
        """All hidden layers, from below, each by patch and filter."""
        found = []
        for weights in self.weights:
            slots, below, filters = weights.shape
            rows = x.reshape(*x.shape[:-2], -1, slots * below)
            x = jax.nn.relu(rows @ weights.reshape(-1, filters) - self.threshold)
            found.append(x)
        return found

    def __call__(self, x: Shaped[Array, "*batch slots symbols"]) -> Shaped[Array, "*batch classes"]:
        """From encoded strings to a one at the class."""
        return self.layers(x)[-1][..., 0, :] @ self.readout


def convolutional_decoder(hierarchy: Hierarchy, *, dtype: str = "float32") -> ConvolutionalDecoder:
    r"""A convolutional network that reads every string of a hierarchy exactly.

    It has $\sum_l n_lm$ filters, $n_l$ the parents of a level, for sparsity A; for B each rule
    takes `neurons_of_rule` of them. Every number in it is a small whole one, so that any floating
    point format does.

    Args:
        hierarchy: The rules.
        dtype: Of the weights.

    Returns:
        The network; it is given strings as `encode` makes them with `encoding="zero"`.

    Example:
        >>> hierarchy = random_hierarchy(4, 2, blanks=2, key=jax.random.key(0))
        >>> strings, labels = sample_strings(hierarchy, 1000, key=jax.random.key(1))
        >>> decoder = convolutional_decoder(hierarchy)
        >>> outputs = decoder(encode(strings, 4, encoding="zero"))
        >>> decoder.filters, bool((outputs == jax.nn.one_hot(labels, 4, dtype="float32")).all())
        (32, True)
    """
    found, above = decoder_filters(hierarchy), None
    weights = []
    for filters in found:
        # a symbol of the string below is the sum of the neurons of its rules
        one = filters.weights if above is None else filters.weights[:, above, :]
        weights.append(jnp.asarray(one, dtype))
        above = filters.parents
    readout = jnp.asarray(np.eye(hierarchy.classes)[above], dtype)
    return ConvolutionalDecoder(tuple(weights), readout, found[0].threshold)


def local_decoder(hierarchy: Hierarchy) -> SparseNetwork:
    r"""The same as a locally connected network: neurons of its own at every patch.

    Args:
        hierarchy: The rules.

    Returns:
        A network of L hidden layers and `local_decoder_neurons` neurons on the flattened encoding,
        slot by slot. Its weights are small whole numbers.

    Example:
        >>> local_decoder(random_hierarchy(4, 2, blanks=2, key=jax.random.key(0))).widths
        (96, 16)
    """
    decoder = convolutional_decoder(hierarchy)
    parts, patches = [], hierarchy.inputs
    for weights in decoder.weights:
        patches //= hierarchy.patch
        slots, below, filters = weights.shape
        one = sparse.coo_array(np.asarray(weights).reshape(slots * below, filters))
        matrix = sparse.block_diag([one] * patches, format="coo")
        parts.append((matrix, np.full(patches * filters, -decoder.threshold)))
    parts.append((np.asarray(decoder.readout), None))
    return sparse_network(parts, activation("relu"), dtype=np.float32)


def local_decoder_neurons(hierarchy: Hierarchy) -> int:
    r"""The neurons of `local_decoder`: $\sum_{l=1}^Lp^{L-l}n_lm$ times those of a rule.

    Args:
        hierarchy: The rules.

    Returns:
        The count.

    Example:
        >>> local_decoder_neurons(random_hierarchy(8, 3, blanks=1, key=jax.random.key(0)))
        1344
    """
    rule = neurons_of_rule(hierarchy)
    return sum(
        hierarchy.patch**depth * len(rules) * hierarchy.synonyms * rule
        for depth, rules in enumerate(hierarchy.rules)
    )


def flat_decoder_neurons(hierarchy: Hierarchy) -> int:
    r"""The neurons of `flat_decoder`: $n_cm^{(s^L-1)/(s-1)}$, one for each string of leaves.

    Args:
        hierarchy: The rules.

    Returns:
        The count, whatever the blanks.

    Example:
        >>> flat_decoder_neurons(random_hierarchy(8, 3, blanks=1, key=jax.random.key(0)))
        16777216
    """
    return hierarchy.classes * hierarchy.synonyms**hierarchy.nodes


def flat_decoder(hierarchy: Hierarchy, *, most: int = _MOST_FLAT) -> SparseNetwork:
    r"""One hidden layer that reads every string exactly, by looking it up.

    Of sparsity A the leaf i of the tree can lie in a set $S_i$ of slots only, those whose digits to
    the base p lie in the parts that its path has, and these sets are disjoint. So one neuron for
    each string of leaves is enough, wherever they lie:
    $\max\big(0,\sum_i\sum_{j\in S_i}x_{j\mu_i}-(s^L-1)\big)$.

    Args:
        hierarchy: The rules, of sparsity A.
        most: More neurons than these are refused.

    Returns:
        A network of one hidden layer and `flat_decoder_neurons` neurons; its weights are zeros and
        ones.

    Raises:
        ValueError: For sparsity B, or above `most` neurons.

    Example:
        >>> flat_decoder(random_hierarchy(4, 2, blanks=2, key=jax.random.key(0))).widths
        (256,)
    """
    if hierarchy.sparsity != "A":
        raise ValueError(
            "`hierarchy` must be of sparsity A: in B a leaf may lie in any slot, and a neuron for "
            "every placement is needed"
        )
    if (neurons := flat_decoder_neurons(hierarchy)) > most:
        raise ValueError(f"`most` must be at least {neurons}, the neurons needed; got {most}")
    leaves, labels = _leaf_strings(hierarchy)
    slots = _leaf_slots(hierarchy)
    weights = np.zeros((hierarchy.inputs, hierarchy.symbols, neurons), np.int8)
    for leaf, where in enumerate(slots):
        for slot in where:
            weights[slot, leaves[:, leaf], np.arange(neurons)] = 1
    matrix = sparse.coo_array(weights.reshape(-1, neurons))
    bias = np.full(neurons, 1.0 - hierarchy.branching**hierarchy.levels)
    readout = (np.eye(hierarchy.classes)[labels], None)
    return sparse_network([(matrix, bias), readout], activation("relu"), dtype=np.float32)


def _leaf_strings(hierarchy: Hierarchy) -> tuple[np.ndarray, np.ndarray]:
    """All strings of leaves, placements aside, and their classes."""
    strings = np.arange(hierarchy.classes)[:, None]
    labels = np.arange(hierarchy.classes)
    for depth, rules in enumerate(hierarchy.rules):
        made = np.asarray(rules)
        choices = np.array(list(product(range(hierarchy.synonyms), repeat=strings.shape[1])))
        longer = made[np.repeat(strings, len(choices), axis=0), np.tile(choices, (len(strings), 1))]
        labels = np.repeat(labels, len(choices))
        strings = longer.reshape(len(labels), hierarchy.branching ** (depth + 1))
    return strings, labels


def _leaf_slots(hierarchy: Hierarchy) -> list[np.ndarray]:
    """For each leaf the slots in which it may lie."""
    part = hierarchy.blanks + 1
    found = [np.zeros(1, int)]
    for _ in range(hierarchy.levels):
        found = [
            (slots[:, None] * hierarchy.patch + np.arange(child * part, (child + 1) * part)).ravel()
            for slots in found
            for child in range(hierarchy.branching)
        ]
    return found
