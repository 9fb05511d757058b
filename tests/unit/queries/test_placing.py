import numpy as np
import pytest

from app.errors import InputError
from app.queries.placing import Sent, place_sound
from app.store.snapshots import Space


@pytest.fixture
def tracks(library):
    return library.files.vectors(Space("mtt-musicnn", "embeddings", "tracks"))


def test_sound_lies_where_its_vectors_are_when_the_space_itself_is_shown(context, tracks):
    space = Space("mtt-musicnn", "embeddings", "tracks")
    rows = np.asarray(tracks[3:4], np.float32)
    placed = place_sound(context, space, "original", Sent(rows, None, None), 3)
    np.testing.assert_array_equal(placed.positions, rows)
    assert placed.near.results[0].distance == pytest.approx(0, abs=1e-3)
    assert len(placed.near.results) == 3


def test_each_segment_has_a_place_when_the_map_is_one_of_segments(context, library):
    space = Space("mtt-musicnn", "embeddings", "segments")
    rows = np.asarray(library.files.vectors(space)[:4], np.float32)
    placed = place_sound(context, space, "umap", Sent(rows, None, None), 2)
    assert placed.positions.shape == (4, 2)
    known = np.load(library.files.derived_path(space, "umap"))
    low, high = known.min(axis=0), known.max(axis=0)
    assert ((placed.positions >= low) & (placed.positions <= high)).all()


def test_it_is_refused_when_the_vectors_are_of_another_size(context):
    space = Space("mtt-musicnn", "embeddings", "tracks")
    with pytest.raises(InputError, match="has vectors of 200 values, not 7"):
        place_sound(context, space, "original", Sent(np.zeros((1, 7), np.float32), None, None), 3)
