"""The JSON API: ``/api/v1/...``."""

from app.web.api.listening import listening
from app.web.api.routes import api
from app.web.api.selection import selection

__all__ = ["api", "listening", "selection"]
