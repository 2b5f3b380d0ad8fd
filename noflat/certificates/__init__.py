"""Lower bounds in exact arithmetic, and their checker."""

from noflat.certificates.bounds import lower_bound as lower_bound
from noflat.certificates.record import Certificate as Certificate
from noflat.certificates.verify import CertificateError as CertificateError
from noflat.certificates.verify import verify as verify
