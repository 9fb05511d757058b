"""Verification and repair: what is found, what is removed, what is never touched."""

import numpy as np
import pytest

from app.models import Extraction, Part, Track, db
from app.services.report import Reporter
from app.services.verify import verify
from app.settings import Settings
from app.store.networks import imported_names
from app.store.parts import PartFiles, new_part_name

NETWORK = "mtt-vgg"


@pytest.fixture
def part(settings: Settings) -> PartFiles:
    """A part of one track with two rows."""
    files = PartFiles(settings.DATA_DIR / NETWORK, new_part_name())
    files.write(
        {"taggrams": np.ones((2, 50), np.float16)}, {"weights_sha256": "w", "tracks": [1], "rows": [2]}
    )
    row = Part(network=NETWORK, name=files.name, n_rows=2, weights_sha256="w")
    track = Track(path="a.ogg", quick_hash="h")
    extraction = Extraction(
        track=track, network=NETWORK, state="done", content_version=0, part=row, row_start=0, n_rows=2
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


def test_imported_set_is_known_again_when_its_mark_was_lost(settings: Settings) -> None:
    files = PartFiles(settings.DATA_DIR / "mine", new_part_name())
    facts = {"file": "mine.npy", "segment_seconds": 3.0, "tags": []}
    described = {"weights_sha256": "w", "tracks": [1], "rows": [2], "imported": facts}
    files.write({"embeddings": np.ones((2, 4), np.float16)}, described)
    add_track(Part(network="mine", name=files.name, n_rows=2, weights_sha256="w"), 1, 0, 2)
    db.session.commit()
    mark = settings.DATA_DIR / "mine" / "imported.json"
    for repair in (False, True):
        report = verify(settings, Reporter(), repair=repair)
        assert len(report.problems) == 1
        assert str(mark) in report.problems[0]
        assert mark.exists() == repair
    assert verify(settings, Reporter()).problems == []
    assert imported_names(settings.DATA_DIR) == ["mine"]
    assert db.session.query(Extraction).count() == 1


def test_rows_of_an_unknown_network_are_told_and_kept(settings: Settings) -> None:
    part = write_part(settings, [1], [2])
    part.network = "gone"
    db.session.add(part)
    add_track(part, 1, 0, 2)
    db.session.commit()
    problems = verify(settings, Reporter()).problems
    assert "rows of gone, which is neither a network" in problems[0]


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


def write_part(settings: Settings, tracks: list[int], rows: list[int]) -> Part:
    """A part with rows of several tracks, and its row, not yet committed."""
    files = PartFiles(settings.DATA_DIR / NETWORK, new_part_name())
    facts = {"weights_sha256": "w", "tracks": tracks, "rows": rows}
    files.write({"taggrams": np.ones((sum(rows), 50), np.float16)}, facts)
    return Part(network=NETWORK, name=files.name, n_rows=sum(rows), weights_sha256="w")


def add_track(part: Part | None, number: int, row_start: int | None, n_rows: int | None) -> None:
    track = Track(id=number, path=f"{number}.ogg", quick_hash="h")
    db.session.add(
        Extraction(
            track=track,
            network=NETWORK,
            state="done",
            content_version=0,
            part=part,
            row_start=row_start,
            n_rows=n_rows,
        )
    )


@pytest.mark.parametrize(("row_start", "n_rows"), [(0, 2), (2, 2), (3, 3), (2, 4), (-1, 3), (None, None)])
def test_ledger_is_refused_when_it_gives_a_track_other_rows(
    settings: Settings, row_start: int | None, n_rows: int | None
) -> None:
    part = write_part(settings, [1, 2], [2, 3])
    add_track(part, 1, 0, 2)
    add_track(part, 2, row_start, n_rows)
    db.session.commit()
    report = verify(settings, Reporter())
    assert len(report.problems) == 1
    assert "of track 2, the manifest does not" in report.problems[0]


def test_ledger_is_right_when_a_copy_shares_the_rows_of_another_track(settings: Settings) -> None:
    part = write_part(settings, [1, 2], [2, 3])
    for number, row_start, n_rows in ((1, 0, 2), (2, 2, 3), (3, 2, 3)):
        add_track(part, number, row_start, n_rows)
    db.session.commit()
    assert verify(settings, Reporter()).problems == []


def test_tracks_are_pending_again_when_their_rows_name_no_part(settings: Settings) -> None:
    add_track(None, 1, None, None)
    db.session.commit()
    report = verify(settings, Reporter(), repair=True)
    assert report.problems == ["The ledger has 1 rows of extracted tracks that name no part."]
    assert report.to_extract
    assert db.session.query(Extraction).count() == 0


def test_parts_are_removed_when_their_tracks_have_newer_rows(settings: Settings, part: PartFiles) -> None:
    old = write_part(settings, [1], [2])
    db.session.add(old)
    db.session.commit()
    files = PartFiles(settings.DATA_DIR / NETWORK, old.name)
    report = verify(settings, Reporter())
    assert report.problems == []
    assert set(report.leftovers) == {files.manifest_path, files.layer_path("taggrams")}
    assert verify(settings, Reporter(), repair=True).leftovers
    assert not files.manifest_path.exists()
    assert part.manifest_path.exists()
    assert [row.name for row in db.session.query(Part)] == [part.name]
