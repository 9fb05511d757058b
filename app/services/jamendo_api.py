"""Asking Jamendo's API, patiently: what fails for a while is asked again, later and later."""

import email.utils
import http.client
import json
import math
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from app.errors import DownloadError, InputError

Kind = Literal["artists", "albums", "tracks"]
MAX_IDS: Final = 200
"""The most results that an answer of the API has."""

TIMEOUT: Final = 30.0
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 300.0
_TOO_MANY_REQUESTS: Final = 429
_FINE: Final = 0
_PASSING: Final = {1, 6}
"""Codes of https://developer.jamendo.com/v3.0/response-codes: an unknown error, too many requests."""


class _PassingError(Exception):
    """Something that may go better later.

    Attributes
    ----------
    pause : float or None
        Seconds after which the server wants to be asked again.
    """

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.pause = pause


@dataclass(frozen=True)
class JamendoApi:
    """Jamendo's API, as far as it is needed here.

    Attributes
    ----------
    address : str
        Of version 3.0.
    client_id : str
        Never told to anyone but the API.
    tries : int
        How often one thing is asked for.
    say : callable
        Told why something has to be asked again.
    """

    address: str
    client_id: str
    tries: int
    say: Callable[[str], None]

    def get(self, kind: Kind, numbers: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Ask for things by their numbers, at most ``MAX_IDS``; what the API does not know is left out.

        Returns
        -------
        dict
            Number to what is known.

        Raises
        ------
        DownloadError
            If the API refuses, or cannot be reached after all tries.
        """
        query = [("client_id", self.client_id), ("format", "json"), ("limit", str(len(numbers)))]
        query += [("id[]", number) for number in numbers]
        url = f"{self.address.rstrip('/')}/{kind}/?{urllib.parse.urlencode(query)}"
        for number in range(1, self.tries + 1):
            try:
                return self._ask(url)
            except _PassingError as error:
                reason, pause = self._hide(str(error)), error.pause
            if number < self.tries:
                pause = min(FIRST_PAUSE * 2 ** (number - 1), LONGEST_PAUSE) if pause is None else pause
                self.say(f"Jamendo: {reason}. Asking again in {math.ceil(pause)} s.")
                time.sleep(pause)
        raise DownloadError(
            f"Cannot ask {self.address}: {reason}. What has come is kept; run the command again to go on."
        )

    def _ask(self, url: str) -> dict[str, dict[str, Any]]:
        request = urllib.request.Request(url, headers={"User-Agent": "music-explore"})  # noqa: S310 - checked
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
                answer = json.loads(response.read())
        except urllib.error.HTTPError as error:
            raise self._explain(error) from error
        except (OSError, http.client.HTTPException) as error:
            reason = str(getattr(error, "reason", error)) or type(error).__name__
            raise _PassingError(f"the connection failed ({reason})") from error
        except ValueError as error:
            raise _PassingError("the answer is no JSON") from error
        return self._read(answer)

    def _explain(self, error: urllib.error.HTTPError) -> Exception:
        """Tell an error that passes from one that stays."""
        error.close()
        reason = f"{error.code} {error.reason}"
        if error.code < http.HTTPStatus.INTERNAL_SERVER_ERROR and error.code != _TOO_MANY_REQUESTS:
            return DownloadError(f"Cannot ask {self.address}: {self._hide(reason)}.")
        pause = _retry_after(error.headers.get("Retry-After"))
        if pause is not None and pause > LONGEST_PAUSE:
            return DownloadError(
                f"{self.address} wants to be asked again in {pause / 60:.0f} minutes ({reason}). What has "
                "come is kept; run the command then to go on."
            )
        return _PassingError(reason, pause)

    def _read(self, answer: Any) -> dict[str, dict[str, Any]]:
        try:
            headers, results = answer["headers"], answer.get("results", [])
            code = int(headers["code"])
            if code == _FINE:
                return {str(int(found["id"])): dict(found) for found in results}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _PassingError("the answer is not one of the API") from error
        reason = self._hide(f"{headers.get('error_message') or 'no reason told'} (code {code})")
        if code in _PASSING:
            raise _PassingError(reason)
        raise DownloadError(f"Jamendo refuses: {reason}. Check JAMENDO_CLIENT_ID.")

    def _hide(self, text: str) -> str:
        """Keep the client id out of what is told; line breaks, too."""
        return re.sub(r"\s+", " ", text.replace(self.client_id, "..."))


def open_api(address: str, client_id: str, tries: int, say: Callable[[str], None]) -> JamendoApi:
    """Check what is needed to ask.

    Raises
    ------
    InputError
        If there is no client id.
    """
    if not client_id:
        raise InputError(
            "Jamendo answers only applications that it knows: get a client id at "
            "https://devportal.jamendo.com and set JAMENDO_CLIENT_ID."
        )
    return JamendoApi(address, client_id, tries, say)


def _retry_after(text: str | None) -> float | None:
    """Seconds to wait: given as such, or as a date."""
    if text is None:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        date = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
