"""No member of a catalogue without examples, and every member keeps the interface's promises."""

from __future__ import annotations

import inspect

import catalogue
import jax.numpy as jnp
import numpy as np
import pytest

import wiatowski as wi
from wiatowski import serialization

FRAMES = catalogue.FRAMES | catalogue.MATRIX_FRAMES | catalogue.SUBSAMPLED_FRAMES
CATALOGUES = {
    "frame": (serialization.FRAMES, FRAMES),
    "nonlinearity": (serialization.NONLINEARITIES, catalogue.NONLINEARITIES),
    "pooling": (serialization.POOLINGS, catalogue.POOLINGS),
}


@pytest.mark.parametrize("role", CATALOGUES)
def test_every_member_has_an_example(role):
    members, examples = CATALOGUES[role]
    assert set(examples) == set(members), "add an example of the new member to tests/catalogue.py"


def test_examples_are_what_their_names_say():
    for name, rows in FRAMES.items():
        assert {type(frame).__name__ for own in rows.values() for frame in own} == {name}
    for name, rows in catalogue.NONLINEARITIES.items():
        assert {type(member).__name__ for member, _ in rows} == {name}
    for name, rows in catalogue.POOLINGS.items():
        assert {type(member).__name__ for member in rows} == {name}


@pytest.mark.parametrize("role", CATALOGUES)
def test_every_member_is_public_and_documented(role):
    members, _ = CATALOGUES[role]
    for name, member in members.items():
        assert hasattr(wi.frames if role == "frame" else wi, name)
        assert inspect.getdoc(member)
        assert member.__module__.startswith("wiatowski.")


@pytest.mark.parametrize("member", catalogue.nonlinearities(), ids=str)
def test_nonlinearities_keep_zero_shape_and_precision(member):
    for dtype in (jnp.float32, jnp.complex64):
        zero = member(jnp.zeros((2, 3), dtype))
        np.testing.assert_array_equal(np.asarray(zero), 0)
        assert zero.shape == (2, 3)
        assert jnp.finfo(zero.dtype).dtype == jnp.float32
    assert not jnp.iscomplexobj(member(jnp.ones(3)))
    assert member.lipschitz > 0
    assert isinstance(member.pointwise, bool)


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("member", catalogue.poolings(), ids=str)
def test_poolings_keep_zero_and_tell_their_grid(member, ndim):
    grid = wi.Grid((12, 6, 18)[:ndim], spacing=0.5)
    for dtype in (jnp.float32, jnp.complex64):
        pooled = member(jnp.zeros((2, *grid.shape), dtype), grid)
        np.testing.assert_array_equal(np.asarray(pooled), 0)
        assert pooled.shape == (2, *member.pooled(grid).shape)
    length = grid.shape[0] * grid.spacing
    after = member.pooled(grid)
    np.testing.assert_allclose(after.shape[0] * after.spacing, length / member.factor)


def test_frames_are_read_only():
    with pytest.raises(AttributeError):
        wi.frames.Haar(scales=1).scales = 2
