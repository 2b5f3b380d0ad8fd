r"""Separable least squares: the readout is solved for, the rest takes Levenberg-Marquardt steps.

For given hidden weights $\theta$ the best readout is linear least squares, $w = F(\theta)^+ y$.
What is left is a smaller problem in $\theta$ with residual $r = (I - FF^+)y$, whose derivative is
known in closed form (Golub and Pereyra 1973),

$$\mathrm dr = -(I - FF^+)\,\mathrm dF\,w - (F^+)^\top\,\mathrm dF^\top r .$$

Near a minimum the networks of this library are sums of nearly equal functions with huge readout
weights. That takes a QR factorization instead of normal equations for the readout, both terms of
the derivative, a plain multiple of the identity as damping, and the second-order correction along
the step (Transtrum and Sethna 2012); dropping any one of them loses orders of magnitude.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_solve
from jaxtyping import Array, Float, Int, Key

from noflat.activations import Activation
from noflat.conventions import Convention
from noflat.networks import Layer, Network
from noflat.training.fits import Fit
from noflat.training.levenberg import PROBE, Rates, corrected, iterate
from noflat.training.products import times
from noflat.training.readouts import Readout, solve_readout

RATES = Rates(start=1.0, down=0.5, up=3.0, least=1e-15, most=1e8, patience=12)


class _Solved(NamedTuple):
    """The readout solved for, at some hidden weights."""

    readout: Readout
    slopes: Float[Array, "samples neurons"]
    loss: Float[Array, ""]


class _Problem(NamedTuple):
    """What stays fixed while one network is trained."""

    design: Float[Array, "samples fan_in"]
    free: Float[Array, "samples free"]
    values: Float[Array, " samples"]
    mask: Float[Array, " neurons"]


def fit_separable(
    points: Float[Array, "samples inputs"],
    values: Float[Array, " samples"],
    activation: Activation,
    convention: Convention,
    *,
    width: int,
    steps: int,
    goal: float = 0.0,
    active: Int[Array, ""] | int | None = None,
    key: Key[Array, ""],
) -> Fit:
    """Trains one network of one hidden layer.

    Args:
        points: The inputs; float64 is needed to get below a relative error of about 1e-3.
        values: The target at those inputs.
        activation: The activation.
        convention: Which biases and skip the network has.
        width: The number of neurons, as a shape; padded ones included.
        steps: The most steps to take.
        goal: The relative rms error on the points at which to stop early, converged.
        active: How many of the neurons are real; the others stay without effect, so that one
            compiled program serves many widths. All of them where None.
        key: The JAX key of the initial weights: those of a neuron depend on the key and its index
            alone, not on `width`.

    Returns:
        The fit.

    Raises:
        ValueError: If there are fewer points than weights of the readout.

    Example:
        >>> points = jax.random.uniform(
        ...     jax.random.key(0), (128, 2), "float64", minval=-1, maxval=1
        ... )
        >>> fit = fit_separable(
        ...     points, points.prod(axis=1), as_activation("exp"), Convention(),
        ...     width=4, steps=100, key=jax.random.key(1),
        ... )
        >>> bool(fit.loss_curve[-1] < 1e-6)
        True

    Reference:
        Golub and Pereyra (1973); Transtrum and Sethna (2012), arXiv 1201.5885.
    """
    samples, inputs = points.shape
    needed = width + convention.output_bias + inputs * convention.affine_skip
    if samples < needed:
        raise ValueError(
            f"`points` must be at least as many as the readout has weights, {needed}; got {samples}"
        )
    ones = jnp.ones((samples, 1), points.dtype)
    free = [ones] * convention.output_bias + [points] * convention.affine_skip
    problem = _Problem(
        design=jnp.concatenate([points, ones], axis=1) if convention.hidden_bias else points,
        free=jnp.concatenate([jnp.zeros((samples, 0), points.dtype), *free], axis=1),
        values=values,
        mask=(jnp.arange(width) < (width if active is None else active)).astype(points.dtype),
    )
    enough = goal**2 * jnp.mean(values**2)
    end = iterate(
        partial(_solve, problem, activation),
        partial(_moved, problem, activation),
        random_hidden(key, inputs, width, convention, points.dtype),
        steps=steps,
        enough=lambda solved: enough,
        rates=RATES,
    )
    network = _network(
        end.parameters, end.evaluated.readout.weights, activation, convention, inputs
    )
    return Fit(network, end.curve, end.status, end.step)


def random_hidden(
    key: Array, inputs: int, width: int, convention: Convention, dtype: jnp.dtype
) -> Array:
    """Normal weights at a scale drawn once per network, biases at a quarter.

    From 1/2 to 1 where the biases are free. Without them from 1/8 to 1/4: the networks looked for
    then live near the origin.
    """
    most = 1.0 if convention.hidden_bias else 0.25
    scale = most * 2 ** jax.random.uniform(jax.random.fold_in(key, 0), (), dtype, -1.0, 0.0)

    def neuron(index: Array) -> Array:
        return jax.random.normal(jax.random.fold_in(key, index + 1), (inputs + 1,), dtype)

    drawn = jax.vmap(neuron)(jnp.arange(width)).T
    weights, biases = scale * drawn[:inputs], drawn[inputs:] / 4
    return jnp.concatenate([weights, biases]) if convention.hidden_bias else weights


def _solve(problem: _Problem, activation: Activation, hidden: Array) -> _Solved:
    """Features, their orthonormal basis, the readout and what it leaves."""
    arguments = times(problem.design, hidden)
    outputs, slopes = jax.jvp(activation, (arguments,), (jnp.ones_like(arguments),))
    features = jnp.concatenate([problem.free, outputs * problem.mask[None]], axis=1)
    real = jnp.concatenate([jnp.ones(problem.free.shape[1], hidden.dtype), problem.mask])
    readout = solve_readout(features, problem.values, real)
    loss = jnp.mean(readout.residual**2)
    return _Solved(readout, slopes * problem.mask[None], loss)


def _jacobian(problem: _Problem, solved: _Solved) -> Float[Array, "samples parameters"]:
    """The derivative of the residual in the hidden weights, both terms."""
    free = problem.free.shape[1]
    design, (basis, inverse, weights, residual) = problem.design, solved.readout
    weighted = solved.slopes * weights[None, free:]
    direct = design[:, :, None] * weighted[:, None, :]
    direct = direct.reshape(design.shape[0], -1)
    direct = direct - times(basis, times(basis.T, direct))
    dual = times(basis, inverse[free:].T)  # the pseudoinverse, transposed
    moved = times(design.T, solved.slopes * residual[:, None])
    indirect = (dual[:, None, :] * moved[None]).reshape(direct.shape)
    return -direct - indirect


def _moved(
    problem: _Problem, activation: Activation, hidden: Array, solved: _Solved, damping: Array
) -> Float[Array, "fan_in neurons"]:
    """The hidden weights after one Levenberg-Marquardt step."""
    samples = problem.values.shape[0]
    residual, jacobian = solved.readout.residual, _jacobian(problem, solved)
    normal = times(jacobian.T, jacobian) / samples
    parameters = normal.shape[0]
    real = jnp.sum(problem.mask) * hidden.shape[0]
    unit = jnp.trace(normal) / real + jnp.finfo(hidden.dtype).tiny
    damped = normal / unit + damping * jnp.eye(parameters, dtype=hidden.dtype)
    factor = (jnp.linalg.cholesky(damped), True)

    def descend(residual: Array) -> Array:
        return -cho_solve(factor, times(jacobian.T, residual) / (samples * unit))

    step = descend(residual)
    ahead = _solve(problem, activation, hidden + PROBE * step.reshape(hidden.shape))
    moved = corrected(step, residual, ahead.readout.residual, times(jacobian, step), descend)
    return hidden + moved.reshape(hidden.shape)


def _network(
    hidden: Array, readout: Array, activation: Activation, convention: Convention, inputs: int
) -> Network:
    free = convention.output_bias + inputs * convention.affine_skip
    bias = hidden[inputs] if convention.hidden_bias else None
    output_bias = readout[:1] if convention.output_bias else None
    skip = readout[1:free, None] if convention.affine_skip else None
    layers = (Layer(hidden[:inputs], bias), Layer(readout[free:, None], output_bias))
    return Network(layers, activation, skip)
