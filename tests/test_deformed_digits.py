"""Moved and deformed digits: sizes, order of bounds and errors, resumption."""

from __future__ import annotations

import numpy as np
import pytest

import wiatowski as wi
from experiments import deformed_digits
from experiments.deformed_digits import CONTENDERS, SIZES


@pytest.mark.parametrize("size", [0.5, 3.0])
def test_digits_move_as_far_as_said(size):
    before = deformed_digits.upright(6)
    after = deformed_digits.changed("translation", size, 6, 0)
    spectra = np.abs(np.fft.fft2(before)), np.abs(np.fft.fft2(after))
    inside = np.abs(np.fft.fftfreq(28)) < 0.5
    np.testing.assert_allclose(
        spectra[0][:, inside][..., inside], spectra[1][:, inside][..., inside], atol=2e-4
    )
    places = np.stack(np.meshgrid(*2 * [np.arange(28)], indexing="ij"))
    for one, two in zip(before, after, strict=True):
        centres = [
            np.angle((np.exp(2j * np.pi * places / 28) * f).sum(axis=(1, 2))) for f in (one, two)
        ]
        turned = np.angle(np.exp(1j * (centres[1] - centres[0])))
        assert np.linalg.norm(turned * 28 / 2 / np.pi) == pytest.approx(size, abs=1e-3)


def test_small_deformations_change_little():
    before = deformed_digits.upright(6)
    norms = [
        np.linalg.norm(deformed_digits.changed("deformation", size, 6, 0) - before)
        for size in (0.01, 0.02, 1.0)
    ]
    assert norms[1] == pytest.approx(2 * norms[0], rel=0.01)
    assert norms[2] > 20 * norms[0]


def test_bounds_halve_where_output_atoms_widen():
    bounds = [
        float(
            wi.bounds.translation_all_depths(
                CONTENDERS[f"meyer{n}"].features(), (1, 0), 1.0, checked=False
            )
        )
        for n in (1, 2, 3)
    ]
    assert bounds[0] == pytest.approx(2 * bounds[1])
    assert bounds[1] > 2 * bounds[2] > 0


def test_order_is_a_rank_correlation_of_each_seed():
    def result(bound, slope):
        errors = [1 + slope * size for size in SIZES]
        return {
            "bound": bound,
            "upright": 1.0,
            "translation": errors,
            "translation of features": errors,
        }

    results = {str(n): [result(n, n), result(n, -n)] for n in (1, 2, 3)}
    results["other"] = [{"upright": 1.0, "translation": [9.0] * len(SIZES)}] * 2
    ranks = deformed_digits.order(results, "translation", "rise of errors")
    assert ranks == pytest.approx(np.array([[1.0] * len(SIZES), [-1.0] * len(SIZES)]))
    assert deformed_digits.rise(results["2"], "translation")[0, 0] == pytest.approx(2 * SIZES[0])


def test_a_stopped_run_goes_on(tmp_path, monkeypatch, capsys):
    calls = []

    def stub(train, seed):
        calls.append(seed)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return lambda images: np.full(len(images), 7)

    contender = CONTENDERS["meyer1"]._replace(fit=stub)
    monkeypatch.setattr(deformed_digits, "CONTENDERS", {"meyer1": contender})
    call = ["--train", "20", "--test", "8", "--seeds", "2", "--out", str(tmp_path)]
    with pytest.raises(KeyboardInterrupt):
        deformed_digits.main(call)
    assert deformed_digits.main(call) == 0
    assert calls == [0, 1, 1]
    assert "| Meyer, 1 scale | 1.90 |" in capsys.readouterr().out
    assert (tmp_path / "deformed_digits.png").stat().st_size > 10_000
