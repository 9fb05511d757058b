"""Ports that browsers refuse to open, so that a page served there is never seen."""

from app.errors import InputError

_BLOCKED = """
    0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117
    119 123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601
    636 989 990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679
    6697 10080
"""
BLOCKED_PORTS = frozenset(map(int, _BLOCKED.split()))
"""The "bad ports" of the Fetch standard: https://fetch.spec.whatwg.org/#port-blocking"""


def check_port(port: int) -> None:
    """Refuse a port that no browser opens.

    Raises
    ------
    InputError
        With a port that works.
    """
    if port in BLOCKED_PORTS:
        raise InputError(
            f"Browsers refuse to open port {port}, which belongs to another protocol. "
            f"Choose another port, such as {other_port(port)}."
        )


def other_port(port: int) -> int:
    """Return another port, 5000 or above, that browsers open."""
    first = max(port + 1, 5000)
    ports = (*range(first, 65536), *range(5000, min(first, 65536)))
    usable: int = next(number for number in ports if number not in BLOCKED_PORTS)
    return usable
