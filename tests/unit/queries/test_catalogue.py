import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta

import numpy as np
import pytest
from sqlalchemy import delete

from app.errors import DamagedFileError, EmptyLibraryError, NotFoundError
from app.models import Snapshot, db
from app.queries.catalogue import current_snapshot, needed_snapshot, published
from app.store.files import write_derived_array
from app.store.snapshots import Space
from tests.read_side import SPEC
from tests.snapshot_factory import Spec, publish_snapshot, replace_array

SPACE = Space("mtt-musicnn", "embeddings", "segments")


def test_snapshot_is_the_newest_one_when_several_are_published(own_library, own_context):
    newer = publish_snapshot(own_library.root, Spec(tracks=12, segments=80))
    found = published(own_context)
    assert found.files.key == newer.key
    assert (found.n_tracks, found.n_segments) == (12, 80)
    row = db.session.scalar(db.select(Snapshot).where(Snapshot.key == own_library.key))
    row.published_at += timedelta(days=1)
    db.session.commit()
    assert published(own_context).files.key == own_library.key


def test_synthetic_snapshot_is_whole_when_verified(library):
    library.files.verify()


def test_time_of_publishing_has_a_zone_when_read(context):
    assert published(context).published_at.tzinfo is UTC


def test_there_is_no_snapshot_when_nothing_is_published(own_context):
    db.session.execute(delete(Snapshot))
    assert current_snapshot(own_context) is None
    with pytest.raises(EmptyLibraryError, match="flask process"):
        needed_snapshot(own_context)


def test_snapshot_and_arrays_stay_open_when_asked_for_again(context):
    first = needed_snapshot(context)
    assert needed_snapshot(context) is first
    assert first.vectors(SPACE) is first.vectors(SPACE)
    assert first.offsets(SPACE.network) is first.offsets(SPACE.network)


def test_all_threads_see_the_same_values_when_they_open_at_once(own_context):
    snapshot = needed_snapshot(own_context)
    with ThreadPoolExecutor(8) as pool:
        sums = list(pool.map(lambda _: float(np.sum(snapshot.vectors(SPACE), dtype=np.float64)), range(32)))
    assert len(set(sums)) == 1


def test_snapshot_is_opened_anew_when_it_was_rebuilt(own_library, own_context):
    before = needed_snapshot(own_context)
    before.vectors(SPACE)
    manifest = own_library.files.folder / "manifest.json"
    text = manifest.read_text()
    manifest.unlink()
    manifest.write_text(text)
    assert needed_snapshot(own_context) is not before


def test_error_names_the_snapshot_when_its_folder_is_gone(own_library, own_context):
    shutil.rmtree(own_library.files.folder)
    with pytest.raises(DamagedFileError, match=rf"{own_library.key}.*flask verify --repair"):
        needed_snapshot(own_context)


def test_error_says_so_when_an_array_is_cut_short(own_library, own_context):
    path = own_library.files.folder / "mtt-musicnn" / "embeddings" / "segments.npy"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(DamagedFileError, match=r"segments\.npy"):
        needed_snapshot(own_context).vectors(SPACE)


def test_error_says_so_when_an_array_has_other_rows_than_the_manifest_says(own_library, own_context):
    replace_array(own_library, "mtt-musicnn/offsets.npy", np.arange(5))
    with pytest.raises(DamagedFileError, match="5 rows instead of 13"):
        needed_snapshot(own_context).offsets("mtt-musicnn")


def test_projection_comes_with_its_manifest_when_computed_anew(own_library, own_context):
    snapshot = needed_snapshot(own_context)
    _, before = snapshot.projection_and_manifest(SPACE, "umap")
    moved = np.ones((SPEC.segments, 2), np.float32)
    write_derived_array(own_library.files.derived_path(SPACE, "umap"), moved, {"projection": "umap"})
    coordinates, manifest = snapshot.projection_and_manifest(SPACE, "umap")
    assert manifest["sha256"] != before["sha256"]
    assert coordinates[0].tolist() == [1, 1]


@pytest.mark.parametrize("name", ["tsne", "../segments/umap", "knn-indices", "", "/etc/passwd"])
def test_projection_is_refused_when_the_snapshot_does_not_list_it(own_library, own_context, name):
    path = own_library.files.derived_path(SPACE, "knn-indices")
    write_derived_array(path, np.zeros((SPEC.segments, 3), np.int64), {})
    with pytest.raises(NotFoundError, match="There are: pca, umap"):
        needed_snapshot(own_context).projection_and_manifest(SPACE, name)


def test_projection_is_refused_when_its_rows_are_not_the_snapshots(own_library, own_context):
    write_derived_array(own_library.files.derived_path(SPACE, "umap"), np.ones((7, 2), np.float32), {})
    with pytest.raises(DamagedFileError, match="7 rows"):
        needed_snapshot(own_context).projection_and_manifest(SPACE, "umap")
