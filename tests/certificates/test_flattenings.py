"""Flattenings by other code: forms as dictionaries, ranks over the integers."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, combinations_with_replacement, product
from math import ceil, comb

import numpy as np
import pytest
from flint import fmpz_mat

from noflat import targets
from noflat.certificates import lower_bound

Form = dict[tuple[int, ...], int]


def differentiate(form: Form, variable: int) -> Form:
    found: Form = {}
    for exponents, value in form.items():
        if exponents[variable]:
            left = list(exponents)
            left[variable] -= 1
            found[tuple(left)] = value * exponents[variable]
    return found


def derivative(form: Form, variables: tuple[int, ...]) -> Form:
    for variable in variables:
        form = differentiate(form, variable)
    return form


def wedge(variable: int, indices: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """The sign and the indices of e_i with the wedge of e_I, by counting transpositions."""
    if variable in indices:
        return 0, ()
    return (-1) ** sum(i < variable for i in indices), tuple(sorted((variable, *indices)))


def flattening(form: Form, n: int, degree: int, order: int, p: int) -> fmpz_mat:
    columns = {
        key: j
        for j, key in enumerate(
            (exponents, indices)
            for exponents in all_exponents(n, degree - order - 1)
            for indices in combinations(range(n), p + 1)
        )
    }
    rows = []
    for variables in combinations_with_replacement(range(n), order):
        partial = derivative(form, variables)
        for indices in combinations(range(n), p):
            row = [0] * len(columns)
            for i in range(n):
                sign, joined = wedge(i, indices)
                for exponents, value in differentiate(partial, i).items() if sign else ():
                    row[columns[exponents, joined]] += sign * value
            rows.append(row)
    return fmpz_mat(rows)


def all_exponents(n: int, degree: int) -> Iterator[tuple[int, ...]]:
    return (e for e in product(range(degree + 1), repeat=n) if sum(e) == degree)


def power(linear: tuple[int, ...], degree: int) -> Form:
    """The power of a linear form, multiplied out."""
    form: Form = {(0,) * len(linear): 1}
    for _ in range(degree):
        following: Form = {}
        for exponents, value in form.items():
            for i, a in enumerate(linear):
                raised = (*exponents[:i], exponents[i] + 1, *exponents[i + 1 :])
                following[raised] = following.get(raised, 0) + a * value
        form = following
    return form


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_catalecticant(n):
    form = {(1,) * n: 1}
    for order in range(n + 1):
        columns = list(all_exponents(n, n - order))
        rows = [
            [derivative(form, variables).get(exponents, 0) for exponents in columns]
            for variables in combinations_with_replacement(range(n), order)
        ]
        assert fmpz_mat(rows).rank() == comb(n, order)
    name, witness = "catalecticant", {"order": 8, "subsets": comb(16, 8)}
    certificate = lower_bound(targets.product(16), "tanh", sense="uniform")
    assert (certificate.theorem, certificate.witness) == (name, witness)


@pytest.mark.parametrize(
    ("n", "order", "p", "rank", "neurons"),
    [(3, 1, 1, 8, 4), (4, 2, 1, 20, 7), (5, 2, 2, 76, 13), (6, 3, 2, 216, 22)],
)
def test_koszul_rank(n, order, p, rank, neurons):
    matrix = flattening({(1,) * n: 1}, n, n, order, p)
    assert matrix.rank() == rank
    bound = lower_bound(targets.product(n), "tanh", sense="uniform").neurons
    assert ceil(Fraction(rank, comb(n - 1, p))) <= bound == neurons


@pytest.mark.parametrize(("n", "neurons"), [(3, 4), (4, 7), (5, 13), (6, 22)])
def test_the_minor_does_not_vanish_over_the_integers(n, neurons):
    witness = lower_bound(targets.product(n), "tanh", sense="uniform").witness
    order, p = witness["order"], witness["wedge"]
    whole = flattening({(1,) * n: 1}, n, n, order, p)

    def text(indices: tuple[int, ...]) -> str:
        return " ".join(map(str, indices))

    monomials = combinations_with_replacement(range(n), order)
    labels = [[text(m), text(i)] for m in monomials for i in combinations(range(n), p)]
    images = [
        [text(tuple(i for i, e in enumerate(exponents) for _ in range(e))), text(indices)]
        for exponents in all_exponents(n, n - order - 1)
        for indices in combinations(range(n), p + 1)
    ]
    rows = [labels.index(row) for row in witness["rows"]]
    columns = [images.index(column) for column in witness["columns"]]
    minor = fmpz_mat([[whole[i, j] for j in columns] for i in rows])
    assert minor.rank() == len(rows)
    assert ceil(Fraction(len(rows), comb(n - 1, p))) == neurons


@pytest.mark.parametrize("n", [2, 3, 4])
def test_power_has_koszul_rank(n):
    random = np.random.default_rng(n)
    draw = lambda: tuple(int(a) for a in random.integers(-3, 4, size=n) * 2 + 1)
    for order in range(n):
        for p in range(n):
            powers = [power(draw(), n) for _ in range(3)]
            ranks = [flattening(form, n, n, order, p).rank() for form in powers]
            assert ranks == [comb(n - 1, p)] * 3
            total: Form = {}
            for form in powers:
                for exponents, value in form.items():
                    total[exponents] = total.get(exponents, 0) + value
            assert flattening(total, n, n, order, p).rank() <= 3 * comb(n - 1, p)
