"""Active neurons and their bounds: against plain loops, certificates and closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.certificates import certify_sparse_activation
from noflat.constructions import extremal_network, index_network
from noflat.measure import (
    active_neurons,
    activity,
    all_signs,
    average_sensitivity,
    degree_weights,
)
from noflat.networks import Layer, Network, init


def drawn(n, width, seed):
    """A random network with biases."""
    network = init((n, width, 1), "relu", key=jax.random.key(seed))
    first, last = network.layers
    bias = jax.random.normal(jax.random.key(seed + 100), (width,))
    return Network((first._replace(bias=bias), last), network.activation)


def by_loops(network, words):
    """The same from the definitions, a word and a neuron at a time."""
    first, last = network.layers
    weight, bias, readout = (np.asarray(a) for a in (first.weight, first.bias, last.weight[:, 0]))
    counts, sums, squares, ever = [], [], [], set()
    for x in words:
        on = [j for j in range(len(bias)) if sum(weight[:, j] * x) + bias[j] > 0]
        ever |= set(on)
        counts.append(len(on))
        sums.append(sum(abs(readout[j]) * sum(weight[:, j] ** 2) ** 0.5 for j in on))
        parts = [[readout[j] * weight[i, j] for j in on] for i in range(len(x))]
        up, down = ([sum(max(sign * p, 0) for p in row) for row in parts] for sign in (1, -1))
        squares.append(sum(max(both) ** 2 for both in zip(up, down, strict=True)))
    largest = max(abs(u) * sum(w**2) ** 0.5 for u, w in zip(readout, weight.T, strict=True))
    return {
        "share": sum(counts) / len(counts) / len(bias),
        "most": max(counts),
        "dead": len(bias) - len(ever),
        "weight": largest,
        "signed_bound": 4 * sum(squares) / len(squares),
        "weighted_bound": 4 * sum(s**2 for s in sums) / len(sums),
        "mean_bound": 4 * largest**2 * sum(c**2 for c in counts) / len(counts),
        "uniform_bound": 4 * largest**2 * max(counts) ** 2,
    }


@pytest.mark.parametrize("seed", range(3))
def test_by_array_and_by_loops(seed):
    network, words = drawn(5, 9, seed), all_signs(5)
    for found in (
        activity(network, jnp.asarray(words)),
        jax.jit(activity)(network, jnp.asarray(words)),
    ):
        assert {name: float(part) for name, part in found._asdict().items()} == pytest.approx(
            by_loops(network, words)
        )


def test_against_the_certificate_and_below_it_the_sensitivity():
    words = jnp.asarray(all_signs(6))
    for seed in range(5):
        network = drawn(6, 12, seed)
        found, proved = activity(network, words), certify_sparse_activation(network)
        assert int(found.most) == proved.active
        assert float(found.uniform_bound) == pytest.approx(float(proved.uniform_bound))
        assert float(found.mean_bound) == pytest.approx(float(proved.mean_bound))
        # that of the certificate is rounded up
        assert float(found.signed_bound) == pytest.approx(float(proved.signed_bound), rel=1e-3)
        assert float(found.signed_bound) <= float(proved.signed_bound) * (1 + 1e-12)
        exact = average_sensitivity(degree_weights(jax.vmap(network)(words)[:, 0]))
        assert exact < 0.9 * found.signed_bound
        assert found.signed_bound < 0.99 * found.weighted_bound
        assert found.weighted_bound <= found.mean_bound <= found.uniform_bound


def test_the_extremal_family_attains_all_of_them():
    words = jnp.asarray(all_signs(4))
    network = extremal_network(4, 3)
    found = activity(network, words)
    exact = average_sensitivity(degree_weights(jax.vmap(network)(words)[:, 0]))
    for name in ("signed", "weighted", "mean", "uniform"):
        assert float(getattr(found, f"{name}_bound")) == pytest.approx(float(exact))


def test_a_neuron_that_is_never_active_is_dead_and_its_weight_counts():
    weight, bias = jnp.array([[1.0, 1.0], [0.0, 1.0]]), jnp.array([0.0, -2.0])
    first, last = Layer(weight, bias), Layer(jnp.array([[1.0], [5.0]]))
    found = activity(Network((first, last), index_network(1).activation), jnp.asarray(all_signs(2)))
    assert (float(found.share), int(found.most), int(found.dead)) == (0.25, 1, 1)
    assert float(found.weight) == pytest.approx(50**0.5)
    assert float(found.weighted_bound) == pytest.approx(2.0)


def test_several_layers_are_active_one_after_the_other():
    network = init((3, 4, 5, 1), "relu", key=jax.random.key(0))
    x = jnp.array([1.0, -1.0, 1.0])
    first = x @ network.layers[0].weight
    second = jnp.maximum(first, 0) @ network.layers[1].weight
    expected = np.concatenate([np.asarray(first) > 0, np.asarray(second) > 0])
    assert (np.asarray(active_neurons(network, x)) == expected).all()
    with pytest.raises(ValueError, match="`network` must be a dense Network of one hidden layer"):
        activity(network, x[None])


def test_float32_stays_float32():
    network = jax.tree.map(lambda leaf: leaf.astype("float32"), drawn(4, 5, 0))
    found = activity(network, jnp.asarray(all_signs(4), "float32"))
    assert found.weighted_bound.dtype == found.share.dtype == jnp.float32
