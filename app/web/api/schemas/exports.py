"""Everything in a space as a file."""

from app.store.snapshots import Level
from app.web.api.arguments import Arguments


class ExportSpaceArguments(Arguments):
    """What the rows of the file stand for."""

    level: Level = "segments"
