"""Classes with local Hamiltonians: their Bayes classifier written down as a network, and its cost.

Where p(x|y) is exp(-H_y(x)) and H_y a polynomial of low order that couples neighbors only, the
posterior is the softmax of -H_y - mu_y. Each H_y is compiled into a network, mu_y is a bias, and
the class probabilities are compared with the exact ones. Neurons are counted against n, for a
generic polynomial, a local one, and one that is the same everywhere, which is a convolution. On
bits each product takes one neuron; on signs the product of all takes one cosine.
"""

from dataclasses import dataclass
from math import log, pi

import numpy as np

from noflat.experiments._claims import claim, short
from noflat.experiments._main import Experiment, Progressed, silent
from noflat.experiments.records import Row

Tables = dict[str, list[Row]]


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        orders: The orders of the Hamiltonians on the cube, of 2, 3 and 4.
        n: The numbers of variables of the rings that are classified.
        points: Fresh points per repeat.
        repeats: Independent sets of points, from which the intervals come.
        scale_n: The number of variables of the sweep over scales.
        scales: The scales of the sweep, at most 1/8.
        count_n: The numbers of variables for which neurons are counted, each twice the one before.
        values: The values of a variable of a generic table.
        bits: The numbers of bits of single products.
        sharpness: Those of the neurons on bits, at most 40.
        digits: The decimal digits asked for.
        function_n: The most bits of whole functions.
        bit_n: The bits of the classified rings.
        parity_n: The numbers of signs that one cosine multiplies.
        seed: Of all random numbers.
    """

    orders: tuple[int, ...] = (2, 3, 4)
    n: tuple[int, ...] = (4, 8, 16)
    points: int = 512
    repeats: int = 16
    scale_n: int = 8
    scales: tuple[float, ...] = tuple(2.0**-k for k in range(3, 12))
    count_n: tuple[int, ...] = (4, 8, 16, 32, 64)
    values: int = 256
    bits: tuple[int, ...] = (1, 2, 4, 8)
    sharpness: tuple[float, ...] = (2.0, 4.0, 8.0, 16.0, 24.0, 32.0, 40.0)
    digits: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7, 8)
    function_n: int = 8
    bit_n: int = 10
    parity_n: tuple[int, ...] = (1, 2, 3, 4, 6, 8, 12, 16)
    seed: int = 0


PRESETS = {
    "smoke": Settings(
        orders=(2, 3),
        n=(3,),
        points=128,
        repeats=8,
        scale_n=3,
        scales=(2.0**-4, 2.0**-6),
        count_n=(4, 8, 16),
        bits=(1, 3),
        sharpness=(4.0, 16.0),
        digits=(2, 4, 6),
        function_n=3,
        bit_n=6,
        parity_n=(2, 3, 8),
    ),
    "default": Settings(),
    "paper": Settings(
        n=(4, 8, 16, 32), points=4096, repeats=64, count_n=(4, 8, 16, 32, 64, 128), function_n=12
    ),
}


def run(settings: Settings, progress: Progressed = silent) -> Tables:
    """Runs the experiment.

    Args:
        settings: What is run.
        progress: Called after every table with the numbers done and in all.

    Returns:
        On the cube: `posterior`, softmax against Bayes' rule by quadrature; `classifier`, the
        distance of every network's class probabilities from the exact ones; `repeats`, right
        answers; `scales`, the distance against the scale with the proved bound; `counts`, neurons
        and weights; `convolution`, the same network three times. On bits: `gates`, `digits`,
        `functions`, `bit_classifier`. On signs: `parity`.
    """
    from noflat.experiments import _bits, _hamiltonians

    _check(settings)
    pairs = list(_hamiltonians.classifier_rows(settings))
    tables = {
        "classifier": [row for rows, _ in pairs for row in rows],
        "repeats": [row for _, rows in pairs for row in rows],
    }
    parts = {
        "posterior": _hamiltonians.posterior_rows,
        "scales": _hamiltonians.scale_rows,
        "counts": _hamiltonians.count_rows,
        "convolution": _hamiltonians.convolution_rows,
        "gates": _bits.gate_rows,
        "digits": _bits.digit_rows,
        "functions": _bits.function_rows,
        "bit_classifier": _bits.classifier_rows,
        "parity": _bits.parity_rows,
    }
    for done, (name, rows) in enumerate(parts.items(), start=1):
        progress(done, len(parts) + 1)
        tables[name] = list(rows(settings))
    return tables


def _check(settings: Settings) -> None:
    """Says at once all that cannot be run."""
    wrong = {
        "`orders` must be some of 2, 3 and 4": set(settings.orders) - {2, 3, 4},
        "`n`, `scale_n` and `count_n` must be at least 2": [
            n for n in (*settings.n, settings.scale_n, *settings.count_n) if n < 2
        ],
        "`scales` must be at most 1/8": [scale for scale in settings.scales if scale > 1 / 8],
        "`sharpness` must be at most 40": [beta for beta in settings.sharpness if beta > 40],
        "`digits` must be two or more, of at most 15": settings.digits
        if len(settings.digits) < 2 or max(settings.digits) > 15
        else [],
        "`repeats` must be at least 2": [1] if settings.repeats < 2 else [],
        "`bit_n` must be at least 3": [settings.bit_n] if settings.bit_n < 3 else [],
    }
    told = [f"{rule}; got {sorted(found)}" for rule, found in wrong.items() if found]
    if told:
        raise ValueError(". ".join(told))


def claims(tables: Tables) -> list[Row]:
    """What was predicted against what was measured, from the rows alone."""
    return [*_posterior(tables), *_network(tables), *_counts(tables), *_bits(tables)]


def _posterior(tables: Tables) -> list[Row]:
    from noflat.measure.fits import mean_interval

    share = [row["excess"] / row["points"] for row in tables["repeats"]]
    return [
        claim(
            "largest difference of softmax(-H - mu) from Bayes' rule by quadrature over the cube",
            "1e-12",
            1e-12,
            "<=",
            max(row["posterior_difference"] for row in tables["posterior"]),
            note="mu by transfer operators of 48 nodes; 24^n nodes on the cube, n = 2 and 3",
        ),
        claim(
            "accuracy of the exact posterior on fresh samples, less what it says of itself",
            "E max_y p(y|x) - P(right) = 0",
            0.0,
            "=",
            float(np.mean(share)),
            interval=mean_interval(share),
            note="so the sampler and the posterior belong together",
        ),
    ]


def _network(tables: Tables) -> list[Row]:
    from noflat.measure.fits import log_slope, mean_interval

    found = []
    for dtype in ("float64", "float32"):
        ways = [f"{way}_{dtype}_correct" for way in ("compiled", "convolution")]
        lost = [
            sum(row[way] - row["exact_correct"] for way in ways) / (2 * row["points"])
            for row in tables["repeats"]
        ]
        found.append(
            claim(
                f"accuracy of the network in {dtype} less that of the exact posterior, same points",
                "0",
                0.0,
                "=",
                float(np.mean(lost)),
                interval=mean_interval(lost),
            )
        )
    scales = tables["scales"]
    highest = max(
        row["tv_max"] / row["with_rounding"] for row in scales if row["with_rounding"] > 0
    )
    double = [row for row in scales if row["dtype"] == "float64" and row["scale"] > 2.0**-8.5]
    return [
        *found,
        claim(
            "largest total variation distance from the exact posterior, over its bound",
            "tanh(delta/2), delta = n * (proved error of a site) + rounding",
            1,
            "<=",
            highest,
            note="both dtypes, all scales; in float32 rounding alone makes the bound weak",
        ),
        claim(
            "power of the scale with which the mean distance falls, float64, scales from 2^-8",
            "2",
            2.0,
            "within 0.05",
            log_slope([row["scale"] for row in double], [row["tv_mean"] for row in double]),
        ),
    ]


def _counts(tables: Tables) -> list[Row]:
    rows, convolution = tables["counts"], tables["convolution"]
    slopes = _slopes(rows)
    quadratic = [slope for (order, _), found in slopes.items() if order == 2 for slope in found]
    weights: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for row in rows:
        key = row["order"], row["class"]
        weights.setdefault(key, set()).add((row["convolution_weights"], row["distinct_weights"]))
    widest = max(rows, key=lambda row: (row["order"], row["n"], row["compiled_neurons"]))
    n, d = widest["n"], widest["order"]
    return [
        claim(
            "neurons of a quadratic ring per variable, from n to 2n",
            "4/2 + 2/2",
            3,
            "=",
            max(quadratic, key=lambda slope: abs(slope - 3), default=None),
            note="half of the variables multiply their neighbors, the other half are squared",
        ),
        claim(
            "rings whose neurons do not grow by the same number per variable at all n",
            "0",
            0,
            "=",
            sum(len(set(found)) > 1 for found in slopes.values()),
        ),
        claim(
            "convolution: neurons less n times those of one site, largest difference",
            "0",
            0,
            "=",
            max(abs(row["convolution_neurons"] - row["n"] * row["site_neurons"]) for row in rows),
        ),
        claim(
            "convolution: different numbers of weights that a ring has, over all n",
            "1",
            1,
            "=",
            max(len(seen) for seen in weights.values()),
        ),
        claim(
            "convolution against the same weights without sharing, over the rounding allowed",
            "1",
            1,
            "<=",
            max(row["from_unrolled"] / row["rounding"] for row in convolution),
        ),
        claim(
            "convolution against the exact Hamiltonian, over its proved error and rounding",
            "n * (proved error of a site) + rounding",
            1,
            "<=",
            max(row["from_energies"] / (row["proved"] + row["rounding"]) for row in convolution),
        ),
        claim(
            f"neurons of the largest local ring, n = {n}, order {d}, "
            "against the coefficients of a generic polynomial",
            f"(n + {d})! / (n! {d}!)",
            widest["generic_coefficients"],
            "<=",
            widest["compiled_neurons"],
        ),
    ]


def _bits(tables: Tables) -> list[Row]:
    gates, digits = tables["gates"], tables["digits"]
    functions, classes, parity = (tables[k] for k in ("functions", "bit_classifier", "parity"))
    most = [row for row in digits if row["digits"] >= 2]
    needed = np.polyfit([row["digits"] for row in most], [row["needed"] for row in most], 1)[0]
    reached = [row["digits_at_half"] / row["digits"] for row in digits]
    odd = [row for row in functions if row["function"] == "parity"][-1]
    right = [row["accuracy_difference"] for row in classes if row["digits"] >= 4]
    strange = max(parity, key=lambda row: row["n"])
    error = 2.6 * strange["standard_error"]
    return [
        claim(
            "error of one neuron as a product of bits, over sigmoid(-beta/2): farthest from 1",
            "1",
            1.0,
            "within 0.001",
            max((row["error"] / row["formula"] for row in gates), key=lambda x: abs(x - 1)),
        ),
        claim(
            "sharpness that one more digit of a product of bits takes",
            "2 ln 10",
            2 * log(10),
            "within 0.005",
            float(needed),
        ),
        claim(
            "share of D digits that the sharpness D ln 10 gives, at the largest D",
            "1/2",
            0.5,
            "within 0.01",
            reached[-1],
            note="the rule recorded of the paper, beta > D ln 10, gives half of the digits",
        ),
        claim(
            "most products of bits in a function of n bits, over 2^n",
            "1",
            1.0,
            "=",
            max(row["monomials"] / row["states"] for row in functions),
            note="attained where all bits must be 0",
        ),
        claim(
            "largest error of the network of a function of bits, over its bound",
            "sigmoid(-beta/2) + exp(beta/2) ((1 + 2 exp(-beta))^n - 1)/2",
            1.0,
            "<=",
            max(row["error"] / row["bound"] for row in functions),
        ),
        claim(
            f"error of the network of the parity of n = {odd['n']} bits, in errors of one product",
            "n",
            odd["n"],
            "within 0.01",
            odd["error"] / odd["one_product"],
            note=f"though its coefficients sum to {short(odd['coefficients'])}",
        ),
        claim(
            "classes on bits, all states: largest total variation distance, over its bound",
            "tanh(delta/2), delta from the coefficients",
            1.0,
            "<=",
            max(row["tv_max"] / row["bound"] for row in classes),
        ),
        claim(
            "classes on bits: largest accuracy lost, from four digits on",
            "0",
            0.0,
            "=",
            max(right, key=abs),
        ),
        claim(
            "one cosine for a product of signs: largest error on all corners, over rounding",
            "1",
            1.0,
            "<=",
            max(row["corner_error"] / row["rounding"] for row in parity),
            note=f"all 2^n corners, n up to {strange['n']}",
        ),
        claim(
            f"the cosine of parity between the corners, n = {strange['n']}: mean square error",
            "1/2 - 2 (4/pi^2)^n + 3^-n",
            0.5 - 2 * (4 / pi**2) ** strange["n"] + 3.0 ** -strange["n"],
            "=",
            strange["mean_square"],
            interval=(strange["mean_square"] - error, strange["mean_square"] + error),
            note="that of a network of zeros is 3^-n",
        ),
    ]


def _slopes(rows: list[Row]) -> dict[tuple[int, int], list[float]]:
    """By order and class the neurons per variable that each doubling of n adds."""
    neurons: dict[tuple[int, int], dict[int, int]] = {}
    for row in rows:
        of_ring = neurons.setdefault((row["order"], row["class"]), {})
        of_ring[row["n"]] = row["compiled_neurons"]
    return {
        key: [(found[2 * n] - found[n]) / n for n in sorted(found) if 2 * n in found]
        for key, found in neurons.items()
    }


EXPERIMENT = Experiment("hamiltonian", str(__doc__), PRESETS, run, claims)
main = EXPERIMENT.main

if __name__ == "__main__":
    main()
