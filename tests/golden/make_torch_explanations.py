"""Writes torch_explanations.npz: heatmaps of pytorch-grad-cam and captum of a small network.

Needs torch, grad-cam and captum (torch 2.13.0, grad-cam 1.5.5 and captum 0.9.0 wrote the file):

    python tests/golden/make_torch_explanations.py
"""

from __future__ import annotations

import sys
import types
from pathlib import Path

import numpy as np
import torch
from torch import nn

# grad-cam imports torchvision for photos only, and its wheels do not go with every torch.
_stub = types.ModuleType("torchvision")
_stub.transforms = types.ModuleType("torchvision.transforms")
for _name in ("Compose", "Normalize", "ToTensor"):
    setattr(_stub.transforms, _name, object)
_stub.models = types.ModuleType("torchvision.models")
sys.modules |= {
    "torchvision": _stub,
    "torchvision.transforms": _stub.transforms,
    "torchvision.models": _stub.models,
}
from captum.attr import GuidedBackprop, Saliency  # noqa: E402
from pytorch_grad_cam import GradCAM, GradCAMPlusPlus, ScoreCAM  # noqa: E402
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget  # noqa: E402

METHODS = {
    "grad_cam": GradCAM,
    "grad_cam_plus_plus": GradCAMPlusPlus,
    "score_cam": ScoreCAM,
}


class Small(nn.Module):
    """Two convolutions with ReLUs, a maximum between them, an average and a dense layer."""

    def __init__(self, arrays: dict[str, np.ndarray]):
        super().__init__()
        self.one, self.two = (self._conv(arrays, name) for name in ("one", "two"))
        self.first, self.second, self.pool = nn.ReLU(), nn.ReLU(), nn.MaxPool2d(2)
        self.dense = nn.Linear(8, 5)
        self.dense.weight.data = torch.tensor(arrays["dense.weight"])
        self.dense.bias.data = torch.tensor(arrays["dense.bias"])

    @staticmethod
    def _conv(arrays, name):
        taps = torch.tensor(arrays[f"{name}.weight"])
        conv = nn.Conv2d(taps.shape[1], taps.shape[0], 3, padding=1)
        conv.weight.data, conv.bias.data = taps, torch.tensor(arrays[f"{name}.bias"])
        return conv

    def forward(self, x):
        x = self.pool(self.first(self.one(x)))
        return self.dense(self.second(self.two(x)).mean((2, 3)))


def main() -> None:
    """Fixed arrays, every method, two classes."""
    draw = np.random.default_rng(0)
    shapes = {"one": (6, 3, 3, 3), "two": (8, 6, 3, 3), "dense": (5, 8)}
    arrays = {}
    for name, shape in shapes.items():
        scale = (2 / np.prod(shape[1:])) ** 0.5
        arrays[f"{name}.weight"] = scale * draw.standard_normal(shape)
        arrays[f"{name}.bias"] = 0.1 * draw.standard_normal(shape[0])
    photo = draw.standard_normal((3, 20, 24))
    model = Small(arrays).double().eval()
    x = torch.tensor(photo)[None]
    found = {"scores": model(x).detach().numpy()[0]}
    for target in (1, 3):
        for name, method in METHODS.items():
            # grad-cam casts to float32 in places.
            single = Small(arrays).float().eval()
            explain = method(model=single, target_layers=[single.second])
            aim = [ClassifierOutputTarget(target)]
            found[f"{name}.{target}"] = explain(input_tensor=x.float(), targets=aim)[0]
        for name, method in (("guided_backpropagation", GuidedBackprop), ("saliency", Saliency)):
            options = {"abs": False} if method is Saliency else {}
            value = method(model).attribute(x.clone().requires_grad_(), target=target, **options)
            found[f"{name}.{target}"] = value.detach().numpy()[0]
    path = Path(__file__).with_name("torch_explanations.npz")
    np.savez_compressed(path, photo=photo, **arrays, **found)


if __name__ == "__main__":
    main()
