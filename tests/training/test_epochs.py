"""Training in epochs against a loop written out, alone and in an ensemble."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from noflat.training import STATUSES, ensemble, fit_epochs, start_epochs

POINTS = np.random.default_rng(0).normal(size=(24, 3))
VALUES = POINTS @ np.array([1.0, -2.0, 0.5])
DATA = (jnp.asarray(POINTS), jnp.asarray(VALUES))
DESCENT = optax.sgd(0.05, momentum=0.9)


def loss(weights, batch):
    points, values = batch
    return jnp.mean((points @ weights - values) ** 2)


def fitted(key=7, start=None, **changed):
    how = {"count": 24, "batch": 4, "goal": 1e-9, "most_steps": 100} | changed
    begun = start_epochs(jnp.zeros(3), DESCENT) if start is None else start
    return fit_epochs(begun, loss, DATA, optimizer=DESCENT, key=jax.random.key(key), **how)


def status(fit):
    return STATUSES[int(fit.status)]


def by_hand(orders, batch=4):
    """Momentum written out, over batches in a given order; weights, and the mean loss of each."""
    weights, velocity, means = np.zeros(3), np.zeros(3), []
    for order in orders:
        total = 0.0
        for number in order:
            part = slice(number * batch, (number + 1) * batch)
            error = POINTS[part] @ weights - VALUES[part]
            total += np.mean(error**2)
            velocity = 0.9 * velocity + 2 * POINTS[part].T @ error / batch
            weights = weights - 0.05 * velocity
        means.append(total / len(order))
    return weights, means


def test_one_batch_is_a_loop_of_momentum():
    fit = fitted(batch=24, most_steps=9)
    weights, means = by_hand([[0]] * 9, batch=24)
    np.testing.assert_allclose(fit.params, weights, rtol=1e-12)
    assert float(fit.loss) == pytest.approx(means[-1], rel=1e-6)
    assert (int(fit.epochs), int(fit.steps), status(fit)) == (9, 9, "max_steps")


def test_an_epoch_takes_every_batch_once_in_an_order_of_its_own():
    import itertools

    after = {
        tuple(np.round(by_hand([order])[0], 9)): order for order in itertools.permutations(range(3))
    }
    found = [
        after[tuple(np.round(np.asarray(fitted(key, count=12, most_steps=1).params), 9))]
        for key in range(40)
    ]
    assert len(set(found)) == 6
    two = fitted(3, count=12, most_steps=4)
    pairs = {
        tuple(np.round(by_hand(orders)[0], 9)): orders
        for orders in itertools.product(itertools.permutations(range(3)), repeat=2)
    }
    assert tuple(np.round(np.asarray(two.params), 9)) in pairs


def test_only_the_first_samples_are_used():
    fit = fitted(count=11, most_steps=2)  # two whole batches
    ends = [by_hand([order])[0] for order in ((0, 1), (1, 0))]
    assert any(np.allclose(fit.params, end, rtol=1e-12) for end in ends)
    assert int(fit.steps) == 2


def test_it_ends_at_the_goal_and_goes_on_where_it_was():
    whole = fitted(most_steps=1000)
    assert status(whole) == "converged"
    assert float(whole.loss) < 1e-9
    part = fitted(most_steps=30)
    resumed = fitted(start=part, most_steps=1000)
    np.testing.assert_array_equal(resumed.params, whole.params)
    assert int(resumed.steps) == int(whole.steps)
    again = fitted(start=whole, most_steps=2000)
    assert int(again.steps) == int(whole.steps)


def test_a_loss_that_is_no_number_ends_it():
    wild = optax.sgd(1e200)
    fit = fit_epochs(
        start_epochs(jnp.zeros(3), wild), loss, DATA, optimizer=wild,
        count=24, batch=4, goal=1e-9, most_steps=1000, key=jax.random.key(0),
    )  # fmt: skip
    assert status(fit) == "nonfinite"
    assert int(fit.steps) < 1000


@pytest.mark.parametrize("block", [1, 3])
def test_a_member_is_its_solo_run(block):
    def member(number, count):
        how = {"count": count, "batch": 4, "goal": 1e-6, "most_steps": 60}
        key = jax.random.fold_in(jax.random.key(0), number)
        begun = start_epochs(jnp.zeros(3), DESCENT)
        return fit_epochs(begun, loss, DATA, optimizer=DESCENT, key=key, **how)

    numbers, counts = np.arange(5, dtype="uint32"), np.array([4, 8, 12, 20, 24], "int32")
    together = ensemble(member, block=block)(numbers, counts)
    for place, (number, count) in enumerate(zip(numbers, counts, strict=True)):
        alone = member(jnp.asarray(number), jnp.asarray(count))
        np.testing.assert_allclose(together.params[place], alone.params, rtol=1e-9)
        assert together.steps[place] == alone.steps
        assert together.status[place] == alone.status


@pytest.mark.usefixtures("unchecked")
def test_what_is_refused():
    with pytest.raises(ValueError, match="`data` must have at least `batch` = 25 samples"):
        fitted(batch=25)
    with pytest.raises(ValueError, match="`batch` must be an integer of at least 1"):
        fitted(batch=0)
    for count in (3, 25):
        with pytest.raises(ValueError, match=f"`count` must be between .*; got {count}"):
            fitted(count=count)


def test_under_jit_a_count_is_brought_into_bounds():
    def steps(count):
        return fitted(count=count, most_steps=1).steps

    assert [int(jax.jit(steps)(jnp.int32(count))) for count in (0, 3, 25, 99)] == [1, 1, 6, 6]
