"""Fetching a large file over HTTP: what has come is kept, and the next try goes on from there."""

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any, Final, Protocol

from app.errors import DownloadError, InputError
from app.files import storage_error

OFFICIAL_LICENCE: Final = "CC BY-NC-SA 4.0"
"""Of all that Essentia's publisher offers."""

_CHUNK: Final = 1 << 18
_TIMEOUT: Final = 30.0
_FRUITLESS_TRIES: Final = 3
_PARTIAL_CONTENT: Final = 206


class Reporter(Protocol):
    """Who listens; :class:`app.services.report.Reporter` and its children do."""

    def stage(self, label: str, total: int) -> AbstractContextManager[Callable[[int], None]]: ...
    def say(self, message: str) -> None: ...


def fetch(url: str, partial: Path, label: str, reporter: Reporter) -> None:
    """Fetch ``url`` into ``partial``, going on where an earlier run stopped.

    A connection that breaks is taken up again, as long as something comes each time.

    Raises
    ------
    DownloadError
        If the server refuses, or nothing comes any more; what has come stays in ``partial``.
    StorageError
        If it cannot be written.
    """
    if not url.startswith(("https://", "http://")):
        raise InputError(f"Only http and https addresses can be fetched, not {url}.")
    fruitless = 0
    while fruitless < _FRUITLESS_TRIES:
        before = _size(partial)
        try:
            if _fetch_some(url, partial, label, reporter):
                return
            reason = "the connection broke off"
        except urllib.error.HTTPError as error:
            raise DownloadError(f"Cannot fetch {url}: {error.code} {error.reason}.") from error
        except (OSError, http.client.HTTPException) as error:
            reason = str(getattr(error, "reason", error)) or type(error).__name__
        fruitless = 0 if _size(partial) > before else fruitless + 1
    raise DownloadError(
        f"Cannot fetch {url}: {reason}. Check the connection, then run the command again to go on; "
        f"what has come is kept."
    )


def _fetch_some(url: str, partial: Path, label: str, reporter: Reporter) -> bool:
    """Fetch what is missing, as far as the connection lasts; tell whether the file is whole."""
    have = _size(partial)
    headers = {"User-Agent": "music-explore"} | ({"Range": f"bytes={have}-"} if have else {})
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the scheme was checked
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT)  # noqa: S310
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have:
            return _is_all(error.headers.get("Content-Range"), partial, have)
        raise
    with response:
        if response.status != _PARTIAL_CONTENT:
            have = 0  # the server sends the file from its beginning
        length = response.headers.get("Content-Length")
        total = have + int(length) if length else 0
        with _open(partial, "ab" if have else "wb") as file, reporter.stage(label, total) as advance:
            advance(have)
            while chunk := response.read(_CHUNK):
                _write(file, chunk, partial)
                advance(len(chunk))
    return not total or _size(partial) == total


def _is_all(content_range: str | None, partial: Path, have: int) -> bool:
    """Tell whether a file past whose end we asked is whole; if it is another one, begin anew."""
    match = re.fullmatch(r"bytes \*/(\d+)", content_range or "")
    if match and int(match[1]) == have:
        return True
    partial.unlink()
    return False


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _open(path: Path, mode: str) -> IO[Any]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open(mode)
    except OSError as error:
        raise storage_error(path, error) from error


def _write(file: IO[Any], chunk: bytes, path: Path) -> None:
    try:
        file.write(chunk)
    except OSError as error:
        raise storage_error(path, error) from error
