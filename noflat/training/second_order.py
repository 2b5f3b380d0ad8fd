r"""Levenberg-Marquardt in all weights of a network of any depth.

With the residual $r$ and its Jacobian $J$, in closed form by `noflat.training.sensitivities`, a
step solves $(J^\top J+\mu D)\,\Delta=-J^\top r$, $D$ the diagonal of $J^\top J$ (Marquardt), and
adds the second-order correction along it (Transtrum and Sethna 2012). Where one hidden layer is
enough, `fit_separable` reaches further: it solves for the readout by QR instead of walking there,
and the normal equations used here lose half of the digits.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jax.scipy.linalg import cho_solve
from jaxtyping import Array, Float, Int

from noflat.networks import Network, padding_mask
from noflat.training.fits import Fit
from noflat.training.levenberg import PROBE, Rates, corrected, iterate
from noflat.training.products import times
from noflat.training.sensitivities import check_batch, forward, jacobian, rows

_RATES = Rates(start=1e-2, down=0.4, up=4.0, least=1e-15, most=1e8, patience=20)
_LEAST_SCALE = 1e-6
"""A diagonal entry is taken to be at least this share of the largest."""


class _Evaluated(NamedTuple):
    residual: Float[Array, " samples"]
    loss: Float[Array, ""]


def fit_second_order(
    network: Network,
    points: Float[Array, "samples inputs"],
    values: Float[Array, " samples"],
    *,
    steps: int,
    goal: float = 0.0,
    active: Sequence[Int[Array, ""] | int] | None = None,
) -> Fit:
    r"""Minimizes the mean squared error over a fixed batch by Levenberg-Marquardt steps.

    Args:
        network: Where to start; one output.
        points: The inputs; float64 is needed to get below a relative error of about 1e-3.
        values: The target at those inputs.
        steps: The most steps to take.
        goal: The relative rms error on the points at which to stop early, converged.
        active: How many neurons of each hidden layer are real, as for `init`; all where None.

    Returns:
        The fit.

    Raises:
        ValueError: If the network has more outputs than one, or the shapes do not fit it.

    Example:
        >>> points = jax.random.uniform(
        ...     jax.random.key(0), (128, 2), "float64", minval=-1, maxval=1
        ... )
        >>> start = init((2, 4, 4, 1), "tanh", key=jax.random.key(1))
        >>> fit = fit_second_order(start, points, points.prod(axis=1), steps=100)
        >>> bool(fit.loss_curve[-1] < 1e-8)
        True

    Reference:
        Marquardt (1963); Transtrum and Sethna (2012), arXiv 1201.5885.
    """
    check_batch(network, points, values)
    columns, samples = points.T, values.size
    start, restore = ravel_pytree(rows(network))
    mask = jnp.ones_like(start)
    if active is not None:
        mask = ravel_pytree(rows(padding_mask(network, active)))[0]

    def evaluate(parameters: Array) -> _Evaluated:
        residual = forward(restore(parameters), columns).outputs - values
        return _Evaluated(residual, jnp.mean(residual**2))

    def propose(parameters: Array, evaluated: _Evaluated, damping: Array) -> Array:
        at = restore(parameters)
        leaves = jax.tree.leaves(jacobian(at, forward(at, columns)))
        each = jnp.concatenate([leaf.reshape(-1, samples) for leaf in leaves]) * mask[:, None]
        normal = times(each, each.T) / samples
        size = jnp.diagonal(normal)
        idle = (size == 0).astype(size.dtype)  # padded: a unit, so that they do not move
        size = jnp.maximum(size, _LEAST_SCALE * jnp.max(size))
        factor = jnp.linalg.cholesky(normal + jnp.diag(damping * size + idle))
        descend = partial(_descend, factor, each)
        step = descend(evaluated.residual)
        ahead = evaluate(parameters + PROBE * step).residual
        return parameters + corrected(step, evaluated.residual, ahead, times(each.T, step), descend)

    enough = goal**2 * jnp.mean(values**2)
    end = iterate(
        evaluate, propose, start, steps=steps, enough=lambda evaluated: enough, rates=_RATES
    )
    return Fit(rows(restore(end.parameters)), end.curve, end.status, end.step)


def _descend(factor: Array, each: Array, residual: Array) -> Float[Array, " parameters"]:
    slope = times(each, residual) / residual.size
    return -cho_solve((factor, True), slope)
