"""The experiment runs at its smallest; its claims follow from the rows, and each can fail."""

from dataclasses import replace
from fractions import Fraction

import jax
import jax.numpy as jnp
import pytest
from spoiled import Spoiled, check_claims, times, to

from noflat.certificates import certify_sparse_activation
from noflat.experiments import _sparse_activations as exact
from noflat.experiments.records import where
from noflat.experiments.sparse_activations import EXPERIMENT, PRESETS, claims
from noflat.measure import all_signs, exact_average_sensitivity
from noflat.networks import Layer, Network

SMOKE = PRESETS["smoke"]


EXACT: Spoiled = {
    "bound: networks drawn at random and compared with it in integers": (
        "random",
        to("networks", 10, kind="drawn"),
    ),
    "bound: of these above the signed bound, 4 W^2 E k_x^2 or 4 k^2 W^2": (
        "random",
        to("violations", 1, kind="drawn", inputs=4, neurons=3),
    ),
    "bound: networks above it while each was climbing towards it": (
        "random",
        to("violations", 1, kind="climbed", inputs=3),
    ),
    "bound: largest share of 4 k^2 W^2 that climbing finds with 2 signs and 4 neurons": (
        "random",
        to("largest_share", 0.99, kind="climbed", inputs=2),
    ),
    "extremal: networks whose sensitivity is 4 k^2 W^2, in rationals": (
        "constructed",
        to("attains", 0, network="extremal of 3 signs, k = 2"),
    ),
    "extremal: networks whose certified degree is the true one": (
        "constructed",
        to("signed_bound", 64.1, network="extremal of 3 signs, k = 2"),
    ),
    "constructed: networks whose k is proved, and 1": [
        ("constructed", to("is_exact", 0, network="index of 6 bits")),
        ("constructed", to("active", 2, network="junta of 4 signs")),
    ],
    "constructed: networks no more sensitive than 4 W^2 E k_x^2": (
        "constructed",
        to("mean_bound", 2.9, network="index of 4 bits"),
    ),
    "constructed: networks no more sensitive than the signed bound": (
        "constructed",
        to("signed_bound", 1.9, network="index of 3 bits"),
    ),
    **{
        f"closed form: sensitivity of {name}, in rationals": (
            "closed_forms",
            to("equal", 0, function=name, inputs=11),
        )
        for name in ("index", "majority", "parity")
    },
    "closed form: largest distance of a weight by degree of index or parity": (
        "closed_forms",
        to("weights_off", 1e-9, function="index", inputs=11),
    ),
    "lifted parity: words on which the sum over a = |S| mod 4 is wrong": (
        "lifted",
        to("wrong", 1, kind="corrected", chosen=3),
    ),
    "lifted parity: active neurons at a word, at most": (
        "lifted",
        to("most_active", 2, kind="corrected", chosen=3),
    ),
    "lifted parity: sets S for which the sum over even a, as printed, is constant": (
        "lifted",
        to("different_outputs", 2, kind="printed", chosen=3),
    ),
    "growth: sensitivities by drawn words at their closed form, up to four errors": (
        "growth",
        to("sensitivity", 3.2, family="index", inputs=20),
    ),
    "growth: networks no more sensitive than 4 k^2 W^2": (
        "growth",
        to("sensitivity", 21.0, family="gated experts", inputs=36),
    ),
    "growth: exponent of n in the sensitivity of gated experts, at most": (
        "growth",
        to("sensitivity", 3.0, family="gated experts", inputs=260),
    ),
    "growth: exponent of n in the sensitivity of majority": (
        "growth",
        to("sensitivity", 40.0, family="majority", inputs=257),
    ),
    "growth: exponent of n in the sensitivity of parity": (
        "growth",
        to("sensitivity", 40.0, family="parity", inputs=256),
    ),
    "tails: none above AS / (d + 1), nor that above what the certificate allows": [
        ("tails", to("tail", 0.9, network="index of 4 bits", degree=4)),
        ("tails", to("by_certificate", 0.1, network="index of 4 bits", degree=4)),
    ],
}


def power(column, of, exponent, **only):
    """Grows with that power, in the rows with these cells."""
    return lambda row: (
        {column: row[of] ** exponent} if all(row[k] == v for k, v in only.items()) else {}
    )


LEARNING: Spoiled = {
    "low degree: mean errors of averages at their closed form, up to four errors": (
        "low_degree",
        times("error", 2, method="averages", degree=3, samples=4096),
    ),
    "low degree: error of least squares over that of Gaussian features, N at least 2D: median": (
        "low_degree",
        times("error", 1.1, method="least squares"),
    ),
    "low degree: least squares on as many samples as features that is worse than a constant": (
        "low_degree",
        to("median_error", 0.9, method="least squares", degree=1),
    ),
    "samples: at which averages come to the error, by closed form within what was measured": (
        "sample_complexities",
        times("low", 2, degree=3),
    ),
    "samples: parity with as many neurons over functions of one active neuron: least": (
        "sample_complexities",
        times("samples", 10, sparse=1, degree=4),
    ),
    "samples: pairs where the function of one active neuron takes fewer than the dense one": (
        "sample_complexities",
        times("samples", 10, sparse=1),
    ),
    "samples: functions of one active neuron whose certified degree is below n": (
        "sample_complexities",
        to("bound_degree", 99, sparse=1),
    ),
    "samples: exponent of n, gated experts, b = 3, against its degree": (
        "sample_growth",
        power("samples", "n", 5, degree=4),
    ),
    "samples: exponent of n, junta of 3 signs, against its degree": (
        "sample_growth",
        power("samples", "n", 3, degree=2),
    ),
    "samples: factor for one sign more, parity of all signs": (
        "sample_growth",
        lambda row: {"samples": 3 ** row["n"]},
    ),
    "samples: certified for a junta of 64 signs, over those of parity": (
        "sample_growth",
        to("bound_samples", 1e30, n=64),
    ),
    "random signs: on clusters, what a search reaches of the exact supremum: least": (
        "rademacher",
        times("neurons_best", 0.9, sample="clusters", m=256, k=4),
    ),
    "random signs: on clusters, searches that stay at the supremum or below": (
        "rademacher",
        times("estimate", 1.1, sample="clusters", m=256, k=4),
    ),
    "random signs: on clusters, exact complexities below A sqrt(sk/m)": (
        "rademacher",
        times("exact", 1.5, sample="clusters", m=256, k=4),
    ),
    "random signs: networks found with at most k active neurons at every point": (
        "rademacher",
        to("most_active", 5, sample="clusters", m=256, k=4),
    ),
    "random signs: on a sphere, estimates below A sqrt(sk/m)": (
        "rademacher",
        times("estimate", 3, sample="sphere", m=32, n=8),
    ),
    **{
        f"random signs: on a sphere, 32 inputs, exponent of {of} in the estimate": (
            "rademacher",
            power("estimate", of, 0.8, sample="sphere"),
        )
        for of in "skm"
    },
}


def learns(target):
    """One student that did not learn does."""
    return lambda row: (
        {"learned": 1, "steps_taken": 100} if (row["target"], row["member"]) == (target, 2) else {}
    )


TRAINING: Spoiled = {
    "students: of teachers of sensitivity up to 6, those that learn": (
        "students",
        to("learned", 0, target="index of 4 bits", member=2),
    ),
    "students: of teachers of sensitivity 8 and more, those that learn in 4000 steps": (
        "students",
        learns("parity of 8 signs"),
    ),
    "students: of parities with as many neurons, those that learn where one is active and do not "
    "where all are": [
        ("students", to("learned", 0, target="parity of 3 signs", member=2)),
        ("students", learns("parity of 8 signs")),
    ],
    "students: rank correlation of sensitivity and median steps": (
        "students",
        to("steps_taken", 3900, target="16 random neurons"),
    ),
    "activity: networks without a penalty in which fewer neurons are active after training": (
        "trained",
        to("share", 0.6, when="trained", penalty="none", start="random", member=2),
    ),
    "activity: share of active neurons without a penalty, median": (
        "trained",
        to("share", 0.2, when="trained", penalty="none"),
    ),
    "activity: share of active neurons where weights and activity cost, median": (
        "trained",
        to("share", 0.2, when="trained", penalty="both"),
    ),
    "activity: networks written down with room, with k = 1 after noise and training": (
        "trained",
        to("active", 2, when="trained", start="written with room", target="index", member=2),
    ),
    "trained: networks above one of the four bounds": [
        ("trained", to(f"{name}_bound", 0.1, when="trained", neurons=64, member=2))
        for name in ("uniform", "mean", "weighted", "signed")
    ],
    "trained: networks without a penalty for which 4 k^2 W^2 is below n Var h": (
        "trained",
        to("uniform_bites", 0, member=2),
    ),
    "trained: networks without a penalty for which the signed bound is below n Var h": (
        "trained",
        to("signed_bites", 0, member=2),
    ),
    "trained: networks of the parity of 3, activity at 0.03, for which the signed bound is below n "
    "Var h": ("trained", to("signed_bites", 0, target="parity", member=2)),
    "trained: signed bound over sensitivity, parity of 3 where weights and activity cost, median": (
        "trained",
        times("signed_bound", 2, target="parity", penalty="both"),
    ),
    "trained: networks whose certified degree for a tenth of the variance is below n": (
        "trained",
        to("certified_degree", 12, member=2),
    ),
    "transformer: share of active neurons of its MLPs after training, largest median": (
        "transformer_activity",
        to("share", 0.2, steps=600, layer=1),
    ),
}


def test_certificates_of_the_smallest():
    rows = list(exact.constructed_rows(SMOKE))
    assert {row["method"] for row in rows} == {"exhaustive"}
    assert [row["attains"] for row in rows[-2:]] == [1, 1]
    paper = [row for row in rows if row["network"].endswith("of the paper")]
    assert len(paper) == 3
    for row in paper:
        ours = where(rows, network=row["network"].removesuffix(", weights of the paper"))[0]
        assert ours["sensitivity"] == row["sensitivity"]
        assert ours["uniform_bound"] < row["uniform_bound"]
    tails = list(exact.tail_rows(SMOKE))
    assert all(row["tail"] <= row["by_sensitivity"] <= row["by_certificate"] for row in tails)


@pytest.mark.parametrize("member", range(6))
def test_random_networks_are_measured_as_certified(member):
    """Integers under jit against the certificate and the sensitivity in rationals."""
    n, s = 4, 3
    drawn = exact._draw(n, s, jax.random.key(5), jnp.array(member))
    squares, signed, mean, uniform = exact._measured(jnp.asarray(all_signs(n).astype(int)), drawn)
    first = Layer(drawn.weights.astype(float), -drawn.thresholds.astype(float))
    like = exact.index_network(1)
    network = Network((first, Layer(drawn.readout.astype(float)[:, None])), like.activation)
    found = certify_sparse_activation(network)
    sensitivity = exact_average_sensitivity(exact.at_all_words(network))
    assert Fraction(int(squares), 4 * 2**n) == sensitivity
    assert Fraction(int(signed), 4 * 2**n) == found.signed_bound
    assert Fraction(int(mean), 4 * 2**n) == found.mean_bound
    assert Fraction(int(uniform), 4 * 2**n) == found.uniform_bound


def test_climbing_never_falls_and_counts_what_is_above():
    n, s, key = 2, 4, jax.random.key(0)
    climb = jax.jit(exact._climb, static_argnums=(0, 1, 2))
    shares = []
    for steps in (1, 30, 300):
        squares, _, _, uniform, over = climb(n, s, steps, key, jnp.array(3))
        shares.append(float(squares / max(int(uniform), 1)))
        assert not over
    assert shares == sorted(shares)
    row = exact._summary("drawn", 2, 1, 2, *map(jnp.array, ([5, 1], [4, 4], [4, 4], [8, 8])))
    assert (row["violations"], row["largest_share"]) == (1, 0.625)


def test_growth_and_lifted_of_few_signs():
    rows = list(exact.growth_rows(SMOKE))
    assert {row["family"] for row in rows} == {
        "gated experts",
        "majority",
        "parity",
        "random dense",
        "index",
    }
    assert [row["weight_squared"] for row in where(rows, family="gated experts")] == [5, 5]
    lifted = list(exact.lifted_rows(SMOKE))
    assert {row["wrong"] for row in where(lifted, kind="corrected")} == {0}
    assert {row["wrong"] for row in where(lifted, kind="printed")} == {4}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"extremal": (1, 2, 3)}, "`extremal` must be pairs of numbers"),
        ({"clusters": (12, 4)}, "`clusters` must be samples, neurons and k, three by three"),
        ({"activity_steps": 30}, "`activity_steps` must be a multiple of 20"),
        ({"student_inputs": 33}, "`student_inputs` must be at most 32"),
        ({"growth": (4, 7)}, "`growth` must be even, one below a majority"),
        ({"majorities": (3, 4)}, "`majorities` must be odd"),
    ],
)
def test_settings_that_say_nothing_are_told(change, said):
    with pytest.raises(ValueError, match=said):
        EXPERIMENT.tables(replace(SMOKE, **change))


def test_claims_follow_from_the_rows_and_can_fail():
    check_claims("sparse_activations", claims, EXACT | LEARNING | TRAINING)
