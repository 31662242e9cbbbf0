"""The commands `wiatowski certify` and `wiatowski recheck`."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import jax
import numpy as np

from wiatowski import certificates, frames
from wiatowski.grid import Grid
from wiatowski.serialization import frame_from_text

HOLDS, FAILS, BAD_INPUT = 0, 1, 2


def add_certify(commands) -> None:
    """The subcommands' arguments."""
    certify = commands.add_parser(
        "certify",
        help="prove the frame bounds of a frame and write them into a file",
        description="Prove A and B: on every grid at once where that is possible, or on one grid "
        "(--grid), and write a certificate that `wiatowski recheck` verifies.",
        epilog="Exit status: 0 if a certificate was written, 2 for bad input.",
    )
    certify.add_argument(
        "frame",
        metavar="FRAME",
        help="""as in Python, for example 'Morlet(scales=6, voices=8)', or a .npy file of taps: """
        "(atoms, *K), or with --matrix (C_out, C_in, *K)",
    )
    certify.add_argument(
        "--dimension", type=int, choices=(1, 2, 3), default=None, help="default: 1"
    )
    certify.add_argument("--grid", metavar="SHAPE", help="one grid only, for example 256x256")
    certify.add_argument("--spacing", type=float, default=1.0, help="of --grid (default: 1)")
    certify.add_argument("--double", action="store_true", help="float64 filters on --grid")
    certify.add_argument("--real", action="store_true", help="bounds for real signals")
    certify.add_argument(
        "--matrix", action="store_true", help="the .npy file holds matrices of taps"
    )
    certify.add_argument("--stride", type=int, default=1, help="of --matrix (default: 1)")
    certify.add_argument("--tolerance", type=float, help="of branch and bound, relative to B")
    certify.add_argument(
        "--band",
        type=float,
        nargs=2,
        metavar=("FROM", "TO"),
        help="where the lower bound is wanted",
    )
    certify.add_argument("--oversampling", type=int, help="of finite filters: points per degree")
    certify.add_argument("--out", metavar="FILE", help="default: <name>.certificate.json")
    certify.set_defaults(run=_certify)
    recheck = commands.add_parser(
        "recheck",
        help="verify a certificate without searching",
        description="Read a certificate and prove its bounds once more from the data in it.",
        epilog="Exit status: 0 if the bounds hold, 1 if they do not, 2 for bad input.",
    )
    recheck.add_argument("file", metavar="FILE")
    recheck.add_argument(
        "--filters",
        metavar="FILE",
        help=".npy file of the taps, where the certificate has only their hash",
    )
    recheck.set_defaults(run=_recheck)


def _certify(arguments: argparse.Namespace) -> int:
    try:
        filters, name = _filters(arguments)
        progress = _Progress() if sys.stderr.isatty() else None
        if arguments.grid is None:
            made = certificates.certify(
                filters,
                arguments.dimension,
                real=arguments.real,
                tolerance=arguments.tolerance,
                band=arguments.band,
                oversampling=arguments.oversampling,
                progress=progress,
            )
        else:
            grid = _grid(arguments)
            with jax.enable_x64(arguments.double):
                made = certificates.certify(filters.on(grid), real=arguments.real)
        if progress is not None:
            progress.close()
        path = Path(arguments.out or f"{name}.certificate.json")
        made.save(path)
    except (ValueError, TypeError, ImportError, OverflowError, MemoryError) as error:
        return _complain("certify", str(error))
    except OSError as error:
        return _complain(
            "certify", f"{error.filename or arguments.out}: {error.strerror or error}."
        )
    sys.stdout.write(f"{made}\n{path}\n")
    return HOLDS


def _recheck(arguments: argparse.Namespace) -> int:
    try:
        certificate = certificates.Certificate.load(arguments.file)
        filters = None
        if arguments.filters is not None:
            matrix = certificate.quantity == "squared-singular-values"
            stride = certificate.filters.get("stride", 1)
            filters = _taps(arguments.filters, matrix, stride if matrix else 1)
        certificate.verify(filters)
    except certificates.CertificateError as error:
        sys.stdout.write(f"does not hold: {error}\n")
        return FAILS
    except (ValueError, TypeError, ImportError) as error:
        return _complain("recheck", str(error))
    except OSError as error:
        return _complain("recheck", f"{error.filename}: {error.strerror or error}.")
    low, high = certificate.gap()
    sys.stdout.write(
        f"verified: {certificate}\nno better than {low:.3g} below and {high:.3g} above\n"
    )
    return HOLDS


def _filters(arguments: argparse.Namespace) -> tuple[frames.Frame, str]:
    """The frame, and a name for its file."""
    text = arguments.frame
    if text.endswith(".npy"):
        frame = _taps(text, arguments.matrix, arguments.stride)
        return frame, Path(text).stem
    frame = frame_from_text(text)
    return frame, re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-")


def _taps(path: str, matrix: bool, stride: int):
    try:
        taps = np.load(path, allow_pickle=False)
    except ValueError as error:
        raise ValueError(f"{path} is no .npy file of numbers ({error}).") from None
    return frames.MatrixFilters(taps, stride=stride) if matrix else frames.FiniteFilters(taps)


def _grid(arguments: argparse.Namespace) -> Grid:
    parts = arguments.grid.lower().split("x")
    if not all(part.isdigit() for part in parts):
        raise ValueError(f"--grid must look like 256x256, not {arguments.grid!r}.")
    return Grid(tuple(int(part) for part in parts), arguments.spacing)


class _Progress:
    """The settled share of the domain, on one line of the terminal."""

    def __call__(self, share: float) -> None:
        sys.stderr.write(f"\rsettled {share:6.1%}")
        sys.stderr.flush()

    def close(self) -> None:
        sys.stderr.write("\r" + " " * 16 + "\r")


def _complain(command: str, message: str) -> int:
    sys.stderr.write(f"wiatowski {command}: {message.removeprefix('certify: ')}\n")
    return BAD_INPUT
