"""Hypotheses that several statements share."""

from __future__ import annotations

import numpy as np

import wiatowski as wi
from proofs_numeric.engine.claim import Hypothesis
from proofs_numeric.engine.setting import Continuum, Setting, differences

__all__ = ["on_a_line", "on_functions", "on_own_line", "scalar_filters", "zero_to_zero"]


def on_a_line(setting: Setting) -> Hypothesis:
    """Statements on d = 1."""
    d = setting.grid.ndim
    return Hypothesis("d = 1", d == 1, f"d = {d}", scope=True)


def on_functions(setting: Setting) -> Hypothesis:
    """Statements on functions of R^d."""
    continuous = isinstance(setting, Continuum)
    return Hypothesis("functions on R^d", continuous, setting.name, scope=True)


def on_own_line(setting: Setting) -> Hypothesis:
    """Statements that are measured on signals and networks of their own, in one dimension."""
    line = isinstance(setting, Continuum) and setting.ndim == 1
    return Hypothesis("signals on a line of its own", line, setting.name, scope=True)


def scalar_filters(setting: Setting) -> Hypothesis:
    """Statements on layers, at least one, that make one map per map and atom."""
    layers = setting.phi.layers
    scalar = bool(layers) and all(isinstance(x.bank, wi.FilterBank) for x in layers)
    return Hypothesis("layers with scalar filters", scalar, scope=True)


def zero_to_zero(setting: Setting) -> Hypothesis:
    """Nonlinearities and poolings that make nothing of nothing."""
    zero = np.zeros((1, *setting.grid.shape), setting.signals.dtype)
    found = differences(setting, zero, zero)
    total = float(np.sum(found["energy"]) + np.sum(found["features"]))
    return Hypothesis("M(0) = 0 and P(0) = 0", total == 0, f"energy of the maps of 0: {total:.3g}")
