"""Verification and repair: what is found, what is removed, what is never touched."""

import numpy as np
import pytest

from app.models import Extraction, Part, Track, db
from app.services.report import Reporter
from app.services.verify import verify
from app.settings import Settings
from app.store.parts import PartFiles, new_part_name

NETWORK = "mtt-vgg"


@pytest.fixture
def part(settings: Settings) -> PartFiles:
    """A part of one track with two rows."""
    files = PartFiles(settings.DATA_DIR / NETWORK, new_part_name())
    files.write({"taggrams": np.ones((2, 50), np.float16)}, {"weights_sha256": "w"})
    row = Part(network=NETWORK, name=files.name, n_rows=2, weights_sha256="w")
    track = Track(path="a.ogg", quick_hash="h")
    extraction = Extraction(
        track=track, network=NETWORK, state="done", quick_hash="h", part=row, row_start=0, n_rows=2
    )
    db.session.add(extraction)
    db.session.commit()
    return files


def test_nothing_is_wrong_when_all_is_whole(settings: Settings, part: PartFiles) -> None:
    report = verify(settings, Reporter())
    assert (report.problems, report.leftovers) == ([], [])


def test_tracks_are_pending_again_when_their_part_was_damaged(settings: Settings, part: PartFiles) -> None:
    part.layer_path("taggrams").write_bytes(b"damage")
    report = verify(settings, Reporter(), repair=True)
    assert str(part.layer_path("taggrams")) in report.problems[0]
    assert db.session.query(Extraction).count() == 0
    assert db.session.query(Track).count() == 1


def test_part_is_refused_when_the_ledger_knows_another_of_its_name(
    settings: Settings, part: PartFiles
) -> None:
    db.session.query(Part).one().weights_sha256 = "other"
    db.session.commit()
    assert "not of the part" in verify(settings, Reporter()).problems[0]


def test_only_own_leftovers_are_removed_when_repairing(settings: Settings, part: PartFiles) -> None:
    name = new_part_name()
    own = [
        settings.DATA_DIR / NETWORK / f"{name}.taggrams.npy",
        settings.DATA_DIR / NETWORK / f".{name}.embeddings.npy.x1y2.partial",
        settings.AGGRDATA_DIR / "0123456789abcdef" / "manifest.json",
    ]
    foreign = [
        settings.DATA_DIR / "Documents" / "letter.odt",
        settings.DATA_DIR / NETWORK / "notes.txt",
        settings.AGGRDATA_DIR / "precious" / "file",
        settings.INDEX_DIR / "precious" / "file",
    ]
    for path in own + foreign:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    verify(settings, Reporter(), repair=True)
    assert [path for path in own if path.exists()] == []
    assert [path for path in foreign if not path.exists()] == []


def test_parts_are_left_alone_when_the_database_knows_none(settings: Settings, part: PartFiles) -> None:
    db.session.query(Extraction).delete()
    db.session.query(Part).delete()
    db.session.commit()
    report = verify(settings, Reporter(), repair=True)
    assert "Is this their database?" in report.problems[0]
    assert part.layer_path("taggrams").exists()
