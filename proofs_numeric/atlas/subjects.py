"""The subject of a claim, read off its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["OTHER", "by_subject", "subject"]

_FRAMES = "Frames and Lipschitz constants"
_TRANSLATION = "Translation"
_DEFORMATION = "Deformation"
_ENERGY = "Energy"
_NETWORKS = "Networks"
_EXPLANATIONS = "Explanations"
#: For names without a word of the table.
OTHER = "Other statements"

_ORDER = (_FRAMES, _TRANSLATION, _DEFORMATION, _ENERGY, _NETWORKS, _EXPLANATIONS, OTHER)
#: The word that comes first in a name decides: `wb2018_deformation_lipschitz` is on deformation.
_WORDS = {
    "admissibility": _FRAMES,
    "frame": _FRAMES,
    "lipschitz": _FRAMES,
    "nonlinearities": _FRAMES,
    "norm": _FRAMES,
    "poolings": _FRAMES,
    "covariance": _TRANSLATION,
    "translation": _TRANSLATION,
    "band_limited": _DEFORMATION,
    "cartoon": _DEFORMATION,
    "deformation": _DEFORMATION,
    "growth": _DEFORMATION,
    "holder": _DEFORMATION,
    "sobolev": _DEFORMATION,
    "depth": _ENERGY,
    "energy": _ENERGY,
    "null_set": _ENERGY,
    "topology": _ENERGY,
    "network": _NETWORKS,
    "cam": _EXPLANATIONS,
    "heatmap": _EXPLANATIONS,
    "shares": _EXPLANATIONS,
}


def subject(name: str) -> str:
    """Of the claim of this name."""
    found = [(name.index(word), _WORDS[word]) for word in _WORDS if word in name]
    return min(found)[1] if found else OTHER


def by_subject(claims: Sequence[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Claims (anything with a `name`) in their order within each subject, in the page's order."""
    groups = [(title, [c for c in claims if subject(c["name"]) == title]) for title in _ORDER]
    return [(title, own) for title, own in groups if own]
