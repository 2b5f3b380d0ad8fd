"""Bounds by pieces: against all widths, against random networks, and against brute force."""

from fractions import Fraction
from itertools import product
from math import prod

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.certificates.pieces import (
    cited_parity_gates,
    fewest_neurons,
    fewest_parity_gates,
    fewest_wrong,
    least_square_error,
    most_pieces,
)
from noflat.measure import affine_pieces, square_sup_error
from noflat.networks import SparseNetwork, sparse_layer


@pytest.mark.parametrize("hidden_layers", [1, 2, 3])
def test_most_pieces_over_all_widths(hidden_layers):
    for neurons in range(10):
        every = product(range(neurons + 1), repeat=hidden_layers)
        best = max(prod(w + 1 for w in widths) for widths in every if sum(widths) == neurons)
        assert most_pieces(neurons, hidden_layers) == best


def test_fewest_neurons_is_the_other_way_round():
    for pieces in range(1, 200):
        for hidden_layers in (1, 2, 3, 5):
            neurons = fewest_neurons(pieces, hidden_layers)
            assert most_pieces(neurons, hidden_layers) >= pieces
            assert neurons == 0 or most_pieces(neurons - 1, hidden_layers) < pieces
        assert fewest_neurons(pieces) == min(fewest_neurons(pieces, k) for k in range(1, 9))


def random_network(widths, skips, generator):
    sizes, seen, layers = (1, *widths, 1), 1, []
    for before, after in zip(sizes, sizes[1:], strict=False):
        rows = seen if skips else before
        layers.append(
            sparse_layer(generator.integers(-8, 9, (rows, after)) / 4, generator.normal(size=after))
        )
        seen += after
    return SparseNetwork(tuple(layers), sizes, jax.nn.relu, skips)


@pytest.mark.parametrize("skips", [False, True])
@pytest.mark.parametrize("widths", [(3,), (2, 2), (1, 3, 1), (4, 4)])
def test_random_networks_obey(widths, skips):
    generator = np.random.default_rng(0)
    for _ in range(10):
        found = affine_pieces(random_network(widths, skips, generator), -3, 3)
        assert found.count <= prod(width + 1 for width in widths)
        unit = affine_pieces(random_network(widths, skips, generator))
        assert square_sup_error(unit) >= least_square_error(prod(w + 1 for w in widths))


def test_fewest_wrong_over_all_classifiers():
    for points in (1, 4, 7):
        labels = np.arange(points) % 2
        for pieces in range(1, points + 2):
            wrong = [
                np.sum(np.array(answers) != labels)
                for answers in product((0, 1), repeat=points)
                if np.sum(np.diff(answers) != 0) <= pieces
            ]
            assert fewest_wrong(points, pieces) == min(wrong)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_flat_zigzag_without_a_skip_needs_one_more(k):
    """A neuron for every kink, active on either side: the zigzag is none of 2^(P - 1) networks."""
    pieces = 2**k
    kinks = np.arange(1, pieces) / pieces
    x = np.arange(2 * pieces + 1) / (2 * pieces)
    zigzag = np.interp(x, np.arange(pieces + 1) / pieces, np.arange(pieces + 1) % 2)
    constant = np.ones(len(x))
    for sides in product((-1, 1), repeat=pieces - 1):
        hidden = np.maximum(np.array(sides) * (x[:, None] - kinks), 0)
        for extra, found in ((constant[:, None], False), (np.stack([constant, x], 1), True)):
            basis = np.concatenate([hidden, extra], axis=1)
            rest = basis @ np.linalg.lstsq(basis, zigzag)[0] - zigzag
            assert (np.abs(rest).max() < 1e-9) == found


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_terms_of_parity_leave_no_variable_out(n):
    """Of all 3^n terms those that are true at odd words alone are 2^(n - 1) of one word each."""
    words = np.array([*product((0, 1), repeat=n)])
    odd = words.sum(axis=1) % 2 == 1
    allowed = []
    for term in product((0, 1, None), repeat=n):
        true = np.array(
            [all(t in (bit, None) for t, bit in zip(term, w, strict=True)) for w in words]
        )
        if not np.any(true & ~odd):
            allowed.append(true)
    assert len(allowed) == 2 ** (n - 1)
    assert all(true.sum() == 1 for true in allowed)


def test_parity_on_sums_by_every_choice_of_thresholds():
    """One hidden layer, its gates at any sums: parity is in the span of no fewer than n // 2."""
    for n in (2, 3, 4, 5, 6):
        sums = np.arange(n + 1)
        gates = [(sums >= j).astype(float) for j in range(1, n + 1)]
        least = n + 1
        for chosen in product((0, 1), repeat=n):
            used = [gate for gate, yes in zip(gates, chosen, strict=True) if yes]
            basis = np.stack([np.ones(n + 1), sums, *used], axis=1)
            rest = basis @ np.linalg.lstsq(basis, sums % 2)[0] - sums % 2
            if np.abs(rest).max() < 1e-9:
                least = min(least, len(used))
        assert fewest_parity_gates(n, 1) == least == n // 2


def test_exact_numbers():
    assert least_square_error(8) == Fraction(1, 512)
    assert cited_parity_gates(200, 2) == 10
    assert jnp.isclose(cited_parity_gates(2 * 3**6, 4), 3)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: most_pieces(-1, 1), "`neurons` must be an integer of at least 0"),
        (lambda: fewest_neurons(0), "`pieces` must be an integer of at least 1"),
        (lambda: fewest_wrong(0, 1), "`points` must be an integer of at least 1"),
        (lambda: least_square_error(0), "`pieces` must be an integer of at least 1"),
        (lambda: fewest_parity_gates(0, 1), "`n` must be an integer of at least 1"),
        (lambda: cited_parity_gates(4, 1), "`depth` must be an integer of at least 2"),
    ],
)
def test_wrong_arguments_are_told(make, said):
    with pytest.raises(ValueError, match=said):
        make()
