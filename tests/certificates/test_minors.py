"""The checker's determinants: block by block, by hand and by FLINT."""

import hypothesis.strategies as st
import pytest
from flint import fmpz_mat
from hypothesis import given

from noflat.certificates import CertificateError
from noflat.certificates.checker import minors
from noflat.certificates.checker.minors import PRIME, check_minor, read_monomial, read_monomials

sparse = st.integers(1, 7).flatmap(
    lambda n: st.lists(
        st.lists(st.sampled_from([0, 0, 0, 1, -1, 2]), min_size=n, max_size=n),
        min_size=n,
        max_size=n,
    )
)


@given(sparse)
def test_determinants(rows):
    exact = int(fmpz_mat(rows).det()) % PRIME
    assert minors._by_blocks(rows) == minors._determinant(rows) == minors._large(rows) == exact
    if exact:
        check_minor(exact, rows)
    with pytest.raises(CertificateError, match="a minor (vanishes|has another determinant)"):
        check_minor((exact + 1) % PRIME, rows)


@given(st.permutations(range(8)))
def test_permutation_matrices_have_their_sign(order):
    rows = [[int(j == image) for j in range(8)] for image in order]
    assert minors._by_blocks(rows) == int(fmpz_mat(rows).det()) % PRIME


def test_large_blocks_are_flints():
    n = minors._MOST_BY_HAND + 1
    rows = [[(i * j + i) % 7 + (i == j) for j in range(n)] for i in range(n)]
    assert minors._by_blocks(rows) == int(fmpz_mat(rows).det()) % PRIME


@pytest.mark.parametrize(
    "text", ["1 0", "3", "00", " 0", "0  1", "-1", "0 1 ", 7, None, "٠", "0,1"]
)
def test_monomials_are_written_in_one_way(text):
    assert read_monomial("0 0 2", 3) == (2, 0, 1)
    assert read_monomial("", 3) == (0, 0, 0)
    with pytest.raises(CertificateError, match="witness: a monomial"):
        read_monomial(text, 3)


def test_lists_of_monomials():
    with pytest.raises(CertificateError, match="occurs twice"):
        read_monomials(["0", "0"], 1)
    with pytest.raises(CertificateError, match="lists of 1 to"):
        read_monomials([], 1)
