"""The rows of the experiment on circuits."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from noflat.certificates.circuits import counting_bound, dependence_bound, verify_dependence
from noflat.constructions.circuits import circuit_network, flat_neurons, noise_radius
from noflat.experiments.records import Row
from noflat.measure.gates import Noise, gate_outputs, reading_noise, words_of, wrong_words
from noflat.networks.sparse import SparseNetwork
from noflat.targets.boolean import BooleanCircuit, table_circuit, truth_table
from noflat.targets.boolean.circuits import integers
from noflat.targets.boolean.programs import PROGRAMS, Program

_FLAT_AT_MOST = 20
"""The table of so many inputs is counted."""


def program_rows(settings: Any) -> Iterator[Row]:
    """Every program at every size, with gates of two operands and of three."""
    for name, program in PROGRAMS.items():
        for n in settings.sizes:
            wrong_python, tried = _against_python(program, n, settings)
            for fan_in in (2, 3):
                circuit = program.circuit(n, fan_in=fan_in)
                network = circuit_network(circuit)
                all_words = circuit.inputs <= settings.exhaustive
                most = 2**circuit.inputs if all_words else settings.words
                wrong, words = wrong_words(network, circuit, most=most, seed=settings.seed)
                sizes = _sizes(network)
                bound = dependence_bound(circuit, seed=settings.seed)
                yield {
                    "program": name,
                    "n": n,
                    "fan_in": fan_in,
                    "inputs": circuit.inputs,
                    "outputs": len(circuit.outputs),
                    "gates": circuit.size,
                    "depth": circuit.depth,
                    "xors": circuit.kinds.get("xor", 0),
                    "muxes": circuit.kinds.get("mux", 0),
                    "neurons_apart": circuit_network(circuit, shared=False).neurons,
                    **sizes,
                    "depends_on": verify_dependence(bound),
                    "certified_neurons": bound.fewest_neurons(sizes["in_degree"]),
                    "flat_neurons": _flat(circuit),
                    "words": words,
                    "all_words": int(all_words),
                    "wrong": wrong,
                    "python_words": tried,
                    "wrong_python": wrong_python,
                }


def _against_python(program: Program, n: int, settings: Any) -> tuple[int, int]:
    """On how many words circuits differ from Python's integers, and how many were tried."""
    widths = program.widths(n)
    circuits = [program.circuit(n, fan_in=fan_in) for fan_in in (2, 3)]
    wrong = tried = 0
    for words in words_of(sum(widths), settings.python, seed=settings.seed):
        found = [integers(circuit(words), circuit.output_widths).tolist() for circuit in circuits]
        for values, *given in zip(integers(words, widths).tolist(), *found, strict=True):
            if wanted := program.exact(*values):
                wrong += any(tuple(numbers) != wanted for numbers in given)
                tried += 1
    return wrong, tried


def _sizes(network: SparseNetwork) -> Row:
    weights = np.concatenate([np.asarray(layer.weights) for layer in network.layers])
    return {
        "neurons": network.neurons,
        "synapses": network.synapses,
        "hidden_layers": network.hidden_layers,
        "in_degree": _in_degree(network),
        "largest_weight": float(np.abs(weights).max(initial=0)),
    }


def _in_degree(network: SparseNetwork) -> int:
    """The most synapses of a neuron or an output."""
    return max(int(np.bincount(layer.columns, minlength=1).max()) for layer in network.layers)


def _flat(circuit: BooleanCircuit) -> int | None:
    return flat_neurons(circuit) if circuit.inputs <= _FLAT_AT_MOST else None


_LAYOUTS: dict[str, dict[str, bool]] = {
    "gate by gate": {"shared": False},
    "shared": {},
    "restoring": {"restoring": True},
    "no skips": {"skips": False},
}


def layout_rows(settings: Any) -> Iterator[Row]:
    """The largest multiplier, compiled in several ways."""
    for fan_in in (2, 3):
        circuit = PROGRAMS["multiply"].circuit(settings.largest, fan_in=fan_in)
        for layout, options in _LAYOUTS.items():
            network = circuit_network(circuit, **options)
            wrong, words = wrong_words(network, circuit, most=settings.words, seed=settings.seed)
            yield {
                "layout": layout,
                "n": settings.largest,
                "fan_in": fan_in,
                "gates": circuit.size,
                "depth": circuit.depth,
                **_sizes(network),
                "words": words,
                "wrong": wrong,
            }


def dtype_rows(settings: Any) -> Iterator[Row]:
    """The largest multiplier under jit, in every number format, each rounded as it says."""
    for fan_in, layout in ((2, "gate by gate"), (3, "shared")):
        circuit = PROGRAMS["multiply"].circuit(settings.largest, fan_in=fan_in)
        for dtype in ("int8", "bfloat16", "float16", "float32", "float64"):
            network = circuit_network(circuit, dtype=dtype, **_LAYOUTS[layout])
            evaluate = _compiled(network)
            wrong = tried = 0
            for words in words_of(circuit.inputs, settings.words, seed=settings.seed):
                found = np.asarray(evaluate(network, jnp.asarray(words, dtype)))
                wrong += int((found != circuit(words)).any(axis=1).sum())
                tried += len(words)
            yield {
                "n": settings.largest,
                "fan_in": fan_in,
                "layout": layout,
                "dtype": dtype,
                "neurons": network.neurons,
                "words": tried,
                "wrong": wrong,
            }


def _compiled(network: SparseNetwork) -> Callable[..., jax.Array]:
    # else XLA keeps bfloat16 and float16 values in float32 between operations that it fuses
    options = {"xla_allow_excess_precision": False}
    return jax.jit(lambda network, words: jax.vmap(network)(words), compiler_options=options)


def noise_rows(settings: Any) -> Iterator[Row]:
    """Trees of exclusive ORs and a multiplier, with noise on what gates read."""
    for level in settings.levels:
        circuit = PROGRAMS["parity"].circuit(2**level)
        yield from _noisy(f"parity of {2**level}", circuit, (_SMALL,), settings)
    level, bits = max(settings.levels), min(settings.largest, 8)
    for name, circuit in (
        (f"parity of {2**level}", PROGRAMS["parity"].circuit(2**level)),
        (f"multiplier of {bits}", PROGRAMS["multiply"].circuit(bits)),
    ):
        yield from _noisy(name, circuit, settings.radii, settings)


_SMALL = Fraction(1, 16)
"""Of a sixty-fourth: a little noise, to see by how much a network amplifies it."""


def _noisy(
    name: str, circuit: BooleanCircuit, radii: Sequence[int | Fraction], settings: Any
) -> Iterator[Row]:
    words = next(words_of(circuit.inputs, min(settings.words, 2000), seed=settings.seed))
    wanted, zeros = circuit(words), np.zeros((1, circuit.inputs))
    for restoring in (False, True):
        network = circuit_network(circuit, restoring=restoring)
        for sixty_fourths in radii:
            radius = Fraction(sixty_fourths) / 64
            up = gate_outputs(network, zeros, noise=_on_inputs(float(radius)))
            for where in ("inputs", "every value") if restoring else ("inputs",):
                noise = reading_noise(
                    float(radius), restored=where == "every value", seed=settings.seed
                )
                errors = np.abs(gate_outputs(network, words, noise=noise) - wanted).max(axis=1)
                # the outputs themselves are off by the noise, where that is on every value
                allowed = float(radius) if where == "every value" else 0.0
                yield {
                    "network": name,
                    "depth": circuit.depth,
                    "restoring": int(restoring),
                    "noise_on": where,
                    "radius": float(radius),
                    "certified_radius": float(noise_radius(circuit)),
                    "zeros_error": float(up[0].max() - circuit(zeros)[0].max()),
                    "words": len(words),
                    "max_error": float(errors.max()),
                    "wrong": int((errors > 0.5).sum()),
                    "off": int((errors > allowed + 1e-6).sum()),
                }


def _on_inputs(radius: float) -> Noise:
    """Every input a little too large: on zeros, the worst that can be done to exclusive ORs."""
    return lambda layer, values: values if layer else values + np.float32(radius)


def table_rows(settings: Any) -> Iterator[Row]:
    """Random truth tables: their circuits by shared subfunctions, and their tables."""
    draw = np.random.default_rng(settings.seed)
    for bits in settings.table_bits:
        for member in range(settings.tables):
            table = draw.integers(0, 2, (2**bits, 1)).astype(bool)
            circuit = table_circuit(table)
            network = circuit_network(circuit)
            wrong, words = wrong_words(network, circuit, most=2**bits, seed=0)
            yield {
                "bits": bits,
                "member": member,
                "ones": int(table.sum()),
                "gates": circuit.size,
                "depth": circuit.depth,
                "neurons": network.neurons,
                "in_degree": (degree := _in_degree(network)),
                "certified_neurons": counting_bound(bits, max(1, degree)),
                "flat_neurons": flat_neurons(circuit),
                "words": words,
                "wrong": wrong + int((truth_table(circuit) != table).sum()),
            }
