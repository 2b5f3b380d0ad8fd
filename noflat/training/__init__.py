"""Training: fit one network, and the same for thousands under vmap."""

from noflat.training.ensembles import Ensemble as Ensemble
from noflat.training.ensembles import Plan as Plan
from noflat.training.ensembles import ensemble as ensemble
from noflat.training.epochs import EpochFit as EpochFit
from noflat.training.epochs import fit_epochs as fit_epochs
from noflat.training.epochs import start_epochs as start_epochs
from noflat.training.first_order import fit_first_order as fit_first_order
from noflat.training.first_order import fit_sampled as fit_sampled
from noflat.training.fits import STATUSES as STATUSES
from noflat.training.fits import Fit as Fit
from noflat.training.penalties import PenalizedFit as PenalizedFit
from noflat.training.penalties import fit_penalized as fit_penalized
from noflat.training.population_fits import fit_population as fit_population
from noflat.training.populations import Population as Population
from noflat.training.populations import population as population
from noflat.training.powers import bombieri_norm_squared as bombieri_norm_squared
from noflat.training.powers import fit_powers as fit_powers
from noflat.training.second_order import fit_second_order as fit_second_order
from noflat.training.separable import fit_separable as fit_separable
from noflat.training.strings import Classifier as Classifier
