"""The experiment runs at its smallest; its claims follow from the rows, and each can fail."""

from dataclasses import replace

import pytest
from spoiled import Spoiled, check_claims

from noflat.experiments.circuits import EXPERIMENT, PRESETS, claims


def more(column, **only):
    """One more, in the rows with these cells."""
    return lambda row: {column: row[column] + all(row[k] == v for k, v in only.items())}


SPOILED: Spoiled = {
    "words on which a circuit differs from Python's own integers": (
        "programs",
        more("wrong_python", program="divide", n=8, fan_in=2),
    ),
    "words on which a network differs from the interpreter, all words tried": (
        "programs",
        more("wrong", program="add", n=8, fan_in=2),
    ),
    "words on which a network differs from the interpreter, random words": (
        "programs",
        more("wrong", program="add", n=16, fan_in=2),
    ),
    "largest weight of all networks of programs": (
        "programs",
        more("largest_weight", program="multiply", n=4, fan_in=3),
    ),
    "networks with as many hidden layers as their circuit is deep": (
        "programs",
        more("hidden_layers", program="sort", n=4, fan_in=3),
    ),
    "networks with as many neurons, gate by gate, as gates, and one more per XOR": (
        "programs",
        more("neurons_apart", program="parity", n=4, fan_in=2),
    ),
    "networks with fewer neurons than is certified for their in-degree": (
        "programs",
        lambda row: {"neurons": row["neurons"] - 28 * (row["program"] == "parity")},
    ),
    "neurons of the multiplier of 16 bits, gate by gate": (
        "layouts",
        more("neurons", layout="gate by gate", fan_in=2),
    ),
    "neurons of the multiplier of 16 bits where gates share them": (
        "layouts",
        more("neurons", layout="shared", fan_in=2),
    ),
    "neurons of the multiplier of 16 bits from gates of three operands": (
        "layouts",
        more("neurons", layout="shared", fan_in=3),
    ),
    "words on which a multiplier of 16 bits, compiled in any way, is wrong": (
        "layouts",
        more("wrong", layout="no skips", fan_in=3),
    ),
    **{
        f"words on which a multiplier of 16 bits is wrong in {dtype}": (
            "dtypes",
            more("wrong", dtype=dtype, fan_in=2),
        )
        for dtype in ("int8", "bfloat16", "float16", "float32", "float64")
    },
    "multipliers whose table takes a neuron per pair without a zero": (
        "programs",
        lambda row: {"flat_neurons": (row["flat_neurons"] or 0) + 1},
    ),
    "flattening cost of the multiplier of 10 bits: table over deep neurons": (
        "programs",
        more("neurons", program="multiply", n=10, fan_in=3),
    ),
    "words off in restoring networks, with noise of the certified radius or less": (
        "noise",
        more("off", radius=0.1875, noise_on="every value"),
    ),
    "restoring networks with noise beyond the certified radius that are off on some word": (
        "noise",
        lambda row: {"off": row["off"] * (row["radius"] > 0.21)},
    ),
    "trees of exclusive ORs, not restored, with errors of at most 2^depth times the noise": (
        "noise",
        lambda row: {"max_error": row["max_error"] + (row["depth"] == 2)},
    ),
    "error over noise of the tree of 10 levels, not restored: worst": (
        "noise",
        lambda row: {"zeros_error": row["zeros_error"] * 1.01},
    ),
    "words on which the circuit or network of a random table is wrong": (
        "random_tables",
        more("wrong", bits=7, member=3),
    ),
    "neurons of the circuit of a random table of 12 bits, the least of 10": (
        "random_tables",
        lambda row: {"neurons": row["certified_neurons"]},
    ),
}


def test_the_smallest_size_passes():
    seen = []
    tables = EXPERIMENT.tables(PRESETS["smoke"], lambda *parts: seen.append(parts))
    assert seen == [(done, 5) for done in range(1, 6)]
    assert set(tables) == {
        *("programs", "layouts", "dtypes", "noise", "random_tables", "claims"),
    }
    assert [row["claim"] for row in tables["claims"] if row["verdict"] != "pass"] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sizes": (1,)}, "`sizes` and `largest` must be at least 2"),
        ({"exhaustive": 25}, "`exhaustive` must be at most 24 bits; got 25"),
        ({"table_bits": (17,)}, "`table_bits` must be from 1 to 16"),
        ({"table_bits": (2, 5)}, "one of them 6 or more, for counting says little of fewer"),
        ({"radii": (12,)}, "one of them at most 12, the certified radius, and one more"),
        ({"radii": (13,)}, "one of them at most 12, the certified radius"),
        ({"levels": (13,)}, "`levels` must be at most 12"),
    ],
)
def test_settings_that_say_nothing_are_told(change, said):
    with pytest.raises(ValueError, match=said):
        EXPERIMENT.tables(replace(PRESETS["smoke"], **change))


def test_claims_follow_from_the_rows_and_can_fail():
    check_claims("circuits", claims, SPOILED)
