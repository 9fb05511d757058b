import itertools

import numpy as np
import pytest

from app.errors import InputError, NotFoundError
from app.neighbours.knn import knn_graph
from app.networks import NETWORKS
from app.queries.axes import View
from app.queries.catalogue import needed_snapshot
from app.queries.derived import derived_columns
from app.queries.points import Points, PointsQuery
from app.reducers.quality import map_neighbours
from app.store.files import write_derived_array
from app.store.snapshots import Space

SEGMENTS = Space("mtt-musicnn", "embeddings", "segments")
TRACKS = Space("mtt-musicnn", "embeddings", "tracks")
TAGGRAMS = Space("mtt-musicnn", "taggrams", "segments")
VGGISH = Space("audioset-vggish", "embeddings", "segments")


def read(settings, space, name, view=None):
    points = Points(settings, PointsQuery(space, (name,), view))
    answer = points.to_json()
    return answer["columns"][name], answer["info"], points._columns[0].compact()


def test_columns_are_listed_where_they_exist(context, own_context, own_library):
    snapshot = needed_snapshot(context)
    assert derived_columns(snapshot, TRACKS) == [
        "strongest",
        "spread",
        "kept",
        "overlap:audioset-vggish/embeddings",
        "overlap:mtt-musicnn/taggrams",
    ]
    assert "strongest" not in derived_columns(snapshot, VGGISH)
    for name in derived_columns(snapshot, TRACKS):
        assert len(read(context, TRACKS, name, View("umap"))[0]) == snapshot.n_rows(TRACKS)
    for path in own_library.files.derived_path(TRACKS, "x").parent.glob("knn-indices.npy*"):
        path.unlink()
    assert derived_columns(needed_snapshot(own_context), TRACKS) == ["strongest", "spread"]
    with pytest.raises(NotFoundError, match="flask reduce-all"):
        read(own_context, TRACKS, "kept", View("umap"))


def test_strongest_tag_is_the_one_of_the_greatest_activation(context, library):
    values, info, codes = read(context, SEGMENTS, "strongest")
    truth = np.asarray(library.files.vectors(TAGGRAMS)).argmax(axis=1) + 1
    assert values == truth.tolist()
    assert info["categories"]["strongest"] == ["", *NETWORKS.get("mtt-musicnn").tags]
    assert codes.dtype == np.uint16


def test_spread_is_the_mean_distance_to_the_mean(context, library):
    values, info, codes = read(context, TRACKS, "spread")
    segments = library.files.vectors(SEGMENTS).astype(np.float32)
    offsets = library.files.offsets("mtt-musicnn")
    truth = []
    for start, stop in itertools.pairwise(offsets):
        own = segments[start:stop]
        truth.append(np.linalg.norm(own - own.mean(axis=0), axis=1).mean())
    np.testing.assert_allclose(values, truth, rtol=1e-3, atol=1e-5)
    assert info["scales"]["spread"] == {"min": 0.0, "max": max(values)}
    np.testing.assert_allclose(codes / 255 * max(values), truth, atol=max(values) / 500)
    with pytest.raises(InputError, match="one of tracks"):
        read(context, SEGMENTS, "spread")


@pytest.mark.parametrize("view", [View("umap"), View("pca", x="4", y="2"), View("original", x="3", y="5")])
def test_kept_neighbours_are_those_near_on_the_map_and_in_the_space(context, library, view):
    values, _, codes = read(context, SEGMENTS, "kept", view)
    true = knn_graph(library.files.vectors(SEGMENTS), 10).indices
    axes = [int(view.x), int(view.y)]
    if view.projection == "original":
        drawn = library.files.vectors(SEGMENTS)[:, axes].astype(np.float32)
        drawn /= np.ptp(drawn, axis=0)
    else:
        drawn = library.files.projection(SEGMENTS, view.projection)[:, axes]
    near = map_neighbours(drawn, np.arange(len(drawn)), 10)
    truth = [len(set(one) & set(other)) / 10 for one, other in zip(true, near, strict=True)]
    np.testing.assert_allclose(values, truth, atol=0.003)
    np.testing.assert_allclose((codes - 1.0) / 254, truth, atol=0.003)
    assert codes.min() > 0


def test_kept_neighbours_are_unknown_where_rows_were_not_fitted(own_context, own_library):
    files = own_library.files
    rows = np.arange(0, files.n_rows(SEGMENTS), 3)
    graph = knn_graph(files.vectors(SEGMENTS)[rows], 20)
    write_derived_array(files.derived_path(SEGMENTS, "knn-rows"), rows, {})
    write_derived_array(files.derived_path(SEGMENTS, "knn-indices"), graph.indices, {})
    values, _, codes = read(own_context, SEGMENTS, "kept", View("umap"))
    assert np.flatnonzero(codes).tolist() == rows.tolist()
    assert values[1] is None
    near = map_neighbours(files.projection(SEGMENTS, "umap")[rows], np.arange(len(rows)), 10)
    truth = [len(set(a) & set(b)) / 10 for a, b in zip(graph.indices[:, :10], near, strict=True)]
    np.testing.assert_allclose((codes[rows] - 1.0) / 254, truth, atol=0.003)


def test_kept_neighbours_need_a_projection(context):
    with pytest.raises(InputError, match="need the argument 'projection'"):
        read(context, SEGMENTS, "kept")


def test_axis_is_a_difference_when_a_tag_is_subtracted(context, library):
    view = View("original", x="rock", y="piano", x_minus="opera")
    points = Points(context, PointsQuery(TAGGRAMS, ("position",), view))
    tags = NETWORKS.get("mtt-musicnn").tags
    truth = library.files.vectors(TAGGRAMS).astype(np.float32)
    axes = points.to_json()
    assert axes["info"]["axes"]["x"]["title"] == "rock − opera"
    np.testing.assert_allclose(
        axes["columns"]["x"], truth[:, tags.index("rock")] - truth[:, tags.index("opera")], atol=1e-6
    )
    assert axes["info"]["axes"]["x"]["min"] < 0


def test_axis_is_logarithmic_when_asked_for(context, library):
    view = View("original", x="rock", y="piano", y_scale="log")
    answer = Points(context, PointsQuery(TAGGRAMS, ("position",), view)).to_json()
    piano = library.files.vectors(TAGGRAMS)[:, NETWORKS.get("mtt-musicnn").tags.index("piano")].astype(
        np.float64
    )
    np.testing.assert_allclose(answer["columns"]["y"], np.log10(np.maximum(piano, 1e-4)), atol=1e-5)
    axis = answer["info"]["axes"]["y"]
    assert (axis["scale"], axis["floor"]) == ("log", 1e-4)
    assert "scale" not in answer["info"]["axes"]["x"]


@pytest.mark.parametrize(
    ("space", "view", "message"),
    [
        (TAGGRAMS, View("umap", x_minus="rock"), "Only tags can be subtracted"),
        (TAGGRAMS, View("umap", y_scale="log"), "Only the projection 'original'"),
        (SEGMENTS, View("original", x_minus="3"), "Only tags can be subtracted"),
        (TAGGRAMS, View("original", x_minus="rock", x_scale="log"), "no logarithm"),
    ],
)
def test_axes_are_refused_when_they_make_no_sense(context, space, view, message):
    with pytest.raises(InputError, match=message):
        Points(context, PointsQuery(space, ("position",), view))


def test_version_follows_the_projection_only_when_kept_neighbours_depend_on_it(context, library):
    def version(name, projection):
        return Points(context, PointsQuery(SEGMENTS, (name,), View(projection))).version

    assert version("kept", "umap") == version("position", "umap")
    assert version("kept", "original") == version("strongest", "umap") == library.key
    assert version("overlap:audioset-vggish/embeddings", "umap") == library.key
