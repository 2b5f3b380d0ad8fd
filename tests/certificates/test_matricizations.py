"""Ranks of hierarchies: by a second method, against networks, and every wrong witness refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy
from sample_hierarchies import every_string

from noflat.certificates.matricizations import matricization_bound, verify_matricization
from noflat.constructions.hierarchy import flat_decoder, flat_decoder_neurons
from noflat.targets.hierarchy import Hierarchy, classify, random_hierarchy

# six rules for sums modulo three, in two levels: the class is the sum of all leaves
SUMS = jnp.array([[[a, (c - a) % 3] for a in range(3)] for c in range(3)], "int32")
PARITY = Hierarchy((SUMS, SUMS), 3)


def stacked(hierarchy, split):
    """The matrices of all classes side by side, by listing all strings."""
    strings, labels = every_string(hierarchy)
    v, others = hierarchy.symbols, [i for i in range(strings.shape[1]) if i not in split]

    def number(leaves):
        return strings[:, leaves] @ v ** np.arange(len(leaves))

    matrix = np.zeros((v ** len(split), hierarchy.classes, v ** len(others)), int)
    matrix[number(list(split)), labels, number(others)] = 1
    return matrix.reshape(len(matrix), -1)


@pytest.mark.parametrize(
    ("symbols", "levels", "branching", "split"),
    [
        (2, 2, 2, None),
        (3, 2, 2, None),
        (3, 2, 2, (0, 1)),
        (3, 2, 2, (1, 2, 3)),
        (4, 2, 2, None),
        (2, 3, 2, None),
        (2, 2, 3, None),
        (2, 2, 3, (0, 4, 5, 8)),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_ranks_are_those_of_all_strings(symbols, levels, branching, split, seed):
    hierarchy = random_hierarchy(symbols, levels, branching=branching, key=jax.random.key(seed))
    bound = matricization_bound(hierarchy, split=split)
    matrix = stacked(hierarchy, bound.split)
    # singular values of 0/1 matrices of so few rows: zero up to 1e-13, or above 1e-3
    assert bound.rank == np.linalg.matrix_rank(matrix, tol=1e-6) == verify_matricization(bound)
    if matrix.size < 3000:
        assert bound.rank == sympy.Matrix(matrix.tolist()).rank()


def test_the_split_that_is_left_out_is_every_second_leaf():
    hierarchy = random_hierarchy(3, 2, key=jax.random.key(0))
    assert matricization_bound(hierarchy).split == (0, 2)
    assert matricization_bound(hierarchy, split=(2, 0)).split == (0, 2)


@pytest.mark.parametrize("blanks", [0, 1])
@pytest.mark.parametrize("symbols", [2, 3, 4])
def test_bounds_are_below_the_flat_decoder(symbols, blanks):
    hierarchy = random_hierarchy(symbols, 2, blanks=blanks, key=jax.random.key(1))
    bound = matricization_bound(hierarchy)
    decoder = flat_decoder(hierarchy)
    spread = int(np.ptp(np.asarray([0, *decoder.layers[0].weights.tolist()])))
    assert spread == 1
    assert bound.fewest_integer_neurons(spread) <= decoder.neurons
    assert bound.rank <= symbols**2 <= flat_decoder_neurons(hierarchy)


def test_bounds_by_formula():
    bound = matricization_bound(random_hierarchy(6, 2, key=jax.random.key(0)))
    assert bound.rank == 36
    assert bound.fewest_products() == 36
    assert bound.fewest_products(output_bias=True) == 35
    assert [bound.fewest_integer_neurons(spread) for spread in (1, 2, 35)] == [18, 9, 1]
    assert [bound.fewest_polynomial_neurons(degree) for degree in (1, 2, 35, 40)] == [35, 18, 1, 1]


@pytest.mark.parametrize("levels", [2, 3])
def test_parities_have_small_ranks(levels):
    sums = matricization_bound(Hierarchy((SUMS,) * levels, 3))
    assert sums.rank == 3
    for seed in range(5):  # the class is a parity of some leaves
        hierarchy = random_hierarchy(2, levels, key=jax.random.key(seed))
        assert matricization_bound(hierarchy).rank <= 2


def hidden(split, neurons, function, seed, spread):
    """The values of random neurons on all strings of four leaves of three symbols, by u and w."""
    generator = np.random.default_rng(seed)
    digits = np.indices((3,) * 4).reshape(4, -1).T
    number = digits[:, list(split)] @ [1, 3]
    other = digits[:, [i for i in range(4) if i not in split]] @ [1, 3]
    values = np.zeros((neurons, 9, 9))
    for neuron in range(neurons):
        weights = generator.integers(0, spread + 1, (4, 3))
        sums = weights[np.arange(4), digits].sum(axis=1) - generator.integers(1, 4)
        values[neuron, number, other] = function(generator, sums)
    return values


def any_function(generator, sums):
    table = generator.integers(-50, 50, sums.max() - sums.min() + 1)
    return table[sums - sums.min()]


@pytest.mark.parametrize(
    ("function", "spread", "dimension"),
    [
        (lambda _, sums: 2.0**sums, 3, 1),
        (lambda _, sums: sums.astype(float) ** 2, 3, 2),
        (lambda _, sums: np.maximum(sums, 0), 1, 2),
        (any_function, 1, 2),
    ],
)
@pytest.mark.parametrize("neurons", [1, 2, 3])
def test_random_networks_have_the_ranks_that_are_counted(function, spread, dimension, neurons):
    """The claim behind each bound, for outputs of any weights side by side, with biases."""
    for seed in range(10):
        values = hidden((0, 2), neurons, function, seed, spread)
        readout = np.random.default_rng(seed).integers(-9, 10, (neurons, 4))
        outputs = np.concatenate([np.tensordot(row, values, 1) + 1 for row in readout.T], axis=1)
        assert np.linalg.matrix_rank(outputs, tol=1e-7) <= neurons * dimension + 1


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("neurons", [1, 2, 3])
def test_no_readout_comes_closer_than_the_span_allows(neurons, seed):
    """Theorem H6, in the limit too: what has rank r stays away by the later singular values."""
    hierarchy = random_hierarchy(3, 2, key=jax.random.key(seed))
    values = hidden((0, 2), neurons, any_function, seed, 1)
    classes = stacked(hierarchy, (0, 2))
    span = np.concatenate([np.ones((9, 1)), *values], axis=1)
    r = np.linalg.matrix_rank(span, tol=1e-7)
    rank = matricization_bound(hierarchy, split=(0, 2)).rank
    later = np.linalg.svd(classes, compute_uv=False)[r:]
    assert r <= 2 * neurons + 1
    assert (later > 1e-6).sum() == max(0, rank - r)
    features = np.column_stack([np.ones(81), *(value.ravel() for value in values)])
    wanted = classes.reshape(9, 3, 9).swapaxes(1, 2).reshape(81, 3)
    best = features @ np.linalg.lstsq(features, wanted, rcond=None)[0]
    assert np.sum((best - wanted) ** 2) >= np.sum(later**2) - 1e-9
    assert r < rank or neurons > 1  # so that something is said


def test_any_function_of_small_sums_attains_the_count():
    generator = np.random.default_rng(0)
    sums = np.add.outer(np.arange(3), np.arange(3)).ravel()  # of two leaves, weights 0, 1, 2
    values = any_function(generator, np.add.outer(sums, sums))
    assert np.linalg.matrix_rank(values, tol=1e-7) == 2 * 2 + 1


def test_a_part_of_a_large_matrix_is_a_bound():
    hierarchy = random_hierarchy(4, 3, key=jax.random.key(0))
    part = matricization_bound(hierarchy, most=40)
    assert 30 <= part.rank <= 40
    assert verify_matricization(part) == part.rank
    assert matricization_bound(hierarchy, most=40) == part


def test_a_minor_is_of_classes_that_the_target_has():
    hierarchy = random_hierarchy(3, 2, key=jax.random.key(2))
    bound = matricization_bound(hierarchy, split=(0, 3))
    for row in bound.rows:
        string = jnp.array([row[0], 0, 0, row[1]], "int32")
        assert 0 <= int(classify(hierarchy, string)) < 3
    assert bound.rules == tuple(
        tuple(tuple(map(tuple, parent)) for parent in np.asarray(rules).tolist())
        for rules in hierarchy.rules
    )


BOUND = matricization_bound(random_hierarchy(3, 2, key=jax.random.key(0)))


def exchanged(values, i, j):
    values = list(values)
    values[i], values[j] = values[j], values[i]
    return tuple(values)


def other_rules(level, first, second):
    """Exchanges two right-hand sides of a level."""
    rules = [[list(parent) for parent in parents] for parents in BOUND.rules]
    one, two = rules[level][first], rules[level][second]
    one[0], two[0] = two[0], one[0]
    return tuple(tuple(map(tuple, parents)) for parents in rules)


def replaced(values, place, value):
    return (*values[:place], value, *values[place + 1 :])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rules": ()}, "rules: no level, or too many"),
        ({"rules": BOUND.rules[:1]}, "split: must be some leaves"),
        ({"rules": BOUND.rules[1:] * 3}, "columns: a string is malformed"),
        ({"rules": BOUND.rules[:1] + (BOUND.rules[1][:2],)}, "rules: not complete"),
        ({"rules": (BOUND.rules[0][:2], BOUND.rules[1])}, "different numbers of symbols"),
        ({"rules": (BOUND.rules[0], BOUND.rules[1][:1])}, "rules: a level has too few parents"),
        ({"rules": (BOUND.rules[0], ((), *BOUND.rules[1][1:]))}, "rules: a parent has none"),
        (
            {"rules": (BOUND.rules[0], replaced(BOUND.rules[1], 0, BOUND.rules[1][1]))},
            "rules: a right-hand side occurs twice",
        ),
        ({"rules": (BOUND.rules[0], ((1, 2, 3),) * 3)}, "rules: a right-hand side is no string"),
        (
            {"rules": (BOUND.rules[0], ((((0, 0), (0, 1), (0, 3)),) + BOUND.rules[1][1:]))},
            "rules: (not complete|a right-hand side occurs twice)",
        ),
        ({"rules": other_rules(0, 0, 1)}, "witness: a minor"),
        ({"rules": other_rules(1, 1, 2)}, "witness: a minor"),
        ({"split": (0,)}, "rows: a string is malformed"),
        ({"split": ()}, "split: must be some leaves"),
        ({"split": (0, 1, 2, 3)}, "split: must be some leaves"),
        ({"split": (2, 0)}, "split: not ascending"),
        ({"split": (0, 0)}, "split: not ascending"),
        ({"split": (0, 4)}, "split: there is no such leaf"),
        ({"split": (-1, 0)}, "split: there is no such leaf"),
        ({"split": (0, 3)}, "witness: a minor"),
        ({"split": (0, 1)}, "witness: a minor"),
        ({"split": 2}, "split: not ascending"),
        ({"rows": ()}, "rows: none, or too many"),
        ({"rows": BOUND.rows[:-1]}, "witness: a minor is not square"),
        ({"rows": exchanged(BOUND.rows, 0, 1)}, "witness: a minor has another determinant"),
        ({"rows": replaced(BOUND.rows, 0, BOUND.rows[1])}, "rows: a string occurs twice"),
        ({"rows": replaced(BOUND.rows, 0, (0, 3))}, "rows: a string is malformed"),
        ({"rows": replaced(BOUND.rows, 0, (0, -1))}, "rows: a string is malformed"),
        ({"rows": replaced(BOUND.rows, 0, (0, 0, 0))}, "rows: a string is malformed"),
        ({"rows": replaced(BOUND.rows, 0, 0)}, "rows: a string is malformed"),
        ({"columns": BOUND.columns[:-1]}, "witness: a minor is not square"),
        ({"columns": exchanged(BOUND.columns, 0, 1)}, "witness: a minor has another"),
        ({"columns": replaced(BOUND.columns, 0, BOUND.columns[1])}, "columns: a string occurs"),
        ({"columns": replaced(BOUND.columns, 0, (3, 0, 0))}, "columns: a string is malformed"),
        ({"columns": replaced(BOUND.columns, 0, (0, 0))}, "columns: a string is malformed"),
        ({"prime": 2}, "witness: prime must be 2305843009213693951"),
        ({"prime": 2**31 - 1}, "witness: prime must be 2305843009213693951"),
        ({"minor": BOUND.minor + 1}, "witness: a minor has another determinant"),
        ({"minor": -BOUND.minor}, "witness: a minor has another determinant"),
        ({"minor": 0}, "witness: a minor has another determinant"),
        ({"minor": float(BOUND.minor)}, "bound: must be integers and tuples"),
        ({"minor": True}, "bound: must be integers and tuples"),
        ({"split": [0, 2]}, "bound: must be integers and tuples"),
        ({"split": (0, (2,))}, "split: not ascending leaves"),
        ({"rules": 9 * BOUND.rules}, "rules: no level, or too many"),
    ],
)
def test_every_wrong_witness_is_refused(changed, said):
    assert verify_matricization(BOUND) == BOUND.rank
    with pytest.raises(ValueError, match=said):
        verify_matricization(BOUND._replace(**changed))


@pytest.mark.parametrize("field", ["rows", "columns"])
def test_a_digit_of_a_row_or_column_is_refused_unless_the_minor_is_the_same(field):
    hierarchy = random_hierarchy(3, 2, key=jax.random.key(0))
    matrix = stacked(hierarchy, BOUND.split).reshape((3,) * 5)  # a leaf's digits: the last first
    refused = 0
    for i, string in enumerate(getattr(BOUND, field)):
        for place, digit in enumerate(string):
            other = replaced(string, place, (digit + 1) % 3)
            if other in getattr(BOUND, field):
                continue
            bound = BOUND._replace(**{field: replaced(getattr(BOUND, field), i, other)})
            entries = [
                [int(matrix[b, a, label, d, c]) for label, c, d in bound.columns]
                for a, b in bound.rows
            ]
            if int(sympy.Matrix(entries).det()) % BOUND.prime == BOUND.minor:
                assert verify_matricization(bound) == BOUND.rank
                continue
            refused += 1
            with pytest.raises(ValueError, match="witness: a minor"):
                verify_matricization(bound)
    assert refused >= 1


def test_a_minor_that_vanishes_is_refused():
    bound = matricization_bound(PARITY)
    # the class depends on the sum on U only, so that strings of the same sum have equal rows
    same = replaced(
        bound.rows,
        0,
        next(
            (a, b)
            for a in range(3)
            for b in range(3)
            if (a + b) % 3 == sum(bound.rows[1]) % 3 and (a, b) not in bound.rows
        ),
    )
    with pytest.raises(ValueError, match="witness: a minor vanishes"):
        verify_matricization(bound._replace(rows=same))


@pytest.mark.usefixtures("unchecked")
def test_wrong_arguments_are_told():
    hierarchy = random_hierarchy(3, 2, key=jax.random.key(0))
    for split in ((), (0, 1, 2, 3), (0, 4), (-1,), (0, 0)):
        with pytest.raises(ValueError, match="`split` must be different leaves from 0 to 3"):
            matricization_bound(hierarchy, split=split)
    with pytest.raises(ValueError, match="`most` must be at most 4096, some seconds; got 5000"):
        matricization_bound(hierarchy, most=5000)
    with pytest.raises(ValueError, match="`most` must be an integer of at least 1"):
        matricization_bound(hierarchy, most=0)
    for changed in ({"synonyms": 2}, {"classes": 2}):
        partial = random_hierarchy(3, 2, **changed, key=jax.random.key(0))
        with pytest.raises(ValueError, match="`hierarchy` must be complete.*3 classes and 3"):
            matricization_bound(partial)
    bound = matricization_bound(hierarchy)
    with pytest.raises(ValueError, match="`spread` must be an integer of at least 1"):
        bound.fewest_integer_neurons(0)
    with pytest.raises(ValueError, match="`degree` must be an integer of at least 1"):
        bound.fewest_polynomial_neurons(0)
    with pytest.raises(ValueError, match="bound: must have six fields"):
        verify_matricization(())  # pyright: ignore[reportArgumentType]
