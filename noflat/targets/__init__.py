"""Targets: the functions whose neurons are counted."""

from noflat.targets.block_models import BlockModel as BlockModel
from noflat.targets.block_models import adjacency as adjacency
from noflat.targets.block_models import popularity_adjusted as popularity_adjusted
from noflat.targets.circuits import Circuit as Circuit
from noflat.targets.circuits import circuit as circuit
from noflat.targets.expressions import polynomial as polynomial
from noflat.targets.families import determinant as determinant
from noflat.targets.families import elementary_symmetric as elementary_symmetric
from noflat.targets.families import monomial as monomial
from noflat.targets.families import permanent as permanent
from noflat.targets.families import power_sum as power_sum
from noflat.targets.families import product as product
from noflat.targets.families import quadratic_form as quadratic_form
from noflat.targets.families import random_polynomial as random_polynomial
from noflat.targets.polynomials import Polynomial as Polynomial
