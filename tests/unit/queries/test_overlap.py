import numpy as np
import pytest

from app.errors import InputError
from app.neighbours.knn import knn_graph
from app.queries.catalogue import needed_snapshot
from app.queries.overlap import overlap
from app.store.files import write_derived_array
from app.store.snapshots import Space
from tests.read_side import SPEC

SEGMENTS = Space("mtt-musicnn", "embeddings", "segments")
TAGGRAMS = Space("mtt-musicnn", "taggrams", "segments")
VGGISH = Space("audioset-vggish", "embeddings", "segments")


def test_overlap_is_the_share_of_common_neighbours_when_rows_are_the_same(context, library):
    found = overlap(needed_snapshot(context), SEGMENTS, TAGGRAMS)
    graphs = [knn_graph(library.files.vectors(space), 10).indices for space in (SEGMENTS, TAGGRAMS)]
    truth = [len(set(one) & set(other)) / 10 for one, other in zip(*graphs, strict=True)]
    np.testing.assert_allclose(found.shares, truth, rtol=1e-6)
    assert found.to_json() == {
        "k": 10,
        "mean": pytest.approx(np.mean(truth)),
        "expected": pytest.approx(10 / (SPEC.segments - 1)),
        "points": SPEC.segments,
    }


def test_overlap_is_whole_with_itself_and_that_of_chance_with_noise(own_context, own_library):
    snapshot = needed_snapshot(own_context)
    assert overlap(snapshot, SEGMENTS, SEGMENTS).mean == 1
    noise = np.random.default_rng(1).standard_normal((SPEC.segments, 50), dtype=np.float32)
    path = own_library.files.derived_path(TAGGRAMS, "knn-indices")
    write_derived_array(path, knn_graph(noise, 90).indices, {})
    found = overlap(snapshot, SEGMENTS, TAGGRAMS)
    assert found.mean == pytest.approx(found.expected, abs=0.04)


def test_segments_are_matched_by_time_when_their_lengths_differ(context, library):
    """A segment of 2.992 s lies beside three of 0.96 s, which share its neighbourhood."""
    snapshot = needed_snapshot(context)
    coarse, fine = overlap(snapshot, SEGMENTS, VGGISH), overlap(snapshot, VGGISH, SEGMENTS)
    assert coarse.mean == pytest.approx(fine.mean)
    assert len(coarse.shares) == SPEC.segments
    assert len(fine.shares) == library.files.n_rows(VGGISH)
    starts = [library.files.offsets(network)[4] for network in ("mtt-musicnn", "audioset-vggish")]
    beside = [int((number + 0.5) * 0.96 / 2.992) for number in range(6)]
    assert beside == [0, 0, 0, 1, 1, 1]
    for number, segment in enumerate(beside):
        assert fine.shares[starts[1] + number] == coarse.shares[starts[0] + segment]


def test_points_are_left_out_when_only_one_space_has_them(own_context, own_library):
    files = own_library.files
    rows = np.arange(0, SPEC.segments, 2)
    graph = knn_graph(files.vectors(TAGGRAMS)[rows], 40)
    write_derived_array(files.derived_path(TAGGRAMS, "knn-rows"), rows, {})
    write_derived_array(files.derived_path(TAGGRAMS, "knn-indices"), graph.indices, {})
    found = overlap(needed_snapshot(own_context), SEGMENTS, TAGGRAMS)
    assert found.points == len(rows)
    assert np.flatnonzero(~np.isnan(found.shares)).tolist() == rows.tolist()
    among_those = knn_graph(files.vectors(SEGMENTS)[rows], 10).indices
    truth = [len(set(a) & set(b)) / 10 for a, b in zip(among_those, graph.indices[:, :10], strict=True)]
    np.testing.assert_allclose(found.shares[rows], truth, rtol=1e-6)


def test_levels_are_not_mixed(context):
    with pytest.raises(InputError, match="cannot be compared"):
        overlap(needed_snapshot(context), SEGMENTS, Space("mtt-musicnn", "taggrams", "tracks"))
