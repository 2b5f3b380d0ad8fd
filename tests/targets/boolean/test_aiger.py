"""AIGER files: what is written is read as the same function, and no broken file as anything."""

import re

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from sample_circuits import circuits

from noflat.targets import bit_states
from noflat.targets.boolean import BooleanCircuit, Gate, read_aiger, trace, truth_table, write_aiger
from noflat.targets.boolean.aiger import and_inverter_graph

HALF_ADDER = "aag 7 2 0 2 3\n2\n4\n6\n12\n6 13 15\n12 2 4\n14 3 5\n"
NAMED = HALF_ADDER + "i0 x\ni1 y\no0 s\no1 carry out\nc\nhalf adder\n"
COUNTER = "aag 5 1 1 0 3 1 1\n2\n4 10 0\n4\n3\n6 5 3\n8 4 2\n10 9 7\n"
BINARY = b"aig 3 2 0 1 1\n6\n\x02\x02"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("aiger")


def read(folder, text, name="some.aag"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_aiger(path)


@pytest.mark.parametrize("suffix", [".aag", ".aig"])
@given(described=circuits(least_inputs=0))
def test_what_is_written_is_read(folder, suffix, described):
    circuit = BooleanCircuit(*described)
    path = folder / f"circuit{suffix}"
    write_aiger(circuit, path)
    found = read_aiger(path)
    words = np.arange(2**circuit.inputs)[:, None] >> np.arange(circuit.inputs) & 1
    assert (found(words) == circuit(words)).all()
    assert found.size == and_inverter_graph(circuit).size
    again = path.read_bytes()
    write_aiger(found, path)
    assert path.read_bytes() == again


def test_both_formats_are_the_same_circuit(folder):
    circuit = trace(lambda a, b: a * b, 6, 6)
    for suffix in (".aag", ".aig"):
        write_aiger(circuit, folder / f"product{suffix}")
    found = read_aiger(folder / "product.aig")
    assert read_aiger(folder / "product.aag") == found
    assert found.kinds == {"and": found.size}
    assert (truth_table(found) == truth_table(circuit)).all()
    assert (folder / "product.aig").stat().st_size < (folder / "product.aag").stat().st_size / 3


def test_deltas_of_more_than_a_byte(folder):
    n = 20_000
    inputs = BooleanCircuit(
        n, (Gate("and", (2, 2 * n)), Gate("and", (3, 2 * n + 1))), (40002, 40004)
    )
    write_aiger(inputs, folder / "wide.aig")
    found = read_aiger(folder / "wide.aig")
    assert [sorted(gate.operands) for gate in found.gates] == [[2, 2 * n], [3, 2 * n + 1]]
    assert found.outputs == inputs.outputs


def test_the_half_adder_of_the_report(folder):
    for text in (HALF_ADDER, NAMED, HALF_ADDER.rstrip(), HALF_ADDER.replace("\n", "\r\n")):
        found = read(folder, text)
        assert [found.on_integers(word)[0] for word in range(4)] == [0, 1, 1, 2]
        assert found.size == 3
        assert found.depth == 2


@pytest.mark.parametrize(
    ("text", "inputs", "table"),
    [
        ("aag 0 0 0 0 0\n", 0, [[]]),
        ("aag 0 0 0 1 0\n0\n", 0, [[0]]),
        ("aag 0 0 0 1 0\n1\n", 0, [[1]]),
        ("aag 1 1 0 1 0\n2\n2\n", 1, [[0], [1]]),
        ("aag 1 1 0 1 0\n2\n3\n", 1, [[1], [0]]),
        ("aag 3 2 0 1 1\n2\n4\n7\n6 3 5\n", 2, [[0], [1], [1], [1]]),
        ("aag 9 2 0 1 1\n18\n4\n7\n6 19 5\n", 2, [[0], [1], [1], [1]]),  # gaps, any order
        ("aag 3 1 0 2 1\n6\n2\n1\n2 6 6\n", 1, [[0, 1], [1, 1]]),
        (BINARY, 2, [[0], [0], [0], [1]]),
        (b"aig 0 0 0 1 0\n1\n", 0, [[1]]),
        (b"aig 2 1 0 1 1\n5\n\x04\x00", 1, [[1], [1]]),  # an AND of two zeros
    ],
)
def test_small_files(folder, text, inputs, table):
    found = read(folder, text)
    assert found.inputs == inputs
    words = np.arange(2**inputs)[:, None] >> np.arange(inputs) & 1
    assert found(words).astype(int).tolist() == table


def test_a_latch_is_an_input_and_an_output(folder):
    counter = read(folder, COUNTER)
    assert counter.widths == (1, 1)
    assert counter.output_widths == (1, 1, 1)  # bad state, constraint, next state
    for enable in (0, 1):
        for state in (0, 1):
            bad, constraint, after = counter.on_integers(enable, state)
            assert bad == state
            assert constraint == 1 - enable
            assert after == state ^ enable
    for reset in (" 0", " 1", " 4", ""):
        assert read(folder, COUNTER.replace("4 10 0", f"4 10{reset}")) == counter
    binary = b"aig 5 1 1 0 3 1 1\n10 4\n4\n3\n\x01\x02\x04\x02\x01\x02"
    assert (truth_table(read(folder, binary)) == truth_table(counter)).all()
    named = COUNTER + "i0 enable\nl0 count\nb0 reached\nc0 never\nc\nc0 a comment\n"
    assert read(folder, named) == counter


def test_ands_of_an_ascii_file_come_in_any_order(folder):
    circuit = and_inverter_graph(trace(lambda a, b: a + b, 5, 5))
    write_aiger(circuit, folder / "sum.aag")
    lines = (folder / "sum.aag").read_text().splitlines()
    first = 1 + circuit.inputs + len(circuit.outputs)
    chance = np.random.default_rng(0)
    for _ in range(5):
        mixed = lines[:first] + list(chance.permutation(lines[first:]))
        found = read(folder, "\n".join(mixed))
        assert (truth_table(found) == truth_table(circuit)).all()


def test_a_chain_backward_of_any_length_is_sorted(folder):
    n = 20_000
    ands = [f"{2 * i} {2 * (i - 1)} 2" for i in range(n, 1, -1)]
    found = read(folder, f"aag {n} 1 0 1 {n - 1}\n2\n{2 * n}\n" + "\n".join(ands))
    assert found.depth == n - 1
    assert found.on_integers(1) == (1,)


BROKEN = {
    # the header
    "empty": ("", "line 1: it must begin with aag or aig; got ''"),
    "other format": ("p cnf 3 2\n", "line 1: it must begin with aag or aig; got 'p cn'"),
    "tab": ("aag\t1 1 0 1 0\n2\n2\n", "line 1: it must begin with aag or aig"),
    "few counts": ("aag 1 1 0 1\n2\n2\n", "line 1: aag or aig and 5 to 9 numbers M I L O A"),
    "many counts": ("aag 0 0 0 0 0 0 0 0 0 0\n", "line 1: aag or aig and 5 to 9 numbers"),
    "a word": ("aag 1 one 0 1 0\n2\n2\n", "line 1: .*; got '1 one 0 1 0'"),
    "negative": ("aag 1 1 0 -1 0\n2\n2\n", "line 1: aag or aig and 5 to 9 numbers"),
    "two spaces": ("aag 1  1 0 1 0\n2\n2\n", "line 1: aag or aig and 5 to 9 numbers"),
    "leading zero": ("aag 01 1 0 1 0\n2\n2\n", "line 1: aag or aig and 5 to 9 numbers"),
    "other digits": ("aag \u0661 1 0 1 0\n2\n2\n", r"line 1: .*\\xd9\\xa1"),
    "justice": ("aag 1 1 0 0 0 0 0 1\n2\n1\n2\n", "line 1: justice and fairness are of infinite"),
    "fairness": ("aag 1 1 0 0 0 0 0 0 1\n2\n2\n", "line 1: justice and fairness are of infinite"),
    "M too small": (
        "aag 2 2 0 1 1\n2\n4\n6\n6 2 4\n",
        "line 1: M must be at least I .* 3; got 2",
    ),
    "M no sum": (b"aig 4 2 0 1 1\n6\n\x02\x02", r"line 1: M must be I \+ L \+ A = 3; got 4"),
    "M too large": ("aag 9999999999 0 0 0 0\n", "line 1: M must be at most 2147483647"),
    "many digits": (f"aag {'9' * 9999} 0 0 0 0\n", "line 1: aag or aig and 5 to 9 numbers"),
    "many ANDs": (
        "aag 2000000000 1 0 1 1999999999\n2\n2\n",
        "takes at least 4000000001 b.*only 4",
    ),
    "many outputs": (
        "aig 1 1 0 2000000000 0\n2\n",
        "line 1: what it announces takes at leas",
    ),
    # lines
    "no output": ("aag 1 1 0 2 0\n2\n3     \n", "line 3: an output must stand there"),
    "no line": ("aag 2 2 0 1 0\n22222\n4\n", "line 4: the file ends where an output must stand"),
    "ends early": ("aag 3 2 0 1 1\n2\n4\n666666\n", "line 5: the file ends where an AND of three"),
    "blank line": ("aag 1 1 0 1 0\n\n2\n2\n", "line 2: an input must stand there.*; got ''"),
    "not a number": ("aag 1 1 0 1 0\ntwo\n2\n", "line 2: an input must stand there.*; got 'two'"),
    "two on a line": ("aag 2 2 0 1 0\n2 4\n2\n2\n", "line 2: an input must stand there"),
    "space at the end": ("aag 1 1 0 1 0\n2 \n2\n", "line 2: an input must stand there"),
    "and of two": ("aag 2 1 0 1 1\n2\n4\n4 2\n", "line 4: an AND of three literals must"),
    "and of four": ("aag 2 1 0 1 1\n2\n4\n4 2 2 2\n", "line 4: an AND of three literals must"),
    "latch alone": ("aag 1 0 1 0 0\n2\nc\nlong\n", "line 2: a latch must stand there"),
    "latch of four": ("aag 1 0 1 0 0\n2 2 0 0\n", "line 2: a latch must stand there"),
    "reset": ("aag 2 1 1 0 0\n2\n4 2 3\n", "line 3: a latch must begin as 0, 1 or itself; got 3"),
    "binary reset": ("aig 2 1 1 0 0\n2 3\n", "line 2: a latch must begin as 0, 1 or itself; got 3"),
    "non-ASCII": (b"aag 1 1 0 1 0\n2\xff\n2\n", r"line 2: an input must stand there.*'2\\xff'"),
    # literals
    "odd input": ("aag 1 1 0 1 0\n3\n2\n", "line 2: 3 is negated; only even literals are defined"),
    "odd latch": ("aag 1 0 1 0 0\n3 2\n", "line 2: 3 is negated; only even literals are defined"),
    "odd AND": ("aag 2 1 0 1 1\n2\n4\n5 2 2\n", "line 4: 5 is negated; only even literals are"),
    "constant": ("aag 1 1 0 1 0\n0\n0\n", "line 2: literal 0 is defined already"),
    "input twice": ("aag 2 2 0 1 0\n2\n2\n2\n", "line 3: literal 2 is defined already"),
    "AND of an input": ("aag 2 1 0 1 1\n2\n2\n2 2 2\n", "line 4: literal 2 is defined already"),
    "AND twice": ("aag 3 1 0 1 2\n2\n4\n4 2 2\n4 2 3\n", "line 5: literal 4 is defined already"),
    "beyond M": ("aag 1 1 0 1 0\n2\n4\n", "line 3: M allows literals up to 3; got 4"),
    "AND beyond M": ("aag 2 1 0 1 1\n2\n4\n4 2 6\n", "line 4: M allows literals up to 5; got 6"),
    "binary beyond M": ("aig 1 1 0 1 0\n4\n", "line 2: M allows literals up to 3; got 4"),
    "binary latch": ("aig 1 0 1 0 0\n9\n", "line 2: M allows literals up to 3; got 9"),
    "undefined output": ("aag 2 1 0 1 0\n2\n4\n", "line 3: literal 4 is defined nowhere"),
    "undefined operand": ("aag 3 1 0 1 1\n2\n4\n4 2 7\n", "line 4: literal 7 is defined nowhere"),
    "undefined state": ("aag 2 0 1 0 0\n2 5\n", "line 2: literal 5 is defined nowhere"),
    "of itself": ("aag 2 1 0 1 1\n2\n4\n4 2 5\n", "line 4: literal 4 depends on itself"),
    "cycle": ("aag 4 1 0 1 3\n2\n4\n4 6 2\n6 9 2\n8 5 2\n", "line [456]: literal [468] depends on"),
    # binary ANDs
    "no deltas": (BINARY[:-2] + b"\n", "line 1: what it announces takes at least 4 bytes; only 3"),
    "cut": (b"aig 3 2 0 1 1\n12\n\x82", "byte 18: the file ends within AND 0"),
    "goes on": (b"aig 3 2 0 1 1\n6\n" + b"\xff" * 9, "byte 21: a number of AND 0 goes on for more"),
    "delta 0": (
        b"aig 3 2 0 1 1\n6\n\x00\x02",
        "byte 16: AND 0, literal 6, must .*; got 6 and 4",
    ),
    "large delta": (b"aig 3 2 0 1 1\n6\n\x07\x00", "byte 16: AND 0, literal 6, must.*; got -1 and"),
    "larger delta": (b"aig 3 2 0 1 1\n6\n\x02\x05", "byte 16: AND 0, .*; got 4 and -1"),
    # names
    "rest": (HALF_ADDER + "2\n", "byte 45: after the ANDs come names.*; got '2'"),
    "no such input": (HALF_ADDER + "i2 z\n", "byte 45: after the ANDs come names.*; got 'i2 z'"),
    "no such latch": (HALF_ADDER + "l0 z\n", "after the ANDs come names"),
    "named twice": (HALF_ADDER + "i0 x\ni0 y\n", "byte 50: after the ANDs come names.*'i0 y'"),
    "no name": (HALF_ADDER + "i0\n", "after the ANDs come names"),
    "name in no ASCII": (HALF_ADDER + "i0 \u03b1\n", "after the ANDs come names"),
    "binary rest": (BINARY + b"\x01", r"byte 18: after the ANDs come names.*; got '\\x01'"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_one_error_that_says_where(tmp_path, name):
    text, message = BROKEN[name]
    path = re.escape(str(tmp_path / "broken"))
    with pytest.raises(ValueError, match=f"^`path` must be an AIGER file: {path}, .*{message}"):
        read(tmp_path, text, "broken")


def mutated(data, text):
    """The bytes with a few of them changed, left out, doubled, or cut off."""
    found = bytearray(text)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(0, len(found) - 1)))
        kind = data.draw(st.sampled_from(["byte", "digit", "out", "twice", "cut", "lines"]))
        if kind == "byte":
            found[at : at + 1] = bytes([data.draw(st.integers(0, 255))])
        elif kind == "digit":
            found[at : at + 1] = str(data.draw(st.integers(0, 99))).encode()
        elif kind == "out":
            del found[at : at + data.draw(st.integers(1, 8))]
        elif kind == "twice":
            found[at:at] = found[at : at + data.draw(st.integers(1, 8))]
        elif kind == "cut":
            del found[at:]
        else:
            lines = data.draw(st.permutations(bytes(found).split(b"\n")))
            found = bytearray(b"\n".join(lines))
    return bytes(found)


def circuit_or_error(folder, text):
    """Reads and runs it; of what is no circuit, the one error."""
    try:
        found = read(folder, text, "mutant")
    except ValueError as problem:
        problem_text = str(problem)
    else:
        if found.inputs <= 10:
            words = np.arange(2**found.inputs)[:, None] >> np.arange(found.inputs) & 1
            assert found(words).shape == (len(words), len(found.outputs))
        return
    assert problem_text.startswith("`path` must be an AIGER file: ")


@given(st.data())
@settings(max_examples=300)
def test_any_bytes_are_a_circuit_or_one_error(folder, data):
    binary = b"aig 5 1 1 0 3 1 1\n10 4\n4\n3\n\x01\x02\x04\x02\x01\x02"
    texts = [HALF_ADDER.encode(), NAMED.encode(), COUNTER.encode(), BINARY, binary + b"l0 s\nc\nx"]
    circuit_or_error(folder, mutated(data, data.draw(st.sampled_from(texts))))


@given(st.binary(max_size=40))
def test_arbitrary_bytes_after_a_header(folder, rest):
    for start in (b"", b"aag 3 2 0 1 1\n", b"aig 3 2 0 1 1\n6\n", b"aag ", b"aig "):
        circuit_or_error(folder, start + rest)


@pytest.mark.usefixtures("unchecked")
def test_paths(tmp_path):
    circuit = trace(lambda a: ~a, 2)
    for path in (*map(tmp_path.joinpath, ("x", "x.txt", "x.aig.gz", "x.AAG")), 5, None):
        with pytest.raises(ValueError, match=r"`path` must end in .aag \(ASCII\) or .aig"):
            write_aiger(circuit, path)
    folder = tmp_path / "folder.aig"
    folder.mkdir()
    for path in (tmp_path / "none" / "x.aag", folder, "a\0b.aig"):
        with pytest.raises(ValueError, match="`path` .* cannot be written to: "):
            write_aiger(circuit, path)
    for path in (tmp_path / "none.aig", folder, 5, None, "a\0b"):
        with pytest.raises(ValueError, match="^`path` must be an AIGER file: .* cannot be read: "):
            read_aiger(path)
    write_aiger(circuit, str(tmp_path / "circuit.aig"))
    assert read_aiger(str(tmp_path / "circuit.aig")).outputs == (3, 5)


def test_the_graph_of_a_sum_shares_its_parts():
    """A half adder is three ANDs, for the carry is one of the three of the sum."""
    assert and_inverter_graph(trace(lambda a, b: a + b, 1, 1)).size == 3
    assert and_inverter_graph(trace(lambda a, b: a ^ b, 1, 1)).size == 3
    assert and_inverter_graph(trace(lambda a, b: a | b, 1, 1)).size == 1
    words = bit_states(8)
    product = trace(lambda a, b: a * b, 4, 4)
    assert (and_inverter_graph(product)(words) == product(words)).all()
