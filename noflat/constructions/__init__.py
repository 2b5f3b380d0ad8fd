"""Explicit networks, weights written down and nothing trained: the upper bounds."""

from noflat.constructions.deep import deep_polynomial as deep_polynomial
from noflat.constructions.deep import plan_deep as plan_deep
from noflat.constructions.flat import flat_product as flat_product
from noflat.constructions.flat import plan_flat as plan_flat
from noflat.constructions.flat_polynomial import flat_polynomial as flat_polynomial
from noflat.constructions.flat_polynomial import plan_flat_polynomial as plan_flat_polynomial
from noflat.constructions.gates import multiplication_gate as multiplication_gate
from noflat.constructions.grouped import count_groups as count_groups
from noflat.constructions.grouped import group_sizes as group_sizes
from noflat.constructions.grouped import grouped_product as grouped_product
from noflat.constructions.grouped import plan_grouped as plan_grouped
from noflat.constructions.plans import Plan as Plan
from noflat.constructions.posteriors import count_deep as count_deep
from noflat.constructions.posteriors import count_flat as count_flat
from noflat.constructions.posteriors import deep_posterior as deep_posterior
from noflat.constructions.posteriors import flat_posterior as flat_posterior
from noflat.constructions.trees import plan_tree as plan_tree
from noflat.constructions.trees import product_tree as product_tree
