"""Audio streamed from Jamendo."""

import re
from urllib.parse import urlencode

from app.errors import NotFoundError
from app.providers.base import AudioLink, Playable
from app.registry import Requirement
from app.settings import Settings

STREAM_URL = "https://mp3l.jamendo.com/"
_NUMBER = re.compile(r"(?:(?:artist|album|track)_)?0*([1-9][0-9]{0,17})")


def jamendo_number(external_id: str | None) -> str | None:
    """Return Jamendo's number of what the dataset calls ``track_0000214``; None if it is none of theirs."""
    found = _NUMBER.fullmatch(external_id or "")
    return None if found is None else found[1]


class Jamendo:
    """Sends the listener to Jamendo; needs ``JAMENDO_CLIENT_ID`` and tracks with Jamendo's numbers."""

    name = "jamendo"
    title = "Jamendo"
    requires: tuple[Requirement, ...] = ()
    media_hosts = ("https://*.jamendo.com",)  # the stream's address redirects to others

    def url(self, track: Playable, settings: Settings) -> AudioLink:
        number = jamendo_number(track.external_id)
        if number is None:
            raise NotFoundError(
                f"Track {track.track_id} has no Jamendo number. "
                "Load them with: flask load-jamendo-data FILE.tsv"
            )
        query = {"trackid": number, "format": "mp31", "from": f"app-{settings.JAMENDO_CLIENT_ID}"}
        return AudioLink(f"{STREAM_URL}?{urlencode(query)}")


REGISTER = (Jamendo(),)
