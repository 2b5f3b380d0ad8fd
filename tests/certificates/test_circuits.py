"""Bounds on circuits: against all words, networks and plain counts; wrong witnesses are refused."""

from itertools import product
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from sample_circuits import circuits

from noflat.certificates.circuits import counting_bound, dependence_bound, verify_dependence
from noflat.constructions import circuit_network
from noflat.targets.boolean import BooleanCircuit, trace, truth_table
from noflat.targets.boolean.builder import Builder
from noflat.targets.boolean.programs import PROGRAMS


def dependence(circuit):
    """On how many inputs each output depends, by all words."""
    table = truth_table(circuit).reshape((2,) * circuit.inputs + (-1,))  # the last input first
    axes = range(circuit.inputs)
    other = tuple(axes)
    return np.sum(
        [(np.flip(table, axis) != table).any(axis=other) for axis in axes], axis=0, dtype=int
    )


@pytest.mark.parametrize("fan_in", [2, 3])
@pytest.mark.parametrize("name", PROGRAMS)
def test_dependence_is_that_on_all_words(name, fan_in):
    circuit = PROGRAMS[name].circuit(3, fan_in=fan_in)
    bound = dependence_bound(circuit)
    assert bound.depends_on == dependence(circuit).max() == verify_dependence(bound)


@given(circuits(most_inputs=5))
@settings(max_examples=40)
def test_the_checker_runs_gates_of_every_kind(described):
    circuit = BooleanCircuit(*described)
    bound = dependence_bound(circuit)
    assert verify_dependence(bound) == bound.depends_on <= dependence(circuit).max()
    column = circuit.outputs.index(bound.output)
    for i, word in bound.words:
        bits = word >> np.arange(circuit.inputs) & 1
        flipped = bits ^ (np.arange(circuit.inputs) == i)
        assert circuit(bits)[column] != circuit(flipped)[column]
        for other in range(2**circuit.inputs):
            bits = other >> np.arange(circuit.inputs) & 1
            same = circuit(bits)[column] == circuit(bits ^ (np.arange(circuit.inputs) == i))[column]
            changed = bound._replace(words=((i, other),))
            if same:
                with pytest.raises(ValueError, match="words: the output is the same with input"):
                    verify_dependence(changed)
            else:
                assert verify_dependence(changed) == 1


@pytest.mark.parametrize("fan_in", [2, 3, 4])
@pytest.mark.parametrize("name", PROGRAMS)
def test_no_network_is_below_the_bound(name, fan_in):
    circuit = PROGRAMS[name].circuit(8, fan_in=fan_in)
    network = circuit_network(circuit)
    degree = max(int(np.bincount(layer.columns, minlength=1).max()) for layer in network.layers)
    bound = dependence_bound(circuit)
    assert bound.fewest_neurons(degree) <= network.neurons
    assert bound.fewest_neurons(degree) == max(0, ceil((bound.depends_on - 1) / (degree - 1)) - 1)


@pytest.mark.parametrize(("c", "levels"), [(2, 3), (3, 2), (4, 2)])
def test_a_tree_of_ands_is_one_neuron_above_the_bound(c, levels):
    """Each neuron has c synapses; the output has one, and might itself be a sum of c values."""
    m = c**levels
    builder = Builder(m, fan_in=c)
    tree = builder.finished([builder.both(*builder.input_literals)])
    bound = dependence_bound(tree)._replace(words=tuple((i, 2**m - 1) for i in range(m)))
    assert verify_dependence(bound) == m
    assert circuit_network(tree).neurons == bound.fewest_neurons(c) + 1


BOUND = dependence_bound(PROGRAMS["divide"].circuit(3, fan_in=3))
KIND, LITERALS = BOUND.gates[0]
FIRST, *OTHERS = BOUND.words


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"inputs": -1}, "inputs: no number of them"),
        ({"inputs": 6.0}, "inputs: no number of them"),
        ({"inputs": True}, "inputs: no number of them"),
        ({"inputs": 5}, "gates|words|output"),
        ({"gates": ()}, "output: there is no such literal"),
        ({"gates": list(BOUND.gates)}, "gates: no tuple"),
        ({"gates": (KIND, *BOUND.gates[1:])}, "gates: one is no kind with literals"),
        ({"gates": (("nand", LITERALS), *BOUND.gates[1:])}, "gates: one is of no known kind"),
        ({"gates": ((["and"], LITERALS), *BOUND.gates[1:])}, "gates: one is of no known kind"),
        ({"gates": ((KIND, list(LITERALS)), *BOUND.gates[1:])}, "literals of one are no tuple"),
        ({"gates": (("and", (2,)), *BOUND.gates[1:])}, "gates: a gate and has 1 literals"),
        ({"gates": (("mux", (2, 4)), *BOUND.gates[1:])}, "gates: a gate mux has 2 literals"),
        ({"gates": (("majority", (2,) * 4), *BOUND.gates[1:])}, "gates: a gate majority has 4"),
        ({"gates": (("and", (2, 14)), *BOUND.gates[1:])}, "gates: one takes what does not come"),
        ({"gates": (("and", (2, -1)), *BOUND.gates[1:])}, "gates: one takes what does not come"),
        ({"gates": (("and", (2, 4.0)), *BOUND.gates[1:])}, "gates: one takes what does not come"),
        ({"output": -1}, "output: there is no such literal"),
        ({"output": 2 * (7 + len(BOUND.gates))}, "output: there is no such literal"),
        ({"output": float(BOUND.output)}, "output: there is no such literal"),
        ({"output": 0}, "words: the output is the same with input 0 flipped"),
        ({"output": 2}, "words: the output is the same with input 1 flipped"),
        ({"words": list(BOUND.words)}, "words: no tuple"),
        ({"words": (FIRST[0], *OTHERS)}, "words: one is no input with a word"),
        ({"words": ((*FIRST, 0), *OTHERS)}, "words: one is no input with a word"),
        ({"words": ((0, float(FIRST[1])), *OTHERS)}, "words: one is no input with a word"),
        ({"words": ((-1, FIRST[1]), *OTHERS)}, "words: there is no such input"),
        ({"words": (*BOUND.words, (6, 0))}, "words: there is no such input"),
        ({"words": ((0, 64), *OTHERS)}, "words: one is of more bits than there are inputs"),
        ({"words": ((0, -1), *OTHERS)}, "words: one is of more bits than there are inputs"),
        ({"words": (FIRST, FIRST, *OTHERS)}, "words: inputs must ascend"),
        ({"words": (*OTHERS, FIRST)}, "words: inputs must ascend"),
    ],
)
def test_every_wrong_witness_is_refused(changed, said):
    assert verify_dependence(BOUND) == BOUND.depends_on == 6
    with pytest.raises(ValueError, match=said):
        verify_dependence(BOUND._replace(**changed))


def test_a_bound_of_no_input_is_none():
    constant = dependence_bound(BooleanCircuit(2, (), (1,)))
    assert verify_dependence(constant) == constant.depends_on == constant.fewest_neurons(2) == 0
    assert verify_dependence(dependence_bound(trace(lambda: 3))) == 0


@pytest.mark.parametrize("n", range(1, 9))
@pytest.mark.parametrize("c", [1, 2, 3, 6])
def test_counting_is_by_all_numbers_of_neurons(n, c):
    limit = 2 ** (2**n)
    sizes = [
        neurons
        for neurons in range(200)
        if ((4 * (neurons + n) + 1) ** c * (4 * c + 1)) ** (neurons + 1) * 2**20 <= limit
    ]
    assert counting_bound(n, c) == (sizes[-1] if sizes else None)
    assert sizes == list(range(len(sizes)))


def units(values, c):
    """What a unit can add up: c of the sources with a weight, or none, and a bias."""
    synapses = [np.zeros_like(values[0]), *(w * v for v in values for w in (-2, -1, 1, 2))]
    for chosen in product(synapses, repeat=c):
        for bias in range(-2 * c, 2 * c + 1):
            yield sum(chosen) + bias


@pytest.mark.parametrize(("n", "c"), [(1, 1), (2, 1), (1, 2)])
def test_networks_are_no_more_than_are_counted(n, c):
    """Theorem C4 for N = 1: all networks one by one, and those without a neuron are among them."""
    inputs = [np.array(column) for column in zip(*product((0, 1), repeat=n), strict=True)]
    networks = [
        tuple(output)
        for neuron in units(inputs, c)
        for output in units([*inputs, np.maximum(neuron, 0)], c)
    ]
    assert set(map(tuple, units(inputs, c))) < set(networks)
    assert len(networks) <= ((4 * (1 + n) + 1) ** c * (4 * c + 1)) ** 2
    # one source fewer, or one bias, would be too few
    assert len(networks) > ((4 * n + 1) ** c * (4 * c + 1)) ** 2


def test_a_smaller_share_is_left_out_by_a_smaller_bound():
    bounds = [counting_bound(8, 3, share=share) for share in (0, 20, 200, 240)]
    assert bounds == [10, 9, 1, None]


@pytest.mark.usefixtures("unchecked")
def test_wrong_arguments_are_told():
    with pytest.raises(ValueError, match="`circuit` must have an output"):
        dependence_bound(BooleanCircuit(2, (), ()))
    with pytest.raises(ValueError, match="`tried` must be an integer of at least 1"):
        dependence_bound(BooleanCircuit(2, (), (2,)), tried=0)
    for degree in (1, 2.0, "3"):
        with pytest.raises(ValueError, match="`in_degree` must be an integer of at least 2"):
            BOUND.fewest_neurons(degree)
    with pytest.raises(ValueError, match=r"`n` must be at most 20, .*2\^\(2\^n\)"):
        counting_bound(21, 3)
    for arguments in ((0, 3), ("4", 3), (4, 0), (4, 2.0)):
        with pytest.raises(ValueError, match="must be an integer of at least 1"):
            counting_bound(*arguments)
    with pytest.raises(ValueError, match="`share` must be an integer of at least 0"):
        counting_bound(4, 3, share=-1)
    for bound in ((), [], BOUND[:3]):
        with pytest.raises(ValueError, match="bound: must have four fields"):
            verify_dependence(bound)
