"""Explicit networks, weights written down and nothing trained: the upper bounds."""

from noflat.constructions.bits import bit_error as bit_error
from noflat.constructions.bits import bit_network as bit_network
from noflat.constructions.bits import parity_neuron as parity_neuron
from noflat.constructions.bits import sharpness_for as sharpness_for
from noflat.constructions.convolutions import count_weights as count_weights
from noflat.constructions.convolutions import ring_sum as ring_sum
from noflat.constructions.convolutions import unrolled as unrolled
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
from noflat.constructions.stacking import bayes_classifier as bayes_classifier
from noflat.constructions.stacking import deepened as deepened
from noflat.constructions.stacking import side_by_side as side_by_side
from noflat.constructions.stacking import softmax_classifier as softmax_classifier
from noflat.constructions.stacking import softmax_distance_bound as softmax_distance_bound
from noflat.constructions.trees import plan_tree as plan_tree
from noflat.constructions.trees import product_tree as product_tree
