"""Foreign embeddings for four tracks."""

import numpy as np
import pytest
from sqlalchemy import select

from app.models import Extraction, Track, db
from app.services.embeddings.take_in import ImportRequest, import_embeddings
from app.services.publish import build_snapshot, plan_snapshot, publish
from app.services.report import Reporter
from app.store.snapshots import Space

NAME = "openl3"
PATHS = ("a, the first.mp3", "b/two.mp3", "b/three.mp3", "caf\udce9.mp3")
VALUES = np.random.default_rng(0).standard_normal((8, 6)).astype(np.float32)


@pytest.fixture
def tracks(app):
    """Four tracks, ids 1 to 4."""
    for number, path in enumerate(PATHS, 1):
        db.session.add(Track(id=number, path=path, quick_hash=f"h{number}", duration=10.0 * number))
    db.session.commit()


@pytest.fixture
def take(settings, tracks, tmp_path):
    """Take in values with a line for each row: ``take(values, "1,0", "1,2", segment_seconds=2)``."""

    def take(values, *lines, name=NAME, dry_run=False, **options):
        path, ids = tmp_path / "values.npy", None
        np.save(path, values, allow_pickle=False)
        if lines:
            ids = tmp_path / "ids.csv"
            ids.write_text("\n".join(lines) + "\n", errors="surrogateescape")
        if "tags" in options:
            names = options.pop("tags")
            options["tags"] = tmp_path / "tags.txt"
            options["tags"].write_text("\n".join(names))
        request = ImportRequest(name, path, ids, **options)
        found = import_embeddings(settings, Reporter(), request, dry_run=dry_run)
        db.session.expire_all()
        return found

    return take


@pytest.fixture
def published(settings):
    """Publish; return the vectors of a space and the tracks of its rows."""

    def published(name=NAME, layer="embeddings", level="segments"):
        plan = plan_snapshot(settings)
        build_snapshot(settings, plan, Reporter())
        publish(settings, plan.files)
        files = plan.files
        return files, files.vectors(Space(name, layer, level)), files.track_ids(name)

    return published


def ledger(name=NAME):
    rows = db.session.scalars(
        select(Extraction).where(Extraction.network == name).order_by(Extraction.track_id)
    )
    return [(row.track_id, row.state, row.n_rows) for row in rows]


def files_of(settings, name=NAME):
    folder = settings.DATA_DIR / name
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []
