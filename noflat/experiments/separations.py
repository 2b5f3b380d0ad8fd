"""Depth separations with explicit networks and exact counts: sawtooth, square, product, parity.

One count stands behind all of them. Hidden layers of widths w_1, ..., w_k make at most the product
of the w_i + 1 pieces, and folding attains it: a deep network has exponentially more pieces than a
flat one. The sawtooth needs pieces for its teeth, the square for its error, and the parity of bits
for the number of ones.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from noflat.experiments import _separations as rows_of
from noflat.experiments._claims import claim, every, farthest, none
from noflat.experiments._flags import Tables
from noflat.experiments._main import Experiment, Progressed, in_parts, silent
from noflat.experiments.records import Row, where


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        doublings: The sawtooth has up to 2^k pieces, as long as these times its neurons are at most
            2^16.
        points: Of alternating labels, for the classifiers of one hidden layer.
        trained: The neurons of networks trained on those labels.
        layers: Their numbers of hidden layers, of equal widths; sizes that they do not divide are
            left out, and of deep networks the largest size too.
        restarts: Networks trained per size.
        steps: Steps of Adam per network.
        halvings: The square has up to 2^m pieces.
        flat: The flat square has up to 2^m pieces.
        factors: The largest m of the product.
        bits: The numbers of bits.
        words: Up to so many bits parity is checked on all words, above at every number of ones.
        seed: Of all random numbers.
    """

    doublings: int = 10
    points: int = 32
    trained: tuple[int, ...] = (3, 6, 12, 24, 48, 96, 192)
    layers: tuple[int, ...] = (1, 3)
    restarts: int = 16
    steps: int = 4000
    halvings: int = 10
    flat: int = 7
    factors: int = 7
    bits: tuple[int, ...] = (2, 3, 4, 6, 8, 10, 12, 16, 32, 64, 128, 256, 512, 1024)
    words: int = 12
    seed: int = 0


PRESETS = {
    "smoke": Settings(
        doublings=5,
        points=8,
        trained=(3, 12),
        restarts=2,
        steps=100,
        halvings=5,
        flat=4,
        factors=3,
        bits=(2, 4, 8, 32, 128),
        words=8,
    ),
    "default": Settings(),
    "paper": Settings(
        doublings=12,
        points=32,
        trained=(3, 6, 12, 24, 48, 96, 192, 384),
        restarts=64,
        steps=20000,
        halvings=12,
        flat=8,
        factors=8,
        bits=(*range(2, 17), 32, 64, 128, 256, 512, 1024),
        words=16,
    ),
}


def run(settings: Settings, progress: Progressed = silent) -> Tables:
    """Runs the experiment.

    Args:
        settings: What is run.
        progress: Called after every part with the numbers of parts done and in all.

    Returns:
        Seven tables, a row per network: `sawtooth`, `classifiers`, `trained`, `squares`,
        `products` and `parity`; and `terms`, a row per number of bits.
    """

    def trained() -> list[Row]:
        how = settings.restarts, settings.steps, settings.seed
        rows = []
        for layers in settings.layers:
            sizes = settings.trained if layers == 1 else settings.trained[:-1]
            rows += rows_of.trained_rows(settings.points, sizes, layers, *how)
        return rows

    parts: dict[str, Callable[[], Any]] = {
        "sawtooth": lambda: rows_of.sawtooth_rows(settings.doublings),
        "classifiers": lambda: rows_of.classifier_rows(settings.points),
        "trained": trained,
        "squares": lambda: rows_of.square_rows(settings.halvings, settings.flat),
        "products": lambda: rows_of.product_rows((1.0, 4.0), range(1, settings.factors + 1)),
        "parity": lambda: rows_of.parity_rows(settings.bits, settings.words),
        "terms": lambda: rows_of.term_rows(min(settings.words, 7)),
    }
    return in_parts(parts, progress)


def _check(settings: Settings) -> None:
    """Refuses too few points, and sizes of trained networks of which none fits."""
    if settings.points < 8 or settings.points % 4:
        raise ValueError(
            f"`points` must be 8 or more, a multiple of 4; got {settings.points}: a quarter "
            "of them must be a whole number of labels"
        )
    for layers in settings.layers:
        sizes = settings.trained if layers == 1 else settings.trained[:-1]
        if not any(size % layers == 0 for size in sizes):
            raise ValueError(
                f"`trained` must have a size that {layers} layers divide, besides the largest if "
                f"they are deep; got {settings.trained}"
            )


def claims(tables: Tables) -> list[Row]:
    """What was predicted beside what was found, from the rows alone."""
    return [
        *_of_teeth(tables["sawtooth"]),
        *_of_labels(tables["classifiers"], tables["trained"]),
        *_of_squares(tables["squares"]),
        *_of_products(tables["products"]),
        *_of_parity(tables["parity"]),
        *_of_terms(tables["parity"], tables["terms"]),
    ]


def _of_teeth(rows: list[Row]) -> list[Row]:
    flat = max((row for row in rows if row["hidden_layers"] == 1), key=_doublings)
    k = flat["doublings"]
    neurons = {row["hidden_layers"]: row["neurons"] for row in where(rows, doublings=k, skips=0)}
    return [
        every(
            "networks that are the k-fold tent map at every point, in exact arithmetic",
            [row["exact"] == 1 and row["pieces"] == 2 ** row["doublings"] for row in rows],
        ),
        claim(
            f"flattening cost of {flat['teeth']} teeth: flat over deep neurons, no skips",
            "2^k/(2k)",
            2**k / (2 * k),
            "=",
            neurons[1] / neurons[k],
            note=f"{neurons[1]} over {neurons[k]}",
        ),
        none(
            "neurons of the sawtooth above the lower bound of its depth, with skips: most",
            max(row["neurons"] - row["certified"] for row in rows if row["skips"]),
            note="in k layers of one neuron: k neurons, the fewest of any depth",
        ),
    ]


def _of_labels(rows: list[Row], trained: list[Row]) -> list[Row]:
    points = rows[0]["points"]
    half = points // 2 - 2
    return [
        claim(
            f"share of {points} alternating labels that the best {half} flat neurons get wrong",
            "1/2 - (m + 2)/(2n)",
            0.5 - (half + 2) / (2 * points),
            "=",
            next(row["best"] / points for row in rows if row["neurons"] == half),
            note="the best classifier of m + 1 pieces, by dynamic programming",
        ),
        none(
            "sizes at which bound, best classifier and network built differ in wrong labels",
            sum(not row["bound"] == row["best"] == row["built"] for row in rows),
        ),
        none(
            "sizes at which a trained network gets fewer labels wrong than the bound allows",
            sum(row["best"] < row["bound"] for row in trained),
        ),
    ]


def _of_squares(rows: list[Row]) -> list[Row]:
    skipping = [row for row in rows if row["skips"]]
    return [
        _one(
            "sup error for x^2, over 1/(4P^2) with P pieces: farthest from 1",
            [row["of_predicted"] for row in rows],
            note="4^-(m+1) for m folds of two, in exact arithmetic",
        ),
        _one(
            "sup error for x^2, centered, over the least of any network of these widths",
            [row["of_least"] for row in skipping],
            note="1/(8 prod (w_i + 1)^2), with skips: bound and construction meet at every depth",
        ),
        claim(
            "fewest pieces from which on the deep square is smaller than the flat one, no skips",
            "least 2^m with 3m - 1 < 2^m",
            next(2**m for m in range(2, 9) if 3 * m - 1 < 2**m),
            "=",
            _crossover([row for row in rows if not row["skips"]]),
        ),
        claim(
            f"largest weight of any square of up to {max(row['pieces'] for row in rows)} pieces",
            "2",
            2,
            "<=",
            max(row["largest_weight"] for row in skipping),
            note="with skips; without them twice the fold of a layer",
        ),
    ]


def _of_products(rows: list[Row]) -> list[Row]:
    return [
        _one(
            "sup error of the product on [-M, M]^2, over M^2 4^-(m+1): farthest from 1",
            [row["of_predicted"] for row in rows],
            note="on a grid that has the points of the largest error",
        )
    ]


def _of_parity(rows: list[Row]) -> list[Row]:
    folded = where(rows, kind="folded")
    n = max(row["n"] for row in rows)
    return [
        none(
            f"wrong outputs of all networks for parity, of 2 to {n} bits",
            sum(row["wrong"] for row in rows),
            note=f"{sum(row['checked'] for row in rows)} outputs of {len(rows)} networks",
        ),
        none(
            "gates above the least that see the sum of the bits, at equal depth: most",
            max(row["neurons"] - row["certified"] for row in folded),
        ),
        claim(
            f"gates for {n} bits in one hidden layer, with a skip",
            "floor(n/2)",
            n // 2,
            "=",
            next(row["neurons"] for row in where(folded, n=n, hidden_layers=1)),
            note="n without a skip",
        ),
        claim(
            "gates, the output one included, over the cited bound for any circuit: least",
            "1",
            1,
            ">=",
            min((row["neurons"] + 1) / row["cited"] for row in folded),
            note="(n/2)^(1/(2(d-1))) of Impagliazzo, Paturi and Saks",
        ),
    ]


def _of_terms(rows: list[Row], terms: list[Row]) -> list[Row]:
    last = terms[-1]
    cosine = where(rows, kind="cosine")
    return [
        claim(
            f"terms that an OR of ANDs needs for parity of {last['n']} bits: its prime implicants",
            "2^(n-1)",
            2 ** (last["n"] - 1),
            "=",
            last["prime"],
            note=f"all of {last['literals']} literals, found among {last['terms']} terms",
        ),
        every(
            "numbers of bits at which one cosine neuron is parity",
            [row["neurons"] == 1 and row["wrong"] == 0 for row in cosine],
        ),
    ]


def _one(name: str, ratios: list[float], *, note: str) -> Row:
    """The claim that ratios are 1 exactly."""
    return claim(name, "1", 1, "=", farthest(ratios), note=note)


def _doublings(row: Row) -> int:
    return row["doublings"]


def _crossover(rows: list[Row]) -> int | None:
    """The fewest pieces from which on folding by two takes fewer neurons than one layer."""
    deep = {row["pieces"]: row["neurons"] for row in rows if row["fold"] == 2}
    flat = {row["pieces"]: row["neurons"] for row in rows if row["hidden_layers"] == 1}
    shared = sorted(deep.keys() & flat.keys())
    smaller = [pieces for pieces in shared if deep[pieces] < flat[pieces]]
    not_yet = [pieces for pieces in shared if pieces not in smaller]
    return min((p for p in smaller if p > max(not_yet, default=0)), default=None)


EXPERIMENT = Experiment("separations", str(__doc__), PRESETS, run, claims, _check)
main = EXPERIMENT.main

if __name__ == "__main__":
    main()
