"""Networks over patches against their formula, written out patch by patch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.constructions import decoder_filters
from noflat.networks import PatchNetwork
from noflat.targets.hierarchy import encode, random_hierarchy, sample_strings

SHAPE = {"patch": 3, "hidden_layers": 2, "width": 5, "classes": 4}


def started(kind, **changed):
    network = PatchNetwork(kind, **(SHAPE | changed))
    slots = network.patch**network.hidden_layers
    x = jax.random.normal(jax.random.key(0), (7, slots, 2), "float64")
    return network, network.init(jax.random.key(1), x), x


def by_hand(kind, params, x, patch):
    """One string, patch by patch."""
    layers = []
    for number in range(2):
        weight, bias = params[f"weight_{number}"], params[f"bias_{number}"]
        patches, channels = len(x) // patch, x.shape[1]
        z = []
        for q in range(patches):
            seen = x[q * patch : (q + 1) * patch].reshape(-1)
            if kind == "lcn":
                sums = seen @ weight[q]
            elif kind == "cnn":
                sums = seen @ weight
            else:
                width = bias.shape[1]
                sums = x.reshape(-1) @ weight[:, q * width : (q + 1) * width]
            z.append(sums / np.sqrt(channels) + 0.1 * bias[q])
        x = np.maximum(np.array(z), 0)
        layers.append(x)
    return [*layers, x[0] @ params["readout"] / params["readout"].shape[0]]


@pytest.mark.parametrize("kind", ["lcn", "cnn", "fcn"])
def test_the_formula(kind):
    network, variables, x = started(kind)
    found = network.apply(variables, x, features=True)
    params = jax.tree.map(np.asarray, variables["params"])
    for number, string in enumerate(np.asarray(x)):
        for one, other in zip(found, by_hand(kind, params, string, 3), strict=True):
            np.testing.assert_allclose(one[number], other, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    ("kind", "weights"),
    [("lcn", 3 * 6 * 5 + 15 * 5), ("cnn", 6 * 5 + 15 * 5), ("fcn", 18 * 15 + 15 * 5)],
)
def test_weights(kind, weights):
    # 3 patches, then 1, of 3 slots; 2 channels below and 5 above
    _, variables, _ = started(kind)
    found = sum(variables["params"][f"weight_{number}"].size for number in range(2))
    assert found == weights


def test_weights_start_standard_normal():
    _, variables, _ = started("lcn", width=200)
    for name, leaf in variables["params"].items():
        assert abs(np.mean(leaf)) < 5 / leaf.size**0.5, name
        assert abs(np.std(leaf) - 1) < 5 / leaf.size**0.5, name


def test_a_convolution_is_a_local_network_of_equal_weights():
    network, variables, x = started("cnn")
    local, tied, _ = started("lcn")
    params = dict(variables["params"])
    for number, patches in ((0, 3), (1, 1)):
        weight = params[f"weight_{number}"]
        params[f"weight_{number}"] = jnp.broadcast_to(weight[None], (patches, *weight.shape))
    assert jax.tree.map(jnp.shape, params) == jax.tree.map(jnp.shape, tied["params"])
    one, other = network.apply(variables, x), local.apply({"params": params}, x)
    np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13)


def test_the_decoder_is_one_of_these_networks():
    hierarchy = random_hierarchy(3, 2, blanks=1, key=jax.random.key(0))
    levels = decoder_filters(hierarchy)
    width = len(levels[0].parents)
    network = PatchNetwork("cnn", hierarchy.patch, 2, width, 3)
    params, below = {}, np.arange(3)
    for number, (level, patches) in enumerate(zip(levels, (4, 1), strict=True)):
        # a symbol is the sum of the neurons of its rules
        weights = level.weights[:, :, below].reshape(len(level.weights), -1).T
        params[f"weight_{number}"] = jnp.asarray(weights * len(below) ** 0.5)
        params[f"bias_{number}"] = jnp.full((patches, width), 10.0 * level.bias)
        below = level.parents
    params["readout"] = jnp.asarray(np.eye(3)[below] * width)
    strings, labels = sample_strings(hierarchy, 300, key=jax.random.key(1))
    x = encode(strings, 3, encoding="zero", dtype="float64")
    outputs = network.apply({"params": params}, x)
    np.testing.assert_allclose(outputs, jax.nn.one_hot(labels, 3, dtype="float64"), atol=1e-12)


@pytest.mark.usefixtures("unchecked")
def test_what_does_not_fit():
    network, variables, x = started("lcn")
    with pytest.raises(ValueError, match=r"`x` must have patch\*\*hidden_layers = 9 slots; got 8"):
        network.apply(variables, x[:, :8])
    with pytest.raises(ValueError, match="`kind` must be lcn, cnn or fcn; got 'rnn'"):
        PatchNetwork("rnn", **SHAPE).init(jax.random.key(0), x)
