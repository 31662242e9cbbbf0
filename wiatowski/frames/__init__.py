"""Semi-discrete frames: frozen specifications that any layer takes."""

from wiatowski.frames.curvelets import Curvelets as Curvelets
from wiatowski.frames.filter_bank import FilterBank as FilterBank
from wiatowski.frames.filter_bank import FrameBounds as FrameBounds
from wiatowski.frames.finite_filters import FiniteFilters as FiniteFilters
from wiatowski.frames.finite_filters import RandomFilters as RandomFilters
from wiatowski.frames.frame import Frame as Frame
from wiatowski.frames.haar import Haar as Haar
from wiatowski.frames.meyer import Meyer as Meyer
from wiatowski.frames.morlet import Morlet as Morlet
from wiatowski.frames.scaled import Scaled as Scaled
