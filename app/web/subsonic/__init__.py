"""OpenSubsonic under ``/rest/``: so that players that know it can ask what sounds alike, and play it.

Of https://opensubsonic.netlify.app only as much is served as the extension ``sonicSimilarity`` needs.
"""

from app.web.subsonic.routes import subsonic

__all__ = ["subsonic"]
