import json

import numpy as np
import pytest
from safetensors import safe_open
from sqlalchemy import delete, update

from app.errors import EmptyLibraryError, InputError, NotFoundError
from app.models import Snapshot, Track, db
from app.networks import NETWORKS
from app.queries.axes import View
from app.queries.columns import Positions
from app.queries.points import Points, PointsQuery
from app.store.files import write_derived_array
from app.store.snapshots import Space
from tests.read_side import SPEC

SEGMENTS = Space("mtt-musicnn", "embeddings", "segments")
TRACKS = Space("mtt-musicnn", "embeddings", "tracks")
TAGGRAMS = Space("mtt-musicnn", "taggrams", "segments")
TAGS = NETWORKS.get("mtt-musicnn").tags


def unpack(data, tmp_path):
    path = tmp_path / "points.safetensors"
    path.write_bytes(data)
    with safe_open(path, "numpy") as tensors:
        info = json.loads(tensors.metadata()["info"])
        return info, {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118


def positions(points):
    return {column.name: column for column in points._columns if isinstance(column, Positions)}


def test_positions_are_those_of_the_projection_when_binary(context, library, tmp_path):
    query = PointsQuery(SEGMENTS, ("position",), View("pca", x="2", y="0"))
    info, columns = unpack(Points(context, query).binary(), tmp_path)
    truth = library.files.projection(SEGMENTS, "pca")
    for name, component in (("x", 2), ("y", 0)):
        axis = info["axes"][name]
        assert columns[name].dtype == np.uint16
        restored = axis["min"] + columns[name] / 65535 * (axis["max"] - axis["min"])
        np.testing.assert_allclose(restored, truth[:, component], atol=(axis["max"] - axis["min"]) / 65535)
        assert axis["title"].lower() == f"pca {component + 1}"


def test_description_says_what_was_asked_when_binary(context, library, tmp_path):
    query = PointsQuery(SEGMENTS, ("position", "genre"), View("umap"))
    points = Points(context, query)
    info, _ = unpack(points.binary(), tmp_path)
    assert {
        name: info[name] for name in ("snapshot", "network", "layer", "level", "projection", "points")
    } == {
        "snapshot": library.key,
        "network": "mtt-musicnn",
        "layer": "embeddings",
        "level": "segments",
        "projection": "umap",
        "points": SPEC.segments,
    }
    assert info["version"] == points.version
    assert info["categories"]["genre"][0] == ""


def test_rows_lead_to_tracks_when_segments_are_asked_for(context, tmp_path):
    _, columns = unpack(Points(context, PointsQuery(SEGMENTS, ("track",))).binary(), tmp_path)
    assert columns["track_ids"].tolist() == list(range(1, SPEC.tracks + 1))
    assert np.diff(columns["offsets"].astype(int)).tolist() == SPEC.counts.tolist()
    assert columns["track_ids"].dtype == columns["offsets"].dtype == np.uint32


def test_there_are_no_offsets_when_tracks_are_asked_for(context, tmp_path):
    _, columns = unpack(Points(context, PointsQuery(TRACKS, ("track",))).binary(), tmp_path)
    assert list(columns) == ["track_ids"]


def test_attributes_have_one_code_per_track_when_segments_are_asked_for(context, tmp_path):
    query = PointsQuery(SEGMENTS, ("genre", "artist", "album", "year"))
    info, columns = unpack(Points(context, query).binary(), tmp_path)
    for name in ("genre", "artist", "album", "year"):
        assert columns[name].shape == (SPEC.tracks,)
        assert columns[name].dtype == np.uint16
        assert columns[name].max() < len(info["categories"][name])
    assert columns["artist"][9] == 0


def test_all_values_have_the_places_of_the_tracks_when_asked_for(context, tmp_path):
    info, columns = unpack(Points(context, PointsQuery(SEGMENTS, ("all:genre", "track"))).binary(), tmp_path)
    offsets, codes = columns["all:genre.offsets"], columns["all:genre"]
    assert (offsets.dtype, codes.dtype) == (np.uint32, np.uint16)
    for row, track_id in enumerate(columns["track_ids"].tolist()):
        names = {info["categories"]["all:genre"][code] for code in codes[offsets[row] : offsets[row + 1]]}
        assert names == {tag.name for tag in db.session.get_one(Track, track_id).tags}
    assert np.diff(offsets).max() == 2


def test_axes_are_raw_dimensions_when_the_projection_is_original(context, library):
    for space, digits in ((SEGMENTS, np.float16), (TRACKS, np.float32)):
        found = positions(
            Points(context, PointsQuery(space, ("position",), View("original", x="7", y="199")))
        )
        truth = library.files.vectors(space)
        assert truth.dtype == digits
        assert found["x"].plain() == truth[:, 7].astype(np.float32).tolist()
        assert found["y"].title == "Dimension 199"


def test_axes_are_tags_when_taggrams_are_asked_for_by_name(context, library):
    found = positions(
        Points(context, PointsQuery(TAGGRAMS, ("position",), View("original", x="rock", y="0")))
    )
    truth = library.files.vectors(TAGGRAMS)
    assert found["x"].plain() == truth[:, TAGS.index("rock")].astype(np.float32).tolist()
    assert (found["x"].title, found["y"].title) == ("rock", TAGS[0])


@pytest.mark.parametrize("level", ["tracks", "segments"])
def test_activations_are_those_of_the_tag_when_another_layer_is_shown(context, library, tmp_path, level):
    space = Space("mtt-musicnn", "embeddings", level)
    query = PointsQuery(space, ("tag:no vocals", "tag:rock"))
    _, columns = unpack(Points(context, query).binary(), tmp_path)
    truth = library.files.vectors(Space("mtt-musicnn", "taggrams", level))[:, TAGS.index("no vocals")]
    np.testing.assert_allclose(columns["tag:no vocals"] / 255, truth, atol=0.51 / 255)


def test_json_holds_real_values_when_asked_for(context, library):
    query = PointsQuery(SEGMENTS, ("position", "track", "tag:rock", "genre"), View("umap"))
    answer = Points(context, query).to_json()
    json.dumps(answer, allow_nan=False)
    truth = library.files.projection(SEGMENTS, "umap")
    assert answer["columns"]["y"] == truth[:, 1].tolist()
    assert len(answer["columns"]["tag:rock"]) == SPEC.segments
    assert answer["columns"]["offsets"][-1] == SPEC.segments
    assert answer["info"]["axes"]["x"]["max"] == float(truth[:, 0].max())


def test_column_comes_once_when_asked_for_twice(context):
    answer = Points(context, PointsQuery(TRACKS, ("track", "track"))).to_json()
    assert list(answer["columns"]) == ["track_ids"]


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        (PointsQuery(SEGMENTS, ("postion",)), InputError, "Unknown column 'postion'. Known: position, track"),
        (PointsQuery(SEGMENTS, ("position",)), InputError, "need the argument 'projection'"),
        (PointsQuery(SEGMENTS, ("position",), View("tsne")), NotFoundError, "no projection 'tsne'"),
        (PointsQuery(SEGMENTS, ("position",), View("umap", y="2")), NotFoundError, "from 0 to 1"),
        (PointsQuery(SEGMENTS, ("position",), View("umap", y="-1")), NotFoundError, "'-1'"),
        (PointsQuery(SEGMENTS, ("position",), View("umap", y="²")), NotFoundError, "'²'"),
        (PointsQuery(SEGMENTS, ("position",), View("original", y="200")), NotFoundError, "from 0 to 199"),
        (
            PointsQuery(SEGMENTS, ("position",), View("original", y="rock")),
            NotFoundError,
            "no dimension 'rock'",
        ),
        (
            PointsQuery(TAGGRAMS, ("position",), View("original", y="polka")),
            NotFoundError,
            "no tag or dimension",
        ),
        (
            PointsQuery(SEGMENTS, ("all:polka",)),
            InputError,
            "Unknown column 'all:polka'. Known: .* all:<attribute>",
        ),
        (PointsQuery(SEGMENTS, ("tag:polka",)), NotFoundError, "has no tag 'polka'. It has: guitar"),
        (PointsQuery(Space("x", "embeddings", "tracks"), ("track",)), NotFoundError, "no network 'x'"),
        (PointsQuery(Space("mtt-musicnn", "x", "tracks"), ("track",)), NotFoundError, "no layer 'x'"),
        (
            PointsQuery(Space("audioset-vggish", "embeddings", "tracks"), ("tag:rock",)),
            NotFoundError,
            "no layer 'taggrams'",
        ),
    ],
)
def test_query_is_refused_when_it_names_what_there_is_not(context, query, error, message):
    with pytest.raises(error, match=message):
        Points(context, query)


def test_query_is_refused_when_nothing_is_published(own_context):
    db.session.execute(delete(Snapshot))
    with pytest.raises(EmptyLibraryError):
        Points(own_context, PointsQuery(SEGMENTS, ("track",)))


def version(settings, *columns, projection=None):
    view = None if projection is None else View(projection)
    return Points(settings, PointsQuery(SEGMENTS, columns, view)).version


def test_version_is_the_snapshots_id_when_nothing_else_matters(context, library):
    assert version(context, "track") == library.key
    assert version(context, "tag:rock", "position", projection="original") == library.key


def test_version_follows_the_projection_only_when_positions_depend_on_it(own_library, own_context):
    before = [version(own_context, *columns, projection="umap") for columns in (["position"], ["track"])]
    moved = np.ones((SPEC.segments, 2), np.float32)
    write_derived_array(own_library.files.derived_path(SEGMENTS, "umap"), moved, {})
    after = [version(own_context, *columns, projection="umap") for columns in (["position"], ["track"])]
    assert before[0] != after[0]
    assert before[1] == after[1]


def test_version_follows_attributes_only_when_they_are_asked_for(own_context):
    before = [version(own_context, *columns) for columns in (["genre"], ["all:genre"], ["track"])]
    db.session.execute(update(Track).where(Track.id == 1).values(year=1234))
    after = [version(own_context, *columns) for columns in (["genre"], ["all:genre"], ["track"])]
    assert before[0] != after[0]
    assert before[1] != after[1]
    assert before[2] == after[2]
