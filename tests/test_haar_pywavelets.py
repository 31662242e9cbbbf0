"""Haar against PyWavelets' stationary transform, an implementation by others."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import pywt
import strategies

import wiatowski as wi


def moved(u: np.ndarray, scale: int, highs: int = 0) -> np.ndarray:
    """PyWavelets' filters look ahead by their length less one, and its details change sign."""
    shift = (-(2**scale - 1),) * u.ndim
    return (-1) ** highs * np.roll(u, shift, tuple(range(u.ndim)))


def coefficients(f: np.ndarray, scales: int) -> dict[str, np.ndarray]:
    bank = wi.frames.Haar(scales=scales).on(wi.Grid(f.shape))
    return dict(zip(("output", *bank.labels), np.asarray(bank.analysis(jnp.asarray(f)))))


@pytest.mark.parametrize("scales", [1, 2, 3])
def test_one_dimension(scales):
    f = strategies.signal(scales, (64,))
    with jax.enable_x64(True):
        ours = coefficients(f, scales)
    approximation, *details = pywt.swt(f, "haar", scales, trim_approx=True, norm=True)
    np.testing.assert_allclose(moved(ours["output"], scales), approximation, atol=1e-12)
    for j, detail in zip(range(scales, 0, -1), details, strict=True):
        np.testing.assert_allclose(moved(ours[f"scale={j}"], j, 1), detail, atol=1e-12)


@pytest.mark.parametrize("scales", [1, 2, 3])
def test_two_dimensions(scales):
    f = strategies.signal(scales, (32, 48))
    with jax.enable_x64(True):
        ours = coefficients(f, scales)
    approximation, *details = pywt.swt2(f, "haar", scales, trim_approx=True, norm=True)
    np.testing.assert_allclose(moved(ours["output"], scales), approximation, atol=1e-12)
    for j, triple in zip(range(scales, 0, -1), details, strict=True):
        for axes, detail in zip(("HL", "LH", "HH"), triple, strict=True):
            own = moved(ours[f"scale={j},axes={axes}"], j, axes.count("H"))
            np.testing.assert_allclose(own, detail, atol=1e-12)


def test_a_forgotten_shift_is_noticed():
    f = strategies.signal(0, (64,))
    ours = coefficients(f.astype(np.float32), 2)
    approximation, *_ = pywt.swt(f, "haar", 2, trim_approx=True, norm=True)
    assert np.abs(ours["output"] - approximation).max() > 0.1
