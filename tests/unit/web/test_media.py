import pytest

from app.audio.decode import AUDIO_SUFFIXES
from app.web.media import MIMETYPES, mimetype_of


def test_every_suffix_that_is_scanned_has_a_type():
    assert set(MIMETYPES) >= AUDIO_SUFFIXES
    assert all(mimetype.startswith("audio/") for mimetype in MIMETYPES.values())


@pytest.mark.parametrize(
    ("path", "mimetype"),
    [
        ("a/b.mp3", "audio/mpeg"),
        ("a/b.MP3", "audio/mpeg"),
        ("b.opus", "audio/ogg"),
        ("b.m4a", "audio/mp4"),
        ("b.html", "application/octet-stream"),
        ("mp3", "application/octet-stream"),
    ],
)
def test_type_follows_the_suffix(path, mimetype):
    assert mimetype_of(path) == mimetype
