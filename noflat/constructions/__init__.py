"""Explicit networks, weights written down and nothing trained: the upper bounds."""

from noflat.constructions.block_models import factorized as factorized
from noflat.constructions.butterflies import fourier as fourier
from noflat.constructions.butterflies import walsh_hadamard as walsh_hadamard
from noflat.constructions.convolutions import convolution as convolution
from noflat.constructions.convolutions import convolution_stack as convolution_stack
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
from noflat.constructions.linear import low_rank as low_rank
from noflat.constructions.linear import sparse_pair as sparse_pair
from noflat.constructions.linear import sparse_pair_cost as sparse_pair_cost
from noflat.constructions.plans import Plan as Plan
from noflat.constructions.strassen import best_levels as best_levels
from noflat.constructions.strassen import strassen as strassen
from noflat.constructions.strassen import strassen_synapses as strassen_synapses
from noflat.constructions.trees import plan_tree as plan_tree
from noflat.constructions.trees import product_tree as product_tree
