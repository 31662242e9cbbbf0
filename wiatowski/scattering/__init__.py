"""Scattering transforms on the package's own frames and layers, with the interface of kymatio."""

from wiatowski.scattering.harmonic_3d import HarmonicScattering3D as HarmonicScattering3D
from wiatowski.scattering.inversion import Inversion as Inversion
from wiatowski.scattering.inversion import invert as invert
from wiatowski.scattering.littlewood_paley import LayerReport as LayerReport
from wiatowski.scattering.littlewood_paley import LittlewoodPaleyReport as LittlewoodPaleyReport
from wiatowski.scattering.scattering_1d import Scattering1D as Scattering1D
from wiatowski.scattering.scattering_2d import Scattering2D as Scattering2D
