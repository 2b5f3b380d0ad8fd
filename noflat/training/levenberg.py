"""The loop of every Levenberg-Marquardt training: try a step, keep it if the loss falls.

What is minimized, and how a step is found for a given damping, is the caller's.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from noflat.training.fits import CONVERGED, MAX_STEPS, NONFINITE

STALL = 1e-3
"""A fit has converged when the loss has not fallen by this share in `Rates.patience` steps."""


PROBE = 0.1
"""How far along a step the second derivative is measured, as a share of the step."""
_BEND = 1.5
"""The largest ratio of correction to step that is trusted."""


class Rates(NamedTuple):
    """How the damping moves, and when to give up.

    Attributes:
        start: The first damping.
        down: The factor on it after a step that was kept.
        up: The factor after one that was not.
        least: Its lower end.
        most: Its upper end.
        patience: After so many steps without gain a fit has converged.
    """

    start: float
    down: float
    up: float
    least: float
    most: float
    patience: int


class End(NamedTuple):
    """Where a loop ended.

    Attributes:
        parameters: The best ones.
        evaluated: What `evaluate` made of them.
        curve: The loss before each step, then the last one.
        status: An index into `STATUSES`.
        step: How many steps were taken.
    """

    parameters: Any
    evaluated: Any
    curve: Float[Array, " steps_plus_one"]
    status: Int[Array, ""]
    step: Int[Array, ""]


class _State(NamedTuple):
    parameters: Any
    evaluated: Any
    damping: Float[Array, ""]
    stalled: Int[Array, ""]
    step: Int[Array, ""]
    curve: Float[Array, " steps_plus_one"]


def corrected(
    step: Float[Array, " parameters"],
    residual: Float[Array, " rows"],
    ahead: Float[Array, " rows"],
    along: Float[Array, " rows"],
    descend: Callable[[Float[Array, " rows"]], Float[Array, " parameters"]],
) -> Float[Array, " parameters"]:
    """A step with the second-order correction along it.

    Args:
        step: The first-order step.
        residual: The residual where it starts.
        ahead: The residual a share `PROBE` of the step ahead.
        along: The Jacobian times the step.
        descend: From a residual to the first-order step against it.

    Returns:
        The step and half of the correction, which is left out where it is no smaller than a step.

    Reference:
        Transtrum and Sethna (2012), arXiv 1201.5885.
    """
    correction = descend(2 / PROBE * ((ahead - residual) / PROBE - along))
    trusted = jnp.linalg.norm(correction) < _BEND * jnp.linalg.norm(step)  # false for no number
    return step + jnp.where(trusted, correction, 0.0) / 2


def iterate(
    evaluate: Callable[[Any], Any],
    propose: Callable[[Any, Any, Float[Array, ""]], Any],
    parameters: Any,
    *,
    steps: int,
    enough: Callable[[Any], float | Float[Array, ""]],
    rates: Rates,
) -> End:
    """Takes steps until the loss is low enough, stalls, or all steps are used.

    Args:
        evaluate: From parameters to a tuple with the field `loss`, all that `propose` needs.
        propose: From parameters, what `evaluate` made of them, and a damping to new parameters.
        parameters: Where to start.
        steps: The most steps to take.
        enough: From what `evaluate` made of them to the loss that ends the loop.
        rates: How the damping moves.

    Returns:
        Where it ended.
    """
    # Step -1 moves nothing and evaluates the start: the program then has one `evaluate` less, which
    # takes as long to compile as all else.
    shapes = jax.eval_shape(evaluate, parameters)
    nothing = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)
    dtype = nothing.loss.dtype
    start = _State(
        parameters,
        nothing._replace(loss=jnp.asarray(jnp.inf, dtype)),
        jnp.asarray(rates.start, dtype),
        jnp.array(0),
        jnp.array(-1),
        jnp.full(steps + 1, jnp.inf, dtype),
    )

    def goes_on(state: _State) -> Array:
        evaluated = state.evaluated
        return (
            (state.step < steps)
            & (state.stalled < rates.patience)
            & ((evaluated.loss > enough(evaluated)) | (state.step < 0))
            & (jnp.isfinite(evaluated.loss) | (state.step < 0))
        )

    def step(state: _State) -> _State:
        first = state.step < 0
        moved = propose(state.parameters, state.evaluated, state.damping)
        moved = jax.tree.map(lambda new, old: jnp.where(first, old, new), moved, state.parameters)
        tried = evaluate(moved)
        old = state.evaluated.loss
        better = tried.loss < old  # false where it is no number
        falls = tried.loss < (1 - STALL) * old
        parameters, evaluated = jax.tree.map(
            lambda new, old: jnp.where(better, new, old),
            (moved, tried),
            (state.parameters, state.evaluated),
        )
        factor = jnp.where(first, 1.0, jnp.where(better, rates.down, rates.up)).astype(dtype)
        return _State(
            parameters,
            evaluated,
            jnp.clip(state.damping * factor, rates.least, rates.most),
            jnp.where(falls | first, 0, state.stalled + 1),
            state.step + 1,
            state.curve.at[state.step + 1].set(evaluated.loss),
        )

    end = jax.lax.while_loop(goes_on, step, start)
    loss = end.evaluated.loss
    done = (end.stalled >= rates.patience) | (loss <= enough(end.evaluated))
    status = jnp.where(done, CONVERGED, MAX_STEPS)
    status = jnp.where(jnp.isfinite(loss), status, NONFINITE)
    curve = jnp.where(jnp.arange(steps + 1) <= end.step, end.curve, loss)
    return End(end.parameters, end.evaluated, curve, status, end.step)
