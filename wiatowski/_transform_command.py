"""The command `wiatowski transform`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import jax

from wiatowski import streaming
from wiatowski.extractor import FeatureExtractor
from wiatowski.grid import Grid
from wiatowski.serialization import from_toml, load, read_toml
from wiatowski.streaming.source import open_source

WRITTEN, BAD_INPUT, INTERRUPTED = 0, 2, 130


def add_transform(commands) -> None:
    """The subcommand's arguments."""
    transform = commands.add_parser(
        "transform",
        help="features of a data set, from disk to disk",
        description="Compute the features of every signal of a data set and write them into a Zarr "
        "store, in bounded memory. Stopped or killed, the same command goes on where it was.",
        epilog="Exit status: 0 if the store is complete, 2 for bad input, 130 after Ctrl-C.",
    )
    transform.add_argument(
        "--extractor",
        metavar="FILE",
        required=True,
        help="a .toml file (without a grid it takes that of the signals), or one of wiatowski.save",
    )
    transform.add_argument(
        "--source",
        metavar="PATH",
        required=True,
        help="a .npy file or a Zarr array, (signals, *shape)",
    )
    transform.add_argument("--out", metavar="DIR", required=True, help="the Zarr store")
    transform.add_argument(
        "--memory", metavar="SIZE", help="ceiling for a chunk, such as 2GB (default: 1GiB)"
    )
    transform.add_argument("--chunk", type=int, metavar="N", help="signals per chunk")
    transform.add_argument("--double", action="store_true", help="compute in float64")
    transform.add_argument("--recheck", action="store_true", help="read finished chunks first")
    transform.add_argument("--quiet", action="store_true", help="no progress bar")
    transform.set_defaults(run=_transform)


def _transform(arguments: argparse.Namespace) -> int:
    try:
        with jax.enable_x64(arguments.double):
            store = streaming.transform(
                _extractor(Path(arguments.extractor), arguments.source),
                arguments.source,
                arguments.out,
                chunk=arguments.chunk,
                memory=arguments.memory,
                progress=not arguments.quiet,
                recheck=arguments.recheck,
            )
    except (ValueError, TypeError, ImportError, RuntimeError) as error:
        return _complain(str(error), BAD_INPUT)
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}." if error.strerror else str(error)
        return _complain(reason, BAD_INPUT)
    except KeyboardInterrupt as stopped:
        return _complain(
            str(stopped) or "stopped; the same command goes on from there.", INTERRUPTED
        )
    sys.stdout.write(f"{len(store)} signals\n{store.path}\n")
    return WRITTEN


def _extractor(path: Path, source: str) -> FeatureExtractor:
    if path.suffix.lower() != ".toml":
        return load(path)
    text = path.read_text(encoding="utf-8")
    gridless = read_toml(text).grid_table is None
    return from_toml(text, Grid(open_source(source).shape[1:]) if gridless else None)


def _complain(message: str, status: int) -> int:
    sys.stderr.write(f"wiatowski transform: {message.removeprefix('transform: ')}\n")
    return status
