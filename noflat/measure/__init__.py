"""Measurements: errors on mean-zero inputs, and the smallest width at which training succeeds."""

from noflat.measure.batches import outputs as outputs
from noflat.measure.errors import relative_rms_error as relative_rms_error
from noflat.measure.errors import sup_error as sup_error
from noflat.measure.inputs import draw_points as draw_points
from noflat.measure.inputs import sample as sample
from noflat.measure.members import adam_members as adam_members
from noflat.measure.members import separable_members as separable_members
from noflat.measure.parities import of_the_sum as of_the_sum
from noflat.measure.parities import wrong_parities as wrong_parities
from noflat.measure.parities import wrong_parities_of_sums as wrong_parities_of_sums
from noflat.measure.pieces import Pieces as Pieces
from noflat.measure.pieces import affine_pieces as affine_pieces
from noflat.measure.pieces import fewest_mistakes as fewest_mistakes
from noflat.measure.pieces import square_sup_error as square_sup_error
from noflat.measure.ranks import MeasuredRank as MeasuredRank
from noflat.measure.ranks import RankRow as RankRow
from noflat.measure.ranks import measured_rank as measured_rank
from noflat.measure.ranks import train_powers as train_powers
from noflat.measure.widths import MinimalWidth as MinimalWidth
from noflat.measure.widths import WidthRow as WidthRow
from noflat.measure.widths import minimal_width as minimal_width
from noflat.measure.widths import widths_to_try as widths_to_try
