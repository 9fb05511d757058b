import json

from sqlalchemy import delete

from app.models import Snapshot, db
from app.queries.axes import View
from app.queries.library import describe_library
from app.queries.points import Points, PointsQuery
from app.store.files import write_derived_array
from app.store.snapshots import Space
from tests.read_side import SPEC


def test_everything_that_can_be_chosen_is_listed_when_published(context, library):
    described = describe_library(context)
    assert described["snapshot"]["id"] == library.key
    assert described["snapshot"]["published_at"].endswith("+00:00")
    assert described["library"] == {"tracks": SPEC.tracks, "segments": SPEC.segments}
    assert described["attributes"] == ["genre", "artist", "album", "year", "folder"]
    tagging, other = described["networks"]
    assert (tagging["name"], tagging["dataset"], tagging["architecture"]) == ("mtt-musicnn", "mtt", "musicnn")
    assert (tagging["segment_seconds"], tagging["segments"]) == (2.992, SPEC.segments)
    assert (len(tagging["tags"]), other["tags"]) == (50, [])
    assert {layer["name"]: layer["size"] for layer in tagging["layers"]} == {
        "embeddings": 200,
        "taggrams": 50,
    }
    for layer in tagging["layers"]:
        assert [(level["name"], level["points"]) for level in layer["levels"]] == [
            ("tracks", SPEC.tracks),
            ("segments", SPEC.segments),
        ]


def test_projections_are_described_by_their_manifests_when_finished(context):
    levels = describe_library(context)["networks"][0]["layers"][0]["levels"]
    pca, umap = levels[1]["projections"]
    assert (pca["name"], pca["components"], len(pca["explained_variance"])) == ("pca", 10, 10)
    assert (umap["name"], umap["components"], umap["explained_variance"]) == ("umap", 2, None)
    assert umap["quality"]["trustworthiness_10"] == 0.97


def test_versions_are_those_that_points_have_when_asked_for(context):
    described = describe_library(context)
    space = Space("mtt-musicnn", "embeddings", "segments")
    projection = described["networks"][0]["layers"][0]["levels"][1]["projections"][1]
    assert Points(context, PointsQuery(space, ("position",), View("umap"))).version == projection["version"]
    assert Points(context, PointsQuery(space, ("genre",))).version == described["attributes_version"]
    assert Points(context, PointsQuery(space, ("track",))).version == described["snapshot"]["id"]


def test_quality_is_null_where_it_is_no_number_when_described(own_library, own_context):
    space = Space("mtt-musicnn", "embeddings", "tracks")
    path = own_library.files.derived_path(space, "umap")
    write_derived_array(
        path, own_library.files.projection(space, "umap")[:], {"quality": {"a": float("nan")}}
    )
    described = describe_library(own_context)
    json.dumps(described, allow_nan=False)
    assert described["networks"][0]["layers"][0]["levels"][0]["projections"][1]["quality"] == {"a": None}


def test_tracks_are_counted_when_nothing_is_published(own_context):
    db.session.execute(delete(Snapshot))
    assert describe_library(own_context) == {
        "snapshot": None,
        "library": {"tracks": SPEC.tracks, "segments": 0},
        "networks": [],
        "attributes": ["genre", "artist", "album", "year", "folder"],
        "attributes_version": None,
    }
