"""Lower bounds in exact arithmetic, and their checker.

The names are loaded when they are first used, so that the checker can be imported with nothing
else of this library.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from noflat.certificates.bounds import lower_bound as lower_bound
    from noflat.certificates.checker import CertificateError as CertificateError
    from noflat.certificates.checker import verify as verify
    from noflat.certificates.record import Certificate as Certificate
    from noflat.certificates.sparse_activations import SparseActivation as SparseActivation
    from noflat.certificates.sparse_activations import (
        certify_sparse_activation as certify_sparse_activation,
    )
    from noflat.certificates.sparse_activations import verify_activation as verify_activation
    from noflat.certificates.sup_errors import SupError as SupError
    from noflat.certificates.sup_errors import sup_error_bound as sup_error_bound

_MODULES = {
    "lower_bound": "bounds",
    "CertificateError": "checker",
    "verify": "checker",
    "Certificate": "record",
    "SparseActivation": "sparse_activations",
    "certify_sparse_activation": "sparse_activations",
    "verify_activation": "sparse_activations",
    "SupError": "sup_errors",
    "sup_error_bound": "sup_errors",
}


def __getattr__(name: str) -> Any:
    """Loads a public name when it is first asked for."""
    if name not in _MODULES:
        raise AttributeError(f"module 'noflat.certificates' has no attribute {name!r}")
    value = getattr(_import_module(f"noflat.certificates.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted(_MODULES)
