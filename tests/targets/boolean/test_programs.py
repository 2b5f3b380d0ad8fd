"""The programs are what Python's integers say, at every size."""

import pytest

from noflat.targets.bits import bit_states
from noflat.targets.boolean.circuits import integers
from noflat.targets.boolean.programs import PROGRAMS


@pytest.mark.parametrize("fan_in", [2, 3])
@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("n", [2, 3, 5])
def test_programs_are_python_on_every_word(name, n, fan_in):
    program = PROGRAMS[name]
    if sum(program.widths(n)) > 12:
        pytest.skip("too many words: the experiment tries random ones")
    circuit = program.circuit(n, fan_in=fan_in)
    assert circuit.fan_in <= fan_in
    words = bit_states(circuit.inputs)
    found = integers(circuit(words), circuit.output_widths).tolist()
    compared = 0
    for values, numbers in zip(integers(words, circuit.widths).tolist(), found, strict=True):
        if wanted := program.exact(*values):
            assert tuple(numbers) == wanted
            compared += 1
    assert compared >= len(words) - 2**n


def test_division_by_zero_gives_ones_and_the_dividend():
    assert PROGRAMS["divide"].circuit(4).on_integers(11, 0) == (15, 11)
    assert PROGRAMS["divide"].exact(11, 0) == ()
