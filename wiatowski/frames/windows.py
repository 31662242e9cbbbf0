"""Windows of Gabor frames: amplitudes over the offset from an atom's centre, in steps."""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import numpy as np

from wiatowski._profiles import meyer_auxiliary
from wiatowski._types import Array, is_concrete
from wiatowski.frames.frame import array_module, check_positive

__all__ = ["AbstractWindow", "GaussianWindow", "MeyerWindow", "Window"]

_NEGLIGIBLE_WIDTHS = 12.0  # exp(-12^2 / 2) < 1e-31
_EXTENT_WHILE_TRACED = 64.0  # steps: the width is not known then


class AbstractWindow(eqx.Module):
    """The amplitude of one atom; a frame repeats it at every whole step.

    Source: Weyl-Heisenberg (Gabor) frames (`paper_notes.md`, frames).
    """

    # Whether amplitude(-x) = amplitude(x), so that the atom at frequency zero is real in space.
    symmetric: ClassVar[bool] = True

    @property
    @abc.abstractmethod
    def reach(self) -> float:
        """Steps on either side of an atom that must lie below half a cycle for it to be kept."""

    @abc.abstractmethod
    def amplitude(self, x: np.ndarray) -> Any:
        """Amplitudes at offsets x, in steps."""

    @property
    def extent(self) -> float:
        """Steps from the centre beyond which the amplitude is zero, or rounds to it in any sum."""
        return self.reach


class GaussianWindow(AbstractWindow):
    r"""$g(x) = e^{-x^2 / (2 s^2)}$, x in steps; differentiable in s.

    $\sum_m g^2(x - m) = s \sqrt\pi \, \vartheta_3(\pi x, e^{-\pi^2 s^2})$, a frame for every s: largest at whole
    and smallest at half steps. It has no end: an atom is kept, as with Meyer's window, where one
    step next to it lies below half a cycle.

    Args:
        width: s > 0, in steps.

    Raises:
        ValueError: if the width is not positive and finite.

    Assumes: while the width is traced, translates more than 64 steps away count as zero, which is
    exact to rounding for widths up to 7.

    Source: Gabor; the sum is Jacobi's theta function (`paper_notes.md`, frames).

    >>> import wiatowski as wi
    >>> frame = wi.frames.Gabor(channels=8, window=wi.frames.GaussianWindow(width=0.6))
    >>> [round(float(bound), 5) for bound in frame.on(wi.Grid((64,))).frame_bounds()]
    [1.00256, 1.12438]
    """

    width: float | Array

    def __init__(self, width: float | Array = 0.6):
        check_positive("GaussianWindow", "width", width)
        self.width = float(width) if is_concrete(width) else width

    @property
    def reach(self) -> float:
        """One step, as Meyer's window."""
        return 1.0

    @property
    def extent(self) -> float:
        """Twelve widths."""
        if is_concrete(self.width):
            return _NEGLIGIBLE_WIDTHS * float(self.width)
        return _EXTENT_WHILE_TRACED

    def amplitude(self, x: np.ndarray) -> Any:
        """One at the centre."""
        return array_module(self.width).exp(-0.5 * (x / self.width) ** 2)


class MeyerWindow(AbstractWindow):
    r"""$g(x) = \cos(\frac{\pi}{2} v(|x|))$ for |x| < 1, $v(t) = t^4(35 - 84t + 70t^2 - 20t^3)$.

    $v(t) + v(1-t) = 1$, so neighbouring atoms are a cosine and a sine: $\sum_m g^2(x - m) = 1$.

    Source: Daubechies, Grossmann & Meyer 1986, painless expansions; Daubechies' polynomial
    (`paper_notes.md`, frames).

    >>> import numpy as np, wiatowski as wi
    >>> window = wi.frames.MeyerWindow()
    >>> [round(float(window.amplitude(x) ** 2 + window.amplitude(x - 1) ** 2), 12) for x in (0.2, 0.5)]
    [1.0, 1.0]
    """

    @property
    def reach(self) -> float:
        """One step: where it ends."""
        return 1.0

    def amplitude(self, x: np.ndarray) -> np.ndarray:
        """One at the centre, exactly zero from one step on."""
        away = np.abs(x)
        return np.where(away < 1, np.cos(0.5 * np.pi * meyer_auxiliary(away)), 0.0)


class Window(AbstractWindow):
    r"""Your own window.

    Args:
        function: g(x) as a vectorised function of numpy arrays, for offsets x in [-reach, reach]
            steps; beyond, the window is zero.
        reach: in steps; a frame leaves no hole if every point has a translate that does not vanish.

    Raises:
        TypeError: if `function` cannot be called.
        ValueError: if `reach` is not positive and finite, or where the function is used, if its
            values are complex or not finite.

    Source: utility.

    >>> import numpy as np, wiatowski as wi
    >>> sine = wi.frames.Window(lambda x: np.cos(np.pi * x / 2), reach=1)
    >>> wi.testing.assert_parseval(wi.frames.Gabor(channels=6, window=sine).on(wi.Grid((33,))))
    """

    symmetric: ClassVar[bool] = False  # it may be; nobody promises
    function: Callable[[np.ndarray], np.ndarray] = eqx.field(static=True)
    _reach: float = eqx.field(static=True)

    def __init__(self, function: Callable[[np.ndarray], np.ndarray], reach: float):
        if not callable(function):
            raise TypeError(f"Window: function must be callable, not {function!r}.")
        check_positive("Window", "reach", reach)
        self.function, self._reach = function, float(reach)

    @property
    def reach(self) -> float:
        """As given."""
        return self._reach

    def amplitude(self, x: np.ndarray) -> np.ndarray:
        """The user's function up to `reach`."""
        inside = np.clip(x, -self.reach, self.reach)
        values = np.broadcast_to(np.asarray(self.function(inside)), inside.shape)
        wrong = ~np.isfinite(values) | (np.imag(values) != 0)
        if np.any(wrong):
            raise ValueError(
                f"Window: the function must return finite real numbers, but at an offset of "
                f"{inside[wrong].flat[0]:.6g} steps it is {values[wrong].flat[0]}; use real amplitudes, "
                "and a reach within which they are finite."
            )
        return np.where(np.abs(x) <= self.reach, np.real(values), 0.0)


def checked_window(name: str, window) -> AbstractWindow:
    """The window itself; raises for anything else."""
    if not isinstance(window, AbstractWindow):
        raise TypeError(f"{name}: window must be one like frames.MeyerWindow(), not {window!r}.")
    return window
