"""Which files of the published snapshot are out of service, as far as is known."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from app.errors import DamagedFileError
from app.models import Snapshot, db
from app.settings import Settings
from app.store.files import read_manifest
from app.store.integrity import list_damage
from app.store.snapshots import LEVELS, SnapshotFiles, Space, index_path


def newest_key() -> str | None:
    """Return the key of the snapshot that is read now; None if nothing has been published."""
    newest = select(Snapshot.key).order_by(Snapshot.published_at.desc(), Snapshot.id.desc()).limit(1)
    return db.session.scalar(newest)


def known_damage(settings: Settings) -> list[str]:
    """Files of the published snapshot that were found to be damaged: ``mtt-musicnn/offsets.npy``, ..."""
    key = newest_key()
    if key is None:
        return []
    found = list_damage(settings.AGGRDATA_DIR / key) | list_damage(settings.INDEX_DIR / key)
    return sorted(found)


def files_to_check(settings: Settings, snapshot: SnapshotFiles) -> Iterator[tuple[Path, str]]:
    """Every file that readers of a snapshot may open, with the checksum that it should have.

    Manifests are read on the way, so that what is wrong with them is known, too.
    """
    yield from snapshot.base_files()
    for space in snapshot.spaces():
        for path in sorted(snapshot.derived_path(space, "x").parent.glob("*.npy.json")):
            name = path.name.removesuffix(".npy.json")
            with contextlib.suppress(DamagedFileError):
                manifest = snapshot.derived_manifest(space, name)
                if manifest is not None:
                    yield snapshot.derived_path(space, name), manifest["sha256"]
    for network in snapshot.networks:
        for layer in snapshot.layers(network):
            for level in LEVELS:
                path = index_path(settings.INDEX_DIR, snapshot.key, Space(network, layer, level))
                with contextlib.suppress(DamagedFileError):
                    manifest = read_manifest(path)
                    if manifest is not None:
                        yield path, str(manifest.get("sha256"))
