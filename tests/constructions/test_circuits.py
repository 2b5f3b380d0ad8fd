from collections.abc import Callable
from fractions import Fraction
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noflat.constructions.circuits import circuit_network, flat_circuit, flat_neurons, noise_radius
from noflat.networks.sparse import SparseNetwork, layer_matrix
from noflat.targets.bits import bit_states
from noflat.targets.boolean import BooleanCircuit, Gate, rebuilt, trace

KINDS = [("and", 2), ("or", 3), ("xor", 2), ("xor", 4), ("majority", 3), ("mux", 3), ("or", 2)]


@st.composite
def descriptions(draw: st.DrawFn) -> tuple:
    """Of any gates on up to five inputs, with constants and repeated operands."""
    inputs = draw(st.integers(1, 5))
    gates = []
    for _ in range(draw(st.integers(0, 12))):
        kind, operands = draw(st.sampled_from(KINDS))
        known = 2 * (inputs + 1 + len(gates)) - 1
        literals = [draw(st.integers(0, known)) for _ in range(operands)]
        gates.append((kind, tuple(literals)))
    last = 2 * (inputs + 1 + len(gates)) - 1
    outputs = draw(st.lists(st.integers(0, last), min_size=1, max_size=3))
    return inputs, gates, (last, *outputs)


def built(described: tuple) -> BooleanCircuit:
    inputs, gates, outputs = described
    return BooleanCircuit(inputs, tuple(Gate(*gate) for gate in gates), outputs)


def outputs(network: SparseNetwork, words: np.ndarray) -> np.ndarray:
    """All outputs by matrices of NumPy, which needs no compiling."""
    values, seen = np.asarray(words, float), network.inputs
    for layer, size in zip(network.layers, network.sizes[1:], strict=True):
        bias = 0 if layer.bias is None else np.asarray(layer.bias, float)
        hidden = values @ layer_matrix(layer, (seen, size)).astype(float) + bias
        values = np.hstack([values, hidden.clip(0)]) if network.skips else hidden.clip(0)
        seen = values.shape[1]
    return hidden


def weights(network: SparseNetwork) -> set[float]:
    return {abs(float(w)) for layer in network.layers for w in np.asarray(layer.weights)}


@given(descriptions(), st.booleans(), st.booleans())
def test_a_network_is_its_circuit_on_every_word(
    described: tuple, shared: bool, skips: bool
) -> None:
    circuit = built(described)
    network = circuit_network(circuit, shared=shared, skips=skips, dtype=jnp.int8)
    words = bit_states(circuit.inputs)
    assert (outputs(network, words) == circuit(words)).all()
    assert weights(network) <= {1.0, 2.0}


@given(descriptions())
def test_a_restoring_network_is_right_within_its_radius(described: tuple) -> None:
    circuit = built(described)
    network = circuit_network(circuit, restoring=True)
    words = bit_states(circuit.inputs)
    radius = float(noise_radius(circuit))
    for signs in ((1, -1) * 3, (-1, 1) * 3, (1,) * 6, (-1,) * 6):
        noisy = words + radius * np.array(signs[: circuit.inputs])
        found = outputs(network, noisy)
        # what no gate comes between is off by the noise itself
        assert np.abs(found - circuit(words)).max() <= radius


def test_one_neuron_per_gate_and_two_for_an_xor() -> None:
    circuit = trace(lambda a, b: (a * b, a < b), 5, 5)
    kinds = circuit.kinds
    assert circuit_network(circuit, shared=False).neurons == circuit.size + kinds["xor"]


@pytest.mark.parametrize("bits", range(2, 8))
def test_the_neurons_of_a_multiplier_follow_their_formulas(bits: int) -> None:
    def counted(**options: object) -> int:
        fan_in = options.pop("fan_in")
        return circuit_network(
            trace(lambda a, b: a * b, bits, bits, fan_in=fan_in), **options
        ).neurons

    assert counted(fan_in=2, shared=False) == 8 * bits**2 - 11 * bits
    assert counted(fan_in=2) == 6 * bits**2 - 8 * bits
    assert counted(fan_in=3) == 4 * bits**2 - 4 * bits


@pytest.mark.parametrize("c", range(2, 7))
def test_any_gate_of_a_sum_takes_as_many_neurons_as_operands_at_most(c: int) -> None:
    for kind in ("and", "or", "xor"):
        circuit = BooleanCircuit(c, (Gate(kind, tuple(2 * i + 2 for i in range(c))),), (2 * c + 2,))
        network = circuit_network(circuit)
        assert network.neurons == (c if kind == "xor" else 1)
        words = bit_states(c)
        assert (outputs(network, words) == circuit(words)).all()


@pytest.mark.parametrize("c", range(1, 8))
def test_any_function_of_a_sum_of_bits_is_its_neurons(c: int) -> None:
    """Theorem C1: its formula, and that first and second differences of bits are small."""
    for values in product((0, 1), repeat=c + 1):
        first = values[1] - values[0]
        bends = [values[j + 1] - 2 * values[j] + values[j - 1] for j in range(1, c)]
        assert {abs(first)} | {abs(b) for b in bends} <= {0, 1, 2}
        for s in range(c + 1):
            parts = [b * max(s - j, 0) for j, b in enumerate(bends, start=1)]
            assert values[0] + first * s + sum(parts) == values[s]


@pytest.mark.parametrize("dtype", [jnp.int8, jnp.float16, jnp.bfloat16, jnp.float32, jnp.float64])
def test_it_is_exact_in_every_dtype(dtype: object) -> None:
    circuit = trace(lambda a, b: (a * b, a + b), 3, 3, fan_in=3)
    network = circuit_network(circuit, dtype=dtype)
    found = jax.jit(jax.vmap(network))(jnp.asarray(bit_states(6), dtype))
    assert found.dtype == dtype
    assert (np.asarray(found) == circuit(bit_states(6))).all()


def one_gate(kind: str, c: int) -> BooleanCircuit:
    return BooleanCircuit(c, (Gate(kind, tuple(2 * i + 2 for i in range(c))),), (2 * c + 2,))


def as_rounded(network: SparseNetwork, words: np.ndarray, order: Callable) -> np.ndarray:
    """Synapse by synapse in an order of the weights, each sum rounded as they are."""
    values = None
    for layer, size in zip(network.layers, network.sizes[1:], strict=True):
        weights = np.asarray(layer.weights)
        values = words.T.astype(weights.dtype) if values is None else values
        sums = np.zeros((size, len(words)), weights.dtype)
        for at in order(weights):
            row, column = int(layer.rows[at]), int(layer.columns[at])
            sums[column] = sums[column] + values[row] * weights[at]
        if layer.bias is not None:
            sums = sums + np.asarray(layer.bias)[:, None]
        values = np.concatenate([values, np.maximum(sums, 0)])
    return np.asarray(sums, float).T


@pytest.mark.parametrize(
    ("kind", "c", "dtype", "largest", "most"),
    [
        ("xor", 17, jnp.bfloat16, 17**2, 256),
        ("xor", 43, jnp.bfloat16, 43**2, 256),
        ("xor", 12, jnp.int8, 12**2, 127),
        ("xor", 46, jnp.float16, 46**2, 2048),
        ("and", 300, jnp.bfloat16, 599, 256),
        ("or", 7, jnp.int4, 8, 7),
    ],
)
def test_a_dtype_that_does_not_hold_the_sums_is_refused(
    kind: str, c: int, dtype: object, largest: int, most: int
) -> None:
    name = jnp.dtype(dtype).name
    said = rf"`dtype` must hold all integers up to {largest}, .*; {name} does up to {most}: take"
    with pytest.raises(ValueError, match=rf"{said} a wider one, or .*rebuilt\(circuit, fan_in=2\)"):
        circuit_network(one_gate(kind, c), dtype=dtype)
    circuit_network(rebuilt(one_gate(kind, c)), dtype=dtype)


@pytest.mark.parametrize(
    ("kind", "c", "dtype"),
    [
        ("xor", 16, jnp.bfloat16),
        ("xor", 11, jnp.int8),
        ("xor", 45, jnp.float16),
        ("and", 128, jnp.bfloat16),
        ("or", 6, jnp.int4),
    ],
)
@pytest.mark.parametrize("key", range(3))
def test_what_is_let_through_is_exact_in_any_order(
    kind: str, c: int, dtype: object, key: int
) -> None:
    circuit = one_gate(kind, c)
    network, draw = circuit_network(circuit, dtype=dtype), np.random.default_rng(key)
    words = np.concatenate([np.tri(c + 1, c, -1, dtype=int), draw.integers(0, 2, (20, c))])
    for order in (positive_first, lambda weights: draw.permutation(len(weights))):
        assert (as_rounded(network, words, order) == circuit(words)).all()


def positive_first(weights: np.ndarray) -> np.ndarray:
    return np.argsort(-weights.astype(float), kind="stable")


def test_an_order_of_the_synapses_is_wrong_in_what_is_refused() -> None:
    circuit = one_gate("xor", 43)
    network = circuit_network(circuit, dtype=jnp.float32)
    rounded = jax.tree.map(
        lambda leaf: leaf.astype(jnp.bfloat16) if leaf.dtype == jnp.float32 else leaf, network
    )
    words = np.tri(44, 43, -1, dtype=int)
    assert (as_rounded(network, words, positive_first) == circuit(words)).all()
    assert (as_rounded(rounded, words, positive_first) != circuit(words)).any()


def test_halves_of_restoring_gates_are_held() -> None:
    circuit = trace(lambda a, b: a * b, 3, 3, fan_in=3)
    words = bit_states(6)
    for dtype in (jnp.float16, jnp.bfloat16):
        network = circuit_network(circuit, restoring=True, dtype=dtype)
        assert (as_rounded(network, words, positive_first) == circuit(words)).all()
    with pytest.raises(ValueError, match="must hold all halves up to .*; float8_e5m2 does up to 4"):
        circuit_network(circuit, restoring=True, dtype=jnp.float8_e5m2)


@pytest.mark.parametrize("kind", ["and", "or", "xor", "majority", "mux"])
@pytest.mark.parametrize("c", [2, 3, 5])
def test_the_noise_radius_is_sharp_for_every_kind_of_gate(kind: str, c: int) -> None:
    """Some word and signs of the noise are not restored exactly a little beyond it."""
    if kind in ("majority", "mux") and c != 3:
        return
    circuit = one_gate(kind, c)
    network, radius = circuit_network(circuit, restoring=True), float(noise_radius(circuit))

    def off(e: float) -> float:
        words, signs = (
            np.repeat(bit_states(c), 2**c, 0),
            np.tile(2 * bit_states(c) - 1, (2**c, 1)),
        )
        return np.abs(outputs(network, words + e * signs) - circuit(words)).max()

    assert off(radius) < 1e-12  # rounding of e
    assert off(radius + 1e-3) > 1e-3


def test_copies_of_shared_neurons_may_take_a_layer() -> None:
    circuit = trace(lambda x, y: (x ^ y) & ~(x & y), 1, 1)
    words = bit_states(2)
    apart, shared = (circuit_network(circuit, shared=shared) for shared in (False, True))
    assert circuit.depth == apart.hidden_layers == 2
    assert shared.hidden_layers == 3
    assert shared.neurons == 5
    for network in (apart, shared):
        assert (outputs(network, words) == circuit(words)).all()


@given(descriptions(), st.booleans())
def test_layers_are_as_many_as_gates_are_deep_and_copies(described: tuple, restoring: bool) -> None:
    circuit = built(described)
    simple = rebuilt(circuit, fan_in=max(2, circuit.fan_in))
    assert simple.depth <= circuit.depth
    apart = circuit_network(circuit, shared=False, restoring=restoring)
    assert apart.hidden_layers == (1 + restoring) * max(simple.levels)
    shared = circuit_network(circuit, restoring=restoring)
    assert shared.hidden_layers <= (2 + restoring) * max(simple.levels)


def test_layers_follow_the_depth_of_the_circuit() -> None:
    circuit = trace(lambda a, b: a * b, 4, 4)
    assert circuit_network(circuit).hidden_layers == circuit.depth
    assert circuit_network(circuit, restoring=True).hidden_layers == 2 * circuit.depth
    plain = circuit_network(circuit, skips=False)
    assert plain.hidden_layers == circuit.depth
    assert plain.neurons > circuit_network(circuit).neurons


def test_an_exclusive_or_beyond_the_radius_is_wrong_somewhere() -> None:
    xor = trace(lambda a, b: a ^ b, 1, 1)
    assert noise_radius(xor) == Fraction(3, 16)
    network = circuit_network(xor, restoring=True)

    def worst(e: float) -> float:
        return max(
            abs(float(outputs(network, np.array([[x + a, y + b]]))[0, 0]) - (x != y))
            for x, y in product((0, 1), repeat=2)
            for a, b in product((-e, e), repeat=2)
        )

    assert worst(3 / 16) == 0
    assert worst(3 / 16 + 1e-3) > 0


def test_the_radius_follows_from_the_widest_gate() -> None:
    assert noise_radius(trace(lambda a, b: a + b, 4, 4, fan_in=3)) == Fraction(1, 8)
    assert noise_radius(BooleanCircuit(1, (), (3,))) == Fraction(3, 8)


@given(descriptions())
def test_a_flat_network_is_the_table(described: tuple) -> None:
    circuit = built(described)
    flat = flat_circuit(circuit, dtype=jnp.int8)
    words = bit_states(circuit.inputs)
    assert (outputs(flat, words) == circuit(words)).all()
    assert flat.neurons == flat_neurons(circuit) < 2**circuit.inputs
    assert weights(flat) <= {1.0}


@pytest.mark.parametrize("bits", [1, 2, 3, 4, 5])
def test_a_flat_multiplier_takes_a_neuron_per_pair_that_is_not_zero(bits: int) -> None:
    assert flat_neurons(trace(lambda a, b: a * b, bits, bits)) == (2**bits - 1) ** 2


def test_errors_say_what_to_do() -> None:
    wide = trace(lambda a: a, 17)
    with pytest.raises(ValueError, match="`circuit` must have at most 16 inputs"):
        flat_circuit(wide)
    with pytest.raises(ValueError, match="`n` must be at most 20"):
        flat_neurons(trace(lambda a: a, 21))
    with pytest.raises(ValueError, match="`dtype` must be a float with restoring gates"):
        circuit_network(wide, restoring=True, dtype=jnp.int8)
    for dtype in ("word", jnp.uint8, jnp.bool_):
        with pytest.raises(ValueError, match="`dtype` must be one of floating-point numbers"):
            circuit_network(wide, dtype=dtype)
