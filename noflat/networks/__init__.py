"""Networks: build, evaluate, count, save, load, hand over to Flax."""

from noflat.networks.dense import Layer as Layer
from noflat.networks.dense import Network as Network
from noflat.networks.dense import apply as apply
from noflat.networks.dense import count_neurons as count_neurons
from noflat.networks.dense import count_synapses as count_synapses
from noflat.networks.dense import init as init
from noflat.networks.dense import padding_mask as padding_mask
from noflat.networks.files import describe as describe
from noflat.networks.files import load as load
from noflat.networks.files import save as save
from noflat.networks.flattening import count_flat_synapses as count_flat_synapses
from noflat.networks.flattening import flatten as flatten
from noflat.networks.flattening import flattening_cost as flattening_cost
from noflat.networks.flattening import layer_matrices as layer_matrices
from noflat.networks.flax import from_flax as from_flax
from noflat.networks.flax import to_flax as to_flax
from noflat.networks.patches import PatchNetwork as PatchNetwork
from noflat.networks.product_nodes import ProductNodes as ProductNodes
from noflat.networks.sparse import SparseLayer as SparseLayer
from noflat.networks.sparse import SparseNetwork as SparseNetwork
from noflat.networks.sparse import linear_network as linear_network
from noflat.networks.sparse import sparse_layer as sparse_layer
from noflat.networks.sparse import sparse_network as sparse_network
from noflat.networks.windows import WindowNetwork as WindowNetwork
