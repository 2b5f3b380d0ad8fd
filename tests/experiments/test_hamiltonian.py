"""The experiment hamiltonian: every claim follows from the rows and can fail."""

import re
from dataclasses import replace
from math import comb
from pathlib import Path

import numpy as np
import pytest
from spoiled import Spoiled, check_claims

from noflat.certificates import sup_error_bound
from noflat.constructions import deep_polynomial, deepened, softmax_distance_bound
from noflat.experiments import _hamiltonians
from noflat.experiments.hamiltonian import EXPERIMENT, PRESETS, claims, run
from noflat.experiments.records import read

ROOT = Path(__file__).parents[2]


def _wrong(way):
    return lambda row: {f"{way}_correct": row[f"{way}_correct"] - 3 - row["repeat"] % 2}


SPOILED: Spoiled = {
    "largest difference of softmax(-H - mu) from Bayes' rule by quadrature over the cube": (
        "posterior",
        lambda row: {"posterior_difference": 1e-9 * (row["order"] == 4)},
    ),
    "accuracy of the exact posterior on fresh samples, less what it says of itself": (
        "repeats",
        lambda row: {"excess": row["excess"] + 0.05 * row["points"]},
    ),
    "accuracy of the network in float64 less that of the exact posterior, same points": (
        "repeats",
        _wrong("compiled_float64"),
    ),
    "accuracy of the network in float32 less that of the exact posterior, same points": (
        "repeats",
        _wrong("convolution_float32"),
    ),
    "largest total variation distance from the exact posterior, over its bound": (
        "scales",
        lambda row: {"tv_max": 30 * row["tv_max"]},
    ),
    "power of the scale with which the mean distance falls, float64, scales from 2^-8": (
        "scales",
        lambda row: {"tv_mean": row["tv_mean"] * row["scale"]},
    ),
    "neurons of a quadratic ring per variable, from n to 2n": (
        "counts",
        lambda row: {"compiled_neurons": row["compiled_neurons"] + row["n"]},
    ),
    "rings whose neurons do not grow by the same number per variable at all n": (
        "counts",
        lambda row: {"compiled_neurons": row["compiled_neurons"] + row["n"] ** 2},
    ),
    "convolution: neurons less n times those of one site, largest difference": (
        "counts",
        lambda row: {"convolution_neurons": row["convolution_neurons"] + 1},
    ),
    "convolution: different numbers of weights that a ring has, over all n": [
        ("counts", lambda row, column=column: {column: row[column] + row["n"]})
        for column in ("distinct_weights", "convolution_weights")
    ],
    "convolution against the same weights without sharing, over the rounding allowed": (
        "convolution",
        lambda row: {"from_unrolled": 1e-3},
    ),
    "convolution against the exact Hamiltonian, over its proved error and rounding": (
        "convolution",
        lambda row: {"from_energies": 1e-3},
    ),
    "neurons of the largest local ring, n = 64, order 4, "
    "against the coefficients of a generic polynomial": (
        "counts",
        lambda row: {"compiled_neurons": row["generic_coefficients"] + 1},
    ),
    "error of one neuron as a product of bits, over sigmoid(-beta/2): farthest from 1": (
        "gates",
        lambda row: {"error": 1.01 * row["error"]},
    ),
    "sharpness that one more digit of a product of bits takes": (
        "digits",
        lambda row: {"needed": row["needed"] / 2},
    ),
    "share of D digits that the sharpness D ln 10 gives, at the largest D": (
        "digits",
        lambda row: {"digits_at_half": row["digits"]},
    ),
    "most products of bits in a function of n bits, over 2^n": (
        "functions",
        lambda row: {"monomials": row["states"] + 1},
    ),
    "largest error of the network of a function of bits, over its bound": (
        "functions",
        lambda row: {"error": 2 * row["error"]},
    ),
    "error of the network of the parity of n = 8 bits, in errors of one product": (
        "functions",
        lambda row: {"error": row["coefficients"] * row["one_product"]},
    ),
    "classes on bits, all states: largest total variation distance, over its bound": (
        "bit_classifier",
        lambda row: {"tv_max": 1.01 * row["bound"]},
    ),
    "classes on bits: largest accuracy lost, from four digits on": (
        "bit_classifier",
        lambda row: {"accuracy_difference": -0.001},
    ),
    "one cosine for a product of signs: largest error on all corners, over rounding": (
        "parity",
        lambda row: {"corner_error": 1e-12},
    ),
    "the cosine of parity between the corners, n = 16: mean square error": (
        "parity",
        lambda row: {"mean_square": 3.0 ** -row["n"]},
    ),
}


def test_every_claim_follows_from_the_rows_and_can_fail():
    check_claims("hamiltonian", claims, SPOILED)


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def smoke(told):
    return run(PRESETS["smoke"], lambda *parts: told.append(parts))


def test_the_smallest_size_holds_every_claim(smoke):
    assert {row["verdict"] for row in claims(smoke)} == {"pass"}


def test_progress_is_told(smoke, told):
    assert told == [(done, 10) for done in range(1, 11)]


def test_counts_are_those_of_the_formulas(smoke):
    for row in smoke["counts"]:
        n, d = row["n"], row["order"]
        assert row["generic_coefficients"] == comb(n + d, d)
        assert row["convolution_neurons"] == n * row["site_neurons"]
        if (d, row["class"]) in ((2, 0), (2, 1)) and n % 2 == 0:
            assert row["compiled_neurons"] == 3 * n
    for row in smoke["digits"]:
        np.testing.assert_allclose(row["needed"], row["formula"], rtol=1e-12)


@pytest.mark.parametrize("order", [2, 3, 4])
def test_both_classifiers_are_the_exact_posterior(order):
    model = _hamiltonians.model(order, 5)
    points = np.random.default_rng(0).uniform(-1, 1, (128, 5))
    exact = np.exp(model.log_posteriors(points))
    for way in ("compiled", "convolution"):
        network = _hamiltonians.classifier(order, 5, way, "float64")
        found = _hamiltonians.probabilities(network, points)
        assert _hamiltonians.distances(found, exact)["tv_max"] < 1e-8


def test_the_distance_is_below_the_proved_bound_of_the_compiled_ring():
    n, scale = 4, 2.0**-6
    model = _hamiltonians.model(3, n)
    points = np.random.default_rng(0).uniform(-1, 1, (256, n))
    network = _hamiltonians.classifier(3, n, "compiled", "float64", scale)
    found = _hamiltonians.probabilities(network, points)
    measured = _hamiltonians.distances(found, np.exp(model.log_posteriors(points)))["tv_max"]
    targets = [one.polynomial for one in model.hamiltonians]
    compiled = [deep_polynomial(target, "silu", scale=scale) for target in targets]
    deep = [deepened(one, network.hidden_layers) for one in compiled]
    errors = [sup_error_bound(*pair).bound for pair in zip(deep, targets, strict=True)]
    # rounding in float64 is some 1e-10 at this scale
    assert 1e-6 < measured < softmax_distance_bound(errors)


def test_what_cannot_be_run_is_told_at_once():
    settings = replace(PRESETS["smoke"], orders=(2, 5), n=(1,), repeats=1)
    with pytest.raises(ValueError, match=r"`orders`.*got \[5\]. `n`.*got \[1\]. `repeats`"):
        EXPERIMENT.tables(settings)


def test_the_page_says_what_the_record_says():
    page = (ROOT / "docs" / "hamiltonian.md").read_text(encoding="utf-8")
    tables = read(ROOT / "experiments" / "hamiltonian", "hamiltonian").tables
    told = re.findall(r"^\| \d+ \| (.+?) \| (.+) \| ([^|]+) \|$", page, flags=re.MULTILINE)
    for (claim, predicted, measured), row in zip(told, tables["claims"], strict=True):
        assert claim == row["claim"]
        assert float(predicted.split()[-1]) == pytest.approx(row["predicted"], rel=5e-3)
        assert float(measured) == pytest.approx(row["measured"], rel=5e-3, abs=1e-300)
