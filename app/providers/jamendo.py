"""Audio streamed from Jamendo."""

import re
from urllib.parse import urlencode

from app.errors import NotFoundError
from app.providers.base import AudioLink, Playable
from app.registry import Requirement
from app.settings import Settings

STREAM_URL = "https://mp3l.jamendo.com/"
_NUMBER = re.compile(r"(?:track_)?0*([1-9][0-9]*)")


class Jamendo:
    """Sends the listener to Jamendo; needs ``JAMENDO_CLIENT_ID`` and tracks with Jamendo's numbers."""

    name = "jamendo"
    title = "Jamendo"
    requires: tuple[Requirement, ...] = ()
    media_hosts = ("https://*.jamendo.com",)  # the stream's address redirects to others

    def url(self, track: Playable, settings: Settings) -> AudioLink:
        number = _NUMBER.fullmatch(track.external_id or "")
        if number is None:
            raise NotFoundError(
                f"Track {track.track_id} has no Jamendo number. "
                "Load them with: flask load-jamendo-data FILE.tsv"
            )
        query = {"trackid": number[1], "format": "mp31", "from": f"app-{settings.JAMENDO_CLIENT_ID}"}
        return AudioLink(f"{STREAM_URL}?{urlencode(query)}")


REGISTER = (Jamendo(),)
