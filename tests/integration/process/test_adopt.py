"""A database that was lost: what was extracted is recognised by the content of the files."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import delete, select

from app import create_app, current_settings
from app.models import Extraction, Part, Track, db
from app.services import database
from app.services.embeddings.take_in import ImportRequest, import_embeddings
from app.services.extract import ExtractReport, extract_all
from app.services.process import process_library
from app.services.publish import build_snapshot, plan_snapshot
from app.services.report import Reporter
from app.services.scan import scan
from app.services.verify import verify
from app.settings import Settings
from app.store.files import read_facts, write_facts
from tests.conftest import DEFAULTS
from tests.integration.process.conftest import NETWORKS


@pytest.fixture
def own(tmp_path: Path, extracted: Path, own_music: Path, two_networks: Path) -> Iterator[Flask]:
    """The application over a library that has been extracted, with music that the test may change."""
    root = Path(shutil.copytree(extracted, tmp_path / "library"))
    app = create_app(DEFAULTS | {"ROOT_DIR": root, "AUDIO_DIR": own_music, "MODELS_DIR": two_networks})
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def settings(own: Flask) -> Settings:
    return current_settings(own)


class Listener(Reporter):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, message: str) -> None:
        self.said.append(message)


def _lose_the_database(settings: Settings) -> None:
    db.session.remove()
    db.engine.dispose()
    for path in settings.ROOT_DIR.glob("db.sqlite*"):
        path.unlink()
    database.upgrade(settings)


def _segments(settings: Settings) -> dict[str, dict[str, bytes]]:
    """Return the rows of every file, by path and network."""
    plan = plan_snapshot(settings)
    build_snapshot(settings, plan, Reporter())
    paths = dict(db.session.execute(select(Track.id, Track.path)).all())
    found: dict[str, dict[str, bytes]] = {}
    for space in plan.spaces():
        if space.level == "segments":
            ids, offsets = plan.files.track_ids(space.network), plan.files.offsets(space.network)
            vectors = plan.files.vectors(space)
            for row, track_id in enumerate(ids.tolist()):
                rows = vectors[offsets[row] : offsets[row + 1]].tobytes()
                found.setdefault(paths[track_id], {})[f"{space.network} {space.layer}"] = rows
    return found


def _run(settings: Settings, reporter: Reporter | None = None) -> ExtractReport:
    scan(settings, Reporter())
    return extract_all(settings, reporter or Reporter(), jobs=1)


def _facts(settings: Settings) -> list[tuple[str, float | None, str | None]]:
    rows = db.session.execute(select(Track.path, Track.duration, Track.content_hash).order_by(Track.path))
    return [tuple(row) for row in rows]


def test_nothing_is_extracted_when_the_database_was_lost(settings: Settings) -> None:
    before, facts = _segments(settings), _facts(settings)
    snapshot = plan_snapshot(settings).files.key
    _lose_the_database(settings)
    report = _run(settings)
    assert (report.adopted, report.pending, report.extracted) == (6, 0, 0)
    assert _facts(settings) == facts
    assert plan_snapshot(settings).files.key == snapshot
    assert _segments(settings) == before
    found = verify(settings, Reporter())
    assert (found.problems, [path for path in found.leftovers if path.is_file()]) == ([], [])
    assert _run(settings).adopted == 0


def test_rows_follow_their_content_when_files_moved_meanwhile(settings: Settings) -> None:
    before = _segments(settings)
    _lose_the_database(settings)
    first, second = sorted(before)[:2]
    music = settings.AUDIO_DIR
    (music / first).rename(music / "swap")
    (music / second).rename(music / "0 first of all.flac")
    (music / "swap").rename(music / second)
    shutil.copy(music / second, music / f"copy {Path(second).name}")
    report = _run(settings)
    assert (report.adopted, report.extracted + report.shared) == (7, 0)
    after = _segments(settings)
    assert after["0 first of all.flac"] == before[second]
    assert after[second] == after[f"copy {Path(second).name}"] == before[first]
    assert verify(settings, Reporter()).problems == []


def test_changed_file_is_extracted_when_the_database_was_lost(settings: Settings, music: Path) -> None:
    before = _segments(settings)
    _lose_the_database(settings)
    path = min(before)
    content = bytearray((settings.AUDIO_DIR / path).read_bytes())
    content[len(content) // 2] ^= 1
    (settings.AUDIO_DIR / path).write_bytes(content)
    report = _run(settings)
    assert (report.adopted, report.pending) == (5, 1)


@pytest.mark.parametrize("change", ["weights", "recipe", "damage", "no hashes"])
def test_part_is_left_alone_when_it_is_not_what_would_be_extracted(settings: Settings, change: str) -> None:
    _lose_the_database(settings)
    for path in settings.DATA_DIR.glob("*/*.json"):
        facts = read_facts(path)
        if change == "weights":
            facts["weights_sha256"] = "other"
        elif change == "recipe":
            facts["patch_hop"] += 1
        elif change == "no hashes":
            del facts["content_hashes"]
        else:
            array = path.with_name(f"{path.stem}.taggrams.npy")
            array.write_bytes(array.read_bytes()[:-1] + b"\x7f")
        write_facts(path, facts)
    scan(settings, Reporter())
    listener = Listener()
    report = extract_all(settings, listener, jobs=1)
    assert (report.adopted, report.extracted) == (0, 6)
    assert any("cannot be adopted" in line for line in listener.said) == (change == "no hashes")


def test_only_the_network_that_is_missing_is_extracted(settings: Settings) -> None:
    _lose_the_database(settings)
    shutil.rmtree(settings.DATA_DIR / NETWORKS[0])
    report = _run(settings)
    assert (report.adopted, report.pending) == (6, 6)
    done = {row.network for row in db.session.scalars(select(Extraction).where(Extraction.state == "done"))}
    assert done == set(NETWORKS)


def test_rows_are_adopted_when_a_run_was_killed_before_it_noted_them(settings: Settings) -> None:
    db.session.execute(delete(Extraction))
    db.session.execute(delete(Part))
    db.session.commit()
    assert [path for path in verify(settings, Reporter(), repair=True).leftovers if path.is_file()] == []
    report = extract_all(settings, Reporter(), jobs=1)
    assert (report.adopted, report.extracted) == (6, 0)


def test_imported_set_is_adopted_when_the_database_was_lost(settings: Settings, tmp_path: Path) -> None:
    paths = sorted(db.session.scalars(select(Track.path)))
    rows = np.random.default_rng(1).normal(size=(len(paths), 8)).astype(np.float32)
    np.save(tmp_path / "rows.npy", rows)
    (tmp_path / "ids.txt").write_text("\n".join(paths), "utf-8")
    import_embeddings(
        settings, Reporter(), ImportRequest("mine", tmp_path / "rows.npy", ids=tmp_path / "ids.txt")
    )
    before = _segments(settings)
    _lose_the_database(settings)
    no_networks = settings.model_copy(update={"MODELS_DIR": tmp_path})
    stages = process_library(no_networks, Reporter())
    next(stages)
    assert next(stages).adopted == len(paths)
    after = _segments(settings)
    assert {path: found["mine embeddings"] for path, found in after.items()} == {
        path: found["mine embeddings"] for path, found in before.items()
    }
    assert verify(settings, Reporter()).problems == []


def test_imported_set_is_left_alone_when_not_all_of_it_is_there(settings: Settings, tmp_path: Path) -> None:
    paths = sorted(db.session.scalars(select(Track.path)))
    np.save(tmp_path / "rows.npy", np.ones((len(paths), 8), np.float32))
    (tmp_path / "ids.txt").write_text("\n".join(paths), "utf-8")
    request = ImportRequest("mine", tmp_path / "rows.npy", ids=tmp_path / "ids.txt")
    import_embeddings(settings, Reporter(), request)
    (manifest,) = (
        path for path in (settings.DATA_DIR / "mine").glob("*.json") if path.name != "imported.json"
    )
    facts = json.loads(json.dumps(read_facts(manifest)))
    facts["imported"]["parts"] = 2
    write_facts(manifest, facts)
    _lose_the_database(settings)
    _run(settings)
    assert db.session.scalar(select(Part.id).where(Part.network == "mine")) is None
