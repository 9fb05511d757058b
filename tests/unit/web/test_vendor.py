import gzip

from backports import zstd

from app.web.vendor import plotly_version


def test_script_is_kept_for_ever_when_its_version_is_named(client):
    answer = client.get(f"/vendor/plotly.js?v={plotly_version()}")
    assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
    assert b"Plotly" in answer.data
    assert "immutable" in answer.headers["Cache-Control"]
    for encoding, unpack in (("gzip", gzip.decompress), ("zstd", zstd.decompress)):
        packed = client.get("/vendor/plotly.js", headers={"Accept-Encoding": encoding})
        assert packed.headers["Cache-Control"] == "no-cache"
        assert packed.headers["ETag"] != answer.headers["ETag"]
        assert unpack(packed.data) == answer.data
    again = client.get("/vendor/plotly.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
