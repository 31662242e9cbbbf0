r"""Ladders: low-pass profiles whose dilates telescope to a partition of unity.

A ladder has amplitudes h (low) and $(1 - h^2)^{1/2}$ (high), h = 1 up to a quarter of a cycle per
unit length and 0 from half a cycle. Rung j is $H_j(\omega) = h^2(2^j \omega)$; since $H_{j-1} = 1$
wherever $H_j \ne 0$, the band $H_{j-1} - H_j$ has the amplitude $h(2^{j-1}\omega)
(1 - h^2(2^j\omega))^{1/2}$, a product without cancellation.
"""

from __future__ import annotations

import abc
import math
from collections.abc import Callable, Sequence

import equinox as eqx
import numpy as np

from wiatowski._profiles import meyer_auxiliary
from wiatowski.frames.nyquist import Nyquist

__all__ = ["AbstractLadder", "Ladder", "MeyerLadder", "ShannonLadder", "SimoncelliLadder"]


class AbstractLadder(eqx.Module):
    """A low-pass profile on frequencies in cycles per unit length.

    Source: multiresolution ladders (`paper_notes.md`, frames).
    """

    @abc.abstractmethod
    def low(self, omega: np.ndarray) -> np.ndarray:
        """Amplitude h: 1 for |omega| <= 1/4, 0 for |omega| >= 1/2."""

    @abc.abstractmethod
    def high(self, omega: np.ndarray) -> np.ndarray:
        """Amplitude of the complement: low^2 + high^2 = 1."""


class MeyerLadder(AbstractLadder):
    r"""$h = \cos(\frac{\pi}{2} v(\frac{|\omega| - p}{1/2 - p}))$, $v(t) = t^4(35 - 84t + 70t^2 - 20t^3)$.

    Args:
        passes: p, where the fall begins, in [1/4, 1/2) cycles per unit length.

    Raises:
        ValueError: outside that interval: below it neighbouring bands would have to be negative
            squares to telescope as products, from 1/2 on they would leave a hole.

    Source: Meyer's wavelet with Daubechies' polynomial (`paper_notes.md`, frames).
    """

    passes: float = eqx.field(static=True)

    def __init__(self, passes: float = 1 / 3):
        if not 0.25 <= passes < 0.5:
            raise ValueError(
                f"MeyerLadder: passes must lie in [1/4, 1/2), not {passes!r}: below 1/4 three bands "
                "overlap and one of them would need a negative square, from 1/2 on none covers "
                "the edge."
            )
        self.passes = float(passes)

    def low(self, omega: np.ndarray) -> np.ndarray:
        """One up to `passes`, zero from 1/2."""
        return np.where(np.abs(omega) >= 0.5, 0.0, np.cos(self._angle(omega)))

    def high(self, omega: np.ndarray) -> np.ndarray:
        """Zero up to `passes`, one from 1/2."""
        return np.sin(self._angle(omega))

    def _angle(self, omega: np.ndarray) -> np.ndarray:
        t = (np.abs(omega) - self.passes) / (0.5 - self.passes)
        return 0.5 * np.pi * meyer_auxiliary(t)


class ShannonLadder(AbstractLadder):
    r"""The ideal low-pass: h = 1 below half a cycle, $2^{-1/2}$ on the edge, 0 above.

    Atoms decay like 1/|x| in space. The edge is shared so that real atoms stay real and nothing
    depends on rounding: bins next to the edge within 1e-12 cycles count as on it.

    Source: Shannon wavelets (`paper_notes.md`, frames).
    """

    def low(self, omega: np.ndarray) -> np.ndarray:
        """One below 1/2, the root of 1/2 at 1/2."""
        return self._step(0.5 - np.abs(omega))

    def high(self, omega: np.ndarray) -> np.ndarray:
        """One above 1/2, the root of 1/2 at 1/2."""
        return self._step(np.abs(omega) - 0.5)

    @staticmethod
    def _step(inside: np.ndarray) -> np.ndarray:
        return np.where(np.abs(inside) <= 1e-12, math.sqrt(0.5), np.where(inside > 0, 1.0, 0.0))


class SimoncelliLadder(AbstractLadder):
    r"""$h = \cos(\frac{\pi}{2} \log_2(4|\omega|))$ between a quarter and half a cycle.

    Source: Portilla & Simoncelli's steerable pyramid (`paper_notes.md`, frames).
    """

    def low(self, omega: np.ndarray) -> np.ndarray:
        """One up to 1/4, zero from 1/2, a cosine in log frequency between."""
        return np.where(np.abs(omega) >= 0.5, 0.0, np.cos(self._angle(omega)))

    def high(self, omega: np.ndarray) -> np.ndarray:
        """Zero up to 1/4, one from 1/2."""
        return np.sin(self._angle(omega))

    @staticmethod
    def _angle(omega: np.ndarray) -> np.ndarray:
        octaves = np.log2(np.clip(4 * np.abs(omega), 1.0, 2.0))
        return 0.5 * np.pi * octaves


class Ladder(AbstractLadder):
    r"""Your own profile h, checked where it is used.

    Args:
        function: h(|omega|) as a vectorised function of numpy arrays; one for |omega| <= 1/4,
            zero for |omega| >= 1/2, between 0 and 1.

    Raises:
        ValueError: where h leaves [0, 1] (the square of its complement would be negative), is not
            one up to 1/4 (three bands would overlap), or not zero from 1/2 on.

    Source: utility.

    >>> import numpy as np, wiatowski as wi
    >>> linear = wi.frames.Ladder(lambda w: np.sqrt(np.clip(2 - 4 * w, 0, 1)))
    >>> bank = wi.frames.TensorWavelets(scales=2, ladder=linear).on(wi.Grid((32,)))
    >>> wi.testing.assert_parseval(bank)
    """

    function: Callable[[np.ndarray], np.ndarray] = eqx.field(static=True)

    def __init__(self, function: Callable[[np.ndarray], np.ndarray]):
        if not callable(function):
            raise TypeError(f"Ladder: function must be callable, not {function!r}.")
        self.function = function

    def low(self, omega: np.ndarray) -> np.ndarray:
        """The user's profile."""
        omega = np.abs(np.asarray(omega, dtype=float))
        h = np.broadcast_to(np.asarray(self.function(omega), dtype=float), omega.shape)
        for wrong, consequence in (
            (~np.isfinite(h), "is not finite"),
            (
                (h < 0) | (h > 1 + 1e-15),
                "leaves [0, 1], so that a band of the partition would have a negative square",
            ),
            (
                (omega <= 0.25) & (h < 1 - 1e-15),
                "is below 1 inside a quarter cycle, so that three bands overlap and one of them "
                "would have a negative square",
            ),
            (
                (omega >= 0.5) & (h > 0),
                "does not vanish from half a cycle on, where the residual takes over",
            ),
        ):
            if np.any(wrong):
                at = float(omega[wrong].flat[0])
                raise ValueError(
                    f"Ladder: the profile {consequence}: h({at:.6g}) = {float(h[wrong].flat[0]):.6g}; "
                    "it must fall from 1 at |omega| = 1/4 to 0 at |omega| = 1/2."
                )
        return np.minimum(h, 1.0)

    def high(self, omega: np.ndarray) -> np.ndarray:
        """The root of one minus its square."""
        h = self.low(omega)
        return np.sqrt((1 - h) * (1 + h))


def checked_ladder(name: str, ladder) -> AbstractLadder:
    """The ladder itself; raises for anything else."""
    if not isinstance(ladder, AbstractLadder):
        raise TypeError(f"{name}: ladder must be one like frames.MeyerLadder(), not {ladder!r}.")
    return ladder


def rungs(
    ladder: AbstractLadder, omega: Sequence[np.ndarray], scales: int, nyquist: Nyquist
) -> tuple[list[list[np.ndarray]], list[list[np.ndarray]]]:
    """Amplitudes low[j][axis] and high[j][axis] of rungs j = 0..scales.

    Unless the policy leaves a residual, rung 0 passes everything.
    """
    low, high = [], []
    for j in range(scales + 1):
        if j == 0 and nyquist is not Nyquist.RESIDUAL:
            low.append([np.ones_like(w) for w in omega])
            high.append([np.zeros_like(w) for w in omega])
        else:
            low.append([ladder.low(w * 2.0**j) for w in omega])
            high.append([ladder.high(w * 2.0**j) for w in omega])
    return low, high
