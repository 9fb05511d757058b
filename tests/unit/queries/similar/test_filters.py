"""Filters are right: what is found is exactly the nearest of what passes, whatever index is asked."""

import numpy as np
import pytest
from sqlalchemy import insert, update

from app.errors import InputError, NotFoundError
from app.models import Artist, Tag, Track, db, track_artists, track_tags
from app.neighbours import BACKENDS
from app.queries.catalogue import needed_snapshot
from app.queries.similar import Seed, SimilarQuery, Sound, find_similar, search
from app.queries.similar.filters import Activation, Conditions, Range
from app.store.snapshots import Space
from tests.read_side import SPEC
from tests.snapshot_factory import GENRES, build_index, replace_array

NETWORK = "mtt-musicnn"
EMBEDDINGS = ((NETWORK, "embeddings"),)
SEGMENTS = Space(NETWORK, "embeddings", "segments")
ALL = 500


def find(settings, conditions=None, *, segment=0, exclude=(), **options):
    query = SimilarQuery(
        EMBEDDINGS,
        options.pop("seeds", (Seed(3, segment),)),
        k=options.pop("k", ALL),
        conditions=conditions or Conditions(),
        exclude=frozenset(exclude),
        **options,
    )
    return find_similar(settings, query)


def tracks(found):
    return {neighbour.place.track.id for neighbour in found.results}


def tracks_where(holds):
    return {track.id for track in db.session.scalars(db.select(Track)) if holds(track)}


@pytest.fixture
def settings(own_context):
    rng = np.random.default_rng(3)
    for track_id in range(1, SPEC.tracks + 1):
        bpm = float(rng.integers(60, 180)) if track_id % 3 else None
        db.session.execute(
            update(Track).where(Track.id == track_id).values(bpm=bpm, content_hash=f"hash {track_id}")
        )
    db.session.execute(insert(Tag).values(id=50, group="mood/theme", name="Calm"))
    db.session.execute(insert(track_tags), [{"track_id": track_id, "tag_id": 50} for track_id in (2, 5, 9)])
    db.session.commit()
    return own_context


@pytest.mark.parametrize("segment", [None, 0])
def test_tracks_are_those_of_the_catalogue_when_it_is_asked(settings, segment):
    genre = GENRES[SPEC.clusters[0]]
    cases = {
        Conditions(tags=(("genre", (genre.upper(),)),)): lambda track: genre in [t.name for t in track.tags],
        Conditions(tags=(("mood/theme", ("calm",)),)): lambda track: track.id in (2, 5, 9),
        Conditions(bpm=Range(100, 150)): lambda track: track.bpm is not None and 100 <= track.bpm <= 150,
        Conditions(year=Range(high=1990)): lambda track: track.year is not None and track.year <= 1990,
        Conditions(folder=f"{genre}/"): lambda track: track.path.startswith(f"{genre}/"),
        Conditions(folder=genre[:2]): lambda track: track is None,
        Conditions(bpm=Range(low=90), year=Range(low=1970)): lambda track: (
            track.bpm is not None and track.bpm >= 90 and track.year is not None and track.year >= 1970
        ),
    }
    for conditions, holds in cases.items():
        found = find(settings, conditions, segment=segment)
        expected = tracks_where(holds)
        if segment is None:
            expected -= {3}
        assert tracks(found) == expected, conditions
        assert found.allowed == len(found.results)


def test_a_folder_is_found_when_its_unicode_form_differs(settings):
    db.session.get_one(Track, 4).path = "Bjo\u0308rk/a.mp3"
    db.session.commit()
    assert tracks(find(settings, Conditions(folder="Bj\u00f6rk"), segment=None)) == {4}


def test_one_of_several_names_is_enough_and_each_group_counts(settings):
    one, other = GENRES[SPEC.clusters[0]], GENRES[SPEC.clusters[1]]
    both = find(settings, Conditions(tags=(("genre", (one, other)),)))
    assert tracks(both) == tracks_where(lambda track: {tag.name for tag in track.tags} & {one, other})
    calm = find(settings, Conditions(tags=(("genre", (one, other)), ("mood/theme", ("calm",)))))
    assert tracks(calm) == tracks(both) & {2, 5, 9}


def test_activations_are_those_of_each_row(settings):
    snapshot = needed_snapshot(settings)
    column = np.asarray(snapshot.vectors(Space(NETWORK, "taggrams", "segments"))[:, 3], np.float32)
    inside = np.flatnonzero((column >= 0.05) & (column <= 0.3))
    conditions = Conditions(activations=(Activation("techno", Range(0.05, 0.3)),))
    found = find(settings, conditions, seeds=(Seed(3, 1),))
    rows = {neighbour.place.row for neighbour in found.results}
    assert rows == set(inside.tolist()) - {found.seeds[0][0].row}


def test_activations_of_another_network_are_asked_of_tracks(settings):
    networks = (("audioset-vggish", "embeddings"),)
    conditions = Conditions(activations=(Activation("techno", Range(0.2)),))
    found = find_similar(settings, SimilarQuery(networks, (Seed(3),), k=ALL, conditions=conditions))
    column = needed_snapshot(settings).vectors(Space(NETWORK, "taggrams", "tracks"))[:, 3]
    assert tracks(found) == set((np.flatnonzero(column >= 0.2) + 1).tolist()) - {3}
    with pytest.raises(InputError, match="cannot be set against each other"):
        find_similar(settings, SimilarQuery(networks, (Seed(3, 0),), k=ALL, conditions=conditions))


@pytest.mark.parametrize("name", ["artist", "album"])
def test_what_is_by_the_same_is_left_out_when_asked(settings, name):
    db.session.execute(update(Track).where(Track.id.in_((3, 7, 8))).values({f"{name}_id": 1}))
    db.session.execute(update(Track).where(Track.id.in_((4, 5))).values(artist_id=None, album_id=2))
    same = tracks_where(lambda track: getattr(track, f"{name}_id") == 1)
    assert {3, 7, 8} <= same
    assert tracks(find(settings, exclude=[name])) == tracks_where(lambda track: track.id not in same)


def test_each_artist_counts_when_a_track_has_several(settings):
    db.session.add_all([Artist(id=number, name=f"Guest {number}") for number in (901, 902)])
    db.session.flush()
    links = [(3, 901), (3, 902), (4, 901), (5, 902), (5, 1)]
    db.session.execute(insert(track_artists), [{"track_id": t, "artist_id": a} for t, a in links])
    db.session.execute(update(Track).where(Track.id.in_((3, 6))).values(artist_id=1))
    assert tracks(find(settings, exclude=["artist"])) == tracks_where(lambda track: track.id not in (3, 4, 5))
    by_first = tracks_where(lambda track: track.artist_id == 1) - {3, 4}
    assert 6 in by_first
    found = tracks(find(settings, seeds=(Seed(5, 0),), exclude=["artist"]))
    assert found == tracks_where(lambda track: track.id not in {3, 5, *by_first})


def test_nothing_is_left_out_when_the_seeds_artist_is_unknown(settings):
    db.session.execute(update(Track).where(Track.id.in_((3, 4))).values(artist_id=None))
    assert tracks(find(settings, exclude=["artist"], segment=None)) == tracks_where(
        lambda track: track.id != 3
    )


def test_other_segments_are_left_out_when_the_track_is(settings):
    assert 3 in tracks(find(settings))
    assert 3 not in tracks(find(settings, exclude=["track"]))


def test_copies_are_left_out_and_told_once_when_duplicates_are(settings):
    for track_id, content in ((4, "hash 3"), (6, "twin"), (9, "twin")):
        db.session.execute(update(Track).where(Track.id == track_id).values(content_hash=content))
    found = find(settings, exclude=["duplicates"])
    assert tracks(found) == set(range(1, SPEC.tracks + 1)) - {3, 4, 9}
    in_folder = db.session.get(Track, 9).path.split("/")[0]
    db.session.execute(update(Track).where(Track.id == 6).values(path="elsewhere/six.wav"))
    assert 9 in tracks(find(settings, Conditions(folder=in_folder), exclude=["duplicates"]))


def test_equal_rows_are_left_out_when_duplicates_are(settings):
    vector = np.asarray(needed_snapshot(settings).vectors(SEGMENTS)[5], np.float64)
    sound = Sound({EMBEDDINGS[0]: vector}, level="segments")
    assert find(settings, seeds=sound, k=3).results[0].place.row == 5
    found = find(settings, seeds=sound, k=ALL, exclude=["duplicates"])
    assert 5 not in {neighbour.place.row for neighbour in found.results}
    assert len(found.results) == SPEC.segments - 1


def test_copies_of_an_uploaded_file_are_left_out_when_duplicates_are(settings):
    vector = np.asarray(needed_snapshot(settings).vectors(SEGMENTS)[5], np.float64) + 0.01
    found = find(settings, seeds=Sound({EMBEDDINGS[0]: vector}, content="hash 5"), exclude=["duplicates"])
    assert tracks(found) == set(range(1, SPEC.tracks + 1)) - {5}


@pytest.mark.parametrize("backend", [None, *(entry.name for entry in BACKENDS.available())])
@pytest.mark.parametrize("kept", [0, 1000])
@pytest.mark.parametrize("k", [1, 5, 20, 60])
def test_as_many_are_found_as_there_are_when_filtered(own_library, settings, monkeypatch, backend, k, kept):
    monkeypatch.setattr(search, "PROBE", 4)
    monkeypatch.setattr(search, "MOST_ASKED", 30)
    monkeypatch.setattr(search, "FEW_ROWS", 3)
    monkeypatch.setattr(search, "QUICK_ROWS", 0)
    monkeypatch.setattr(search, "KEPT_ROWS", kept)
    if backend:
        build_index(settings.INDEX_DIR, own_library.files, SEGMENTS, backend)
    vectors = np.asarray(needed_snapshot(settings).vectors(SEGMENTS), np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    offsets = needed_snapshot(settings).offsets(NETWORK)
    known = tracks_where(lambda track: track.bpm is not None and track.bpm >= 100)
    of_row = np.repeat(np.arange(1, SPEC.tracks + 1), np.diff(offsets))
    for row in range(0, SPEC.segments, 13):
        seed = Seed(int(of_row[row]), int(row - offsets[of_row[row] - 1]))
        found = find(settings, Conditions(bpm=Range(low=100)), seeds=(seed,), k=k)
        passing = np.flatnonzero(np.isin(of_row, list(known)) & (np.arange(SPEC.segments) != row))
        nearest = passing[np.argsort(-vectors[passing] @ vectors[row], kind="stable")][:k]
        assert [neighbour.place.row for neighbour in found.results] == nearest.tolist()
        assert found.allowed == len(passing)


@pytest.mark.parametrize("backend", [entry.name for entry in BACKENDS.available()])
def test_equal_rows_are_all_found_when_filtered(own_library, settings, backend, monkeypatch):
    monkeypatch.setattr(search, "FEW_ROWS", 3)
    path = own_library.files.folder / NETWORK / "embeddings" / "segments.npy"
    vectors = np.load(path)
    vectors[10:80] = vectors[10]
    replace_array(own_library, f"{NETWORK}/embeddings/segments.npy", vectors)
    build_index(settings.INDEX_DIR, own_library.files, SEGMENTS, backend)
    found = find(settings, Conditions(bpm=Range(low=100)), seeds=(Seed(12, 0),), k=ALL)
    assert len(found.results) == found.allowed
    assert tracks(found) == tracks_where(lambda track: track.bpm is not None and track.bpm >= 100)


def test_filter_is_computed_once_until_the_metadata_change(settings):
    conditions = Conditions(bpm=Range(low=100))
    before = tracks(find(settings, conditions))
    assert tracks(find(settings, conditions)) == before
    db.session.execute(update(Track).where(Track.id.in_(before)).values(bpm=50))
    assert tracks(find(settings, conditions)) == set()


@pytest.mark.parametrize(
    ("conditions", "kind", "message"),
    [
        (Conditions(tags=(("genre", ("polka",)),)), NotFoundError, "No track has the tag 'polka'"),
        (Conditions(activations=(Activation("kazoo", Range(0.5)),)), NotFoundError, "knows the tag 'kazoo'"),
        (Conditions(activations=(Activation("rock", Range(), "x"),)), NotFoundError, "no network 'x'"),
        (Conditions(bpm=Range(120, 100)), InputError, "bpm: 120 is more than 100"),
        (Conditions(year=Range(2000, 1999)), InputError, "year: 2000"),
        (Conditions(activations=(Activation("rock", Range(0.5, 0.1)),)), InputError, "rock: 0.5"),
    ],
)
def test_condition_is_refused_when_it_cannot_be_meant(settings, conditions, kind, message):
    with pytest.raises(kind, match=message):
        find(settings, conditions)


def test_limits_hold_numbers_at_their_ends():
    values = np.array([np.nan, 1, 2, 3], np.float32)
    assert Range(1, 2).holds(values).tolist() == [False, True, True, False]
    assert Range(low=2).holds(values).tolist() == [False, False, True, True]
    assert Range().holds(values).tolist() == [False, True, True, True]
