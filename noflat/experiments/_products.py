"""What is known of a product before any training: bounds, constructions, floors, certificates."""

import math
from typing import Literal

from noflat.experiments.records import Row


def bounds(n: int, activation: str, convention: str, inputs: Literal["cube", "gaussian"]) -> Row:
    """Everything of a row that needs no training.

    Raises:
        ValueError: If no network of that convention multiplies so many variables.
    """
    from noflat.certificates import lower_bound, verify
    from noflat.constructions import plan_flat, plan_grouped, plan_tree
    from noflat.targets import product

    flat = plan_flat(n, activation, convention=convention, inputs=inputs)  # its errors say more
    certificate = lower_bound(product(n), activation, convention=convention)
    universal = lower_bound(product(n), activation, convention=convention, sense="uniform")
    verify(certificate)
    verify(universal)
    tree = plan_tree(n, activation, inputs=inputs)
    grouped = [
        plan_grouped(n, layers, activation, inputs=inputs).neurons
        for layers in range(2, math.ceil(math.log2(n)) + 1)
    ]
    meets = certificate.neurons == flat.neurons
    return {
        "n": n,
        "activation": activation,
        "convention": convention,
        "inputs": inputs,
        "predicted": flat.neurons if meets else None,
        "lower_bound": certificate.neurons,
        "sense": certificate.sense,
        "theorem": certificate.theorem,
        "lower_bound_uniform": universal.neurons,
        "constructed": flat.neurons,
        "tree": tree.neurons,
        "tree_layers": len(tree.levels),
        "grouped": " ".join(map(str, grouped)),
        "flat_over_deep": flat.neurons / tree.neurons,
        "tree_halved": _halved(n, activation),
    }


def _halved(n: int, activation: str) -> int | None:
    """The neurons of a tree of half cubes, where the activation has such gates."""
    from noflat.constructions import plan_tree

    try:
        return plan_tree(n, activation, halved=True).neurons
    except ValueError:
        return None


def error_floors(row: Row) -> list[Row]:
    """The certified floors of one setting, for every width that has one."""
    from noflat.certificates.kernels import squared_error_floor
    from noflat.conventions import convention

    allowed = convention(row["convention"])
    shared = {key: row[key] for key in ("n", "activation", "convention", "inputs")}
    rows = []
    for width in range(1, row["constructed"] + 1):
        floor = squared_error_floor(row["n"], row["activation"], allowed, width, row["inputs"])
        if floor > 0:
            rows.append(shared | {"width": width, "error_floor": math.sqrt(floor)})
    return rows


def counts() -> list[Row]:
    """The neurons of every construction for n up to 32, from its groups."""
    from noflat.constructions import count_groups, group_sizes

    def neurons(n: int, layers: int) -> int | None:
        return count_groups(group_sizes(n, layers)) if layers < n else None

    return [
        {
            "n": n,
            "cube": neurons(n, 1),
            "half_cube": count_groups(group_sizes(n, 1, halved=True), halved=True),
            "grouped_2": neurons(n, 2),
            "grouped_3": neurons(n, 3),
            "tree": neurons(n, n.bit_length() - 1),
        }
        for n in range(2, 33)
    ]


def certificates(rows: list[Row]) -> dict[str, str]:
    """The certificates that the rows rest on, as JSON by file name; `noflat.verify` reads them."""
    from noflat.certificates import lower_bound
    from noflat.targets import product

    found = {}
    for row in rows:
        for sense in dict.fromkeys((row["sense"], "uniform")):
            certificate = lower_bound(
                product(row["n"]), row["activation"], convention=row["convention"], sense=sense
            )
            about = certificate.activation or "any"
            name = f"{about}-{row['convention']}-{sense}-{row['n']}.json"
            found[f"certificates/{name}"] = certificate.to_json()
    return found
