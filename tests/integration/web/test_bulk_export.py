"""Everything in a layer as a file, opened by what researchers open it with."""

import io

import duckdb
import numpy as np
import pytest

from app.networks import NETWORKS
from app.queries.exports import vectors as blocks
from app.store.snapshots import Space
from app.web import holding
from tests.read_side import SPEC

NETWORK = "mtt-musicnn"
FIRST = np.concatenate([[0], np.cumsum(SPEC.counts)])


@pytest.fixture(params=[8192, 7], ids=["one block", "many blocks"])
def rows_at_once(request, monkeypatch):
    monkeypatch.setattr(blocks, "ROWS_AT_ONCE", request.param)


def fetch(client, file, status=200, **headers):
    response = client.get(f"/api/v1/export/{file}", headers=headers)
    assert response.status_code == status, response.text
    return response


def read_parquet(tmp_path, content):
    path = tmp_path / "file.parquet"
    path.write_bytes(content)
    return path, duckdb.sql(f"SELECT * FROM '{path}'").fetchnumpy()


@pytest.mark.parametrize("layer", ["embeddings", "taggrams"])
def test_all_segments_come_in_the_order_of_the_snapshot_as_npy(client, library, rows_at_once, layer):
    answer = fetch(client, f"{NETWORK}/{layer}.npy")
    array = np.load(io.BytesIO(answer.data))
    truth = library.files.vectors(Space(NETWORK, layer, "segments"))
    assert array["vector"].dtype == np.float16
    assert np.array_equal(array["vector"], truth)
    assert np.array_equal(array["track"], np.repeat(np.arange(1, SPEC.tracks + 1), SPEC.counts))
    assert np.array_equal(array["segment"], np.arange(SPEC.segments) - np.repeat(FIRST[:-1], SPEC.counts))
    assert array["start"] == pytest.approx(array["segment"] * 2.992, abs=1e-4)


def test_whole_tracks_come_when_they_are_asked_for(client, library, rows_at_once):
    array = np.load(io.BytesIO(fetch(client, f"{NETWORK}/embeddings.npy?level=tracks").data))
    truth = library.files.vectors(Space(NETWORK, "embeddings", "tracks"))
    assert array["vector"].dtype == np.float32
    assert np.array_equal(array["vector"], truth)
    assert array["track"].tolist() == list(range(1, SPEC.tracks + 1))
    assert set(array["segment"]) == {-1}
    assert set(array["start"]) == {0}


def test_parquet_has_a_column_per_tag(client, library, rows_at_once, tmp_path):
    answer = fetch(client, f"{NETWORK}/taggrams.parquet")
    path, columns = read_parquet(tmp_path, answer.data)
    assert list(columns) == ["track", "segment", "start", *NETWORKS.get(NETWORK).tags]
    truth = library.files.vectors(Space(NETWORK, "taggrams", "segments")).astype(np.float32)
    assert np.array_equal(np.stack(list(columns.values())[3:], axis=1), truth)
    assert columns["track"].tolist() == np.repeat(np.arange(1, SPEC.tracks + 1), SPEC.counts).tolist()
    assert columns["start"] == pytest.approx(columns["segment"] * 2.992, abs=1e-4)
    known = dict(duckdb.sql(f"SELECT key, value FROM parquet_kv_metadata('{path}')").fetchall())
    assert known[b"snapshot"] == library.key.encode()


@pytest.mark.parametrize("name", ["embeddings.npy", "embeddings.parquet", "taggrams.parquet?level=tracks"])
def test_length_is_told_before_the_first_byte(client, rows_at_once, name):
    answer = fetch(client, f"{NETWORK}/{name}")
    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert answer.headers["Accept-Ranges"] == "bytes"
    asked = client.head(f"/api/v1/export/{NETWORK}/{name}")
    assert asked.headers["Content-Length"] == answer.headers["Content-Length"]
    assert asked.data == b""


@pytest.mark.parametrize("name", ["embeddings.npy", "embeddings.parquet"])
def test_download_goes_on_where_it_broke_off(client, rows_at_once, name):
    whole = fetch(client, f"{NETWORK}/{name}")
    middle = len(whole.data) // 2
    headers = {"Range": f"bytes={middle}-", "If-Range": whole.headers["ETag"]}
    rest = fetch(client, f"{NETWORK}/{name}", 206, **headers)
    assert rest.data == whole.data[middle:]
    assert rest.headers["Content-Range"] == f"bytes {middle}-{len(whole.data) - 1}/{len(whole.data)}"
    beyond = client.get(f"/api/v1/export/{NETWORK}/{name}", headers={"Range": f"bytes={len(whole.data)}-"})
    assert beyond.status_code == 416


def test_large_exports_are_refused_when_they_would_take_the_threads_of_others(client, monkeypatch):
    monkeypatch.setattr(holding, "LARGE_BYTES", 0)
    address = f"/api/v1/export/{NETWORK}/embeddings.npy"
    streams = [client.get(address, buffered=False) for _ in range(holding.MOST)]
    assert {stream.status_code for stream in streams} == {200}
    refused = client.get(address)
    assert (refused.status_code, refused.json["error"]["code"]) == (503, "overloaded")
    for stream in streams:
        stream.close()
    fetch(client, f"{NETWORK}/embeddings.npy")


def test_nothing_is_sent_again_when_the_snapshot_is_the_same(client, library):
    first = fetch(client, f"{NETWORK}/embeddings.npy")
    assert library.key in first.headers["ETag"]
    again = fetch(client, f"{NETWORK}/embeddings.npy", 304, **{"If-None-Match": first.headers["ETag"]})
    assert again.data == b""
    other = fetch(
        client, f"{NETWORK}/embeddings.npy?level=tracks", **{"If-None-Match": first.headers["ETag"]}
    )
    assert other.headers["ETag"] != first.headers["ETag"]


def test_file_has_a_name_of_its_own(client):
    answer = fetch(client, f"{NETWORK}/embeddings.parquet?level=tracks")
    assert (
        answer.headers["Content-Disposition"] == f"attachment; filename={NETWORK}-embeddings-tracks.parquet"
    )


@pytest.mark.parametrize(
    ("file", "status", "says"),
    [
        ("no-network/embeddings.npy", 404, "The snapshot has no network 'no-network'"),
        (f"{NETWORK}/no-layer.parquet", 404, "has no layer 'no-layer'"),
        ("audioset-vggish/taggrams.npy", 404, "has no layer 'taggrams'"),
        (f"{NETWORK}/embeddings.npy?level=albums", 400, "level"),
        (f"{NETWORK}/embeddings.npy?levl=tracks", 400, "levl"),
        (f"{NETWORK}/embeddings.csv", 404, ""),
    ],
)
def test_wrong_request_is_refused(client, file, status, says):
    response = client.get(f"/api/v1/export/{file}")
    assert response.status_code == status
    assert says in response.json["error"]["message"]
