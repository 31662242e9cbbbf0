"""Names of the 1,000 ImageNet classes."""

from __future__ import annotations

import zipfile

from wiatowski._archives import Archive

__all__ = ["imagenet_classes"]

_ARCHIVE = Archive(
    "timm",
    "timm-1.0.20-py3-none-any.whl",
    "f6e62f780358476691996c47aa49de87b95cc507edf923c3042f74a07e45b7fe",
    2.5,
)


def imagenet_classes() -> tuple[str, ...]:
    """In the order of the scores: "tench", "goldfish", ... Fetched once from the package index.

    Source: WordNet's lemmas of the classes' synsets, from the archive timm 1.0.20 (Apache-2.0).
    """
    with zipfile.ZipFile(_ARCHIVE.path()) as archive:
        synsets, lemmas = (
            archive.read(f"timm/data/_info/imagenet_{name}.txt").decode().splitlines()
            for name in ("synsets", "synset_to_lemma")
        )
    named = dict(line.split("\t", 1) for line in lemmas)
    return tuple(named[synset].split(",")[0].strip() for synset in synsets)
