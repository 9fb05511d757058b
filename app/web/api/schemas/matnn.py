"""The tag service of matnn: its forms and answers, as its clients know them."""

from app.web.api.operation import Answer


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
    bpm: str | None = None
    key: str | None = None
    classifiers: MatnnClassifiers | None = None


class MatnnResult(Answer):
    """The result of an analysis."""

    id: str
    audiofile: str
    started_at: str
    completed_at: str
    completed: bool
    result: MatnnFindings
