"""Requests for what is shown beside the map: outlines, taggrams, lists of tracks."""

import contextlib
import os
import time

import numpy as np
import pytest
from sqlalchemy import update

from app.models import Extraction, Track, db
from app.queries import waveforms
from app.store.snapshots import Space
from tests.read_side import SPEC
from tests.snapshot_factory import GENRES, track_path

PATH = track_path(2, GENRES[SPEC.clusters[1]])


@pytest.mark.parametrize("points", [1, 100, 800])
def test_outline_has_the_points_asked_for(client, points):
    answer = client.get(f"/api/v1/tracks/2/waveform?points={points}").json
    assert answer["seconds"] == pytest.approx(SPEC.counts[1] * 2.992, abs=0.01)
    assert len(answer["peaks"]) == points
    # A sine of 8000 of 32768.
    assert max(answer["peaks"]) == pytest.approx(62, abs=2)


def test_outline_is_another_one_when_the_file_has_changed(own_client, own_library):
    before = own_client.get("/api/v1/tracks/2/waveform").json
    assert len(before["peaks"]) == 800
    file = own_library.root / "audio" / PATH
    content = bytearray(file.read_bytes())
    content[44:] = bytes(len(content) - 44)
    file.write_bytes(content)
    os.utime(file, (time.time() + 5,) * 2)
    assert set(own_client.get("/api/v1/tracks/2/waveform").json["peaks"]) == {0}


def test_reason_is_told_when_there_is_no_outline(own_client, own_library):
    file = own_library.root / "audio" / PATH
    file.write_text("This is no music.\n")
    answer = own_client.get("/api/v1/tracks/2/waveform")
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "unreadable_audio")
    assert answer.json["error"]["message"] == (
        "Track 2 cannot be decoded: not an audio file, or damaged header."
    )
    file.unlink()
    answer = own_client.get("/api/v1/tracks/2/waveform")
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")
    assert str(own_library.root) not in answer.text
    assert own_client.get("/api/v1/tracks/999/waveform").status_code == 404
    assert own_client.get("/api/v1/tracks/2/waveform?points=0").status_code == 400


def test_outline_is_to_be_asked_for_again_when_others_are_decoded(own_client, monkeypatch):
    monkeypatch.setattr(waveforms, "PATIENCE", 0.01)
    with contextlib.ExitStack() as others:
        for _ in range(waveforms.DECODED_AT_ONCE):
            others.enter_context(waveforms._turn())
        answer = own_client.get("/api/v1/tracks/2/waveform")
        assert (answer.status_code, answer.json["error"]["code"]) == (503, "overloaded")
        assert answer.headers["Retry-After"] == "2"
    assert own_client.get("/api/v1/tracks/2/waveform").status_code == 200


def test_file_is_not_decoded_when_extraction_failed_on_it(own_client):
    with own_client.application.app_context():
        db.session.execute(update(Track).where(Track.id == 2).values(content_version=3))
        failed = Extraction(
            track_id=2, network="mtt-musicnn", state="failed", reason="it ends", content_version=3
        )
        db.session.add(failed)
        db.session.commit()
    answer = own_client.get("/api/v1/tracks/2/waveform")
    assert answer.status_code == 422
    assert answer.json["error"]["message"] == "Track 2 cannot be decoded: it ends."


def test_taggram_holds_every_tag_in_every_segment(client, library):
    answer = client.get("/api/v1/tracks/3/taggram?network=mtt-musicnn").json
    assert (answer["network"], answer["segment_seconds"]) == ("mtt-musicnn", 2.992)
    first = SPEC.counts[:2].sum()
    truth = library.files.vectors(Space("mtt-musicnn", "taggrams", "segments"))[
        first : first + SPEC.counts[2]
    ]
    assert np.array(answer["activations"]) == pytest.approx(truth.T.astype(float), abs=6e-4)
    assert len(answer["tags"]) == len(answer["activations"]) == 50


@pytest.mark.parametrize(
    "address",
    ["3/taggram?network=audioset-vggish", "3/taggram?network=none", "999/taggram?network=mtt-musicnn"],
)
def test_taggram_is_not_found_when_there_is_none(client, address):
    assert client.get(f"/api/v1/tracks/{address}").status_code == 404


def test_tracks_are_listed_in_the_order_asked_for(client):
    answer = client.get("/api/v1/tracks?ids=5,10,3,999,5").json
    assert (answer["total"], answer["next"]) == (4, None)
    assert [track["id"] for track in answer["tracks"]] == [5, 10, 3, 5]
    known, unknown = answer["tracks"][2], answer["tracks"][1]
    described = client.get("/api/v1/tracks/3").json
    assert known == {
        name: described[name]
        for name in ("id", "title", "artist", "album", "genres", "year", "duration", "bpm", "key")
    }
    assert (unknown["title"], unknown["artist"], unknown["genres"]) == ("track 000010", None, [])


@pytest.mark.parametrize("ids", ["", "x", "1,,2", "-1", ",".join(["1"] * 501)])
def test_list_is_refused_when_the_ids_are_wrong(client, ids):
    assert client.get(f"/api/v1/tracks?ids={ids}").status_code == 400
