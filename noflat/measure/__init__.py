"""Measurements: errors on mean-zero inputs, and the smallest width at which training succeeds."""

from noflat.measure.communities import affinity as affinity
from noflat.measure.communities import cross_affinity as cross_affinity
from noflat.measure.communities import cross_entries as cross_entries
from noflat.measure.communities import inertia as inertia
from noflat.measure.communities import label_error as label_error
from noflat.measure.communities import leading_clusters as leading_clusters
from noflat.measure.communities import orthogonal_clusters as orthogonal_clusters
from noflat.measure.communities import rank_one_factors as rank_one_factors
from noflat.measure.errors import relative_rms_error as relative_rms_error
from noflat.measure.errors import sup_error as sup_error
from noflat.measure.inputs import draw_points as draw_points
from noflat.measure.inputs import sample as sample
from noflat.measure.members import adam_members as adam_members
from noflat.measure.members import separable_members as separable_members
from noflat.measure.ranks import MeasuredRank as MeasuredRank
from noflat.measure.ranks import RankRow as RankRow
from noflat.measure.ranks import measured_rank as measured_rank
from noflat.measure.ranks import train_powers as train_powers
from noflat.measure.widths import MinimalWidth as MinimalWidth
from noflat.measure.widths import WidthRow as WidthRow
from noflat.measure.widths import minimal_width as minimal_width
from noflat.measure.widths import widths_to_try as widths_to_try
