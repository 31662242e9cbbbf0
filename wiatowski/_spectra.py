"""Transforms of a chunk of maps, and their convolutions with atoms, on the samples that are kept."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from wiatowski._filtering import (
    centred,
    centred_of_half,
    filtered,
    middle,
    window,
    window_of_half,
)
from wiatowski._fourier import (
    from_half_spectrum,
    from_narrow_spectrum,
    from_spectrum,
    half_spectrum,
    spectrum,
)
from wiatowski._types import Array


class Spectra(NamedTuple):
    """Transforms of a chunk of maps: half of them for real maps, all for complex ones."""

    values: Array
    real: bool
    shape: tuple[int, ...]
    centre: Array | None = None  # the largest centred window that is asked for

    @classmethod
    def of(cls, maps: Array, ndim: int) -> Spectra:
        """Of maps (maps, *samples), real or complex."""
        shape = maps.shape[maps.ndim - ndim :]
        if jnp.iscomplexobj(maps):
            return cls(spectrum(maps, ndim), False, shape)
        return cls(half_spectrum(maps, ndim), True, shape)

    def window(self, shape: tuple[int, ...]) -> Array:
        """All frequencies of a window, in the order of the FFT."""
        return (window_of_half if self.real else window)(self.values, shape)

    def with_centre(self, shape: tuple[int, ...]) -> Spectra:
        """Also in the order of frequencies, which is computed once for all windows up to a shape."""
        return self._replace(centre=(centred_of_half if self.real else centred)(self.values, shape))

    def convolved(self, atoms_hat: Array, atoms_real: bool, step: int) -> Array:
        """Every map with every atom, every `step`-th sample; (maps, atoms, *samples)."""
        ndim, shape = len(self.shape), self.shape
        kept, width = tuple(n // step for n in shape), atoms_hat.shape[1:]
        real, narrow = self.real and atoms_real, any(w < k for w, k in zip(width, kept))
        half = real and (narrow or width == shape == kept)
        if half:
            count = width[-1] // 2 + 1
            u_hat = window(self.values[..., :count], (*width[:-1], count))
            atoms_hat = atoms_hat[..., :count]
        else:
            u_hat = self.window(width)
        if step > 1:  # the fold is a mean; maps take the factor, since banks would be copied for it
            u_hat = u_hat * step**-ndim
        product = filtered(u_hat, atoms_hat, u_hat.shape[1:] if half or narrow else kept)
        if narrow:
            return from_narrow_spectrum(product, kept, real)
        if half:
            return from_half_spectrum(product, kept, ndim)
        return from_spectrum(product, ndim, real)

    def convolved_centred(self, atoms_hat: Array, step: int, any_phase: bool) -> Array:
        """The same for atoms on a centred window, complex in space.

        Folded, a centred window begins at some frequency k instead of 0, and the maps come out with their
        phases turned by k; with `any_phase` they stay so.
        """
        assert self.centre is not None
        ndim, width = len(self.shape), atoms_hat.shape[1:]
        kept = tuple(n // step for n in self.shape)
        u_hat = middle(self.centre, width)
        if step > 1:
            u_hat = u_hat * step**-ndim
        if any(w < k for w, k in zip(width, kept)):
            return from_narrow_spectrum(
                filtered(u_hat, atoms_hat, width), kept, False, centred=True
            )
        z = from_spectrum(filtered(u_hat, atoms_hat, kept), ndim, False)
        for axis, (w, n) in enumerate(zip(width, kept)):
            first = -(w // 2) % n
            if first and not any_phase:
                turns = np.exp(2j * np.pi * (first * np.arange(n) % n) / n).astype(z.dtype)
                z = z * turns.reshape([-1 if a == axis else 1 for a in range(ndim)])
        return z
