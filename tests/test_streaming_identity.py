"""The digest of an extractor: the same in every process, another for another extractor."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from unittest import mock

import catalogue
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from streaming_process import extractor

import wiatowski as wi
from wiatowski import streaming
from wiatowski.streaming.identity import digest

FACTOR = 2.0


class Scaled(eqx.Module):
    weight: jax.Array
    name: str = eqx.field(static=True, default="a")
    options: frozenset = frozenset({"x", "y", "z"})

    def __call__(self, f):
        return self.weight * f


class Anything:
    def __init__(self, part):
        self.part = part

    def __call__(self, f):
        return f


def closing_over(value):
    return lambda f: f * value


def reading_a_global(f):
    return [g * FACTOR for g in f]


def itself(f):
    return itself(f)


ALIKE = {
    "extractor": extractor,
    "learned": lambda: wi.FeatureExtractor(
        [wi.Layer(wi.frames.RandomFilters(2, 3), wi.Pointwise(catalogue.saturation, 1.0, "s"))],
        wi.Grid((8,)),
    ),
    "module": lambda: Scaled(jnp.ones(3)),
    "compiled": lambda: eqx.filter_jit(Scaled(jnp.ones(3))),
    "jitted": lambda: jax.jit(lambda f: f + 1),
    "batched": lambda: jax.vmap(Scaled(jnp.ones(3))),
    "closure": lambda: closing_over(np.arange(3)),
    "constants": lambda: lambda f: f in {"one", "two", "three"},
    "partial": lambda: functools.partial(closing_over, value=b"bytes"),
    "method": lambda: Scaled(jnp.ones(3)).__call__,
    "key": lambda: closing_over(jax.random.key(0)),
    "enumeration": lambda: closing_over({"a": signal.SIGINT, "b": np.dtype(float), "c": Path("p")}),
    "recursive": lambda: itself,
    "object": lambda: Anything(np.ones(2)),
}
DIFFERENT = [
    (extractor(1), extractor(2)),
    (Scaled(jnp.ones(3)), Scaled(jnp.ones((3, 1)))),
    (Scaled(jnp.ones(3)), Scaled(jnp.ones(3), "b")),
    (Scaled(jnp.ones(3)), Scaled(jnp.ones(3), options=frozenset({"x"}))),
    (closing_over(1), closing_over(2)),
    (closing_over(1), closing_over(True)),
    (closing_over(1), closing_over(1.0)),
    (closing_over(jnp.sin), closing_over(jnp.cos)),
    (closing_over(np.sin), closing_over(np.cos)),
    (lambda f: f + 1, lambda f: f + 2),
    (lambda f: f + 1, lambda f: f - 1),
    (lambda f, a=1: f, lambda f, a=2: f),
    (lambda f, *, a=1: f, lambda f, *, a=2: f),
    (jax.jit(closing_over(1)), jax.jit(closing_over(2))),
    (functools.partial(abs, 1), functools.partial(abs, 2)),
    (Anything(1), Anything(2)),
    (max, min),
]


def here() -> dict[str, str]:
    return {name: digest(make()) for name, make in ALIKE.items()}


@pytest.mark.parametrize("number", range(len(DIFFERENT)))
def test_different_extractors_have_different_digests(number):
    one, other = DIFFERENT[number]
    assert digest(one) != digest(other)


def test_a_global_variable_is_part_of_a_function():
    before = digest(reading_a_global)
    with mock.patch.dict(globals(), FACTOR=3.0):
        assert digest(reading_a_global) != before


def test_digests_are_the_same_in_every_process():
    """Python's own hashes of texts, and the order of sets, differ from process to process."""
    other = subprocess.run(
        [
            sys.executable,
            "-c",
            "import json, test_streaming_identity as t; print(json.dumps(t.here()))",
        ],
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(other.stdout) == here()
    assert len(set(here().values())) == len(ALIKE)


def test_what_has_no_content_has_no_digest(tmp_path):
    with pytest.raises(TypeError, match="has no content to tell it from another"):
        streaming.transform(closing_over(iter([1])), np.ones((2, 3)), tmp_path / "store")
