"""The JSON API: one file for the routes of each subject, one in ``schemas`` for what they say."""

from app.web.api.analyses import analyses
from app.web.api.collection import collection
from app.web.api.description import description
from app.web.api.exports import exports
from app.web.api.jobs import jobs
from app.web.api.library import library
from app.web.api.listening import listening
from app.web.api.matnn import matnn
from app.web.api.playlists import playlists
from app.web.api.points import points
from app.web.api.selection import selection
from app.web.api.similar import similar
from app.web.api.tracks import tracks

BLUEPRINTS = (
    library,
    points,
    tracks,
    similar,
    collection,
    selection,
    playlists,
    exports,
    listening,
    analyses,
    jobs,
    matnn,
    description,
)

__all__ = ["BLUEPRINTS"]
