import numpy as np
import pytest

from app.errors import NotFoundError
from app.neighbours import BACKENDS
from app.queries import neighbours
from app.queries.catalogue import needed_snapshot
from app.queries.neighbours import SimilarQuery, find_similar, scan
from app.store.files import manifest_path, read_json, write_json
from app.store.snapshots import Space
from tests.read_side import SPEC
from tests.snapshot_factory import Spec, build_index, build_library

NETWORK = "mtt-musicnn"
SEGMENTS = Space(NETWORK, "embeddings", "segments")


def true_rows(vectors, row, k):
    rows = np.asarray(vectors, np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    distances = 1 - rows @ rows[row]
    distances[row] = np.inf
    return np.argsort(distances, kind="stable")[:k].tolist()


def found_rows(similar):
    return [neighbour.place.row for neighbour in similar.results]


@pytest.mark.parametrize("segment", [None, 0, 2])
def test_neighbours_are_the_true_ones_when_there_is_no_index(context, segment):
    query = SimilarQuery(NETWORK, "embeddings", 4, segment, k=7)
    found = find_similar(context, query)
    assert found_rows(found) == true_rows(needed_snapshot(context).vectors(query.space), found.query.row, 7)
    assert (found.backend, found.exact, found.recall) == ("exact", True, 1.0)
    assert "flask index-all-embeddings" in found.note


def test_places_name_track_segment_and_row_when_found(context):
    found = find_similar(context, SimilarQuery(NETWORK, "embeddings", 4, 2, k=5))
    offsets = needed_snapshot(context).offsets(NETWORK)
    for place in [found.query, *(neighbour.place for neighbour in found.results)]:
        assert offsets[place.track.id - 1] + place.segment == place.row < offsets[place.track.id]
        assert place.track.title
    assert (found.query.track.id, found.query.segment) == (4, 2)
    distances = [neighbour.distance for neighbour in found.results]
    assert distances == sorted(distances)


def test_all_others_are_found_when_more_are_asked_for_than_there_are(context):
    found = find_similar(context, SimilarQuery(NETWORK, "embeddings", 4, k=1000))
    assert sorted(place.place.track.id for place in found.results) == [
        track_id for track_id in range(1, SPEC.tracks + 1) if track_id != 4
    ]


def test_nothing_is_found_when_the_library_has_one_track(tmp_path):
    from app import create_app, current_settings

    library = build_library(tmp_path, Spec(tracks=1, segments=1))
    app = create_app(library.settings)
    with app.app_context():
        assert find_similar(current_settings(app), SimilarQuery(NETWORK, "embeddings", 1, 0)).results == []
        build_index(current_settings(app).INDEX_DIR, library.files, SEGMENTS, "exact")
        assert find_similar(current_settings(app), SimilarQuery(NETWORK, "embeddings", 1, 0)).results == []


@pytest.mark.parametrize("backend", [entry.name for entry in BACKENDS.available()])
def test_index_is_used_when_there_is_one(own_library, own_context, backend):
    build_index(own_context.INDEX_DIR, own_library.files, SEGMENTS, backend)
    found = find_similar(own_context, SimilarQuery(NETWORK, "embeddings", 4, 2, k=7))
    assert found.backend == backend
    assert found.exact is BACKENDS.get(backend).exact
    assert found.note is None
    assert 0 < found.recall <= 1
    truth = true_rows(needed_snapshot(own_context).vectors(SEGMENTS), found.query.row, 7)
    assert len(set(found_rows(found)) & set(truth)) >= 6
    assert found.query.row not in found_rows(found)
    assert len(found.results) == 7


def test_search_goes_on_without_when_the_index_is_damaged(own_library, own_context):
    path = build_index(own_context.INDEX_DIR, own_library.files, SEGMENTS, "faiss-hnsw")
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 255
    path.write_bytes(damaged)
    found = find_similar(own_context, SimilarQuery(NETWORK, "embeddings", 4, 2))
    assert (found.backend, len(found.results)) == ("exact", 10)
    assert "checksum" in found.note


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"snapshot": "another"}, "another snapshot"),
        ({"backend": "cloud"}, "Unknown index backend 'cloud'"),
    ],
)
def test_search_goes_on_without_when_the_index_is_not_fit(own_library, own_context, change, reason):
    path = manifest_path(build_index(own_context.INDEX_DIR, own_library.files, SEGMENTS, "exact"))
    write_json(path, read_json(path) | change)
    found = find_similar(own_context, SimilarQuery(NETWORK, "embeddings", 4, 2))
    assert reason in found.note
    assert len(found.results) == 10


def test_search_goes_on_without_when_the_manifest_is_damaged(own_library, own_context):
    path = manifest_path(build_index(own_context.INDEX_DIR, own_library.files, SEGMENTS, "exact"))
    path.write_text("{")
    assert "cannot be used" in find_similar(own_context, SimilarQuery(NETWORK, "embeddings", 4, 2)).note


def test_checksum_is_computed_once_when_asked_often(own_library, own_context, monkeypatch):
    build_index(own_context.INDEX_DIR, own_library.files, SEGMENTS, "exact")
    calls = []
    real = neighbours.file_sha256
    monkeypatch.setattr(neighbours, "file_sha256", lambda path: calls.append(path) or real(path))
    for segment in (0, 1, 2):
        find_similar(own_context, SimilarQuery(NETWORK, "embeddings", 4, segment))
    assert len(calls) == 1


def test_index_is_opened_anew_when_it_was_built_anew(own_library, own_context):
    build_index(own_context.INDEX_DIR, own_library.files, SEGMENTS, "exact")
    assert find_similar(own_context, SimilarQuery(NETWORK, "embeddings", 4, 2)).backend == "exact"
    build_index(own_context.INDEX_DIR, own_library.files, SEGMENTS, "faiss-hnsw")
    assert find_similar(own_context, SimilarQuery(NETWORK, "embeddings", 4, 2)).backend == "faiss-hnsw"


@pytest.mark.parametrize("metric", ["angular", "euclidean"])
def test_scan_finds_the_same_when_it_goes_block_by_block(monkeypatch, metric):
    vectors = np.random.default_rng(0).standard_normal((500, 8)).astype(np.float16)
    vectors[100:140] = vectors[7]  # many equal ones
    whole = scan(vectors, 7, 60, metric)
    monkeypatch.setattr(neighbours, "SCANNED_ROWS", 37)
    pieces = scan(vectors, 7, 60, metric)
    assert pieces.indices.tolist() == whole.indices.tolist()
    assert pieces.distances.tolist() == whole.distances.tolist()
    assert 7 not in whole.indices
    assert whole.indices[0, :40].tolist() == list(range(100, 140))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (SimilarQuery(NETWORK, "embeddings", 99), "Track 99"),
        (SimilarQuery(NETWORK, "embeddings", 4, 999), "no segment 999"),
        (SimilarQuery(NETWORK, "melody", 4), "no layer 'melody'"),
        (SimilarQuery("x", "embeddings", 4), "no network 'x'"),
    ],
)
def test_query_is_refused_when_it_names_what_there_is_not(context, query, message):
    with pytest.raises(NotFoundError, match=message):
        find_similar(context, query)
