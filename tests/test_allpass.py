"""The decimated all-pass extractor: the printed Theorem 1 fails by the predicted factor, D3 holds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import wiatowski as wi
from proofs_numeric._translation import rate
from proofs_numeric.allpass import allpass_extractor, alternating_signal, predicted_violation
from proofs_numeric.derived_translation_aliased import CLAIM
from proofs_numeric.engine.setting import Setting


@pytest.fixture(autouse=True)
def double():
    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize("depth", range(1, 9))
def test_violation_and_d3(depth):
    phi = allpass_extractor(depth)
    f = alternating_signal(phi)
    assert phi.is_admissible()
    assert float(jnp.linalg.norm(f)) == pytest.approx(1, rel=1e-14)
    measured = float(jnp.sqrt((phi(wi.translate(f, 1)) - phi(f)).energies()[depth]))
    where = Setting("all-pass", phi, np.asarray(f)[None], ("-",), band=5)
    ratio = measured / rate(where, depth, (1,))
    # Against the closed form, evaluated here from the Gaussian itself.
    k = np.arange(8 + 1) / 16
    decay = np.max(k * np.exp(-0.5 * (k / 0.05) ** 2))
    assert ratio == pytest.approx(2 ** (depth / 2) / (2 * np.pi * decay), rel=1e-12)
    assert ratio == pytest.approx(predicted_violation(phi), rel=1e-12)
    assert ratio > 1
    assert measured <= float(wi.bounds.translation_decimated(phi, f, 1.0)[depth]) * (1 + 1e-12)
    with pytest.raises(ValueError, match="translation_decimated"):
        wi.bounds.translation(phi, depth=depth, shift=1, signal_norm=1.0)


def test_the_search_finds_violations_by_itself():
    known, found = (control.cases for control in CLAIM.controls(jax.random.key(0)))
    assert known.ratios.max() > predicted_violation(allpass_extractor(4))
    assert not found.holds
    assert found.ratios.max() > 2
    # What it found obeys D3.
    worst = found.worst()
    f = jnp.asarray(found.witnesses[worst].arrays["signal"])
    depth = int(found.description[worst][-1])
    bound = wi.bounds.translation_decimated(allpass_extractor(4), f, 1.0)[depth]
    assert found.measured[worst] <= float(bound) * (1 + 1e-12)
