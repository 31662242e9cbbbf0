"""The main job: image in; features, figures and checked claims out, whole or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from threadpoolctl import threadpool_limits

from wiatowski.extractor import FeatureExtractor
from wiatowski.report import measure, page, panels, source
from wiatowski.report import photo as photos
from wiatowski.report.claims import ClaimsProcess, outcome, started
from wiatowski.report.errors import InputError
from wiatowski.report.output import checked_out, encoded, placed, used_versions
from wiatowski.report.photo import Photo
from wiatowski.report.progress import Progress
from wiatowski.serialization import to_toml

__all__ = ["Result", "Settings", "verify"]

_FORMAT, _VERSION = "wiatowski report", 1


class Settings(NamedTuple):
    """What to verify; `image` a file, or else `photo` the name of a bundled one."""

    image: str | None = None
    photo: str = "grace_hopper"
    extractor: str = "scattering"
    out: str = "report"
    size: int = 256
    seed: int = 0
    band: int = 8
    admissible: bool = False


class Result(NamedTuple):
    """Whether every applicable claim holds, that in words, and where the report is."""

    holds: bool
    verdict: str
    html: Path
    json: Path


def verify(settings: Settings, progress: Progress) -> Result:
    """Check every claim on one extractor and one image and write report.html and report.json.

    Args:
        settings: what to do.
        progress: told what happens.

    Raises:
        InputError: for bad input.
        ClaimsError: if the claims could not be checked.

    Source: utility.
    """
    out = checked_out(settings.out)
    choice = source.chosen(settings.extractor)
    photo = (
        photos.bundled(settings.photo) if settings.image is None else photos.read(settings.image)
    )
    photo = photos.fitted(photo, settings.size, choice.stride)
    _check_band(settings.band, photo.shape)
    progress.step(f"{photo.source}: {' x '.join(map(str, photo.shape))} pixels")

    with jax.enable_x64(True):
        precise = source.built(choice, photo.shape, len(photo.names), settings.admissible)
        constants = measure.constants(precise)
        text = _text(precise)
    progress.step(f"extractor {choice.name!r}: {sum(constants['paths'])} paths; checking claims")
    constants = {"name": choice.name, "note": choice.note, "text": text, **constants}
    names = [f"photo, {name}" for name in photo.names]
    with (
        tempfile.TemporaryDirectory(prefix="wiatowski-") as folder,
        started(
            Path(folder), precise, photo.channels, names, settings.seed, settings.band, progress
        ) as claims,
    ):
        phi = source.built(choice, photo.shape, len(photo.names), settings.admissible)
        with threadpool_limits(1, "blas"):  # XLA has threads of its own, and the claims run beside
            sections, numbers = _measured(phi, photo, settings, progress)
        pictures = [page.drawn(section) for section in sections]
        progress.step("figures drawn; waiting for the claims")
        return _written(out, settings, photo, constants, pictures, numbers, claims, progress)


def _measured(
    phi: FeatureExtractor, photo: Photo, settings: Settings, progress: Progress
) -> tuple[list[panels.Section], dict[str, Any]]:
    """All figures and their numbers, in float32."""
    features, energies, propagated = measure.extract(phi, jnp.asarray(photo.channels))
    energies, propagated = np.asarray(energies, float), np.asarray(propagated, float)
    strongest = int(np.argmax(propagated[:, 0]))
    progress.step("features extracted")
    sections = panels.extractor_sections(phi)
    sections += panels.feature_sections(
        measure.channel(features, strongest),
        photo.names[strongest],
        energies.sum(axis=0),
        propagated.sum(axis=0),
    )
    numbers: dict[str, Any] = {
        "energy": {
            "channels": list(photo.names),
            "features": energies.tolist(),
            "propagated": propagated.tolist(),
        }
    }
    progress.step("atoms and feature maps drawn")
    mean = photo.channels.mean(axis=0)
    pair = measure.companions(phi, mean)
    if isinstance(pair, str):
        numbers["translation"] = {"left_out": pair}
        lead = f"Not measured: {pair}."
        sections.append(panels.Section("translation", "Translation", lead, ()))
    else:
        numbers["translation"] = measure.translation(pair)
        sections.append(panels.translation_section(numbers["translation"]))
    progress.step("translations measured")
    numbers["deformation"] = measure.deformation(phi, mean, settings.band, settings.seed)
    sections.append(panels.deformation_section(numbers["deformation"]))
    progress.step("deformations measured")
    return sections, numbers


def _written(
    out: Path,
    settings: Settings,
    photo: Photo,
    constants: dict[str, Any],
    sections: list[page.Drawn],
    numbers: dict[str, Any],
    claims: ClaimsProcess,
    progress: Progress,
) -> Result:
    document, arrays = claims.result()
    progress.step("claims checked")
    holds, verdict = outcome(document)
    versions = used_versions()
    used = ", ".join(f"{name} {version}" for name, version in versions.items())
    html = page.render(
        f"The extractor “{constants['name']}” on {photo.source}",
        (panels.photo_panel(photo), [f"source: {photo.source}", *photo.notes]),
        constants,
        sections,
        document,
        arrays,
        f"Made by wiatowski verify with seed {settings.seed}, {used}. Figures in float32, claims "
        f"in {document.get('dtype', 'float64')}.",
    )
    report = {
        "format": _FORMAT,
        "version": _VERSION,
        "holds": holds,
        "verdict": verdict,
        "settings": settings._asdict(),
        "versions": versions,
        "seconds": round(progress.seconds(), 1),
        "image": {
            "source": photo.source,
            "shape": list(photo.shape),
            "channels": list(photo.names),
            "notes": list(photo.notes),
        },
        "extractor": constants,
        **numbers,
        "claims": document,
    }
    paths = placed(out, {"report.html": html.encode(), "report.json": encoded(report)})
    return Result(holds, verdict, paths["report.html"], paths["report.json"])


def _check_band(band: int, shape: tuple[int, int]) -> None:
    largest = (min(shape) - 1) // 2
    if band > largest:
        raise InputError(
            f"--band {band} is beyond the Nyquist frequency of an image of {shape[0]} x {shape[1]} "
            f"pixels; use at most {largest}."
        )


def _text(phi: FeatureExtractor) -> str | None:
    """The extractor as TOML, where its members have names."""
    try:
        return to_toml(phi)
    except ValueError:
        return None
