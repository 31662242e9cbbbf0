"""Inversion of scattering transforms by gradient descent."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import wiatowski as wi
from wiatowski.scattering import HarmonicScattering3D, Scattering1D, Scattering2D, invert


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def test_it_finds_a_heartbeat_and_goes_on_as_if_it_had_not_stopped(capsys):
    heart = wi.signals.recording()[:256]
    heart = (heart - heart.mean()) / heart.std()
    S = Scattering1D(J=4, shape=256, Q=8, T=4)
    whole = invert(S, S(heart), steps=120)
    assert "inversion: 100%" in capsys.readouterr().err
    missed = np.linalg.norm(S(whole.signal) - S(heart)) / np.linalg.norm(S(heart))
    assert whole.errors[-1] == pytest.approx(missed, rel=1e-3)
    assert len(whole.errors) == 121
    assert whole.errors[-1] < 0.02 < 0.5 < whole.errors[0]
    power = np.sum(heart**2)
    nearest = min(np.sum((s * whole.signal - heart) ** 2) for s in (1, -1))
    assert nearest < 0.1 * power

    half = invert(S, S(heart), steps=60, progress=False)
    rest = invert(S, S(heart), steps=60, start=half, progress=False)
    assert capsys.readouterr().err == ""
    np.testing.assert_array_equal(rest.signal, whole.signal)
    np.testing.assert_array_equal(rest.errors, whole.errors)


@pytest.mark.parametrize(
    "S",
    [
        Scattering1D(2, 32, T=0, out_type="dict"),
        Scattering2D(1, (6, 5), L=2, out_type="list", pre_pad=True),
        HarmonicScattering3D(1, (5, 6, 5), L=1),
    ],
    ids=lambda S: type(S).__name__,
)
def test_batches_and_all_forms_of_output(S):
    shape = S.padded_shape if getattr(S, "pre_pad", False) else S.shape
    x = noise(2, *shape)
    found = invert(S, S(x), steps=15, start=jnp.asarray(x + 0.3 * noise(*shape)), progress=False)
    assert found.signal.shape == x.shape
    assert found.errors[-1] < 0.5 * found.errors[0]


def test_coefficients_of_silence():
    S = Scattering1D(2, 32)
    found = invert(S, np.zeros_like(S(np.ones(32))), steps=3, progress=False)
    assert np.isfinite(found.signal).all()
    np.testing.assert_allclose(S(found.signal), 0, atol=1e-6)
