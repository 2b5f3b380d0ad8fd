"""The smallest width at which training succeeds."""

from fractions import Fraction

import jax
import numpy as np
import pytest
from scipy.stats import beta

from noflat import lower_bound, minimal_width, product
from noflat.measure import widths as module
from noflat.measure import widths_to_try
from noflat.targets import Polynomial


@pytest.fixture(scope="module")
def measured():
    seen = []
    found = minimal_width(
        product(2), "exp", restarts=12, steps=150, progress=seen.append, key=jax.random.key(0)
    )
    return found, seen


def test_meets_theory(measured):
    found, seen = measured
    assert found.width == lower_bound(product(2), "exp").neurons == 4
    assert found.error_below > 100 * found.error_at
    assert [row.width for row in found.rows] == [1, 2, 3, 4, 5]
    assert tuple(seen) == found.rows


def test_network_is_the_best_one(measured):
    found, _ = measured
    assert found.network.widths == (4,)
    assert found.network.layers[0].bias is None
    assert found.network.layers[1].bias is None


def test_rows_account_for_every_member(measured):
    for row in measured[0].rows:
        assert row.converged + row.max_steps + row.nonfinite == row.restarts == 12
        assert row.best_error <= row.median_error
        share = row.reached / row.restarts
        assert row.share_low <= share <= row.share_high


def test_interval_is_clopper_pearson():
    row = module.width_row(3, np.array([0.001] * 3 + [0.5] * 7), np.zeros(10, int), 0.02)
    assert row.reached == 3
    np.testing.assert_allclose(row.share_low, beta.ppf(0.025, 3, 8), rtol=1e-6)
    np.testing.assert_allclose(row.share_high, beta.ppf(0.975, 4, 7), rtol=1e-6)


def test_nonfinite_members_are_counted_and_never_best():
    row = module.width_row(2, np.array([np.nan, 0.3, np.inf]), np.array([2, 0, 2]), 0.02)
    assert (row.best_error, row.nonfinite, row.reached) == (0.3, 2, 0)


def test_width_that_is_never_reached():
    found = minimal_width(
        product(3), "exp", widths=(1, 2), restarts=2, steps=20, key=jax.random.key(0)
    )
    assert found.width is None
    assert found.network is None
    assert np.isnan(found.error_at)
    assert found.error_below == min(row.best_error for row in found.rows)


def test_a_row_does_not_depend_on_the_other_widths():
    options = dict(restarts=3, steps=4, key=jax.random.key(3))
    alone = minimal_width(product(2), "tanh", widths=(2, 5), convention="hidden_bias", **options)
    among = minimal_width(product(2), "tanh", widths=(2, 3, 5), convention="hidden_bias", **options)
    np.testing.assert_allclose(alone.rows[0].best_error, among.rows[0].best_error, rtol=1e-9)


def test_gaussian_inputs():
    found = minimal_width(
        product(2),
        "gelu",
        convention="hidden_bias+output_bias",
        inputs="gaussian",
        widths=(1, 2),
        restarts=24,
        key=jax.random.key(1),
    )
    assert found.width == 2
    # no network of one neuron explains more than half of the product under normal inputs
    assert found.rows[0].best_error ** 2 >= 0.5 - 0.05  # the ceiling is for the law, not a sample


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(widths=()), "`widths` must be"),
        (dict(widths=(0, 1)), "`widths` must be"),
        (dict(widths=[2.5]), "`widths` must be"),
        (dict(widths=4), "`widths` must be one or more integers"),
        (dict(restarts=0), "`restarts` must be an integer of at least 1"),
        (dict(steps=1.5), "`steps` must be an integer of at least 1"),
        (dict(tolerance=0.0), "`tolerance` must be a positive number"),
        (dict(tolerance=1.0), "`tolerance` must lie"),
        (dict(key=0), "`key` must be a JAX key, such as jax.random.key"),
        (dict(target=4), "`target` must be a Polynomial, such as product"),
        (
            dict(target=Polynomial(1, (((2,), Fraction(1)),))),
            "`widths` must be given for a target that",
        ),
        (dict(inputs="sphere"), "`inputs` must be one of"),
        (dict(activation="cosh"), "`activation` must be one of"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_errors(options, message):
    arguments = dict(target=product(2), activation="exp", key=jax.random.key(0)) | options
    with pytest.raises(ValueError, match=message):
        minimal_width(**arguments)


def test_needs_float64():
    with jax.enable_x64(False), pytest.raises(ValueError, match="jax_enable_x64"):
        minimal_width(product(2), "exp", key=jax.random.key(0))


def test_widths_to_try():
    for constructed in range(2, 70):
        tried = widths_to_try(constructed)
        assert {constructed - 1, constructed} <= set(tried)
        assert tried == sorted(set(tried))
        assert len(tried) <= max(9, constructed.bit_length() + 2)
