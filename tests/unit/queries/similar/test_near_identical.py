import numpy as np
import pytest

from app.errors import NotFoundError
from app.neighbours.knn import knn_graph
from app.queries.catalogue import needed_snapshot
from app.queries.similar.near_identical import near_identical, outliers
from app.store.files import manifest_path, write_derived_array
from app.store.snapshots import Space

NETWORK = "mtt-musicnn"
SEGMENTS = Space(NETWORK, "embeddings", "segments")
TRACKS = Space(NETWORK, "embeddings", "tracks")


@pytest.fixture
def snapshot(own_library, own_context):
    """Rows 3, 40 and 80 are equal, 10 and 60 nearly so, 0 and 1 (of one track) too; row 77 is far away."""
    files = own_library.files
    path = files.folder / NETWORK / "embeddings" / "segments.npy"
    vectors = np.load(path)
    vectors[[40, 80]] = vectors[3]
    vectors[60] = vectors[10] * np.float16(1.5)
    vectors[1] = vectors[0]
    vectors[77] = -vectors[77]
    np.save(path, vectors)
    graph = knn_graph(vectors, 20)
    for name, array in (("indices", graph.indices), ("distances", graph.distances)):
        write_derived_array(files.derived_path(SEGMENTS, f"knn-{name}"), array, {})
    return needed_snapshot(own_context)


def listed(snapshot, most=0.001, *, same_track=False, after=None, limit=50):
    return near_identical(snapshot, SEGMENTS, most, same_track=same_track, after=after, limit=limit)


def rows(page):
    return [[place.row for place in group.places] for group in page.items]


def test_near_identical_rows_are_grouped(snapshot):
    found = listed(snapshot)
    assert rows(found) == [[3, 40, 80], [10, 60]]
    assert [group.size for group in found.items] == [3, 2]
    assert found.items[0].distance == 0
    assert 0 <= found.items[1].distance <= 0.001
    assert (found.total, found.compared, found.next_row) == (2, 90, None)


def test_segments_of_a_track_are_grouped_when_asked(snapshot):
    assert rows(listed(snapshot, same_track=True)) == [[0, 1], [3, 40, 80], [10, 60]]


def test_everything_is_one_group_when_everything_is_near_enough(snapshot):
    found = listed(snapshot, most=2)
    assert found.total == 1
    assert found.items[0].size >= 89
    assert len(found.items[0].places) == 50


def test_nothing_is_found_when_nothing_is_that_near(context):
    found = near_identical(needed_snapshot(context), TRACKS, 0.0, same_track=False, after=None, limit=5)
    assert (found.items, found.total, found.next_row) == ([], 0, None)


def test_pages_of_groups_follow_each_other(snapshot):
    first = listed(snapshot, same_track=True, limit=2)
    assert (rows(first), first.next_row) == ([[0, 1], [3, 40, 80]], 3)
    second = listed(snapshot, same_track=True, limit=2, after=first.next_row)
    assert (rows(second), second.next_row) == ([[10, 60]], None)


def test_outliers_are_the_farthest_from_their_neighbours(snapshot):
    found = outliers(snapshot, SEGMENTS, after=None, limit=5)
    assert found.items[0].place.row == 77
    distances = np.load(snapshot.derived_path(SEGMENTS, "knn-distances"))[:, :10].mean(axis=1)
    order = np.argsort(-distances, kind="stable")
    assert [one.place.row for one in found.items] == order[:5].tolist()
    assert found.items[0].score == pytest.approx(distances[77], abs=1e-6)
    assert found.total == 90


def test_pages_of_outliers_follow_each_other(snapshot):
    whole = [one.place.row for one in outliers(snapshot, SEGMENTS, after=None, limit=90).items]
    pages, after = [], None
    while True:
        page = outliers(snapshot, SEGMENTS, after=after, limit=40)
        pages += [one.place.row for one in page.items]
        after = page.next_row
        if after is None:
            break
    assert pages == whole
    with pytest.raises(NotFoundError, match="no row 5000"):
        outliers(snapshot, SEGMENTS, after=5000, limit=1)


def test_way_out_is_named_when_there_is_no_graph(snapshot):
    manifest_path(snapshot.derived_path(SEGMENTS, "knn-indices")).unlink()
    with pytest.raises(NotFoundError, match="flask reduce-all"):
        listed(snapshot)
    with pytest.raises(NotFoundError, match="flask reduce-all"):
        outliers(snapshot, SEGMENTS, after=None, limit=1)
