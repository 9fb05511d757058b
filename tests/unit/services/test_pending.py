"""Which tracks need which networks."""

import pytest

from app.models import Extraction, Part, Track, db
from app.services.pending import PendingTrack, find_pending, split_twins

WEIGHTS = {"mtt-vgg": "new", "mtt-musicnn": "same"}


@pytest.fixture(autouse=True)
def tracks(app: object) -> None:
    old = Part(network="mtt-vgg", name="a", n_rows=9, weights_sha256="old")
    new = Part(network="mtt-vgg", name="b", n_rows=9, weights_sha256="new")
    same = Part(network="mtt-musicnn", name="c", n_rows=9, weights_sha256="same")
    db.session.add_all([old, new, same])
    states = {
        "fresh": [],
        "done": [(new, "done", 1), (same, "done", 1)],
        "changed": [(new, "done", 0), (same, "done", 0)],
        "other weights": [(old, "done", 1), (same, "done", 1)],
        "failed": [(None, "failed", 1), (same, "done", 1)],
        "failed and changed": [(None, "failed", 0), (same, "done", 1)],
    }
    for number, (name, rows) in enumerate(states.items(), 1):
        db.session.add(Track(id=number, path=name, quick_hash="h", content_version=1))
        db.session.flush()
        for network, (part, state, version) in zip(WEIGHTS, rows, strict=False):
            row = Extraction(
                track_id=number, network=network, state=state, content_version=version, part=part
            )
            db.session.add(row)
    db.session.add(Track(id=8, path="missing", quick_hash="h", state="missing"))
    db.session.add(Track(id=9, path="unreadable", quick_hash=None, error="no permission"))
    db.session.commit()


def _needs(**options: bool) -> dict[str, tuple[str, ...]]:
    return {track.path: track.networks for track in find_pending(WEIGHTS, **options)}


BOTH = ("mtt-vgg", "mtt-musicnn")
ALWAYS = {
    "fresh": BOTH,
    "changed": BOTH,
    "other weights": ("mtt-vgg",),
    "failed and changed": ("mtt-vgg",),
}


def test_only_what_is_new_or_changed_is_pending() -> None:
    assert _needs() == ALWAYS


def test_failed_tracks_are_pending_when_asked_for() -> None:
    assert _needs(retry_failed=True) == ALWAYS | {"failed": ("mtt-vgg",)}


def test_all_readable_tracks_are_pending_when_forced() -> None:
    paths = ["fresh", "done", "changed", "other weights", "failed", "failed and changed"]
    assert _needs(force=True) == dict.fromkeys(paths, BOTH)


def test_tracks_come_in_catalogue_order() -> None:
    ids = [track.track_id for track in find_pending(WEIGHTS)]
    assert ids == sorted(ids)


def test_twins_are_put_off_when_they_need_the_same() -> None:
    first, twin = PendingTrack(1, "a", "h", 0, BOTH), PendingTrack(2, "b", "h", 0, BOTH)
    other = PendingTrack(3, "c", "h", 0, BOTH[:1])
    assert split_twins([first, twin, other]) == ([first, other], [twin])
