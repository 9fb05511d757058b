"""The client in one file, and the notebook that shows it, against a real server."""

import importlib.util
import json
import sys
import threading
import time
from types import ModuleType

import numpy as np
import pytest
from werkzeug.serving import make_server

from app import current_settings
from app.models import db
from app.services.jobs import queue
from app.services.jobs.run import run_job
from app.settings import PROJECT_DIR
from tests.audio_files import write_tone

CLIENT = PROJECT_DIR / "static" / "client" / "music_explore.py"
NOTEBOOKS = sorted((PROJECT_DIR / "docs" / "notebooks").glob("*.ipynb"))
NETWORK = "mtt-musicnn"


@pytest.fixture(scope="module")
def module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("music_explore", CLIENT)
    loaded = importlib.util.module_from_spec(spec)
    sys.modules["music_explore"] = loaded
    spec.loader.exec_module(loaded)
    yield loaded
    del sys.modules["music_explore"]


@pytest.fixture
def address(own_app):
    """Address of a server of the own library."""
    server = make_server("127.0.0.1", 0, own_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def remote(module, address):
    return module.MusicExplore(address)


def test_all_pages_are_walked_through(remote):
    tracks = list(remote.tracks(limit=5))
    assert [track["id"] for track in tracks] == list(range(1, 13))
    assert remote.track(3)["title"] == tracks[2]["title"]
    assert remote.audio(3)[:4] == b"RIFF"


def test_file_is_analysed_when_a_worker_is_there(remote, own_app, tmp_path):
    settings = current_settings(own_app)
    thread = threading.Thread(target=do_jobs, args=(own_app, settings, 2))
    thread.start()
    found = remote.analyse(write_tone(tmp_path / "tone.flac", 7.0), "tags", network=NETWORK)
    assert len(found["tags"]["networks"][NETWORK]["tags"]) == 50
    assert remote.analyse(3, "tags", network=NETWORK).keys() == {"tags"}
    thread.join()
    with pytest.raises(sys.modules["music_explore"].MusicExploreError, match="There is no analysis"):
        remote.analyse(3, "loudness")


def do_jobs(app, settings, number):
    """Be a worker for a while."""
    with app.app_context():
        while number:
            taken = queue.take_next(settings, "test")
            if taken is None:
                time.sleep(0.05)
                continue
            run_job(app, settings, taken)
            number -= 1
        db.session.remove()


def test_what_sounds_alike_is_found_for_every_kind_of_sound(remote):
    track = remote.similar(3, network=NETWORK, k=4)
    assert track["level"] == "tracks"
    assert len(track["results"]) == 4
    assert remote.similar((3, 1), network=NETWORK, k=4)["level"] == "segments"
    assert remote.similar({3: 1}, network=NETWORK, k=4)["results"] == track["results"]
    away = remote.similar({3: 1, (7, 0): -0.5}, network=NETWORK, k=4, level="tracks", exclude=["artist"])
    assert [seed["weight"] for seed in away["query"]["seeds"]] == [1, -0.5]
    records = remote.vectors(NETWORK, "embeddings", "tracks")
    near = remote.similar(records["vector"][2], network=NETWORK, level="tracks", k=1)
    assert near["results"][0]["track"]["id"] == 3


def test_file_on_this_machine_is_sent_when_asked_what_is_like_it(remote, module, own_library, models_dir):
    file = min((own_library.root / "audio").rglob("*.wav"))
    # The vectors of the library are made up, so what the real network hears cannot be compared with them.
    with pytest.raises(module.MusicExploreError, match="heard with other weights"):
        remote.similar(file, network=NETWORK, k=3, level="tracks")


def test_points_are_what_the_json_form_says(remote):
    columns = ["position", "track", "tag:guitar", "genre"]
    found = remote.points(NETWORK, "taggrams", "segments", columns, projection="pca")
    plain = remote.get(
        "/points",
        network=NETWORK,
        layer="taggrams",
        level="segments",
        columns=columns,
        projection="pca",
        format="json",
    )
    spread = max(plain["columns"]["x"]) - min(plain["columns"]["x"])
    np.testing.assert_allclose(found["x"], plain["columns"]["x"], atol=spread / 60_000)
    np.testing.assert_allclose(found["tag:guitar"], plain["columns"]["tag:guitar"], atol=0.5 / 255 + 1e-4)
    labels = plain["info"]["categories"]["genre"]
    assert list(found["genre"]) == [labels[code] for code in plain["columns"]["genre"]]


def test_collection_is_listed(remote):
    space = {"network": NETWORK, "layer": "embeddings", "level": "tracks"}
    outliers = list(remote.outliers(**space, limit=5))
    assert sorted(one["track"]["id"] for one in outliers) == list(range(1, 13))
    assert list(remote.duplicates(**space)) == []


def test_playlist_is_kept(remote):
    made = remote.create_playlist("Three", [3, {"track": 4, "start": 1.0, "end": 4.0}, 1])
    kept = remote.get(f"/playlists/{made['id']}")
    assert [(entry["track"]["id"], entry["start"]) for entry in kept["entries"]] == [
        (3, None),
        (4, 1.0),
        (1, None),
    ]


def test_refusal_says_what_is_wrong(remote, module):
    with pytest.raises(module.MusicExploreError, match="There is no track 99") as refused:
        remote.track(99)
    assert (refused.value.status, refused.value.code, refused.value.details) == (404, "not_found", None)
    with pytest.raises(module.MusicExploreError) as refused:
        remote.similar(3, network=NETWORK, k=0)
    assert list(refused.value.details) == ["k"]
    with pytest.raises(module.MusicExploreError, match="token") as refused:
        module.MusicExplore(remote.address, token="mex_wrong").track(1)
    assert refused.value.status == 401
    with pytest.raises(ValueError, match="no address"):
        module.MusicExplore("file:///etc/passwd")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_from_top_to_bottom(path, module, address, monkeypatch):
    monkeypatch.setenv("MUSIC_EXPLORE_SERVER", address)
    names = {}
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    assert len(names["titles"]) == 5
    assert names["playlist"]["name"] == "From one to another"
    assert len(names["figure"].data[0].x) == len(names["records"])


def test_client_can_be_fetched_from_the_server(client):
    with client.get("/static/client/music_explore.py") as response:
        assert response.data == CLIENT.read_bytes()
