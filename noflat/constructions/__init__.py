"""Explicit networks, weights written down and nothing trained: the upper bounds."""

from noflat.constructions.deep import deep_polynomial as deep_polynomial
from noflat.constructions.deep import plan_deep as plan_deep
from noflat.constructions.flat import flat_product as flat_product
from noflat.constructions.flat import plan_flat as plan_flat
from noflat.constructions.flat_polynomial import flat_polynomial as flat_polynomial
from noflat.constructions.flat_polynomial import plan_flat_polynomial as plan_flat_polynomial
from noflat.constructions.folds import fold_sizes as fold_sizes
from noflat.constructions.gates import multiplication_gate as multiplication_gate
from noflat.constructions.grouped import count_groups as count_groups
from noflat.constructions.grouped import group_sizes as group_sizes
from noflat.constructions.grouped import grouped_product as grouped_product
from noflat.constructions.grouped import plan_grouped as plan_grouped
from noflat.constructions.parity import cosine_parity as cosine_parity
from noflat.constructions.parity import flat_parity as flat_parity
from noflat.constructions.parity import folded_parity as folded_parity
from noflat.constructions.parity import parity_of_terms as parity_of_terms
from noflat.constructions.parity import parity_tree as parity_tree
from noflat.constructions.parity import step as step
from noflat.constructions.plans import Plan as Plan
from noflat.constructions.trees import plan_tree as plan_tree
from noflat.constructions.trees import product_tree as product_tree
from noflat.constructions.zigzags import alternating_classifier as alternating_classifier
from noflat.constructions.zigzags import folded_product as folded_product
from noflat.constructions.zigzags import folded_square as folded_square
from noflat.constructions.zigzags import sawtooth as sawtooth
