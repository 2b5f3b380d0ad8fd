"""Shapes: masks are the synapses, outputs those of the network, and training keeps to them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.constructions import circuit_network
from noflat.networks.sparse import layer_matrix
from noflat.targets.bits import bit_states
from noflat.targets.boolean import trace
from noflat.training.shapes import fit_shape, random_shape, shape_outputs, synapse_masks


def adder():
    return circuit_network(trace(lambda a, b: (a + b)[2], 2, 2), dtype="float32")


def test_a_shape_with_the_weights_of_a_network_is_the_network():
    network = adder()
    masks = synapse_masks(network)
    assert sum(mask.sum() for mask in masks) == network.synapses
    params = [
        {
            "weight": jnp.asarray(layer_matrix(layer, mask.shape)),
            "bias": jnp.zeros(mask.shape[1], "float32") if layer.bias is None else layer.bias,
        }
        for layer, mask in zip(network.layers, masks, strict=True)
    ]
    x = jnp.asarray(bit_states(4), "float32")
    assert (shape_outputs(params, masks, x) == jax.vmap(network)(x)).all()


def test_weights_start_at_the_synapses_alone_and_with_the_variance_told():
    masks = (np.eye(400, dtype=bool) | np.eye(400, k=1, dtype=bool), np.ones((800, 1), bool))
    params = random_shape(masks, key=jax.random.key(0))
    weight = np.asarray(params[0]["weight"])
    assert (weight[~masks[0]] == 0).all()
    # of 799 draws the variance is right to within five times sqrt(2/799)
    assert weight[masks[0]].var() == pytest.approx(1.0, rel=0.25)


def test_training_moves_nothing_where_there_is_no_synapse():
    masks = synapse_masks(adder())
    x = jnp.asarray(2.0 * bit_states(4) - 1, "float32")
    signs = x[:, 0]
    how = {"rate": 0.01, "batch": 4, "steps": 40}
    fit = fit_shape(masks, x, signs, key=jax.random.key(0), **how)
    for layer, mask in zip(fit.params, masks, strict=True):
        assert (np.asarray(layer["weight"])[~mask] == 0).all()
    solo = fit_shape(masks, x, signs, key=jax.random.key(1), **how)
    keys = jnp.stack([jax.random.key(0), jax.random.key(1)])
    both = jax.vmap(lambda key: fit_shape(masks, x, signs, key=key, **how))(keys)
    assert float(both.loss[1]) == pytest.approx(float(solo.loss), rel=1e-4)
    assert float(both.loss[0]) == pytest.approx(float(fit.loss), rel=1e-4)


def test_a_network_without_skips_has_no_such_shape():
    with pytest.raises(ValueError, match="`network` must have skips"):
        synapse_masks(circuit_network(trace(lambda a, b: a * b, 2, 2), skips=False))
