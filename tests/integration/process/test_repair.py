"""Repair: for every kind of derived file, what is served afterwards is what was served before."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import select

from app import create_app, current_settings
from app.models import Track, db
from app.services.embeddings.take_in import ImportRequest, import_embeddings
from app.services.process import rebuild
from app.services.publish import SnapshotPlan, build_snapshot, plan_snapshot, publish
from app.services.report import Reporter
from app.services.verify import verify
from app.settings import Settings
from app.store.files import read_facts
from app.store.networks import MARK
from tests.conftest import DEFAULTS

MAX_FIT = 8  # so that there are rows that maps are fitted on, and others
SPACE = "aggrdata/*/mtt-vgg/embeddings/segments"
KINDS = {
    "part": "data/mtt-vgg/*.embeddings.npy",
    "part's manifest": "data/mtt-vgg/*.json",
    "snapshot's manifest": "aggrdata/*/manifest.json",
    "track ids": "aggrdata/*/mtt-vgg/track_ids.npy",
    "offsets": "aggrdata/*/mtt-vgg/offsets.npy",
    "segments": "aggrdata/*/mtt-vgg/embeddings/segments.npy",
    "tracks": "aggrdata/*/mtt-vgg/embeddings/tracks.npy",
    "neighbours": f"{SPACE}/knn-indices.npy",
    "neighbours' manifest": f"{SPACE}/knn-indices.npy.json",
    "distances": f"{SPACE}/knn-distances.npy",
    "fitted rows": f"{SPACE}/knn-rows.npy",
    "map": f"{SPACE}/umap.npy",
    "map's manifest": f"{SPACE}/pca.npy.json",
    "index": "indexes/*/mtt-vgg/embeddings/segments.index",
    "index's manifest": "indexes/*/mtt-vgg/embeddings/segments.index.json",
}


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x41
    path.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], None]] = {"flipped": _flip, "missing": Path.unlink}


@pytest.fixture(scope="module")
def mapped(
    tmp_path_factory: pytest.TempPathFactory, extracted: Path, music: Path, two_networks: Path
) -> Path:
    """The root of a library with all maps and indexes."""
    root = Path(shutil.copytree(extracted, tmp_path_factory.mktemp("mapped") / "library"))
    app = _open(root, music, two_networks)
    with app.app_context():
        rebuild(_settings(app), Reporter(), to_extract=False)
        db.session.remove()
        db.engine.dispose()
    return root


def _open(root: Path, music: Path, models: Path) -> Flask:
    return create_app(DEFAULTS | {"ROOT_DIR": root, "AUDIO_DIR": music, "MODELS_DIR": models})


def _settings(app: Flask) -> Settings:
    return current_settings(app).model_copy(update={"MAX_FIT_SEGMENTS": MAX_FIT})


@pytest.fixture
def own(mapped: Path, tmp_path: Path, music: Path, two_networks: Path) -> Iterator[Flask]:
    """The application over a copy."""
    root = Path(shutil.copytree(mapped, tmp_path / "library"))
    app = _open(root, music, two_networks)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def _served(root: Path) -> dict[str, bytes]:
    """Return every array, map and index, with its content."""
    paths = [*root.glob("aggrdata/**/*.npy"), *root.glob("indexes/**/*.index")]
    return {str(Path(*path.relative_to(root).parts[2:])): path.read_bytes() for path in paths}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_served_is_as_before_when_it_was_repaired(own: Flask, kind: str, damage: str) -> None:
    settings = _settings(own)
    before = _served(settings.ROOT_DIR)
    path = min(settings.ROOT_DIR.glob(KINDS[kind]))
    DAMAGES[damage](path)
    found = verify(settings, Reporter(), repair=True)
    assert len(found.problems) == 1
    assert path.name.removesuffix(".json") in found.problems[0]
    rebuild(settings, Reporter(), to_extract=found.to_extract)
    assert verify(settings, Reporter()).problems == []
    after = _served(settings.ROOT_DIR)
    assert after.keys() == before.keys()
    assert [name for name in before if after[name] != before[name]] == []
    client = own.test_client()
    network = "network=mtt-vgg&layer=embeddings&level=segments"
    for route in (f"duplicates?{network}", f"points?{network}&columns=position,kept&projection=umap"):
        assert client.get(f"/api/v1/{route}").status_code == 200
    assert client.get("/health").json["damaged"] == []


def test_part_is_restored_without_its_music_when_the_snapshot_holds_its_rows(own: Flask) -> None:
    settings = _settings(own).model_copy(update={"MODELS_DIR": Path("/nowhere")})
    parts = sorted(settings.DATA_DIR.glob("*/*.npy"))
    before = [path.read_bytes() for path in parts]
    for path in parts:
        _flip(path)
    found = verify(settings, Reporter(), repair=True)
    assert (len(found.problems), found.to_extract) == (len(list(settings.DATA_DIR.glob("*/*.json"))), False)
    assert [path.read_bytes() for path in parts] == before


def test_manifest_of_a_part_has_everything_that_adoption_needs_when_it_was_restored(own: Flask) -> None:
    settings = _settings(own)
    by_path = {path: read_facts(path) for path in settings.DATA_DIR.glob("*/*.json")}
    for path in by_path:
        path.unlink()
    verify(settings, Reporter(), repair=True)
    lost = {"engine", "platform", "versions", "checksum"}  # not needed to recognise rows
    for path, before in by_path.items():
        after = read_facts(path)
        assert before.keys() - after.keys() <= lost
        assert {name: after[name] for name in after.keys() - lost} == {
            name: before[name] for name in before.keys() - lost
        }


def test_restored_manifest_names_no_content_when_the_file_has_changed_since(own: Flask) -> None:
    settings = _settings(own)
    (path,) = settings.DATA_DIR.glob("mtt-vgg/*.json")
    before = read_facts(path)
    changed = db.session.get_one(Track, before["tracks"][0])
    changed.content_version += 1
    changed.content_hash, changed.duration = "f" * 64, 1.0
    db.session.commit()
    path.unlink()
    verify(settings, Reporter(), repair=True)
    after = read_facts(path)
    assert (after["content_hashes"][0], after["durations"][0]) == (None, None)
    assert after["content_hashes"][1:] == before["content_hashes"][1:]


@pytest.mark.parametrize("suffix", [".npy", ".json"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_imported_rows_are_restored_when_their_part_is_damaged(
    own: Flask, tmp_path: Path, suffix: str, damage: str
) -> None:
    settings = _settings(own)
    plan = _import(settings, tmp_path)
    files = (settings.DATA_DIR / "mine").glob(f"*{suffix}")
    (part,) = (path for path in files if path.name != MARK)
    content = part.read_bytes()
    DAMAGES[damage](part)
    found = verify(settings, Reporter(), repair=True)
    assert (len(found.problems), found.to_extract) == (1, False)
    assert suffix == ".json" or part.read_bytes() == content
    assert verify(settings, Reporter()).problems == []
    assert plan_snapshot(settings).files.key == plan.files.key


def test_imported_set_is_recognised_when_only_its_rows_are_left(own: Flask, tmp_path: Path) -> None:
    settings = _settings(own)
    plan = _import(settings, tmp_path)
    for path in (settings.DATA_DIR / "mine").glob("*.json"):
        path.unlink()
    verify(settings, Reporter(), repair=True)
    assert verify(settings, Reporter()).problems == []
    assert plan_snapshot(settings).files.key == plan.files.key


def _import(settings: Settings, tmp_path: Path) -> SnapshotPlan:
    """Import vectors for all tracks as ``mine``, and publish them."""
    paths = sorted(db.session.scalars(select(Track.path)))
    np.save(tmp_path / "rows.npy", np.arange(len(paths) * 8, dtype=np.float32).reshape(-1, 8))
    (tmp_path / "ids.txt").write_text("\n".join(paths), "utf-8")
    request = ImportRequest("mine", tmp_path / "rows.npy", ids=tmp_path / "ids.txt")
    import_embeddings(settings, Reporter(), request)
    plan = plan_snapshot(settings)
    build_snapshot(settings, plan, Reporter())
    publish(settings, plan.files)
    return plan
