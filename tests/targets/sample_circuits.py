"""Random circuits, for tests of all that takes circuits: the arguments of `BooleanCircuit`."""

import hypothesis.strategies as st

from noflat.targets.boolean import Gate
from noflat.targets.boolean.circuits import KINDS


@st.composite
def circuits(draw, *, least_inputs=1, most_inputs=6, most_gates=12, most_operands=5):
    """Gates of all kinds on any literals before them, constants and twice the same among them."""
    inputs = draw(st.integers(least_inputs, most_inputs))
    gates = []
    for index in range(draw(st.integers(0, most_gates))):
        kind = draw(st.sampled_from(KINDS))
        least, most = (3, 3) if kind in ("majority", "mux") else (2, most_operands)
        literal = st.integers(0, 2 * (inputs + 1 + index) - 1)
        operands = draw(st.lists(literal, min_size=least, max_size=most))
        gates.append(Gate(kind, tuple(operands)))
    literal = st.integers(0, 2 * (inputs + 1 + len(gates)) - 1)
    outputs = draw(st.lists(literal, min_size=1, max_size=4))
    return inputs, tuple(gates), tuple(outputs)
