"""What the scattering transforms refuse: kymatio's own invalid arguments, and ours."""

from __future__ import annotations

from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import wiatowski as wi
from wiatowski.frames.filter_bank import FilterBank
from wiatowski.scattering import HarmonicScattering3D, Scattering1D, Scattering2D, invert

LINE, PLANE, SPACE = Scattering1D, Scattering2D, HarmonicScattering3D
MORLET = wi.frames.Morlet(scales=2, orientations=2)


def without(module: str, call):
    with mock.patch("importlib.util.find_spec", lambda name: None if name == module else 1):
        return call()


def split_rows():
    sharding = jax.NamedSharding(jax.make_mesh((1,), ("rows",)), jax.P(None, "rows"))
    return PLANE(2, (8, 8))(jax.device_put(np.ones((2, 8, 8), np.float32), sharding))


def with_nan(*shape):
    x = np.zeros(shape)
    x.flat[3] = np.nan
    return x


def inverted(coefficients=None, S=None, **options):
    S = LINE(2, 32) if S is None else S
    c = S(np.ones(S.shape)) if coefficients is None else coefficients
    return invert(S, c, progress=False, **{"steps": 1, **options})


def upper_bound(centre):
    S = PLANE(2, (8, 8), wavelets=wi.frames.Morlet(scales=2, centre=centre))
    return S.report().layers[0].upper


def mute():
    return FilterBank(np.zeros((1, 8, 8, 8)), np.ones((8, 8, 8)), wi.Grid((8, 8, 8)))


ERRORS = {
    # one dimension: what kymatio's front ends and tests refuse
    "1-D, Q below one": (
        lambda _: LINE(3, 64, Q=0),
        ValueError,
        "Q must be an integer >= 1, not 0",
    ),
    "1-D, Q a fraction": (
        lambda _: LINE(3, 64, Q=0.9),
        ValueError,
        "Q must be an integer or a tuple",
    ),
    "1-D, no Q": (lambda _: LINE(3, 64, Q=()), ValueError, "Q must be an integer or a tuple"),
    "1-D, Q for three layers": (
        lambda _: LINE(3, 64, Q=(1, 1, 1)),
        ValueError,
        "3 numbers for 2 layers.*raise max_order",
    ),
    "1-D, two axes": (
        lambda _: LINE(3, (8, 8)),
        ValueError,
        r"shape must be an integer N >= 2 or \(N,\)",
    ),
    "1-D, shape as text": (lambda _: LINE(3, "64"), ValueError, "shape must be an integer N >= 2"),
    "1-D, T too long": (lambda _: LINE(3, 64, T=65), ValueError, "T must be 0 .* the 64 samples"),
    "1-D, T below one": (lambda _: LINE(3, 64, T=0.5), ValueError, "or between 1 and"),
    "1-D, T as text": (lambda _: LINE(3, 64, T="global"), ValueError, "T must be 0"),
    "1-D, T not a number": (lambda _: LINE(3, 64, T=np.nan), ValueError, "T must be 0"),
    "1-D, out_type": (
        lambda _: LINE(3, 64, out_type="tuple"),
        ValueError,
        "out_type must be one of",
    ),
    "1-D, array without averages": (
        lambda _: LINE(3, 64, T=0),
        ValueError,
        'write out_type="list" or out_type="dict"',
    ),
    "1-D, oversampling": (
        lambda _: LINE(3, 64, oversampling=-1),
        ValueError,
        "oversampling must be an integer >= 0",
    ),
    "1-D, half an octave more": (
        lambda _: LINE(3, 64, oversampling=0.5),
        ValueError,
        "oversampling must be an integer >= 0",
    ),
    "1-D, too small for J": (
        lambda _: LINE(7, 100),
        ValueError,
        "J = 7 asks for wavelets of 128 samples.*use J <= 6",
    ),
    "1-D, J": (lambda _: LINE(True, 100), ValueError, "J must be an integer >= 1, not True"),
    "1-D, order": (
        lambda _: LINE(3, 64, max_order=0),
        ValueError,
        "max_order must be an integer >= 1",
    ),
    "1-D, padding": (lambda _: LINE(3, 64, padding="edge"), ValueError, "padding must be one of"),
    "1-D, no axis": (lambda _: LINE(3, 64)(1.0), ValueError, r"shape \(\.\.\., 64\), .* has \(\)"),
    "1-D, other length": (lambda _: LINE(3, 64)(np.ones(63)), ValueError, r"shape \(\.\.\., 64\)"),
    "1-D, nothing": (
        lambda _: LINE(3, 64)(None),
        TypeError,
        "expects an array of numbers, not NoneType",
    ),
    "1-D, text": (
        lambda _: LINE(3, 64)("signal"),
        TypeError,
        "expects an array of numbers, not str",
    ),
    "1-D, NaN": (lambda _: LINE(3, 64)(with_nan(64)), ValueError, "NaN or infinite.*nan_to_num"),
    # two dimensions
    "2-D, too small for J": (
        lambda _: PLANE(4, (32, 10)),
        ValueError,
        "J = 4 averages over 16 samples.*use J <= 3 or larger",
    ),
    "2-D, one axis": (lambda _: PLANE(2, 32), ValueError, r"shape must be like \(32, 32\), not 32"),
    "2-D, three axes": (
        lambda _: PLANE(2, (3, 32, 32)),
        ValueError,
        r"shape must be like \(32, 32\)",
    ),
    "2-D, half samples": (
        lambda _: PLANE(2, (32, 32.5)),
        ValueError,
        r"shape must be like \(32, 32\)",
    ),
    "2-D, empty": (lambda _: PLANE(2, (32, 0)), ValueError, r"shape must be like \(32, 32\)"),
    "2-D, no angles": (lambda _: PLANE(2, (32, 32), L=0), ValueError, "L must be an integer >= 1"),
    "2-D, out_type": (
        lambda _: PLANE(2, (32, 32), out_type="dict"),
        ValueError,
        r"out_type must be one of \('array', 'list'\), not 'dict'",
    ),
    "2-D, padding": (
        lambda _: PLANE(2, (8, 8), padding=None),
        ValueError,
        "padding must be one of",
    ),
    "2-D, nothing": (lambda _: PLANE(2, (8, 8))(None), TypeError, "expects an array of numbers"),
    "2-D, a line": (lambda _: PLANE(2, (8, 8))(np.ones(8)), ValueError, r"shape \(\.\.\., 8, 8\)"),
    "2-D, other size": (lambda _: PLANE(2, (8, 8))(np.ones((9, 8))), ValueError, "signals.crop"),
    "2-D, not padded": (
        lambda _: PLANE(2, (8, 8), pre_pad=True)(np.ones((8, 8))),
        ValueError,
        r"shape \(\.\.\., 16, 16\)",
    ),
    "2-D, NaN": (lambda _: PLANE(2, (8, 8))(with_nan(8, 8)), ValueError, "NaN or infinite"),
    # three dimensions
    "3-D, two axes": (lambda _: SPACE(1, (8, 8)), ValueError, r"shape must be like \(32, 32, 32\)"),
    "3-D, too small for J": (
        lambda _: SPACE(4, (8, 8, 8)),
        ValueError,
        r"SolidHarmonics\(scales=5\).on: too deep for a grid of shape \(8, 8, 8\)",
    ),
    "3-D, a plane": (
        lambda _: SPACE(1, (8, 8, 8))(np.ones((8, 8))),
        ValueError,
        r"\(\.\.\., 8, 8, 8\)",
    ),
    "3-D, method": (
        lambda _: SPACE(1, (8, 8, 8), method="local"),
        ValueError,
        r"method must be one of \('integral',\)",
    ),
    "3-D, powers": (
        lambda _: SPACE(1, (8, 8, 8), integral_powers=(0.0, 1.0)),
        ValueError,
        "integral_powers must be positive numbers",
    ),
    "3-D, one power": (
        lambda _: SPACE(1, (8, 8, 8), integral_powers=2.0),
        ValueError,
        "integral_powers must be positive numbers",
    ),
    "3-D, width": (
        lambda _: SPACE(1, (8, 8, 8), sigma_0=-1.0),
        ValueError,
        "SolidHarmonics: width must be",
    ),
    # a ceiling below one map
    **{
        f"memory {memory!r}": (
            lambda _, memory=memory: PLANE(2, (8, 8), memory=memory),
            ValueError,
            "memory must be an integer number of bytes, at least 2048 for one map",
        )
        for memory in (-1, 0, 2047, 0.5, np.nan, "1GB", True)
    },
    "signals split along their samples": (
        lambda _: split_rows(),
        ValueError,
        "sharded as .* shard the first axis alone",
    ),
    "coefficients of complex signals": (
        lambda _: invert(LINE(3, 32), LINE(3, 32)(np.ones(32) * 1j), steps=2),
        ValueError,
        "the coefficients are complex",
    ),
    # wavelets
    "wavelets, a list too short": (
        lambda _: PLANE(2, (8, 8), wavelets=[MORLET]),
        ValueError,
        "or a list of one for each of the 2 layers, not 1: ",
    ),
    "wavelets, a word": (
        lambda _: PLANE(2, (8, 8), wavelets="morlet"),
        ValueError,
        "wavelets must be a frame such as .*, not 'morlet'",
    ),
    "wavelets, an array": (
        lambda _: PLANE(2, (8, 8), wavelets=np.ones((2, 16, 16))),
        ValueError,
        "wavelets must be a frame such as frames.Morlet",
    ),
    "wavelets that mix": (
        lambda _: LINE(2, 32, wavelets=wi.frames.MatrixFilters(np.ones((2, 1, 3)))),
        TypeError,
        "atoms that act on each map, as those of a FilterBank do, not a MatrixBank",
    ),
    "wavelets on another grid": (
        lambda _: PLANE(2, (8, 8), wavelets=MORLET.on(wi.Grid((8, 8)))),
        ValueError,
        r"the wavelets live on Grid\(shape=\(8, 8\).*but the padded signals on Grid\(shape=\(16, 16\)",
    ),
    "wavelets without labels": (
        lambda _: SPACE(1, (8, 8, 8), wavelets=mute()),
        ValueError,
        r'no wavelet has a label "scale=0,degree=0,order=m"',
    ),
    "wavelets without a degree": (
        lambda _: SPACE(1, (8, 8, 8), L=1, wavelets=wi.frames.SolidHarmonics(2, degree=0)),
        ValueError,
        r'no wavelet has a label "scale=0,degree=1,order=m".*SolidHarmonics\(scales=2, degree=1\)',
    ),
    "wavelets numbered": (
        lambda _: LINE(2, 32, wavelets=FilterBank(np.ones((1, 64)), np.ones(64), wi.Grid((64,)))),
        ValueError,
        "the wavelet 'atom=0' names no scale; labels must hold scale=j",
    ),
    "report while traced": (
        lambda _: jax.grad(upper_bound)(0.3),
        ValueError,
        "report: the filters are being traced",
    ),
    # inversion
    "invert, no transform": (
        lambda _: invert(jnp.sin, np.ones(3)),
        TypeError,
        "transform must be a Scattering1D, Scattering2D or HarmonicScattering3D, not PjitFunction",
    ),
    "invert, no steps": (lambda _: inverted(steps=0), ValueError, "steps must be an integer >= 1"),
    "invert, other coefficients": (
        lambda _: inverted(np.ones((4, 7))),
        ValueError,
        r"the transform returns \(\.\.\., \d+, 8\), but the coefficients are \[\(4, 7\)\]",
    ),
    "invert, no coefficients": (
        lambda _: inverted([]),
        ValueError,
        r"but the coefficients are \[\]",
    ),
    "invert, an array for a list": (
        lambda _: inverted(np.ones((4, 8)), LINE(2, 32, T=0, out_type="list")),
        ValueError,
        r"the transform returns \d+ paths, the first one \(\.\.\., 32\)",
    ),
    "invert, NaN": (
        lambda _: inverted(LINE(2, 32)(np.ones(32)).at[0, 0].set(np.nan)),
        ValueError,
        "the coefficients hold NaN",
    ),
    "invert, complex start": (
        lambda _: inverted(start=np.ones(32, complex)),
        TypeError,
        "the signal sought is real",
    ),
    "invert, other start": (
        lambda _: inverted(start=np.ones(31)),
        ValueError,
        r"have shape \(32,\), but start has \(31,\)",
    ),
    "invert, NaN at the start": (
        lambda _: inverted(start=with_nan(32)),
        ValueError,
        "start holds NaN",
    ),
    "invert without optax": (
        lambda _: without("optax", inverted),
        ImportError,
        r'optax is missing; install it with pip install "wiatowski\[invert\]"',
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_message(name):
    act, kind, message = ERRORS[name]
    with pytest.raises(kind, match=message) as caught:
        act(None)
    assert type(caught.value) is kind
    assert len(str(caught.value)) < 500
    assert "object at 0x" not in str(caught.value)
