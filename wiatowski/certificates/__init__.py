"""Proved frame bounds: made by `certify`, kept in a file, checked again without a search."""

from wiatowski.certificates.certificate import Certificate as Certificate
from wiatowski.certificates.certificate import CertificateError as CertificateError
from wiatowski.certificates.certificate import Witness as Witness
from wiatowski.certificates.certify import certify as certify
from wiatowski.certificates.norm_on_torus import ProvedNorm as ProvedNorm
from wiatowski.certificates.norm_on_torus import certified_norm as certified_norm
from wiatowski.certificates.on_grid import certify_bank as certify_bank
