"""Gathering parts into snapshots, and switching to them."""

import shutil
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select, update

from app.errors import DamagedFileError, EmptyLibraryError
from app.models import Extraction, Part, Snapshot, Track, db
from app.services.publish import build_snapshot, plan_snapshot, publish, track_means
from app.services.report import Reporter
from app.settings import Settings
from app.store.parts import PartFiles
from app.store.snapshots import Space

NETWORK = "mtt-vgg"


def _add_part(settings: Settings, tracks: dict[int, int], *, weights: str = "w", value: float = 0.0) -> None:
    """Write a part with ``tracks`` (id to number of segments); row i of track t holds t + i / 100."""
    rows = np.concatenate([t + np.arange(n)[:, None] / 100 + value for t, n in tracks.items()])
    layers = {
        "taggrams": np.repeat(rows, 50, axis=1).astype(np.float16),
        "embeddings": np.repeat(rows, 256, axis=1).astype(np.float16),
    }
    name = f"part{db.session.query(Part).count()}"
    PartFiles(settings.DATA_DIR / NETWORK, name).write(layers, {})
    part = Part(network=NETWORK, name=name, n_rows=len(rows), weights_sha256=weights)
    db.session.add(part)
    db.session.flush()
    start = 0
    for track_id, n_rows in tracks.items():
        if db.session.get(Track, track_id) is None:
            db.session.add(Track(id=track_id, path=f"{track_id}.ogg", quick_hash=f"h{track_id}"))
            db.session.flush()
        row = db.session.scalar(select(Extraction).where(Extraction.track_id == track_id))
        if row is None:
            row = Extraction(track_id=track_id, network=NETWORK, state="done", content_version=0)
            db.session.add(row)
        row.part_id, row.row_start, row.n_rows = part.id, start, n_rows
        start += n_rows
    db.session.commit()


def _build(settings: Settings) -> Path:
    plan = plan_snapshot(settings)
    build_snapshot(settings, plan, Reporter())
    publish(settings, plan.files)
    return plan.files.folder


def test_rows_are_in_catalogue_order_when_parts_are_not(settings: Settings) -> None:
    _add_part(settings, {3: 2, 1: 3})
    _add_part(settings, {2: 1})
    _build(settings)
    files = plan_snapshot(settings).files
    assert files.track_ids(NETWORK).tolist() == [1, 2, 3]
    assert files.offsets(NETWORK).tolist() == [0, 3, 4, 6]
    segments = files.vectors(Space(NETWORK, "embeddings", "segments"))
    expected = np.array([1, 1.01, 1.02, 2, 3, 3.01], np.float16)
    np.testing.assert_array_equal(segments[:, 0], expected)
    means = files.vectors(Space(NETWORK, "embeddings", "tracks"))
    np.testing.assert_allclose(
        means[:, 5], [expected[:3].astype("f4").mean(), 2, expected[4:].mean()], rtol=1e-3
    )
    files.verify()


def test_track_is_left_out_when_its_file_changed_or_is_gone(settings: Settings) -> None:
    _add_part(settings, {1: 1, 2: 1, 3: 1})
    db.session.get_one(Track, 2).content_version = 1
    db.session.get_one(Track, 3).state = "missing"
    db.session.commit()
    _build(settings)
    assert plan_snapshot(settings).files.track_ids(NETWORK).tolist() == [1]


def test_map_stays_whole_when_few_tracks_have_new_weights(settings: Settings) -> None:
    _add_part(settings, {1: 1, 2: 1, 3: 1}, weights="old")
    _add_part(settings, {2: 1}, weights="new")
    (catalogue,) = plan_snapshot(settings).catalogues
    assert (catalogue.weights_sha256, [piece.track_id for piece in catalogue.slices]) == ("old", [1, 3])


def test_nothing_is_written_when_the_snapshot_exists(settings: Settings) -> None:
    _add_part(settings, {1: 2})
    folder = _build(settings)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    _build(settings)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert db.session.query(Snapshot).count() == 1


def test_old_snapshots_go_when_there_are_more_than_are_kept(settings: Settings) -> None:
    folders = []
    for track_id in (1, 2, 3):
        _add_part(settings, {track_id: 1})
        folders.append(_build(settings))
    (settings.AGGRDATA_DIR / "0123456789abcdef").mkdir()  # of a run that was killed
    (settings.AGGRDATA_DIR / "somebody's").mkdir()
    _build(settings)
    left = {path.name for path in settings.AGGRDATA_DIR.iterdir()}
    assert left == {folder.name for folder in folders[1:]} | {"somebody's"}
    assert db.session.query(Snapshot).count() == 2


def test_former_snapshot_is_current_again_when_the_library_returns_to_it(settings: Settings) -> None:
    _add_part(settings, {1: 1, 2: 1})
    first = _build(settings)
    db.session.get_one(Track, 2).state = "missing"
    db.session.commit()
    assert _build(settings) != first
    db.session.get_one(Track, 2).state = "present"
    db.session.commit()
    _build(settings)
    latest = db.session.scalar(select(Snapshot.key).order_by(Snapshot.published_at.desc()))
    assert latest == first.name


def test_newest_snapshot_is_current_when_the_clock_was_set_back(settings: Settings) -> None:
    _add_part(settings, {1: 1})
    _build(settings)
    db.session.execute(update(Snapshot).values(published_at=datetime(2999, 1, 1, tzinfo=UTC)))
    db.session.commit()
    _add_part(settings, {2: 1})
    newest = _build(settings)
    latest = db.session.scalar(select(Snapshot.key).order_by(Snapshot.published_at.desc()))
    assert latest == newest.name
    assert newest.exists()


def test_error_says_what_to_do_when_nothing_is_extracted(settings: Settings) -> None:
    with pytest.raises(EmptyLibraryError, match="flask extract-all"):
        plan_snapshot(settings)


def test_error_says_what_to_do_when_a_part_is_damaged(settings: Settings) -> None:
    _add_part(settings, {1: 1})
    shutil.rmtree(settings.DATA_DIR / NETWORK)
    with pytest.raises(DamagedFileError, match="verify --repair"):
        _build(settings)
    assert not db.session.query(Snapshot).count()


def test_means_are_those_of_each_track_when_blocks_are_crossed() -> None:
    rng = np.random.default_rng(1)
    counts = rng.integers(1, 5, size=2500)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    segments = rng.random((offsets[-1], 3)).astype(np.float16)
    expected = [segments[a:b].astype(np.float64).mean(axis=0) for a, b in pairwise(offsets)]
    np.testing.assert_allclose(track_means(segments, offsets), expected, rtol=1e-5)
