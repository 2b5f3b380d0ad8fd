"""Training: fit one network, and the same for thousands under vmap."""

from noflat.training.first_order import fit_first_order as fit_first_order
from noflat.training.fits import STATUSES as STATUSES
from noflat.training.fits import Fit as Fit
from noflat.training.separable import fit_separable as fit_separable
