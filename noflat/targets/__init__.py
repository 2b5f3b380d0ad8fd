"""Targets: the functions whose neurons are counted."""

from noflat.targets.polynomials import Polynomial as Polynomial
from noflat.targets.polynomials import product as product
