"""Audio from the files below ``AUDIO_DIR``."""

import os
from pathlib import Path

from app.errors import NotFoundError
from app.providers.base import AudioFile, Playable
from app.registry import Requirement
from app.settings import Settings


class Local:
    """Sends the files themselves; symbolic links may not lead out of ``AUDIO_DIR``."""

    name = "local"
    title = "Local files"
    requires: tuple[Requirement, ...] = ()
    media_hosts: tuple[str, ...] = ()

    def url(self, track: Playable, settings: Settings) -> AudioFile:
        try:
            path = Path(os.path.realpath(settings.AUDIO_DIR / track.path, strict=True))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise NotFoundError(
                f"The file of track {track.track_id} is not there any more: {reason}. "
                "'flask index-all-audio' brings the catalogue up to date."
            ) from error
        if not path.is_relative_to(os.path.realpath(settings.AUDIO_DIR)):
            raise NotFoundError(f"The file of track {track.track_id} lies outside AUDIO_DIR.")
        if not path.is_file():
            raise NotFoundError(f"Track {track.track_id} is not a file.")
        if not os.access(path, os.R_OK):
            raise NotFoundError(f"The file of track {track.track_id} may not be read: check its permissions.")
        return AudioFile(path)


REGISTER = (Local(),)
