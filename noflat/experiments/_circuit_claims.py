"""The claims of the experiment on circuits, from its rows alone."""

from noflat.experiments._claims import claim, every, none
from noflat.experiments._flags import Tables
from noflat.experiments.records import Row, where


def claims(tables: Tables) -> list[Row]:
    """What was predicted beside what was found."""
    return [
        *_of_programs(tables["programs"]),
        *_of_layouts(tables["layouts"], tables["dtypes"]),
        *_of_multipliers(tables["programs"]),
        *_of_noise(tables["noise"]),
        *_of_tables(tables["random_tables"]),
    ]


def _of_programs(rows: list[Row]) -> list[Row]:
    once = where(rows, fan_in=2)  # both circuits of a size are compared on the same words
    every_word = [row for row in rows if row["all_words"]]
    random = [row for row in rows if not row["all_words"]]
    return [
        none(
            "words on which a circuit differs from Python's own integers",
            sum(row["wrong_python"] for row in once),
            note=f"{sum(row['python_words'] for row in once)} words, two circuits each",
        ),
        none(
            "words on which a network differs from the interpreter, all words tried",
            sum(row["wrong"] for row in every_word),
            note=f"{len(every_word)} networks, {sum(row['words'] for row in every_word)} words",
        ),
        none(
            "words on which a network differs from the interpreter, random words",
            sum(row["wrong"] for row in random) if random else None,
            note=f"{len(random)} networks, {sum(row['words'] for row in random)} words",
        ),
        claim(
            "largest weight of all networks of programs",
            "2",
            2.0,
            "<=",
            max(row["largest_weight"] for row in rows),
        ),
        every(
            "networks with as many hidden layers as their circuit is deep",
            [row["hidden_layers"] == row["depth"] for row in rows],
        ),
        every(
            "networks with as many neurons, gate by gate, as gates, and one more per XOR",
            [row["neurons_apart"] == row["gates"] + row["xors"] for row in where(rows, fan_in=2)],
        ),
        none(
            "networks with fewer neurons than is certified for their in-degree",
            sum(row["neurons"] < row["certified_neurons"] for row in rows),
            note="(m - 1)/(c - 1) - 1 for an output of m inputs and in-degree c",
        ),
    ]


def _of_layouts(layouts: list[Row], dtypes: list[Row]) -> list[Row]:
    n = layouts[0]["n"]

    def neurons(layout: str, fan_in: int) -> int:
        return where(layouts, layout=layout, fan_in=fan_in)[0]["neurons"]

    return [
        claim(
            f"neurons of the multiplier of {n} bits, gate by gate",
            "8n^2 - 11n",
            8 * n**2 - 11 * n,
            "=",
            neurons("gate by gate", 2),
            note="of gates of two operands: n(n - 2) full and n half adders",
        ),
        claim(
            f"neurons of the multiplier of {n} bits where gates share them",
            "6n^2 - 8n",
            6 * n**2 - 8 * n,
            "=",
            neurons("shared", 2),
            note="as many as gates: an XOR and an AND of the same values share a neuron",
        ),
        claim(
            f"neurons of the multiplier of {n} bits from gates of three operands",
            "4n^2 - 4n",
            4 * n**2 - 4 * n,
            "=",
            neurons("shared", 3),
            note="a full adder is three neurons",
        ),
        none(
            f"words on which a multiplier of {n} bits, compiled in any way, is wrong",
            sum(row["wrong"] for row in layouts),
            note=f"{len(layouts)} networks, {layouts[0]['words']} words each",
        ),
        *(
            none(
                f"words on which a multiplier of {n} bits is wrong in {dtype}",
                sum(row["wrong"] for row in where(dtypes, dtype=dtype)),
                note=f"{sum(row['words'] for row in where(dtypes, dtype=dtype))} words, under jit",
            )
            for dtype in dict.fromkeys(row["dtype"] for row in dtypes)
        ),
    ]


def _of_multipliers(rows: list[Row]) -> list[Row]:
    rows = where(rows, program="multiply", fan_in=3)
    counted = [row for row in rows if isinstance(row["flat_neurons"], int)]
    last = counted[-1]
    n = last["n"]
    return [
        every(
            "multipliers whose table takes a neuron per pair without a zero",
            [row["flat_neurons"] == (2 ** row["n"] - 1) ** 2 for row in counted],
            formula="(2^n - 1)^2",
        ),
        claim(
            f"flattening cost of the multiplier of {n} bits: table over deep neurons",
            "(2^n - 1)^2/(4n^2 - 4n)",
            (2**n - 1) ** 2 / (4 * n**2 - 4 * n),
            "=",
            last["flat_neurons"] / last["neurons"],
            note=f"{last['flat_neurons']} over {last['neurons']}; the table is an upper bound",
        ),
    ]


def _of_noise(rows: list[Row]) -> list[Row]:
    certified = [row for row in rows if row["restoring"] and _within(row)]
    beyond = [row for row in where(rows, noise_on="every value") if not _within(row)]
    small = min(row["radius"] for row in rows)
    trees = [row for row in rows if row["radius"] == small and row["network"].startswith("parity")]
    plain = where(trees, restoring=0)
    deepest = max(plain, key=lambda row: row["depth"])
    return [
        none(
            "words off in restoring networks, with noise of the certified radius or less",
            sum(row["off"] for row in certified),
            note=f"{len(certified)} rows, up to {max(row['radius'] for row in certified):.4g}",
        ),
        every(
            "restoring networks with noise beyond the certified radius that are off on some word",
            [row["off"] > 0 for row in beyond],
            note="the radius is sharp: an AND of two ones off by -e is 1 - 2e, below 5/8; from "
            f"{min(row['radius'] for row in beyond):.4g} on, on every value",
        ),
        every(
            "trees of exclusive ORs, not restored, with errors of at most 2^depth times the noise",
            [row["max_error"] <= 2 ** row["depth"] * small * (1 + 1e-3) for row in plain],
        ),
        claim(
            f"error over noise of the tree of {deepest['depth']} levels, not restored: worst",
            "2^depth",
            2.0 ** deepest["depth"],
            "within 0.001",
            deepest["zeros_error"] / small,
            note="all inputs a little above 0; with random signs the worst of "
            f"{deepest['words']} words is {deepest['max_error'] / small:.3g}",
        ),
    ]


def _within(row: Row) -> bool:
    return row["radius"] <= row["certified_radius"]


def _of_tables(rows: list[Row]) -> list[Row]:
    bits = max(row["bits"] for row in rows)
    largest = where(rows, bits=bits)
    return [
        none(
            "words on which the circuit or network of a random table is wrong",
            sum(row["wrong"] for row in rows),
            note=f"{len(rows)} tables of up to {bits} bits",
        ),
        claim(
            f"neurons of the circuit of a random table of {bits} bits, the least of {len(largest)}",
            "all but 2^-20 of all functions need so many",
            1 + min(row["certified_neurons"] for row in largest),
            ">=",
            min(row["neurons"] for row in largest),
            note="by counting networks of that in-degree, of weights 1 and 2",
        ),
    ]
