"""Batches on several devices, with the mesh axes that JAX makes by default (explicit ones)."""

from __future__ import annotations

import os
import subprocess
import sys

SCRIPT = """
import jax, jax.numpy as jnp, numpy as np
from jax.sharding import NamedSharding, PartitionSpec
import wiatowski as wi
from wiatowski.scattering import HarmonicScattering3D, Scattering1D, Scattering2D

mesh, split = jax.make_mesh((2,), ("batch",)), PartitionSpec("batch")
transforms = [
    Scattering1D(3, 61, 2),
    Scattering2D(2, (13, 9), 2),
    Scattering2D(2, (32, 32), 2, memory=100_000),
    HarmonicScattering3D(1, (7, 9, 5), 1),
]
for S in transforms:
    size = (S.shape,) if isinstance(S.shape, int) else S.shape
    x = np.random.default_rng(0).standard_normal((4, *size)).astype(np.float32)
    placed = jax.device_put(x, NamedSharding(mesh, split))
    energy = jax.jit(jax.grad(lambda x: jnp.sum(S(x) ** 2)))
    for sharded, whole in ((S(placed), S(x)), (energy(placed), energy(x))):
        assert sharded.sharding.spec[0] == "batch", sharded.sharding
        assert len({shard.device for shard in sharded.addressable_shards}) == 2
        np.testing.assert_allclose(sharded, whole, rtol=1e-5, atol=1e-6)

phi = wi.FeatureExtractor([wi.Layer(wi.frames.Haar(1), wi.Modulus(), wi.AveragePool(2))], wi.Grid((8, 8)))
x = np.random.default_rng(0).standard_normal((4, 8, 8)).astype(np.float32)
each = jax.shard_map(jax.vmap(phi), mesh=mesh, in_specs=split, out_specs=split, check_vma=False)
features = jax.jit(each)(jax.device_put(x, NamedSharding(mesh, split)))
for ours, whole in zip(features, jax.vmap(phi)(x)):
    np.testing.assert_allclose(ours, whole, rtol=1e-6, atol=1e-6)
print("all alike")
"""


def test_a_batch_stays_on_its_devices():
    environment = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.stdout == "all alike\n", done.stderr[-2000:]
