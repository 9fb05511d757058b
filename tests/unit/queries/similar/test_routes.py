import itertools

import numpy as np
import pytest

from app.errors import InputError, NotFoundError
from app.queries.cache import Cache
from app.queries.catalogue import needed_snapshot
from app.queries.similar import search
from app.queries.similar.routes import find_path, progress, slerp, walk_radio
from app.queries.similar.seeds import Seed
from app.store.snapshots import Space
from tests.read_side import SPEC

NETWORK, LAYER = "mtt-musicnn", "embeddings"


def tracks(route):
    return [step.place.track.id for step in route.places]


def units(settings, level="tracks"):
    vectors = np.asarray(needed_snapshot(settings).vectors(Space(NETWORK, LAYER, level)), np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("segments", [(None, None), (0, 1)])
@pytest.mark.parametrize("steps", [2, 3, 7, SPEC.tracks])
def test_path_never_turns_back_and_never_comes_by_a_track_twice(context, segments, steps):
    first, last = Seed(2, segments[0]), Seed(9, segments[1])
    route = find_path(context, NETWORK, LAYER, first, last, steps)
    found = tracks(route)
    assert len(found) == len(set(found)) == steps
    assert (found[0], found[-1]) == (2, 9)
    assert (route.places[0].place.segment, route.places[-1].place.segment) == segments
    rows = units(context, route.space.level)[[step.place.row for step in route.places]]
    along = progress(rows, rows[0], rows[-1], "angular")
    assert (np.diff(along[1:-1]) >= 0).all()


def test_path_takes_what_is_nearest_to_each_mark(context):
    vectors = units(context)
    route = find_path(context, NETWORK, LAYER, Seed(2), Seed(9), 3)
    middle = slerp(vectors[1], vectors[8], 0.5)
    order = np.argsort(-vectors @ middle) + 1
    assert tracks(route)[1] == next(track for track in order.tolist() if track not in (2, 9))


def test_path_has_all_tracks_when_more_steps_are_asked_for(context):
    route = find_path(context, NETWORK, LAYER, Seed(2), Seed(9), 100)
    assert sorted(tracks(route)) == list(range(1, SPEC.tracks + 1))


def test_distances_are_those_to_the_place_before(context):
    vectors = units(context)
    route = find_path(context, NETWORK, LAYER, Seed(2), Seed(9), 4)
    rows = [step.place.row for step in route.places]
    assert route.places[0].distance == 0
    for step, (one, other) in zip(route.places[1:], itertools.pairwise(rows), strict=True):
        assert step.distance == pytest.approx(1 - vectors[one] @ vectors[other], abs=2e-6)


@pytest.mark.parametrize(
    ("first", "last", "kind", "message"),
    [
        (Seed(2), Seed(2), InputError, "same track"),
        (Seed(2, 0), Seed(2, 1), InputError, "same track"),
        (Seed(2), Seed(9, 0), InputError, "tracks, others segments"),
        (Seed(2), Seed(99), NotFoundError, "Track 99"),
        (Seed(2, 0), Seed(9, 999), NotFoundError, "no segment 999"),
    ],
)
def test_path_is_refused_when_there_is_none(context, first, last, kind, message):
    with pytest.raises(kind, match=message):
        find_path(context, NETWORK, LAYER, first, last, 5)


@pytest.mark.parametrize("drift", [0, 0.5, 1])
def test_radio_plays_each_track_once_and_the_same_again(context, drift):
    first = tracks(walk_radio(context, NETWORK, LAYER, 4, 8, drift, seed=1))
    assert first[0] == 4
    assert len(first) == len(set(first)) == 9
    assert tracks(walk_radio(context, NETWORK, LAYER, 4, 8, drift, seed=1)) == first
    assert tracks(walk_radio(context, NETWORK, LAYER, 4, 5, drift, seed=1)) == first[:6]
    assert any(
        tracks(walk_radio(context, NETWORK, LAYER, 4, 8, drift, seed=seed)) != first for seed in range(2, 6)
    )


def test_radio_ends_when_all_has_been_heard(context):
    found = tracks(walk_radio(context, NETWORK, LAYER, 4, 100, 0.5, seed=1))
    assert sorted(found) == list(range(1, SPEC.tracks + 1))


def test_all_vectors_are_read_once_however_long_the_way_is(own_context, monkeypatch):
    monkeypatch.setattr(search, "FEW_ROWS", 2)
    monkeypatch.setattr(search, "_subsets", Cache(1))
    read = []
    real = search.RowSubset
    monkeypatch.setattr(search, "RowSubset", lambda *given: read.append(1) or real(*given))
    monkeypatch.setattr(search, "nearest_among", None)  # which reads all of them
    assert len(find_path(own_context, NETWORK, LAYER, Seed(1), Seed(9), 8).places) == 8
    assert len(walk_radio(own_context, NETWORK, LAYER, 1, 7, 0.5, 1).places) == 8
    assert len(read) == 1


def test_radio_stays_nearer_when_it_does_not_drift(tmp_path):
    from app import create_app, current_settings
    from tests.snapshot_factory import Spec, build_library

    library = build_library(tmp_path, Spec(tracks=300, segments=300, layers=("embeddings",), surface=4))
    app = create_app(library.settings)
    with app.app_context():
        settings = current_settings(app)
        vectors = units(settings)

        def strays(drift):
            found = [
                tracks(walk_radio(settings, NETWORK, LAYER, 4, 30, drift, seed=seed)) for seed in range(8)
            ]
            return np.mean([1 - vectors[np.array(ids) - 1] @ vectors[3] for ids in found])

        assert strays(0) < strays(0.5) < strays(1)


def test_arc_is_walked_in_equal_angles():
    a, b = np.eye(2, dtype=np.float32)
    for share, angle in ((0, 0), (0.25, 22.5), (0.5, 45), (1, 90)):
        expected = [np.cos(np.radians(angle)), np.sin(np.radians(angle))]
        assert slerp(a, b, share) == pytest.approx(expected, abs=1e-6)
    assert slerp(a, a, 0.4).tolist() == a.tolist()
    assert slerp(a, -a, 0.7).tolist() == (-a).tolist()


def test_progress_on_a_line_is_the_place_on_it():
    a, b = np.zeros(2, np.float32), np.array([2, 0], np.float32)
    along = progress(np.array([[1, 5], [0.5, -9]], np.float32), a, b, "euclidean")
    assert along[1] < along[0]
