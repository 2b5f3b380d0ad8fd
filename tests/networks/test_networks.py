"""Networks: evaluation, counts, streaming, files and the bridge to Flax."""

import subprocess
import sys

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from safetensors.numpy import save_file

from noflat import (
    Convention,
    apply,
    count_neurons,
    count_synapses,
    flat_product,
    from_flax,
    load,
    product_tree,
    save,
    to_flax,
)
from noflat.activations import activation
from noflat.networks import Layer, Network, ProductNodes, init

ALL = Convention(hidden_bias=True, output_bias=True, affine_skip=True)


def _network(dtype=jnp.float64):
    start = init((3, 5, 4, 2), "tanh", convention=ALL, dtype=dtype, key=jax.random.key(0))
    leaves, tree = jax.tree.flatten(start)
    keys = jax.random.split(jax.random.key(1), len(leaves))
    filled = [jax.random.normal(k, x.shape, x.dtype) for k, x in zip(keys, leaves, strict=True)]
    return jax.tree.unflatten(tree, filled)


@chex.variants(with_jit=True, without_jit=True)
class Evaluation(chex.TestCase):
    def test_is_the_formula(self):
        network, x = _network(), jnp.array([0.3, -1.2, 0.8])
        one, two, last = network.layers
        hidden = jnp.tanh(jnp.tanh(x @ one.weight + one.bias) @ two.weight + two.bias)
        expected = hidden @ last.weight + last.bias + x @ network.skip
        chex.assert_trees_all_close(self.variant(apply)(network, x), expected, rtol=1e-12)


def test_vmap_equals_loop():
    network, points = _network(), jax.random.normal(jax.random.key(2), (7, 3))
    batch = jax.vmap(apply, in_axes=(None, 0))(network, points)
    loop = jnp.stack([apply(network, x) for x in points])
    np.testing.assert_allclose(batch, loop, rtol=1e-12)


def test_counts():
    network = _network()
    assert (network.widths, network.hidden_layers, count_neurons(network)) == ((5, 4), 2, 9)
    assert count_synapses(network) == 15 + 20 + 8 + 6  # the skip's weights are synapses too
    pruned = Network((Layer(jnp.array([[1.0, 0.0]])), Layer(jnp.ones((2, 1)))), activation("exp"))
    assert count_synapses(pruned) == 3


def test_init_follows_the_convention():
    bare = init((2, 3, 1), "tanh", convention=Convention(), key=jax.random.key(0))
    assert [layer.bias for layer in bare.layers] == [None, None]
    assert bare.skip is None
    with pytest.raises(ValueError, match="`widths` must be"):
        init((2, 1), "tanh", key=jax.random.key(0))


def test_wrong_point():
    with pytest.raises(ValueError, match="one point of shape"):
        apply(_network(), jnp.zeros(4))


def _streamed(n, nodes, half, bias=None, output_bias=None):
    return ProductNodes(
        scale=jnp.array(0.7),
        bias=None if bias is None else jnp.array(bias),
        weight=jnp.array(1.3),
        output_bias=None if output_bias is None else jnp.array(output_bias),
        inputs=n,
        nodes=nodes,
        factors=(-1.0, 1.0),
        half=half,
        activation=activation("softplus"),
    )


@pytest.mark.parametrize("n", [1, 2, 5, 13])
@pytest.mark.parametrize(
    ("nodes", "half"), [((-1.0, 1.0), False), ((-1.0, 1.0), True), ((0.0, 1.0), False)]
)
def test_streamed_equals_dense(n, nodes, half):
    network = _streamed(n, nodes, half, bias=0.4, output_bias=-0.2)
    dense = network.dense()
    x = jax.random.normal(jax.random.key(n), (n,)) / n**0.5
    np.testing.assert_allclose(apply(network, x), apply(dense, x), rtol=1e-9, atol=1e-9)
    assert count_neurons(network) == count_neurons(dense)
    assert count_synapses(network) == count_synapses(dense)
    assert network.widths == dense.widths


@pytest.mark.parametrize("n", [16, 20, pytest.param(24, marks=pytest.mark.slow)])
def test_many_inputs_by_an_exact_identity(n):
    """The cube of exp is a product of sinh: 2^n neurons against n, at a scale without loss."""
    network = flat_product(n, "exp", scale=1.0)
    assert isinstance(network, ProductNodes)
    assert count_neurons(network) == 2**n
    x = jnp.linspace(0.8, 1.6, n)
    np.testing.assert_allclose(apply(network, x)[0], jnp.prod(jnp.sinh(x)), rtol=1e-9)


def test_beyond_memory_is_said_first():
    with pytest.raises(ValueError, match="GiB"):
        flat_product(28, "exp").dense()
    with pytest.raises(ValueError, match=r"2\^40 neurons.*product_tree"):
        flat_product(40, "exp")


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_files_round_trip(tmp_path, dtype):
    network = _network(dtype)
    save(network, tmp_path / "network.safetensors", description="a test")
    found = load(tmp_path / "network.safetensors")
    chex.assert_trees_all_equal(found, network)
    assert found.activation == network.activation
    assert [path.name for path in tmp_path.iterdir()] == ["network.safetensors"]


def test_wrong_files(tmp_path):
    whole = tmp_path / "whole"
    save(_network(), whole)
    torn = tmp_path / "torn"
    torn.write_bytes(whole.read_bytes()[:-20])
    foreign = tmp_path / "foreign"
    save_file({"a": np.zeros(3)}, foreign)
    noise = tmp_path / "noise"
    noise.write_bytes(bytes(range(256)))
    archive = tmp_path / "archive.npz"
    np.savez(archive, a=np.zeros(3))
    for path in (torn, noise, archive):
        with pytest.raises(ValueError, match="is not a network file"):
            load(path)
    with pytest.raises(ValueError, match=r"none that `noflat\.save` wrote"):
        load(foreign)
    with pytest.raises(ValueError, match="there is none at"):
        load(tmp_path / "missing")
    with pytest.raises(ValueError, match="dense"):
        save(flat_product(14, "exp"), tmp_path / "streamed")  # type: ignore[arg-type]


def test_float64_file_needs_x64(tmp_path):
    save(_network(), tmp_path / "wide")
    code = f"import noflat; noflat.load({str(tmp_path / 'wide')!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "jax_enable_x64" in done.stderr


def test_flax_round_trip():
    network = _network()
    module, variables = to_flax(network)
    points = jax.random.normal(jax.random.key(3), (6, 3))
    expected = jax.vmap(apply, in_axes=(None, 0))(network, points)
    np.testing.assert_allclose(module.apply(variables, points), expected, rtol=1e-12)
    chex.assert_trees_all_equal(from_flax(module, variables), network)
    with pytest.raises(ValueError, match="`variables` must hold params"):
        from_flax(module, {"params": {}})


def test_constructed_network_is_a_start_for_training_in_flax():
    module, variables = to_flax(product_tree(2, "silu", dtype=jnp.float32))
    points = jax.random.uniform(jax.random.key(0), (64, 2), jnp.float32, -1.0, 1.0)
    wanted = jnp.prod(points, axis=1, keepdims=True) + 0.1  # a little beside the product

    def loss(variables):
        return jnp.mean((module.apply(variables, points) - wanted) ** 2)

    with jax.numpy_dtype_promotion("standard"):  # optax mixes dtypes
        optimizer = optax.adam(1e-4)
        state = optimizer.init(variables)
        before, gradient = jax.value_and_grad(loss)(variables)
        updates, _ = optimizer.update(gradient, state, variables)
    trained = optax.apply_updates(variables, updates)
    assert np.isclose(before, 0.01, rtol=0.01)
    assert from_flax(module, trained).widths == (4,)
    assert not np.array_equal(
        from_flax(module, trained).layers[0].weight, product_tree(2, "silu").layers[0].weight
    )
