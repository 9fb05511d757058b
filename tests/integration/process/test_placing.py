"""A file of the library that is sent as if it were new lies where its track does."""

import io

import numpy as np
import pytest

from app import create_app, current_settings
from app.models import Job, db
from app.queries.catalogue import needed_snapshot
from app.services import database
from app.services.jobs import queue
from app.services.jobs.run import run_job
from app.services.process import process_library
from app.services.report import Reporter
from app.store.snapshots import Space
from app.web.api.schemas.analyses import AnalysisPlaceAnswer
from tests.conftest import DEFAULTS
from tests.integration.process.conftest import NETWORKS

NETWORK = NETWORKS[0]


@pytest.fixture(scope="module")
def placed(tmp_path_factory, music, models_dir):
    """The application over a processed library, and the id of the analysis of one of its files."""
    root, models = tmp_path_factory.mktemp("placed"), tmp_path_factory.mktemp("one-network")
    for path in models_dir.glob(f"{NETWORK}.*"):
        (models / path.name).symlink_to(path)
    app = create_app(DEFAULTS | {"ROOT_DIR": root, "AUDIO_DIR": music, "MODELS_DIR": models})
    settings = current_settings(app)
    with app.app_context():
        database.upgrade(settings)
        for _ in process_library(settings, Reporter()):
            pass
        client = app.test_client()
        path = sorted(path for path in music.rglob("*") if path.is_file())[2]
        sent = client.post(
            f"/api/v1/analyses?attributes=tags,embeddings&embeddings=segments&network={NETWORK}",
            data={"file": (io.BytesIO(path.read_bytes()), path.name)},
        )
        taken = queue.take_next(settings, "test")
        run_job(app, settings, taken)
        yield client, settings, sent.json["id"], path.name
        db.session.remove()
        db.engine.dispose()


def ask(client, job_id, layer="embeddings", level="tracks", projection="pca", **more):
    query = {"network": NETWORK, "layer": layer, "level": level, "projection": projection, **more}
    return client.get(f"/api/v1/analyses/{job_id}/place", query_string=query)


@pytest.mark.parametrize("layer", ["embeddings", "taggrams"])
@pytest.mark.parametrize("level", ["tracks", "segments"])
@pytest.mark.parametrize("projection", ["pca", "std-pca", "umap", "tsne"])
def test_sound_lies_where_its_track_does(placed, layer, level, projection):
    client, settings, job_id, name = placed
    response = ask(client, job_id, layer, level, projection, k=3)
    AnalysisPlaceAnswer.model_validate_json(response.data, strict=True)
    told = response.json
    itself = ask(client, job_id, layer, k=1).json["neighbours"][0]
    assert itself["distance"] == pytest.approx(0, abs=2e-3)
    assert itself["track"]["title"] in name
    assert itself["track"]["id"] in [near["track"]["id"] for near in told["neighbours"]]
    snapshot = needed_snapshot(settings)
    space = Space(NETWORK, layer, level)
    coordinates, _ = snapshot.projection_and_manifest(space, projection)
    span = np.ptp(coordinates[:, :2], axis=0).max()
    row = itself["row"]
    rows = [row] if level == "tracks" else np.arange(*snapshot.offsets(NETWORK)[row : row + 2])
    assert len(told["positions"]) == len(rows)
    # Maps of neighbours take a row in between its neighbours; a PCA is linear and hits it.
    tolerance = 0.02 if "pca" in projection else 0.5
    for position, own in zip(told["positions"], coordinates[rows], strict=True):
        assert len(position) == coordinates.shape[1]
        assert np.abs(np.subtract(position, own)[:2]).max() < tolerance * span


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ({"projection": "globe"}, 404),
        ({"layer": "nothing"}, 404),
        ({"network": NETWORKS[1]}, 400),  # the analysis was not asked for it
        ({"network": "audioset-vggish"}, 400),
        ({"k": 0}, 400),
    ],
)
def test_place_is_refused_when_there_is_no_such_map(placed, question, status):
    client, _, job_id, _ = placed
    assert ask(client, job_id, **question).status_code == status


def test_place_is_refused_when_the_analysis_has_no_vectors(placed):
    client, _settings, job_id, _ = placed
    row = db.session.get_one(Job, job_id)
    kept = row.result
    for result, state, status in (
        ({"analyses": {}}, "finished", 400),
        (None, "expired", 410),
        (None, "failed", 409),
        ({"analyses": {"embeddings": {"networks": {NETWORK: {"mean": [0.0] * 200}}}}}, "finished", 400),
    ):
        row.result, row.state = result, state
        db.session.commit()
        assert ask(client, job_id, level="segments").status_code == status
    row.result, row.state = kept, "finished"
    db.session.commit()


def test_library_knows_the_track_when_its_very_file_is_sent(placed):
    client, _, job_id, name = placed
    track = client.get(f"/api/v1/analyses/{job_id}").json["library_track"]
    assert client.get(f"/api/v1/tracks/{track}").json["path"].endswith(name)
    refused = client.post(f"/api/v1/analyses/{job_id}/keep")
    assert refused.status_code == 409
    assert name in refused.json["error"]["message"]


def test_place_is_refused_when_it_was_heard_with_other_weights(placed):
    client, settings, job_id, _ = placed
    job = db.session.get_one(Job, job_id)
    before = job.result
    job.result = {**before, "weights": {NETWORK: "0" * 64}}
    db.session.commit()
    refused = ask(client, job_id)
    assert refused.status_code == 409
    assert NETWORK in refused.json["error"]["message"]
    job.result = before
    db.session.commit()
    assert before["weights"] == {
        NETWORK: needed_snapshot(settings).manifest["networks"][NETWORK]["weights_sha256"]
    }
    assert ask(client, job_id).status_code == 200
