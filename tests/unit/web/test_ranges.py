"""Parts of a file as RFC 9110 has them, without a byte too many read."""

import pytest
from flask import Flask, Response
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from app.web.ranges import FilePart, send_file_range

CONTENT = bytes(range(256)) * 4
SIZE = len(CONTENT)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "sound"
    path.write_bytes(CONTENT)
    return path


def sent(path, headers, method="GET"):
    app = Flask(__name__)
    with app.test_request_context(headers=headers, method=method):
        response = Response()
        response.set_etag("sound")
        send_file_range(response, path, SIZE)
        return response.status_code, b"".join(response.iter_encoded()), response.headers


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-", 10, SIZE),
        ("bytes=-10", SIZE - 10, SIZE),
        (f"bytes=-{SIZE}", 0, SIZE),
        ("bytes=-999999999", 0, SIZE),
        ("bytes=1000-999999999", 1000, SIZE),
        ("bytes=0-" + "9" * 90, 0, SIZE),
        ("BYTES = 5 - 9", 5, 10),
    ],
)
def test_part_is_sent_when_it_lies_in_the_file(path, asked, start, end):
    status, body, headers = sent(path, {"Range": asked})
    assert (status, body) == (206, CONTENT[start:end])
    assert headers["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert headers["Content-Length"] == str(end - start)


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-0,10-20",
        "items=0-1",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=9-5",
        "bytes=a-b",
        "bytes=٣-",
        "=",
        "",
    ],
)
def test_whole_file_is_sent_when_the_range_is_not_understood(path, asked):
    status, body, headers = sent(path, {"Range": asked.encode("utf-8").decode("latin-1")})
    assert (status, body) == (200, CONTENT)
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Content-Length"] == str(SIZE)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=-0", f"bytes={SIZE + 5}-{SIZE + 9}"])
def test_range_is_refused_when_nothing_of_the_file_lies_in_it(path, asked):
    with pytest.raises(RequestedRangeNotSatisfiable):
        sent(path, {"Range": asked})


def test_part_is_sent_only_when_the_file_is_still_the_same(path):
    assert sent(path, {"Range": "bytes=0-3", "If-Range": '"sound"'})[0] == 206
    assert sent(path, {"Range": "bytes=0-3", "If-Range": '"other"'})[1] == CONTENT


def test_nothing_is_sent_when_only_the_head_is_asked_for(path):
    status, body, headers = sent(path, {"Range": "bytes=0-3"}, "HEAD")
    assert (status, body, headers["Content-Length"]) == (200, b"", str(SIZE))


def test_file_part_reads_as_a_file_of_its_own(path):
    with FilePart(path, 100, 50) as part:
        assert part.seek(0, 2) == 50
        assert part.seek(-10, 1) == part.tell() == 40
        assert part.read(100) == CONTENT[140:150]
        assert part.read(1) == b""
        part.seek(0)
        assert part.read() == CONTENT[100:150]
