"""Where pip's package index keeps a file, so that a large one can be fetched in pieces, as pip does not do.

What needs more than an address (a password, a proxy that only pip knows of, folders instead of a server) is
pip's own business, and no address is found then.
"""

import ast
import http.client
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

_USUAL_INDEX: Final = "https://pypi.org/simple"
_SECTIONS: Final = ("global", "download", ":env:")  # the later one counts
_PIPS_BUSINESS: Final = ("no-index", "proxy", "client-cert")
_TIMEOUT: Final = 30.0
_LARGEST_PAGE: Final = 1 << 24


def find_address(project: str, file_name: str) -> str | None:
    """Return the address of a package's file in one of the indexes that pip is set up for.

    Parameters
    ----------
    project : str
        Name of the package, as indexes write it.

    Returns
    -------
    str or None
        None if pip has to fetch it by itself.
    """
    settings = _pip_settings()
    if any(name in settings for name in _PIPS_BUSINESS):
        return None
    indexes = [settings.get("index-url", _USUAL_INDEX), *settings.get("extra-index-url", "").split()]
    for index in indexes:
        if not _is_plain(index):
            continue
        for address in _links(f"{index.rstrip('/')}/{project}/"):
            if _is_plain(address) and unquote(urlsplit(address).path).endswith(f"/{file_name}"):
                return address
    return None


def _pip_settings() -> dict[str, str]:
    """Return what pip's files and environment variables say, by the names of the options."""
    command = [sys.executable, "-m", "pip", "config", "list", "--disable-pip-version-check"]
    answer = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - fixed words
    lines = (line.partition("=") for line in answer.stdout.splitlines())
    given = {name: value for name, equals, value in lines if equals}
    settings = {}
    for section in _SECTIONS:
        for name, value in given.items():
            if name.startswith(f"{section}."):
                settings[name.removeprefix(f"{section}.")] = str(ast.literal_eval(value))
    return settings


def _is_plain(address: str) -> bool:
    """Tell whether an address of the web can be asked without a password."""
    parts = urlsplit(address)
    return parts.scheme in ("https", "http") and "@" not in parts.netloc


def _links(address: str) -> Iterator[str]:
    """Return the addresses that a page of an index leads to; none if there is no such page."""
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked
        address, headers={"User-Agent": "music-explore", "Accept": "text/html"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:  # noqa: S310
            page = response.read(_LARGEST_PAGE).decode("utf-8", "replace")
            base = response.url
    except (OSError, ValueError, http.client.HTTPException):
        return
    parser = _Links()
    parser.feed(page)
    yield from (urldefrag(urljoin(base, link)).url for link in parser.found)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]
