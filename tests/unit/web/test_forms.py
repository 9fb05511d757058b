"""Forms with files, whatever their names are written in."""

import os

import pytest
from flask import Flask, request

from app.web.forms import FormRequest


@pytest.fixture
def send():
    app = Flask(__name__)
    app.request_class = FormRequest

    @app.post("/")
    def show():
        files = [(file.filename, file.stream.read()) for file in request.files.getlist("file")]
        return {"files": [(name, content.hex()) for name, content in files], "text": request.form.get("text")}

    def send(*parts):
        body = b"".join(b"--x\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts)
        return app.test_client().post(
            "/", data=body + b"--x--\r\n", content_type="multipart/form-data; boundary=x"
        )

    return send


def part(name, content=b"abc"):
    return b"name=file; " + name + b"\r\n\r\n" + content


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('filename="café.mp3"'.encode(), "café.mp3"),
        ('filename="café.mp3"'.encode("latin-1"), "café.mp3"),
        ('filename="Žluťoučký.ogg"'.encode("cp1250"), None),
        (b'filename="\xff\xfe\x81"', None),
        (b"filename*=iso-8859-1''caf%E9.mp3", "café.mp3"),
        (b'filename=""', ""),
    ],
)
def test_file_is_taken_whatever_its_name_is_written_in(send, written, name):
    answer = send(part(written)).json
    [[told, content]] = answer["files"]
    assert content == b"abc".hex()
    assert name is None or told == name


def test_texts_and_files_are_taken_when_they_are_mixed(send):
    large = os.urandom(700_000)
    answer = send(
        part(b'filename="\xe9"', large), b'name="text"\r\n\r\nna\xefve caf\xc3\xa9', part(b"filename=b", b"")
    ).json
    assert [content for _, content in answer["files"]] == [large.hex(), ""]
    assert answer["text"] == "na\ufffdve café"


def test_text_is_refused_when_it_is_too_large(send):
    assert send(b'name="text"\r\n\r\n' + b"a" * 600_000).status_code == 413
