"""Deep convolutional feature extractors of Wiatowski & Boelcskei, with their theorems and bounds."""

import importlib as _importlib
from typing import TYPE_CHECKING

from wiatowski import actions as actions
from wiatowski import bounds as bounds
from wiatowski import certificates as certificates
from wiatowski import data as data
from wiatowski import explain as explain
from wiatowski import frames as frames
from wiatowski import networks as networks
from wiatowski import presets as presets
from wiatowski import scattering as scattering
from wiatowski import signals as signals
from wiatowski import streaming as streaming
from wiatowski import testing as testing
from wiatowski.actions import deform as deform
from wiatowski.actions import modulate as modulate
from wiatowski.actions import translate as translate
from wiatowski.constants import Constants as Constants
from wiatowski.definition import features_by_definition as features_by_definition
from wiatowski.extractor import FeatureExtractor as FeatureExtractor
from wiatowski.extractor import Trace as Trace
from wiatowski.features import Features as Features
from wiatowski.frames.filter_bank import FilterBank as FilterBank
from wiatowski.frames.frame import Frame as Frame
from wiatowski.frames.matrix_bank import MatrixBank as MatrixBank
from wiatowski.grid import Grid as Grid
from wiatowski.layer import Layer as Layer
from wiatowski.nonlinearities import GELU as GELU
from wiatowski.nonlinearities import AbstractNonlinearity as AbstractNonlinearity
from wiatowski.nonlinearities import GroupModulus as GroupModulus
from wiatowski.nonlinearities import Identity as Identity
from wiatowski.nonlinearities import LeakyReLU as LeakyReLU
from wiatowski.nonlinearities import ModReLU as ModReLU
from wiatowski.nonlinearities import Modulus as Modulus
from wiatowski.nonlinearities import Pointwise as Pointwise
from wiatowski.nonlinearities import ReLU as ReLU
from wiatowski.nonlinearities import ReLU6 as ReLU6
from wiatowski.nonlinearities import ShiftedSigmoid as ShiftedSigmoid
from wiatowski.nonlinearities import SiLU as SiLU
from wiatowski.nonlinearities import SoftThreshold as SoftThreshold
from wiatowski.nonlinearities import Tanh as Tanh
from wiatowski.poolings import AbstractPooling as AbstractPooling
from wiatowski.poolings import AveragePool as AveragePool
from wiatowski.poolings import Decimate as Decimate
from wiatowski.poolings import Dilate as Dilate
from wiatowski.poolings import LowPassDecimate as LowPassDecimate
from wiatowski.poolings import LpPool as LpPool
from wiatowski.poolings import MaxPool as MaxPool
from wiatowski.poolings import NoPooling as NoPooling
from wiatowski.serialization import frame_from_text as frame_from_text
from wiatowski.serialization import from_toml as from_toml
from wiatowski.serialization import load as load
from wiatowski.serialization import save as save
from wiatowski.serialization import to_toml as to_toml

if TYPE_CHECKING:
    from wiatowski import learn as learn
    from wiatowski import plot as plot


def __getattr__(name: str):
    """`wiatowski.learn` and `wiatowski.plot`, whose dependencies are not everybody's, when they are asked for."""
    if name in ("learn", "plot"):
        return _importlib.import_module(f"wiatowski.{name}")
    raise AttributeError(f"module 'wiatowski' has no attribute {name!r}")
