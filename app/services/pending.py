"""Which tracks still need which networks."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast

from sqlalchemy import and_, or_, select

from app.models import Extraction, Part, Track, db


@dataclass(frozen=True)
class PendingTrack:
    """A track to extract.

    Attributes
    ----------
    networks : tuple of str
        Those it still needs.
    """

    track_id: int
    path: str
    quick_hash: str
    content_version: int
    networks: tuple[str, ...]


def find_pending(
    weights: Mapping[str, str],
    *,
    retry_failed: bool = False,
    force: bool = False,
    only: Collection[int] | None = None,
) -> list[PendingTrack]:
    """Return the tracks that need extraction, in catalogue order.

    A track needs a network if it was never extracted with it, has changed since, was extracted with
    other weights or, on demand, has failed (``retry_failed``) or in any case (``force``).

    Parameters
    ----------
    weights : mapping
        Network name to the SHA-256 of its installed file.
    only : collection of int, optional
        Ids of the tracks to look at; all by default.
    """
    needed: dict[int, list[str]] = defaultdict(list)
    tracks: dict[int, tuple[str, str, int]] = {}
    for network, sha256 in weights.items():
        query = (
            select(Track.id, Track.path, Track.quick_hash, Track.content_version)
            .outerjoin(Extraction, and_(Extraction.track_id == Track.id, Extraction.network == network))
            .outerjoin(Part, Part.id == Extraction.part_id)
            .where(Track.state == "present", Track.quick_hash.is_not(None))
            .order_by(Track.id)
        )
        if only is not None:
            query = query.where(Track.id.in_(only))
        if not force:
            reasons = [
                Extraction.id.is_(None),
                Extraction.content_version != Track.content_version,
                and_(Extraction.state == "done", Part.weights_sha256 != sha256),
            ]
            if retry_failed:
                reasons.append(Extraction.state == "failed")
            query = query.where(or_(*reasons))
        for track_id, path, quick_hash, version in db.session.execute(query):
            needed[track_id].append(network)
            tracks[track_id] = (path, cast("str", quick_hash), version)
    return [PendingTrack(track_id, *tracks[track_id], tuple(needed[track_id])) for track_id in sorted(needed)]


def is_anything_extracted() -> bool:
    """Tell whether there are rows of any track."""
    done = select(Extraction.id).where(Extraction.state == "done").limit(1)
    return db.session.scalar(done) is not None


def split_twins(pending: list[PendingTrack]) -> tuple[list[PendingTrack], list[PendingTrack]]:
    """Put off tracks that look the same as an earlier one: it may turn out that they share its vectors."""
    seen: set[tuple[str, tuple[str, ...]]] = set()
    now: list[PendingTrack] = []
    later: list[PendingTrack] = []
    for track in pending:
        look = (track.quick_hash, track.networks)
        (later if look in seen else now).append(track)
        seen.add(look)
    return now, later
