"""Conventions: names and objects say the same, and equal freedoms compare equal."""

from itertools import product

import pytest

from noflat.conventions import CONVENTIONS, Convention, convention

ALL = [Convention(*switches) for switches in product((False, True), repeat=3)]


def test_a_name_says_all():
    for given in ALL:
        assert convention(given.name) == given
        assert convention(given) is given
        assert hash(convention(given.name)) == hash(given)
    assert Convention().name == "bias_free"
    assert convention("affine_skip+hidden_bias") == Convention(hidden_bias=True, affine_skip=True)


def test_a_skip_brings_its_constant():
    assert Convention(affine_skip=True) == Convention(output_bias=True, affine_skip=True)
    assert Convention(affine_skip=True).name == "output_bias+affine_skip"
    assert len(set(ALL)) == 6
    assert set(CONVENTIONS) == set(ALL)
    assert len(CONVENTIONS) == 6


def test_free_degrees():
    for given in ALL:
        assert given.free_degrees == set(range(given.output_bias + given.affine_skip))


@pytest.mark.usefixtures("unchecked")
def test_wrong_arguments_are_refused():
    for name in ("bias", "", "hidden_bias+", "Hidden_bias", "hidden_bias, output_bias", None):
        with pytest.raises(ValueError, match="`convention` must be 'bias_free' or some of hidden_"):
            convention(name)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="`output_bias` must be True or False; got 1"):
        Convention(output_bias=1)  # pyright: ignore[reportArgumentType]
