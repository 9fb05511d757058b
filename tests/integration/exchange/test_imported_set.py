"""An imported set, from the command to the map: what a network's vectors have, it has, too."""

import io
import shutil
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from app import create_app
from app.models import Track, db
from app.store.files import read_json
from cli import register
from tests.snapshot_factory import default_settings

N_TRACKS, N_SEGMENTS = 24, 5
TAGS = ("calm", "loud", "odd")
SECONDS = 0.5


def make_rows():
    """Activations of three tags, shape=(120, 3): the tracks are calm, loud and odd in turns."""
    rng = np.random.default_rng(0)
    truth = np.tile(np.repeat(np.eye(3), N_SEGMENTS, axis=0), (N_TRACKS // 3, 1))
    return (0.6 * truth + 0.3 * rng.random(truth.shape)).astype(np.float32)


def flask_of(app):
    runner = app.test_cli_runner()

    def flask(*arguments, status=0):
        result = runner.invoke(args=[str(argument) for argument in arguments])
        assert result.exit_code == status, result.output
        return result

    return flask


@pytest.fixture
def flask(app):
    return flask_of(app)


@contextmanager
def opened(root):
    app = create_app(default_settings(root))
    register(app)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def root(tmp_path_factory, empty_database):
    """A library with a published set of tags over 24 tracks, without any network. Copy before a change."""
    root = tmp_path_factory.mktemp("imported") / "library"
    root.mkdir()
    shutil.copy(empty_database, root / "db.sqlite")
    files = root.parent
    np.save(files / "rows.npy", make_rows())
    lines = [f"{i:02}.mp3,{j * SECONDS}" for i in range(N_TRACKS) for j in range(N_SEGMENTS)]
    (files / "ids.csv").write_text("\n".join(["path,start", *lines]))
    (files / "tags.txt").write_text("\n".join(TAGS))
    with opened(root) as app:
        db.session.add_all(
            Track(path=f"{i:02}.mp3", quick_hash=f"h{i}", duration=2.5) for i in range(N_TRACKS)
        )
        db.session.commit()
        flask = flask_of(app)
        said = flask(
            *("import-embeddings", "moods", files / "rows.npy", "--ids", files / "ids.csv"),
            *("--tags", files / "tags.txt", "--segment-seconds", SECONDS),
        ).stdout
        assert "Took in 120 segments of 24 tracks as moods taggrams (3 values); 0 tracks left out." in said
        flask("reduce-all", "--projection", "pca")
        flask("index-all-embeddings")
    return root


@pytest.fixture
def imported(root):
    with opened(root) as app:
        yield app.test_client()


def test_set_is_on_the_map_and_in_the_search(imported):
    rows = make_rows()
    (network,) = imported.get("/api/v1/networks").json["networks"]
    assert (network["name"], network["tags"], network["segment_seconds"]) == ("moods", list(TAGS), SECONDS)
    assert (network["dataset"], network["architecture"]) == ("moods", "")
    assert (network["tracks"], network["segments"]) == (N_TRACKS, N_TRACKS * N_SEGMENTS)

    space = "network=moods&layer=taggrams&level=segments"
    points = imported.get(
        f"/api/v1/points?{space}&columns=position,tag:loud,strongest&projection=pca&format=json"
    )
    columns = points.json["columns"]
    assert len(columns["x"]) == N_TRACKS * N_SEGMENTS
    assert columns["tag:loud"] == pytest.approx(rows[:, 1], abs=5e-4)
    assert points.json["info"]["categories"]["strongest"] == ["", *TAGS]
    assert columns["strongest"] == (rows.argmax(axis=1) + 1).tolist()
    axes = imported.get(
        f"/api/v1/points?{space}&columns=position&projection=original&x=calm&y=odd&format=json"
    )
    assert axes.json["info"]["axes"]["y"]["title"] == "odd"

    similar = imported.get("/api/v1/similar?track=5&segment=2&network=moods&layer=taggrams&k=7").json
    assert len(similar["results"]) == 7
    assert similar["note"] is None
    assert similar["query"]["start"] == 2 * SECONDS
    assert {(place["track"]["id"] - 1) % 3 for place in similar["results"]} == {(5 - 1) % 3}

    tags = imported.get("/api/v1/tracks/5/tags?network=moods&segment=2").json["tags"]
    assert tags[0]["tag"] == "loud"
    assert imported.get("/api/v1/tracks/5/taggram?network=moods").json["tags"] == list(TAGS)

    sent = np.load(io.BytesIO(imported.get("/api/v1/export/moods/taggrams.npy").data))
    np.testing.assert_array_equal(sent["vector"], rows.astype(np.float16))
    assert sent["start"][:3] == pytest.approx([0, SECONDS, 2 * SECONDS])


def test_set_outlives_everything_but_being_forgotten(root, tmp_path):
    own = Path(shutil.copytree(root, tmp_path / "library"))
    with opened(own) as app:
        flask, client = flask_of(app), app.test_client()
        assert "no problems" in flask("verify").stdout
        key = client.get("/api/v1/status").json["snapshot"]["id"]
        assert "0 projections computed" in flask("reduce-all", "--projection", "pca").stdout
        assert client.get("/api/v1/status").json["snapshot"]["id"] == key
        row = next(row for row in client.get("/api/v1/status").json["networks"] if row["network"] == "moods")
        assert (row["installed"], row["done"], row["pending"], row["segments"]) == (True, 24, 0, 120)

        flask("export", "moods", "taggrams", tmp_path / "own.npy")
        flask("import-embeddings", "copy", tmp_path / "own.npy", "--segment-seconds", SECONDS)
        assert "no problems" in flask("verify").stdout
        assert (
            "Would compute 2 projections"
            in flask(
                "reduce-all", "--projection", "pca", "--network", "copy", "--level", "both", "--dry-run"
            ).stdout
        )

        flask("forget-embeddings", "copy")
        flask("forget-embeddings", "moods")
        assert "no problems" in flask("verify").stdout
        assert list((own / "data").iterdir()) == []


def test_snapshot_says_what_a_set_is(imported, root):
    key = imported.get("/api/v1/status").json["snapshot"]["id"]
    facts = read_json(root / "aggrdata" / key / "manifest.json")["networks"]["moods"]
    assert facts["tags"] == list(TAGS)
    assert facts["front_end"] is None
    assert facts["layers"] == {"taggrams": {"size": 3}}


def test_unknown_and_broken_tracks_are_listed(app, flask, tmp_path):
    db.session.add_all(Track(path=f"{i}.mp3", quick_hash=f"h{i}") for i in range(2))
    db.session.commit()
    np.save(tmp_path / "rows.npy", [[1, 2], [np.nan, 0], [3, 4]])
    (tmp_path / "ids.txt").write_text("0.mp3\n1.mp3\nno such\\n.mp3\n")
    result = flask("import-embeddings", "mine", tmp_path / "rows.npy", "--ids", tmp_path / "ids.txt")
    assert "no such\\n.mp3: not in the catalogue" in result.stderr
    assert "1.mp3: row 1 holds a value that is no finite number" in result.stderr
    assert "Took in 1 segments of 1 tracks as mine embeddings (2 values); 2 tracks left out." in result.stdout
    assert "1.mp3: mine: row 1 holds" in flask("status", "--failed").stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("import-embeddings", "Mine", "rows.npy"), "'Mine' is no name for a set"),
        (("import-embeddings", "mine", "rows.npy"), "Cannot read rows.npy: No such file"),
        (("import-embeddings", "mine", "rows.npy", "--segment-seconds", "0"), "0.0 is not in the range"),
        (("forget-embeddings", "mine"), "There is no imported set 'mine'. There are: none."),
    ],
)
def test_wrong_argument_is_refused(flask, arguments, says):
    assert says in flask(*arguments, status=2).stderr
