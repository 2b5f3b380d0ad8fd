r"""How many neurons are active at a time, and what that says of sensitivity, in floating point.

Of $h(x)=c+\sum_ju_j\sigma(\langle w_j,x\rangle-b_j)$ with $\sigma$ the ReLU, $R_x$ are the neurons
with a positive sum at x, $k_x$ their number, and $P_i$ and $N_i$ the sums of the positive and of
minus the negative $u_jw_{ji}$ of $j\in R_x$. Theorem S1 of docs/sparse_activations.md says that on
all words of signs

$$\sum_T|T|\hat h(T)^2\le4E\sum_i\max(P_i,N_i)^2
\le4E\Big(\sum_{j\in R_x}|u_j|\lVert w_j\rVert\Big)^2\le4W^2E\,k_x^2\le4k^2W^2.$$

`noflat.certificates.certify_sparse_activation` has all but the second in rationals; here all four
are quick, for thousands of networks and as training goes on.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from noflat.networks import Network
from noflat.networks.dense import check_flat_relu


class Activity(NamedTuple):
    r"""What a network of one hidden layer does at some points.

    Attributes:
        share: Of the neurons the share that is active, the mean over points.
        most: The largest number of active neurons at a point: k, where the points are all words.
        dead: The number of neurons that are active at none.
        weight: $W=\max_j|u_j|\lVert w_j\rVert$.
        signed_bound: $4E\sum_i\max(P_i,N_i)^2$.
        weighted_bound: $4E(\sum_{j\in R_x}|u_j|\lVert w_j\rVert)^2$.
        mean_bound: $4W^2E\,k_x^2$.
        uniform_bound: $4k^2W^2$.
    """

    share: Float[Array, ""]
    most: Int[Array, ""]
    dead: Int[Array, ""]
    weight: Float[Array, ""]
    signed_bound: Float[Array, ""]
    weighted_bound: Float[Array, ""]
    mean_bound: Float[Array, ""]
    uniform_bound: Float[Array, ""]


def active_neurons(network: Network, x: Float[Array, " inputs"]) -> Bool[Array, " neurons"]:
    """Which neurons have a positive sum at a point, layer by layer from below.

    Args:
        network: The network.
        x: The point.

    Returns:
        For each neuron whether it is active.

    Example:
        >>> print(active_neurons(index_network(2), jnp.ones(6)))  # the one of the last address
        [False False False  True]
    """
    found, entering = [], x
    for layer in network.layers[:-1]:
        sums = jnp.matmul(entering, layer.weight, precision="highest")
        sums = sums if layer.bias is None else sums + layer.bias
        found.append(sums > 0)
        entering = network.activation(sums)
    return jnp.concatenate(found)


def activity(network: Network, points: Float[Array, "samples inputs"]) -> Activity:
    """How many neurons are active, and the bounds of Theorem S1.

    The bounds are those of the theorem where the points are all words, each once; of drawn words
    they are estimates.

    Args:
        network: One hidden layer of ReLU neurons and one output.
        points: The points, in the dtype of the weights.

    Returns:
        What was found.

    Raises:
        ValueError: If the network is of another kind, or has a skip.

    Example:
        >>> words = jnp.asarray(all_signs(3), jnp.zeros(0).dtype)
        >>> found = activity(extremal_network(3, 5), words)
        >>> float(found.share), int(found.most)
        (0.125, 5)
        >>> print(f"{found.signed_bound:.0f} {found.weighted_bound:.0f} {found.uniform_bound:.0f}")
        300 300 300

    Reference:
        Theorem S1 of docs/sparse_activations.md.
    """
    check_flat_relu(network)
    on = jax.vmap(active_neurons, (None, 0))(network, points).astype(points.dtype)
    first, last = network.layers
    through = first.weight * last.weight[:, 0][None]
    sizes = jnp.linalg.norm(through, axis=0)
    up, down = (
        jnp.matmul(on, jax.nn.relu(part).T, precision="highest") for part in (through, -through)
    )
    counts = jnp.sum(on, axis=1)
    most, weight = jnp.max(counts), jnp.max(sizes)
    return Activity(
        share=jnp.mean(on),
        most=most.astype("int32"),
        dead=jnp.sum(jnp.logical_not(jnp.any(on > 0, axis=0))).astype("int32"),
        weight=weight,
        signed_bound=4 * jnp.mean(jnp.sum(jnp.square(jnp.maximum(up, down)), axis=1)),
        weighted_bound=4 * jnp.mean(jnp.square(jnp.matmul(on, sizes, precision="highest"))),
        mean_bound=4 * weight**2 * jnp.mean(jnp.square(counts)),
        uniform_bound=4 * weight**2 * most**2,
    )
