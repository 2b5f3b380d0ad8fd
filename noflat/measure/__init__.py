"""Measurements: errors on mean-zero inputs, and the smallest width at which training succeeds."""

from noflat.measure.errors import relative_rms_error as relative_rms_error
from noflat.measure.errors import sup_error as sup_error
from noflat.measure.errors import total_variation as total_variation
from noflat.measure.information import mutual_information as mutual_information
from noflat.measure.information import used_information as used_information
from noflat.measure.inputs import draw_points as draw_points
from noflat.measure.inputs import sample as sample
from noflat.measure.members import adam_members as adam_members
from noflat.measure.members import second_order_members as second_order_members
from noflat.measure.members import separable_members as separable_members
from noflat.measure.ranks import MeasuredRank as MeasuredRank
from noflat.measure.ranks import RankRow as RankRow
from noflat.measure.ranks import measured_rank as measured_rank
from noflat.measure.ranks import train_powers as train_powers
from noflat.measure.shares import one_neuron_share as one_neuron_share
from noflat.measure.shares import sampled_share as sampled_share
from noflat.measure.starts import padded as padded
from noflat.measure.starts import random_start as random_start
from noflat.measure.starts import starts_near as starts_near
from noflat.measure.starts import without_neuron as without_neuron
from noflat.measure.widths import MinimalWidth as MinimalWidth
from noflat.measure.widths import WidthRow as WidthRow
from noflat.measure.widths import minimal_width as minimal_width
from noflat.measure.widths import widths_to_try as widths_to_try
