"""Reducing spaces: which rows are fitted, how the others are placed, what is kept."""

from pathlib import Path

import numpy as np
import pytest

from app.reducers import ReducerOptions
from app.services.project import SpacePlan, choose_fit_rows, reduce_space
from app.store.files import read_manifest
from app.store.snapshots import SnapshotFiles, Space
from tests.snapshot_factory import Spec, build_library

SEGMENTS = Space("mtt-musicnn", "embeddings", "segments")
TRACKS = Space("mtt-musicnn", "embeddings", "tracks")


@pytest.fixture
def files(tmp_path: Path) -> SnapshotFiles:
    return build_library(tmp_path, Spec(tracks=40, segments=600)).files


def test_every_track_gives_its_share_when_segments_are_too_many(files: SnapshotFiles) -> None:
    rows = choose_fit_rows(files, SEGMENTS, 200, seed=0)
    assert rows is not None
    assert len(rows) == len(set(rows.tolist())) == 200
    assert (np.diff(rows) > 0).all()
    offsets = np.asarray(files.offsets(SEGMENTS.network))
    taken = np.histogram(rows, bins=offsets)[0]
    np.testing.assert_allclose(taken, np.diff(offsets) / 3, atol=1)


def test_rows_are_the_same_when_the_seed_is_and_others_when_not(files: SnapshotFiles) -> None:
    first, again, other = (choose_fit_rows(files, SEGMENTS, 100, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_all_rows_are_fitted_when_they_are_few_or_tracks(files: SnapshotFiles) -> None:
    assert choose_fit_rows(files, SEGMENTS, 600, seed=0) is None
    assert choose_fit_rows(files, TRACKS, 10, seed=0) is None


def test_all_rows_have_a_place_when_only_some_are_fitted(files: SnapshotFiles) -> None:
    names = ("pca", "tsne")
    reduce_space(SpacePlan(files.folder, SEGMENTS, names, ReducerOptions(), max_fit=200))
    for name in names:
        coordinates = files.projection(SEGMENTS, name)
        assert (len(coordinates), coordinates.dtype) == (600, np.float32)
        assert np.isfinite(coordinates).all()
        manifest = read_manifest(files.derived_path(SEGMENTS, name))
        assert manifest is not None
        assert manifest["fitted_rows"] == 200
        assert 0.5 < manifest["quality"]["trustworthiness_10"] <= 1


def test_map_is_the_same_when_computed_again(files: SnapshotFiles) -> None:
    plan = SpacePlan(files.folder, TRACKS, ("pca", "tsne"), ReducerOptions(seed=3), max_fit=200)
    reduce_space(plan)
    first = {name: np.array(files.projection(TRACKS, name)) for name in plan.projections}
    reduce_space(plan)
    for name, coordinates in first.items():
        np.testing.assert_array_equal(files.projection(TRACKS, name), coordinates)
