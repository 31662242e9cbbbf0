"""Semi-discrete frames: frozen specifications that any layer takes."""

from wiatowski.frames.alpha_molecules import AlphaMolecules as AlphaMolecules
from wiatowski.frames.alpha_molecules import Angle as Angle
from wiatowski.frames.alpha_molecules import Corona as Corona
from wiatowski.frames.curvelets import Curvelets as Curvelets
from wiatowski.frames.filter_bank import FilterBank as FilterBank
from wiatowski.frames.filter_bank import FrameBounds as FrameBounds
from wiatowski.frames.finite_filters import FiniteFilters as FiniteFilters
from wiatowski.frames.finite_filters import RandomFilters as RandomFilters
from wiatowski.frames.frame import Frame as Frame
from wiatowski.frames.haar import Haar as Haar
from wiatowski.frames.ladders import AbstractLadder as AbstractLadder
from wiatowski.frames.ladders import Ladder as Ladder
from wiatowski.frames.ladders import MeyerLadder as MeyerLadder
from wiatowski.frames.ladders import ShannonLadder as ShannonLadder
from wiatowski.frames.ladders import SimoncelliLadder as SimoncelliLadder
from wiatowski.frames.morlet import Morlet as Morlet
from wiatowski.frames.nyquist import Nyquist as Nyquist
from wiatowski.frames.scaled import Scaled as Scaled
from wiatowski.frames.tensor_wavelets import Meyer as Meyer
from wiatowski.frames.tensor_wavelets import Shannon as Shannon
from wiatowski.frames.tensor_wavelets import Simoncelli as Simoncelli
from wiatowski.frames.tensor_wavelets import TensorWavelets as TensorWavelets
