import json

import numpy as np
import pytest
from scipy.stats import skew

from app.errors import NotFoundError
from app.neighbours.knn import knn_graph
from app.queries.quality import describe_quality
from app.store.files import write_derived_array
from app.store.snapshots import Space
from tests.read_side import SPEC

SEGMENTS = Space("mtt-musicnn", "embeddings", "segments")
TRACKS = Space("mtt-musicnn", "embeddings", "tracks")


def test_hubs_are_those_in_most_neighbourhoods(context, library):
    found = describe_quality(context, SEGMENTS, "umap")
    json.dumps(found, allow_nan=False)
    counts = np.bincount(knn_graph(library.files.vectors(SEGMENTS), 10).indices.ravel(), minlength=90)
    hubness = found["hubness"]
    assert (hubness["k"], hubness["points"]) == (10, SPEC.segments)
    assert hubness["skewness"] == pytest.approx(skew(counts))
    assert hubness["never"] == (counts == 0).sum()
    assert [hub["count"] for hub in hubness["hubs"]] == sorted(counts.tolist(), reverse=True)[:10]
    offsets = library.files.offsets("mtt-musicnn")
    for hub in hubness["hubs"]:
        assert counts[hub["row"]] == hub["count"]
        assert hub["row"] == offsets[hub["track"]["id"] - 1] + hub["segment"]
    assert found["projection"]["trustworthiness_10"] == 0.97


def test_only_what_is_known_is_told(own_context, own_library):
    write_derived_array(own_library.files.derived_path(TRACKS, "knn-indices"), np.empty((12, 0), int), {})
    hubness = describe_quality(own_context, TRACKS, "original")["hubness"]
    assert (hubness["skewness"], hubness["never"]) == (None, 12)
    own_library.files.derived_path(TRACKS, "knn-indices").unlink()
    assert describe_quality(own_context, TRACKS, None) == {"projection": None, "hubness": None}
    with pytest.raises(NotFoundError):
        describe_quality(own_context, TRACKS, "tsne")
    with pytest.raises(NotFoundError):
        describe_quality(own_context, Space("mtt-musicnn", "x", "tracks"), None)
