import os
from pathlib import Path

import pytest

from app.errors import NotFoundError
from app.providers import PROVIDERS, AudioFile, Playable
from app.settings import Settings

LOCAL = PROVIDERS.get("local")


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "audio" / "rock").mkdir(parents=True)
    return Settings(ROOT_DIR=tmp_path)


def url(settings, path):
    return LOCAL.url(Playable(7, path, None), settings)


def test_file_is_found_when_it_lies_below_the_folder(settings):
    path = settings.AUDIO_DIR / "rock" / "a.mp3"
    path.write_bytes(b"x")
    assert url(settings, "rock/a.mp3") == AudioFile(path)


@pytest.mark.parametrize(
    "name", [b"new\nline.mp3", b"quote\"'.mp3", "\U0001f3b5.mp3".encode(), b"caf\xe9.mp3"]
)
def test_file_is_found_when_its_name_is_odd(settings, name):
    path = Path(os.fsdecode(os.fsencode(settings.AUDIO_DIR) + b"/" + name))
    path.write_bytes(b"x")
    assert url(settings, os.fsdecode(name)).path == path


def test_file_is_found_when_links_stay_below_the_folder(settings, tmp_path):
    path = settings.AUDIO_DIR / "rock" / "a.mp3"
    path.write_bytes(b"x")
    (settings.AUDIO_DIR / "link.mp3").symlink_to(path)
    assert url(settings, "link.mp3") == AudioFile(path)
    (tmp_path / "music").symlink_to(settings.AUDIO_DIR)
    linked = Settings(ROOT_DIR=tmp_path, AUDIO_DIR=tmp_path / "music")
    assert url(linked, "link.mp3") == AudioFile(path)


@pytest.mark.parametrize("path", ["../secret.mp3", "rock/../../secret.mp3", "link.mp3", "folder/secret.mp3"])
def test_file_is_refused_when_it_lies_elsewhere(settings, tmp_path, path):
    (tmp_path / "secret.mp3").write_bytes(b"x")
    (settings.AUDIO_DIR / "link.mp3").symlink_to(tmp_path / "secret.mp3")
    (settings.AUDIO_DIR / "folder").symlink_to(tmp_path)
    with pytest.raises(NotFoundError, match="outside AUDIO_DIR"):
        url(settings, path)


def test_absolute_path_is_refused_when_it_lies_elsewhere(settings, tmp_path):
    (tmp_path / "secret.mp3").write_bytes(b"x")
    with pytest.raises(NotFoundError, match="outside AUDIO_DIR"):
        url(settings, str(tmp_path / "secret.mp3"))


def test_reason_is_given_when_the_file_is_gone(settings):
    with pytest.raises(NotFoundError, match=r"track 7 is not there any more: No such file.*index-all-audio"):
        url(settings, "gone.mp3")


def test_reason_is_given_when_links_go_in_circles(settings):
    (settings.AUDIO_DIR / "a.mp3").symlink_to("b.mp3")
    (settings.AUDIO_DIR / "b.mp3").symlink_to("a.mp3")
    with pytest.raises(NotFoundError, match="symbolic links"):
        url(settings, "a.mp3")


@pytest.mark.parametrize("path", ["rock", "nul\0.mp3"])
def test_reason_is_given_when_the_path_is_no_file(settings, path):
    with pytest.raises(NotFoundError, match="rack 7"):
        url(settings, path)
