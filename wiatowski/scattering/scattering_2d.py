"""Scattering of images, with the arguments, order and numbers of kymatio's Scattering2D."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from wiatowski._integers import check_integer
from wiatowski._types import Array, resolve_real_dtype
from wiatowski.extractor import FeatureExtractor
from wiatowski.grid import Grid
from wiatowski.scattering._arguments import (
    PADDINGS,
    as_signals,
    check_choice,
    check_integers,
)
from wiatowski.scattering._network import (
    Sampling,
    Wavelets,
    extended,
    followed,
    placed,
    run,
    scale_of,
    scattering_network,
)
from wiatowski.scattering._transform import AbstractScattering, compiled
from wiatowski.scattering.morlet_2d import morlet_bank

__all__ = ["Scattering2D"]


class Scattering2D(AbstractScattering):
    r"""Averages $x * \phi$, $|x * \psi_{\lambda_1}| * \phi$, $||x * \psi_{\lambda_1}| * \psi_{\lambda_2}| * \phi$, ..

    Paths follow increasing scales $j_1 < j_2 < \dots < J$; coefficients are kept on every $2^J$-th sample.
    The image is extended by reflection to a multiple of $2^J$ and cropped afterwards. Leading axes are
    a batch, and go through in chunks that stay in the cache.

    Args:
        J: scales; averages over $2^J$ samples.
        shape: (M, N) of the images, any size of at least $2^J$.
        L: orientations over half a turn.
        max_order: largest number of wavelets along a path, any m >= 1.
        pre_pad: the images come extended already, with `padded_shape`.
        out_type: "array", (..., paths, M', N'), or "list", one dictionary per path.
        padding: "reflect", "symmetric", "periodic" or "zero".
        wavelets: to use in place of kymatio's filters: a frame, a `FilterBank` on `padded_grid`, or one
            for each layer, with labels "scale=j,..." and a real output atom that is a product over the axes.
            A frame's parameters may be traced: they can be learned.
        dtype: float32 or float64 of the filters; by default that of the context.
        memory: ceiling in bytes for the temporaries of a call.

    Raises:
        ValueError: for arguments out of range, an image smaller than $2^J$, or wavelets without scales.
        TypeError: for wavelets that are no frame of atoms.

    Source: Bruna & Mallat 2013; filters, sub-sampling and order as in kymatio 0.3.0.

    >>> import jax.numpy as jnp
    >>> from wiatowski.scattering import Scattering2D
    >>> S = Scattering2D(J=2, shape=(30, 33), L=4)
    >>> S(jnp.ones((5, 3, 30, 33))).shape, S.meta()["key"][9]
    ((5, 3, 25, 7, 8), (0, 4))
    """

    network: FeatureExtractor
    J: int = eqx.field(static=True)
    shape: tuple[int, int] = eqx.field(static=True)
    L: int = eqx.field(static=True)
    max_order: int = eqx.field(static=True)
    pre_pad: bool = eqx.field(static=True)
    out_type: str = eqx.field(static=True)
    padding: str = eqx.field(static=True)

    def __init__(
        self,
        J: int,
        shape: tuple[int, int],
        L: int = 8,
        max_order: int = 2,
        pre_pad: bool = False,
        out_type: str = "array",
        *,
        padding: str = "reflect",
        wavelets: Wavelets | None = None,
        dtype=None,
        memory: int | None = None,
    ):
        self.J = check_integer("Scattering2D", "J", J, 1)
        self.L = check_integer("Scattering2D", "L", L, 1)
        self.max_order = check_integer("Scattering2D", "max_order", max_order, 1)
        self.out_type = check_choice("Scattering2D", "out_type", out_type, ("array", "list"))
        self.padding = check_choice("Scattering2D", "padding", padding, tuple(PADDINGS))
        self.shape = _checked_shape(shape, self.J)
        self.pre_pad = bool(pre_pad)
        dtype = resolve_real_dtype(dtype, "Scattering2D")
        grid = Grid(_padded_shape(self.shape, self.J))
        if wavelets is None:
            wavelets = morlet_bank(grid, self.J, self.L, dtype)
        banks = placed("Scattering2D", wavelets, self.max_order, grid, dtype)
        sampling = Sampling(lambda j: 2 ** min(j, self.J), 2**self.J, periodised=False)
        self.network = scattering_network("Scattering2D", banks, sampling, memory)

    @property
    def padded_shape(self) -> tuple[int, int]:
        """The shape of the extended images, which the filters have."""
        return _padded_shape(self.shape, self.J)

    @property
    def padded_grid(self) -> Grid:
        """The grid of the extended images."""
        return self.network.grid

    def scattering(self, x: Array) -> Any:
        """The coefficients of images.

        Args:
            x: (..., M, N), real or complex; with `pre_pad`, (..., *padded_shape).

        Returns:
            (..., paths, M', N'), or with `out_type="list"` dictionaries with "coef", "j", "n",
            "theta" for each path.

        Raises:
            ValueError: for another shape or samples that are not finite.
        """
        shape = self.padded_shape if self.pre_pad else self.shape
        signals, batch = as_signals("Scattering2D", x, shape, self.network.banks[0].dtype)
        coefficients = _coefficients(self, signals)
        coefficients = coefficients.reshape(*batch, *coefficients.shape[1:])
        if self.out_type == "array":
            return coefficients
        places = self._places()
        paths = []
        for row, key in enumerate(followed(self.network)):
            scales, angles = zip(*(places[i][n] for i, n in enumerate(key))) if key else ((), ())
            coef = coefficients[..., row, :, :]
            paths.append({"coef": coef, "j": scales, "n": key, "theta": angles})
        return paths

    def meta(self) -> dict[str, Any]:
        """What each path is: "order", "key" (wavelet numbers), and "n", "j", "theta", padded with NaN.

        Arrays of shape (paths,) and (paths, max_order), in the order of the coefficients; theta counts
        the wavelets of one scale.
        """
        keys, places = followed(self.network), self._places()
        table = np.full((3, len(keys), self.max_order), np.nan)
        for row, key in enumerate(keys):
            for layer, n in enumerate(key):
                table[:, row, layer] = n, *places[layer][n]
        order = np.array([len(key) for key in keys])
        return {"order": order, "key": keys, **dict(zip(("n", "j", "theta"), table, strict=True))}

    def _places(self) -> list[list[tuple[int, int]]]:
        """Per layer and wavelet its scale, and its number among those of that scale."""
        places = []
        for layer in self.network.layers:
            scales = [scale_of("Scattering2D", label) for label in layer.labels]
            places.append([(j, scales[:n].count(j)) for n, j in enumerate(scales)])
        return places


@compiled
def _coefficients(s: Scattering2D, signals: Array) -> Array:
    if not s.pre_pad:
        widths = [((p - n) // 2, (p - n + 1) // 2) for n, p in zip(s.shape, s.padded_shape)]
        signals = extended(signals, widths, s.padding)
    rows, columns = (n // 2**s.J for n in s.padded_shape)
    features = run(s.network, signals, window=((1, rows - 1), (1, columns - 1))).features
    return jnp.concatenate([features[n] for n in range(s.max_order + 1)], axis=1)


def _padded_shape(shape: tuple[int, int], scales: int) -> tuple[int, int]:
    """At least half of 2^J samples on either side, to a multiple of 2^J."""
    step = 2**scales
    rows, columns = (((n + step) // step + 1) * step for n in shape)
    return rows, columns


def _checked_shape(shape, scales: int) -> tuple[int, int]:
    rows, columns = check_integers("Scattering2D", "(32, 32)", shape)
    if min(rows, columns) < 2**scales:
        raise ValueError(
            f"Scattering2D: J = {scales} averages over {2**scales} samples, more than the shape "
            f"{(rows, columns)} has; use J <= {min(rows, columns).bit_length() - 1} or larger images."
        )
    return rows, columns
