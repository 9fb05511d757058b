"""The tag service of matnn: its forms and answers, as its clients know them."""

from pydantic import Field

from app.web.api.arguments import Arguments
from app.web.api.operation import Answer


class MatnnForm(Arguments):
    """Analyses that an upload requests. Without flags: all that are available on this server."""

    bpm: bool | None = Field(None, description="tempo")
    key: bool | None = Field(None, description="key and scale")
    classifiers: bool | None = Field(None, description="how approachable and engaging the music is")
    genre_discogs_effnet: bool | None = Field(None, description="genre by Discogs-EffNet")
    genre_musicnn: bool | None = Field(None, description="genre by MusiCNN's tags of Last.fm")
    genre_magnatagatune: bool | None = Field(None, description="genre by MusiCNN's tags of MagnaTagATune")
    webhook_url: str | None = Field(None, description="URL that the result is sent to")


class MatnnUpload(Answer):
    """An upload that was taken."""

    id: str
    status: str
    detail: str


class MatnnState(Answer):
    """How far an analysis is; without times where there are none."""

    id: str
    detail: str
    started_at: str | None = None
    completed_at: str | None = None


class MatnnClassifiers(Answer):
    """How approachable and engaging the music is: low, mid or high; null without the network for it."""

    approachability: str | None = None
    engagement: str | None = None


class MatnnFindings(Answer):
    """What was found, as far as it was asked for."""

    genre: list[str] | None = None
    genre_source: str | None = Field(None, description="analysis that detected the genres")
    bpm: str | None = None
    key: str | None = None
    classifiers: MatnnClassifiers | None = None
    missing: dict[str, str] | None = Field(
        None, description="requested analyses that are not available on this server, with reasons"
    )


class MatnnResult(Answer):
    """The result of an analysis."""

    id: str
    audiofile: str
    started_at: str
    completed_at: str
    completed: bool
    result: MatnnFindings
