"""The learner by table: predicted, and a real one that reads strings with the rules it saw."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.measure import coupon_collector, table_complexity, table_error, unseen_rules
from noflat.targets.hierarchy import (
    Hierarchy,
    Tree,
    levels_of,
    parse,
    random_hierarchy,
    sample_trees,
)

FULL = random_hierarchy(4, 2, key=jax.random.key(0))
PARTIAL = random_hierarchy(4, 3, synonyms=2, blanks=1, key=jax.random.key(1))
WIDE = random_hierarchy(3, 2, branching=3, synonyms=4, key=jax.random.key(2))
DEEP = random_hierarchy(4, 3, key=jax.random.key(4))
SINGLE = random_hierarchy(5, 1, synonyms=3, key=jax.random.key(3))
HIERARCHIES = {"full": FULL, "partial": PARTIAL, "wide": WIDE, "single": SINGLE}


def rules_of(hierarchy: Hierarchy, trees: Tree) -> list[np.ndarray]:
    """By depth, for every string and node: the number of the rule, parents first."""
    symbols, found = np.asarray(trees.label)[:, None], []
    for rules, chosen in zip(hierarchy.rules, trees.rules, strict=True):
        table, number = np.asarray(rules), np.asarray(chosen)
        found.append(symbols * hierarchy.synonyms + number)
        symbols = table[symbols, number].reshape(len(symbols), -1)
    return found


def strings_of(trees: Tree) -> np.ndarray:
    return np.asarray(jax.vmap(levels_of, (None, 0))(FULL, trees)[-1])


def seen_by(shown: list[np.ndarray], hierarchy: Hierarchy, sets: int) -> list[np.ndarray]:
    """By depth, for every training set: which rules occurred in it."""
    found = []
    for numbers, table in zip(shown, hierarchy.rules, strict=True):
        seen = np.zeros((sets, table.shape[0] * table.shape[1]), bool)
        np.put_along_axis(seen, numbers.reshape(sets, -1), True, axis=1)
        found.append(seen)
    return found


def learners(hierarchy: Hierarchy, samples: int, sets: int) -> tuple[np.ndarray, np.ndarray]:
    """Of each training set the shares of unseen rules, and the error on strings of its own."""
    train, test = (
        sample_trees(hierarchy, count * sets, key=jax.random.key(count))
        for count in (samples, 64 * hierarchy.classes)
    )
    seen, tests = seen_by(rules_of(hierarchy, train), hierarchy, sets), rules_of(hierarchy, test)
    known = np.ones((sets, 64 * hierarchy.classes), bool)
    for numbers, of_depth in zip(tests, seen, strict=True):
        found = np.take_along_axis(of_depth, numbers.reshape(sets, -1), axis=1)
        known &= found.reshape(*known.shape, -1).all(axis=-1)
    shares = np.stack([1 - of_depth.mean(axis=1) for of_depth in seen], axis=1)
    return shares, (1 - known.mean(axis=1)) * (1 - 1 / hierarchy.classes)


@pytest.mark.parametrize("name", HIERARCHIES)
@pytest.mark.parametrize("per_class", [1, 3, 8])
def test_against_learners_on_samples(name, per_class):
    hierarchy, sets = HIERARCHIES[name], 1000
    samples = per_class * hierarchy.classes
    shares, errors = learners(hierarchy, samples, sets)
    sampling = 5 * shares.std(axis=0) / sets**0.5
    difference = np.abs(shares.mean(axis=0) - unseen_rules(hierarchy, samples))
    # where all sets agree nothing but rounding is left
    assert np.all(difference <= sampling + 1e-12)
    predicted = table_error(hierarchy, samples)
    # of one level it is exact, of several what it neglects is of second order
    neglected = predicted**2 / 8 if hierarchy.levels > 1 else 0
    assert abs(errors.mean() - predicted) < 5 * errors.std() / sets**0.5 + neglected


def test_a_dictionary_reads_the_strings_whose_rules_it_saw():
    train, test = (sample_trees(FULL, count, key=jax.random.key(count)) for count in (16, 256))
    tables: list[dict] = [{} for _ in FULL.rules]
    for string in strings_of(train):
        for table, above in zip(tables, parse(FULL, jnp.asarray(string)), strict=True):
            table.update(zip(map(tuple, string.reshape(-1, 2)), above.tolist(), strict=True))
            string = np.asarray(above)
    seen = seen_by(rules_of(FULL, train), FULL, 1)
    known = np.ones(256, bool)
    for numbers, of_depth in zip(rules_of(FULL, test), seen, strict=True):
        known &= of_depth[0, numbers].all(axis=1)
    assert 0 < known.sum() < 256
    for string, label, is_known in zip(strings_of(test), test.label.tolist(), known, strict=True):
        read = string.tolist()
        for table in tables:
            read = [table.get(patch) for patch in zip(read[::2], read[1::2], strict=True)]
        assert read == ([label] if is_known else [None])


@pytest.mark.parametrize("samples", [5, 20, 65])
def test_one_level_in_closed_form(samples):
    unseen = (1 - 1 / 3) ** (samples / 5)
    np.testing.assert_allclose(unseen_rules(SINGLE, samples), [unseen])
    assert table_error(SINGLE, samples) == pytest.approx(0.8 * unseen)
    assert table_complexity(SINGLE, 0.8 * unseen) == pytest.approx(samples)


def test_with_all_rules_in_use_the_classes_come_last():
    shares = unseen_rules(DEEP, 40)
    uniform = (1 - 1 / 16) ** (40 * 2 ** np.arange(3))
    assert np.all(shares < uniform)
    assert np.all(np.diff(shares) < 0)


def test_no_sample_leaves_a_guess_and_many_leave_nothing():
    for hierarchy in HIERARCHIES.values():
        errors = [table_error(hierarchy, samples) for samples in (0, 8, 16, 64, 10**4)]
        assert errors[0] == pytest.approx(1 - 1 / hierarchy.classes)
        assert np.all(np.diff(errors) < 0)
        assert errors[-1] < 1e-12


@pytest.mark.parametrize("level", [0.5, 0.1, 0.01])
def test_the_complexity_is_where_the_error_is(level):
    for hierarchy in HIERARCHIES.values():
        assert table_error(hierarchy, table_complexity(hierarchy, level)) == pytest.approx(level)


def test_blanks_change_nothing():
    sparse = random_hierarchy(4, 2, blanks=2, key=jax.random.key(0))
    assert table_complexity(sparse) == table_complexity(FULL)


def test_symbols_of_one_rule_take_a_sample_of_each_class():
    hierarchy = random_hierarchy(4, 1, synonyms=1, key=jax.random.key(0))
    assert table_complexity(hierarchy) == 4


def test_fewer_classes_than_symbols():
    hierarchy = random_hierarchy(4, 3, classes=2, synonyms=3, key=jax.random.key(0))
    assert table_error(hierarchy, 0) == pytest.approx(0.5)
    shares, errors = learners(hierarchy, 8, 500)
    difference = np.abs(shares.mean(axis=0) - unseen_rules(hierarchy, 8))
    assert np.all(difference <= 5 * shares.std(axis=0) / 500**0.5)
    predicted = table_error(hierarchy, 8)
    assert abs(errors.mean() - predicted) < 5 * errors.std() / 500**0.5 + predicted**2 / 8


@pytest.mark.parametrize("rules", [1, 2, 16, 1000])
def test_the_collector_of_coupons(rules):
    asymptotic = rules * (np.log(rules) + np.euler_gamma) + 0.5
    # the next term of the harmonic numbers is 1/(12 N)
    assert abs(coupon_collector(rules) - asymptotic) < 1 / (11 * rules)


@pytest.mark.parametrize("level", [0.0, 0.75, 2.0])
def test_a_level_that_guessing_reaches(level):
    with pytest.raises(ValueError, match="`level` must be between 0 and 0.75, the error of guess"):
        table_complexity(FULL, level)


def test_less_than_no_sample():
    with pytest.raises(ValueError, match="`samples` must be a number of strings, zero or more"):
        table_error(FULL, -1)


def test_no_coupon():
    with pytest.raises(ValueError, match="`rules` must be an integer of at least 1"):
        coupon_collector(0)
