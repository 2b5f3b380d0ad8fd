"""noflat: how many neurons does a target need at each depth, and how do we know?

For any target three numbers that come by three independent ways: constructed (an explicit network),
certified (a lower bound in exact arithmetic), measured (the smallest width at which training
succeeds).
"""

from importlib.metadata import version as _version

from noflat.activations import Activation as Activation
from noflat.activations import activation as activation
from noflat.certificates import Certificate as Certificate
from noflat.certificates import lower_bound as lower_bound
from noflat.certificates import verify as verify
from noflat.constructions import flat_product as flat_product
from noflat.constructions import grouped_product as grouped_product
from noflat.constructions import multiplication_gate as multiplication_gate
from noflat.constructions import product_tree as product_tree
from noflat.conventions import Convention as Convention
from noflat.measure import minimal_width as minimal_width
from noflat.networks import Network as Network
from noflat.networks import apply as apply
from noflat.networks import count_neurons as count_neurons
from noflat.networks import count_synapses as count_synapses
from noflat.networks import from_flax as from_flax
from noflat.networks import load as load
from noflat.networks import save as save
from noflat.networks import to_flax as to_flax
from noflat.targets import product as product

__version__ = _version("noflat")
