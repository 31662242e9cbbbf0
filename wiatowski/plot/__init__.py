"""Figures of frames, features and signals: matplotlib's object interface, no global state.

Every function returns a `matplotlib.figure.Figure`; save it with ``figure.savefig(path)``.
"""

from wiatowski._extras import require as _require

_require("wiatowski.plot", "plot", "matplotlib")

from wiatowski.plot.banks import atoms as atoms
from wiatowski.plot.banks import littlewood_paley as littlewood_paley
from wiatowski.plot.curves import Curve as Curve
from wiatowski.plot.curves import curves as curves
from wiatowski.plot.envelope import support_envelope as support_envelope
from wiatowski.plot.features import energies as energies
from wiatowski.plot.features import feature_maps as feature_maps
from wiatowski.plot.features import strongest_paths as strongest_paths
from wiatowski.plot.fields import displacement as displacement
from wiatowski.plot.fields import signal as signal
from wiatowski.plot.heatmaps import overlay as overlay
from wiatowski.plot.heatmaps import panel as panel
from wiatowski.plot.learning import learning_curves as learning_curves
from wiatowski.plot.matrices import singular_values as singular_values
from wiatowski.plot.tiling import frequency_tiling as frequency_tiling
