"""Networks written out with numpy from torchvision's and TensorFlow's descriptions, array by array.

Independent of the package: windows are cut out and multiplied, batch normalisations are not folded, and
nothing is shared with `wiatowski.networks` but the names of the arrays.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def conv(u, w, b=None, stride=1, pad=0, groups=1):
    """u (C, H, W), w (O, C / groups, K, K); pad an integer or ((top, bottom), (left, right))."""
    pads = ((pad, pad), (pad, pad)) if isinstance(pad, int) else pad
    u = np.pad(u, ((0, 0), *pads))
    k = w.shape[2]
    windows = sliding_window_view(u, (k, k), axis=(1, 2))[:, ::stride, ::stride]
    parts = []
    for g in range(groups):
        own = w[g * len(w) // groups : (g + 1) * len(w) // groups]
        cut = windows[g * w.shape[1] : (g + 1) * w.shape[1]]
        parts.append(np.tensordot(own, cut, axes=([1, 2, 3], [0, 3, 4])))
    out = np.concatenate(parts)
    return out if b is None else out + b[:, None, None]


def norm(u, s, name, epsilon):
    mean, variance = s[f"{name}.running_mean"], s[f"{name}.running_var"]
    scale, shift = s[f"{name}.weight"], s[f"{name}.bias"]
    u = (u - mean[:, None, None]) / np.sqrt(variance + epsilon)[:, None, None]
    return u * scale[:, None, None] + shift[:, None, None]


def relu(u):
    return np.maximum(u, 0)


def max_pool(u, k, stride, pad=0, ceil=False):
    """As torch: with `ceil` the last window may reach over the end, if it begins inside."""
    h = u.shape[1]
    count = (h + 2 * pad - k + (stride - 1 if ceil else 0)) // stride + 1
    if ceil and (count - 1) * stride >= h + pad:
        count -= 1
    after = max(0, (count - 1) * stride + k - h - pad)
    u = np.pad(u, ((0, 0), (pad, after), (pad, after)), constant_values=-np.inf)
    windows = sliding_window_view(u, (k, k), axis=(1, 2))[:, ::stride, ::stride]
    return windows[:, :count, :count].max(axis=(3, 4))


def dense(v, s, name):
    return s[f"{name}.weight"] @ v + s[f"{name}.bias"]


def vgg16(s, u):
    for i in (0, 2, "M", 5, 7, "M", 10, 12, 14, "M", 17, 19, 21, "M", 24, 26, 28, "M"):
        if i == "M":
            u = max_pool(u, 2, 2)
            continue
        u = relu(conv(u, s[f"features.{i}.weight"], s[f"features.{i}.bias"], pad=1))
    v = u.ravel()
    for i in (0, 3):
        v = relu(dense(v, s, f"classifier.{i}"))
    return dense(v, s, "classifier.6")


def resnet50(s, u):
    def block(u, name, stride):
        v = relu(norm(conv(u, s[f"{name}.conv1.weight"]), s, f"{name}.bn1", 1e-5))
        v = conv(v, s[f"{name}.conv2.weight"], stride=stride, pad=1)
        v = relu(norm(v, s, f"{name}.bn2", 1e-5))
        v = norm(conv(v, s[f"{name}.conv3.weight"]), s, f"{name}.bn3", 1e-5)
        if f"{name}.downsample.0.weight" in s:
            u = conv(u, s[f"{name}.downsample.0.weight"], stride=stride)
            u = norm(u, s, f"{name}.downsample.1", 1e-5)
        return relu(u + v)

    u = relu(norm(conv(u, s["conv1.weight"], stride=2, pad=3), s, "bn1", 1e-5))
    u = max_pool(u, 3, 2, 1)
    for stage, blocks in ((1, 3), (2, 4), (3, 6), (4, 3)):
        for i in range(blocks):
            u = block(u, f"layer{stage}.{i}", 2 if stage > 1 and i == 0 else 1)
    return dense(u.mean(axis=(1, 2)), s, "fc")


def googlenet(s, u):
    def basic(u, name, stride=1, pad=0):
        u = conv(u, s[f"{name}.conv.weight"], stride=stride, pad=pad)
        return relu(norm(u, s, f"{name}.bn", 0.001))

    def inception(u, name):
        one = basic(u, f"{name}.branch1")
        two = basic(basic(u, f"{name}.branch2.0"), f"{name}.branch2.1", pad=1)
        three = basic(basic(u, f"{name}.branch3.0"), f"{name}.branch3.1", pad=1)
        four = basic(max_pool(u, 3, 1, 1, ceil=True), f"{name}.branch4.1")
        return np.concatenate([one, two, three, four])

    u = max_pool(basic(u, "conv1", 2, 3), 3, 2, ceil=True)
    u = basic(basic(u, "conv2"), "conv3", pad=1)
    u = max_pool(u, 3, 2, ceil=True)
    for name in ("3a", "3b", "pool", "4a", "4b", "4c", "4d", "4e", "pool2", "5a", "5b"):
        if name == "pool":
            u = max_pool(u, 3, 2, ceil=True)
        elif name == "pool2":
            u = max_pool(u, 2, 2, ceil=True)
        else:
            u = inception(u, f"inception{name}")
    return dense(u.mean(axis=(1, 2)), s, "fc")


def squeezenet(s, u):
    def fire(u, name):
        u = relu(conv(u, s[f"{name}.squeeze.weight"], s[f"{name}.squeeze.bias"]))
        one = conv(u, s[f"{name}.expand1x1.weight"], s[f"{name}.expand1x1.bias"])
        three = conv(u, s[f"{name}.expand3x3.weight"], s[f"{name}.expand3x3.bias"], pad=1)
        return relu(np.concatenate([one, three]))

    u = relu(conv(u, s["features.0.weight"], s["features.0.bias"], stride=2))
    for i in ("M", 3, 4, "M", 6, 7, "M", 9, 10, 11, 12):
        u = max_pool(u, 3, 2, ceil=True) if i == "M" else fire(u, f"features.{i}")
    u = relu(conv(u, s["classifier.1.weight"], s["classifier.1.bias"]))
    return u.mean(axis=(1, 2))


def efficientnet_lite0(s, u):
    def same(u, name, stride=1, groups=1):
        w = s[f"{name}.weight"]
        pads = []
        for n in u.shape[1:]:
            total = max(0, (-(-n // stride) - 1) * stride + w.shape[2] - n)
            pads.append((total // 2, total - total // 2))
        return conv(u, w, stride=stride, pad=tuple(pads), groups=groups)

    def relu6(u):
        return np.clip(u, 0, 6)

    u = relu6(norm(same(u, "_conv_stem", 2), s, "_bn0", 1e-3))
    number = 0
    for blocks, stride, expansion in (
        (1, 1, 1),
        (2, 2, 6),
        (2, 2, 6),
        (3, 2, 6),
        (3, 1, 6),
        (4, 2, 6),
        (1, 1, 6),
    ):
        for i in range(blocks):
            name, step = f"_blocks.{number}", stride if i == 0 else 1
            v = u
            if expansion > 1:
                v = relu6(norm(same(v, f"{name}._expand_conv"), s, f"{name}._bn0", 1e-3))
            v = same(v, f"{name}._depthwise_conv", step, groups=len(v))
            v = relu6(norm(v, s, f"{name}._bn1", 1e-3))
            v = norm(same(v, f"{name}._project_conv"), s, f"{name}._bn2", 1e-3)
            u = u + v if v.shape == u.shape else v
            number += 1
    u = relu6(norm(same(u, "_conv_head"), s, "_bn1", 1e-3))
    return dense(u.mean(axis=(1, 2)), s, "_fc")


def lenet5(s, u):
    """Zeros of two samples, tanh, means over pairs (LeCun et al. 1998, all maps joined)."""

    def mean_pool(u):
        return u.reshape(len(u), u.shape[1] // 2, 2, u.shape[2] // 2, 2).mean(axis=(2, 4))

    u = mean_pool(np.tanh(conv(u, s["conv1.weight"], s["conv1.bias"], pad=2)))
    u = mean_pool(np.tanh(conv(u, s["conv2.weight"], s["conv2.bias"])))
    v = u.ravel()
    for name in ("fc1", "fc2"):
        v = np.tanh(dense(v, s, name))
    return dense(v, s, "fc3")
