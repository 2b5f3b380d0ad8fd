"""What training returns: a network, its loss curve, and how it ended."""

from typing import NamedTuple

from jaxtyping import Array, Float, Int

from noflat.networks import Network

STATUSES = ("converged", "max_steps", "nonfinite")
"""The names of the statuses: a stalled loss or a goal reached, all steps used, a loss that is no
number."""

CONVERGED, MAX_STEPS, NONFINITE = range(3)


class Fit(NamedTuple):
    """One trained network.

    Attributes:
        network: Its weights at the last good step.
        loss_curve: The loss (mean squared error) before each step, then the last one; constant
            from where training ended.
        status: An index into `STATUSES`. A member that diverges is a result, not an exception.
        steps: How many steps were taken.
    """

    network: Network
    loss_curve: Float[Array, " steps_plus_one"]
    status: Int[Array, ""]
    steps: Int[Array, ""]
