"""Sums of powers in closed form: against coefficients, against differences, alone and beside."""

from math import factorial, prod

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noflat.targets import elementary_symmetric, monomial, polynomial, product
from noflat.training import STATUSES, bombieri_norm_squared, fit_powers
from noflat.training.powers import _loss, _system

FORMS = [product(3), monomial((2, 1)), polynomial("x**4 - 2*x*y**3"), elementary_symmetric(4, 2)]


def distance_by_coefficients(form, nodes, weights):
    """The squared relative distance, a coefficient at a time."""
    d = form.degree
    monomials = np.array(np.meshgrid(*[range(d + 1)] * form.inputs)).reshape(form.inputs, -1).T
    total = 0.0
    for alpha in monomials[monomials.sum(axis=1) == d]:
        size = factorial(d) / prod(map(factorial, map(int, alpha)))
        made = size * np.sum(weights * np.prod(nodes**alpha, axis=1))
        wanted = float(form.coefficient(tuple(map(int, alpha))))
        total += (made - wanted) ** 2 / size
    return total / bombieri_norm_squared(form)


def drawn(form, width, seed):
    random = np.random.default_rng(seed)
    return random.standard_normal((width, form.inputs)), random.standard_normal(width)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_the_loss_is_the_distance_in_the_bombieri_norm(form):
    nodes, weights = drawn(form, 3, 1)
    scale = bombieri_norm_squared(form) ** 0.5
    values = jax.vmap(form)(jnp.asarray(nodes)) / scale
    found = _loss(values, jnp.asarray(nodes), jnp.asarray(weights) / scale, form.degree)
    assert float(found) == pytest.approx(distance_by_coefficients(form, nodes, weights), rel=1e-10)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_gradient_and_matrix_are_those_of_the_residual(form):
    nodes, weights = map(jnp.asarray, drawn(form, 3, 2))
    scale, d = bombieri_norm_squared(form) ** 0.5, form.degree
    mask = jnp.ones(3)

    def loss(parameters):
        a, c = parameters[:, :-1], parameters[:, -1]
        return _loss(jax.vmap(form)(a) / scale, a, c, d)

    parameters = jnp.concatenate([nodes, weights[:, None]], axis=1)
    values, slopes = jax.vmap(jax.value_and_grad(form))(nodes)
    gradient, normal = _system(values / scale, slopes / scale, nodes, weights, mask, d)
    exact = jax.grad(loss)(parameters).reshape(-1) / 2
    np.testing.assert_allclose(gradient, exact, atol=1e-9 * float(jnp.abs(exact).max()))

    # the Gauss-Newton matrix is that of the features, each weighted as the norm is
    def features(parameters):
        a, c = parameters.reshape(3, -1)[:, :-1], parameters.reshape(3, -1)[:, -1]
        rows = []
        for alpha in np.ndindex(*(d + 1,) * form.inputs):
            if sum(alpha) == d:
                size = (factorial(d) / prod(map(factorial, alpha))) ** 0.5
                rows.append(
                    size * jnp.sum(c * jnp.prod(a ** jnp.array(alpha, float)[None], axis=1))
                )
        return jnp.stack(rows)

    jacobian = jax.jacobian(features)(parameters.reshape(-1))
    np.testing.assert_allclose(normal, jacobian.T @ jacobian, atol=1e-8 * float(normal.max()))
    assert float(jnp.abs(normal - normal.T).max()) < 1e-12 * float(normal.max())


def test_the_network_has_the_loss_it_says():
    fit = fit_powers(product(3), width=3, steps=50, key=jax.random.key(0))
    nodes, weights = (np.asarray(layer.weight) for layer in fit.network.layers)
    exact = distance_by_coefficients(product(3), nodes.T, weights[:, 0])
    assert float(fit.loss_curve[-1]) == pytest.approx(exact, rel=1e-8)
    assert np.all(np.diff(fit.loss_curve) <= 0)
    assert STATUSES[int(fit.status)] in ("converged", "max_steps")
    assert fit.network.activation.name == "power3"


def test_padded_neurons_change_nothing():
    def fit(width, active):
        return fit_powers(product(3), width=width, steps=30, active=active, key=jax.random.key(4))

    alone, padded = fit(4, None), fit(7, 4)
    np.testing.assert_allclose(padded.loss_curve, alone.loss_curve, rtol=1e-6)
    assert not np.any(padded.network.layers[1].weight[4:])


def test_a_member_is_the_same_alone():
    keys = jax.random.split(jax.random.key(9), 5)
    together = jax.vmap(lambda key: fit_powers(product(3), width=4, steps=25, key=key))(keys)
    alone = fit_powers(product(3), width=4, steps=25, key=keys[3])
    np.testing.assert_allclose(together.loss_curve[3], alone.loss_curve, rtol=1e-6)


def test_what_is_no_form_is_refused():
    for target in (polynomial("x*y + x"), polynomial("x + y")):
        with pytest.raises(ValueError, match="homogeneous"):
            fit_powers(target, width=2, steps=2, key=jax.random.key(0))
