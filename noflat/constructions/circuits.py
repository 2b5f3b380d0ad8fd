r"""Any Boolean circuit as a ReLU network: exact on bits, weights 1 and 2.

A gate of c operands whose value follows from their sum s is piecewise linear in s: with
$\sigma(z)=\max(z,0)$ and the values $f_0,\dots,f_c$ that it takes,

$$f(s)=f_0+(f_1-f_0)\,\sigma(s)+\sum_{j=1}^{c-1}(f_{j+1}-2f_j+f_{j-1})\,\sigma(s-j)$$

at $s=0,\dots,c$, and where the values are 0 and 1 no weight but 1 and 2 occurs, up to sign. So AND
is $\sigma(x+y-1)$, XOR is $\sigma(x+y)-2\sigma(x+y-1)$, and a full adder takes three neurons, for
the same neurons serve its sum and its carry. A value is an affine form of neurons, and gates read
the form: NOT costs nothing.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool

from noflat.constructions.plans import resolve_dtype
from noflat.networks.sparse import SparseLayer, SparseNetwork, sparse_network
from noflat.targets.bits import bit_states
from noflat.targets.boolean import BooleanCircuit, Gate, rebuilt, truth_table
from noflat.targets.boolean.circuits import count_values


class _Form(NamedTuple):
    """An affine form in inputs and neurons, which are numbered one after the other."""

    terms: dict[int, Any]
    constant: Any = 0

    def scaled(self, factor: Any, shift: Any = 0) -> "_Form":
        terms = {source: factor * c for source, c in self.terms.items()}
        return _Form(terms, factor * self.constant + shift)


def _total(forms: Iterable[_Form]) -> _Form:
    terms: Counter[int] = Counter()
    constant = 0
    for form in forms:
        for source, c in form.terms.items():
            terms[source] += c
        constant += form.constant
    return _Form({source: c for source, c in terms.items() if c}, constant)


def circuit_network(
    circuit: BooleanCircuit,
    *,
    shared: bool = True,
    restoring: bool = False,
    skips: bool = True,
    dtype: Any = None,
) -> SparseNetwork:
    r"""A ReLU network that equals a circuit on every word of bits.

    Gates become neurons one by one; a neuron that several gates need is made once. All weights are
    $\pm1$ and $\pm2$, biases are integers. A neuron that reads sources $u_i$ with weights $w_i$ and
    bias b adds up numbers of at most

    $$B=\sum_i\lvert w_i\rvert\max u_i+\lvert b\rvert,$$

    in any order, where the largest value of $\sigma(s-j)$ is $c-j$ for a sum s of c operands. So
    the network is exact in every dtype that holds all integers up to the largest B, of a neuron or
    an output; with restoring gates all multiples of 1/2. For gates of few operands 16-bit floats
    and 8-bit integers do; B is the square of the operands of an XOR.

    A restoring gate after every gate pulls its value v to the nearest bit,
    $\sigma(4v-\tfrac32)-\sigma(4v-\tfrac52)$, with weights $\pm4$ and $\pm8$; it is exact where v
    is off by at most 3/8 (`noise_radius`).

    Args:
        circuit: The circuit; it is simplified as by `rebuilt` first.
        shared: Whether gates share neurons. Without, each has its own: one for an AND or an OR, two
            for an XOR or a mux.
        restoring: Whether every gate is followed by a restoring gate.
        skips: Whether a layer sees the inputs and all earlier layers. Without, each layer sees the
            one before, and what later layers need is handed on by neurons that copy.
        dtype: Of weights and biases; JAX's default where None. May be one of integers, except with
            restoring gates.

    Returns:
        The network. Gate by gate, without `shared`, it has as many hidden layers as the simplified
        circuit is deep, which is at most `circuit.depth`; where gates share neurons, each may take
        one layer of copies more. Restoring gates take a layer each.

    Raises:
        ValueError: If the dtype is none, or an integer one where `restoring`, or does not hold the
            integers up to B.

    Example:
        >>> adder = trace(lambda a, b: a + b, 8, 8, fan_in=3)
        >>> network = circuit_network(adder)
        >>> network.neurons, network.hidden_layers
        (23, 8)
        >>> x = jnp.array([1, 1, 0, 0, 0, 0, 0, 0] + [1, 0, 1, 0, 0, 0, 0, 0.0])  # 3 + 5
        >>> print(network(x).astype(int))
        [0 0 0 1 0 0 0 0 0]

    Reference:
        Theorem C1 of docs/circuits.md.
    """
    dtype = _dtype(dtype, restoring)
    circuit = rebuilt(circuit, fan_in=max(2, circuit.fan_in))
    wiring = _Wiring(circuit.inputs, shared)
    values = [_Form({}, 0), *(_Form({i: 1}) for i in range(circuit.inputs))]
    for gate in circuit.gates:
        value = wiring.value(gate, [_read(values, literal) for literal in gate.operands])
        values.append(wiring.restored(value) if restoring else value)
    outputs = [_read(values, literal) for literal in circuit.outputs]
    fewer = ", or a circuit of fewer operands to a gate by rebuilt(circuit, fan_in=2)"
    _check_range(dtype, wiring.largest_sum(outputs), halves=restoring, otherwise=fewer)
    return wiring.network(outputs, skips, dtype)


def _dtype(dtype: Any, restoring: bool) -> Any:
    try:
        whole = dtype is not None and jnp.issubdtype(jnp.dtype(dtype), jnp.signedinteger)
    except TypeError:
        whole = False
    if not whole:
        return resolve_dtype(dtype)
    if restoring:
        raise ValueError(f"`dtype` must be a float with restoring gates, of bias -3/2; got {dtype}")
    return jnp.dtype(dtype)


def _check_range(dtype: Any, largest: Any, *, halves: bool = False, otherwise: str = "") -> None:
    """Refuses a dtype that does not hold all integers, or halves, up to that number."""
    if jnp.issubdtype(dtype, jnp.integer):
        most = int(jnp.iinfo(dtype).max)
    else:
        most = 2 ** (jnp.finfo(dtype).nmant + 1) // (1 + halves)
    if largest > most:
        raise ValueError(
            f"`dtype` must hold all {'halves' if halves else 'integers'} up to {largest}, which "
            f"sums of this network may reach; {jnp.dtype(dtype).name} does up to {most}: take a "
            f"wider one{otherwise}"
        )


def _read(values: Sequence[_Form], literal: int) -> _Form:
    form = values[literal >> 1]
    return form.scaled(-1, 1) if literal & 1 else form


class _Wiring:
    """Neurons in the making, each the ReLU of an affine form in inputs and neurons before it."""

    def __init__(self, inputs: int, shared: bool) -> None:
        self.inputs = inputs
        self.shared = shared
        self.forms: list[_Form] = []
        self.levels = [0] * inputs
        self.largest: list[Any] = [1] * inputs
        """The largest value of each on words of bits, or more."""
        self._known: dict[Any, int] = {}

    def neuron(self, form: _Form, largest: Any = 1) -> _Form:
        """The neuron of that form and of at most that value, made once where they are shared."""
        key = (frozenset(form.terms.items()), form.constant)
        if not self.shared or key not in self._known:
            self._known[key] = self.inputs + len(self.forms)
            self.forms.append(form)
            self.levels.append(1 + max((self.levels[source] for source in form.terms), default=0))
            self.largest.append(largest)
        return _Form({self._known[key]: 1})

    def value(self, gate: Gate, operands: list[_Form]) -> _Form:
        """The value of a gate."""
        if gate.kind == "mux":
            chosen, a, b = operands
            reads = [_total([a, chosen]).scaled(1, -1), _total([b, chosen.scaled(-1)])]
        else:
            reads = [_total(operands)]
        if any(abs(c) > 2 for form in reads for c in form.terms.values()):
            # neurons in common add up to a weight above 2: read copies of the values
            return self.value(gate, [self.neuron(operand) for operand in operands])
        if gate.kind == "mux":
            return _total(map(self.neuron, reads))
        return self._of_sum(reads[0], count_values(gate))

    def _of_sum(self, total: _Form, values: tuple[int, ...]) -> _Form:
        """The function of a sum that takes those values at 0, 1, ..., c.

        Where it is flat at the upper end and not at the lower one, it is read from above: so an OR
        is one neuron.
        """
        slopes = np.diff(values).tolist()
        if slopes[0] and not slopes[-1]:
            return self._of_sum(total.scaled(-1, len(slopes)), values[::-1])
        parts = [_Form({}, values[0])]
        for j, change in enumerate(np.diff([0, *slopes]).tolist()):
            if change:
                reached = len(slopes) - j  # by s - j, for s is at most c
                parts.append(self.neuron(total.scaled(1, -j), reached).scaled(change))
        return _total(parts)

    def restored(self, value: _Form) -> _Form:
        """Pulls a value that is nearly a bit to the bit."""
        low, high = (
            self.neuron(value.scaled(4, -Fraction(half, 2)), Fraction(8 - half, 2))
            for half in (3, 5)
        )
        return _total([low, high.scaled(-1)])

    def largest_sum(self, outputs: list[_Form]) -> Any:
        """The B above, the largest of all neurons and outputs."""
        return max(
            (
                sum(abs(c) * self.largest[source] for source, c in form.terms.items())
                + abs(form.constant)
                for form in (*self.forms, *outputs)
            ),
            default=0,
        )

    def network(self, outputs: list[_Form], skips: bool, dtype: Any) -> SparseNetwork:
        """Sorts neurons into layers and lists their synapses."""
        depth = max(self.levels, default=0)
        layers: list[list[int]] = [[] for _ in range(depth + 1)]
        for source, level in enumerate(self.levels):
            layers[level].append(source)
        last = dict.fromkeys(range(len(self.levels)), 0)
        for level, form in zip(self.levels[self.inputs :], self.forms, strict=True):
            for before in form.terms:
                last[before] = max(last[before], level)
        for form in outputs:
            last |= dict.fromkeys(form.terms, depth + 1)
        listed, sizes, place = [], [self.inputs], _places(layers[0])
        for level in range(1, depth + 1):
            carried = [] if skips else [v for v in place if last[v] > level]
            forms = [self.forms[source - self.inputs] for source in layers[level]]
            forms += [_Form({source: 1}) for source in carried]
            listed.append(_listed(forms, place, dtype))
            seen = layers[level] + carried
            if skips:
                place.update(
                    _places(seen, len(place))
                )  # in place: there may be thousands of layers
            else:
                place = _places(seen)
            sizes.append(len(seen))
        listed.append(_listed(outputs, place, dtype))
        return SparseNetwork(tuple(listed), (*sizes, len(outputs)), jax.nn.relu, skips)


def _places(sources: Sequence[int], first: int = 0) -> dict[int, int]:
    return {source: first + i for i, source in enumerate(sources)}


def _listed(forms: Sequence[_Form], place: dict[int, int], dtype: Any) -> SparseLayer:
    """A layer that computes those forms from values at those places."""
    synapses = [
        (place[source], column, c)
        for column, form in enumerate(forms)
        for source, c in form.terms.items()
    ]
    rows, columns, weights = zip(*synapses, strict=True) if synapses else ((), (), ())
    bias = np.array([float(form.constant) for form in forms])
    return SparseLayer(
        jnp.asarray(rows, jnp.int32),
        jnp.asarray(columns, jnp.int32),
        jnp.asarray(np.asarray(weights, float).astype(dtype)),
        jnp.asarray(bias.astype(dtype)) if bias.any() else None,
    )


def noise_radius(circuit: BooleanCircuit) -> Fraction:
    r"""How far off values may be that gates read, so that with restoring gates all stays right.

    A gate of c operands is piecewise linear in their sum with slopes of at most 1, so that values
    off by e move it by at most $ce$, a mux by at most $2e$; what follows restores up to 3/8. The
    circuit is right, at any depth, for $e\le\tfrac3{8c}$: 3/16 for gates of two operands. The
    radius is sharp: an AND of c ones, all off by -e, is $1-ce$, and not restored below 5/8.

    Args:
        circuit: The circuit.

    Returns:
        The radius, exact; 3/8 where there is no gate.

    Example:
        >>> noise_radius(trace(lambda a, b: a * b, 4, 4))
        Fraction(3, 16)

    Reference:
        Theorem C2 of docs/circuits.md.
    """
    reach = [2 if gate.kind == "mux" else len(gate.operands) for gate in circuit.gates]
    return Fraction(3, 8) / max(reach, default=1)


def flat_circuit(circuit: BooleanCircuit, *, dtype: Any = None) -> SparseNetwork:
    r"""The truth table of a circuit as a network of one hidden layer.

    One neuron per word w whose outputs are not the most common ones,
    $\sigma\big(\sum_{w_i=1}x_i-\sum_{w_i=0}x_i-\lvert w\rvert+1\big)$: 1 on that word and 0 on
    every other one.

    Args:
        circuit: Of at most 16 inputs, for its table is written down.
        dtype: Of weights and biases; JAX's default where None. May be one of integers.

    Returns:
        The network, of `flat_neurons(circuit)` neurons.

    Raises:
        ValueError: If there are more inputs, or the dtype is none or does not hold the integers up
            to n plus the largest bias.

    Example:
        >>> flat = flat_circuit(trace(lambda a, b: a * b, 2, 2))
        >>> flat.neurons, print(flat(jnp.array([1.0, 1, 0, 1])).astype(int))  # 3 * 2
        [0 1 1 0]
        (9, None)
    """
    if circuit.inputs > _MOST_FLAT:
        raise ValueError(
            f"`circuit` must have at most {_MOST_FLAT} inputs to be written down; got "
            f"{circuit.inputs}. `flat_neurons` counts up to 20"
        )
    dtype = _dtype(dtype, restoring=False)
    words, table, common = _table(circuit)
    kept = (table != common).any(axis=1)
    signs = 2 * words[kept] - 1
    biases = 1 - words[kept].sum(axis=1)
    # one neuron at most is not 0, so that an output adds up two bits
    _check_range(dtype, max(2, circuit.inputs + int(np.abs(biases).max(initial=0))))
    readout = table[kept].astype(int) - common.astype(int)
    return sparse_network(
        [(signs.T, biases), (readout, common.astype(int))], jax.nn.relu, dtype=dtype
    )


_MOST_FLAT = 16


def flat_neurons(circuit: BooleanCircuit) -> int:
    """How many neurons the truth table of a circuit takes in one hidden layer.

    Args:
        circuit: Of at most 20 inputs.

    Returns:
        The words whose outputs are not the most common ones.

    Raises:
        ValueError: If there are more inputs.

    Example:
        >>> flat_neurons(trace(lambda a, b: a * b, 8, 8)) == 255**2
        True
    """
    _, table, common = _table(circuit)
    return int((table != common).any(axis=1).sum())


def _table(
    circuit: BooleanCircuit,
) -> tuple[np.ndarray, Bool[np.ndarray, "words outputs"], Bool[np.ndarray, " outputs"]]:
    """All words, the outputs on them, and the outputs that are most common."""
    words, table = bit_states(circuit.inputs), truth_table(circuit)
    rows, counts = np.unique(np.packbits(table, axis=1), axis=0, return_counts=True)
    common = np.unpackbits(rows[counts.argmax()], count=table.shape[1]).astype(bool)
    return words, table, common
