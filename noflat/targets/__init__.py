"""Targets: the functions whose neurons are counted."""

from noflat.targets.bits import bit_states as bit_states
from noflat.targets.bits import multilinear as multilinear
from noflat.targets.broadcast import Broadcast as Broadcast
from noflat.targets.broadcast import count_classes as count_classes
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
from noflat.targets.fields import QuadraticField as QuadraticField
from noflat.targets.hamiltonians import HamiltonianClasses as HamiltonianClasses
from noflat.targets.hamiltonians import RingHamiltonian as RingHamiltonian
from noflat.targets.hamiltonians import translates as translates
from noflat.targets.markov import MarkovChain as MarkovChain
from noflat.targets.markov import factor as factor
from noflat.targets.markov import random_chain as random_chain
from noflat.targets.markov import sufficient_statistic as sufficient_statistic
from noflat.targets.polynomials import Polynomial as Polynomial
