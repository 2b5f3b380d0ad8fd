"""Lower bounds in exact arithmetic, and their checker."""

from noflat.certificates.bounds import lower_bound as lower_bound
from noflat.certificates.checker import CertificateError as CertificateError
from noflat.certificates.checker import verify as verify
from noflat.certificates.record import Certificate as Certificate
