"""One network of listed synapses at many points, by matrices and without compiling.

Experiments on constructions evaluate hundreds of small networks, each of its own shape and each
once. Compiling them takes longer than their sums.
"""

import numpy as np
from jaxtyping import Shaped

from noflat.networks.sparse import SparseLayer, SparseNetwork, layer_matrix


def outputs(
    network: SparseNetwork, points: Shaped[np.ndarray, "samples inputs"]
) -> Shaped[np.ndarray, "samples outputs"]:
    """What `jax.vmap(network)(points)` gives, up to the order of sums.

    Args:
        network: With or without skips; its activation takes arrays of NumPy.
        points: The inputs, taken in the dtype of the weights.

    Returns:
        The outputs, a row per point.

    Raises:
        ValueError: If the points do not have as many columns as the network has inputs.

    Example:
        >>> print(outputs(sawtooth((2, 2)), np.array([[0.0], [0.25], [0.375]])).ravel())
        [0.  1.  0.5]
    """
    if points.ndim != 2 or points.shape[1] != network.inputs:
        raise ValueError(
            f"`points` must be of shape (samples, {network.inputs}), one row per point; got "
            f"{points.shape}"
        )
    values = points.astype(network.layers[0].weights.dtype)
    for layer, width in zip(network.layers[:-1], network.widths, strict=True):
        hidden = _affine(layer, values, width)
        if network.activation is not None:
            hidden = np.asarray(network.activation(hidden))
        values = np.concatenate([values, hidden], axis=1) if network.skips else hidden
    return _affine(network.layers[-1], values, network.sizes[-1])


def _affine(layer: SparseLayer, values: np.ndarray, size: int) -> np.ndarray:
    sums = values @ layer_matrix(layer, (values.shape[1], size))
    return sums if layer.bias is None else sums + np.asarray(layer.bias)
