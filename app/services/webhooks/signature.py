"""Signatures: how a receiver knows who has sent a webhook, and that it is not an old one sent again.

Two of them go with each request. ``X-Matnn-Signature`` is matnn's: the HMAC of the body alone, which anybody
who has seen a request can send again. ``X-Music-Explore-Signature`` includes the delivery's id and the time.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping

from app.errors import InputError

BODY_SIGNATURE = "X-Matnn-Signature"
SIGNATURE = "X-Music-Explore-Signature"
TIMESTAMP = "X-Music-Explore-Timestamp"
DELIVERY = "X-Music-Explore-Delivery"
VERSION = "v1"
TOLERANCE = 300


def sign(secret: str, delivery_id: str, body: bytes, *, timestamp: int | None = None) -> dict[str, str]:
    """Return the headers that say who has sent a body.

    Parameters
    ----------
    timestamp : int, optional
        Unix time in seconds; now by default.
    """
    moment = str(int(time.time()) if timestamp is None else timestamp)
    return {
        BODY_SIGNATURE: _hmac(secret, body),
        DELIVERY: delivery_id,
        TIMESTAMP: moment,
        SIGNATURE: f"{VERSION}={_hmac(secret, _signed(delivery_id, moment, body))}",
    }


def verify(
    secret: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    tolerance: float = TOLERANCE,
    now: float | None = None,
) -> str:
    """Make sure that a request is one of ours and of now; return the id of its delivery.

    Who takes an id only once is safe from requests that somebody else sends again, and from the second
    delivery of an event that was delivered once.

    Parameters
    ----------
    headers : mapping
        Of the request; upper and lower case are the same.
    body : bytes
        Just as it came.
    tolerance : float
        Seconds by which the time of the signature may differ from ours.
    now : float, optional
        Unix time; the clock's by default.

    Raises
    ------
    InputError
        If it is not.
    """
    given = {name.lower(): value for name, value in headers.items()}
    delivery_id, moment, signature = (
        given.get(name.lower(), "") for name in (DELIVERY, TIMESTAMP, SIGNATURE)
    )
    expected = f"{VERSION}={_hmac(secret, _signed(delivery_id, moment, body))}"
    if not secret or not hmac.compare_digest(expected.encode(), _as_bytes(signature)):
        raise InputError("The signature is wrong: another secret, or the request was changed on its way.")
    apart = abs((time.time() if now is None else now) - int(moment))
    if apart > tolerance:
        raise InputError(
            f"The signature is {apart:.0f} s old, or a clock is wrong: it may be {tolerance:.0f} s."
        )
    return delivery_id


def _signed(delivery_id: str, moment: str, body: bytes) -> bytes:
    return _as_bytes(f"{delivery_id}.{moment}.") + body


def _hmac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def _as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
