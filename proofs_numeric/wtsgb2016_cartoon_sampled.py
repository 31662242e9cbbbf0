"""Deformation of sampled cartoon functions, in the form that holds below one sample too."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._functions import Cartoon
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Witness
from proofs_numeric.engine.hypotheses import on_a_line
from proofs_numeric.engine.setting import Setting, differences, generator, rounding_budget

__all__ = ["CLAIM"]

INPUT, NETWORK = "at the input", "through the network"
_KNOTS = 9


class SampledCartoonClaim(Claim):
    name = "wtsgb2016_cartoon_sampled"
    title = "Deformation of sampled cartoon functions"
    statement = (
        r"$|||\Phi(F_\tau f) - \Phi(f)||| \leq \sqrt{v_0}\,K(2\sqrt{N}\,T + \sqrt{4NT + 2})$ for "
        r"$f[n] = c(n/N)$, $c = c_1 + 1_{[a,b]} c_2$, $c_i$ $K$-Lipschitz, $|c_2| \leq K$; any "
        r"$\tau$ with $|\tau| \leq T$ that stays in $[0, 1]$"
    )
    source = (
        "Wiatowski et al. 2016, deformation of sampled cartoon functions; corrected and derived for "
        "this package"
    )

    def hypotheses(self, setting):
        return (on_a_line(setting),)

    def given(self, setting, key):
        random = generator(key)
        return [_drawn(random, setting.grid.size, t) for t in (0.3, 1.0, 4.0, 16.0)]

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        """The displacement that flips every sample it can reach, with opposite slopes elsewhere."""
        random = generator(attempt.key)
        size = setting.grid.size
        return [_flipping(random, size, t) for t in (1e-6, 0.2, 1.0, 3.0)]

    def evaluate(self, setting, witnesses) -> Cases:
        return _compare(setting, witnesses, wi.bounds.cartoon_samples)

    def simplified(self, setting, witness) -> None:
        """The samples are those of a formula."""
        return

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        grid = wi.Grid((64,))
        phi = wi.FeatureExtractor([wi.Layer(wi.frames.Meyer(scales=2), wi.Modulus())], grid)
        setting = Setting("a jump on a sample", phi, np.zeros((1, 64)), ("zero",), band=5)
        found = [_flipping(generator(key), 64, 1e-6)]
        cases = _compare(setting, found, _remembered)
        text = "4 K sqrt(N T), as remembered from the paper, for T far below one sample"
        return (Control("T at least one sample", text, cases),)

    def ceilings(self, setting: Setting) -> dict[str, float]:
        """Both jumps flip one sample each as T goes to zero."""
        return {INPUT: 1.0}


def _drawn(random: np.random.Generator, size: int, reach: float) -> Witness:
    """A random cartoon, its jumps anywhere, and a random displacement of up to `reach` samples."""
    left, right = np.sort(random.uniform(0.1, 0.9, 2))
    cartoon = Cartoon(random.uniform(-1, 1, _KNOTS), random.uniform(-1, 1, _KNOTS), left, right)
    tau = random.uniform(-reach / size, reach / size, size)
    return _witness(cartoon, tau, reach / size, "random")


def _flipping(random: np.random.Generator, size: int, reach: float) -> Witness:
    """Jumps on samples, and displacements that leave [a, b] or enter it wherever they can."""
    left, right = int(0.25 * size) / size, int(0.75 * size) / size
    level = np.sign(random.uniform(-1, 1))
    cartoon = Cartoon(np.zeros(_KNOTS), np.full(_KNOTS, level), left, right)
    x, sup = np.arange(size) / size, reach / size
    # Just inside: leave. Just outside: enter.
    near_left, near_right = np.abs(x - left) <= sup, np.abs(x - right) <= sup
    tau = np.where(near_left, np.where(x >= left, sup, -sup), 0.0)
    tau = np.where(near_right, np.where(x <= right, -sup, sup), tau)
    return _witness(cartoon, tau, sup, "search")


def _witness(cartoon: Cartoon, tau: np.ndarray, sup: float, origin: str) -> Witness:
    size = len(tau)
    x = np.arange(size) / size
    tau = x - np.clip(x - tau, 0, 1)
    arrays = {
        "signal": cartoon(x),
        "other": cartoon(x - tau),
        "displacement": size * tau[None],
        "first": cartoon.first,
        "second": cartoon.second,
    }
    parameters = {"left": cartoon.left, "right": cartoon.right, "sup": sup}
    return Witness(arrays, parameters, origin)


def _compare(setting: Setting, witnesses: Sequence[Witness], bound) -> Cases:
    f = np.stack([w.arrays["signal"] for w in witnesses])
    h = np.stack([w.arrays["other"] for w in witnesses])
    size = setting.grid.size
    predicted = []
    for w in witnesses:
        p = w.parameters
        cartoon = Cartoon(w.arrays["first"], w.arrays["second"], p["left"], p["right"])
        predicted.append(bound(cartoon.constant, size, p["sup"]))
    predicted = np.array(predicted)
    through = float(setting.phi.lipschitz_bound())
    scale = np.linalg.norm(f, axis=1) + np.linalg.norm(h, axis=1)
    return Cases(
        np.concatenate([np.linalg.norm(h - f, axis=1), differences(setting, f, h)["total"]]),
        np.concatenate([predicted, through * predicted]),
        np.concatenate([16 * setting.eps * scale, rounding_budget(setting.phi, scale)]),
        [*witnesses, *witnesses],
        [
            f"T = {size * w.parameters['sup']:.3g} samples, {level}"
            for level in (INPUT, NETWORK)
            for w in witnesses
        ],
        [level for level in (INPUT, NETWORK) for _ in witnesses],
    )


def _remembered(constant: float, count: int, tau_sup: float) -> float:
    return 4 * constant * float(np.sqrt(count * tau_sup))


CLAIM = SampledCartoonClaim()
