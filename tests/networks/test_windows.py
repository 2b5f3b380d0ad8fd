"""Networks over windows: three kinds, equal neurons, and what each of them sees."""

import jax
import jax.numpy as jnp
import pytest

from noflat.networks import WindowNetwork


def made(kind, neuron="relu", stride=1, channels=3):
    network = WindowNetwork(kind, 8, 2, stride=stride, channels=channels, neuron=neuron)
    return network, network.init(jax.random.key(0), jnp.zeros(8))


@pytest.mark.parametrize(("kind", "neuron"), [("lcn", "relu"), ("cnn", "shrink"), ("fcn", "relu")])
def test_a_batch_is_its_points(kind, neuron):
    network, variables = made(kind, neuron, stride=2)
    x = jax.random.normal(jax.random.key(1), (2, 8))
    whole = network.apply(variables, x)
    each = jnp.stack([network.apply(variables, point) for point in x])
    assert jnp.allclose(whole, each, rtol=1e-12)
    assert network.neurons == 12


@pytest.mark.parametrize(("kind", "inputs"), [("lcn", 2), ("fcn", 8)])
def test_a_neuron_sees_its_window(kind, inputs):
    network, variables = made(kind, channels=1)
    params = variables["params"]
    one = jnp.zeros_like(params["readout"]).at[3, 0].set(1.0)
    params = params | {"readout": one, "bias": jnp.full_like(params["bias"], 9.0)}
    slope = jax.grad(lambda x: network.apply({"params": params}, x))(jnp.zeros(8))
    seen = jnp.flatnonzero(slope)
    assert len(seen) == inputs
    assert inputs == 8 or seen.tolist() == [3, 4]


def test_a_convolution_is_a_local_network_with_equal_weights():
    cnn, variables = made("cnn")
    params = variables["params"]
    shared = params | {
        "weight": jnp.tile(params["weight"][None], (7, 1, 1)),
        "bias": jnp.tile(params["bias"], (7, 1)),
    }
    lcn, _ = made("lcn")
    x = jax.random.normal(jax.random.key(2), (4, 8))
    found = lcn.apply({"params": shared}, x)
    assert jnp.allclose(found, cnn.apply(variables, x), rtol=1e-12)


def test_a_local_network_is_a_full_one_with_zeros():
    lcn, variables = made("lcn", channels=1)
    params = variables["params"]
    weight = jnp.zeros((8, 7))
    for place in range(7):
        weight = weight.at[place : place + 2, place].set(params["weight"][place, :, 0])
    fcn, _ = made("fcn", channels=1)
    x = jax.random.normal(jax.random.key(2), (4, 8))
    found = fcn.apply({"params": params | {"weight": weight}}, x)
    assert jnp.allclose(found, lcn.apply(variables, x), rtol=1e-12)


def test_shrinking_is_odd_and_zero_below_the_threshold():
    network, variables = made("lcn", "shrink", stride=2)
    params = variables["params"] | {"threshold": jnp.asarray(2.0)}  # shrinks by 0.3 times that
    x = 3 * jax.random.normal(jax.random.key(3), (6, 8))
    found = network.apply({"params": params}, x)
    assert jnp.allclose(found, -network.apply({"params": params}, -x), rtol=1e-12)
    assert jnp.all(network.apply({"params": params}, 1e-3 * x) == 0)


@pytest.mark.usefixtures("unchecked")
def test_errors():
    with pytest.raises(ValueError, match="`kind` must be lcn, cnn or fcn"):
        WindowNetwork("dense", 8, 2).init(jax.random.key(0), jnp.zeros(8))
    with pytest.raises(ValueError, match="`x` must have `inputs` = 8 columns"):
        WindowNetwork("lcn", 8, 2).init(jax.random.key(0), jnp.zeros(7))
    with pytest.raises(ValueError, match="of which a window of 9"):
        WindowNetwork("lcn", 8, 9).init(jax.random.key(0), jnp.zeros(8))
