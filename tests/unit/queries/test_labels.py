import numpy as np
import pytest

from app.networks import NETWORKS
from app.queries.axes import View
from app.queries.labels import ZOOMS, region_labels
from app.store.files import write_derived_array
from app.store.snapshots import Space
from tests.snapshot_factory import Library, Spec, build_library, replace_array

SEGMENTS = Space("mtt-musicnn", "embeddings", "segments")
TAGGRAMS = Space("mtt-musicnn", "taggrams", "segments")
TAGS = NETWORKS.get("mtt-musicnn").tags


@pytest.fixture
def own_library(tmp_path) -> Library:
    """A map with three islands: flute is heard on the left, piano on the right, guitar everywhere."""
    library = build_library(tmp_path / "library", Spec(tracks=20, segments=600))
    rng = np.random.default_rng(5)
    island = np.repeat([-1, 0, 1], 200)
    activations = rng.uniform(0, 0.01, (600, 50))
    activations[:, TAGS.index("guitar")] = 0.9
    activations[island == -1, TAGS.index("flute")] = 0.6
    activations[island == 1, TAGS.index("piano")] = 0.5
    replace_array(library, "mtt-musicnn/taggrams/segments.npy", activations.astype(np.float16))
    places = island[:, None] * [10, 5] + rng.standard_normal((600, 2))
    write_derived_array(library.files.derived_path(SEGMENTS, "umap"), places.astype(np.float32), {})
    return library


def test_islands_are_named_by_what_stands_out_there(own_context):
    labels = region_labels(own_context, SEGMENTS, View("umap"))
    levels = dict(labels.levels)
    assert tuple(levels) == ZOOMS
    named = {label.text: label for label in levels[1]}
    assert set(named) == {"flute", "piano"}
    assert named["flute"].x < 0.3
    assert named["piano"].x > 0.7
    for label in named.values():
        assert label.lift == pytest.approx(3, rel=0.2)
    assert named["flute"].points > 50


def test_labels_keep_apart_at_every_zoom(own_context):
    for zoom, labels in region_labels(own_context, SEGMENTS, View("umap")).levels:
        places = np.array([(label.x, label.y) for label in labels])
        assert len(places)
        assert ((places >= 0) & (places <= 1)).all()
        distances = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
        assert (distances[~np.eye(len(places), dtype=bool)] >= 0.1 / zoom).all()


def test_nothing_is_named_when_nothing_stands_out(own_context, own_library):
    replace_array(own_library, "mtt-musicnn/taggrams/segments.npy", np.full((600, 50), 0.5, np.float16))
    assert {labels for _, labels in region_labels(own_context, SEGMENTS, View("umap")).levels} == {()}


def test_there_are_no_labels_when_the_network_has_no_tags(context):
    space = Space("audioset-vggish", "embeddings", "tracks")
    assert all(labels == () for _, labels in region_labels(context, space, View("pca")).levels)


def test_axes_may_be_tags(own_context):
    view = View("original", x="flute", y="piano", x_minus="guitar", y_scale="log")
    labels = dict(region_labels(own_context, TAGGRAMS, view).levels)[1]
    assert {label.text for label in labels} == {"flute", "piano"}
