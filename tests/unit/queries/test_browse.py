import itertools

import numpy as np
import pytest
from sqlalchemy import delete, insert, update

from app.errors import InputError, NotFoundError
from app.models import Track, db
from app.queries.browse import SORT_KEYS, TagFilter, browse
from app.queries.catalogue import needed_snapshot
from app.queries.similar.filters import Range
from app.queries.tracks import track_facts
from app.store.snapshots import Space
from tests.read_side import SPEC

NETWORK = "mtt-musicnn"


@pytest.fixture
def settings(own_context):
    for track_id, bpm in {1: 120.0, 2: 90.5, 4: 90.5, 7: 174.0}.items():
        db.session.execute(update(Track).where(Track.id == track_id).values(bpm=bpm))
    db.session.execute(update(Track).where(Track.id == 5).values(title="Épée"))
    db.session.commit()
    return own_context


def pages(settings, sort, limit, *, q="", tag=None, between=lambda: None):
    found, cursor = [], None
    while True:
        page = browse(settings, q, tag, sort, cursor, limit)
        assert len(page.track_ids) <= limit
        found += page.track_ids
        cursor = page.cursor
        between()
        if cursor is None:
            return found


def activations(settings):
    vectors = needed_snapshot(settings).vectors(Space(NETWORK, "taggrams", "tracks"))
    return dict(enumerate(np.asarray(vectors)[:, 3].tolist(), 1))


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("key", [key for key in SORT_KEYS if key != "activation"])
@pytest.mark.parametrize("limit", [1, 5, 12])
def test_tracks_come_in_order_whatever_the_page(settings, key, sign, limit):
    found = pages(settings, sign + key, limit)
    assert sorted(found) == list(range(1, SPEC.tracks + 1))
    facts = track_facts(found)
    values = [getattr(facts[track_id], key) for track_id in found]
    known = [value for value in values if value is not None]
    assert values == known + [None] * (len(values) - len(known))
    folded = [
        "epee" if value == "Épée" else value.lower() if isinstance(value, str) else value for value in known
    ]
    assert folded == sorted(folded, reverse=bool(sign))
    ties = [(values[i], found[i]) for i in range(len(found))]
    assert all(a[1] < b[1] for a, b in itertools.pairwise(ties) if a[0] == b[0])


@pytest.mark.parametrize("sort", ["activation", "-activation", "title", "-year", "id"])
def test_tracks_are_those_in_which_a_tag_is_heard(settings, sort):
    heard = activations(settings)
    low = sorted(heard.values())[4]
    tag = TagFilter("techno", Range(low, None))
    found = pages(settings, sort, 3, tag=tag)
    assert set(found) == {track_id for track_id, value in heard.items() if value >= low}
    if "activation" in sort:
        values = [heard[track_id] for track_id in found]
        assert values == sorted(values, reverse=sort.startswith("-"))
    page = browse(settings, "", tag, sort, None, 3)
    assert page.total == len(found)
    assert page.activations == pytest.approx([heard[track_id] for track_id in page.track_ids], abs=1e-4)


def test_words_and_a_tag_are_looked_for_together(settings):
    tag = TagFilter("techno", Range(), NETWORK)
    assert pages(settings, "id", 50, q="00001", tag=tag) == [1, 10, 11, 12]
    assert pages(settings, "-title", 1, q="00001") == [10, 12, 11, 1]


@pytest.mark.parametrize("sort", ["title", "-year", "bpm", "-bpm", "id", "-duration"])
def test_no_track_is_missed_or_told_twice_when_others_come_and_go(settings, sort):
    new = iter(range(100, 200))

    def change():
        number = next(new)
        values = {"id": number, "path": f"new/{number}.wav", "state": "present", "title": f"Title {number}"}
        values |= {"bpm": 90.5 if number % 2 else 120.0, "year": 1950 + number, "duration": 9.0}
        db.session.execute(insert(Track).values(values))
        db.session.execute(delete(Track).where(Track.id == number - 1, Track.id >= 100))

    found = pages(settings, sort, 2, between=change)
    old = [track_id for track_id in found if track_id < 100]
    assert sorted(old) == list(range(1, SPEC.tracks + 1))
    assert len(found) == len(set(found))


def test_page_goes_on_when_the_track_it_ended_with_has_changed(settings):
    first = browse(settings, "", None, "bpm", None, 3)
    assert first.track_ids == [2, 4, 1]
    db.session.execute(update(Track).where(Track.id == 1).values(bpm=121.0))
    assert browse(settings, "", None, "bpm", first.cursor, 3).track_ids[:2] == [1, 7]


@pytest.mark.parametrize(
    "cursor", ["x", "WyJ5ZWFyIiwgMSwgMV0", "bnVsbA", "1.5", "é", "W10", "WyJ0aXRsZSIsMSwxXQ"]
)
def test_cursor_is_refused_when_it_is_none(settings, cursor):
    with pytest.raises(InputError, match="no cursor of tracks sorted by title"):
        browse(settings, "", None, "title", cursor, 3)


def test_order_is_refused_when_it_needs_a_tag(settings):
    with pytest.raises(InputError, match="name a tag"):
        browse(settings, "", None, "-activation", None, 3)


def test_tag_is_refused_when_no_network_knows_it(settings):
    for tag in (TagFilter("kazoo", Range()), TagFilter("techno", Range(), "audioset-vggish")):
        with pytest.raises(NotFoundError):
            browse(settings, "", tag, "id", None, 3)
    with pytest.raises(InputError, match="activation of techno"):
        browse(settings, "", TagFilter("techno", Range(0.5, 0.1)), "id", None, 3)
