"""The fewest folds, against all there are."""

from itertools import product
from math import prod

import pytest

from noflat.certificates.pieces import fewest_neurons
from noflat.constructions import fold_sizes


@pytest.mark.parametrize("hidden_layers", [1, 2, 3])
def test_no_other_sizes_cost_less(hidden_layers):
    tried = list(product(range(1, 28 if hidden_layers < 3 else 14), repeat=hidden_layers))
    for pieces in range(2 ** (hidden_layers - 1) + 1, 28):
        found = fold_sizes(pieces, hidden_layers)
        assert len(found) == hidden_layers
        assert min(found) >= 2
        assert prod(found) >= pieces
        least = min(sum(sizes) for sizes in tried if prod(sizes) >= pieces)
        assert sum(found) == least


def test_the_bound_is_met_at_every_depth():
    for pieces in range(2, 400):
        for hidden_layers in range(1, (pieces - 1).bit_length() + 1):
            neurons = sum(fold_sizes(pieces, hidden_layers)) - hidden_layers
            assert neurons == fewest_neurons(pieces, hidden_layers)
        deepest = (pieces - 1).bit_length()
        assert fold_sizes(pieces, deepest) == (2,) * deepest
        assert deepest == fewest_neurons(pieces)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((1, 1), "`pieces` must be an integer of at least 2"),
        ((8, 0), "`hidden_layers` must be an integer of at least 1"),
        ((8, 4), "`hidden_layers` must be from 1 to 3 for 8 pieces; got 4"),
    ],
)
def test_wrong_arguments_are_told(arguments, said):
    with pytest.raises(ValueError, match=said):
        fold_sizes(*arguments)
