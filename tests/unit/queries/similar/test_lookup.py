import numpy as np
import pytest

from app.errors import InputError, NotFoundError
from app.neighbours import BACKENDS
from app.queries.catalogue import needed_snapshot
from app.queries.damage import known_damage
from app.queries.similar import Seed, SimilarQuery, Sound, choose_networks, find_similar, indexes
from app.store.files import manifest_path, read_facts, write_facts
from app.store.snapshots import Space
from tests.read_side import SPEC
from tests.snapshot_factory import Spec, build_index, build_library

NETWORK = "mtt-musicnn"
EMBEDDINGS = ((NETWORK, "embeddings"),)
TRACKS = Space(NETWORK, "embeddings", "tracks")
SEGMENTS = Space(NETWORK, "embeddings", "segments")


def near(track, segment=None, networks=EMBEDDINGS, **options):
    return SimilarQuery(networks, (Seed(track, segment),), **options)


def true_rows(vectors, row, k):
    rows = np.asarray(vectors, np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    distances = 1 - rows @ rows[row]
    distances[row] = np.inf
    return np.argsort(distances, kind="stable")[:k].tolist()


def row_of(similar):
    return similar.seeds[0][0].row


def found_rows(similar):
    return [neighbour.place.row for neighbour in similar.results]


@pytest.mark.parametrize("segment", [None, 0, 2])
def test_neighbours_are_the_true_ones_when_there_is_no_index(context, segment):
    found = find_similar(context, near(4, segment, k=7))
    space = TRACKS if segment is None else SEGMENTS
    assert found_rows(found) == true_rows(needed_snapshot(context).vectors(space), row_of(found), 7)
    assert (found.backend, found.exact, found.recall) == ("exact", True, 1.0)
    assert "flask index-all-embeddings" in found.note


def test_places_name_track_segment_and_row_when_found(context):
    found = find_similar(context, near(4, 2, k=5))
    offsets = needed_snapshot(context).offsets(NETWORK)
    for place in [found.seeds[0][0], *(neighbour.place for neighbour in found.results)]:
        assert offsets[place.track.id - 1] + place.segment == place.row < offsets[place.track.id]
        assert place.track.title
    assert (found.seeds[0][0].track.id, found.seeds[0][0].segment) == (4, 2)
    distances = [neighbour.distance for neighbour in found.results]
    assert distances == sorted(distances)


def test_all_others_are_found_when_more_are_asked_for_than_there_are(context):
    found = find_similar(context, near(4, k=1000))
    assert sorted(place.place.track.id for place in found.results) == [
        track_id for track_id in range(1, SPEC.tracks + 1) if track_id != 4
    ]


def test_nothing_is_found_when_the_library_has_one_track(tmp_path):
    from app import create_app, current_settings

    library = build_library(tmp_path, Spec(tracks=1, segments=1))
    app = create_app(library.settings)
    with app.app_context():
        assert find_similar(current_settings(app), near(1, 0)).results == []
        build_index(current_settings(app).INDEX_DIR, library.files, SEGMENTS, "exact")
        assert find_similar(current_settings(app), near(1, 0)).results == []


@pytest.mark.parametrize("backend", [entry.name for entry in BACKENDS.available()])
def test_index_is_used_when_there_is_one(own_library, own_context, backend):
    build_index(own_context.INDEX_DIR, own_library.files, SEGMENTS, backend)
    found = find_similar(own_context, near(4, 2, k=7))
    assert found.backend == backend
    assert found.exact is BACKENDS.get(backend).exact
    assert found.note is None
    assert 0 < found.recall <= 1
    truth = true_rows(needed_snapshot(own_context).vectors(SEGMENTS), row_of(found), 7)
    assert len(set(found_rows(found)) & set(truth)) >= 6
    assert row_of(found) not in found_rows(found)
    assert len(found.results) == 7


def test_search_goes_on_without_when_the_index_is_damaged(own_library, own_context):
    path = build_index(own_context.INDEX_DIR, own_library.files, SEGMENTS, "faiss-hnsw")
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 255
    path.write_bytes(damaged)
    found = find_similar(own_context, near(4, 2))
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
    write_facts(path, read_facts(path) | change)
    found = find_similar(own_context, near(4, 2))
    assert reason in found.note
    assert len(found.results) == 10


def test_search_goes_on_without_when_the_manifest_is_damaged(own_library, own_context):
    path = manifest_path(build_index(own_context.INDEX_DIR, own_library.files, SEGMENTS, "exact"))
    path.write_text("{")
    assert "cannot be used" in find_similar(own_context, near(4, 2)).note


def test_index_that_is_missing_is_reported_when_its_manifest_is_there(own_library, own_context):
    path = build_index(own_context.INDEX_DIR, own_library.files, SEGMENTS, "exact")
    before = find_similar(own_context, near(4, 2))
    assert known_damage(own_context) == []
    path.unlink()
    found = find_similar(own_context, near(4, 2))
    assert [one.place for one in found.results] == [one.place for one in before.results]
    assert "There is no index" in found.note
    assert known_damage(own_context) == [f"{NETWORK}/embeddings/segments.index"]
    build_index(own_context.INDEX_DIR, own_library.files, SEGMENTS, "exact")
    assert known_damage(own_context) == []


def test_checksum_is_computed_once_when_asked_often(own_library, own_context, monkeypatch):
    build_index(own_context.INDEX_DIR, own_library.files, SEGMENTS, "exact")
    calls = []
    real = indexes.examine
    monkeypatch.setattr(indexes, "examine", lambda *given, **how: calls.append(given) or real(*given, **how))
    for segment in (0, 1, 2):
        find_similar(own_context, near(4, segment))
    assert len(calls) == 1


def test_index_is_opened_anew_when_it_was_built_anew(own_library, own_context):
    build_index(own_context.INDEX_DIR, own_library.files, SEGMENTS, "exact")
    assert find_similar(own_context, near(4, 2)).backend == "exact"
    build_index(own_context.INDEX_DIR, own_library.files, SEGMENTS, "faiss-hnsw")
    assert find_similar(own_context, near(4, 2)).backend == "faiss-hnsw"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (near(99), "Track 99"),
        (near(4, 999), "no segment 999"),
        (near(4, networks=((NETWORK, "melody"),)), "no layer 'melody'"),
        (near(4, networks=(("x", "embeddings"),)), "no network 'x'"),
    ],
)
def test_query_is_refused_when_it_names_what_there_is_not(context, query, message):
    with pytest.raises(NotFoundError, match=message):
        find_similar(context, query)


def test_distances_are_the_true_ones_when_an_index_rounds_them(own_library, own_context):
    build_index(own_context.INDEX_DIR, own_library.files, SEGMENTS, "faiss-hnsw")
    found = find_similar(own_context, near(4, 2))
    vectors = np.asarray(needed_snapshot(own_context).vectors(SEGMENTS), np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    for neighbour in found.results:
        true = 1 - vectors[neighbour.place.row] @ vectors[row_of(found)]
        assert neighbour.distance == pytest.approx(true, abs=2e-6)


def test_every_row_is_compared_when_the_metric_is_not_the_indexs(own_library, own_context):
    build_index(own_context.INDEX_DIR, own_library.files, SEGMENTS, "faiss-hnsw")
    found = find_similar(own_context, near(4, 2, metric="euclidean"))
    assert (found.backend, found.exact, found.metric) == ("exact", True, "euclidean")
    vectors = np.asarray(needed_snapshot(own_context).vectors(SEGMENTS), np.float64)
    distances = np.linalg.norm(vectors - vectors[row_of(found)], axis=1)
    assert found_rows(found) == np.argsort(distances)[1:11].tolist()


def test_track_is_looked_for_among_segments_when_the_level_says_so(context):
    found = find_similar(context, near(4, level="segments", k=20))
    assert found.level == "segments"
    assert 4 not in {neighbour.place.track.id for neighbour in found.results}
    assert all(neighbour.place.segment is not None for neighbour in found.results)
    among_tracks = find_similar(context, near(4, 2, level="tracks", k=20))
    assert [neighbour.place.track.id for neighbour in among_tracks.results].count(4) == 0
    assert len(among_tracks.results) == SPEC.tracks - 1


def test_seeds_are_weighed_when_there_are_several(context):
    seeds = (Seed(1, weight=2.0), Seed(2, weight=-0.5), Seed(3))
    found = find_similar(context, SimilarQuery(EMBEDDINGS, seeds, k=20))
    units = np.asarray(needed_snapshot(context).vectors(TRACKS), np.float64)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    question = 2 * units[0] - 0.5 * units[1] + units[2]
    order = np.argsort(-units @ question)
    assert found_rows(found) == [row for row in order.tolist() if row not in (0, 1, 2)]
    assert [weight for _, weight in found.seeds] == [2.0, -0.5, 1.0]


def test_euclidean_seeds_are_an_affine_sum_when_some_are_unwanted(context):
    seeds = (Seed(1), Seed(2), Seed(3, weight=-1.0))
    found = find_similar(context, SimilarQuery(EMBEDDINGS, seeds, k=20, metric="euclidean"))
    vectors = np.asarray(needed_snapshot(context).vectors(TRACKS), np.float64)
    wanted = (vectors[0] + vectors[1]) / 2
    question = wanted + 0.5 * (wanted - vectors[2])
    order = np.argsort(np.linalg.norm(vectors - question, axis=1))
    assert found_rows(found) == [row for row in order.tolist() if row not in (0, 1, 2)]


def test_vector_finds_its_own_row_first(context):
    vector = np.asarray(needed_snapshot(context).vectors(SEGMENTS)[17], np.float64)
    found = find_similar(
        context, SimilarQuery(EMBEDDINGS, Sound({EMBEDDINGS[0]: vector}), level="segments", k=3)
    )
    assert found_rows(found)[0] == 17
    assert found.results[0].distance == 0
    assert found.seeds == []


@pytest.mark.parametrize(
    ("vector", "message"),
    [
        ([1.0] * 199, "has 199 values; .* has 200"),
        ([0.0] * 200, "zero everywhere"),
        ([float("nan")] * 200, "no finite number"),
        ([1e300] * 200, "no finite number"),
    ],
)
def test_vector_is_refused_when_it_does_not_fit(context, vector, message):
    with pytest.raises(InputError, match=message):
        find_similar(context, SimilarQuery(EMBEDDINGS, Sound({EMBEDDINGS[0]: vector})))


@pytest.mark.parametrize(
    ("seeds", "message"),
    [
        ((Seed(1), Seed(2, 0)), "say with 'level'"),
        ((Seed(1, weight=-1.0),), "weight above 0"),
        ((Seed(1), Seed(1, weight=-1.0)), "cancel each other"),
    ],
)
def test_seeds_are_refused_when_they_make_no_sense(context, seeds, message):
    with pytest.raises(InputError, match=message):
        find_similar(context, SimilarQuery(EMBEDDINGS, seeds))


def test_networks_are_fused_by_rank_when_there_are_several(context):
    networks = (*EMBEDDINGS, ("audioset-vggish", "embeddings"))
    found = find_similar(context, near(4, networks=networks, k=5))
    scores = dict.fromkeys(range(1, SPEC.tracks + 1), 0.0)
    for pair in networks:
        alone = find_similar(context, near(4, networks=(pair,), k=20))
        for rank, neighbour in enumerate(alone.results, 1):
            scores[neighbour.place.track.id] += 1 / (60 + rank)
    best = sorted(scores, key=lambda track: (-scores[track], track))[:5]
    assert [neighbour.place.track.id for neighbour in found.results] == best
    first = found.results[0]
    assert first.score == pytest.approx(scores[best[0]], abs=1e-6)
    assert set(first.distances) == {NETWORK, "audioset-vggish"}
    assert first.distance == first.distances[NETWORK]


def test_segments_are_refused_when_those_of_the_networks_differ_in_length(context):
    networks = (*EMBEDDINGS, ("audioset-vggish", "embeddings"))
    with pytest.raises(InputError, match=r"0\.96 s and those of .* 2\.992 s"):
        find_similar(context, near(4, 1, networks=networks))


def test_layers_are_paired_with_networks():
    assert choose_networks(["a", "b"], ["x"]) == (("a", "x"), ("b", "x"))
    assert choose_networks(["a", "b"], ["x", "y"]) == (("a", "x"), ("b", "y"))
    with pytest.raises(InputError, match="one layer for all"):
        choose_networks(["a"], ["x", "y"])
    with pytest.raises(InputError, match="named once"):
        choose_networks(["a", "a"], ["x"])
