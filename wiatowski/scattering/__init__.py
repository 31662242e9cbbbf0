"""Scattering transforms on the package's own frames and layers, with the interface of kymatio."""

from wiatowski.scattering.harmonic_3d import HarmonicScattering3D
from wiatowski.scattering.inversion import Inversion, invert
from wiatowski.scattering.littlewood_paley import LayerReport, LittlewoodPaleyReport
from wiatowski.scattering.scattering_1d import Scattering1D
from wiatowski.scattering.scattering_2d import Scattering2D

__all__ = [
    "HarmonicScattering3D",
    "Inversion",
    "LayerReport",
    "LittlewoodPaleyReport",
    "Scattering1D",
    "Scattering2D",
    "invert",
]
