"""What the theorems on local Hamiltonians and on bits predict, beside what the tables say."""

from math import log

import numpy as np

from noflat.experiments._claims import claim, farthest, none, short
from noflat.experiments._flags import Tables
from noflat.experiments.records import Row


def claims(tables: Tables) -> list[Row]:
    """What was predicted against what was measured, from the rows alone."""
    return [
        *_posterior(tables),
        *_network(tables),
        *_counts(tables["counts"], tables["convolution"]),
        *_of_products(tables["gates"], tables["digits"]),
        *_of_functions(tables["functions"]),
        *_of_classes(tables["bit_classifier"]),
        *_of_parity(tables["parity"]),
    ]


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


def _counts(rows: list[Row], convolution: list[Row]) -> list[Row]:
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
        none(
            "rings whose neurons do not grow by the same number per variable at all n",
            sum(len(set(found)) > 1 for found in slopes.values()),
        ),
        none(
            "convolution: neurons less n times those of one site, largest difference",
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


def _of_products(gates: list[Row], digits: list[Row]) -> list[Row]:
    from noflat.measure.fits import slope

    most = [row for row in digits if row["digits"] >= 2]
    reached = [row["digits_at_half"] / row["digits"] for row in digits]
    return [
        claim(
            "error of one neuron as a product of bits, over sigmoid(-beta/2): farthest from 1",
            "1",
            1.0,
            "within 0.001",
            farthest(row["error"] / row["formula"] for row in gates),
        ),
        claim(
            "sharpness that one more digit of a product of bits takes",
            "2 ln 10",
            2 * log(10),
            "within 0.005",
            slope([row["digits"] for row in most], [row["needed"] for row in most]),
        ),
        claim(
            "share of D digits that the sharpness D ln 10 gives, at the largest D",
            "1/2",
            0.5,
            "within 0.01",
            reached[-1],
            note="the rule recorded of the paper, beta > D ln 10, gives half of the digits",
        ),
    ]


def _of_functions(rows: list[Row]) -> list[Row]:
    odd = [row for row in rows if row["function"] == "parity"][-1]
    return [
        claim(
            "most products of bits in a function of n bits, over 2^n",
            "1",
            1.0,
            "=",
            max(row["monomials"] / row["states"] for row in rows),
            note="attained where all bits must be 0",
        ),
        claim(
            "largest error of the network of a function of bits, over its bound",
            "sigmoid(-beta/2) + exp(beta/2) ((1 + 2 exp(-beta))^n - 1)/2",
            1.0,
            "<=",
            max(row["error"] / row["bound"] for row in rows),
        ),
        claim(
            f"error of the network of the parity of n = {odd['n']} bits, in errors of one product",
            "n",
            odd["n"],
            "within 0.01",
            odd["error"] / odd["one_product"],
            note=f"though its coefficients sum to {short(odd['coefficients'])}",
        ),
    ]


def _of_classes(rows: list[Row]) -> list[Row]:
    lost = [row["accuracy_difference"] for row in rows if row["digits"] >= 4]
    return [
        claim(
            "classes on bits, all states: largest total variation distance, over its bound",
            "tanh(delta/2), delta from the coefficients",
            1.0,
            "<=",
            max(row["tv_max"] / row["bound"] for row in rows),
        ),
        claim(
            "classes on bits: largest accuracy lost, from four digits on",
            "0",
            0.0,
            "=",
            max(lost, key=abs),
        ),
    ]


def _of_parity(rows: list[Row]) -> list[Row]:
    last = max(rows, key=lambda row: row["n"])
    error = 2.6 * last["standard_error"]
    return [
        claim(
            "one cosine for a product of signs: largest error on all corners, over rounding",
            "1",
            1.0,
            "<=",
            max(row["corner_error"] / row["rounding"] for row in rows),
            note=f"all 2^n corners, n up to {last['n']}",
        ),
        claim(
            f"the cosine of parity between the corners, n = {last['n']}: mean square error",
            "1/2 - 2 (4/pi^2)^n + 3^-n",
            last["formula"],
            "=",
            last["mean_square"],
            interval=(last["mean_square"] - error, last["mean_square"] + error),
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
