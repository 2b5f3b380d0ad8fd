r"""Lower bounds on the neurons of a circuit, by what it depends on, and of most functions.

By in-degree: if an output depends on m inputs, and no neuron or output has more than c synapses,
then of N neurons from which it is reached $c(N+1)\ge m+N$ (Theorem C3). That it depends on an input
is certified by a word: the output changes there with that bit.

By counting: networks of N neurons, in-degree c, weights $\pm1$ and $\pm2$ and biases of at most 2c
in size are at most $((4(N+n)+1)^c(4c+1))^{N+1}$, few of the $2^{2^n}$ functions of n bits (Theorem
C4). Both bounds are whole numbers. Proofs: docs/circuits.md.
"""

from typing import NamedTuple

import numpy as np

from noflat.arguments import whole
from noflat.certificates.checker.circuits import verify_dependence as verify_dependence
from noflat.targets.boolean import BooleanCircuit

_MOST_BITS = 20
"""Of functions that are counted: their number has $2^n$ bits."""


class DependenceBound(NamedTuple):
    """An output of a circuit, and for each input on which it depends a word that shows it.

    Attributes:
        inputs: How many the circuit has.
        gates: Its gates, each a kind and literals.
        output: The literal of the output.
        words: The input's number, from 0, and a word: the integer whose bit i is input i. With that
            bit flipped the output is another one.
    """

    inputs: int
    gates: tuple[tuple[str, tuple[int, ...]], ...]
    output: int
    words: tuple[tuple[int, int], ...]

    @property
    def depends_on(self) -> int:
        """The number m of inputs."""
        return len(self.words)

    def fewest_neurons(self, in_degree: int) -> int:
        r"""The fewest neurons of a network with that output, of any weights and any activation.

        Args:
            in_degree: The most synapses c of a neuron or an output, at least 2.

        Returns:
            $\lceil(m-1)/(c-1)\rceil-1$, or 0 where that is negative.
        """
        c = whole(in_degree, "in_degree", "the most synapses of a neuron or an output", least=2)
        return max(0, -(-(self.depends_on - 1) // (c - 1)) - 1)


def dependence_bound(
    circuit: BooleanCircuit, *, tried: int = 200, seed: int = 0
) -> DependenceBound:
    r"""Finds on how many inputs one output of a circuit depends, with a word for each.

    Args:
        circuit: Of one output or more; the one that depends on most inputs is taken.
        tried: Random words on which each input is flipped. The output may depend on more inputs
            than show there: the bound is then smaller, and valid.
        seed: Of the words.

    Returns:
        The bound with its witness.

    Raises:
        ValueError: If the circuit has no output, or `tried` is no number of at least 1.

    Example:
        >>> bound = dependence_bound(trace(lambda a, b: a * b, 8, 8))
        >>> bound.depends_on, bound.fewest_neurons(2), verify_dependence(bound)
        (16, 14, 16)
    """
    if not circuit.outputs:
        raise ValueError("`circuit` must have an output to depend on inputs; it has none")
    tried = whole(tried, "tried", "the words on which inputs are flipped")
    draw = np.random.default_rng([seed, circuit.inputs])
    words = draw.integers(0, 2, (tried, circuit.inputs))
    plain, every = circuit(words), np.arange(circuit.inputs)
    shape = circuit.inputs, len(circuit.outputs)
    depends, first = np.zeros(shape, bool), np.zeros(shape, int)
    for i in every:
        changed = circuit(words ^ (every == i)) != plain
        depends[i], first[i] = changed.any(axis=0), changed.argmax(axis=0)
    output = int(depends.sum(axis=0).argmax())
    return DependenceBound(
        circuit.inputs,
        tuple((gate.kind, tuple(map(int, gate.operands))) for gate in circuit.gates),
        int(circuit.outputs[output]),
        tuple(
            (int(i), sum(bit << k for k, bit in enumerate(words[first[i, output]].tolist())))
            for i in every[depends[:, output]]
        ),
    )


def counting_bound(n: int, in_degree: int, *, share: int = 20) -> int | None:
    r"""How many neurons are too few for nearly all functions of n bits.

    Args:
        n: The bits, at most 20.
        in_degree: The most synapses c of a neuron or of the output, at least 1.
        share: All but $2^{-\text{share}}$ of the functions are meant.

    Returns:
        The largest N for which $((4(N+n)+1)^c(4c+1))^{N+1}\le2^{2^n-\text{share}}$: all but that
        share need more. None where it holds for no N, and nothing is said.

    Raises:
        ValueError: If one is no integer of its range.

    Example:
        >>> counting_bound(12, 3), counting_bound(5, 3)
        (129, None)
    """
    n = whole(n, "n", "the bits")
    if n > _MOST_BITS:
        raise ValueError(
            f"`n` must be at most {_MOST_BITS}, for there are 2^(2^n) functions to count; got {n}"
        )
    c = whole(in_degree, "in_degree", "the most synapses of a neuron or the output")
    share = whole(share, "share", "the bits of the share that is left out", least=0)

    def fits(neurons: int) -> bool:
        networks = ((4 * (neurons + n) + 1) ** c * (4 * c + 1)) ** (neurons + 1)
        return (networks - 1).bit_length() <= 2**n - share  # at most 2 to that power

    if not fits(0):
        return None
    low, high = 0, 1
    while fits(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
