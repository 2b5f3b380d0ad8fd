r"""The sparse random hierarchy model: symbols that stand for strings of symbols, level by level.

A class is rewritten as s symbols by one of m rules, each of these as s symbols by one of its own m
rules, and so on, L times. No two rules of a level have the same right-hand side, so that a string
can be read upward. In the sparse model the s symbols of a rule lie anywhere among $s(s_0+1)$ slots,
the others are empty, and an empty slot is rewritten as empty slots. With $s_0=0$ this is the
random hierarchy model. Everything is drawn by key, on the device, inside `jit` and `vmap`.
"""

from noflat.targets.hierarchy.reading import ILLEGAL as ILLEGAL
from noflat.targets.hierarchy.reading import classify as classify
from noflat.targets.hierarchy.reading import encode as encode
from noflat.targets.hierarchy.reading import parse as parse
from noflat.targets.hierarchy.rules import EMPTY as EMPTY
from noflat.targets.hierarchy.rules import Hierarchy as Hierarchy
from noflat.targets.hierarchy.rules import random_hierarchy as random_hierarchy
from noflat.targets.hierarchy.statistics import HIDDEN as HIDDEN
from noflat.targets.hierarchy.statistics import class_counts as class_counts
from noflat.targets.hierarchy.statistics import posterior as posterior
from noflat.targets.hierarchy.statistics import tuple_correlations as tuple_correlations
from noflat.targets.hierarchy.statistics import tuple_counts as tuple_counts
from noflat.targets.hierarchy.trees import Productions as Productions
from noflat.targets.hierarchy.trees import Sample as Sample
from noflat.targets.hierarchy.trees import Tree as Tree
from noflat.targets.hierarchy.trees import draw_tree as draw_tree
from noflat.targets.hierarchy.trees import filled as filled
from noflat.targets.hierarchy.trees import levels_of as levels_of
from noflat.targets.hierarchy.trees import productions as productions
from noflat.targets.hierarchy.trees import redrawn as redrawn
from noflat.targets.hierarchy.trees import sample_strings as sample_strings
from noflat.targets.hierarchy.trees import sample_trees as sample_trees
