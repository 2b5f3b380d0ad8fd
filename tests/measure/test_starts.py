"""Where training starts: near what is given, padded without a trace, and one neuron less."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.activations import activation
from noflat.constructions import product_tree
from noflat.measure import padded, random_start, starts_near, without_neuron
from noflat.networks import apply

POINTS = jax.random.uniform(jax.random.key(3), (32, 4), "float64", minval=-1, maxval=1)
TREE = product_tree(4, "silu")


def outputs(network):
    return jax.vmap(apply, (None, 0))(network, POINTS)


def test_padding_changes_no_output():
    wider = padded(TREE, (10, 7))
    assert wider.widths == (10, 7)
    # the padded neurons add sigma(0) times a weight of 0
    np.testing.assert_allclose(outputs(wider), outputs(TREE), rtol=0, atol=1e-12)
    near = starts_near(TREE, 0.1, 3, key=jax.random.key(0))
    assert padded(near, (10, 7)).layers[0].weight.shape == (3, 4, 10)
    with pytest.raises(ValueError, match=r"`widths` must be at least \(8, 4\); got \(8, 3\)"):
        padded(TREE, (8, 3))


def test_a_start_depends_on_its_number_only():
    few, many = (starts_near(TREE, 0.1, count, key=jax.random.key(1)) for count in (2, 5))
    for a, b, at in zip(*map(jax.tree.leaves, (few, many, TREE)), strict=True):
        np.testing.assert_array_equal(a, b[:2])
        for member in np.asarray(b):  # six standard deviations
            assert (np.abs(member - at) <= 0.6 * np.abs(at)).all()
    weights = np.asarray(TREE.layers[0].weight)
    moves = np.asarray(many.layers[0].weight)[:, weights != 0] / weights[weights != 0] - 1
    assert len(np.unique(moves)) == moves.size
    # the deviation of 80 draws is itself off by 8 percent
    assert np.std(moves) == pytest.approx(0.1, rel=0.3)
    still = starts_near(TREE, 0.0, 1, key=jax.random.key(1))
    np.testing.assert_array_equal(still.layers[0].weight[0], TREE.layers[0].weight)


@pytest.mark.parametrize(("layer", "neuron"), [(0, 0), (0, 7), (1, 2)])
def test_without_a_neuron_is_with_its_readout_at_zero(layer, neuron):
    smaller = without_neuron(TREE, layer, neuron)
    assert smaller.neurons == TREE.neurons - 1
    after = TREE.layers[layer + 1]
    cut = list(TREE.layers)
    cut[layer + 1] = after._replace(weight=after.weight.at[neuron].set(0))
    np.testing.assert_allclose(
        outputs(smaller), outputs(type(TREE)(tuple(cut), TREE.activation)), atol=1e-9, rtol=1e-9
    )


def test_no_such_neuron():
    with pytest.raises(ValueError, match="must name a neuron of hidden layers"):
        without_neuron(TREE, 2, 0)
    with pytest.raises(ValueError, match="must name a neuron of hidden layers"):
        without_neuron(TREE, 1, 4)
    small = random_start((4, 1, 1), activation("tanh"), jnp.array([1]), jax.random.key(0))
    with pytest.raises(ValueError, match="has one neuron"):
        without_neuron(small, 0, 0)


def test_random_starts_draw_the_biases_of_real_neurons():
    start = random_start((4, 5, 3, 1), activation("gelu"), jnp.array([3, 2]), jax.random.key(0))
    for layer, real in zip(start.layers[:2], (3, 2), strict=True):
        assert np.count_nonzero(layer.bias) == real
        assert not layer.weight[:, real:].any()
    assert not start.layers[-1].bias.any()
