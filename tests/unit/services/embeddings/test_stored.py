"""Foreign embeddings that are there: replaced, damaged, forgotten."""

import numpy as np
import pytest

from app.errors import DamagedFileError, InputError, NotFoundError
from app.models import Part, db
from app.services.embeddings import take_in
from app.services.embeddings.stored import forget_embeddings
from app.services.publish import plan_snapshot
from app.services.report import Reporter
from app.services.verify import verify
from app.store.networks import imported_names
from app.store.parts import PartFiles, new_part_name
from tests.unit.services.embeddings.conftest import NAME, VALUES, files_of, ledger


def test_set_is_replaced_only_when_that_is_wanted(take, settings, published):
    take(VALUES[:2], "1", "2")
    first = files_of(settings)
    with pytest.raises(InputError, match="Replace it with --replace"):
        take(VALUES[2:4], "2", "3")
    assert files_of(settings) == first
    before = published()[0].key
    take(VALUES[2:4], "2", "3", replace=True)
    files, vectors, ids = published()
    assert (ids.tolist(), files.key != before) == ([2, 3], True)
    np.testing.assert_array_equal(vectors, VALUES[2:4].astype(np.float16))
    assert len(files_of(settings)) == len(first)
    assert verify(settings, Reporter()).leftovers == []


def test_former_set_stays_when_its_successor_cannot_be_written(take, settings, published, monkeypatch):
    take(VALUES[:2], "1", "2")
    before, key = files_of(settings), published()[0].key

    def break_off(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(take_in, "delete_rows", break_off)
    with pytest.raises(KeyboardInterrupt):
        take(VALUES[2:4], "2", "3", replace=True)
    assert (files_of(settings), published()[0].key) == (before, key)


def test_nothing_is_written_when_run_dry(take, settings):
    found = take(VALUES[:2], "1", "2", dry_run=True)
    assert (found.n_segments, ledger(), files_of(settings)) == (2, [], [])


def test_what_a_killed_run_left_is_listed_and_removed(take, settings):
    folder = settings.DATA_DIR / NAME
    take(VALUES[:1], "1")
    left = folder / f".{new_part_name()}.embeddings.npy.values.partial"
    left.touch()
    assert verify(settings, Reporter()).leftovers == [left]
    take(VALUES[:1], "1", replace=True)
    assert not left.exists()


def test_damaged_part_says_what_to_do(take, settings):
    take(VALUES[:1], "1")
    next((settings.DATA_DIR / NAME).glob("*.npy")).write_bytes(b"damage")
    (problem,) = verify(settings, Reporter(), repair=True).problems
    assert f"flask import-embeddings {NAME} FILE --replace" in problem
    assert ledger() == []


def test_damaged_manifest_is_told_when_publishing(take, settings):
    take(VALUES[:1], "1")
    part = db.session.query(Part).one()
    PartFiles(settings.DATA_DIR / NAME, part.name).manifest_path.write_text('{"layers": {}}')
    with pytest.raises(DamagedFileError, match="does not say what was imported"):
        plan_snapshot(settings)


def test_set_leaves_nothing_when_it_is_forgotten(take, settings):
    take(VALUES[:2], "1", "2")
    assert forget_embeddings(settings, NAME, dry_run=True) == 2
    assert imported_names(settings.DATA_DIR) == [NAME]
    assert forget_embeddings(settings, NAME) == 2
    assert (ledger(), db.session.query(Part).count(), files_of(settings)) == ([], 0, [])
    with pytest.raises(NotFoundError, match=r"There are: none\."):
        forget_embeddings(settings, NAME)
    with pytest.raises(InputError, match="mtt-vgg is a network"):
        forget_embeddings(settings, "mtt-vgg")


def test_foreign_files_stay_when_a_set_is_forgotten(take, settings):
    take(VALUES[:1], "1")
    (settings.DATA_DIR / NAME / "notes.txt").touch()
    forget_embeddings(settings, NAME)
    assert "notes.txt" in files_of(settings)
