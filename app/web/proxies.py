"""Who asks, by which name and below which path, where a proxy passes requests on.

Only proxies that ``TRUSTED_PROXIES`` names are believed, and those on a Unix socket, which only this machine
can open. Of ``X-Forwarded-For`` the last address counts that is no such proxy's: those before it are what the
client itself says.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

from flask import Flask, request

PEER: Final = "music_explore.peer"
HOST: Final = "music_explore.host"
_BELIEVED: Final = ("FOR", "PROTO", "HOST", "PREFIX")
_CLIENTS: Final = ("HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_FORWARDED")
_OTHER_SIGNS: Final = (
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_VIA",
)
_UNIX_SOCKET: Final = frozenset({"", "localhost"})
"""What servers put in place of the address of a client on a Unix socket."""
_PREFIX: Final = re.compile(r"(/[A-Za-z0-9._~-]+)*/?")

Network = IPv4Network | IPv6Network
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Proxies:
    """Addresses whose word counts.

    Parameters
    ----------
    networks : iterable of str
        Such as ``10.0.0.0/8``.
    """

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks: tuple[Network, ...] = tuple(ip_network(network) for network in networks)

    def __contains__(self, address: str) -> bool:
        if address in _UNIX_SOCKET:
            return True
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
            parsed = parsed.ipv4_mapped
        return any(parsed in network for network in self._networks)


def init_app(app: Flask) -> None:
    """Put what trusted proxies say in place of what they themselves look like."""
    inner: Wsgi = app.wsgi_app
    app.extensions["proxies"] = Proxies(app.extensions["settings"].TRUSTED_PROXIES)

    def behind_proxies(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        look_behind(app, environ)
        return inner(environ, start_response)

    app.wsgi_app = behind_proxies  # type: ignore[method-assign]


def look_behind(app: Flask, environ: dict[str, Any]) -> None:
    """Put into the environment of a request what trusted proxies say of it."""
    proxies: Proxies = app.extensions["proxies"]
    environ[PEER] = environ.get("REMOTE_ADDR", "")
    environ[HOST] = environ.get("HTTP_HOST", "")
    if environ[PEER] in proxies:
        _believe(environ, proxies)


def askers() -> Iterator[str]:
    """Addresses that the request came from: the last one, and what proxies say about those before.

    They are all that anybody claims, believed or not; a proxy that names nobody counts as an unknown one.
    """
    peer = request.environ[PEER]
    if peer not in _UNIX_SOCKET:
        yield peer
    claims = [request.environ[name] for name in _CLIENTS if name in request.environ]
    if not claims and any(name in request.environ for name in _OTHER_SIGNS):
        yield "unknown"
    for name in ("HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP"):
        yield from _listed(request.environ.get(name, ""))
    yield from re.findall(r'for="?\[?([^]",;\s]+)', request.environ.get("HTTP_FORWARDED", ""), re.IGNORECASE)


def hosts() -> tuple[str, str]:
    """Names of this server that the request gives: the one it was sent to, and the one that counts."""
    return request.environ[HOST], request.host


def _believe(environ: dict[str, Any], proxies: Proxies) -> None:
    said = {name: _listed(environ.get(f"HTTP_X_FORWARDED_{name}", "")) for name in _BELIEVED}
    if said["FOR"]:
        strangers = [address for address in said["FOR"] if address not in proxies]
        environ["REMOTE_ADDR"] = strangers[-1] if strangers else said["FOR"][0]
    if said["PROTO"] and said["PROTO"][-1] in ("http", "https"):
        environ["wsgi.url_scheme"] = said["PROTO"][-1]
    if said["HOST"]:
        environ["HTTP_HOST"] = said["HOST"][-1]
    if said["PREFIX"] and _PREFIX.fullmatch(said["PREFIX"][-1]):
        environ["SCRIPT_NAME"] = said["PREFIX"][-1].rstrip("/")


def _listed(header: str) -> list[str]:
    return [part for part in map(str.strip, header.split(",")) if part]
