"""What it costs to flatten a deep linear map, counted in synapses.

At zero error a linear map has one flat network, its matrix, so the flattening cost of a deep linear
network is a ratio of two counts and nothing is estimated. It is counted for matrices of low rank,
fast transforms, Strassen's multiplication, products of sparse matrices, stacks of convolutions and
a block model of graphs, every network is run and compared with its target, and the block model is
found again in a sampled graph.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from noflat.experiments._flags import Tables
from noflat.experiments._main import Experiment
from noflat.experiments.records import Row


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        n: The numbers of inputs of low-rank maps, transforms and block models; powers of two.
        rank: Of the low-rank maps.
        communities: The numbers of communities of the block models.
        strassen: Sizes of matrices multiplied with every possible number of levels.
        around: Even sizes multiplied with one level, to see where it begins to win.
        depth: Stacks have up to 2 to the power of this many convolutions.
        pairs: The sizes of the products of two sparse matrices.
        densities: Of the sparse matrices.
        members: How many products are drawn for each size and density.
        graphs: How many graphs are drawn for each size and number of communities.
        nodes: The sizes of the graphs that communities are found in.
        exact: The nodes of the probability matrices that are taken apart in exact arithmetic.
        zeros: The share of popularities that are zero in the sampled graphs.
        seed: Of all random numbers.
    """

    n: tuple[int, ...] = (16, 64, 256, 1024, 4096)
    rank: int = 4
    communities: tuple[int, ...] = (2, 3)
    strassen: tuple[int, ...] = (8, 16, 32)
    around: tuple[int, ...] = (46, 48, 50, 64)
    depth: int = 4
    pairs: tuple[int, ...] = (32, 64, 128, 512)
    densities: tuple[float, ...] = (0.02, 0.05, 0.1)
    members: int = 16
    graphs: int = 12
    nodes: tuple[int, ...] = (60, 120, 240, 480, 960)
    exact: int = 36
    zeros: float = 0.2
    seed: int = 0


PRESETS = {
    "smoke": Settings(
        n=(16, 64),
        strassen=(4,),
        around=(48, 50),
        depth=1,
        pairs=(32, 64),
        members=4,
        graphs=3,
        nodes=(60, 120),
        exact=18,
    ),
    "default": Settings(),
    "paper": Settings(
        communities=(2, 3, 4),
        strassen=(8, 16, 32, 64),
        around=(40, 42, 44, 46, 48, 50, 52, 54, 56, 96, 128),
        pairs=(32, 64, 128, 256, 512, 1024, 2048),
        members=64,
        graphs=64,
        nodes=(60, 120, 240, 480, 960, 1920, 3840),
        exact=48,
    ),
}


def run(settings: Settings, progress: Callable[[int, int], None]) -> Tables:
    """Runs the experiment.

    Args:
        settings: What is run.
        progress: Called after every part with the numbers of parts done and in all.

    Returns:
        Five tables: `counts`, a row per deep network with its synapses and those of the flat one;
        `pairs`, a row per product of two random sparse matrices; `crossovers`, Strassen's synapses
        by the formula for sizes up to $2^{40}$; `blocks`, a row per probability matrix taken apart
        exactly; `recovery`, a row per sampled graph.
    """
    import jax

    from noflat.experiments._linear_maps import all_cases, counted

    keys = [jax.random.fold_in(jax.random.key(settings.seed), part) for part in range(4)]
    cases = all_cases(settings, keys[0])
    graphs = [(count, n) for count in settings.communities for n in settings.nodes]
    pairs = [(n, density) for n in settings.pairs for density in settings.densities]
    total, done = len(cases) + len(graphs) + len(pairs), 0
    tables: Tables = {"counts": [], "pairs": [], "crossovers": crossovers()}

    def add(table: str, rows: Iterable[Row]) -> None:
        nonlocal done
        tables.setdefault(table, []).extend(rows)
        progress(done := done + 1, total)

    for i, cases_of in enumerate(cases):
        key = jax.random.fold_in(keys[1], i)
        add("counts", (counted(case, key) for case in cases_of()))
    for n, density in pairs:
        add("pairs", _pairs(n, density, settings.members, keys[2]))
    tables["blocks"] = [
        _taken_apart(settings.exact, count, zeros, keys[3])
        for count in settings.communities
        for zeros in (0.0, settings.zeros)
    ]
    for count, n in graphs:
        add("recovery", (_found(n, count, i, settings, keys[3]) for i in range(settings.graphs)))
    return tables


def crossovers() -> list[Row]:
    """Strassen's synapses for powers of two: one level, the best number, and all of them."""
    from noflat.constructions import best_levels, strassen_synapses

    rows = []
    for digits in range(1, 41):
        size, levels = 2**digits, best_levels(2**digits)
        one, best, full = (strassen_synapses(size, level) for level in (1, levels, digits))
        rows.append(
            {
                "n": size,
                "digits": digits,
                "levels": levels,
                "flat": size**3,
                "best": best,
                "full": full,
                "one_cost": size**3 / one,
                "best_cost": size**3 / best,
                "full_cost": size**3 / full,
            }
        )
    return rows


def _pairs(n: int, density: float, members: int, key: Any) -> Iterable[Row]:
    import jax

    from noflat.constructions import sparse_pair, sparse_pair_cost
    from noflat.networks import count_flat_synapses

    for weights, signs in (("ones", False), ("signs", True)):
        expected = sparse_pair_cost(n, density, signs=signs)
        for member in range(members):
            own = jax.random.fold_in(jax.random.fold_in(key, n), round(1000 * density))
            network = sparse_pair(n, density, signs=signs, key=jax.random.fold_in(own, member))
            yield {
                "n": n,
                "density": density,
                "weights": weights,
                "member": member,
                "deep": network.synapses,
                "flat": count_flat_synapses(network),
                "predicted": expected,
            }


def _taken_apart(n: int, count: int, zeros: float, key: Any) -> Row:
    """A probability matrix in exact arithmetic: its blocks, its eigenvalues, its projection."""
    import jax
    import numpy as np

    from noflat.measure import cross_entries, inertia, rank_one_factors
    from noflat.targets import popularity_adjusted

    own = jax.random.fold_in(key, count)
    model = popularity_adjusted(n, count, zeros=zeros, key=own)
    left, right, pivots = rank_one_factors(model.numerators, model.communities)
    whole = math.lcm(*pivots.tolist())
    shares = np.array([whole // pivot for pivot in pivots.tolist()], object)
    # Python's integers, which have no largest one
    rebuilt = (left.astype(object) * shares) @ right.astype(object)
    wrong = rebuilt != whole * model.numerators.astype(object)
    positive, negative, _ = inertia(model.numerators)
    return {
        "n": n,
        "communities": count,
        "zeros": zeros,
        "positive": positive,
        "negative": negative,
        "wrong_entries": int(wrong.sum()),
        "cross_entries": cross_entries(model),
    }


def _found(n: int, count: int, member: int, settings: Settings, key: Any) -> Row:
    """Draws a graph and looks for its communities."""
    import jax
    import numpy as np

    from noflat.arguments import generator
    from noflat.measure import (
        affinity,
        cross_affinity,
        label_error,
        leading_clusters,
        orthogonal_clusters,
    )
    from noflat.targets import adjacency, popularity_adjusted

    for number in (count, n, member):
        key = jax.random.fold_in(key, number)
    first, second, third = jax.random.split(key, 3)
    model = popularity_adjusted(n, count, zeros=settings.zeros, key=first)
    graph = adjacency(model, key=second)
    affinities = affinity(graph, count)
    cross = model.communities[:, None] != model.communities
    guess = generator(third).integers(count, size=n)
    return {
        "communities": count,
        "n": n,
        "member": member,
        "error": label_error(orthogonal_clusters(affinities, count), model.communities),
        "leading_error": label_error(leading_clusters(graph, count), model.communities),
        "chance": label_error(guess, model.communities),
        "cross": float(np.sqrt((affinities[cross] ** 2).mean())),
        "cross_predicted": cross_affinity(model),
        "within": float(np.sqrt((affinities[~cross] ** 2).mean())),
    }


def claims(tables: Tables) -> list[Row]:
    """What is claimed of the tables."""
    from noflat.experiments._linear_claims import (
        agreement,
        block_models,
        costs,
        recovered,
        sparse_pairs,
        strassen_claims,
    )

    return [
        *costs(tables["counts"]),
        *agreement(tables["counts"]),
        *sparse_pairs(tables["pairs"]),
        *strassen_claims(tables["counts"], tables["crossovers"]),
        *block_models(tables["counts"], tables["blocks"]),
        *recovered(tables["recovery"]),
    ]


EXPERIMENT = Experiment("linear", str(__doc__), PRESETS, run, claims)
main = EXPERIMENT.main

if __name__ == "__main__":
    main()
