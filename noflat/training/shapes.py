r"""Training a network of a given shape from random weights: the same layers, the same synapses.

A network that is known to exist, such as a compiled circuit, says that some weights of its shape do
the task. Whether training finds any is another question. Layers are matrices with a mask, so that
the same program trains the shape with its own synapses, or with all that its layers have room for.
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Key

from noflat.networks.sparse import SparseNetwork, layer_matrix
from noflat.training.epochs import EpochFit, fit_epochs, start_epochs

Masks = tuple[np.ndarray, ...]
"""For each layer the matrix of its synapses, true where there is one."""


def synapse_masks(network: SparseNetwork, *, full: bool = False) -> Masks:
    """The synapses of a network with skips, a matrix per layer.

    Args:
        network: With skips.
        full: Whether every value that a layer sees is joined to every neuron in it.

    Returns:
        Arrays of shape (values seen, neurons), the last one that of the readout.

    Raises:
        ValueError: If the network has no skips.

    Example:
        >>> xor = circuit_network(trace(lambda a, b: a ^ b, 1, 1))
        >>> [mask.sum() for mask in synapse_masks(xor)]
        [np.int64(4), np.int64(2)]
    """
    if not network.skips:
        raise ValueError("`network` must have skips: each layer sees the inputs and all before it")
    seen, masks = network.inputs, []
    for layer, size in zip(network.layers, network.sizes[1:], strict=True):
        synapses = layer_matrix(layer, (seen, size)) != 0
        masks.append(np.ones_like(synapses) if full else synapses)
        seen += size
    return tuple(masks)


def random_shape(masks: Masks, *, key: Key[Array, ""]) -> list[dict[str, Array]]:
    r"""Random weights of variance $2/\text{in-degree}$ where there are synapses, and zero biases.

    Args:
        masks: From `synapse_masks`.
        key: The JAX key.

    Returns:
        Weights and biases per layer, in float32.

    Example:
        >>> xor = circuit_network(trace(lambda a, b: a ^ b, 1, 1))
        >>> params = random_shape(synapse_masks(xor), key=jax.random.key(0))
        >>> params[0]["weight"].shape, params[1]["bias"].shape
        ((2, 2), (1,))

    Reference:
        He, Zhang, Ren and Sun (2015), equation (10).
    """
    params = []
    for number, mask in enumerate(masks):
        scale = np.sqrt(2 / np.maximum(mask.sum(axis=0), 1)).astype(np.float32) * mask
        drawn = jax.random.normal(jax.random.fold_in(key, number), mask.shape, "float32")
        params.append({"weight": drawn * scale, "bias": jnp.zeros(mask.shape[1], "float32")})
    return params


def shape_outputs(
    params: Sequence[dict[str, Array]], masks: Masks, x: Float[Array, "samples inputs"]
) -> Float[Array, "samples outputs"]:
    """The outputs on a batch; weights where there is no synapse count nothing.

    Args:
        params: Weights and biases per layer.
        masks: From `synapse_masks`.
        x: The inputs.

    Returns:
        The outputs.

    Example:
        >>> xor = circuit_network(trace(lambda a, b: a ^ b, 1, 1))
        >>> masks = synapse_masks(xor)
        >>> params, x = random_shape(masks, key=jax.random.key(0)), jnp.ones((3, 2), "float32")
        >>> shape_outputs(params, masks, x).shape
        (3, 1)
    """
    for number, (layer, mask) in enumerate(zip(params, masks, strict=True)):
        sums = x @ jnp.where(mask, layer["weight"], 0) + layer["bias"][None]
        if number == len(masks) - 1:
            return sums
        x = jnp.concatenate([x, jax.nn.relu(sums)], axis=1)
    raise ValueError("`masks` must have a layer at least")


def fit_shape(
    masks: Masks,
    x: Float[Array, "samples inputs"],
    signs: Float[Array, " samples"],
    *,
    rate: float,
    batch: int,
    steps: int,
    key: Key[Array, ""],
) -> EpochFit:
    r"""Trains a shape with one output to tell signs, by Adam on the logistic loss.

    Args:
        masks: From `synapse_masks`.
        x: The inputs, of mean zero.
        signs: 1 or -1 for each.
        rate: The learning rate.
        batch: Samples of a batch.
        steps: No epoch begins after so many steps; training ends at a loss of $10^{-3}$.
        key: The JAX key, of the weights and of the order.

    Returns:
        The fit.

    Example:
        >>> xor = circuit_network(trace(lambda a, b: a ^ b, 1, 1))
        >>> x = jnp.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], "float32")
        >>> how = dict(rate=0.05, batch=4, steps=500, key=jax.random.key(5))
        >>> fit = fit_shape(synapse_masks(xor, full=True), x, x[:, 0], **how)
        >>> bool(fit.loss < 0.1)
        True

    Reference:
        Kingma and Ba (2015), as optax has it.
    """

    def loss(params: Any, batch: Any) -> Float[Array, ""]:
        points, wanted = batch
        margins = wanted * shape_outputs(params, masks, points)[:, 0]
        return jnp.mean(jax.nn.softplus(-margins))

    adam = optax.adam(rate)
    start = start_epochs(random_shape(masks, key=jax.random.fold_in(key, 0)), adam)
    return fit_epochs(
        start,
        loss,
        (x, signs),
        optimizer=adam,
        count=len(x),
        batch=batch,
        goal=1e-3,
        most_steps=steps,
        key=jax.random.fold_in(key, 1),
    )
