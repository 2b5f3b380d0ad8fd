"""noflat: how many neurons does a target need at each depth, and how do we know?

For any target three numbers that come by three independent ways: constructed (an explicit network),
certified (a lower bound in exact arithmetic), measured (the smallest width at which training
succeeds). The names below are loaded when they are first used, so that drawing a figure or asking
for help does not wait for JAX; nor for the version, which is looked up when asked for.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str
    from noflat.activations import Activation as Activation
    from noflat.activations import activation as activation
    from noflat.brackets import bounds as bounds
    from noflat.certificates import Certificate as Certificate
    from noflat.certificates import lower_bound as lower_bound
    from noflat.certificates import sup_error_bound as sup_error_bound
    from noflat.certificates import verify as verify
    from noflat.constructions import deep_polynomial as deep_polynomial
    from noflat.constructions import flat_polynomial as flat_polynomial
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
    from noflat.targets import determinant as determinant
    from noflat.targets import elementary_symmetric as elementary_symmetric
    from noflat.targets import monomial as monomial
    from noflat.targets import permanent as permanent
    from noflat.targets import polynomial as polynomial
    from noflat.targets import power_sum as power_sum
    from noflat.targets import product as product

_MODULES = {
    "Activation": "activations",
    "activation": "activations",
    "bounds": "brackets",
    "Certificate": "certificates",
    "lower_bound": "certificates",
    "sup_error_bound": "certificates",
    "verify": "certificates",
    "deep_polynomial": "constructions",
    "flat_polynomial": "constructions",
    "flat_product": "constructions",
    "grouped_product": "constructions",
    "multiplication_gate": "constructions",
    "product_tree": "constructions",
    "Convention": "conventions",
    "minimal_width": "measure",
    "Network": "networks",
    "apply": "networks",
    "count_neurons": "networks",
    "count_synapses": "networks",
    "from_flax": "networks",
    "load": "networks",
    "save": "networks",
    "to_flax": "networks",
    "determinant": "targets",
    "elementary_symmetric": "targets",
    "monomial": "targets",
    "permanent": "targets",
    "polynomial": "targets",
    "power_sum": "targets",
    "product": "targets",
}
"""Where each public name lives; a test holds it equal to the imports above."""

__all__ = ["__version__", *_MODULES]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    """Loads a public name when it is first asked for."""
    if name == "__version__":
        value = _import_module("importlib.metadata").version("noflat")
    elif name in _MODULES:
        value = getattr(_import_module(f"noflat.{_MODULES[name]}"), name)
    else:
        raise AttributeError(f"module 'noflat' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted(__all__)
