"""How many neurons are active: by all words, branching and draws; what the checker refuses."""

from fractions import Fraction
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noflat.activations import relu, tanh
from noflat.certificates import certify_sparse_activation, verify_activation
from noflat.certificates.branching import most_active_neurons
from noflat.certificates.sparse_activations import _root_above
from noflat.constructions import parity_detector
from noflat.measure import all_signs, degree_weights, exact_average_sensitivity, fourier_tails
from noflat.networks import Layer, Network, init


def network(weights, thresholds, readout):
    """A network of the rows of weights, in float64."""
    first = Layer(
        jnp.asarray(np.array(weights, float).T), -jnp.asarray(np.array(thresholds, float))
    )
    return Network((first, Layer(jnp.asarray(np.array(readout, float))[:, None])), relu)


def counted(weights, thresholds):
    """The numbers of active neurons at all words, in Python's own arithmetic."""
    exact = [[Fraction(w) for w in row] for row in weights]
    return [
        sum(
            sum(w * x for w, x in zip(row, word, strict=True)) > Fraction(b)
            for row, b in zip(exact, thresholds, strict=True)
        )
        for word in product((-1, 1), repeat=len(weights[0]))
    ]


numbers = st.one_of(
    st.integers(-3, 3).map(float),
    st.floats(-2, 2),
    st.floats(-2, 2, width=32),
    st.sampled_from([1e-300, 0.1, 0.3, -0.2, 2.0**60, 1 / 3]),
)


@st.composite
def networks(draw):
    n, s = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    weights = draw(st.lists(st.lists(numbers, min_size=n, max_size=n), min_size=s, max_size=s))
    thresholds = draw(st.lists(numbers, min_size=s, max_size=s))
    return weights, thresholds, draw(st.lists(numbers, min_size=s, max_size=s))


@given(networks())
@settings(max_examples=150)
def test_all_words_and_branching_agree_with_plain_counts(described):
    weights, thresholds, readout = described
    counts = counted(weights, thresholds)
    net = network(*described)
    found = certify_sparse_activation(net)
    assert found.method == "exhaustive"
    assert found.active == found.seen == max(counts)
    assert found.mean_square == Fraction(sum(k * k for k in counts), len(counts))
    squared = max(
        Fraction(u) ** 2 * sum(Fraction(w) ** 2 for w in row)
        for row, u in zip(weights, readout, strict=True)
    )
    assert found.weight_squared == squared
    assert found.uniform_bound == 4 * max(counts) ** 2 * squared
    assert verify_activation(found) == found.bound
    branched = certify_sparse_activation(net, method="branch_and_bound")
    assert branched.exact
    assert branched.active == max(counts)
    assert verify_activation(branched) == found.uniform_bound
    drawn = certify_sparse_activation(net, method="sampled", samples=50)
    assert drawn.seen <= max(counts)
    assert drawn.mean_bound >= found.mean_bound


@given(networks())
@settings(max_examples=150)
def test_no_network_is_more_sensitive_than_its_bound(described):
    """In rationals throughout: the values of the network, its sensitivity and both bounds."""
    weights, thresholds, readout = described
    n = len(weights[0])
    words = [[1 if number >> i & 1 else -1 for i in range(n)] for number in range(2**n)]
    values = [
        sum(
            Fraction(u)
            * max(sum(Fraction(w) * x for w, x in zip(row, word, strict=True)) - Fraction(b), 0)
            for row, b, u in zip(weights, thresholds, readout, strict=True)
        )
        for word in words
    ]
    found = certify_sparse_activation(network(*described))
    assert exact_average_sensitivity(values) <= found.bound
    assert found.mean_bound <= found.uniform_bound
    # up to units of 2^-16 of the largest part, signs cannot do worse than all parts together
    assert found.signed_bound <= found.mean_bound * Fraction(1001, 1000)


@given(networks())
@settings(max_examples=40)
def test_what_lies_beyond_a_degree_is_at_most_the_bound_over_it(described):
    """Corollary S2, for networks of whole weights, whose values are exact in floats."""
    weights, thresholds, readout = (np.round(np.clip(part, -3, 3)) for part in described)
    net = network(weights, thresholds, readout)
    bound = float(certify_sparse_activation(net).bound)
    words = jnp.asarray(all_signs(net.inputs))
    tails = np.asarray(fourier_tails(degree_weights(jax.vmap(net)(words)[:, 0])))
    assert np.all(tails * (1 + np.arange(len(tails))) <= bound * (1 + 1e-12))


def test_ties_of_rounded_sums_are_decided_exactly():
    """In floats 0.1 + 0.2 - 0.3 is positive; the weights' own sum is 2^-55, or 0 with others."""
    weights, third = [[0.1, 0.2, -0.3]], [[1 / 3, 1 / 3, 1 / 3]]
    for rows, threshold in ((weights, 0.0), (third, 1.0), ([[0.5, 0.25, 0.25]], 1.0)):
        for b in (np.nextafter(threshold, -9), threshold, np.nextafter(threshold, 9)):
            counts = counted(rows, [b])
            found = certify_sparse_activation(network(rows, [b], [1.0]))
            assert found.active == max(counts)
            assert found.mean_square == Fraction(sum(counts), 8)


def test_integers_beyond_a_machine_word_are_python_s():
    rows = [[2**70, -(2**70), 1, 0], [3, 2**80, 5, -(2**80) - 7]]
    upper, seen, word = most_active_neurons(rows, [0, 1, 2], most_nodes=100)
    plain = max(
        sum(b + sum(w * x for w, x in zip(ws, x_, strict=True)) > 0 for *ws, b in rows)
        for x_ in product((-1, 1), repeat=3)
    )
    assert upper == seen == plain
    assert (
        sum(b + sum(w * x for w, x in zip(ws, word, strict=True)) > 0 for *ws, b in rows) == plain
    )


@pytest.mark.parametrize("nodes", [1, 3, 10, 100, 20_000])
def test_branching_that_stops_early_is_still_a_bound(nodes):
    net = init((12, 24, 1), "relu", key=jax.random.key(3))
    k = certify_sparse_activation(net).active
    found = certify_sparse_activation(net, method="branch_and_bound", most_nodes=nodes)
    assert found.seen <= k <= found.active
    assert found.mean_bound is None
    assert found.bound == found.uniform_bound
    assert verify_activation(found) == found.uniform_bound
    assert (nodes == 20_000) <= found.exact


def test_beyond_twenty_signs_branching_is_chosen():
    """One neuron for each of 4 signs, and 30 more signs that none looks at."""
    weights = np.concatenate([np.eye(4), np.zeros((4, 30))], axis=1)
    found = certify_sparse_activation(network(weights, [0] * 4, [1] * 4))
    assert (found.method, found.active, found.seen) == ("branch_and_bound", 4, 4)
    assert found.word[:4] == (1, 1, 1, 1)
    assert verify_activation(found) == 64


def test_drawn_words_bound_the_mean_square_from_above_as_often_as_they_say():
    net = init((10, 12, 1), "relu", key=jax.random.key(1))
    exact = certify_sparse_activation(net)
    below = 0
    for seed in range(200):
        drawn = certify_sparse_activation(
            net, method="sampled", samples=60, doubt_bits=2, seed=seed
        )
        below += drawn.mean_square < exact.mean_square
    assert below <= 50  # a quarter of them at most
    assert drawn.doubt == Fraction(1, 4)
    assert 2 * 0.6931 / 60 < drawn.share_above < 2 * 0.6932 / 60
    many = certify_sparse_activation(net, method="sampled", samples=400_000)
    assert exact.mean_square <= many.mean_square < 1.05 * exact.mean_square
    assert many.active is None
    assert many.uniform_bound is None
    assert not many.exact
    assert exact.share_above is None


@given(st.fractions(0, 10**6))
def test_the_rational_root_is_just_above(value):
    root = _root_above(value)
    assert value <= root**2
    assert root == 0 or (root - Fraction(1, 2**39)) ** 2 < value or root < Fraction(1, 2**39)


def test_the_degree_is_the_least_that_the_bound_allows():
    found = certify_sparse_activation(network([[1.0, 1.0, 0, 0, 0, 0, 0, 0]], [0], [1.0]))
    assert found.bound == found.mean_bound == 4 * 2 * Fraction(1, 4)  # active at one word of four
    for error in (Fraction(1, 10), 0.5, 1, Fraction(2, 3), 7):
        d = found.degree(error)
        assert found.bound / (d + 1) <= error or d == found.inputs
        assert d == 0 or found.bound / d > error
    with pytest.raises(ValueError, match="`error` must be positive, a mean square; got 0"):
        found.degree(0)


FOUND = certify_sparse_activation(network([[1, 1, 0], [1, -1, 1], [0, 2, 1]], [0, 1, 1], [1, 2, 1]))
WEIGHTS, THRESHOLD, READOUT = FOUND.neurons[0]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"inputs": 0}, "inputs: no number"),
        ({"inputs": 3.0}, "inputs: no number"),
        ({"inputs": 2}, "neurons: one has not a weight for each input"),
        ({"neurons": list(FOUND.neurons)}, "neurons: no tuple"),
        ({"neurons": ((WEIGHTS, THRESHOLD),)}, "neurons: one has not three parts"),
        ({"neurons": ((list(WEIGHTS), THRESHOLD, READOUT),)}, "neurons: one has not three parts"),
        ({"neurons": ((WEIGHTS, 0.5, READOUT),)}, "neurons: a weight is no fraction"),
        ({"neurons": ((WEIGHTS, THRESHOLD, 1),)}, "neurons: a weight is no fraction"),
        ({"neurons": FOUND.neurons[:2]}, "seen: the word has another number"),
        ({"method": "sampled"}, "method: k is not proved by 'sampled'"),
        ({"method": None}, "method: k is not proved by None"),
        ({"samples": 5}, "samples: goes with words that were drawn"),
        ({"doubt": Fraction(1, 2)}, "samples: goes with words that were drawn"),
        ({"active": None}, "active: no number of neurons"),
        ({"active": 2.0}, "active: no number of neurons"),
        ({"active": 1}, "active: a word has more than 1"),
        ({"active": 3}, "active: no word has so many"),
        ({"seen": 1}, "seen: the word has another number"),
        ({"seen": 3}, "seen: the word has another number"),
        ({"word": FOUND.word[:2]}, "word: has not a sign for each input"),
        ({"word": (0, *FOUND.word[1:])}, "word: not of -1 and 1"),
        ({"word": (-1, -1, -1)}, "seen: the word has another number"),
        ({"order": (0, 1)}, "order: not each input once"),
        ({"order": (0, 1, 1)}, "order: not each input once"),
        ({"order": [0, 1, 2]}, "order: no tuple of inputs"),
        ({"order": (0, 1, 2.0)}, "order: no tuple of inputs"),
        ({"weight_squared": FOUND.weight_squared - 1}, "weight_squared: is another number"),
        ({"weight_squared": float(FOUND.weight_squared)}, "weight_squared: is another number"),
        ({"mean_square": None}, "mean_square: is another number"),
        ({"mean_square": FOUND.mean_square - Fraction(1, 8)}, "mean_square: is another number"),
        ({"method": "branch_and_bound"}, "mean_square: goes with all words"),
        (
            {"method": "branch_and_bound", "mean_square": None},
            "mean_square: goes with all words",
        ),
        ({"signed_square": FOUND.signed_square - Fraction(1, 2**60)}, "signed_square: is below"),
        ({"signed_square": float(FOUND.signed_square)}, "signed_square: is below"),
    ],
)
def test_every_wrong_witness_is_refused(changed, said):
    assert verify_activation(FOUND) == FOUND.bound == FOUND.signed_bound < FOUND.mean_bound
    assert FOUND.active == 2
    with pytest.raises(ValueError, match=said):
        verify_activation(FOUND._replace(**changed))


def test_a_lower_k_than_a_word_shows_is_refused_even_if_the_word_hides_it():
    """The word and its number are right, but another word has more."""
    silent = (-1, -1, -1)
    low = FOUND._replace(active=0, seen=0, word=silent)
    with pytest.raises(ValueError, match="active: a word has more than 0"):
        verify_activation(low)


def test_other_data_is_refused():
    for bound in (None, (), list(FOUND), FOUND[:11]):
        with pytest.raises(ValueError, match="bound: must have twelve fields"):
            verify_activation(bound)


@pytest.mark.usefixtures("unchecked")
def test_wrong_arguments_are_told():
    good = init((3, 4, 1), "relu", key=jax.random.key(0))
    with pytest.raises(ValueError, match="`network` must be a dense Network of one.*tanh"):
        certify_sparse_activation(Network(good.layers, tanh))
    with pytest.raises(ValueError, match="`network` must be a dense Network.*2 hidden layers"):
        certify_sparse_activation(init((3, 4, 4, 1), "relu", key=jax.random.key(0)))
    with pytest.raises(ValueError, match="`network` must be a dense Network.*2 outputs"):
        certify_sparse_activation(init((3, 4, 2), "relu", key=jax.random.key(0)))
    with pytest.raises(ValueError, match="`network` must be a dense Network.* and a skip"):
        certify_sparse_activation(Network(good.layers, relu, jnp.ones((3, 1))))
    with pytest.raises(ValueError, match="`network` must be a dense Network.*got a SparseNetwork"):
        certify_sparse_activation(parity_detector(4, 3, 0))
    with pytest.raises(ValueError, match="`network` has a weight that is no number"):
        certify_sparse_activation(network([[np.nan]], [0], [1]))
    with pytest.raises(ValueError, match="`method` must be exhaustive, branch_and_bound or sampl"):
        certify_sparse_activation(good, method="guess")
    with pytest.raises(ValueError, match="`method` exhaustive lists.*has 21 inputs: use branch"):
        certify_sparse_activation(
            init((21, 2, 1), "relu", key=jax.random.key(0)), method="exhaustive"
        )
    for name in ("most_nodes", "samples", "doubt_bits"):
        how = {"method": "branch_and_bound" if name == "most_nodes" else "sampled", name: 0}
        with pytest.raises(ValueError, match=f"`{name}` must be an integer"):
            certify_sparse_activation(good, **how)


def test_many_neurons_do_not_wrap_machine_integers():
    """Squares of their sums, and fourth powers of their number, are beyond 64 bits."""
    many = 66_000
    first = Layer(jnp.ones((1, many)), jnp.full(many, 0.5))
    net = Network((first, Layer(jnp.ones((many, 1)))), relu)
    found = certify_sparse_activation(net)
    # h is 1.5 s at 1 and 0 at -1
    assert Fraction(9 * many**2, 16) <= found.bound == 4 * Fraction(many**2, 2)
    assert found.signed_bound is None
    drawn = certify_sparse_activation(net, method="sampled", samples=256)
    assert drawn.mean_square >= found.mean_square == Fraction(many**2, 2)


def test_what_is_made_by_default_is_what_the_checker_lists():
    net = init((20, 130, 1), "relu", key=jax.random.key(0))
    found = certify_sparse_activation(net, most_nodes=3)
    assert found.method == "branch_and_bound"
