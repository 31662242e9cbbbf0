r"""Right-hand sides of the theorems, as pure functions.

Shifts $t$ and displacements $\tau$ are in input samples, bandwidths in cycles per sample of the
input, $K$ in cycles per unit length; norms are Euclidean on samples.
"""

from wiatowski.bounds.classes import cartoon as cartoon
from wiatowski.bounds.classes import cartoon_samples as cartoon_samples
from wiatowski.bounds.classes import contraction_factor as contraction_factor
from wiatowski.bounds.classes import decay_integral as decay_integral
from wiatowski.bounds.classes import lipschitz_class as lipschitz_class
from wiatowski.bounds.deformation import DEFORMATION_CONSTANT as DEFORMATION_CONSTANT
from wiatowski.bounds.deformation import SCHUR_CONSTANT as SCHUR_CONSTANT
from wiatowski.bounds.deformation import almost_band_limited as almost_band_limited
from wiatowski.bounds.deformation import deformation_expansion as deformation_expansion
from wiatowski.bounds.deformation import deformation_line as deformation_line
from wiatowski.bounds.deformation import deformation_rough as deformation_rough
from wiatowski.bounds.deformation import deformation_rough_torus as deformation_rough_torus
from wiatowski.bounds.deformation import deformation_schur as deformation_schur
from wiatowski.bounds.deformation import deformation_sieve as deformation_sieve
from wiatowski.bounds.deformation import deformation_sobolev as deformation_sobolev
from wiatowski.bounds.deformation import deformation_torus as deformation_torus
from wiatowski.bounds.deformation import expansion_factor as expansion_factor
from wiatowski.bounds.deformation import sieve_factor as sieve_factor
from wiatowski.bounds.deformation import stretch_factor as stretch_factor
from wiatowski.bounds.deformation_operator import (
    deformation_operator_norm as deformation_operator_norm,
)
from wiatowski.bounds.energy import band_growth as band_growth
from wiatowski.bounds.energy import depth_for_share as depth_for_share
from wiatowski.bounds.energy import energy_beyond as energy_beyond
from wiatowski.bounds.energy import energy_decay as energy_decay
from wiatowski.bounds.energy import energy_decay_bands as energy_decay_bands
from wiatowski.bounds.energy import energy_decay_groups as energy_decay_groups
from wiatowski.bounds.energy import energy_one_step as energy_one_step
from wiatowski.bounds.energy import energy_step_factor as energy_step_factor
from wiatowski.bounds.energy import growth_factor as growth_factor
from wiatowski.bounds.energy import spectral_gap as spectral_gap
from wiatowski.bounds.energy import spectral_support as spectral_support
from wiatowski.bounds.lipschitz import admissible_ceiling as admissible_ceiling
from wiatowski.bounds.lipschitz import lipschitz_local as lipschitz_local
from wiatowski.bounds.lipschitz import lipschitz_product as lipschitz_product
from wiatowski.bounds.lipschitz import lipschitz_program as lipschitz_program
from wiatowski.bounds.translation import covariance as covariance
from wiatowski.bounds.translation import output_cutoff as output_cutoff
from wiatowski.bounds.translation import output_decay as output_decay
from wiatowski.bounds.translation import translation as translation
from wiatowski.bounds.translation import translation_all_depths as translation_all_depths
from wiatowski.bounds.translation import translation_decimated as translation_decimated
from wiatowski.bounds.translation import translation_multiplier_norm as translation_multiplier_norm
from wiatowski.bounds.translation import translation_relative as translation_relative
