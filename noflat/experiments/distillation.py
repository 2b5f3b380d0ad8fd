"""What the levels of a process distill, and what a network that follows them saves.

Data come from a hierarchical Markov process, y_0 -> y_1 -> ... -> x. Minimal sufficient statistics
of x for every level are found in exact arithmetic; each follows from the one below it, so that the
posterior of y_0 is a composition of tables, level by level. Belief propagation on a tree is such a
composition, a deep network of two softplus neurons per bit; flat networks for the same posterior
stand beside it, written down and trained. Last comes averaging over blocks, which does to the
Hamiltonian of a field what a level does to data: the coefficients that matter grow, the others
fade.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from noflat.experiments._distillation_claims import claims
from noflat.experiments._flags import Tables
from noflat.experiments._flows import drawn_rows, exact_rows
from noflat.experiments._levels import class_rows, information_rows, level_rows, random_rows
from noflat.experiments._main import Experiment, in_parts
from noflat.experiments._posteriors import drawn_information, network_rows, trained_rows
from noflat.experiments.records import Row


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        flips: The probabilities that a copy is wrong, as fractions.
        pairs: Levels of the largest tree of two branches whose classes are counted.
        triples: Levels of the largest tree of three branches whose classes are counted.
        listed: Levels of the tree of two branches whose leaves are all listed, level by level.
        chain_sizes: Symbols of each level of the chains without structure.
        chains: How many such chains are drawn.
        network_flip: The probability that a copy is wrong, for networks.
        network_levels: Levels of the trees of two branches that networks are written down for.
        trained_levels: Levels of the two trees that flat networks are trained for.
        narrow: Their widths per child of the first bit, for the first of these trees.
        wide: Their widths per child of the first bit, for the second.
        activations: Of the trained networks; the first is that of the deep network.
        restarts: Networks trained per width.
        steps: The most steps per network.
        samples: Leaves drawn to compare networks with the exact posterior.
        line: Sites of the lattice of dimension 1.
        side: Sites along a side of the lattice of dimension 2.
        blocks: Sides of the blocks that are averaged.
        masses: The y_0 of fields, beside the critical one.
        stiffness: Their y_2; y_1 is 1.
        fields: Fields drawn.
        drawn_side: Sites along a side of theirs.
        drawn_mass: Their y_0.
        drawn_blocks: Sides of the blocks that they are averaged over.
        resamples: Resamples of a bootstrap interval.
        seed: Of all random numbers.
    """

    flips: tuple[str, ...] = ("1/20", "1/10", "1/5", "3/10")
    pairs: int = 5
    triples: int = 3
    listed: int = 4
    chain_sizes: tuple[int, ...] = (2, 4, 8, 64)
    chains: int = 16
    network_flip: str = "1/10"
    network_levels: tuple[int, ...] = (3, 4, 5, 6)
    trained_levels: tuple[int, ...] = (4, 5)
    narrow: tuple[int, ...] = (1, 2, 3, 4, 6, 8)
    wide: tuple[int, ...] = (4, 8, 14, 28)
    activations: tuple[str, ...] = ("softplus", "tanh")
    restarts: int = 8
    steps: int = 100
    samples: int = 1024
    line: int = 4096
    side: int = 512
    blocks: tuple[int, ...] = (2, 4, 8)
    masses: tuple[float, ...] = (0.1, 1.0)
    stiffness: float = 0.5
    fields: int = 8192
    drawn_side: int = 64
    drawn_mass: float = 0.05
    drawn_blocks: tuple[int, ...] = (2, 4)
    resamples: int = 400
    seed: int = 0


PRESETS = {
    "smoke": Settings(
        flips=("1/10",),
        pairs=3,
        triples=1,
        listed=3,
        chain_sizes=(2, 3, 8),
        chains=2,
        network_levels=(3,),
        trained_levels=(3, 4),
        narrow=(2,),
        wide=(4,),
        activations=("softplus",),
        restarts=4,
        steps=60,
        samples=512,
        line=512,
        side=128,
        blocks=(2, 4),
        masses=(1.0,),
        fields=512,
        drawn_side=32,
        drawn_blocks=(2,),
        resamples=100,
    ),
    "default": Settings(),
    "paper": Settings(
        wide=(2, 4, 8, 14, 28, 56),
        restarts=64,
        steps=1000,
        samples=65536,
        chains=256,
        fields=131072,
        resamples=2000,
    ),
}


def run(settings: Settings, progress: Callable[[int, int], None]) -> Tables:
    """Runs the experiment.

    Args:
        settings: What is run.
        progress: Called after every part with the numbers done and in all.

    Returns:
        Tables: `classes`, a row per tree, noise and height; `levels`, a row per level of a tree
        whose leaves are listed; `chains`, of the chains without structure; `information`, of
        statistics; `networks`, those written down; `widths`, those trained; `drawn`, the deep
        network on drawn leaves; `flows` and `drawn_flows`, the coefficients of coarse fields.
    """
    import jax

    from noflat.targets import Broadcast

    flips = [Fraction(flip) for flip in settings.flips]
    flip = Fraction(settings.network_flip)
    trees = [(2, settings.pairs), (3, settings.triples)]
    key = jax.random.fold_in(jax.random.key(settings.seed), 1)
    largest = Broadcast(2, settings.pairs, flip)
    pairs = [(2, levels) for levels in settings.network_levels]
    triples = [(3, levels) for levels in range(2, settings.triples + 1)]
    parts: dict[str, Callable[[], list[Row]]] = {
        "classes": lambda: class_rows(trees, flips),
        "levels": lambda: [
            *level_rows([(2, 3), (3, min(2, settings.triples))], flips),
            *(level_rows([(2, settings.listed)], [flip]) if settings.listed > 3 else []),
        ],
        "chains": lambda: random_rows(settings.chain_sizes, settings.chains, settings.seed),
        "information": lambda: information_rows(trees, flips),
        "networks": lambda: network_rows([*pairs, *triples], flip, settings.samples, key),
        "widths": lambda: list(trained_rows(settings, flip)),
        "drawn": lambda: [drawn_information(largest, 32 * settings.samples, key)],
        "flows": lambda: exact_rows(settings),
        "drawn_flows": lambda: list(drawn_rows(settings)),
    }
    return in_parts(parts, progress)


EXPERIMENT = Experiment("distillation", str(__doc__), PRESETS, run, claims)
main = EXPERIMENT.main

if __name__ == "__main__":
    main()
