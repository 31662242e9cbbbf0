"""Scattering transforms on the package's own frames and layers, with the interface of kymatio."""

from wiatowski.scattering.harmonic_3d import HarmonicScattering3D
from wiatowski.scattering.scattering_1d import Scattering1D
from wiatowski.scattering.scattering_2d import Scattering2D

__all__ = ["HarmonicScattering3D", "Scattering1D", "Scattering2D"]
