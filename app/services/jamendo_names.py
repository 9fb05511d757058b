"""Names and credits of Jamendo's artists, albums and tracks: asked for where they are not known yet.

The dataset has numbers only. An artist or album whose name is its number, and a track without the address of
its page, are asked for; each answer is committed, so that a run that is stopped is gone on with.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import or_, select, update

from app.models import Album, Artist, Track, db
from app.providers.jamendo import jamendo_number
from app.services import database
from app.services.jamendo_api import MAX_IDS, JamendoApi, Kind, open_api
from app.services.lock import library_lock
from app.services.report import Reporter
from app.settings import Settings

MAX_TEXT = 500


@dataclass
class NamesReport:
    """What asking came to.

    Attributes
    ----------
    asked, found : dict
        Kind (artists, albums, tracks) to how many.
    """

    asked: dict[Kind, int] = field(default_factory=dict)
    found: dict[Kind, int] = field(default_factory=dict)

    @property
    def n_asked(self) -> int:
        """All that was, or would be, asked for."""
        return sum(self.asked.values())


@dataclass(frozen=True)
class _Unknown:
    """A row that lacks something.

    Attributes
    ----------
    number : str
        Jamendo's.
    title : str or None
        What is known of a track: it stays.
    """

    id: int
    number: str
    title: str | None = None


Answer = dict[str, Any]
Values = Callable[[_Unknown, Answer], dict[str, Any]]


def query_names(
    settings: Settings,
    reporter: Reporter,
    *,
    limit: int | None = None,
    tries: int = 5,
    dry_run: bool = False,
) -> NamesReport:
    """Ask Jamendo for what is not known yet.

    Parameters
    ----------
    limit : int or None
        Ask for so many things at most.
    tries : int
        How often a request is tried.

    Raises
    ------
    InputError
        If there is no client id.
    DownloadError
        If Jamendo refuses, or cannot be reached.
    """
    database.check()
    api = open_api(settings.JAMENDO_API_URL, settings.JAMENDO_CLIENT_ID, tries, reporter.say)
    report = NamesReport()
    with library_lock(settings):
        wanted: list[tuple[Kind, Any, Values, list[_Unknown]]] = [
            ("artists", Artist, _name, _nameless(Artist)),
            ("albums", Album, _name, _nameless(Album)),
            ("tracks", Track, _credits, _without_page()),
        ]
        left = limit
        for kind, model, values, unknown in wanted:
            chosen = unknown if left is None else unknown[:left]
            left = None if left is None else left - len(chosen)
            report.asked[kind], report.found[kind] = len(chosen), 0
            if chosen and not dry_run:
                with reporter.stage(f"Asking for {kind}", len(chosen)) as advance:
                    for batch in _batches(chosen):
                        report.found[kind] += _ask(api, kind, model, values, batch)
                        advance(len(batch))
    return report


def _nameless(model: type[Artist | Album]) -> list[_Unknown]:
    query = select(model.id, model.external_id).where(model.name == model.external_id).order_by(model.id)
    return list(_numbered((*row, None) for row in db.session.execute(query)))


def _without_page() -> list[_Unknown]:
    query = (
        select(Track.id, Track.external_id, Track.title)
        .where(Track.external_id.is_not(None), or_(Track.page.is_(None), Track.title.is_(None)))
        .order_by(Track.id)
    )
    return list(_numbered(tuple(row) for row in db.session.execute(query)))


def _numbered(rows: Iterator[tuple[Any, ...]]) -> Iterator[_Unknown]:
    for row_id, external_id, title in rows:
        number = jamendo_number(external_id)
        if number:
            yield _Unknown(row_id, number, title)


def _batches(unknown: Sequence[_Unknown]) -> Iterator[Sequence[_Unknown]]:
    for first in range(0, len(unknown), MAX_IDS):
        yield unknown[first : first + MAX_IDS]


def _ask(api: JamendoApi, kind: Kind, model: Any, values: Values, batch: Sequence[_Unknown]) -> int:
    """Ask for some things, and keep what comes; return how many were known."""
    answers = api.get(kind, list(dict.fromkeys(one.number for one in batch)))
    rows = [
        {"id": one.id, **found}
        for one in batch
        if one.number in answers and (found := values(one, answers[one.number]))
    ]
    if rows:
        db.session.execute(update(model), rows)
        db.session.commit()
    return len(rows)


def _name(_: _Unknown, answer: Answer) -> dict[str, Any]:
    name = _text(answer.get("name"))
    return {"name": name} if name else {}


def _credits(track: _Unknown, answer: Answer) -> dict[str, Any]:
    page, licence = _web_address(answer.get("shareurl")), _web_address(answer.get("license_ccurl"))
    title = track.title or _text(answer.get("name"))
    found = {"page": page, "licence": licence, "title": title}
    return found if page or licence else {}


def _text(value: Any) -> str | None:
    """Make a text fit for the database: no lone surrogates, no NUL, white space once."""
    text = str(value or "").encode("utf-8", "ignore").decode("utf-8").replace("\0", "")
    return " ".join(text.split())[:MAX_TEXT] or None


def _web_address(value: Any) -> str | None:
    """Return an address of the web; nothing else may become a link."""
    text = str(value or "").strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    is_fine = parts.scheme in ("http", "https") and parts.hostname and text.isprintable()
    return text if is_fine and len(text) <= MAX_TEXT else None
