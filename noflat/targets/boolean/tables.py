r"""Truth tables: the circuit of any function of few bits, and back.

A function splits at its last input into two functions of one input less, and a mux puts them
together again (Shannon's expansion); equal subfunctions are made once. The gates are the nodes of
the reduced ordered decision diagrams of the outputs, in the order of the inputs: at most $2^n-1$
for one output, $n(n+1)/2$ for a symmetric function.
"""

from typing import Any

import numpy as np
from jaxtyping import Bool

from noflat.targets.bits import bit_states
from noflat.targets.boolean.builder import Builder
from noflat.targets.boolean.circuits import FALSE, TRUE, BooleanCircuit


def table_circuit(table: Any, *, fan_in: int = 3) -> BooleanCircuit:
    r"""The circuit of a truth table.

    Args:
        table: Zeros and ones of shape $(2^n,)$ or $(2^n,\text{outputs})$, in the order of
            `bit_states`: bit i of the number of a row is input i.
        fan_in: The most operands of a gate; with 2 a mux is three gates.

    Returns:
        The circuit.

    Raises:
        ValueError: If the rows are not 2, 4, 8, ... of zeros and ones.

    Example:
        >>> majority = table_circuit([0, 0, 0, 1, 0, 1, 1, 1])
        >>> majority.size, majority.on_integers(0b101)
        (3, (1,))

    Reference:
        Shannon (1938); Bryant (1986), "Graph-based algorithms for Boolean function manipulation".
    """
    rows = np.asarray(table)
    rows = rows[:, None] if rows.ndim == 1 else rows
    n = len(rows).bit_length() - 1 if rows.ndim == 2 else 0
    if n < 1 or len(rows) != 2**n or not rows.size or not np.isin(rows, (0, 1)).all():
        raise ValueError(
            "`table` must be zeros and ones, a row for each of 2, 4, 8, ... words; got the shape "
            f"{np.shape(table)}"
        )
    builder = Builder(n, fan_in=fan_in)
    known: dict[bytes, int] = {}

    def literal(values: Bool[np.ndarray, " words"]) -> int:
        """Of the function of the first inputs that takes these values."""
        if values.all() or not values.any():
            return TRUE if values[0] else FALSE
        key = values.tobytes()  # its length tells how many inputs
        if key not in known:
            low, high = np.split(values, 2)
            last = builder.input_literals[len(values).bit_length() - 2]
            known[key] = builder.mux(last, literal(high), literal(low))
        return known[key]

    return builder.finished([literal(column) for column in rows.T.astype(bool)])


def truth_table(circuit: BooleanCircuit) -> Bool[np.ndarray, "words outputs"]:
    """The outputs of a circuit on all words, in the order of `bit_states`.

    Args:
        circuit: Of at most 20 inputs.

    Returns:
        A row per word.

    Raises:
        ValueError: If there are more inputs.

    Example:
        >>> from noflat.targets.boolean.tables import truth_table
        >>> print(truth_table(table_circuit([0, 1, 1, 0]))[:, 0].astype(int))
        [0 1 1 0]
    """
    return circuit(bit_states(circuit.inputs))
