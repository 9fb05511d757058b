"""The page's own files, under addresses that change when they do: browsers keep them and need not ask.

``/static/js/explore.js`` is also ``/static/v-<version>/js/explore.js``. Modules name each other relative to
themselves, so one versioned address on a page leads to the same version of all that it loads.
"""

import contextlib
import hashlib
import threading
import time
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, current_app

from app.web.responses import versioned

_PREFIX: Final = "v-"
_DIGITS: Final = 12
_KNOWN_SECONDS: Final = 1.0
"""So long a version is not looked up again: files change under a server only while they are worked on."""


class _Version:
    """Tells apart any two states of a folder's files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known = ("", float("-inf"))
        self._lock = threading.Lock()

    def __call__(self) -> str:
        with self._lock:
            known, at = self._known
            if time.monotonic() - at > _KNOWN_SECONDS:
                known = self._look()
                self._known = (known, time.monotonic())
            return known

    def _look(self) -> str:
        digest = hashlib.sha256()
        for path in sorted(self._folder.rglob("*")):
            with contextlib.suppress(FileNotFoundError):  # an editor replaces files
                status = path.stat()
                digest.update(
                    f"{path.relative_to(self._folder)} {status.st_size} {status.st_mtime_ns}\n".encode()
                )
        return digest.hexdigest()[:_DIGITS]


def init_app(app: Flask) -> None:
    """Put the version into the addresses of static files, and serve them under it."""
    version = _Version(Path(str(app.static_folder)))
    app.extensions["static_version"] = version

    @app.url_defaults
    def name_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values["filename"] = f"{_PREFIX}{version()}/{values['filename']}"

    app.view_functions["static"] = _send


def plain_name(filename: str) -> str:
    """Return the name of a static file without the version."""
    return _split(filename)[1]


def _send(filename: str) -> Response:
    asked_for, name = _split(filename)
    version: _Version = current_app.extensions["static_version"]
    response = current_app.send_static_file(name)
    return versioned(response, version=version(), asked_for=asked_for)


def _split(filename: str) -> tuple[str | None, str]:
    first, slash, rest = filename.partition("/")
    if slash and first.startswith(_PREFIX):
        return first.removeprefix(_PREFIX), rest
    return None, filename
