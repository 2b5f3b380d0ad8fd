r"""Circuits that others made, as networks: read, compiled, and checked by up to four other ways.

For every .aig and .aag in a folder: the circuit of the file is compiled by `circuit_network`, and

* the network is compared with the interpreter, on all words of up to 20 bits and on random ones
  beyond: half of them uniform, half with shares of ones from 1/16 to 15/16. The network is run by
  `gate_outputs`, layer by layer and without jit, for some are thousands of layers deep; up to 100
  layers the network itself is called, too, on eight of the words;
* the interpreter is compared with Biere's aigsim (http://fmv.jku.at/aiger), on the first words;
* what `write_aiger` writes is proved equal to the file, on all words, by ABC (the Debian package
  berkeley-abc) as `cec`;
* where it is known what the circuit is for, the network is compared with Python's own integers.

A peer that is not on the path is left out, and its columns are empty; so are those of files with
latches, which peers would run from state to state. The committed table was made with aigsim of
AIGER 1.9.26 and ABC 1.01 (Debian 1.01+20221019git70cb339+dfsg-4). It is of the EPFL combinational
benchmarks, https://github.com/lsils/benchmarks at commit 94e25f33b9bcbaa155e20ceedc6f6dc45bdffddf:
the twenty files arithmetic/*.aig and random_control/*.aig in one folder (Amaru, Gaillardon and De
Micheli, "The EPFL Combinational Benchmark Suite", IWLS 2015).

    python benchmarks/aiger.py FOLDER [--words 1024] [--out benchmarks/aiger.csv]
"""

import argparse
import csv
import hashlib
import math
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from noflat.constructions import circuit_network
from noflat.measure import gate_outputs
from noflat.targets import bit_states
from noflat.targets.boolean import BooleanCircuit, read_aiger, write_aiger

BATCH = 256
MOST_EXHAUSTIVE = 20
AIGSIM_WORDS = 256
CALLED_WORDS, MOST_CALLED = 8, 100
"""The network itself is called where it has no more hidden layers."""

MASK = 2**128 - 1


def _rotated(bits: int, by: int) -> int:
    return (bits << by | bits >> (128 - by)) & MASK


def _divided(a: int, b: int) -> int | None:
    return a // b | a % b << 64 if b else None


# What the files of that name are for: the widths of their integers, what they are called in the
# table, and Python's own; None where nothing is defined. Found by trying and held by the table.
MEANINGS: dict[str, tuple[tuple[int, ...], str, Callable[..., int | None]]] = {
    "adder": ((128, 128), "a + b", lambda a, b: a + b),
    "bar": ((128, 7), "a rotated by b", _rotated),
    "dec": ((8,), "2^(a xor 128)", lambda a: 1 << (a ^ 128)),
    "div": ((64, 64), "a // b and a % b", _divided),
    "hyp": (
        (128, 128),
        "isqrt((a^2 + b^2) mod 2^256)",
        lambda a, b: math.isqrt((a * a + b * b) % 2**256),
    ),
    "multiplier": ((64, 64), "a * b", lambda a, b: a * b),
    "priority": ((128,), "the highest one", lambda a: 128 + a.bit_length() - 1 if a else None),
    "sqrt": ((128,), "isqrt(a)", math.isqrt),
    "square": ((64,), "a * a", lambda a: a * a),
    "voter": ((1001,), "majority of 1001", lambda a: int(a.bit_count() > 500)),
}


def batches(inputs: int, count: int) -> Iterator[np.ndarray]:
    """All words where there are few, shuffled; random ones else, half of them of few or many ones.

    Uniform words are mostly 0 to an AND of many.
    """
    chance = np.random.default_rng(0)
    if inputs <= MOST_EXHAUSTIVE:
        words = chance.permutation(bit_states(inputs)) if inputs else np.zeros((1, 0), int)
    else:
        shares = np.where(np.arange(count) % 2, 0.5, chance.integers(1, 16, count) / 16)
        words = (chance.random((count, inputs)) < shares[:, None]).astype(int)
    for first in range(0, len(words), BATCH):
        yield words[first : first + BATCH]


def integer(bits: np.ndarray) -> int:
    """Reads bits as one integer, lowest first."""
    return int.from_bytes(np.packbits(bits.astype(bool), bitorder="little").tobytes(), "little")


def by_meaning(name: str, words: np.ndarray, found: np.ndarray) -> tuple[int, int]:
    """On how many words Python's integers say something, and how many outputs differ."""
    widths, _, exact = MEANINGS[name]
    known = wrong = 0
    for word, bits in zip(words, found, strict=True):
        parts = np.split(word, np.cumsum(widths)[:-1])
        wanted = exact(*map(integer, parts))
        known += wanted is not None
        wrong += wanted is not None and wanted != integer(bits)
    return known, wrong


def by_aigsim(path: Path, words: np.ndarray, found: np.ndarray) -> dict[str, Any]:
    """What aigsim says of the same words."""
    program = shutil.which("aigsim")
    if program is None:
        return {}
    lines = "".join("".join(map(str, word)) + "\n" for word in words) + ".\n"
    done = subprocess.run([program, path], input=lines, capture_output=True, text=True, check=True)
    # a line is state, inputs, outputs, next state; without latches the first and last are empty
    outputs = [line.split(" ")[2] for line in done.stdout.splitlines() if line.count(" ") == 3]
    expected = ["".join(map(str, row)) for row in found.astype(int).tolist()]
    if len(outputs) != len(expected):
        raise RuntimeError(
            f"aigsim gave {len(outputs)} lines for {len(expected)} words: {done.stderr}"
        )
    wrong = sum(one != other for one, other in zip(outputs, expected, strict=True))
    return {"aigsim_words": len(expected), "aigsim_wrong": wrong}


def by_abc(path: Path, circuit: BooleanCircuit) -> dict[str, Any]:
    """Whether ABC proves that the circuit, written anew, is that of the file."""
    program = shutil.which("berkeley-abc") or shutil.which("abc")
    if program is None or path.suffix != ".aig":  # ABC reads no .aag
        return {}
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder) / "again.aig"
        write_aiger(circuit, again)
        try:
            done = subprocess.run(
                [program, "-c", f"cec -n {path} {again}"],
                capture_output=True,
                text=True,
                check=True,
                timeout=600,
            )
        except subprocess.TimeoutExpired:
            return {"abc": "undecided"}
    same, different = "are equivalent" in done.stdout, "NOT EQUIVALENT" in done.stdout
    return {"abc": "equal" if same else "different" if different else "undecided"}


def row(path: Path, circuit: BooleanCircuit, count: int) -> dict[str, Any]:
    """Everything of one file."""
    network = circuit_network(circuit, dtype="float32")
    name = path.stem
    combinational = path.read_bytes().split(maxsplit=4)[3] == b"0"  # latches: peers would run them
    words_checked = wrong = known = differing = 0
    first: tuple[np.ndarray, np.ndarray] | None = None
    for words in batches(circuit.inputs, count):
        found, expected = gate_outputs(network, words), circuit(words)
        words_checked += len(words)
        wrong += int((found != expected).any(axis=1).sum())
        if name in MEANINGS:
            some, others = by_meaning(name, words, found)
            known, differing = known + some, differing + others
        first = first or (words[:AIGSIM_WORDS], expected[:AIGSIM_WORDS])
    assert first is not None
    called = min(CALLED_WORDS, words_checked) if network.hidden_layers <= MOST_CALLED else 0
    if called:
        outputs = jax.vmap(network)(jnp.asarray(first[0][:called], "float32"))
        wrong += int((np.asarray(outputs) != first[1][:called]).any(axis=1).sum())
    return {
        "name": name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "inputs": circuit.inputs,
        "outputs": len(circuit.outputs),
        "gates": circuit.size,
        "depth": circuit.depth,
        "neurons": network.neurons,
        "hidden_layers": network.hidden_layers,
        "synapses": network.synapses,
        "largest_weight": max(
            (float(np.abs(layer.weights).max()) for layer in network.layers if layer.weights.size),
            default=0.0,
        ),
        "words": words_checked,
        "all_words": circuit.inputs <= MOST_EXHAUSTIVE,
        "called_words": called,
        "wrong": wrong,
        **(by_aigsim(path, *first) if combinational else {}),
        **(by_abc(path, circuit) if combinational else {}),
        **(
            {"meaning": MEANINGS[name][1], "meaning_words": known, "meaning_wrong": differing}
            if name in MEANINGS
            else {}
        ),
    }


COLUMNS = [
    *("name", "sha256", "inputs", "outputs", "gates", "depth", "neurons", "hidden_layers"),
    *("synapses", "largest_weight", "words", "all_words", "called_words", "wrong"),
    *("aigsim_words", "aigsim_wrong", "abc", "meaning", "meaning_words", "meaning_wrong"),
]


def main() -> None:
    """Runs all files, prints a line each, and writes the table."""
    flags = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    flags.add_argument("folder", type=Path)
    flags.add_argument("--words", type=int, default=1024)
    flags.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    asked = flags.parse_args()
    paths = [path for path in asked.folder.iterdir() if path.suffix in (".aag", ".aig")]
    if not paths:
        flags.error(f"no .aag and no .aig in {asked.folder}")
    rows = []
    for path in sorted(paths, key=lambda path: path.stat().st_size):
        try:
            circuit = read_aiger(path)
        except ValueError as problem:
            print("left out:", problem)
            continue
        rows.append(row(path, circuit, asked.words))
        print({key: value for key, value in rows[-1].items() if key != "sha256"}, flush=True)
    with asked.out.open("w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        table.writeheader()
        table.writerows(sorted(rows, key=lambda one: one["name"]))


if __name__ == "__main__":
    main()
