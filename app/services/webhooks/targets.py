"""Where webhooks may go: the guard against addresses that only this machine can reach.

The name in an address is resolved once per try, its IP addresses are checked, and the connection is made to
just these, so that a name that leads elsewhere a moment later leads nobody astray.
"""

import queue
import re
import socket
import threading
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from app.errors import InputError
from app.settings import Settings

LONGEST_URL: Final = 2000
LONGEST_LOOKUP: Final = 5.0
"""Seconds that a name may take to be found when a job is submitted."""

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""Host and port to IP addresses; raises OSError if there are none."""

_PORTS: Final = {"http": 80, "https": 443}
_NAME: Final = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?")
# What Python's own tables lack, in some of its versions: protocol assignments (Oracle's metadata among them),
# Azure's services for its own machines, relays of 6to4.
_NOT_OUTSIDE: Final = tuple(map(ip_network, ("192.0.0.0/24", "168.63.129.16/32", "192.88.99.0/24")))
# All that has been given out to the public so far (IANA), less protocol assignments (Teredo among them), 6to4
# (which wraps IPv4 addresses) and documentation.
_GLOBAL_UNICAST: Final = ip_network("2000::/3")
_SPECIAL: Final = tuple(map(ip_network, ("2001::/23", "2002::/16", "3fff::/20")))
_NAT64: Final = ip_network("64:ff9b::/96")


@dataclass(frozen=True)
class Target:
    """An address, taken apart once.

    Attributes
    ----------
    host : str
        A name in lower case, or an IP address without brackets.
    path : str
        With the query.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """What may be shown: path and query may hold secrets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def parse_target(url: str) -> Target:
    """Take an address apart.

    Raises
    ------
    InputError
        If it is no address that a webhook can have.
    """
    if len(url) > LONGEST_URL:
        raise InputError(
            f"The address of a webhook has at most {LONGEST_URL:,} characters, not {len(url):,}."
        )
    if not re.fullmatch(r"[!-~]+", url) or "\\" in url:
        raise InputError(
            "The address of a webhook has only the printable characters of ASCII, and no spaces: write "
            "others as %XX in the path, as xn--... in the host."
        )
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InputError(f"The address of a webhook cannot be read: {error}.") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise InputError("The address of a webhook starts with https://HOST or http://HOST.")
    if "@" in parts.netloc:
        raise InputError("The address of a webhook holds no user name or password: it is kept and logged.")
    if port == 0:
        raise InputError("The address of a webhook cannot have port 0.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, _host(parts.hostname), port or _PORTS[parts.scheme], path)


def check_target(settings: Settings, url: str, *, resolve: Resolve | None = None) -> None:
    """Make sure that a webhook can be sent, and may be sent there, as far as that is known now.

    Parameters
    ----------
    resolve : callable, optional
        Finds the IP addresses of a name; the system's resolver by default.

    Raises
    ------
    InputError
        If it can or may not; the message says why.
    """
    require_secret(settings)
    target = parse_target(url)
    try:
        find_addresses(settings, target, min(LONGEST_LOOKUP, settings.WEBHOOK_TIMEOUT_SECONDS), resolve)
    except OSError as error:
        raise InputError(f"The host of the webhook, {target.host}, cannot be found: {error}.") from error


def require_secret(settings: Settings) -> str:
    """Return the secret that signs webhooks.

    Raises
    ------
    InputError
        If there is none.
    """
    secret = settings.WEBHOOK_SECRET.get_secret_value()
    if not secret:
        raise InputError(
            "Webhooks are not sent here: WEBHOOK_SECRET is not set. Set it in instance/config.py, or as "
            "MUSIC_EXPLORE_WEBHOOK_SECRET, to what 'openssl rand -hex 32' prints, and give it to "
            "the receivers."
        )
    return secret


def find_addresses(
    settings: Settings, target: Target, seconds: float, resolve: Resolve | None = None
) -> list[Address]:
    """Return the IP addresses of a target, all of which may be connected to.

    Raises
    ------
    InputError
        If one of them may not.
    OSError
        If there are none, or they are not found in time.
    """
    found = _literal(target.host) or _look_up(resolve or resolve_name, target, seconds)
    if not all(_is_allowed(settings, target.host, address) for address in found):
        raise InputError(
            f"Webhooks do not go to {target.host}: its address is private or reserved. If they shall, "
            "name it in the setting WEBHOOK_ALLOWED_HOSTS"
        )
    return found


def resolve_name(host: str, port: int) -> list[str]:
    """Ask the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def is_public(address: Address) -> bool:
    """Return whether an address leads out of every network that this machine may be in.

    IPv4 and IPv6 registries of special addresses: https://www.iana.org/assignments/iana-ipv4-special-registry
    and .../iana-ipv6-special-registry.
    """
    if isinstance(address, IPv6Address) and address in _NAT64:
        address = IPv4Address(address.packed[-4:])
    if isinstance(address, IPv6Address):
        inside = address not in _GLOBAL_UNICAST or any(address in network for network in _SPECIAL)
    else:
        inside = any(address in network for network in _NOT_OUTSIDE)
    return (
        not inside
        and address.is_global
        and not (address.is_multicast or address.is_reserved or address.is_private)
    )


def _is_allowed(settings: Settings, host: str, address: Address) -> bool:
    for entry in settings.WEBHOOK_ALLOWED_HOSTS:
        try:
            network = ip_network(entry)
        except ValueError:
            if entry.lower().rstrip(".") == host:
                return True
        else:
            if address in network:
                return True
    return is_public(address)


def _host(name: str) -> str:
    if (found := _literal(name)) is not None:
        return str(found[0])
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} is no host that a webhook can be sent to.")
    return name.removesuffix(".")


def _literal(host: str) -> list[Address] | None:
    """Return the one address of a host that is an address itself."""
    try:
        return [_plain(host)]
    except ValueError:
        return None


def _plain(text: str) -> Address:
    """Read an IP address; one of IPv4 that is written in IPv6 becomes what it is."""
    address = ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _look_up(resolve: Resolve, target: Target, seconds: float) -> list[Address]:
    """Ask the resolver in a thread of its own, for there is no other way to stop waiting for it."""
    answers: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(target.host, target.port))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True, name="webhook-resolver").start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"no name server has answered within {seconds:g} s") from None
    if isinstance(answer, OSError):
        raise OSError(answer.strerror or str(answer)) from answer
    if isinstance(answer, Exception) or not answer:
        raise OSError("it has no address")
    return [_plain(text) for text in answer]
