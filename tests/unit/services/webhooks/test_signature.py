import hashlib
import hmac

import pytest

from app.errors import InputError
from app.services.webhooks.signature import sign, verify

SECRET = "a secret of some length"
ID = "0123456789abcdef0123456789abcdef"
BODY = b'{"id": "1", "event": {"status": "finished"}}'
NOW = 1_700_000_000


@pytest.fixture
def headers():
    return sign(SECRET, ID, BODY, timestamp=NOW)


def test_both_signatures_are_as_documented(headers):
    def expected(message):
        return hmac.digest(SECRET.encode(), message, hashlib.sha256).hex()

    assert headers == {
        "X-Matnn-Signature": expected(BODY),
        "X-Music-Explore-Delivery": ID,
        "X-Music-Explore-Timestamp": "1700000000",
        "X-Music-Explore-Signature": f"v1={expected(f'{ID}.{NOW}.'.encode() + BODY)}",
    }


def test_id_is_returned_when_the_request_is_ours(headers):
    assert verify(SECRET, headers, BODY, now=NOW) == ID
    assert verify(SECRET, {name.lower(): value for name, value in headers.items()}, BODY, now=NOW) == ID


@pytest.mark.parametrize("late", [-300, 300])
def test_request_is_taken_when_it_is_within_the_tolerance(headers, late):
    assert verify(SECRET, headers, BODY, now=NOW + late) == ID


@pytest.mark.parametrize("late", [-301, 301])
def test_request_is_refused_when_it_is_old_or_of_the_future(headers, late):
    with pytest.raises(InputError, match="301 s old"):
        verify(SECRET, headers, BODY, now=NOW + late)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Music-Explore-Delivery", "f" * 32),
        ("X-Music-Explore-Timestamp", str(NOW + 1)),
        ("X-Music-Explore-Timestamp", "now"),
        ("X-Music-Explore-Signature", "v1=" + "0" * 64),
        ("X-Music-Explore-Signature", "é"),
        ("X-Music-Explore-Signature", ""),
    ],
)
def test_request_is_refused_when_a_header_is_another(headers, name, value):
    with pytest.raises(InputError, match="signature is wrong"):
        verify(SECRET, headers | {name: value}, BODY, now=NOW)


def test_request_is_refused_when_secret_or_body_is_another(headers):
    for secret, body in (("another secret", BODY), (SECRET, BODY + b" "), ("", BODY)):
        with pytest.raises(InputError, match="signature is wrong"):
            verify(secret, headers, body, now=NOW)


def test_request_is_refused_when_it_is_signed_with_an_empty_secret():
    with pytest.raises(InputError, match="signature is wrong"):
        verify("", sign("", ID, BODY, timestamp=NOW), BODY, now=NOW)


def test_request_is_refused_when_nothing_is_signed():
    with pytest.raises(InputError, match="signature is wrong"):
        verify(SECRET, {}, BODY)
